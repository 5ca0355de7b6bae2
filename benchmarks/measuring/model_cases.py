"""What every model of the table is trained on when its step is timed: small data in memory."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import torch

from glasshouse.data.parts import Part, Prepared
from glasshouse.data.settings import Task
from glasshouse.models import MODELS

Form = Literal["classes", "rows", "pixels", "text", "pairs"]
TOKENS = 60
"""Different characters of the texts."""
TASKS: Mapping[Form, Task] = {
    "classes": "classification",
    "rows": "reconstruction",
    "pixels": "segmentation",
    "text": "language",
    "pairs": "translation",
}
LEFT_OUT = "q_network", "actor_critic", "espcn", "grid_detector", "captioner", "handwriting", "dbn"
"""Models that learn by acting, so that most of a step is the world's; those whose targets are pictures,
boxes, captions or strokes; and a stack of machines that is trained layer by layer."""


@dataclass(frozen=True)
class ModelCase:
    """A model and what it is trained on.

    Args:
        model: Name in the table.
        shape: Of one sample: features, (channels, height, width), (steps, features), or steps of a text.
        batch: Rows per step.
        form: ``"classes"``: ten classes; ``"rows"``: the rows themselves; ``"pixels"``: the class of every
            pixel; ``"text"``: the next character; ``"pairs"``: one text into another of the same length.
        settings: Of the model, beside its defaults.
    """

    model: str
    shape: tuple[int, ...]
    batch: int
    form: Form = "classes"
    settings: Mapping[str, Any] = field(default_factory=dict, hash=False)

    @property
    def title(self) -> str:
        """What a row of the table begins with."""
        return f"{self.model}, {' x '.join(map(str, self.shape))}, batch {self.batch}"

    @property
    def tokens(self) -> int:
        """How many numbers a token can have; 0 where rows are no texts."""
        return TOKENS if self.form in ("text", "pairs") else 0


LAYERS = [{"name": "linear", "out_features": 128}, "relu", {"name": "linear", "out_features": 64}, "relu"]
"""Of the stack, which has none of its own."""
OWN: Mapping[str, ModelCase] = {
    case.model: case
    for case in (
        ModelCase("perceptron", (784,), 1),
        ModelCase("mlp", (784,), 128),
        ModelCase("stack", (784,), 128, settings={"layers": LAYERS}),
        ModelCase("cnn", (1, 28, 28), 64),
        ModelCase("lenet5", (1, 28, 28), 64),
        ModelCase("alexnet", (3, 67, 67), 8),
        ModelCase("zfnet", (3, 64, 64), 8),
        ModelCase("googlenet", (3, 32, 32), 8),
        ModelCase("unet", (1, 32, 32), 8, "pixels"),
        ModelCase("convolutional_autoencoder", (1, 28, 28), 64, "rows"),
        ModelCase("recurrent", (32, 8), 64),
        ModelCase("transformer", (32, 8), 64),
        ModelCase("recurrent_autoencoder", (32, 8), 64, "rows"),
        ModelCase("lrcn", (8, 1, 16, 16), 16),
        ModelCase("cnn3d", (8, 1, 16, 16), 16),
        ModelCase("language_model", (32,), 32, "text"),
        ModelCase("transformer_decoder", (32,), 32, "text"),
        ModelCase("seq2seq", (10,), 64, "pairs"),
        ModelCase("transformer_seq2seq", (10,), 64, "pairs"),
        ModelCase("gan", (784,), 128, "rows"),
        ModelCase("dcgan", (1, 28, 28), 32, "rows", {"filters": 16}),
    )
}
OF_FAMILY: Mapping[str, tuple[tuple[int, ...], int]] = {
    "vgg": ((3, 32, 32), 8),
    "resnet": ((3, 32, 32), 8),
    "cifar_resnet": ((3, 16, 16), 32),
}
"""Small pictures for the large networks: what is spent beside the network weighs more there."""


def cases() -> list[ModelCase]:
    """All models of the table but those that are left out, in its order.

    Example:
        >>> [case.model for case in cases()][:2]
        ['perceptron', 'mlp']
    """
    return [case_of(name) for name in MODELS if name not in LEFT_OUT]


def case_of(name: str) -> ModelCase:
    """A model's own case, that of its family, or what suits what it takes."""
    facts = MODELS.find(name).facts
    if name in OWN:
        return OWN[name]
    if facts.get("family") in OF_FAMILY:
        return ModelCase(name, *OF_FAMILY[facts["family"]])
    form: Form = "rows" if facts.get("gives") == "reconstruction" else "classes"
    if facts["takes"] == "image":
        return ModelCase(name, (3, 32, 32), 32, form)
    return ModelCase(name, (784,), 128, form)


def prepared_for(case: ModelCase, steps: int) -> Prepared:
    """Data for so many steps, as preparation hands them over.

    Args:
        case: What form they have.
        steps: Full batches.
    """
    rows = case.batch * steps
    chance = torch.Generator().manual_seed(0)
    if case.tokens:
        inputs = torch.randint(2, TOKENS, (rows, *case.shape), generator=chance)
        targets = torch.randint(2, TOKENS, (rows, *case.shape), generator=chance)
    else:
        inputs = torch.rand(rows, *case.shape, generator=chance)  # from 0 to 1, as an RBM takes them too
        targets = torch.randint(10, (rows,), generator=chance)
    if inputs.dim() == 4:
        inputs = inputs.contiguous(memory_format=torch.channels_last)
    if case.form == "rows":
        targets = inputs
    if case.form == "pixels":
        targets = torch.randint(10, (rows, *case.shape[1:]), generator=chance)
    part = Part(inputs, targets, torch.arange(rows).numpy())
    outputs = TOKENS if case.tokens else inputs[0].numel() if case.form == "rows" else 10
    classes = tuple(map(str, range(10))) if case.form in ("classes", "pixels") else ()
    return Prepared(
        train=part,
        validation=None,
        test=None,
        task=TASKS[case.form],
        input_shape=case.shape,
        outputs=outputs,
        classes=classes,
        target_name="class",
        tokens=case.tokens,
    )
