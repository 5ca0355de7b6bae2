"""What a reader makes of a call: the rule that computes it, and the tensors by the rule's names."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import torch

from glasshouse.core.concept import Concept
from glasshouse.core.rule import Rule


@dataclass(frozen=True)
class Call:
    """A call as it was recorded, with the tensors in float64.

    Args:
        function: What was called.
        operation: Its plain name.
        arguments: The positional arguments.
        keywords: The arguments by name.
        outputs: The tensors that came out.
        dtype: The floating-point type in which it ran.
        random_state: The random state before it, where it drew random numbers.
    """

    function: Callable[..., Any]
    operation: str
    arguments: tuple[Any, ...]
    keywords: Mapping[str, Any]
    outputs: tuple[torch.Tensor, ...]
    dtype: torch.dtype = torch.float32
    random_state: torch.Tensor | None = None

    def repeated(self, *arguments: Any, **keywords: Any) -> Any:
        """What the function gives for other arguments with the random numbers of the run.

        Args:
            arguments: Positional arguments.
            keywords: Arguments by name.
        """
        with torch.random.fork_rng(devices=[]):
            if self.random_state is not None:
                torch.set_rng_state(self.random_state)
            return self.function(*arguments, **keywords)


@dataclass(frozen=True)
class Reading:
    """A rule and what it is applied to.

    Args:
        rule: The mathematics.
        values: Inputs and parameters by the rule's names; tensors of the call are handed on as they are, so
            that they are recognised.
        outputs: The rule's name of each tensor that came out, in order; ``None`` for one that the rule
            doesn't give (the places of the largest numbers, say).
        concept: The card, where the operation has one.
        formula: LaTeX of the formula, where it has no card.
        title: What the operation is called in an explanation; the card's name unless given.
    """

    rule: Rule
    values: Mapping[str, torch.Tensor]
    outputs: tuple[str | None, ...] = ("y",)
    concept: Concept | None = None
    formula: str = ""
    title: str = ""


Reader = Callable[..., "Reading | None"]
"""``reader(call, *arguments, **keywords)``; ``None`` where no rule fits these arguments."""
