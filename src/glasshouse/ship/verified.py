"""What a bundle says about pairs of rows: how far apart they are, and whether that is near enough."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from glasshouse.core.errors import DataError, SettingError
from glasshouse.core.false_alarms import false_alarm_threshold

if TYPE_CHECKING:
    import polars as pl

    from glasshouse.ship.schema import Verifying


@dataclass(frozen=True, repr=False)
class Verified:
    """Answers to pairs of rows.

    Args:
        distances: Euclidean distance of the two embeddings of each pair, float64, shape (N,).
        same: Whether it lies below the threshold.
        threshold: The distance below which two rows are called alike.
        warnings: What a reader should know of the rows.

    Example:
        >>> Verified(np.array([0.2, 0.9]), np.array([True, False]), 0.5).frame().to_dicts()
        [{'pair': 0, 'same': True, 'distance': 0.2}, {'pair': 1, 'same': False, 'distance': 0.9}]
    """

    distances: NDArray[np.float64]
    same: NDArray[np.bool_]
    threshold: float
    warnings: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.distances)

    def __repr__(self) -> str:
        return f"Verified({len(self)} pairs, {int(self.same.sum())} of them alike)"

    def frame(self) -> pl.DataFrame:
        """A table: ``pair`` (from 0), ``same`` and ``distance``."""
        import polars as pl

        return pl.DataFrame({"pair": range(len(self)), "same": self.same, "distance": self.distances})


def verified(
    one: NDArray[np.float32],
    other: NDArray[np.float32],
    known: Verifying,
    false_alarms: float | None = None,
    warnings: tuple[str, ...] = (),
) -> Verified:
    """Compare embeddings, row by row; a single one is compared with all.

    Args:
        one: Embeddings (N, K).
        other: Embeddings (N, K), or either of the two (1, K).
        known: Thresholds of the bundle.
        false_alarms: Share of pairs of two classes that may be called alike. ``None``: the threshold that was
            right most often.
        warnings: Of the rows.

    Raises:
        DataError: There are more of one than of the other.
        SettingError: There were too few pairs for so small a rate.

    Example:
        >>> from glasshouse.ship.schema import Verifying
        >>> known = Verifying(part="validation", threshold=0.5, different=(0.4, 0.6, 0.7, 0.9))
        >>> verified(np.zeros((1, 2)), np.array([[0.3, 0.0], [0.0, 0.8]]), known).same.tolist()
        [True, False]
    """
    if len(one) != len(other) and 1 not in (len(one), len(other)):
        raise DataError(
            f"{len(one)} rows to be compared with {len(other)}",
            expected="as many of both, or a single one on one side",
            fix="give pairs in the same order on both sides",
        )
    distances = np.linalg.norm(one.astype(np.float64) - other.astype(np.float64), axis=1)
    threshold = known.threshold
    if false_alarms is not None:
        try:
            threshold = -false_alarm_threshold([-each for each in known.different], false_alarms)
        except SettingError as error:
            raise SettingError(
                f"a false-alarm rate of {false_alarms:g} from {len(known.different)} pairs of two classes",
                expected=error.expected,
                fix="choose a larger rate, or keep more rows for validation",
            ) from error
    return Verified(distances, distances < threshold, threshold, warnings)
