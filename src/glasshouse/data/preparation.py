"""The contract between data as it was read and the numbers that a network takes."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, ClassVar

from numpy.typing import NDArray

from glasshouse.data.raw import Raw


class Preparation(ABC):
    """Everything between a raw row and the network's input, fitted on the training part alone.

    A preparation is plain data: :meth:`to_dict` is what a bundle stores as ``preprocessing.json``, and
    :func:`glasshouse.data.preparation_from_dict` makes the same preparation of it again.
    """

    kind: ClassVar[str]

    @property
    @abstractmethod
    def input_shape(self) -> tuple[int, ...]:
        """Shape of one prepared sample: ``(features,)`` or ``(channels, height, width)``."""

    @abstractmethod
    def transform(self, raw: Raw) -> NDArray[Any]:
        """Prepare rows: float32, or int64 for tokens, shape (rows, *input_shape), finite everywhere."""

    @property
    def tokens(self) -> int:
        """How many different tokens a row is a sequence of; 0 where rows are numbers that measure."""
        return 0

    @property
    def token_names(self) -> tuple[str, ...]:
        """What each token is called, in the order of their numbers; empty where there are none."""
        return ()

    @abstractmethod
    def read(self, source: Any) -> Raw:
        """Read rows to predict: a path, a frame, dictionaries or arrays, checked against what was fitted.

        Raises:
            BundleError: Columns are missing or unknown, or the images do not fit; they are named.
            DataError: A cell cannot be read; file, row and column are named.
        """

    def warnings(self, raw: Raw) -> list[str]:
        """What in rows to predict training never saw, a sentence each."""
        return []

    @abstractmethod
    def describe(self) -> list[dict[str, Any]]:
        """One entry per input: ``{"name", "kind", "becomes", "features"}``, for the report and the schema."""

    @abstractmethod
    def to_dict(self) -> dict[str, Any]:
        """The fitted state in plain JSON types, with its ``kind``."""

    @classmethod
    @abstractmethod
    def from_dict(cls, state: dict[str, Any]) -> Preparation:
        """The preparation that :meth:`to_dict` described."""
