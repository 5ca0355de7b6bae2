"""Searching for an output sequence: greedily, or with a beam of the likeliest beginnings."""

from __future__ import annotations

from typing import Any

import torch

from glasshouse.core.checks import number, whole_number
from glasshouse.models.outputs import evaluating

PAD, BEGIN, END = 0, 2, 3
"""Numbers of the padding, and of what stands in front of an output and behind it."""
NEVER = (0, 1, 2)
"""Tokens that are never written: padding, unknown, beginning."""


def greedy(network: Any, source: torch.Tensor, steps: int) -> tuple[torch.Tensor, torch.Tensor | None]:
    """Always the likeliest next token.

    Args:
        network: A network that writes: it has ``begin`` and ``advance``.
        source: Tokens (N, S), padded with 0 behind; or anything else to write about, (N, ...).
        steps: Most tokens to write.

    Returns:
        Tokens (N, steps), padded with 0 behind the end; and where each step looked, (N, steps, S), or
        ``None`` for a network without attention.
    """
    state = network.begin(source)
    tokens = torch.full((len(source),), BEGIN, device=source.device)
    done = torch.zeros(len(source), dtype=torch.bool, device=source.device)
    said, looked = [], []
    for _ in range(steps):
        logits, state, weights = network.advance(tokens, state)
        tokens = _allowed(logits).argmax(dim=1)
        tokens = torch.where(done, PAD, tokens)
        said.append(tokens)
        looked.append(weights)
        done = done | (tokens == END)
    maps = None if looked[0] is None else torch.stack(looked, dim=1)
    return torch.stack(said, dim=1), maps


def beam(
    network: Any, source: torch.Tensor, steps: int, width: int = 4, length_penalty: float = 1.0
) -> list[list[int]]:
    r"""The likeliest of many outputs: at every step the best beginnings are kept.

    .. math:: \text{score}(y) = \frac{\ln p(y \mid x)}{\lvert y \rvert^{\alpha}}

    Args:
        network: A network that writes.
        source: Tokens (N, S), padded with 0 behind; or anything else to write about, (N, ...).
        steps: Most tokens to write.
        width: Beginnings that are kept, from 1; 1 is greedy.
        length_penalty: Alpha: 0 prefers short outputs, 1 the mean probability per token.

    Returns:
        The best output for each row, with its end where it has one.

    Raises:
        SettingError: A setting lies outside its range.

    Source:
        Sutskever, Vinyals and Le 2014, arXiv 1409.3215; length penalty in the manner of Wu et al. 2016, arXiv
        1609.08144.
    """
    whole_number("width", width, at_least=1)
    number("length_penalty", length_penalty, at_least=0)
    with evaluating(network), torch.no_grad():
        return [_of_one(network, row, steps, width, length_penalty) for row in torch.split(source, 1)]


def _of_one(network: Any, source: torch.Tensor, steps: int, width: int, penalty: float) -> list[int]:
    state = network.begin(source)
    tokens = torch.full((1,), BEGIN, device=source.device)
    scores = torch.zeros(1, device=source.device)
    texts: list[list[int]] = [[]]
    ended: list[tuple[float, list[int]]] = []
    for step in range(1, steps + 1):
        logits, state, _ = network.advance(tokens, state)
        chances = scores.unsqueeze(1) + torch.log_softmax(_allowed(logits), dim=1)
        places = width - len(ended)  # an output that has ended keeps its place in the beam
        best = chances.flatten().topk(min(places, chances.numel()))
        kept: list[tuple[float, int, int]] = []
        for score, place in zip(best.values.tolist(), best.indices.tolist(), strict=True):
            row, token = divmod(place, logits.shape[1])
            if token == END:
                ended.append((score / step**penalty, [*texts[row], END]))
            elif score > float("-inf"):
                kept.append((score, row, token))
        if not kept:
            break
        rows = torch.tensor([row for _, row, _ in kept], device=source.device)
        state = tuple(each.index_select(0, rows) for each in state)
        tokens = torch.tensor([token for _, _, token in kept], device=source.device)
        scores = torch.tensor([score for score, _, _ in kept], device=source.device)
        texts = [[*texts[row], token] for _, row, token in kept]
    if not ended:
        best_score = int(scores.argmax())
        return texts[best_score]
    return max(ended, key=lambda each: each[0])[1]


def _allowed(logits: torch.Tensor) -> torch.Tensor:
    """Logits without the tokens that are never written."""
    barred = torch.zeros(logits.shape[1], dtype=torch.bool, device=logits.device)
    barred[list(NEVER)] = True
    return logits.masked_fill(barred, float("-inf"))
