"""What a bundle says about rows: labels, probabilities or numbers, and which row each belongs to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray
from PIL import Image

from glasshouse.core.errors import UsageError
from glasshouse.core.false_alarms import false_alarm_threshold
from glasshouse.data.images.box_overlap import Found, found_in
from glasshouse.data.images.palette import colours
from glasshouse.ship.schema import OF_CLASSES, Schema

SURE = 0.25
"""How sure a box must be to be an answer."""


@dataclass(frozen=True, repr=False)
class Answers:
    """Predictions for N rows. What a network cannot give is ``None``.

    Args:
        target: What was predicted.
        classes: Class names in the order of the columns of ``probabilities`` and ``scores``.
        labels: Predicted class names, shape (N,).
        probabilities: Shape (N, classes), float64; every row sums to 1.
        scores: Of networks without probabilities, shape (N, classes): the largest one wins, nothing more.
        values: Predicted numbers in the target's unit, shape (N,), float64; of bundles that give rows back,
            the mean squared error of each row in prepared units.
        alarms: Of bundles that give rows back: which errors lie above :attr:`threshold`, shape (N,).
        reconstructed: Whether values are errors of rows that were given back.
        threshold: The error that usual rows exceed with the chosen false-alarm rate.
        disagreement: Of ensembles: how far the members disagree about each row, from 0, shape (N,): for
            probabilities the entropy of the mean less the mean entropy, in nats; for numbers the standard
            deviation, in the target's unit.
        masks: Of bundles that give classes of pixels: class indices, shape (N, height, width).
        pictures: Of bundles that give pictures: levels from 0 to 255, shape (N, height, width), or in colour
            (N, height, width, 3).
        boxes: Of bundles that find objects: those of every picture, the surest first, without repetitions.
        files: The file of each row, for images that come from files; else empty.
        warnings: What a reader should know: categories never seen, files that could not be read.

    Example:
        >>> answers = Answers("species", ("cat", "dog"), labels=np.array(["dog"]),
        ...                   probabilities=np.array([[0.25, 0.75]]))
        >>> answers.frame().to_dicts()
        [{'row': 0, 'prediction': 'dog', 'p_cat': 0.25, 'p_dog': 0.75}]
    """

    target: str
    classes: tuple[str, ...] = ()
    labels: NDArray[np.str_] | None = None
    probabilities: NDArray[np.float64] | None = None
    scores: NDArray[np.float64] | None = None
    values: NDArray[np.float64] | None = None
    alarms: NDArray[np.bool_] | None = None
    threshold: float | None = None
    reconstructed: bool = False
    disagreement: NDArray[np.float64] | None = None
    masks: NDArray[np.uint8] | None = None
    pictures: NDArray[np.uint8] | None = None
    boxes: tuple[Found, ...] | None = None
    files: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self._answers() if self.boxes is None else self.boxes)

    def __repr__(self) -> str:
        return f"Answers({len(self)} rows of {self.target!r})"

    def frame(self) -> pl.DataFrame:
        """A table: ``file`` or ``row`` (from 0), ``prediction``, and ``p_CLASS`` for each class.

        For a series, rows are windows, in the order of time. Networks without probabilities have no
        ``p_CLASS``; one whose outputs have no known meaning gives ``output_0``, ``output_1`` ... instead of
        a prediction. Bundles that give rows back give ``error`` and, where there is a threshold, ``unusual``;
        those of ensembles end with ``disagreement``. Bundles that give masks have ``share_CLASS``, the share
        of the pixels, and those that give pictures ``mean_level``, from 0 to 255. Those that find objects
        have a row for each of them: ``class``, ``score``, and centre, width and height as shares of the
        picture.
        """
        rows = pl.Series("file", self.files) if self.files else pl.Series("row", range(len(self)), pl.Int64)
        columns = [rows]
        if self.boxes is not None:
            return self._of_boxes(rows, self.boxes)
        answers = self._answers()
        if self.masks is not None or self.pictures is not None:
            columns += self._of_pictures()
        elif self.reconstructed:
            columns.append(pl.Series("error", answers))
            columns += [] if self.alarms is None else [pl.Series("unusual", self.alarms)]
        elif answers.ndim == 1:
            columns.append(pl.Series("prediction", answers.tolist() if self.classes else answers))
        else:
            columns += [pl.Series(f"output_{place}", column) for place, column in enumerate(answers.T)]
        if self.probabilities is not None:
            columns += [
                pl.Series(f"p_{name}", self.probabilities[:, place])
                for place, name in enumerate(self.classes)
            ]
        if self.disagreement is not None:
            columns.append(pl.Series("disagreement", self.disagreement))
        return pl.DataFrame(columns)

    def from_rows(self, files: Sequence[str], warnings: Sequence[str]) -> Answers:
        """The same answers, with where the rows came from."""
        return replace(self, files=tuple(files), warnings=(*self.warnings, *warnings))

    def images(self) -> list[Image.Image]:
        """The masks, as indices with a palette of colours, or the pictures that came out, as Pillow images.

        Raises:
            UsageError: The answers are no pictures.
        """
        if self.masks is None and self.pictures is None:
            raise UsageError(
                f"pictures of {self!r}",
                expected="answers of a bundle for segmentation or image_to_image",
                fix="take answers.frame()",
            )
        if self.masks is None:
            assert self.pictures is not None
            return [Image.fromarray(each) for each in self.pictures]
        found = []
        for mask in self.masks:
            image = Image.fromarray(mask, mode="P")
            image.putpalette(colours(len(self.classes)).ravel().tolist())
            found.append(image)
        return found

    def _of_boxes(self, rows: pl.Series, boxes: tuple[Found, ...]) -> pl.DataFrame:
        """A row for each object."""
        counts = [len(each.kinds) for each in boxes]
        places = np.concatenate([each.places for each in boxes]) if boxes else np.zeros((0, 4))
        scores = [float(score) for each in boxes for score in each.scores]
        kinds = [self.classes[int(kind)] for each in boxes for kind in each.kinds]
        return pl.DataFrame(
            [
                rows.gather(np.repeat(np.arange(len(boxes)), counts)),
                pl.Series("class", kinds, dtype=pl.String),
                pl.Series("score", scores, dtype=pl.Float64),
                *(pl.Series(name, places[:, at]) for at, name in enumerate(("x", "y", "width", "height"))),
            ]
        )

    def _of_pictures(self) -> list[pl.Series]:
        """What a table can say of masks and pictures."""
        if self.masks is not None:
            return [
                pl.Series(f"share_{name}", (self.masks == place).mean(axis=(1, 2)))
                for place, name in enumerate(self.classes)
            ]
        assert self.pictures is not None
        return [pl.Series("mean_level", self.pictures.reshape(len(self.pictures), -1).mean(axis=1))]

    def _answers(self) -> NDArray[Any]:
        for each in (self.masks, self.pictures):
            if each is not None:
                return each
        answers = self.values if self.labels is None else self.labels
        return np.empty(0) if answers is None else answers


def interpret(outputs: NDArray[Any], schema: Schema, false_alarms: float | None = None) -> Answers:
    """From a network's first output to answers; the same arithmetic as :meth:`Supervised.predict`.

    Args:
        outputs: Logits or scores (N, classes), numbers in the target's unit (N,), errors (N,), maps (N, K, H,
            W), or anything (N, ...).
        schema: Says which of these.
        false_alarms: Of bundles that give rows back: the share of usual rows that may be called unusual.
            ``None``: 0.01, or 0.05 where there were too few rows for that.

    Raises:
        UsageError: A rate for a bundle that gives no errors.
        SettingError: There were too few usual rows for the rate.
    """
    raw = outputs.astype(np.float64)
    lost = int((~np.isfinite(raw.reshape(len(raw), -1))).any(axis=1).sum())
    warnings = (f"the network gave no finite answer for {lost} of {len(raw)} rows",) if lost else ()
    if schema.meaning == "reconstruction":
        threshold = _threshold(schema, false_alarms)
        alarms = None if threshold is None else raw > threshold
        return Answers(
            schema.target,
            values=raw,
            alarms=alarms,
            threshold=threshold,
            reconstructed=True,
            warnings=warnings,
        )
    if false_alarms is not None:
        raise UsageError(
            f"a false-alarm rate of {false_alarms:g} for a bundle of {schema.task}",
            expected="a bundle that gives rows back, whose errors say which rows are unusual",
            fix="leave the rate out, or train an autoencoder: data.task = 'reconstruction'",
        )
    if schema.meaning == "pixel_classes":
        masks = raw.argmax(axis=1).astype(np.uint8)
        return Answers(schema.target, schema.classes, masks=masks, warnings=warnings)
    if schema.meaning == "grid":
        boxes = tuple(found_in(each).above(SURE) for each in np.nan_to_num(raw))
        return Answers(schema.target, schema.classes, boxes=boxes, warnings=warnings)
    if schema.meaning == "pixels":
        levels = np.rint(255 * np.nan_to_num(raw)).astype(np.uint8)
        pictures = levels[:, 0] if levels.shape[1] == 1 else levels.transpose(0, 2, 3, 1)
        return Answers(schema.target, pictures=np.ascontiguousarray(pictures), warnings=warnings)
    if schema.meaning not in OF_CLASSES:
        values = raw.reshape(len(raw), -1)
        values = values[:, 0] if values.shape[1] == 1 else values
        return Answers(schema.target, values=values, warnings=warnings)
    labels = np.array(schema.classes)[raw.argmax(axis=1)]
    if schema.meaning in ("scores", "action_values"):
        return Answers(schema.target, schema.classes, labels, scores=raw, warnings=warnings)
    given = schema.meaning in ("probabilities", "probability")
    return Answers(schema.target, schema.classes, labels, raw if given else softmax(raw), warnings=warnings)


def _threshold(schema: Schema, rate: float | None) -> float | None:
    """The error above which a row is called unusual; ``None`` where there are no rows to take it from."""
    scores = () if schema.usual is None else schema.usual.scores
    if rate is None:
        rate = next((each for each in (0.01, 0.05) if (len(scores) + 1) * each >= 1), None)
        return None if rate is None else false_alarm_threshold(scores, rate)
    return false_alarm_threshold(scores, rate)


def softmax(logits: NDArray[np.float64]) -> NDArray[np.float64]:
    """Probabilities of each row; the largest logit is taken away first, so that nothing overflows.

    Example:
        >>> softmax(np.array([[1000.0, 1000.0]]))
        array([[0.5, 0.5]])
    """
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    probabilities: NDArray[np.float64] = powers / powers.sum(axis=1, keepdims=True)
    return probabilities
