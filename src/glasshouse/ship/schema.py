"""The schema of a bundle: what it is, what it takes, what it gives, and how it was checked."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from glasshouse.core.errors import BundleError
from glasshouse.core.files import plain
from glasshouse.data.settings import Task

FAMILY = "glasshouse-bundle-"
FORMAT = FAMILY + "1"
"""Raised when an older Glasshouse could no longer read what a newer one writes."""

SCHEMA = "schema.json"
WEIGHTS = "weights.safetensors"
PREPROCESSING = "preprocessing.json"
CARD = "card.md"
CHECKSUMS = "checksums.json"
ONNX = "model.onnx"
GENERATOR = "generator.onnx"
"""Of adversarial networks alone: from codes to rows. Their ``model.onnx`` is the discriminator."""
ENCODER, DECODER = "encoder.onnx", "decoder.onnx"
"""Of networks that write: reading, and one step of writing. A decoder alone: from codes to rows."""
STEP = "step.onnx"
"""Of networks that go on with a sequence: some steps, with the state that is carried along."""
CHAIN, DOWN = "chain.onnx", "down.onnx"
"""Of Boltzmann machines: a Gibbs step, and of stacks of them the way from the top machine down to rows."""
DISAGREEMENT = "disagreement"
"""The output of ensembles that says how far their members disagree."""
ALWAYS = (WEIGHTS, PREPROCESSING, SCHEMA, CARD)
"""Files that every bundle has, beside the checksums."""

Meaning = Literal[
    "logits",
    "logit",
    "probabilities",
    "probability",
    "scores",
    "values",
    "reconstruction",
    "tags",
    "pixel_classes",
    "pixels",
    "grid",
    "action_values",
    "actions",
    "embedding",
]
OF_PICTURES: tuple[Meaning, ...] = ("pixel_classes", "pixels")
OF_CLASSES: tuple[Meaning, ...] = (
    "logits",
    "logit",
    "probabilities",
    "probability",
    "scores",
    "action_values",
)
WITH_PROBABILITIES = OF_CLASSES[:4]
Size = Annotated[int, Field(ge=1)]


class _Part(BaseModel):
    # Additions that do not hinder an older reader keep the format's number, so unknown keys are passed over.
    model_config = ConfigDict(extra="ignore", frozen=True)


class Output(_Part):
    """One output of ``model.onnx``; the first one is what answers are made of."""

    name: str
    shape: tuple[int | str, ...]
    dtype: Literal["float32", "float64"]
    meaning: str


class Port(_Part):
    """An input or output of a further graph. Axes that are named may have any length."""

    name: str
    shape: tuple[int | str, ...]
    dtype: Literal["float32", "float64", "int64", "bool"]
    meaning: str = ""


class Scale(_Part):
    """How a network's outputs become numbers in the target's unit."""

    centre: float = Field(allow_inf_nan=False)
    spread: float = Field(allow_inf_nan=False)


class Checked(_Part):
    """How far ONNX and PyTorch were apart, on how many rows at once, and on which lengths where they vary."""

    batch_sizes: tuple[int, ...]
    lengths: tuple[int, ...] = ()
    largest_difference: float


class OnnxNote(_Part):
    """What became of the ONNX file: its opset and check, or the reason why there is none."""

    opset: int | None = None
    checked: Checked | None = None
    reason: str | None = None


class GraphNote(_Part):
    """A further ONNX file of a bundle: what goes in and out, its check, or why it is not there."""

    file: str = Field(pattern=r"^[a-z_]+\.onnx$")
    meaning: str
    inputs: tuple[Port, ...]
    outputs: tuple[Port, ...]
    opset: int | None = None
    checked: Checked | None = None
    reason: str | None = None


class Measured(_Part):
    """How good the network was on rows that it was not trained on."""

    part: str
    values: dict[str, float | None]
    intervals: dict[str, tuple[float | None, float | None]] = Field(default_factory=dict)


class Usual(_Part):
    """Errors of usual rows that no weight was fitted to, from which a threshold for alarms is taken."""

    part: str
    scores: tuple[float, ...]


class Verifying(_Part):
    """Distances that tell whether two rows are alike, of rows that no weight was fitted to."""

    part: str
    threshold: float
    different: tuple[float, ...]


class Schema(_Part):
    """Everything about a bundle but its numbers.

    Args:
        format: ``"glasshouse-bundle-1"``.
        name: Of the run.
        versions: Of Python and the packages that wrote it.
        task: ``"classification"``, ``"regression"``, ``"reconstruction"``, ``"segmentation"`` ...
        target: What is predicted.
        classes: Class names in the order of the outputs; empty for regression.
        kind: What rows are: ``"table"``, ``"images"``, ``"text"``, ``"series"``,
            ``"pairs"`` (of texts), ``"tags"`` (sequences with them), ``"captions"`` (of pictures or rows),
            ``"strokes"`` (of a pen), ``"frames"`` (of music), ``"sounds"``, ``"videos"`` or ``"arrays"``.
        inputs: One entry per input: ``name``, ``kind``, ``becomes``, ``features``.
        input_shape: One prepared sample.
        outputs: What ``model.onnx`` gives.
        meaning: What the network's own outputs are; ``None`` where nobody said.
        units: How many numbers the network gives for a sample; of pictures, how many maps.
        scale: For regression.
        usual: For reconstruction: what usual rows' errors were.
        verification: For verification: the distance below which rows are alike, and how far those of two
            classes lie apart.
        model: The model's name and settings, or ``{"class": ...}`` of a user's own module.
        onnx: What became of the ONNX file.
        graphs: Further ONNX files: parts of the network that are of use by themselves.
        metrics: On the test part, or where there is none on the validation part.
        seed: Of the experiment.
        notes: What was decided on the way.
    """

    format: str
    name: str
    versions: dict[str, str | None]
    task: Task
    target: str
    classes: tuple[str, ...]
    kind: Literal[
        "table",
        "images",
        "text",
        "series",
        "pairs",
        "tags",
        "captions",
        "strokes",
        "frames",
        "sounds",
        "videos",
        "arrays",
    ]
    inputs: tuple[dict[str, Any], ...]
    input_shape: tuple[Size, ...] = Field(min_length=1)
    outputs: tuple[Output, ...] = Field(min_length=1)
    meaning: Meaning | None
    units: Size
    scale: Scale | None
    usual: Usual | None = None
    verification: Verifying | None = None
    model: dict[str, Any]
    onnx: OnnxNote
    graphs: tuple[GraphNote, ...] = ()
    metrics: Measured | None
    seed: int
    notes: tuple[str, ...]

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        # One logit or probability speaks for two classes.
        outputs = 2 if self.meaning in ("logit", "probability") else self.units
        if self.meaning in (*OF_CLASSES, "pixel_classes", "grid") and len(self.classes) != outputs:
            raise ValueError(f"{len(self.classes)} classes for {self.units} outputs")
        if not ("name" in self.model or "class" in self.model):
            raise ValueError("the model has neither a name nor a class")
        return self

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON types; of the ONNX file only what is known."""
        known = {
            "onnx": self.onnx.model_dump(exclude_none=True),
            "graphs": [each.model_dump(exclude_none=True) for each in self.graphs],
        }
        state: dict[str, Any] = plain({**self.model_dump(), **known})
        return state


def read_schema(path: Path) -> Schema:
    """Read ``schema.json``.

    Raises:
        BundleError: It is no JSON, of another program, of a newer Glasshouse, or lacks something.
    """
    try:
        state = json.loads(path.read_text(encoding="utf-8"))
    except (UnicodeDecodeError, json.JSONDecodeError) as error:
        raise damaged(path, "it is no JSON") from error
    found = state.get("format") if isinstance(state, dict) else None
    if found != FORMAT:
        raise _other_format(path, found, state)
    try:
        return Schema.model_validate(state)
    except ValidationError as error:
        fault = error.errors()[0]
        key = ".".join(str(part) for part in fault["loc"])
        raise damaged(path, f"{key}: {fault['msg']}" if key else str(fault["msg"])) from error


def damaged(path: Path, what: str) -> BundleError:
    """The error for a file of a bundle that is not as it was written."""
    return BundleError(
        f"{path} is damaged: {what}",
        expected="the file as Glasshouse wrote it",
        fix="copy the bundle again, or make it again from its run",
    )


def _other_format(path: Path, found: object, state: Any) -> BundleError:
    if not (isinstance(found, str) and found.startswith(FAMILY)):
        return BundleError(
            f"{path.parent} is no bundle of Glasshouse: the format in {path.name} is {found!r}",
            expected=FORMAT,
            fix="give the folder that `glasshouse run` wrote as RUN/bundle",
        )
    versions = state.get("versions")
    writer = versions.get("glasshouse") if isinstance(versions, dict) else None
    return BundleError(
        f"{path.parent} has the format {found}" + (f", written by Glasshouse {writer}" if writer else ""),
        expected=f"{FORMAT}, which this Glasshouse reads",
        fix="update Glasshouse: pip install --upgrade glasshouse",
    )
