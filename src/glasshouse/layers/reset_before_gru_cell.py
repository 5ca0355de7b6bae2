"""GRU cell whose reset gate acts on the state before the matrix product."""

from __future__ import annotations

import math

import torch
from torch import nn

from glasshouse.core.checks import whole_number
from glasshouse.layers.affine import affine
from glasshouse.layers.recurrent_checks import check_input, check_state


class ResetBeforeGRUCell(nn.Module):
    """A gated recurrent unit whose reset gate acts on the state before the matrix product.

    Its parameters have the names, shapes and order (r, z, n) of ``torch.nn.GRUCell``, so that a state_dict of
    one loads into the other.

    Shapes: x (N, I) or (I), h (N, H) or (H), zero if left out; h' like h.

    Args:
        input_size: Numbers per step that go in, I, at least 1.
        hidden_size: Numbers of the state, H, at least 1.
        bias: Whether the two biases are learnt.

    Raises:
        ModelError: x or h does not fit.

    Source:
        Cho et al. 2014, arXiv 1406.1078, third version; the first one has the reset after the product.

    Example:
        >>> cell = ResetBeforeGRUCell(3, 5)
        >>> result = cell.load_state_dict(nn.GRUCell(3, 5).state_dict())
        >>> cell(torch.ones(2, 3)).shape
        torch.Size([2, 5])
    """

    def __init__(self, input_size: int, hidden_size: int, bias: bool = True) -> None:
        super().__init__()
        self.input_size = whole_number("input_size", input_size, at_least=1)
        self.hidden_size = whole_number("hidden_size", hidden_size, at_least=1)
        self.weight_ih = nn.Parameter(torch.empty(3 * hidden_size, input_size))
        self.weight_hh = nn.Parameter(torch.empty(3 * hidden_size, hidden_size))
        self.bias_ih = nn.Parameter(torch.empty(3 * hidden_size)) if bias else None
        self.bias_hh = nn.Parameter(torch.empty(3 * hidden_size)) if bias else None
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Uniform between -1 and 1 over the root of the hidden size, as in PyTorch's cells."""
        bound = 1 / math.sqrt(self.hidden_size)
        for parameter in self.parameters():
            nn.init.uniform_(parameter, -bound, bound)

    def forward(self, x: torch.Tensor, h: torch.Tensor | None = None) -> torch.Tensor:
        """The next state."""
        check_input("x", x, self.input_size)
        fitting = (*x.shape[:-1], self.hidden_size)
        h = x.new_zeros(fitting) if h is None else h
        check_state("h", h, fitting, x)
        size = self.hidden_size
        x_r, x_z, x_n = affine(x, self.weight_ih, self.bias_ih).chunk(3, -1)
        gates, candidate = slice(2 * size), slice(2 * size, None)
        bias = self.bias_hh
        h_r, h_z = affine(h, self.weight_hh[gates], None if bias is None else bias[gates]).chunk(2, -1)
        r, z = torch.sigmoid(x_r + h_r), torch.sigmoid(x_z + h_z)
        h_n = affine(r * h, self.weight_hh[candidate], None if bias is None else bias[candidate])
        n = torch.tanh(x_n + h_n)
        return (1 - z) * n + z * h

    def extra_repr(self) -> str:
        """The settings, for ``print(network)``."""
        return f"{self.input_size}, {self.hidden_size}, bias={self.bias_ih is not None}"
