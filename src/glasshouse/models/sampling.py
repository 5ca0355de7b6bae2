"""Sampling: writing a text token by token, with temperature, the k likeliest, or the likeliest share."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import nn

from glasshouse.core.checks import number, whole_number
from glasshouse.models.outputs import evaluating

FIRST = 2
"""The first number of a token that can be written: 0 is padding, 1 unknown."""


def probabilities(
    logits: torch.Tensor, temperature: float = 1.0, top_k: int | None = None, top_p: float = 1.0
) -> torch.Tensor:
    r"""From logits to the probabilities that are drawn from.

    .. math:: p_i \propto e^{z_i / T},\quad \text{for the } k \text{ likeliest, or the fewest that add up to }
        p

    Args:
        logits: Of all tokens, shape (V,).
        temperature: T: below 1 the likely become likelier, towards 0 only the likeliest is left; at 0 it is
            taken for certain.
        top_k: How many of the likeliest can be drawn; ``None``: all.
        top_p: The likeliest that together have this probability can be drawn, above 0 to 1 (nucleus).

    Source:
        Top-k: Fan, Lewis and Dauphin 2018, arXiv 1805.04833; top-p: Holtzman et al. 2020, The curious case of
        neural text degeneration, arXiv 1904.09751.

    Example:
        >>> z = torch.tensor([0.5, 0.3, 0.2]).log()
        >>> probabilities(z, top_k=2).round(decimals=3), probabilities(z, top_p=0.5).tolist()
        (tensor([0.6250, 0.3750, 0.0000]), [1.0, 0.0, 0.0])
        >>> probabilities(z, temperature=0.5).round(decimals=3)
        tensor([0.6580, 0.2370, 0.1050])
    """
    if temperature == 0:
        return nn.functional.one_hot(logits.argmax(), len(logits)).to(logits.dtype)
    shares = torch.softmax(logits / temperature, dim=0)
    if top_k is not None and top_k < len(shares):
        least = torch.topk(shares, top_k).values[-1]
        shares = torch.where(shares >= least, shares, 0.0)
        shares = shares / shares.sum()
    if top_p < 1:
        ranked, order = shares.sort(descending=True, stable=True)
        before = ranked.cumsum(0) - ranked
        kept = torch.zeros_like(shares, dtype=torch.bool)
        kept[order[before < top_p]] = True
        shares = torch.where(kept, shares, 0.0)
        shares = shares / shares.sum()
    return shares


def written(
    network: Any,
    prompt: Sequence[int],
    length: int,
    *,
    temperature: float = 1.0,
    top_k: int | None = None,
    top_p: float = 1.0,
    seed: int = 0,
) -> list[int]:
    """Write on from a prompt. Padding and the unknown token are never written.

    Args:
        network: A language model: it has ``read``.
        prompt: Token numbers, at least one.
        length: How many tokens to write, from 0.
        temperature: From 0.
        top_k: From 1, or ``None``.
        top_p: Above 0, at most 1.
        seed: Equal seeds write equal texts. The global random state is left as it is.

    Returns:
        The written tokens, without the prompt.

    Raises:
        SettingError: A setting lies outside its range.

    Example:
        >>> from glasshouse.models import language_model
        >>> network = language_model((5,), 9, tokens=9, units=4)
        >>> len(written(network, [2, 3], 6, temperature=0.5))
        6
    """
    whole_number("length", length, at_least=0)
    number("temperature", temperature, at_least=0)
    number("top_p", top_p, above=0, at_most=1)
    if top_k is not None:
        whole_number("top_k", top_k, at_least=1)
    generator = torch.Generator().manual_seed(seed)
    device = next(network.parameters()).device
    text = [int(each) for each in prompt]
    state: Any = None
    new = torch.tensor([text], device=device)
    with evaluating(network), torch.no_grad():
        for _ in range(length):
            logits, state = network.read(new, state)
            allowed = logits[0, -1].float().cpu()
            allowed[:FIRST] = float("-inf")
            drawn = torch.multinomial(
                probabilities(allowed, temperature, top_k, top_p), 1, generator=generator
            )
            text.append(int(drawn))
            # What carries no state must read its whole window again.
            shown = text[-1:] if state is not None else text[-network.context :]
            new = torch.tensor([shown], device=device)
    return text[len(prompt) :]
