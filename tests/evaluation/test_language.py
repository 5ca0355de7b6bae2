"""Language models are judged piece by piece, and against counted runs of characters."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from glasshouse.data.parts import Part
from glasshouse.evaluation.ngrams import NGrams
from glasshouse.models import language_model
from glasshouse.objectives.language import Language, surprise_by_piece

TEXT = np.random.default_rng(0).integers(2, 6, 400)


def literal(text, tokens, history, token):
    """Witten and Bell's mixture, written out by counting."""
    if history is None:
        return 1 / tokens
    places = [at for at in range(len(history), len(text)) if list(text[at - len(history) : at]) == history]
    followers = [int(text[at]) for at in places]
    shorter = literal(text, tokens, history[1:] if history else None, token)
    if not followers:
        return shorter
    kinds = len(set(followers))
    return (followers.count(token) + kinds * shorter) / (len(followers) + kinds)


@pytest.mark.parametrize("order", [1, 2, 3])
def test_counted_runs_are_those_of_the_formula(order):
    counted = NGrams(TEXT, 7, order)
    judged = np.array([2, 3, 6, 5, 5, 4])  # 6 was never seen
    found = counted.probabilities(judged[order - 1 :], judged[: order - 1].tolist())
    for at, probability in zip(range(order - 1, 6), found, strict=True):
        history = judged[at - order + 1 : at].tolist()
        assert probability == pytest.approx(literal(TEXT, 7, history, int(judged[at])), rel=1e-12)


def test_counted_runs_add_up_to_one():
    counted = NGrams(TEXT, 7, 3)
    total = sum(counted.probabilities(np.array([token]), [3, 4])[0] for token in range(7))
    assert total == pytest.approx(1.0, rel=1e-12)


def piece_part(pieces, window, seed=0):
    text = torch.randint(2, 6, (pieces * window,), generator=torch.Generator().manual_seed(seed))
    later = torch.cat([text[1:], torch.zeros(1, dtype=torch.long)])
    return Part(text.reshape(pieces, window), later.reshape(pieces, window), np.arange(pieces))


def test_pieces_are_judged_in_their_order_with_the_state_carried_along():
    torch.manual_seed(0)
    net = language_model((5,), 6, tokens=6, units=4).eval()
    part = piece_part(131, 5)  # two streams of 65 pieces, and one left over
    found = surprise_by_piece(net, part)
    for stream in (0, 1):
        rows = slice(65 * stream, 65 * stream + 65)
        logits = net.read(part.inputs[rows].reshape(1, -1))[0]
        losses = F.cross_entropy(logits[0], part.targets[rows].flatten(), reduction="none", ignore_index=0)
        expected = losses.reshape(65, 5).sum(dim=1).double()
        torch.testing.assert_close(found[rows], expected, atol=1e-5, rtol=1e-5)
    alone = net.read(part.inputs[130:])[0][0]
    last = F.cross_entropy(alone, part.targets[130], reduction="sum", ignore_index=0).double()
    torch.testing.assert_close(found[130], last, atol=1e-5, rtol=1e-5)


def test_the_loss_of_a_part_is_the_mean_of_its_steps_in_nats_and_bits():
    net = language_model((5,), 6, tokens=6, units=4)
    part = piece_part(40, 5)
    told = Language().judge(net, part)
    assert told.loss == pytest.approx(float(surprise_by_piece(net, part).sum()) / 199)
    assert told.parts["bits"] == pytest.approx(told.loss / math.log(2))
