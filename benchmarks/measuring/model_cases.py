"""What every model of the table is trained on when its step is timed: small data in memory."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import torch

from glasshouse.data.parts import Part, Prepared
from glasshouse.data.settings import Task
from glasshouse.models import MODELS

Form = Literal[
    "classes", "rows", "pixels", "text", "pairs", "enlarged", "boxes", "captions", "strokes", "world"
]
TOKENS = 60
"""Different characters of the texts, and words of the captions."""
TASKS: Mapping[Form, Task] = {
    "classes": "classification",
    "rows": "reconstruction",
    "pixels": "segmentation",
    "text": "language",
    "pairs": "translation",
    "enlarged": "image_to_image",
    "boxes": "detection",
    "captions": "captioning",
    "strokes": "strokes",
}
SLOTS, WORDS = 4, 10
"""Objects of a picture, and words of a caption."""
WORLDS = {"q_network": "world:grid", "actor_critic": "world:linear"}
"""Where models learn by acting; both worlds are a few lines of arithmetic."""


@dataclass(frozen=True)
class ModelCase:
    """A model and what it is trained on.

    Args:
        model: Name in the table.
        shape: Of one sample: features, (channels, height, width), (steps, features), or steps of a text.
        batch: Rows per step.
        form: ``"classes"``: ten classes; ``"rows"``: the rows themselves; ``"pixels"``: the class of every
            pixel; ``"text"``: the next character; ``"pairs"``: one text into another of the same length;
            ``"enlarged"``: pictures of twice the sides; ``"boxes"``: objects; ``"captions"``: a text for a
            picture; ``"strokes"``: the next point of a drawing; ``"world"``: what comes of acting.
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
        where = WORLDS.get(self.model) or " x ".join(map(str, self.shape))
        return f"{self.model}, {where}, batch {self.batch}"

    @property
    def tokens(self) -> int:
        """How many numbers a token can have; 0 where rows are no texts."""
        return TOKENS if self.form in ("text", "pairs", "captions") else 0


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
        ModelCase("rbm", (784,), 128, "rows", {"visible": "binary"}),
        ModelCase("dbn", (784,), 128, "rows", {"visible": "binary"}),
        ModelCase("espcn", (1, 16, 16), 16, "enlarged"),
        ModelCase("grid_detector", (3, 32, 32), 16, "boxes"),
        ModelCase("captioner", (1, 28, 28), 32, "captions"),
        ModelCase("handwriting", (32, 3), 32, "strokes"),
        ModelCase("q_network", (), 128, "world"),
        ModelCase("actor_critic", (), 128, "world"),
        *(ModelCase(name, (3, 32, 32), 4) for name in ("vgg13", "vgg16", "vgg19", "resnet34", "resnet50")),
        *(ModelCase(name, (3, 32, 32), 2) for name in ("resnet101", "resnet152")),
        *(ModelCase(f"cifar_resnet{depth}", (3, 16, 16), 16) for depth in (44, 56, 110)),
    )
}
OF_FAMILY: Mapping[str, tuple[tuple[int, ...], int]] = {
    "vgg": ((3, 32, 32), 8),
    "resnet": ((3, 32, 32), 8),
    "cifar_resnet": ((3, 16, 16), 32),
}
"""Small pictures and batches for large networks, so that a step takes less than 0.3 s: what is spent beside
the network weighs more there."""


def cases() -> list[ModelCase]:
    """All models of the table, in its order.

    Example:
        >>> [case.model for case in cases()][:2]
        ['perceptron', 'mlp']
    """
    return [case_of(name) for name in MODELS]


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
    if case.form in ("text", "pairs"):
        inputs = torch.randint(2, TOKENS, (rows, *case.shape), generator=chance)
    elif case.form == "strokes":
        inputs = points(rows, case.shape, chance)
    else:
        inputs = torch.rand(rows, *case.shape, generator=chance)  # from 0 to 1, as an RBM takes them too
    if inputs.dim() == 4:
        inputs = inputs.contiguous(memory_format=torch.channels_last)
    targets = targets_for(case, inputs, chance)
    part = Part(inputs, targets, torch.arange(rows).numpy())
    known = {"rows": inputs[0].numel(), "enlarged": case.shape[0], "strokes": 3}
    outputs = TOKENS if case.tokens else known.get(case.form, 10)
    classes = tuple(map(str, range(10))) if case.form in ("classes", "pixels", "boxes") else ()
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


def targets_for(case: ModelCase, inputs: torch.Tensor, chance: torch.Generator) -> torch.Tensor:
    """What is to be learnt of such inputs."""
    rows = len(inputs)
    if case.form == "rows":
        return inputs
    if case.form in ("text", "pairs"):
        return torch.randint(2, TOKENS, (rows, *case.shape), generator=chance)
    if case.form == "captions":
        return torch.randint(2, TOKENS, (rows, WORDS), generator=chance)
    if case.form == "pixels":
        return torch.randint(10, (rows, *case.shape[1:]), generator=chance)
    if case.form == "enlarged":
        channels, height, width = case.shape
        return torch.rand(rows, channels, 2 * height, 2 * width, generator=chance)
    if case.form == "strokes":
        return points(rows, case.shape, chance)
    if case.form == "boxes":
        kinds = torch.randint(10, (rows, SLOTS, 1), generator=chance).float()
        return torch.cat([kinds, 0.1 + 0.8 * torch.rand(rows, SLOTS, 4, generator=chance)], dim=2)
    return torch.randint(10, (rows,), generator=chance)


def points(rows: int, shape: tuple[int, ...], chance: torch.Generator) -> torch.Tensor:
    """Drawings: steps of a pen, and whether it is lifted."""
    steps = torch.randn(rows, shape[0], 2, generator=chance)
    lifted = (torch.rand(rows, shape[0], 1, generator=chance) < 0.1).float()
    return torch.cat([steps, lifted], dim=2)
