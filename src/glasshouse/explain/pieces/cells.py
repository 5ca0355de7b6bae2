"""One step of a recurrent cell, worked out: every gate of every unit."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch

from glasshouse.core.concept import Concept
from glasshouse.core.errors import UsageError
from glasshouse.explain.pieces.by_rule import by_rule, read_rule
from glasshouse.explain.pieces.drawing import bars, svg
from glasshouse.explain.pieces.given import alike, numbers
from glasshouse.explain.pieces.piece import Piece
from glasshouse.layers import LAYERS

PARAMETERS = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")


def rnn_step(
    x: Any, h: Any, weights: Mapping[str, Any] | None = None, gradient: Any = None, seed: int = 0
) -> Piece:
    r"""One step of a simple recurrent cell: ``h' = tanh(W x + b + U h + c)``.

    .. math:: h' = \tanh(W x + b_i + U h + b_h)

    Args:
        x: What comes in, one number for each input.
        h: The state before, one number for each unit.
        weights: ``weight_ih`` (H, I), ``weight_hh`` (H, H), ``bias_ih`` and ``bias_hh`` (H), as PyTorch names
            them; drawn with ``seed`` if left out.
        gradient: The gradient of a loss by the new state, to carry back; none if left out.
        seed: Of the weights.

    Raises:
        UsageError: Something has another shape.

    Source:
        Elman 1990, Finding structure in time.

    Example:
        >>> ones = {"weight_ih": [[1.0]], "weight_hh": [[0.5]], "bias_ih": [0.0], "bias_hh": [0.0]}
        >>> print(rnn_step([1.0], [0.2], ones).at(0).text())
        tanh(1.1)
    """
    return _step("rnn_cell", "A step of a simple recurrent cell", x, {"h": h}, weights, gradient, seed, {})


def lstm_step(
    x: Any, h: Any, c: Any, weights: Mapping[str, Any] | None = None, gradient: Any = None, seed: int = 0
) -> Piece:
    r"""One step of a long short-term memory: gates, candidate, memory and state of every unit.

    .. math:: c' = f c + i g, \quad h' = o \tanh c'

    Args:
        x: What comes in, one number for each input.
        h: The state before, one number for each unit.
        c: The memory before, one number for each unit.
        weights: ``weight_ih`` (4H, I), ``weight_hh`` (4H, H), ``bias_ih`` and ``bias_hh`` (4H), gates in the
            order i, f, g, o; drawn with ``seed`` if left out.
        gradient: The gradient of a loss by the new state, to carry back; none if left out.
        seed: Of the weights.

    Raises:
        UsageError: Something has another shape.

    Source:
        Hochreiter and Schmidhuber 1997, Long short-term memory; Gers, Schmidhuber and Cummins 2000.

    Example:
        >>> piece = lstm_step([1.0, -0.5], [0.1], [0.3])
        >>> [step.name for step in piece.at(0).steps()]
        ['o[0]', 'f[0]', 'i[0]', 'g[0]', 'c_next[0]']
    """
    return _step("lstm_cell", "A step of an LSTM cell", x, {"h": h, "c": c}, weights, gradient, seed, {})


def gru_step(
    x: Any,
    h: Any,
    weights: Mapping[str, Any] | None = None,
    reset: str = "after",
    gradient: Any = None,
    seed: int = 0,
) -> Piece:
    r"""One step of a gated recurrent unit: both gates, candidate and state of every unit.

    .. math:: h' = (1 - z) n + z h

    Args:
        x: What comes in, one number for each input.
        h: The state before, one number for each unit.
        weights: ``weight_ih`` (3H, I), ``weight_hh`` (3H, H), ``bias_ih`` and ``bias_hh`` (3H), gates in the
            order r, z, n; drawn with ``seed`` if left out.
        reset: Where the reset gate acts: ``"after"`` the matrix product (PyTorch) or ``"before"`` it.
        gradient: The gradient of a loss by the new state, to carry back; none if left out.
        seed: Of the weights.

    Raises:
        UsageError: Something has another shape.
        SettingError: ``reset`` is another word.

    Source:
        Cho et al. 2014, arXiv 1406.1078.

    Example:
        >>> piece = gru_step([1.0, -0.5], [0.1], reset="before")
        >>> float(piece.result) == piece.at(0).value
        True
    """
    title = f"A step of a GRU cell, reset {reset} the product"
    return _step("gru_cell", title, x, {"h": h}, weights, gradient, seed, {"reset": reset})


def _step(
    name: str,
    title: str,
    x: Any,
    states: Mapping[str, Any],
    weights: Mapping[str, Any] | None,
    gradient: Any,
    seed: int,
    settings: Mapping[str, Any],
) -> Piece:
    concept: Concept = LAYERS[name]
    incoming = numbers("x", x, 1)
    given = {state: numbers(state, each, 1) for state, each in states.items()}
    size = len(given["h"])
    for state, each in given.items():
        alike(state, each, (size,))
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        rule, parameters = read_rule(concept, input_size=len(incoming), hidden_size=size, **settings)
    values = {"x": incoming, **given, **parameters}
    for key, each in (weights or {}).items():
        if key not in PARAMETERS:
            raise UsageError(
                f"weights has {key!r}", expected=", ".join(PARAMETERS), fix="name them as PyTorch's cells do"
            )
        values[key] = alike(key, numbers(key, each), values[key].shape)
    outputs, saved = rule.forward(values)
    back = None
    if gradient is not None:
        back = {key: torch.zeros_like(each) for key, each in outputs.items()}
        first = next(iter(outputs))
        back[first] = alike("gradient", numbers("gradient", gradient, 1), outputs[first].shape)

    def draw(_results: Mapping[str, torch.Tensor]) -> str:
        gates = {key: saved[key] for key in rule.kept if key in saved}
        shapes, bottom = bars(0, 20, {**given, **gates})
        return svg(506, bottom + 8, shapes, "States before, gates and states after, as bars")

    return by_rule(title, concept.equation, rule, values, draw, back)
