"""What recurrent layers over time demand of their settings, and how a rule reads them out of a module."""

from __future__ import annotations

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
