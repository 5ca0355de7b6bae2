"""Penalties, clipping, and the optimizers' updates, each over a stretch of the flat buffer."""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from glasshouse.training.fused.codes import (
    ADADELTA,
    ADAGRAD,
    ADAM,
    BETA_1,
    BETA_2,
    CLIP_NORM,
    CLIP_VALUE,
    DECOUPLED,
    EPSILON,
    GROUP_DECAY,
    GROUP_PENALISED,
    GROUP_RATE,
    GROUP_START,
    GROUP_STOP,
    L1,
    L2,
    MOMENTUM,
    NADAM,
    NESTEROV,
    PRODUCT,
    RMSPROP,
    SGD,
)
from glasshouse.training.fused.native.options import INSIDE, PLAIN, SUMS, WRITTEN_IN
from glasshouse.training.fused.native.team import part_of

VECTORS = 256
"""Parts of the weights begin at multiples of so many numbers: several vectors, as loops are unrolled."""
CLIP_EPSILON = 1e-6
"""PyTorch adds it to the length of the gradient before dividing by it."""


@njit(**SUMS)
def finish(w, g, stretches, factors, settings):
    """Add the slope of the penalties to the gradient, then bound it by value, then by norm.

    Args:
        w, g: Weights and gradients, all of them.
        stretches, factors: The groups' tables.
        settings: The optimizer's, with the bounds and strengths.
    """
    of = w.dtype.type
    zero = of(0)
    if settings[L1] != 0 or settings[L2] != 0:
        l1, l2 = of(settings[L1]), of(settings[L2])
        for group in range(len(stretches)):
            if factors[group, GROUP_PENALISED] != 0:
                start, stop = stretches[group, GROUP_START], stretches[group, GROUP_STOP]
                own, into = w[start:stop], g[start:stop]
                for i in range(len(own)):
                    sign = of(1) if own[i] > zero else (of(-1) if own[i] < zero else zero)
                    into[i] += l1 * sign + l2 * own[i]
    if settings[CLIP_VALUE] != 0:
        limit = of(settings[CLIP_VALUE])
        for i in range(len(g)):
            low = -limit if g[i] < -limit else g[i]
            g[i] = limit if low > limit else low
    if settings[CLIP_NORM] != 0:
        square = 0.0
        for i in range(len(g)):
            square += np.float64(g[i]) * np.float64(g[i])
        share = settings[CLIP_NORM] / (math.sqrt(square) + CLIP_EPSILON)
        if not share >= 1:
            for i in range(len(g)):
                g[i] *= of(share)


@njit(**INSIDE)
def momenta(code, settings, t):
    """NAdam's momenta of a step, the next one's, and the product of all so far, which is kept."""
    mu = mu_next = 0.0
    if code == NADAM:
        decay = settings[NESTEROV]
        mu = settings[BETA_1] * (1 - 0.5 * 0.96 ** (t * decay))
        mu_next = settings[BETA_1] * (1 - 0.5 * 0.96 ** ((t + 1) * decay))
    return mu, mu_next


@njit(**INSIDE)
def keep_product(code, settings, t):
    """Multiply the product of NAdam's momenta by that of the step."""
    if code == NADAM:
        mu, _ = momenta(code, settings, t)
        # PyTorch keeps the product in single precision, whatever the weights are.
        settings[PRODUCT] = np.float64(np.float32(settings[PRODUCT]) * np.float32(mu))


@njit(**WRITTEN_IN)
def update(code, w, g, first, second, stretches, factors, settings, rate, t, team):
    """One update of all weights, of which each thread sees to a part. NAdam's product has been kept.

    Parts begin where whole vectors do: LLVM rounds what is left over behind them in another way.

    Args:
        code: Which optimizer.
        w, g: Weights and gradients.
        first, second: The optimizer's memories, or empty.
        stretches, factors: The groups' tables.
        settings: Shares, epsilon and the like; NAdam's product of momenta is kept there.
        rate: The learning rate of this step.
        t: Its number, from 1.
        team: Who takes the step.
    """
    mu, mu_next = momenta(code, settings, t)
    for group in range(len(stretches)):
        start, stop = stretches[group, GROUP_START], stretches[group, GROUP_STOP]
        begin, end = part_of(stop - start, VECTORS, team)
        start, stop = start + begin, start + end
        own, slope = w[start:stop], g[start:stop]
        m, s = first[start:stop], second[start:stop]
        eta, decay = rate * factors[group, GROUP_RATE], factors[group, GROUP_DECAY]
        if decay != 0:
            pull(own, slope, decay, eta, settings[DECOUPLED] != 0)
        if code == ADAM:
            adam(own, slope, m, s, eta, settings, t)
        elif code == NADAM:
            nadam(own, slope, m, s, eta, settings, t, mu, mu_next)
        else:
            others(code, own, slope, m, s, eta, settings)


@njit(**PLAIN)
def pull(w, g, decay, eta, decoupled):
    """Weight decay: into the gradient, or, decoupled, right into the weights."""
    of = w.dtype.type
    if decoupled:
        left = of(1 - eta * decay)
        for i in range(len(w)):
            w[i] *= left
    else:
        share = of(decay)
        for i in range(len(w)):
            g[i] += share * w[i]


@njit(**PLAIN)
def adam(w, g, m, s, eta, settings, t):
    """Adam and AdamW."""
    of = w.dtype.type
    beta_1, rest_1 = of(settings[BETA_1]), of(1 - settings[BETA_1])
    beta_2, rest_2 = of(settings[BETA_2]), of(1 - settings[BETA_2])
    step = of(eta / (1 - settings[BETA_1] ** t))
    root = of(1 / math.sqrt(1 - settings[BETA_2] ** t))
    epsilon = of(settings[EPSILON])
    for i in range(len(w)):
        m[i] = beta_1 * m[i] + rest_1 * g[i]
        s[i] = beta_2 * s[i] + rest_2 * g[i] * g[i]
        w[i] -= step * m[i] / (of(math.sqrt(s[i])) * root + epsilon)


@njit(**PLAIN)
def nadam(w, g, m, s, eta, settings, t, mu, mu_next):
    """Adam with Nesterov's look ahead."""
    of = w.dtype.type
    beta_1, rest_1 = of(settings[BETA_1]), of(1 - settings[BETA_1])
    beta_2, rest_2 = of(settings[BETA_2]), of(1 - settings[BETA_2])
    now = of(eta * (1 - mu) / (1 - settings[PRODUCT]))
    ahead = of(eta * mu_next / (1 - settings[PRODUCT] * mu_next))
    corrected, epsilon = of(1 / (1 - settings[BETA_2] ** t)), of(settings[EPSILON])
    for i in range(len(w)):
        m[i] = beta_1 * m[i] + rest_1 * g[i]
        s[i] = beta_2 * s[i] + rest_2 * g[i] * g[i]
        w[i] -= (now * g[i] + ahead * m[i]) / (of(math.sqrt(s[i] * corrected)) + epsilon)


@njit(**PLAIN)
def others(code, w, g, m, s, eta, settings):
    """Those whose step does not hang on its number."""
    of = w.dtype.type
    step, epsilon = of(eta), of(settings[EPSILON])
    share, rest = of(settings[BETA_1]), of(1 - settings[BETA_1])
    if code == SGD:
        for i in range(len(w)):
            w[i] -= step * g[i]
    elif code == MOMENTUM:
        ahead = settings[NESTEROV] != 0
        for i in range(len(w)):
            m[i] = share * m[i] + g[i]
            w[i] -= step * ((g[i] + share * m[i]) if ahead else m[i])
    elif code == RMSPROP:
        for i in range(len(w)):
            m[i] = share * m[i] + rest * g[i] * g[i]
            w[i] -= step * g[i] / (of(math.sqrt(m[i])) + epsilon)
    elif code == ADAGRAD:
        for i in range(len(w)):
            m[i] += g[i] * g[i]
            w[i] -= step * g[i] / (of(math.sqrt(m[i])) + epsilon)
    elif code == ADADELTA:
        for i in range(len(w)):
            m[i] = share * m[i] + rest * g[i] * g[i]
            move = of(math.sqrt(s[i] + epsilon)) / of(math.sqrt(m[i] + epsilon)) * g[i]
            s[i] = share * s[i] + rest * move * move
            w[i] -= step * move
