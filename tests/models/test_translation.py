"""Sequence to sequence: the search against enumeration, teacher forcing against steps, BLEU by hand."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from glasshouse.data.parts import Part
from glasshouse.evaluation.bleu import bleu
from glasshouse.evaluation.written_texts import words_of
from glasshouse.models import seq2seq, transformer_seq2seq
from glasshouse.models.search import BEGIN, END, beam, greedy
from glasshouse.objectives.translation import Translation

SOURCE = torch.tensor([[3, 4, 5, 0], [6, 2, 0, 0]])
KINDS = ("additive", "multiplicative", "none", "transformer")


def made(kind, outputs=7, steps=3):
    torch.manual_seed(3)
    if kind == "transformer":
        return transformer_seq2seq((4,), outputs, tokens=8, steps=steps, width=8, heads=2).eval()
    return seq2seq((4,), outputs, tokens=8, steps=steps, attention=kind, units=6).eval()


@pytest.mark.parametrize("kind", KINDS)
def test_teacher_forcing_is_step_by_step_with_the_true_tokens(kind):
    net, targets = made(kind), torch.tensor([[4, 5, END], [6, END, 0]])
    logits = net.forced(SOURCE, targets)
    state, tokens = net.begin(SOURCE), torch.full((2,), BEGIN)
    for step in range(3):
        alone, state, _ = net.advance(tokens, state)
        torch.testing.assert_close(logits[:, step], alone, atol=1e-5, rtol=1e-5)
        tokens = targets[:, step]


@pytest.mark.parametrize("kind", KINDS)
def test_padding_of_the_source_changes_nothing(kind):
    net, targets = made(kind), torch.tensor([[6, END, 0]])
    wide = net.forced(SOURCE[1:], targets)
    torch.testing.assert_close(wide, net.forced(SOURCE[1:, :2], targets), atol=1e-6, rtol=1e-5)


@pytest.mark.parametrize("kind", ["additive", "multiplicative", "transformer"])
def test_where_it_looks_adds_up_to_one_and_is_no_padding(kind):
    weights = greedy(made(kind), SOURCE, 3)[1]
    torch.testing.assert_close(weights.sum(dim=2), torch.ones(2, 3))
    assert float(weights[1, :, 2:].abs().max()) < 1e-6


def scores_of_all(net, source, steps):
    """Every output of up to some steps with its end, by enumeration."""
    found = {}
    words = [token for token in range(7) if token > END]
    for length in range(steps):
        for beginning in itertools.product(words, repeat=length):
            text = [*beginning, END]
            state, token, score = net.begin(source), torch.tensor([BEGIN]), 0.0
            for each in text:
                logits, state, _ = net.advance(token, state)
                logits[:, :3] = float("-inf")
                score += float(F.log_softmax(logits, dim=1)[0, each])
                token = torch.tensor([each])
            found[tuple(text)] = score
    return found


@pytest.mark.parametrize("penalty", [0.0, 1.0])
@pytest.mark.parametrize("kind", KINDS)
def test_a_wide_beam_finds_the_best_of_all_outputs(kind, penalty):
    net = made(kind)
    with torch.no_grad():
        found = scores_of_all(net, SOURCE[:1], 3)
    best = max(found, key=lambda text: found[text] / len(text) ** penalty)
    assert beam(net, SOURCE[:1], 3, width=30, length_penalty=penalty) == [list(best)]


@pytest.mark.parametrize("kind", KINDS)
def test_a_beam_of_one_is_greedy(kind):
    net = made(kind, steps=5)
    rows = greedy(net, SOURCE, 5)[0].tolist()
    greedily = [row[: row.index(END) + 1] if END in row else row for row in rows]
    assert beam(net, SOURCE, 5, width=1) == greedily


def test_the_loss_counts_no_padding():
    net, targets = made("additive"), torch.tensor([[4, 5, END], [6, END, 0]])
    told = Translation().judge(net, Part(SOURCE, targets, np.arange(2)))
    logits = net.forced(SOURCE, targets)
    losses = F.cross_entropy(logits.mT, targets, reduction="none")
    expected = float(losses[targets != 0].mean())
    assert told.loss == pytest.approx(expected, rel=1e-5)
    assert float(Translation()(net, SOURCE, targets).loss) == pytest.approx(expected, rel=1e-5)


def test_without_teacher_forcing_the_network_is_fed_with_its_own_words():
    net, targets = made("additive"), torch.tensor([[4, 5, END], [6, END, 0]])
    own = net.forced(SOURCE, targets, own=1.0)
    state, tokens = net.begin(SOURCE), torch.full((2,), BEGIN)
    for step in range(3):
        logits, state, _ = net.advance(tokens, state)
        torch.testing.assert_close(own[:, step], logits)
        tokens = logits.argmax(dim=1)


def test_bleu_by_hand():
    # Shared are 5 of 6 words, 3 of 5 pairs ("the cat", "on the", "the mat"), 1 of 4 threes, no four.
    said = ["the", "cat", "sits", "on", "the", "mat"]
    right = ["the", "cat", "sat", "on", "the", "mat"]
    assert bleu([said], [[right]], order=1) == pytest.approx(5 / 6)
    assert bleu([said], [[right]], order=2) == pytest.approx(math.sqrt(5 / 6 * 3 / 5))
    assert bleu([said], [[right]], order=3) == pytest.approx((5 / 6 * 3 / 5 * 1 / 4) ** (1 / 3))
    assert bleu([said], [[right]]) == 0.0
    assert bleu([right], [[right]]) == 1.0


def test_bleu_clips_repeated_words_and_punishes_brevity():
    # Papineni et al.: "the" seven times; no reference has it more than twice
    many = ["the"] * 7
    rights = [["the", "cat", "is", "on", "the", "mat"], ["there", "is", "a", "cat", "on", "the", "mat"]]
    assert bleu([many], [rights], order=1) == pytest.approx(2 / 7)
    short = ["the", "cat"]
    assert bleu([short], [[rights[0]]], order=1) == pytest.approx(math.exp(1 - 6 / 2))


def test_bleu_is_that_of_the_corpus_and_not_a_mean_of_sentences():
    said = [["a", "b"], ["c", "d", "e", "f"]]
    rights = [[["a", "x"]], [["c", "d", "e", "f"]]]
    assert bleu(said, rights, order=1) == pytest.approx(5 / 6)


def test_words_end_at_the_end():
    assert words_of([5, 6, END, 7, 0]) == [5, 6]
    assert words_of([5, 6]) == [5, 6]
