"""The ``[data]`` section of an experiment."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, field_validator

from glasshouse.core.settings import Count, NonNegative, Place, Positive, Settings

ColumnKind = Literal["number", "category", "boolean", "date", "text", "ignore"]
Task = Literal[
    "classification",
    "regression",
    "reconstruction",
    "language",
    "forecast",
    "translation",
    "frames",
    "tagging",
    "captioning",
    "strokes",
    "verification",
    "segmentation",
    "image_to_image",
    "detection",
    "generation",
    "control",
]
"""What is to be learnt: classes, numbers, whether two rows are alike, without a target the rows themselves,
what comes next, a translation, a picture or boxes for a picture, or what to do in a world."""
PICTURE_TASKS: tuple[Task, ...] = ("segmentation", "image_to_image", "detection")
"""Tasks whose inputs are pictures and whose targets are pictures or boxes."""
SEQUENCES: tuple[Task, ...] = ("language", "translation", "frames", "tagging", "captioning", "strokes")
"""Tasks whose answers are sequences."""
OWN_TASKS: tuple[Task, ...] = (*SEQUENCES, "verification", *PICTURE_TASKS)
"""Tasks with an objective of their own, which has their name, and with measures of their own."""


class SplitSettings(Settings):
    """How rows are divided into training, validation and test parts, before anything is fitted."""

    method: Literal["auto", "random", "stratified", "grouped", "time", "classes"] = Field(
        "auto",
        description="One of auto, random, stratified, grouped, time, classes. auto: by time where a time "
        "column is named, by group where a group column is named, stratified for classes, else random. "
        "classes: whole classes are held out, for verification; its auto from 30 classes on.",
    )
    validation: float = Field(
        0.15, gt=0, lt=1, description="Share of the rows that watches training, between 0 and 1"
    )
    test: float = Field(
        0.2,
        ge=0,
        lt=1,
        description="Share of the rows held out to the very end, from 0 to below 1. "
        "Unused where a test set is given.",
    )


class PrepareSettings(Settings):
    """How values become numbers. Everything is fitted on the training part alone."""

    scaling: Literal["auto", "z-score", "min-max", "unit-vector", "quantile", "binary", "none"] = Field(
        "auto",
        description="One of auto, z-score, min-max, unit-vector, quantile, binary, none. auto: z-score, and "
        "for heavy-tailed numbers their quantile as well. binary: pixels of pictures become 0 or 1.",
    )
    threshold: float = Field(
        0.5,
        ge=0,
        lt=1,
        description="For binary pictures: the share of the way from black to white above which a pixel is 1, "
        "from 0 to below 1",
    )
    relative: bool = Field(
        True,
        description="For a forecast: show windows relative to their last step and forecast how the series "
        "moves from there: true, false",
    )
    most_categories: int = Field(
        64, ge=2, description="Most categories kept per column, from 2. The rest become 'other'."
    )
    rare_below: int = Field(
        5, ge=1, description="Categories seen fewer times than this in the training part become 'other'"
    )
    text_features: int = Field(2000, ge=1, description="Most words and word pairs kept per text column")
    text: Literal["auto", "counts", "tokens", "words", "characters"] = Field(
        "auto",
        description="One of auto, counts, tokens, words, characters: what a text becomes. counts: how often "
        "its words occur. words, characters: the sequence of them, for recurrent networks and transformers; "
        "tokens: whichever of the two suits the texts. auto: tokens where the model takes sequences.",
    )
    most_tokens: int = Field(10_000, ge=1, description="Most words or characters that are known by number")
    longest: Count | Literal["auto"] = Field(
        "auto",
        description="Tokens kept of a text, from its beginning, from 1, or auto. auto: as many as 99 % of "
        "the training texts have, at most 512.",
    )


class AugmentSettings(Settings):
    """Random changes to training rows, as batched tensor operations. All off by default.

    What moves a picture moves its mask, its boxes or the picture that is to come out as well. Sounds take
    ``time_shift``, ``gain``, ``noise`` and the masks; all else is for pictures and videos.
    """

    flip_horizontal: bool = Field(False, description="Mirror left and right for half of the images")
    flip_vertical: bool = Field(False, description="Mirror top and bottom for half of the images")
    shift: float = Field(0.0, ge=0, lt=1, description="Largest shift, as a share of the side, below 1")
    rotate: float = Field(0.0, ge=0, le=180, description="Largest rotation, in degrees, up to 180")
    zoom: float = Field(0.0, ge=0, lt=1, description="Largest change of scale: 0.1 is 0.9 to 1.1 times")
    crop: float = Field(
        0.0,
        ge=0,
        lt=1,
        description="Largest share of the sides that is cut away; what is left is scaled to the full size",
    )
    brightness: float = Field(0.0, ge=0, description="Largest shift of brightness, in standard deviations")
    contrast: float = Field(
        0.0, ge=0, lt=1, description="Largest change of contrast: 0.2 is 0.8 to 1.2 times"
    )
    noise: float = Field(
        0.0, ge=0, description="Standard deviation of Gaussian noise, in standard deviations"
    )
    erase: float = Field(0.0, ge=0, lt=1, description="Largest share of the area that a blank square covers")
    flip_time: bool = Field(False, description="Play half of the videos backwards")
    time_shift: float = Field(
        0.0, ge=0, lt=1, description="Largest shift of a sound in time, as a share of its length, below 1"
    )
    gain: float = Field(0.0, ge=0, description="Largest change of a sound's loudness, in decibels")
    time_mask: float = Field(
        0.0, ge=0, lt=1, description="Largest share of a sound's moments that a mask hides"
    )
    frequency_mask: float = Field(
        0.0, ge=0, lt=1, description="Largest share of a sound's frequencies that a mask hides"
    )
    masks: int = Field(1, ge=1, description="How many masks of each kind a sound has, from 1")

    @property
    def chosen(self) -> dict[str, bool | float]:
        """The changes that are switched on, by name."""
        return {name: value for name, value in self.model_dump().items() if value and name != "masks"}

    @property
    def active(self) -> bool:
        """Whether any change is switched on."""
        return bool(self.chosen)


class DegradeSettings(Settings):
    """How inputs are made of pictures that are to come out again, for ``image_to_image``."""

    kind: Literal["none", "grey", "shrink", "noise"] = Field(
        "none",
        description="One of none, grey, shrink, noise: what is taken from a picture. grey: its colours. "
        "shrink: sides are divided by the factor. none: targets come with the data.",
    )
    factor: int = Field(2, ge=2, description="For shrink: what the sides are divided by, from 2")
    amount: float = Field(
        0.1, gt=0, le=1, description="For noise: its deviation, as a share of the way from black to white"
    )


class ActingSettings(Settings):
    """How a world is acted in: what there is in place of rows that lie ready.

    What is left at auto is decided by whether actions are counted or are numbers between ends.
    """

    steps: Count | Literal["auto"] = Field(
        "auto", description="Steps in the world per epoch, from 1, or auto. auto: 500."
    )
    every: int = Field(1, ge=1, description="Steps in the world between two updates of the network, from 1")
    warmup: int | Literal["auto"] = Field(
        "auto",
        description="Steps at random before the first update, from 1, or auto. auto: 1000.",
    )
    memory: Count | Literal["auto"] = Field(
        "auto",
        description="Most steps that are remembered, from 1, or auto. auto: as many as are made, at most "
        "100000. The oldest are forgotten first.",
    )
    explore: float | Literal["auto"] = Field(
        "auto",
        description="How much chance there is in what is done at the end, from 0 to 1, or auto. Of counted "
        "actions the share that is random, of others the deviation of the noise in half widths of their "
        "range. auto: 0.04 or 0.1.",
    )
    explore_first: float = Field(
        1.0, ge=0, le=1, description="The share of counted actions that is random at the start, from 0 to 1"
    )
    explore_share: float = Field(
        0.2, gt=0, le=1, description="Share of all steps over which it falls to the end, above 0 and up to 1"
    )
    noise: Literal["gaussian", "ornstein_uhlenbeck"] = Field(
        "gaussian",
        description="One of gaussian, ornstein_uhlenbeck: noise on actions that are numbers. The latter "
        "drifts, so that it pushes for a while in one direction.",
    )
    episodes: int = Field(
        10, ge=1, description="Episodes without chance that judge every epoch, from 1; always the same ones"
    )
    test_episodes: int = Field(
        100, ge=2, description="Other episodes that measure the kept weights at the end, from 2"
    )


class SoundSettings(Settings):
    """What becomes of sounds: how long they are, and how their spectrogram is made."""

    form: Literal["log_mel", "stft"] = Field(
        "log_mel",
        description="One of log_mel, stft: loudness in bands spaced as we hear, or of every frequency",
    )
    window: Positive = Field(32.0, description="Milliseconds that are looked at together, above 0")
    hop: Positive = Field(16.0, description="Milliseconds from one look to the next, above 0")
    bands: Count = Field(32, description="For log_mel: how many bands there are, from 1")
    seconds: NonNegative = Field(
        0.0, description="Length that sounds are cut or filled up to. 0: that of the longest, at most 10 s."
    )


class VideoSettings(Settings):
    """What becomes of videos."""

    frames: Count | Literal["auto"] = Field(
        "auto",
        description="Frames taken of every video, evenly spaced, from 1, or auto. auto: as many as the "
        "shortest has, at most 16.",
    )


class DataSettings(Settings):
    """Where the data is, what it means, how it is divided and prepared."""

    source: Place = Field(
        description="A file (.csv, .tsv, .parquet, .arff, .txt), a folder of images with a folder per class, "
        "a folder of WAV files, or of folders of numbered pictures, with a folder per class, "
        "a folder with inputs and targets, a folder of text files with one file per class, a built-in name "
        "such as digits or fashion-mnist, "
        "or a world such as gymnasium:CartPole-v1 or world:grid."
    )
    target: str | int | None = Field(
        None, description="The column to predict, by name or by index (0 is the first, -1 the last)"
    )
    task: Literal["auto"] | Task = Field(
        "auto",
        description="One of auto, classification, regression, reconstruction, language, forecast, "
        "translation, frames, tagging, captioning, strokes, verification, segmentation, image_to_image, "
        "detection. reconstruction: the rows themselves; no target is needed, and one that is named is a "
        "label to look at, not to learn. language: of a plain text, at every step the next character. "
        "forecast: of a series, the next data.horizon steps of the target. translation: of two columns of "
        "text, one into the other. frames: of music, at every step the next frame. tagging: of two columns "
        "of sequences, at every step of one the token of the other. captioning: of pictures or rows, a text "
        "about each. strokes: of a pen, at every point the next. verification: whether two rows are of one "
        "class, also of classes that training never saw. segmentation: the class of every pixel. "
        "image_to_image: another picture. detection: objects and their boxes.",
    )
    normal: str | None = Field(
        None,
        description="For reconstruction: the class that is trained on. Rows of all other classes go to the "
        "test part, and whether their errors stand out is measured.",
    )
    test: Place | None = Field(
        None, description="A separate test file or folder of the same form as the source"
    )
    header: bool | Literal["auto"] = Field(
        "auto", description="Whether the first row holds names: true, false, auto"
    )
    separator: str | Literal["auto"] = Field(
        "auto", description='What stands between the cells: auto, ",", ";", "\\t" ...'
    )
    missing: tuple[str, ...] = Field(
        ("", "?", ".", "NA", "N/A", "n/a", "#N/A", "<NA>", "NaN", "nan", "null", "NULL", "None", "none"),
        description="Cells that mean a value is missing",
    )
    columns: dict[str, ColumnKind] = Field(
        default_factory=dict,
        description="Kinds other than inferred, by column: number, category, boolean, date, text, ignore",
    )
    group: str | int | None = Field(None, description="Column whose equal values must stay in one part")
    time: str | int | None = Field(None, description="Column to order rows by; the latest are the test part")
    window: int = Field(
        0,
        ge=0,
        description="For a series: how many past steps the network sees, from 1. 0: no series. "
        "For a language: over how many characters gradients flow; 0: 64.",
    )
    horizon: int = Field(
        1,
        ge=0,
        description="For a series: how many steps ahead to predict, from 1. 0: the target at the window's "
        "last step, of which the window then shows nothing. For a forecast: all steps up to it.",
    )
    season: int = Field(
        0, ge=0, description="For a forecast: steps of a season, for the baseline. 0: looked for in training."
    )
    size: tuple[int, int] | None = Field(
        None,
        description="For images: height and width in pixels. Default: as they are, or 64 x 64 at the most.",
    )
    broken_images: Literal["skip", "fail"] = Field(
        "skip", description="One of skip, fail: what to do with image files that cannot be read"
    )
    most_rows: int | None = Field(
        None, ge=1, description="Use at most this many rows, from 1, drawn at random"
    )
    split: SplitSettings = Field(default_factory=SplitSettings, description="How rows are divided")
    prepare: PrepareSettings = Field(default_factory=PrepareSettings, description="How values become numbers")
    augment: AugmentSettings = Field(
        default_factory=AugmentSettings, description="Random changes to training rows"
    )
    degrade: DegradeSettings = Field(
        default_factory=DegradeSettings, description="How inputs are made of pictures that are to come out"
    )
    sound: SoundSettings = Field(default_factory=SoundSettings, description="What becomes of sounds")
    video: VideoSettings = Field(default_factory=VideoSettings, description="What becomes of videos")
    acting: ActingSettings = Field(default_factory=ActingSettings, description="How a world is acted in")

    @field_validator("separator")
    @classmethod
    def _one_character(cls, value: str) -> str:
        value = {"\\t": "\t", "tab": "\t"}.get(value, value)
        if value != "auto" and len(value) != 1:
            raise ValueError('one character, such as "," or ";", or "tab"')
        return value

    @field_validator("size")
    @classmethod
    def _positive(cls, value: tuple[int, int] | None) -> tuple[int, int] | None:
        if value is not None and min(value) < 1:
            raise ValueError("height and width, both from 1 pixel")
        return value
