"""Mixed precision: half the bits in the forward pass where the device has them, all in the weights."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import torch

from glasshouse.core.errors import SettingError

FORMATS = {"float32": None, "bfloat16": torch.bfloat16, "float16": torch.float16}


class Precision:
    """The number format of the forward pass, and what backward and update need because of it.

    float16 gradients underflow, so its losses are scaled up and its gradients down again (on GPUs only);
    bfloat16 has the range of float32 and needs none of that.

    Args:
        name: ``"float32"``, ``"bfloat16"``, ``"float16"``, or ``"auto"``: bfloat16 on a GPU that computes in
            it, else float32.
        device: Where the network is.

    Raises:
        SettingError: The device does not compute in that format.

    Source:
        Micikevicius et al. 2018, Mixed precision training.
    """

    def __init__(self, name: str, device: torch.device) -> None:
        if name == "auto":
            capable = device.type == "cuda" and torch.cuda.is_bf16_supported(including_emulation=False)
            name = "bfloat16" if capable else "float32"
        if name == "float16" and device.type != "cuda":
            raise SettingError(
                f"training.precision = 'float16' on {device.type}",
                expected="float32 or bfloat16 there",
                fix="set training.precision to 'auto'",
            )
        self.name = name
        self._device = device
        self._format = FORMATS[name]
        self._scaler = torch.amp.GradScaler(device.type) if name == "float16" else None

    def forward(self) -> AbstractContextManager[Any]:
        """The context of a forward pass."""
        if self._format is None:
            return nullcontext()
        return torch.autocast(self._device.type, dtype=self._format)

    def scaled(self, loss: torch.Tensor) -> torch.Tensor:
        """The loss to go backward from."""
        return loss if self._scaler is None else self._scaler.scale(loss)

    def unscale(self, optimizer: torch.optim.Optimizer) -> None:
        """Bring the gradients back to their true size, so that they can be clipped."""
        if self._scaler is not None:
            self._scaler.unscale_(optimizer)

    def step(self, optimizer: torch.optim.Optimizer, update: Callable[[], Any]) -> None:
        """Update the weights: by ``update``, or through the scaler, which skips steps that overflowed."""
        if self._scaler is None and not torch.is_grad_enabled():
            update()
        elif self._scaler is None:
            with torch.no_grad():
                update()
        else:
            self._scaler.step(optimizer)
            self._scaler.update()

    def state(self) -> dict[str, Any]:
        """What must be remembered to go on exactly."""
        return {} if self._scaler is None else self._scaler.state_dict()

    def restore(self, state: dict[str, Any]) -> None:
        """Go on from what :meth:`state` gave."""
        if self._scaler is not None and state:
            self._scaler.load_state_dict(state)
