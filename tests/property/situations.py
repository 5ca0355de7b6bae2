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


def convolution(axes: int) -> Callable[[Draw, bool], Situation]:
    """Kernel, stride, padding, dilation and groups at random, and a map that they fit on."""

    def make(draw: Draw, extreme: bool) -> Situation:
        groups, kernel, dilation = draw(st.integers(1, 2)), draw(st.integers(1, 3)), draw(st.integers(1, 2))
        settings = {
            "in_channels": groups * draw(st.integers(1, 2)),
            "out_channels": groups * draw(st.integers(1, 2)),
            "kernel_size": kernel,
            "stride": draw(st.integers(1, 3)),
            "padding": draw(st.integers(0, 2)),
            "dilation": dilation,
            "groups": groups,
            "bias": draw(st.booleans()),
        }
        sizes = [draw(st.integers(dilation * (kernel - 1) + 1, 6)) for _ in range(axes)]
        return settings, {"x": numbers(draw, draw(batch), settings["in_channels"], *sizes, extreme=extreme)}

    return make


def transposed(axes: int) -> Callable[[Draw, bool], Situation]:
    def make(draw: Draw, extreme: bool) -> Situation:
        settings, inputs = convolution(axes)(draw, extreme)
        reach = settings["dilation"] * (settings["kernel_size"] - 1)
        return {**settings, "padding": draw(st.integers(0, min(2, reach // 2)))}, inputs

    return make


def conv1x1(draw: Draw, extreme: bool) -> Situation:
    channels = draw(few)
    x = numbers(draw, draw(batch), channels, draw(few), draw(few), extreme=extreme)
    return {"in_channels": channels, "out_channels": draw(few), "stride": draw(st.integers(1, 2))}, {"x": x}


def depthwise_separable(draw: Draw, extreme: bool) -> Situation:
    channels, axes = draw(few), draw(st.integers(1, 2))
    settings = {"in_channels": channels, "out_channels": draw(few), "padding": 1, "dimensions": axes}
    return settings, {"x": numbers(draw, draw(batch), channels, *[draw(few)] * axes, extreme=extreme)}


def pad(draw: Draw, extreme: bool) -> Situation:
    axes = draw(st.integers(1, 3))
    mode = draw(st.sampled_from(["zeros", "reflect", "replicate", "circular"]))
    sizes = [draw(st.integers(3, 5)) for _ in range(axes)]
    settings = {"padding": draw(st.integers(0, 2)), "padding_mode": mode, "dimensions": axes}
    return settings, {"x": numbers(draw, draw(st.integers(1, 2)), draw(few), *sizes, extreme=extreme)}


def upsample(draw: Draw, extreme: bool) -> Situation:
    settings = {
        "scale_factor": draw(st.integers(1, 3)),
        "mode": draw(st.sampled_from(["nearest", "bilinear"])),
    }
    x = numbers(draw, draw(st.integers(1, 2)), draw(few), draw(few), draw(few), extreme=extreme)
    return settings, {"x": x}


def pixel_shuffle(draw: Draw, extreme: bool) -> Situation:
    factor = draw(st.integers(1, 3))
    # PyTorch 2.13 fails in the backward pass of an empty batch.
    x = numbers(draw, draw(few), draw(few) * factor**2, draw(few), draw(few), extreme=extreme)
    return {"upscale_factor": factor}, {"x": x}


def embedding(draw: Draw, _extreme: bool) -> Situation:
    rows = draw(few)
    settings = {"num_embeddings": rows, "embedding_dim": draw(few)}
    return settings, {"x": whole(draw, rows, draw(batch), draw(few))}


def cell(*states: str) -> Callable[[Draw, bool], Situation]:
    def make(draw: Draw, extreme: bool) -> Situation:
        rows, sizes = draw(batch), {"input_size": draw(few), "hidden_size": draw(few)}
        inputs = {"x": numbers(draw, rows, sizes["input_size"], extreme=extreme)}
        inputs |= {name: numbers(draw, rows, sizes["hidden_size"]) for name in states}
        return {**sizes, "bias": draw(st.booleans())}, inputs

    return make


def over_time(draw: Draw, extreme: bool) -> Situation:
    settings = {
        "input_size": draw(few),
        "hidden_size": draw(few),
        "num_layers": draw(st.integers(1, 2)),
        "bidirectional": draw(st.booleans()),
        "batch_first": draw(st.booleans()),
    }
    shape = (draw(st.integers(1, 3)), draw(st.integers(1, 3)), settings["input_size"])
    return settings, {"x": numbers(draw, *shape, extreme=extreme)}


def attention(draw: Draw, extreme: bool) -> Situation:
    rows, queries, keys, width = draw(batch), draw(few), draw(few), draw(few)
    shapes = {"q": (rows, queries, width), "k": (rows, keys, width), "v": (rows, keys, draw(few))}
    # Scores of 1e36 are no attention; the numbers that are carried may be as they like.
    return {}, {
        name: numbers(draw, *shape, extreme=extreme and name == "v") for name, shape in shapes.items()
    }


def additive(draw: Draw, extreme: bool) -> Situation:
    _, inputs = attention(draw, extreme)
    width = inputs["q"].shape[-1]
    return {"query_size": width, "key_size": width, "hidden_size": draw(few)}, inputs


def multiplicative(draw: Draw, extreme: bool) -> Situation:
    _, inputs = attention(draw, extreme)
    width = inputs["q"].shape[-1]
    return {"query_size": width, "key_size": width}, inputs


def heads(draw: Draw, extreme: bool) -> Situation:
    count = draw(st.integers(1, 2))
    width = count * draw(st.integers(1, 2))
    shape = (draw(st.integers(1, 2)), draw(st.integers(1, 3)), width)
    settings = {"embed_dim": width, "num_heads": count, "batch_first": draw(st.booleans())}
    return settings, {name: numbers(draw, *shape) for name in ("query", "key", "value")}


def positions(draw: Draw, extreme: bool) -> Situation:
    width = 2 * draw(few)
    return {"num_features": width}, {"x": numbers(draw, draw(batch), draw(few), width, extreme=extreme)}


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


def taken_action(draw: Draw, extreme: bool) -> Situation:
    rows, actions = draw(st.integers(1, 4)), draw(few)
    pairs = torch.stack([whole(draw, actions, rows).double(), numbers(draw, rows)], dim=1)
    return {}, {"outputs": numbers(draw, rows, actions, extreme=extreme), "targets": pairs}


def compared(last: int) -> Callable[[Draw, bool], Situation]:
    def draw_comparisons(draw: Draw, extreme: bool) -> Situation:
        rows, comparisons = draw(st.integers(2, 4)), draw(few)
        pairs = whole(draw, rows, comparisons, 2)
        third = whole(draw, last or rows, comparisons, 1)
        outputs = numbers(draw, rows, draw(few), extreme=extreme)
        return {}, {"outputs": outputs, "targets": torch.cat([pairs, third], dim=1)}

    return draw_comparisons


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
    "temporal_difference": taken_action,
    "contrastive": compared(last=2),
    "triplet": compared(last=0),
}

LAYER_SITUATIONS = {
    "linear": linear,
    "conv1d": convolution(1),
    "conv2d": convolution(2),
    "conv3d": convolution(3),
    "conv1x1": conv1x1,
    "depthwise_separable": depthwise_separable,
    "conv_transpose1d": transposed(1),
    "conv_transpose2d": transposed(2),
    "pad": pad,
    "upsample": upsample,
    "pixel_shuffle": pixel_shuffle,
    "flatten": anything,
    "embedding": embedding,
    "min_pool": pool,
    "rnn_cell": cell("h"),
    "lstm_cell": cell("h", "c"),
    "gru_cell": cell("h"),
    "rnn": over_time,
    "lstm": over_time,
    "gru": over_time,
    "scaled_dot_product_attention": attention,
    "multihead_attention": heads,
    "additive_attention": additive,
    "multiplicative_attention": multiplicative,
    "positional_encoding": positions,
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


def weights(draw: Draw, extreme: bool) -> torch.Tensor:
    """Weights of any shape: a number, a vector, a matrix, a kernel; none at all."""
    return numbers(draw, *draw(st.lists(st.integers(0, 4), max_size=4)), extreme=extreme)


def penalty(draw: Draw, extreme: bool) -> Situation:
    return {"strength": draw(st.sampled_from([0.0, 1e-4, 3.0]))}, {"w": weights(draw, extreme)}


def bounded(draw: Draw, extreme: bool) -> Situation:
    return {"limit": draw(st.sampled_from([1e-6, 0.1, 2.0, 1e6]))}, {"x": weights(draw, extreme)}


def bounded_by_weights(draw: Draw, extreme: bool) -> Situation:
    settings, inputs = bounded(draw, extreme)
    return settings, {**inputs, "w": numbers(draw, *inputs["x"].shape, extreme=extreme)}


def smoothed(draw: Draw, extreme: bool) -> Situation:
    shape = (*draw(st.lists(few, max_size=2)), draw(few))
    return {"smoothing": draw(st.sampled_from([0.0, 0.1, 0.99]))}, {
        "x": numbers(draw, *shape, extreme=extreme)
    }


REGULARIZER_SITUATIONS = {
    "l1": penalty,
    "l2": penalty,
    "elastic_net": penalty,
    "max_norm": bounded,
    "weight_decay": anything,
    "label_smoothing": smoothed,
}
CLIPPING_SITUATIONS = {
    "clip_by_norm": bounded,
    "clip_by_value": bounded,
    "adaptive_clipping": bounded_by_weights,
}
