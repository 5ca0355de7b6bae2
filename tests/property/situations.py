"""Settings and inputs at random for every layer and loss: shapes, a batch of one, an empty batch."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from hypothesis import strategies as st

Draw = Callable[[st.SearchStrategy[Any]], Any]
Situation = tuple[dict[str, Any], dict[str, torch.Tensor]]

few = st.integers(1, 4)
batch = st.sampled_from([0, 1, 1, 2, 3])
EXTREMES = (0.0, -0.0, 1e-30, -1e-30, 1.0, -1.0, 88.0, -88.0, 1e4, -1e4, 1e18, -1e18)
"""Numbers at which a formula that is written carelessly overflows, underflows or divides by zero."""


def numbers(draw: Draw, *shape: int, extreme: bool = False) -> torch.Tensor:
    """Normal numbers, or numbers from :data:`EXTREMES`."""
    generator = torch.Generator().manual_seed(draw(st.integers(0, 2**16)))
    if extreme:
        picks = torch.randint(len(EXTREMES), shape, generator=generator)
        return torch.tensor(EXTREMES, dtype=torch.float64)[picks]
    return torch.randn(shape, generator=generator, dtype=torch.float64)


def whole(draw: Draw, below: int, *shape: int) -> torch.Tensor:
    """Whole numbers from 0 to below a bound."""
    generator = torch.Generator().manual_seed(draw(st.integers(0, 2**16)))
    return torch.randint(below, shape, generator=generator)


def anything(draw: Draw, extreme: bool) -> Situation:
    shape = (draw(batch), *draw(st.lists(few, min_size=1, max_size=3)))
    return {}, {"x": numbers(draw, *shape, extreme=extreme)}


def maxout(draw: Draw, extreme: bool) -> Situation:
    pieces = draw(few)
    x = numbers(draw, draw(batch), pieces * draw(few), *draw(st.lists(few, max_size=2)), extreme=extreme)
    return {"pieces": pieces}, {"x": x}


def linear(draw: Draw, extreme: bool) -> Situation:
    settings = {"in_features": draw(few), "out_features": draw(few), "bias": draw(st.booleans())}
    leading = (draw(batch), *draw(st.lists(few, max_size=2)))
    return settings, {"x": numbers(draw, *leading, settings["in_features"], extreme=extreme)}


def pool(draw: Draw, extreme: bool) -> Situation:
    axes, kernel = draw(st.integers(1, 3)), draw(st.integers(1, 3))
    settings = {
        "kernel_size": kernel,
        "stride": draw(st.integers(1, 3)),
        "padding": draw(st.integers(0, kernel // 2)),
        "dimensions": axes,
    }
    sizes = [draw(st.integers(kernel, 5)) for _ in range(axes)]
    return settings, {"x": numbers(draw, draw(batch), draw(few), *sizes, extreme=extreme)}


def whole_pool(draw: Draw, extreme: bool) -> Situation:
    axes = draw(st.integers(1, 3))
    sizes = [draw(few) for _ in range(axes)]
    return {"dimensions": axes}, {"x": numbers(draw, draw(batch), draw(few), *sizes, extreme=extreme)}


def adaptive_pool(draw: Draw, extreme: bool) -> Situation:
    settings, inputs = whole_pool(draw, extreme)
    return {**settings, "output_size": draw(few)}, inputs


def batch_norm(draw: Draw, extreme: bool) -> Situation:
    channels = draw(few)
    shape = (draw(st.integers(2, 4)), channels, draw(few))
    return {"num_features": channels}, {"x": numbers(draw, *shape, extreme=extreme)}


def group_norm(draw: Draw, extreme: bool) -> Situation:
    groups, each = draw(few), draw(st.integers(2, 3))  # PyTorch refuses to normalize a single number
    shape = (draw(batch), groups * each, *draw(st.lists(few, max_size=2)))
    settings = {"num_groups": groups, "num_channels": groups * each}
    return settings, {"x": numbers(draw, *shape, extreme=extreme)}


def last_axes_norm(draw: Draw, extreme: bool) -> Situation:
    sizes = draw(st.lists(few, min_size=1, max_size=2))
    return {"normalized_shape": sizes}, {"x": numbers(draw, draw(batch), *sizes, extreme=extreme)}


def by_class(draw: Draw, extreme: bool) -> Situation:
    rows, classes = draw(st.integers(1, 4)), draw(st.integers(2, 4))
    outputs = numbers(draw, rows, classes, extreme=extreme)
    return {}, {"outputs": outputs, "targets": whole(draw, classes, rows)}


def by_share(draw: Draw, extreme: bool) -> Situation:
    _, given = by_class(draw, extreme)
    rows, classes = given["outputs"].shape
    return {}, {"outputs": given["outputs"], "targets": torch.softmax(numbers(draw, rows, classes), 1)}


def of_two(draw: Draw, extreme: bool) -> Situation:
    rows = draw(st.integers(1, 4))
    return {}, {"outputs": numbers(draw, rows, 1, extreme=extreme), "targets": whole(draw, 2, rows)}


def by_value(draw: Draw, extreme: bool) -> Situation:
    shape = (draw(st.integers(1, 4)), draw(few))
    return {}, {"outputs": numbers(draw, *shape, extreme=extreme), "targets": numbers(draw, *shape)}


LOSS_SITUATIONS = {
    "cross_entropy": by_class,
    "focal": by_class,
    "hinge": by_class,
    "perceptron_criterion": by_class,
    "kl_divergence": by_share,
    "binary_cross_entropy": of_two,
    "mse": by_value,
    "quadratic": by_value,
    "mae": by_value,
    "mape": by_value,
    "huber": by_value,
}

LAYER_SITUATIONS = {
    "linear": linear,
    "max_pool": pool,
    "average_pool": pool,
    "sum_pool": pool,
    "l2_pool": pool,
    "adaptive_average_pool": adaptive_pool,
    "adaptive_max_pool": adaptive_pool,
    "global_average_pool": whole_pool,
    "global_max_pool": whole_pool,
    "batch_norm": batch_norm,
    "layer_norm": last_axes_norm,
    "group_norm": group_norm,
    "rms_norm": last_axes_norm,
}
