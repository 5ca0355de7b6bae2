"""The captioner: teacher forcing against steps, the search against enumeration, pictures and rows."""

from __future__ import annotations

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from glasshouse.core.errors import ModelError, SettingError
from glasshouse.data.parts import Part
from glasshouse.models import build_model, captioner
from glasshouse.models.search import BEGIN, END, beam, greedy
from glasshouse.objectives.translation import Translation

from .test_translation import scores_of_all

TARGETS = torch.tensor([[4, 5, END], [6, END, 0]])


def made(cell="lstm", inputs=(3, 8, 8), **settings):
    torch.manual_seed(1)
    sizes = {"units": 6, "embedding": 5, "widths": (4, 4), "hidden": (6,)}
    return captioner(inputs, 7, steps=3, cell=cell, **sizes, **settings).eval()


def rows(inputs=(3, 8, 8), count=2):
    return torch.randn((count, *inputs), generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize("inputs", [(3, 8, 8), (4,)])
@pytest.mark.parametrize("cell", ["lstm", "gru"])
@pytest.mark.parametrize("shown", ["always", "once"])
def test_teacher_forcing_is_step_by_step_with_the_true_words(shown, cell, inputs):
    net, source = made(cell, inputs, shown=shown), rows(inputs)
    logits = net.forced(source, TARGETS)
    state, tokens = net.begin(source), torch.full((2,), BEGIN)
    for step in range(3):
        alone, state, _ = net.advance(tokens, state)
        torch.testing.assert_close(logits[:, step], alone, atol=1e-5, rtol=1e-5)
        tokens = TARGETS[:, step]


def test_shown_always_the_code_stands_behind_every_word():
    net, source = made("gru"), rows()
    cell = torch.nn.GRUCell(10, 6)
    names = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
    cell.load_state_dict({name: getattr(net.recurrent, f"{name}_l0") for name in names})
    code, h = net.encoder(source), torch.zeros(2, 6)
    logits = net.forced(source, TARGETS)
    for step, words in enumerate(([BEGIN, BEGIN], [4, 6], [5, END])):
        h = cell(torch.cat([net.embedding(torch.tensor(words)), code], dim=1), h)
        torch.testing.assert_close(logits[:, step], net.output(h))


def test_shown_once_the_code_is_the_first_thing_that_is_read():
    net, source = made("lstm", shown="once"), rows()
    state = net.begin(source)
    cell = torch.nn.LSTMCell(5, 6)
    names = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
    cell.load_state_dict({name: getattr(net.recurrent, f"{name}_l0") for name in names})
    h, c = cell(net.encoder(source))
    torch.testing.assert_close(state[0][:, 0], h)
    torch.testing.assert_close(state[1][:, 0], c)


@pytest.mark.parametrize("shown", ["always", "once"])
def test_a_wide_beam_finds_the_best_of_all_captions(shown):
    net, source = made(shown=shown), rows(count=1)
    with torch.no_grad():
        found = scores_of_all(net, source, 3)
    best = max(found, key=lambda text: found[text] / len(text))
    assert beam(net, source, 3, width=30) == [list(best)]
    greedily = greedy(net, source, 3)[0][0].tolist()
    assert beam(net, source, 3, width=1) == [
        greedily[: greedily.index(END) + 1] if END in greedily else greedily
    ]


def test_without_teacher_forcing_it_is_fed_with_its_own_words():
    net, source = made("gru"), rows()
    own = net.forced(source, TARGETS, own=1.0)
    state, tokens = net.begin(source), torch.full((2,), BEGIN)
    for step in range(3):
        logits, state, _ = net.advance(tokens, state)
        torch.testing.assert_close(own[:, step], logits)
        tokens = logits.argmax(dim=1)


def test_the_loss_counts_no_padding():
    net, source = made(), rows()
    objective = Translation(1.0, "captioning")
    logits = net.forced(source, TARGETS)
    expected = float(F.cross_entropy(logits.mT, TARGETS, reduction="none")[TARGETS != 0].mean().detach())
    assert objective.judge(net, Part(source, TARGETS, np.arange(2))).loss == pytest.approx(expected, rel=1e-5)
    assert float(objective(net, source, TARGETS).loss.detach()) == pytest.approx(expected, rel=1e-5)
    assert objective.meaning == "captioning"


def test_parameters_of_a_captioner_of_rows_by_hand():
    net = build_model(
        {"name": "captioner", "hidden": [8], "embedding": 5, "units": 6, "cell": "gru"}, (4,), 7, seed=0
    )
    encoder, table, layer, output = (4 + 1) * 8 + (8 + 1) * 5, 7 * 5, 3 * 6 * (5 + 5 + 6 + 2), (6 + 1) * 7
    assert sum(each.numel() for each in net.parameters()) == encoder + table + layer + output


def test_what_does_not_fit_is_refused():
    with pytest.raises(ModelError, match="2 stages for pictures of 2 x 8 pixels"):
        made(inputs=(3, 2, 8))
    with pytest.raises(ModelError, match="rows of shape"):
        made(inputs=(3, 8))
    with pytest.raises(SettingError, match="cell"):
        made("rnn")
    with pytest.raises(ModelError, match="set model.name to 'captioner'"):
        Translation(1.0, "captioning").refuse(torch.nn.Linear(2, 2))
