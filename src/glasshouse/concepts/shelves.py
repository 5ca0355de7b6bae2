"""All tables of concepts together, and looking through them for a name."""

from __future__ import annotations

from glasshouse.activations import ACTIVATIONS
from glasshouse.clipping import CLIPPING
from glasshouse.core.concept import Catalogue, Concept
from glasshouse.core.errors import UnknownNameError
from glasshouse.core.names import normalise, suggestions
from glasshouse.initializers import INITIALIZERS
from glasshouse.layers import LAYERS
from glasshouse.losses import LOSSES
from glasshouse.metrics import METRICS
from glasshouse.models import MODELS
from glasshouse.optimizers import OPTIMIZERS
from glasshouse.regularizers import REGULARIZERS
from glasshouse.schedules import SCHEDULES

SHELVES: dict[str, Catalogue] = {
    shelf.kind: shelf
    for shelf in (
        ACTIVATIONS,
        LAYERS,
        LOSSES,
        OPTIMIZERS,
        SCHEDULES,
        INITIALIZERS,
        REGULARIZERS,
        CLIPPING,
        METRICS,
        MODELS,
    )
}
"""The tables by kind, in the order in which they are shown."""

FOLDERS = {kind: kind if kind == "clipping" else kind + ("es" if kind == "loss" else "s") for kind in SHELVES}
"""The folder of each kind, which is also its plural: ``gh.activations``."""


def of_kind(kind: str) -> list[Concept]:
    """The concepts of one kind, and those of other kinds that people look for under it.

    Args:
        kind: ``"activation"``, or its plural.

    Raises:
        UnknownNameError: There is no such kind.

    Example:
        >>> [concept.kind for concept in of_kind("regularizer") if concept.name == "batch_norm"]
        ['layer']
    """
    found = _kind(kind)
    also = [concept for concept in everything() if found in concept.also]
    return [*SHELVES[found].values(), *also]


def everything() -> list[Concept]:
    """Every concept of every kind, once.

    Example:
        >>> [concept.name for concept in everything()][:2]
        ['identity', 'binary_step']
    """
    return [concept for shelf in SHELVES.values() for concept in shelf.values()]


def meanings(name: str) -> list[Concept]:
    """All concepts that a name may mean: those that are called so first, then those that also are.

    Args:
        name: A name or alias in any spelling (``"Leaky ReLU"``, ``"LeakyReLU"``), or with the kind in front
            (``"loss:mae"``).

    Raises:
        UnknownNameError: Nothing has that name; near ones of all kinds are suggested.

    Example:
        >>> [f"{concept.kind}:{concept.name}" for concept in meanings("mae")]
        ['loss:mae', 'metric:mae']
        >>> [concept.name for concept in meanings("LeakyReLU")]
        ['leaky_relu']
    """
    kind, _, bare = name.rpartition(":")
    candidates = of_kind(kind) if kind else everything()
    wanted = _folded(bare)
    called = [concept for concept in candidates if _folded(concept.name) == wanted]
    also = [concept for concept in candidates if wanted in map(_folded, concept.aliases)]
    found = [*called, *(concept for concept in also if concept not in called)]
    if not found:
        raise _unknown(name, bare, candidates)
    return found


def find(name: str) -> list[Concept]:
    """The concepts of that name; where none is called so, those that have it as another name.

    Args:
        name: As for :func:`meanings`.

    Raises:
        UnknownNameError: Nothing has that name; near ones of all kinds are suggested.

    Example:
        >>> [concept.kind for concept in find("perceptron")]
        ['model']
    """
    found = meanings(name)
    wanted = _folded(name.rpartition(":")[2])
    return [concept for concept in found if _folded(concept.name) == wanted] or found


def full_name(concept: Concept) -> str:
    """The name with its kind, which is never ambiguous: ``"loss:mae"``."""
    return f"{concept.kind}:{concept.name}"


def _folded(name: str) -> str:
    """A name without what people spell differently."""
    return normalise(name).replace("_", "")


def _kind(kind: str) -> str:
    wanted = normalise(kind)
    for singular, plural in FOLDERS.items():
        if wanted in (singular, plural):
            return singular
    near = suggestions(wanted, SHELVES, most=1)
    raise UnknownNameError(
        f"there is no kind of concept named {kind!r}",
        expected=f"one of {', '.join(SHELVES)}",
        fix=f"did you mean {near[0]!r}?" if near else "choose one of those kinds",
    )


def _unknown(name: str, bare: str, candidates: list[Concept]) -> UnknownNameError:
    """Nothing has that name: what may be meant, first among the candidates and then among all."""
    near: dict[str, None] = {}
    for concepts in (candidates, everything()):
        names: dict[str, Concept] = {}
        for concept in concepts:
            for each in (concept.name, *concept.aliases):
                names.setdefault(each, concept)
        for each in suggestions(bare, names):
            found = names[each]
            short = found.name if len(find(found.name)) == 1 else full_name(found)
            near.setdefault(short)
        if near:
            break
    meant = " or ".join(repr(each) for each in list(near)[:3])
    return UnknownNameError(
        f"there is no concept named {name!r}",
        expected="a name from `glasshouse list concepts`, such as swish, adam or loss:mae",
        fix=f"did you mean {meant}?" if near else "`glasshouse list concepts` shows all names",
    )
