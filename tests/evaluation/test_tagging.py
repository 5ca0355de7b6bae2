"""Tags are judged at every step, and against what counting knows of them."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn

from glasshouse.core.errors import DataError, ModelError
from glasshouse.data import assemble, divide, fit_preparation, load, preparation_from_dict
from glasshouse.data.parts import Part
from glasshouse.data.settings import DataSettings
from glasshouse.evaluation.tagging import counted
from glasshouse.models import recurrent
from glasshouse.objectives.tagging import Tagging, told_by_row


def prepared(settings, frame=None):
    raw = load(settings, frame)
    split = divide(raw, settings.split, 0)
    preparation = fit_preparation(raw, split.train, settings)
    return raw, preparation, assemble(raw, split, preparation, "tagging")


@pytest.mark.parametrize("wait", [5, 30])
def test_without_a_memory_the_copy_problem_leaves_ten_times_ln_8(wait):
    settings = DataSettings(source="copy-memory", task="tagging", window=wait)
    _, _, data = prepared(settings)
    token, place = (each["metrics"]["nats"] for each in counted(data, data.test))
    assert place == pytest.approx(10 * math.log(8) / (wait + 20), rel=0.01)
    assert token > place


def test_the_symbols_of_the_copy_problem_come_back_at_its_end():
    raw = load(DataSettings(source="copy-memory", task="tagging", window=7))
    shown, wanted = raw.frame["shown"][3], raw.frame["wanted"][3]
    assert len(shown) == len(wanted) == 7 + 20
    assert wanted == "-" * 17 + shown[:10]
    assert shown[10:] == "-" * 6 + ">" + "-" * 10


def test_the_loss_counts_no_padding_and_cut_batches_lose_nothing():
    torch.manual_seed(0)
    net = recurrent((4,), 5, tokens=6, units=3, wiring="many_to_many", dropout=0.0)
    inputs, targets = torch.tensor([[3, 4, 0, 0], [5, 0, 0, 0]]), torch.tensor([[4, 2, 0, 0], [3, 0, 0, 0]])
    logits = net(inputs)
    losses = F.cross_entropy(logits.mT, targets, reduction="none")
    expected = float(losses[targets != 0].mean().detach())
    part = Part(inputs, targets, np.arange(2))
    assert Tagging().judge(net, part).loss == pytest.approx(expected, rel=1e-5)
    assert float(Tagging()(net, inputs[:, :2], targets).loss.detach()) == pytest.approx(expected, rel=1e-5)
    assert Tagging().weight(targets) == 3.0
    by_row, right = told_by_row(net, part)
    assert float(by_row.sum()) / 3 == pytest.approx(expected, rel=1e-5)
    assert right.tolist() == [
        float(((logits.argmax(2) == targets) & (targets != 0))[row].sum()) for row in (0, 1)
    ]


def test_a_network_with_one_answer_is_refused():
    with pytest.raises(ModelError, match="gives one answer for a whole sequence"):
        Tagging().refuse(nn.Linear(2, 2))


FRAME = {"words": ["The cat sits", "A dog", "cats sit"] * 5, "tags": ["DT NN VB-Z", "DT NN", "NN VB-Z"] * 5}


def test_users_sequences_are_cut_at_spaces_and_keep_their_tags_as_they_are():
    settings = DataSettings(source="memory", task="tagging", target="tags")
    raw, preparation, data = prepared(settings, FRAME)
    assert data.train.inputs.shape[1] == 3
    assert set(preparation.wanted.known) == {"DT", "NN", "VB-Z"}
    again = preparation_from_dict(preparation.to_dict())
    assert again.text(again.translations(raw)[0].tolist()) == "DT NN VB-Z"
    scores = np.zeros((1, 3, len(again.wanted)), np.float32)
    scores[0, :, 1] = 9.0  # unknown is never said
    scores[0, 0, again.wanted.tokens.index("NN")] = 1.0
    scores[0, 1, again.wanted.tokens.index("DT")] = 1.0
    assert again.told(again.transform(raw)[1:2], scores).tolist() == ["NN DT"]


def test_a_row_with_more_tags_than_steps_is_named():
    settings = DataSettings(source="memory", task="tagging", target="tags")
    with pytest.raises(DataError, match="the frame, row 1: 2 steps in 'words', 1 tags in 'tags'"):
        load(settings.replace(source="the frame"), {"words": ["a b", "c d"], "tags": ["X Y", "X"]})
