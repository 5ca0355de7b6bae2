"""Writing the page: an explanation in, one HTML file out that loads nothing from anywhere."""

from __future__ import annotations

import json
import re
from functools import cache
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from glasshouse.core.errors import UsageError
from glasshouse.core.files import write_atomic
from glasshouse.explain.page.forms import form_of, form_of_update
from glasshouse.explain.page.given import given_arithmetic
from glasshouse.explain.page.mathml import mathml, mathml_lines
from glasshouse.explain.page.source_lines import lines_of
from glasshouse.explain.page.tensors import Store
from glasshouse.explain.steps import ExplainedStep
from glasshouse.explain.values import Value

if TYPE_CHECKING:
    from glasshouse.explain.explanation import Explanation

FOLDER = Path(__file__).parent
SCRIPTS = (
    *("numbers", "tensors", "expression", "mathml"),
    *("rules", "rules_layers", "rules_pieces", "rules_groups", "rules_recurrent", "arithmetic"),
    *("cells", "heatmap", "drawing", "edges", "panel", "walk", "quiz", "start"),
)
"""The scripts of the page in the order in which they are put together."""
STYLES = ("page", "drawing", "panel")
GIVEN_ROOM = 1_500_000
"""Characters for the arithmetic of chosen numbers, over all steps without a form."""


def write_html(explanation: Explanation, path: str | Path, megabytes: float = 10.0) -> Path:
    """Write the page of an explanation.

    Args:
        explanation: The explanation.
        path: The file; its folder is made when it is missing.
        megabytes: How much room the numbers may take, above 0. What does not fit is shown as a small picture;
            the largest tensors are left out first.

    Returns:
        The path.

    Raises:
        UsageError: ``megabytes`` is not above 0.
        StorageError: The page cannot be written.
    """
    target = Path(path)
    write_atomic(target, as_html(explanation, megabytes))
    return target


def as_html(explanation: Explanation, megabytes: float = 10.0) -> str:
    """The page as text.

    Args:
        explanation: The explanation.
        megabytes: How much room the numbers may take.

    Raises:
        UsageError: ``megabytes`` is not above 0.
    """
    if not megabytes > 0:
        raise UsageError(
            f"megabytes = {megabytes}",
            expected="a size above 0",
            fix="leave it out for 10 megabytes; 0.5 gives a page of pictures with few numbers",
        )
    data = page_data(explanation, megabytes)
    text = json.dumps(data, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    # Inside of a script element only "<" could end it or begin a comment.
    text = text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")
    return (
        _environment()
        .get_template("page.html.j2")
        .render(
            model=explanation.model,
            data=Markup(text),  # noqa: S704 - escaped above
            style=Markup("\n".join(_file(f"{name}.css") for name in STYLES)),  # noqa: S704 - our own files
            script=Markup("\n".join(_file(f"{name}.js") for name in SCRIPTS)),  # noqa: S704 - our own files
        )
    )


def in_notebook(explanation: Explanation) -> str:
    """The page inside of a frame, so that its style and its keys stay within.

    Args:
        explanation: The explanation.
    """
    page = escape(as_html(explanation, 3.0), quote=True)
    return (
        f'<iframe srcdoc="{page}" title="Worked explanation" '
        'style="width:100%;height:46rem;border:1px solid #8885;border-radius:6px"></iframe>'
    )


def page_data(explanation: Explanation, megabytes: float) -> dict[str, Any]:
    """What the page is made of, as JSON can hold it.

    Args:
        explanation: The explanation.
        megabytes: How much room the numbers may take.
    """
    store = Store(megabytes * 1e6)
    numbers = _numbers(explanation, store)
    steps = [_step(step, store) for step in explanation.steps]
    without = [step for step in explanation.steps if steps[step.index]["form"] is None and step.reading]
    for step in without:
        room = GIVEN_ROOM // len(without)
        steps[step.index]["given"] = given_arithmetic(explanation, step, room)
    loss = explanation.loss
    return {
        "model": explanation.model,
        "training": explanation.training,
        "loss": None if loss is None else loss.symbol,
        "output": explanation.outputs[0].symbol if explanation.outputs else None,
        "notes": list(explanation.notes),
        "badges": explanation.badges,
        "worst": max(explanation.errors.values(), default=0.0),
        "values": [_value(explanation, value, numbers) for value in explanation.values],
        "steps": steps,
        "updates": _updates(explanation),
        "update_name": "" if explanation.update is None else _words(type(explanation.update).__name__),
        "left_out": store.left_out,
        "blocks": store.blocks,
    }


def _numbers(explanation: Explanation, store: Store) -> dict[tuple[int, str], dict[str, Any]]:
    """All tensors in the store, the smallest first: so that as many as possible find room."""
    tensors: list[tuple[int, str, Any]] = []
    for value in explanation.values:
        tensors.append((value.number, "numbers", value.tensor))
        if value.gradient is not None:
            tensors.append((value.number, "gradient", value.gradient))
    tensors.sort(key=lambda each: each[2].numel())
    # Gradients keep all digits of float64 as long as the page stays small.
    exact = sum(each[2].numel() for each in tensors) * 8 < store.room
    return {(number, kind): store.put(tensor, exact) for number, kind, tensor in tensors}


def _value(
    explanation: Explanation, value: Value, numbers: dict[tuple[int, str], dict[str, Any]]
) -> dict[str, Any]:
    base, number = _split(value.latex or value.symbol)
    return {
        "symbol": value.symbol,
        "base": _inside(base),
        "number": number,
        "name": value.name,
        "role": value.role,
        "shape": list(value.shape),
        "dtype": str(value.tensor.dtype).removeprefix("torch."),
        "step": value.producer,
        "uses": [{"step": use.step, "name": use.name} for use in value.uses],
        "numbers": numbers[value.number, "numbers"],
        "gradient": numbers.get((value.number, "gradient")),
        "parts": [{"step": each.use.step, "name": each.use.name} for each in value.contributions],
        "error": value.error,
        "why_none": explanation.why_no_gradient(value),
    }


def _step(step: ExplainedStep, store: Store) -> dict[str, Any]:
    rule = None if step.reading is None else step.reading.rule
    return {
        "index": step.index,
        "operation": step.step.operation,
        "title": _words(step.title),
        "kind": "operation"
        if step.reading is None or step.reading.concept is None
        else step.reading.concept.kind,
        "module": step.step.module,
        "call": step.step.call,
        "badge": step.badge,
        "in_place": step.step.in_place,
        "inputs": {name: value.symbol for name, value in step.inputs.items()},
        "outputs": {name: value.symbol for name, value in step.outputs.items()},
        # What goes in without being a number of the rule: the places that an embedding looks up.
        "besides": [each.symbol for each in step.step.inputs if each not in step.inputs.values()],
        "rule": "" if rule is None else type(rule).__name__,
        "formula": mathml(step.formula, display=True) if step.formula else "",
        "derivative": mathml_lines(step.derivative) if step.derivative else "",
        "lines": {} if rule is None else lines_of(rule),
        "form": form_of(step, store),
        "given": None,
    }


def _updates(explanation: Explanation) -> dict[str, Any]:
    update = explanation.update
    if update is None:
        return {}
    return {
        value.symbol: form_of_update(update, value.exact)
        for value in explanation.parameters.values()
        if value.gradient is not None
    }


def _split(latex: str) -> tuple[str, str]:
    """A symbol's letter and its number.

    Example:
        >>> _split("W^{(1)}"), _split("x")
        (('W', '1'), ('x', ''))
    """
    match = re.fullmatch(r"(.*)\^\{\((\d+)\)\}", latex)
    return (match[1], match[2]) if match else (latex, "")


def _inside(latex: str) -> str:
    return mathml(latex).removeprefix("<math>").removesuffix("</math>")


def _words(name: str) -> str:
    """A name of a class or a card as people write it.

    Example:
        >>> _words("cross_entropy"), _words("AdamUpdate")
        ('cross entropy', 'Adam')
    """
    return name.removesuffix("Update").replace("_", " ")


@cache
def _file(name: str) -> str:
    return (FOLDER / name).read_text(encoding="utf-8")


@cache
def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("glasshouse.explain.page", "."),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
