"""The rule of products that are summed: matrix products of every kind, and what ``einsum`` can say."""

from __future__ import annotations

import itertools
import string
from collections.abc import Sequence
from dataclasses import dataclass

import torch

from glasshouse.core.arithmetic import leaf
from glasshouse.core.expression import Expression, Number, total, wrap
from glasshouse.core.rule import Forward, Rule, Tensors, gradient_name, reduce_to


@dataclass(frozen=True)
class Contraction(Rule):
    """``y = sum of the product of the operands`` over every axis letter that the output lacks.

    Args:
        names: The operands.
        letters: For each operand one letter per axis. An axis of size 1 is broadcast.
        output: The letters of the output.
    """

    names: tuple[str, ...]
    letters: tuple[str, ...]
    output: str

    def forward(self, values: Tensors) -> Forward:
        """The sum of products."""
        operands = [values[name] for name in self.names]
        y = torch.einsum(f"{','.join(self.letters)}->{self.output}", *operands)
        return Forward({"y": y}, dict(values))

    def backward(self, saved: Tensors, gradients: Tensors) -> dict[str, torch.Tensor]:
        """For each operand the product of ``dy`` and the others, summed over what it lacks."""
        sizes = self._sizes(saved)
        result = {}
        for which, name in enumerate(self.names):
            others = [at for at in range(len(self.names)) if at != which]
            operands = [gradients["y"], *(saved[self.names[at]] for at in others)]
            letters = [self.output, *(self.letters[at] for at in others)]
            own = self.letters[which]
            known = [each for each in dict.fromkeys(own) if any(each in one for one in letters)]
            back = torch.einsum(f"{','.join(letters)}->{''.join(known)}", *operands)
            for axis, letter in enumerate(dict.fromkeys(own)):
                if letter not in known:  # summed over in this operand alone: all its numbers share
                    back = back.unsqueeze(axis)
            full = [sizes[letter] for letter in dict.fromkeys(own)]
            back = back.expand(full)
            if len(set(own)) < len(own):
                back = _onto_diagonal(back, own)
            result[name] = reduce_to(back, saved[name].shape)
        return result

    def expand(self, saved: Tensors, output: str, index: Sequence[int]) -> Expression:
        """The products, added up."""
        fixed = dict(zip(self.output, index, strict=True))
        return self._sum(saved, fixed, {}, None)

    def expand_gradient(
        self, saved: Tensors, gradients: Tensors, name: str, index: Sequence[int]
    ) -> Expression:
        """``dy`` times the other operands, everywhere this number took part."""
        which = self.names.index(name)
        fixed: dict[str, int] = {}
        for letter, at, size in zip(self.letters[which], index, saved[name].shape, strict=True):
            if size == 1 and self._sizes(saved)[letter] != 1:
                continue  # it served every place of that axis
            if fixed.setdefault(letter, at) != at:
                return Number(0.0)  # off the diagonal that the letters ask for
        return self._sum(saved, fixed, gradients, which)

    def differentiated(self, values: Tensors) -> list[str]:
        """Every operand."""
        return list(self.names)

    def _sum(
        self, saved: Tensors, fixed: dict[str, int], gradients: Tensors, without: int | None
    ) -> Expression:
        sizes = self._sizes(saved)
        free = [letter for letter in sizes if letter not in fixed]
        terms: list[Expression] = []
        for places in itertools.product(*(range(sizes[letter]) for letter in free)):
            at = {**fixed, **dict(zip(free, places, strict=True))}
            factors: list[Expression] = []
            if without is not None:
                place = [at[letter] for letter in self.output]
                factors.append(leaf(gradient_name("y"), gradients["y"], place))
            for which, name in enumerate(self.names):
                if which != without:
                    shape = saved[name].shape
                    place = [
                        0 if size == 1 else at[letter]
                        for letter, size in zip(self.letters[which], shape, strict=True)
                    ]
                    factors.append(leaf(name, saved[name], place))
            product = factors[0]
            for factor in factors[1:]:
                product = wrap(product * factor)
            terms.append(product)
        return total(terms) if terms else Number(0.0)

    def _sizes(self, values: Tensors) -> dict[str, int]:
        sizes: dict[str, int] = {}
        for name, letters in zip(self.names, self.letters, strict=True):
            for letter, size in zip(letters, values[name].shape, strict=True):
                sizes[letter] = max(size, sizes.get(letter, 1)) if size != 0 else 0
        return sizes


def matrix_product(left: int, right: int) -> tuple[tuple[str, str], str]:
    """The letters of ``torch.matmul`` for operands of so many axes.

    Args:
        left: Axes of the left operand, at least 1.
        right: Axes of the right operand, at least 1.

    Example:
        >>> matrix_product(2, 2), matrix_product(1, 3)
        ((('yk', 'kz'), 'yz'), (('k', 'akz'), 'az'))
    """
    batch = string.ascii_lowercase[: max(left, right, 2) - 2]
    own = [batch[len(batch) - max(0, axes - 2) :] for axes in (left, right)]
    rows = "y" if left > 1 else ""
    columns = "z" if right > 1 else ""
    return (own[0] + rows + "k", own[1] + "k" + columns), batch + rows + columns


def _onto_diagonal(back: torch.Tensor, letters: str) -> torch.Tensor:
    """Spread a gradient over an operand that names an axis twice (``ii``): only its diagonal has some."""
    once = list(dict.fromkeys(letters))
    sizes = dict(zip(once, back.shape, strict=True))
    whole = back.new_zeros([sizes[letter] for letter in letters])
    for place in itertools.product(*(range(size) for size in back.shape)):
        at = dict(zip(once, place, strict=True))
        whole[tuple(at[letter] for letter in letters)] = back[place]
    return whole
