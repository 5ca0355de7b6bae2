"""Overlap of regions: scikit-learn's numbers, masks by hand, baselines that count."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from sklearn.metrics import confusion_matrix, jaccard_score
from torch import nn

from glasshouse.core.errors import SettingError
from glasshouse.data.parts import Part, Prepared
from glasshouse.evaluation.picture_examples import chosen
from glasshouse.evaluation.segmentation import evaluate_segmentation, resampled, scores_of, simple_masks
from glasshouse.losses import LOSSES
from glasshouse.metrics.mean_iou import iou_of, mean_iou_of
from glasshouse.objectives import ObjectiveSettings, build_objective
from glasshouse.objectives.segmentation import Segmentation, confusion_of


def masks(rows=12, classes=3, seed=0):
    return torch.from_numpy(np.random.default_rng(seed).integers(0, classes, (rows, 5, 6)))


def prepared(rows=12, classes=3):
    part = Part(torch.zeros(rows, 1, 5, 6), masks(rows, classes), np.arange(rows))
    names = tuple("abc"[:classes])
    return Prepared(part, None, None, "segmentation", (1, 5, 6), classes, names, "mask")


class Says(nn.Module):
    """A network that gives fixed masks, row by row."""

    def __init__(self, said, classes):
        super().__init__()
        self.said = nn.functional.one_hot(said, classes).movedim(-1, 1).float()

    def forward(self, x):
        return self.said[: len(x)]


def test_the_counts_are_those_of_scikit_learn():
    true, said = masks(), masks(seed=1)
    counts = confusion_of(said, true, 3)
    for row in range(len(true)):
        theirs = confusion_matrix(true[row].ravel(), said[row].ravel(), labels=range(3))
        assert (counts[row].numpy() == theirs).all()


def test_overlaps_are_those_of_scikit_learn():
    true, said = masks(), masks(seed=1)
    found = evaluate_segmentation(Says(said, 3), prepared(), None, seed=0).record
    theirs = jaccard_score(true.ravel(), said.ravel(), average="macro")
    assert found["metrics"]["train"]["mean_iou"] == pytest.approx(theirs)
    assert found["metrics"]["train"]["pixel_accuracy"] == pytest.approx(float((true == said).double().mean()))
    by_class = jaccard_score(true.ravel(), said.ravel(), average=None)
    assert [each["iou"] for each in found["pictures"]["classes"]] == pytest.approx(by_class)


def test_masks_by_hand():
    counts = np.array([[3, 1], [1, 2]])  # overlaps 3/5 and 2/4
    assert iou_of(counts).tolist() == [0.6, 0.5]
    assert mean_iou_of(counts) == pytest.approx(0.55)
    assert scores_of(np.array([[[4, 0], [0, 0]], [[0, 4], [0, 0]]])).tolist() == [1.0, 0.0]


def test_the_loss_is_the_mean_over_pixels_however_batches_are_cut():
    objective = Segmentation(LOSSES.build("cross_entropy", class_weights=[1.0, 2.0, 0.5]), 3)
    network, data = nn.Conv2d(1, 3, 1), prepared()
    inputs = torch.rand(12, 1, 5, 6, generator=torch.Generator().manual_seed(0))
    whole = objective.value(network(inputs), data.train.targets)
    pieces = [(network(inputs[at : at + 5]), data.train.targets[at : at + 5]) for at in (0, 5, 10)]
    weights = [objective.weight(targets) for _, targets in pieces]
    losses = [objective.value(*each) for each in pieces]
    assert whole.item() == pytest.approx(
        sum(w * loss.item() for w, loss in zip(weights, losses, strict=True)) / sum(weights), rel=1e-6
    )
    judged = objective.judge(network, Part(inputs, data.train.targets, np.arange(12)))
    assert judged.loss == pytest.approx(whole.item(), rel=1e-6)
    said = network(inputs).argmax(1)
    assert judged.parts["pixel_accuracy"] == pytest.approx(
        float((said == data.train.targets).double().mean())
    )


def test_balanced_weights_count_pixels():
    data = prepared()
    weights = build_objective(ObjectiveSettings(name="segmentation", class_weights="balanced"), data).loss
    counts = np.bincount(data.train.targets.numpy().ravel())
    assert weights.class_weights.tolist() == pytest.approx((counts.sum() / (3 * counts)).tolist())


def test_a_loss_for_numbers_is_refused():
    with pytest.raises(SettingError, match="loss 'mse' for segmentation"):
        build_objective(ObjectiveSettings(name="segmentation", loss="mse"), prepared())
    with pytest.raises(SettingError, match="objective 'supervised' on data for segmentation"):
        build_objective(ObjectiveSettings(name="supervised"), prepared())


def test_the_simple_methods_are_the_commonest_class_and_the_commonest_by_place():
    targets = torch.tensor([[[0, 0, 1]], [[0, 2, 1]], [[0, 2, 1]], [[0, 0, 0]]])
    part = Part(torch.zeros(4, 1, 1, 3), targets, np.arange(4))
    data = Prepared(part, None, None, "segmentation", (1, 1, 3), 3, ("a", "b", "c"), "mask")
    (_, about, everywhere), (_, _, by_place) = simple_masks(data, part)
    assert everywhere.tolist() == [[[0, 0, 0]]]
    assert "'a'" in about
    assert by_place.tolist() == [[[0, 0, 1]]]


def test_intervals_hold_the_value_and_are_narrow_where_pictures_are_alike():
    true, said = masks(60), masks(60, seed=1)
    counts = confusion_of(said, true, 3).numpy()
    spans = resampled(counts, seed=0)
    low, high = spans["mean_iou"]
    assert low < mean_iou_of(counts.sum(axis=0)) < high
    same = np.repeat(counts[:1], 60, axis=0)
    assert np.ptp(resampled(same, seed=0)["mean_iou"]) == pytest.approx(0, abs=1e-12)
    assert resampled(counts[:1], seed=0) == {}


@pytest.mark.parametrize("rows", [1, 2, 3, 7, 50])
def test_no_row_is_in_two_groups_and_the_best_come_first(rows):
    scores = np.random.default_rng(rows).random(rows)
    groups = chosen(scores)
    places = np.concatenate(list(groups.values()))
    assert len(set(places.tolist())) == len(places)
    assert scores[groups["best"][0]] == scores.max()
    if rows > 1:
        assert scores[groups["worst"][0]] == scores.min()
