"""Reading rows for a network that takes arrays as they are, without a preparation."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from glasshouse.core.errors import BundleError, DataError


def read_arrays(source: Any, input_shape: tuple[int, ...]) -> NDArray[np.float32]:
    """Read rows to predict: float32, shape (N, *input_shape).

    Args:
        source: An array, tensor, frame of numbers or nested lists, of shape (N, *input_shape) or of one
            sample; or the path of a ``.npy`` file.
        input_shape: Of one sample.

    Raises:
        DataError: There is no row, the file cannot be read, or a value is not a finite number.
        BundleError: The shape is not the one that the network takes.

    Example:
        >>> read_arrays([1, 2, 3], (3,))
        array([[1., 2., 3.]], dtype=float32)
    """
    array = _read_file(Path(source).expanduser()) if isinstance(source, (str, Path)) else _as_array(source)
    if array.dtype.kind not in "biuf":
        raise DataError(
            f"an array of {array.dtype}", expected="numbers", fix="turn words and dates into numbers first"
        )
    if array.shape == input_shape:
        array = array[np.newaxis]
    if array.shape[1:] != input_shape or array.ndim != len(input_shape) + 1:
        wanted = ", ".join(map(str, ("rows", *input_shape)))
        raise BundleError(
            f"an array of shape {array.shape}",
            expected=f"({wanted}), which the network was trained on",
            fix="reshape it; a single sample may come without the first axis",
        )
    if len(array) == 0:
        raise DataError("there are 0 rows to predict", expected="at least one row", fix="check the input")
    with np.errstate(over="ignore"):  # what overflows is infinite, and is told of below
        rows = np.ascontiguousarray(array, dtype=np.float32)
    _refuse_non_finite(rows)
    return rows


def _as_array(source: Any) -> NDArray[Any]:
    if hasattr(source, "detach"):  # a tensor, which may require gradients or lie on an accelerator
        source = source.detach().cpu()
    try:
        return np.asarray(source)
    except ValueError as error:
        raise DataError(
            f"rows of unequal length: {error}", expected="an array", fix="give every row all values"
        ) from error


def _read_file(path: Path) -> NDArray[Any]:
    fix = "save the rows with numpy.save(path, array)"
    if not path.exists():
        raise DataError(f"{path} does not exist", expected="a .npy file of numbers", fix="check the path")
    try:
        # Object arrays are pickles, and opening one can run anything: they are refused.
        array = np.load(path, allow_pickle=False)
    except (ValueError, EOFError, OSError) as error:
        raise DataError(
            f"{path} cannot be read: {error}", expected="a .npy file of numbers", fix=fix
        ) from error
    if not isinstance(array, np.ndarray):
        array.close()
        raise DataError(f"{path} holds several arrays", expected="a .npy file of numbers", fix=fix)
    return array


def _refuse_non_finite(rows: NDArray[np.float32]) -> None:
    bad = np.argwhere(~np.isfinite(rows))
    if len(bad):
        row, *place = bad[0].tolist()
        more = f" and {len(bad) - 1} more" if len(bad) > 1 else ""
        raise DataError(
            f"row {row} holds a {rows[tuple(bad[0])]:g} at {tuple(place)}{more}",
            expected="finite numbers that single precision can hold",
            fix="fill in or remove these values",
        )
