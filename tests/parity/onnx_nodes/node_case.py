"""The node test cases of the installed ``onnx`` package, one operation at a time."""

from __future__ import annotations

import contextlib
import io
import warnings
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import onnx
import torch
from onnx.backend.test.case.node import collect_testcases


class LeftOut(Exception):
    """The case asks for something that the concept does not have; the message says what."""


@dataclass(frozen=True)
class NodeCase:
    """One node with its inputs and the outputs that the ONNX project says it has.

    Args:
        name: The case's name in ``onnx``.
        inputs: By position; ``None`` where an optional one is left out.
        attributes: By name, in plain types.
        expected: The outputs; those that are left out are missing.
        outputs: Names of the outputs that are asked for; empty ones are not.
        coarse: Whether there are types among them that NumPy has not, such as bfloat16.
        relative, absolute: How far from the expected numbers an answer may be, as the package has it.
    """

    name: str
    inputs: tuple[torch.Tensor | None, ...]
    attributes: dict[str, Any]
    expected: tuple[torch.Tensor, ...]
    outputs: tuple[str, ...]
    coarse: bool
    relative: float
    absolute: float

    def given(self, place: int) -> torch.Tensor | None:
        """An input that may be left out."""
        return self.inputs[place] if place < len(self.inputs) else None

    def needs(self, **allowed: Any) -> dict[str, Any]:
        """The attributes over their defaults; others, and values that are no default, are not understood.

        Args:
            allowed: What is understood, with its default.
        """
        unknown = set(self.attributes) - set(allowed)
        if unknown:
            raise LeftOut(f"no setting for {', '.join(sorted(unknown))}")
        return {**allowed, **self.attributes}


@cache
def _published() -> list[Any]:
    """All cases of the package."""
    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
        warnings.simplefilter("ignore")  # the package computes infinities and overflows on purpose
        return list(collect_testcases(None))


def node_cases(operation: str) -> list[NodeCase]:
    """The cases of one operation, without those that write it out in simpler ones.

    Args:
        operation: Its name in ONNX, such as ``"Relu"``.
    """
    found = []
    for case in _published():
        node = case.model.graph.node[0]
        if node.op_type != operation or "_expanded" in case.name:
            continue
        given, expected = case.data_sets[0]
        if not all(isinstance(each, (np.ndarray, np.generic)) for each in (*given, *expected)):
            continue  # sequences and optionals, which only the identity takes
        values = iter(given)
        found.append(
            NodeCase(
                case.name.removeprefix("test_"),
                tuple(tensor(next(values)) if name else None for name in node.input),
                {each.name: _plain(onnx.helper.get_attribute_value(each)) for each in node.attribute},
                tuple(tensor(each) for each in expected),
                tuple(node.output),
                any(np.asarray(each).dtype.kind not in "biuf" for each in given),
                case.rtol,
                case.atol,
            )
        )
    return found


def tensor(array: Any) -> torch.Tensor:
    """A tensor of a NumPy array; the types that NumPy borrows from elsewhere come as float32."""
    array = np.asarray(array)
    if array.dtype.kind not in "biuf":
        array = array.astype(np.float32)
    return torch.from_numpy(np.ascontiguousarray(array).copy()).reshape(array.shape)


def _plain(value: Any) -> Any:
    return value.decode() if isinstance(value, bytes) else value
