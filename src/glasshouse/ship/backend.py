"""What runs the network of a bundle: PyTorch or ONNX Runtime, behind one face."""

from __future__ import annotations

from typing import Any, Literal, Protocol

from numpy.typing import NDArray

BackendName = Literal["auto", "torch", "onnx"]


class Backend(Protocol):
    """What runs the network of a bundle."""

    name: str

    def outputs(self, inputs: NDArray[Any]) -> list[NDArray[Any]]:
        """Every output of the bundle for prepared rows (N, *input_shape)."""

    def answer(self, inputs: NDArray[Any]) -> NDArray[Any]:
        """The bundle's first output for prepared rows (N, *input_shape)."""
