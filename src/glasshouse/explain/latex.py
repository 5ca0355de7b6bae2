"""An explanation as LaTeX: every step with its formula, and the numbers of small tensors."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from glasshouse.core.expression import Expression, shown
from glasshouse.explain.steps import ExplainedStep
from glasshouse.explain.text import TERMS, chosen
from glasshouse.explain.values import Contribution, Value

if TYPE_CHECKING:
    from glasshouse.explain.explanation import Explanation

_SPECIAL = {"_": r"\_", "#": r"\#", "%": r"\%", "&": r"\&"}


def as_latex(explanation: Explanation) -> str:
    """A fragment that a document with ``amsmath`` can input.

    Args:
        explanation: The explanation.
    """
    return "\n".join(_lines(explanation)) + "\n"


def _lines(explanation: Explanation) -> Iterator[str]:
    yield rf"\section*{{{_plain(explanation.model)}}}"
    yield r"\subsection*{Forward}"
    for step in explanation.steps:
        equations = [
            _equation(_at(value.latex, place), explanation.arithmetic(value, place), value.exact[place])
            for value in step.outputs.values()
            for place in chosen(value.tensor)
        ]
        yield from _block(step, equations)
    if explanation.loss is None:
        return
    yield r"\subsection*{Backward}"
    for step in reversed(explanation.steps):
        equations = [
            line
            for value in dict.fromkeys(step.step.inputs)
            for part in value.contributions
            if part.use.step == step.index
            for line in _part(explanation, value, part)
        ]
        if equations:
            yield from _block(step, equations)


def _block(step: ExplainedStep, equations: list[str]) -> Iterator[str]:
    where = f" ({step.where})" if step.where else ""
    yield rf"\paragraph{{{step.index}. {_plain(step.title + where)}}} {_plain(step.badge)}"
    if step.formula:
        yield rf"\[ {step.formula} \]"
    yield r"\begin{align*}"
    yield " \\\\\n".join(equations)
    yield r"\end{align*}"


def _part(explanation: Explanation, value: Value, part: Contribution) -> Iterator[str]:
    several = len(value.contributions) > 1
    for place in chosen(part.gradient):
        name = rf"\frac{{\partial L}}{{\partial {_at(value.latex, place)}}}"
        if several:
            name = rf"\left.{name}\right|_{{{part.use.step}}}"
        yield _equation(name, explanation.part_arithmetic(part, place), part.gradient[place])
    if several and part is value.contributions[-1] and value.gradient is not None:
        for place in chosen(value.gradient):
            name = rf"\frac{{\partial L}}{{\partial {_at(value.latex, place)}}}"
            terms = [_number(float(each.gradient[place])) for each in value.contributions]
            summed = " + ".join(rf"\left({each}\right)" if each.startswith("-") else each for each in terms)
            yield rf"{name} &= {summed} = {_number(float(value.gradient[place]))}"


def _equation(name: str, arithmetic: Expression | None, value: object) -> str:
    if arithmetic is None:
        return f"{name} &= {_number(float(value))}"  # type: ignore[arg-type]
    return f"{name} &= {arithmetic.latex(TERMS)} = {_number(arithmetic.value)}"


def _number(value: float) -> str:
    """Six digits, with a power of ten written as such."""
    digits, _, exponent = shown(value).replace("−", "-").replace("∞", r"\infty").partition("e")
    return rf"{digits} \cdot 10^{{{int(exponent)}}}" if exponent else digits


def _at(latex: str, place: tuple[int, ...]) -> str:
    return f"{latex}_{{{','.join(map(str, place))}}}" if place else latex


def _plain(text: str) -> str:
    return "".join(_SPECIAL.get(each, each) for each in text)
