"""Class labels of any kind as targets for a network, and a network's answers as labels again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.utils.multiclass import check_classification_targets, type_of_target
from sklearn.utils.validation import column_or_1d

from glasshouse.core.errors import SampleError

Kind = Literal["binary", "multiclass", "multilabel"]


@dataclass(frozen=True)
class ClassLabels:
    """The classes that a classifier knows.

    Args:
        kind: One of two (or of one), one of several, or any number of several.
        classes: Sorted labels; for ``"multilabel"`` the numbers of the columns.

    Example:
        >>> labels = ClassLabels.read(np.array(["no", "yes", "no"]))
        >>> labels.indices(np.array(["yes"])), labels.names(np.array([0, 1]))
        (array([1]), array(['no', 'yes'], dtype='<U3'))
    """

    kind: Kind
    classes: NDArray[Any]

    @classmethod
    def read(cls, y: Any, classes: Any = None) -> ClassLabels:
        """The classes of a target, or those that are told beforehand.

        Args:
            y: Labels (N,), or for several at a time columns of 0 and 1, (N, K).
            classes: All labels that there will be, where not all are in the first rows.
        """
        kind = type_of_target(y, input_name="y")
        if kind not in ("binary", "multiclass", "multilabel-indicator"):
            check_classification_targets(y)  # says what is wrong with it
        if kind.startswith("multilabel"):
            return cls("multilabel", np.arange(y.shape[1]))
        found = np.unique(column_or_1d(y) if classes is None else np.asarray(classes))
        return cls("binary" if len(found) <= 2 else "multiclass", found)

    @property
    def count(self) -> int:
        """How many classes there are."""
        return len(self.classes)

    def indices(self, y: Any) -> NDArray[np.int64]:
        """Places of labels among the classes (N,), or the columns of 0 and 1 as they are, (N, K).

        Raises:
            SampleError: A label is none of the classes.
        """
        if self.kind == "multilabel":
            return self._columns(y)
        labels: NDArray[Any] = column_or_1d(y, warn=True)
        places = np.searchsorted(self.classes, labels)
        known = places < self.count
        known[known] = self.classes[places[known]] == labels[known]
        if not known.all():
            strange = np.unique(labels[~known])
            raise SampleError(
                f"labels {strange.tolist()} in y",
                expected=f"labels among {self.classes.tolist()}",
                fix="name all classes in the first call: partial_fit(X, y, classes=...)",
            )
        found: NDArray[np.int64] = places.astype(np.int64)
        return found

    def _columns(self, y: Any) -> NDArray[np.int64]:
        filled = np.asarray(y.toarray() if hasattr(y, "toarray") else y)
        if filled.ndim != 2 or filled.shape[1] != self.count:
            raise SampleError(
                f"y of shape {filled.shape}",
                expected=f"a column of 0 and 1 for each of the {self.count} labels",
                fix="give the same columns as in the first call",
            )
        columns: NDArray[np.int64] = filled.astype(np.int64)
        return columns

    def targets(self, indices: NDArray[np.int64], dtype: torch.dtype, form: str) -> torch.Tensor:
        """Places as a loss takes them.

        Args:
            indices: From :meth:`indices`.
            dtype: The network's.
            form: ``"answers"``, a number per yes-or-no question, (N, 1) or (N, K); ``"indices"`` (N,); or
                ``"shares"``, (N, K).
        """
        found = torch.from_numpy(indices)
        if form == "answers":
            return found.reshape(len(found), -1).to(dtype)
        if form == "shares":
            return torch.nn.functional.one_hot(found, max(2, self.count)).to(dtype)
        return found

    def names(self, indices: NDArray[np.int64]) -> NDArray[Any]:
        """Labels of places; columns of 0 and 1 for several at a time."""
        return indices if self.kind == "multilabel" else self.classes[np.minimum(indices, self.count - 1)]

    def same_as(self, other: ClassLabels) -> bool:
        """Whether both know the same classes."""
        return self.kind == other.kind and np.array_equal(self.classes, other.classes)
