"""What is compared with what, how near ones are chosen, and what comes of losses that compare."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from glasshouse.core.errors import DataError, SettingError
from glasshouse.data.parts import Part, Prepared
from glasshouse.losses import Contrastive, Triplet
from glasshouse.models import build_model
from glasshouse.objectives import ObjectiveSettings, Verification, build_objective
from glasshouse.objectives.verification import drawn_triplets, judged_triplets
from glasshouse.training.class_batches import ClassBatches


def embeddings(rows=12, width=3, seed=0):
    return torch.randn(rows, width, generator=torch.Generator().manual_seed(seed))


CLASSES = torch.tensor([0, 0, 0, 1, 1, 2, 2, 2, 2, 3, 1, 0])


def prepared(targets, task="verification"):
    part = Part(torch.zeros(len(targets), 2), targets, np.arange(len(targets)))
    return Prepared(part, None, None, task, (2,), 4, tuple("abcd"), "letter")


@pytest.mark.parametrize("negatives", ["random", "semi_hard", "hard"])
def test_every_pair_of_one_class_is_set_against_a_row_of_another(negatives):
    found = drawn_triplets(embeddings(), CLASSES, negatives)
    pairs = {(i, j) for i in range(12) for j in range(12) if i != j and CLASSES[i] == CLASSES[j]}
    assert {tuple(each) for each in found[:, :2].tolist()} == pairs
    assert not (CLASSES[found[:, 0]] == CLASSES[found[:, 2]]).any()


def test_hard_negatives_are_the_nearest_rows_of_other_classes():
    e = embeddings()
    for anchor, _, negative in drawn_triplets(e, CLASSES, "hard").tolist():
        apart = [
            float((e[anchor] - e[row]).norm()) if CLASSES[row] != CLASSES[anchor] else np.inf
            for row in range(12)
        ]
        assert negative == int(np.argmin(apart))


def test_semi_hard_negatives_are_the_nearest_beyond_the_pair_or_else_the_farthest():
    e = embeddings(seed=3)
    beyond = 0
    for anchor, positive, negative in drawn_triplets(e, CLASSES, "semi_hard").tolist():
        apart = {
            row: float((e[anchor] - e[row]).norm()) for row in range(12) if CLASSES[row] != CLASSES[anchor]
        }
        own = float((e[anchor] - e[positive]).norm())
        farther = {row: each for row, each in apart.items() if each > own}
        beyond += bool(farther)
        due = min(farther, key=farther.get) if farther else max(apart, key=apart.get)
        assert negative == due
    assert 0 < beyond < len(drawn_triplets(e, CLASSES, "semi_hard"))


def test_pairs_that_judge_are_the_same_ones_every_time_and_leave_chance_alone():
    before = torch.random.get_rng_state()
    one, other = judged_triplets(CLASSES), judged_triplets(CLASSES)
    assert torch.equal(one, other)
    assert torch.equal(before, torch.random.get_rng_state())
    anchor, positive, negative = one.T
    assert (CLASSES[anchor] == CLASSES[positive]).all()
    assert (anchor != positive).all()
    assert (CLASSES[anchor] != CLASSES[negative]).all()
    assert 9 not in anchor.tolist(), "the only row of its class has no partner"


def test_partners_and_strangers_are_drawn_evenly():
    targets = torch.arange(4).repeat(500)
    _, positive, negative = judged_triplets(targets).T
    for found in (positive, negative):
        assert torch.bincount(targets[found], minlength=4).min() > 400
    assert len(positive.unique()) > 1000


@pytest.mark.parametrize(
    ("loss", "by_hand"),
    [
        (Contrastive(1.0), lambda p, n: ((p**2).mean() / 2 + ((1 - n).clamp(min=0) ** 2).mean() / 2) / 2),
        (Triplet(0.5), lambda p, n: (p - n + 0.5).clamp(min=0).mean()),
    ],
    ids=["contrastive", "triplet"],
)
def test_the_loss_of_a_batch_is_that_of_its_comparisons(loss, by_hand):
    e = embeddings()
    step = Verification(loss, negatives="hard")(nn.Identity(), e, CLASSES)
    anchor, positive, negative = e[drawn_triplets(e, CLASSES, "hard")].unbind(1)
    near, far = (anchor - positive).norm(dim=1), (anchor - negative).norm(dim=1)
    assert float(step.loss) == pytest.approx(float(by_hand(near, far)), rel=1e-6)
    assert float(step.parts["distance_same"]) == pytest.approx(float(near.mean()))


def test_a_batch_of_one_class_teaches_nothing_and_breaks_nothing():
    e = embeddings().requires_grad_()
    step = Verification(Contrastive())(nn.Identity(), e, torch.zeros(12, dtype=torch.int64))
    step.loss.backward()
    assert step.loss.item() == 0
    assert not e.grad.any()


def test_classes_come_apart_that_overlapped():
    torch.manual_seed(0)
    targets = torch.arange(4).repeat_interleave(30)
    inputs = torch.randn(120, 6)
    inputs[:, 0] += (targets % 2) * 2.0
    inputs[:, 1] += (targets // 2) * 2.0
    inputs[:, 2:] *= 3  # what tells nothing is louder than what tells the class
    network = build_model({"name": "mlp", "hidden": [16], "unit_length": True}, (6,), 4, seed=0)
    objective = Verification(Contrastive(), codes=4)
    part = Part(inputs, targets, np.arange(120))
    before = objective.judge(network, part)
    optimizer = torch.optim.Adam(network.parameters(), 0.01)
    batches = ClassBatches(part, 40, together=5)
    for epoch in range(30):
        for (batch,) in batches.epoch(epoch):
            optimizer.zero_grad()
            objective(network, batch.inputs, batch.targets).loss.backward()
            optimizer.step()
    after = objective.judge(network, part)
    assert after.loss < 0.6 * before.loss
    assert after.parts["distance_same"] < 0.7 * after.parts["distance_different"]


def test_unit_length_holds_whatever_the_model():
    network = build_model({"name": "mlp", "hidden": [4], "unit_length": True}, (3,), 5, seed=0)
    assert network(torch.randn(7, 3)).norm(dim=1).tolist() == pytest.approx([1.0] * 7)
    bare = build_model({"name": "mlp", "hidden": [4], "unit_length": False}, (3,), 5, seed=0)
    assert type(bare) is type(network.network)


def test_batches_show_every_row_once_and_rows_of_a_class_together():
    targets = torch.arange(5).repeat(13)
    part = Part(torch.arange(65.0)[:, None], targets, np.arange(65))
    batches = ClassBatches(part, 16, together=4, seed=1)
    first, second = batches.order(0), batches.order(1)
    assert sorted(first.tolist()) == list(range(65))
    assert first.tolist() != second.tolist()
    assert first.tolist() == ClassBatches(part, 16, together=4, seed=1).order(0).tolist()
    # 13 rows of a class are three groups of four and one row alone
    changes = int((targets[first][1:] != targets[first][:-1]).sum())
    assert changes < 20


def test_another_loss_is_refused():
    with pytest.raises(SettingError, match="loss 'mse' for verification") as caught:
        build_objective(ObjectiveSettings(name="verification", loss="mse"), prepared(CLASSES))
    assert caught.value.expected == "one of contrastive, triplet"


def test_rows_without_partners_are_refused():
    with pytest.raises(DataError, match="4 training rows of which no two have the same 'letter'"):
        build_objective(ObjectiveSettings(name="verification"), prepared(torch.arange(4)))
    with pytest.raises(DataError, match="or all have"):
        build_objective(ObjectiveSettings(name="verification"), prepared(torch.zeros(4, dtype=torch.int64)))


def test_settings_of_verification_belong_to_it_alone():
    with pytest.raises(SettingError, match="objective.codes with objective.name = 'supervised'"):
        ObjectiveSettings(name="supervised", codes=8)
