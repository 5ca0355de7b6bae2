"""What recurrent layers demand of settings, inputs and states; how a rule reads settings out of a module."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch

from glasshouse.core.checks import number, whole_number
from glasshouse.core.errors import ModelError, SettingError


def recurrent_settings(input_size: int, hidden_size: int, num_layers: int, dropout: float) -> None:
    """Refuse settings that no recurrent layer can have.

    Args:
        input_size: At least 1.
        hidden_size: At least 1.
        num_layers: At least 1.
        dropout: From 0 to below 1; above 0 there must be two layers, between which it acts.

    Raises:
        SettingError: A setting lies outside its range.

    Example:
        >>> recurrent_settings(3, 5, 2, 0.5)
        >>> recurrent_settings(3, 5, 1, 0.5)
        Traceback (most recent call last):
        ...
        glasshouse.core.errors.SettingError: dropout = 0.5 with num_layers = 1
          expected: dropout acts between layers, so there must be at least two
          fix: set num_layers = 2 or more, or dropout = 0 and a dropout layer behind
    """
    whole_number("input_size", input_size, at_least=1)
    whole_number("hidden_size", hidden_size, at_least=1)
    whole_number("num_layers", num_layers, at_least=1)
    if number("dropout", dropout, at_least=0, below=1) and num_layers == 1:
        raise SettingError(
            f"dropout = {dropout} with num_layers = 1",
            expected="dropout acts between layers, so there must be at least two",
            fix="set num_layers = 2 or more, or dropout = 0 and a dropout layer behind",
        )


def check_input(name: str, x: torch.Tensor, input_size: int) -> None:
    """Refuse an input of another width than the weights have.

    Args:
        name: What the input is called.
        x: The input.
        input_size: Its numbers per step.

    Raises:
        ModelError: The last axis has another size.
    """
    if x.dim() == 0 or x.shape[-1] != input_size:
        raise ModelError(
            f"{name} of shape {tuple(x.shape)}",
            expected=f"{input_size} numbers on the last axis (input_size = {input_size})",
            fix=f"bring {name} to {input_size} numbers per step, or build with another input_size",
        )


def check_state(name: str, state: torch.Tensor, fitting: Sequence[int], x: torch.Tensor) -> None:
    """Refuse a state that does not fit the input.

    Args:
        name: What the state is called.
        state: The state.
        fitting: The shape that it must have.
        x: The input, for the message.

    Raises:
        ModelError: It has another shape.
    """
    if tuple(state.shape) != tuple(fitting):
        raise ModelError(
            f"{name} of shape {tuple(state.shape)} beside an input of shape {tuple(x.shape)}",
            expected=f"{name} of shape {tuple(fitting)}",
            fix=f"start with torch.zeros({', '.join(map(str, fitting))}), or leave {name} out",
        )


def read_settings(module: Any) -> tuple[dict[str, Any], dict[str, torch.Tensor]]:
    """The settings of the rule, and the parameters by PyTorch's names.

    Args:
        module: A ``torch.nn.RNN``, ``LSTM`` or ``GRU``.

    Raises:
        ModelError: An LSTM with projections, which has no rule.

    Example:
        >>> settings, parameters = read_settings(torch.nn.GRU(3, 2, bidirectional=True))
        >>> settings["layers"], settings["bidirectional"], sorted(parameters)[0]
        (1, True, 'bias_hh_l0')
    """
    if module.proj_size:
        raise ModelError(
            f"an LSTM with proj_size = {module.proj_size}",
            expected="an LSTM whose state is shown as it is",
            fix="build it with proj_size = 0, and put a linear layer behind it",
        )
    settings = {
        "layers": module.num_layers,
        "bidirectional": module.bidirectional,
        "batch_first": module.batch_first,
        "dropout": module.dropout,
        "training": module.training,
    }
    return settings, dict(module.named_parameters())
