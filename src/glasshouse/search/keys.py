"""Which settings of an experiment a space may vary, and what stands in the place of the others."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel

from glasshouse.core.errors import SettingError
from glasshouse.core.names import suggestions
from glasshouse.experiment import Experiment
from glasshouse.models import MODELS

REFUSED = {
    "name": "it names the run; it changes nothing that could be compared",
    "seed": "every trial is trained with all seeds: say how many with seeds=3",
    "data.acting.episodes": "it changes by which episodes policies are judged",
    "data.acting.test_episodes": "it changes by which episodes the winner is judged",
    "data.acting": "",
    "data.prepare": "",
    "data.augment": "",
    "data": "trials are compared on the same rows, so data are the same for all of them",
    "watch": "it changes what is recorded, not what is learnt",
    "output": "it changes what is written, not what is learnt",
    "objective.name": "losses of different objectives cannot be compared",
    "training.device": "it changes where is trained, not what is learnt",
    "training.threads": "it changes how is computed, not what is learnt",
    "training.engine": "it changes how is computed, not what is learnt",
    "training.checkpoint": "trials write no checkpoints; what is finished is in the sweep's folder",
    "training.layer_rates": "set it in the experiment",
}
"""Settings that no space may vary, by how they begin, with the reason. An empty one allows what is below."""
SPECS = ("training.optimizer", "training.schedule", "objective.loss", "model.activation")
"""Settings that name a concept, whose own settings may follow after a dot."""


def refuse_unknown(key: str) -> None:
    """Refuse a key that is no setting of an experiment, or one that trials may not differ in.

    Args:
        key: Dotted, such as ``"training.learning_rate"``.

    Raises:
        SettingError: There is no such setting, or it is the same for all trials.

    Example:
        >>> refuse_unknown("training.learning_rat")
        Traceback (most recent call last):
        ...
        glasshouse.core.errors.SettingError: the space has the key 'training.learning_rat'
          expected: a setting of an experiment, such as training.learning_rate, model.hidden or model.dropout
          fix: did you mean 'training.learning_rate'?
    """
    for beginning, reason in REFUSED.items():
        if key == beginning or key.startswith(f"{beginning}."):
            if reason:
                raise SettingError(
                    f"the space varies {key!r}", expected="a setting that trials may differ in", fix=reason
                )
            break
    known = known_keys()
    if key in known or any(key.startswith(f"{spec}.") for spec in SPECS):
        return
    # A key without its section is the commonest slip.
    same = [each for each in known if each.rpartition(".")[2] == key]
    near = sorted(same, key=lambda each: not each.startswith("training.")) or suggestions(key, known, most=1)
    raise SettingError(
        f"the space has the key {key!r}",
        expected="a setting of an experiment, such as training.learning_rate, model.hidden or model.dropout",
        fix=f"did you mean {near[0]!r}?" if near else "`glasshouse new` explains every setting",
    )


def known_keys() -> list[str]:
    """Every dotted setting of an experiment, those of all models included."""
    found = _below(Experiment)
    for concept in MODELS.values():
        given = ("inputs", "outputs", "classes", "channels", "size")
        found += [f"model.{name}" for name in concept.settings() if name not in given]
    return list(dict.fromkeys(found))


def _below(section: type[BaseModel], above: str = "") -> list[str]:
    found: list[str] = []
    for name, field in section.model_fields.items():
        inner: Any = field.annotation
        if isinstance(inner, type) and issubclass(inner, BaseModel):
            found += _below(inner, f"{above}{name}.")
        else:
            found.append(f"{above}{name}")
    return found
