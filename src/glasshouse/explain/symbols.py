"""What the numbers of a network are called: the letters of the course, each name once.

===========  =========================================================================================
``x``        what the network is given (``x1``, ``x2`` ... if it is given several tensors)
``t``        what it should answer, the target
``W``, ``b`` weights and biases, numbered layer by layer (``W1``, ``b1``, ``W2`` ...)
``U``,       weights and biases of a recurrent cell by which its state comes back
``bu``
``gamma``,   the learnt scale and shift of a normalization
``beta``
``E``        the table of an embedding
``z``        a weighted sum: the output of a linear layer or a convolution
``a``        an activation
``p``        shares of 1: the output of a softmax
``h``        the state of a recurrent cell, and any other number inside: pooled, normalized, added, moved
``c``        the memory of an LSTM
``k``        a constant that the module made up itself
``L``        the loss
``dz1``      the gradient of the loss by ``z1``
===========  =========================================================================================

Every letter is numbered in the order of the run. Indices count from 0, as in PyTorch: ``W1[0,1]`` is the
weight from input 1 to unit 0. Other parameters keep the name that the module gives them.
"""

from __future__ import annotations

from collections.abc import Sequence

from glasshouse.core.expression import GREEK
from glasshouse.explain.steps import ExplainedStep
from glasshouse.explain.values import Value

SUMS = {"linear", "conv1d", "conv2d", "conv3d", "conv_transpose1d", "conv_transpose2d", "conv_transpose3d"}
CELLS = {"rnn_cell", "lstm_cell", "gru_cell"}
OF_CELLS = {"weight_ih": "W", "weight_hh": "U", "bias_ih": "b", "bias_hh": "bu"}
NORMALIZATIONS = {"batch_norm", "layer_norm", "group_norm", "instance_norm", "rms_norm"}


def name_values(steps: Sequence[ExplainedStep], values: Sequence[Value], loss: Value | None) -> None:
    """Give every value its symbol and its LaTeX.

    Args:
        steps: The steps in the order of the run.
        values: All values.
        loss: The loss, where there is one.
    """
    letters = _Letters()
    inputs = [value for value in values if value.role == "input"]
    for value in inputs:
        letters.give(value, "x", numbered=len(inputs) > 1)
    targets = [value for value in values if value.role == "target"]
    for value in targets:
        letters.give(value, "t", numbered=len(targets) > 1)
    if loss is not None:
        letters.give(loss, "L", numbered=False)
    for step in steps:
        _name_parameters(step, letters)
        for name, value in step.outputs.items():
            if not value.symbol:
                letters.give(value, "c" if name == "c_next" else _letter(step))
    for value in values:
        if not value.symbol and value.role in ("parameter", "buffer"):
            letters.give(value, value.name.rpartition(".")[2], numbered=False)
        elif not value.symbol:
            letters.give(value, "k")


class _Letters:
    """Counts how often each letter was given, and keeps the numbers of layers."""

    def __init__(self) -> None:
        self.counts: dict[str, int] = {}
        self.taken: set[str] = set()
        self.layers: dict[str, int] = {}

    def give(self, value: Value, letter: str, numbered: bool = True, number: int | None = None) -> None:
        """Name a value by a letter and its next number, or the given one."""
        if numbered and number is None:
            number = self.counts[letter] = self.counts.get(letter, 0) + 1
        symbol = f"{letter}{'' if number is None else number}"
        while symbol in self.taken:
            number = self.counts[letter] = self.counts.get(letter, 0) + 1
            symbol = f"{letter}{'' if letter[-1:].isalpha() else '_'}{number}"
        self.taken.add(symbol)
        value.symbol, value.latex = symbol, _in_latex(letter, number)

    def layer(self, path: str, letter: str) -> int:
        """The number of a layer among those with that letter."""
        return self.layers.setdefault(
            f"{letter} {path}", 1 + sum(key.startswith(f"{letter} ") for key in self.layers)
        )


def _name_parameters(step: ExplainedStep, letters: _Letters) -> None:
    for name, value in step.inputs.items():
        if value.symbol or value.role not in ("parameter", "buffer"):
            continue
        path, _, own = value.name.rpartition(".")
        if step.title in SUMS and name in ("weight", "bias"):
            letter = "W" if name == "weight" else "b"
            letters.give(value, letter, number=letters.layer(path, "W"))
        elif step.title in CELLS and name in OF_CELLS:
            layer = own.removeprefix(name)  # "_l0_reverse" of a kernel over time
            letters.give(value, OF_CELLS[name], number=letters.layer(path + layer, "W"))
        elif step.title in NORMALIZATIONS and name in ("weight", "bias"):
            letter = "gamma" if name == "weight" else "beta"
            letters.give(value, letter, number=letters.layer(path, "gamma"))
        elif step.title == "embedding" and name == "weight":
            letters.give(value, "E", number=letters.layer(path, "E"))
        else:
            letters.give(value, own, numbered=False)


def _letter(step: ExplainedStep) -> str:
    concept = step.reading.concept if step.reading is not None else None
    if step.title in SUMS:
        return "z"
    if step.title == "softmax":
        return "p"
    return "a" if concept is not None and concept.kind == "activation" else "h"


def _in_latex(letter: str, number: int | None) -> str:
    if letter in GREEK:
        symbol = "\\" + letter
    else:
        symbol = letter if len(letter) == 1 else r"\mathrm{" + letter.replace("_", r"\_") + "}"
    return symbol if number is None else f"{symbol}^{{({number})}}"
