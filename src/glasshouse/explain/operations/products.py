"""Readers of matrix products and of operations that reduce: sums, means, variances, extremes, norms."""

from __future__ import annotations

import string
from typing import Any

import torch

from glasshouse.explain.operations.contraction import Contraction, matrix_product
from glasshouse.explain.operations.reduction import Kind, Reduction
from glasshouse.explain.reading import Call, Reader, Reading

SUM_OF_PRODUCTS = r"y_{\dots} = \sum_k \prod_i x^{(i)}_{\dots k \dots}"


def matmul(call: Call, input: torch.Tensor, other: torch.Tensor) -> Reading | None:
    """``x @ z`` for operands of any number of axes."""
    if not input.dim() or not other.dim():
        return None
    letters, output = matrix_product(input.dim(), other.dim())
    rule = Contraction(("x", "z"), letters, output)
    return Reading(rule, {"x": input, "z": other}, formula=r"y_{ij} = \sum_k x_{ik} z_{kj}")


def inner(call: Call, input: torch.Tensor, other: torch.Tensor) -> Reading | None:
    """Products along the last axes."""
    if not input.dim() or not other.dim():
        return None
    x = string.ascii_lowercase[: input.dim() - 1]
    z = string.ascii_lowercase[len(x) : len(x) + other.dim() - 1]
    rule = Contraction(("x", "z"), (x + "k", z + "k"), x + z)
    return Reading(rule, {"x": input, "z": other}, formula=r"y = \sum_k x_k z_k")


def outer(call: Call, input: torch.Tensor, vec2: torch.Tensor) -> Reading:
    """Every number of x times every number of z."""
    return Reading(
        Contraction(("x", "z"), ("i", "j"), "ij"),
        {"x": input, "z": vec2},
        formula="y_{ij} = x_i z_j",
    )


def einsum(call: Call, equation: Any, *operands: Any) -> Reading | None:
    """What the equation says, as long as it has no ellipsis."""
    if len(operands) == 1 and isinstance(operands[0], (list, tuple)):
        operands = tuple(operands[0])
    if not isinstance(equation, str) or "..." in equation:
        return None
    left, arrow, output = equation.replace(" ", "").partition("->")
    letters = tuple(left.split(","))
    if not arrow:
        output = "".join(sorted(each for each in set(left) - {","} if left.count(each) == 1))
    names = tuple(f"x{which}" for which in range(1, len(operands) + 1))
    rule = Contraction(names, letters, output)
    return Reading(rule, dict(zip(names, operands, strict=True)), formula=rf"\text{{{equation}}}")


def bilinear(
    call: Call,
    input1: torch.Tensor,
    input2: torch.Tensor,
    weight: torch.Tensor,
    bias: torch.Tensor | None = None,
) -> Reading | None:
    """``x1' W x2``, for each output its own matrix."""
    if bias is not None:
        return None
    lead = string.ascii_lowercase[: input1.dim() - 1]
    rule = Contraction(("x1", "weight", "x2"), (lead + "y", "xyz", lead + "z"), lead + "x")
    return Reading(rule, {"x1": input1, "weight": weight, "x2": input2}, formula="y_o = x_1^T W_o x_2")


def reducing(kind: Kind, formula: str) -> Reader:
    """The reader of a reduction.

    Args:
        kind: Which one.
        formula: LaTeX.
    """

    def reader(call: Call, input: torch.Tensor, *places: Any, **keywords: Any) -> Reading | None:
        settings = _settings(kind, places, keywords)
        if settings is None:
            return None
        axes, keep, order = settings
        every = axes is None or axes == ()
        chosen = range(input.dim()) if every else [axes] if isinstance(axes, int) else axes
        counted = tuple(sorted(axis % max(1, input.dim()) for axis in chosen))
        if not input.dim():
            counted = ()
        return Reading(Reduction(kind, counted, keep, order), {"x": input}, formula=formula)

    return reader


def _settings(kind: Kind, places: tuple[Any, ...], keywords: dict[str, Any]) -> Any:
    """Axes, whether they are kept, and the order or correction; ``None`` for what no rule covers."""
    given = dict(keywords)
    axes = given.pop("dim", given.pop("axis", None))
    keep = bool(given.pop("keepdim", given.pop("keepdims", False)))
    order = 1.0 if kind in ("variance", "deviation") else 2.0 if kind == "norm" else 0.0
    if given.pop("dtype", None) is not None:
        return None
    if kind in ("variance", "deviation"):
        if "unbiased" in given:
            order = float(bool(given.pop("unbiased")))
        correction = given.pop("correction", None)
        order = order if correction is None else float(correction)
        if places and isinstance(places[0], bool):
            order, places = float(places[0]), places[1:]
    if kind == "norm":
        p = given.pop("p", given.pop("ord", places[0] if places else 2))
        places = places[1:]
        if p not in (1, 2, "fro", None, 1.0, 2.0):
            return None
        order = 1.0 if p == 1 else 2.0
    if places:
        axes, places = places[0], places[1:]
    if places and isinstance(places[0], bool):
        if kind in ("variance", "deviation") and len(places) > 1:
            order, places = float(places[0]), places[1:]
        keep, places = bool(places[0]), places[1:]
    elif places and all(isinstance(each, int) for each in places):
        axes, places = (axes, *places), ()  # x.sum(0, 1)
    if given or places or isinstance(axes, torch.Tensor):
        return None
    return (tuple(axes) if isinstance(axes, list) else axes), keep, order


SUMMING: dict[str, Reader] = {
    "matmul": matmul,
    "rmatmul": lambda call, input, other: matmul(call, other, input),
    "inner": inner,
    "outer": outer,
    "einsum": einsum,
    "bilinear": bilinear,
    "sum": reducing("sum", r"y = \sum_i x_i"),
    "mean": reducing("mean", r"y = \frac{1}{n} \sum_i x_i"),
    "var": reducing("variance", r"y = \frac{1}{n - c} \sum_i (x_i - \bar x)^2"),
    "std": reducing("deviation", r"y = \sqrt{\frac{1}{n - c} \sum_i (x_i - \bar x)^2}"),
    "amax": reducing("max", r"y = \max_i x_i"),
    "amin": reducing("min", r"y = \min_i x_i"),
    "norm": reducing("norm", r"y = \lVert x \rVert"),
    "linalg_norm": reducing("norm", r"y = \lVert x \rVert"),
    "linalg_vector_norm": reducing("norm", r"y = \lVert x \rVert"),
    "logsumexp": reducing("log_sum_exp", r"y = \ln \sum_i e^{x_i}"),
    "prod": reducing("product", r"y = \prod_i x_i"),
}
"""The reader of each product and reduction, by its name."""
