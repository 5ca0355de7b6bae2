"""The card of a concept: everything that is known of it, for terminals, notebooks, pages and programs."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.text import Text

from glasshouse.concepts.curves import Curve, curve_of
from glasshouse.concepts.html import as_html
from glasshouse.concepts.readable import readable
from glasshouse.concepts.shelves import find, full_name, meanings
from glasshouse.concepts.terminal import Shown, as_text
from glasshouse.concepts.usage import in_experiment, in_python, settings_of
from glasshouse.concepts.worked_steps import worked_steps
from glasshouse.core.concept import Concept
from glasshouse.core.errors import UsageError
from glasshouse.core.files import write_atomic


class Card:
    """What there is to know of one concept.

    Args:
        concept: Any entry of a table: ``gh.activations.ACTIVATIONS["swish"]``.
        others: Other concepts that the name by which it was asked for may mean, with their kinds.

    Example:
        >>> from glasshouse.losses import LOSSES
        >>> card = Card(LOSSES["huber"])
        >>> card.name, card.kind, card.equation
        ('huber', 'loss', 'L = ½ r² for |r| ≤ δ,  δ(|r| − ½δ) beyond')
    """

    def __init__(self, concept: Concept, others: tuple[str, ...] = ()) -> None:
        self.concept = concept
        self.others = others

    @property
    def name(self) -> str:
        """Its name in experiment files."""
        return self.concept.name

    @property
    def kind(self) -> str:
        """``"activation"``, ``"loss"`` ..."""
        return self.concept.kind

    @property
    def equation(self) -> str:
        """The equation as plain text."""
        return readable(self.concept.equation)

    @property
    def derivative(self) -> str:
        """The derivative as plain text; empty where there is none to speak of."""
        return readable(self.concept.derivative)

    @cached_property
    def curve(self) -> Curve | None:
        """The points that are drawn; ``None`` where there is nothing to draw."""
        return curve_of(self.concept)

    @cached_property
    def worked(self) -> dict[str, Any] | None:
        """A worked number: what is given, the steps, the result, and what the built thing computes."""
        return worked_steps(self.concept)

    @property
    def experiment(self) -> str:
        """The lines of an experiment file that choose it; empty where an experiment cannot name it."""
        return in_experiment(self.concept)

    @property
    def python(self) -> str:
        """The lines of Python that build it."""
        return in_python(self.concept)

    def svg(self) -> str:
        """The figure as an ``<svg>`` element that takes its colours from the page it stands in.

        Raises:
            UsageError: There is nothing to draw of this concept.
        """
        curve = self.curve
        if curve is None:
            raise UsageError(
                f"a figure of {full_name(self.concept)}",
                expected="a concept with a curve: an activation, a loss, an optimizer, a schedule, "
                "an initializer",
                fix="show it without a figure",
            )
        # Late: matplotlib takes its time, and most cards are read in a terminal.
        from glasshouse.plot import curves, to_svg

        lines = [(line.name, line.x, line.y) for line in curve.lines]
        figure = curves(lines, curve.across, curve.up, filled=curve.filled, zero=curve.zero)
        return to_svg(figure, f"{self.name}: {curve.up} over {curve.across}", curve.about)

    def write_svg(self, path: str | Path) -> None:
        """Write the figure as a file of its own, which is light or dark as its reader has it.

        Args:
            path: Where to; a file that is there is replaced.

        Raises:
            UsageError: There is nothing to draw of this concept.
            StorageError: The file cannot be written.
        """
        svg = self.svg()
        from glasshouse.plot import as_file

        write_atomic(Path(path), as_file(svg))

    def to_dict(self) -> dict[str, Any]:
        """Everything as plain values, for programs."""
        concept, curve = self.concept, self.curve
        return {
            "kind": concept.kind,
            "name": concept.name,
            "aliases": list(concept.aliases),
            "also": list(concept.also),
            "summary": concept.summary,
            "equation": {"latex": concept.equation, "text": self.equation},
            "derivative": {"latex": concept.derivative, "text": self.derivative},
            "symbols": dict(concept.symbols),
            "when": concept.when,
            "pitfalls": list(concept.pitfalls),
            "conventions": list(concept.conventions),
            "source": concept.source,
            "settings": settings_of(concept),
            "worked": self.worked,
            "experiment": self.experiment,
            "python": self.python,
            "curve": curve.to_dict() if curve else None,
            "others": list(self.others),
        }

    def text(self, width: int = 80) -> Text:
        """The card in letters, with styles for terminals that have them.

        Args:
            width: Longest line, at least 40.
        """
        return as_text(self._shown(), width)

    def print(self) -> None:
        """Print the card, with colours where the terminal has them."""
        console = Console(highlight=False)
        console.print(self.text(min(console.width, 100)), soft_wrap=True)

    def _shown(self) -> Shown:
        return Shown(
            self.concept,
            self.equation,
            self.derivative,
            self.curve,
            self.worked,
            self.experiment,
            self.python,
            self.others,
        )

    def __str__(self) -> str:
        return self.text().plain

    def __repr__(self) -> str:
        return self.text().plain

    def _repr_html_(self) -> str:
        return as_html(self._shown(), self.svg() if self.curve else "")


def show(name: str) -> Card:
    """Everything about a concept: equation, slope, picture, when to use it, a worked number, what to type.

    At a prompt or in a notebook the card shows itself; ``print(gh.show("adam"))`` does so elsewhere.

    Args:
        name: Name or alias of a concept of any kind, in any spelling. Where several kinds have the name, the
            first one is shown and the card names the others; ``"metric:mae"`` asks for one.

    Raises:
        UnknownNameError: Nothing has that name; near ones are suggested.

    Example:
        >>> card = show("silu")
        >>> card.name, card.equation
        ('swish', 'f(x) = x σ(β x)')
        >>> show("mae").others
        ('metric:mae',)
    """
    concept = find(name)[0]
    return Card(concept, tuple(full_name(other) for other in meanings(name) if other is not concept))


def cards(name: str) -> list[Card]:
    """The cards of all concepts of a name; those that only also have it are named on each card.

    Args:
        name: As for :func:`show`.

    Raises:
        UnknownNameError: Nothing has that name; near ones are suggested.

    Example:
        >>> [card.kind for card in cards("mae")]
        ['loss', 'metric']
    """
    found = find(name)
    others = tuple(full_name(other) for other in meanings(name) if other not in found)
    return [Card(concept, others) for concept in found]
