"""Boxes: overlaps counted in pixels, average precision by hand, the grid, and YOLO's loss written out."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from glasshouse.core.errors import SettingError
from glasshouse.data.images.box_overlap import Found, box_iou, found_in
from glasshouse.data.parts import Part, Prepared
from glasshouse.evaluation.detection import answer, evaluate_detection, mean_box, measured, resampled
from glasshouse.evaluation.mean_average_precision import average_precisions, matched, mean_average_precision
from glasshouse.models.grid_cells import decoded, encoded
from glasshouse.objectives import ObjectiveSettings, build_objective
from glasshouse.objectives.detection import Detection, overlap

A, B, C = (0.2, 0.2, 0.2, 0.2), (0.7, 0.3, 0.3, 0.4), (0.5, 0.8, 0.4, 0.2)


def found(*boxes):
    """Boxes as (kind, score, place), the surest first."""
    kinds, scores, places = zip(*boxes, strict=True) if boxes else ((), (), np.zeros((0, 4)))
    return Found(np.array(kinds, np.int64), np.array(scores), np.array(places, np.float64).reshape(-1, 4))


def true(*objects):
    return np.array([[kind, *place] for kind, place in objects], np.float64).reshape(-1, 5)


@settings(deadline=None, max_examples=40)
@given(st.lists(st.tuples(*[st.integers(0, 20)] * 4), min_size=2, max_size=2))
def test_the_overlap_of_boxes_is_that_of_the_pixels_they_cover(corners):
    masks, boxes = [], []
    for x, y, w, h in corners:
        mask = np.zeros((40, 40), bool)
        mask[y : y + h, x : x + w] = True
        masks.append(mask)
        boxes.append([(x + w / 2) / 40, (y + h / 2) / 40, w / 40, h / 40])
    either = (masks[0] | masks[1]).sum()
    expected = (masks[0] & masks[1]).sum() / either if either else 0.0
    assert box_iou(np.array(boxes[:1]), np.array(boxes[1:]))[0, 0] == pytest.approx(expected, abs=1e-9)


def test_exact_boxes_have_an_average_precision_of_one_and_no_boxes_one_of_nothing():
    objects = [true((0, A), (1, B)), true((0, C))]
    exact = [found((0, 0.9, A), (1, 0.8, B)), found((0, 0.7, C))]
    assert mean_average_precision(exact, objects, 2) == 1.0
    assert mean_average_precision([found(), found()], objects, 2) == 0.0


def test_average_precision_by_hand():
    # Five objects of one class; boxes by falling score: hit, miss, hit, hit, miss.
    objects = [true((0, A), (0, B)), true((0, C), (0, A)), true((0, B))]
    boxes = [
        found((0, 0.95, A), (0, 0.6, B)),
        found((0, 0.9, (0.9, 0.9, 0.1, 0.1)), (0, 0.7, C)),
        found((0, 0.5, (0.1, 0.9, 0.1, 0.1))),
    ]
    # precision 1, 1/2, 2/3, 3/4, 3/5 at recall 1/5, 1/5, 2/5, 3/5, 3/5; the envelope is 1, 3/4, 3/4, 3/4, 3/5
    by_hand = 1 / 5 * 1 + 1 / 5 * 3 / 4 + 1 / 5 * 3 / 4
    assert mean_average_precision(boxes, objects, 1) == pytest.approx(by_hand)


def test_an_object_is_found_once_by_the_surest_box_of_its_class():
    boxes = [found((0, 0.9, A), (0, 0.8, A), (1, 0.7, A))]
    marks = matched(boxes, [true((0, A))], classes=2)
    assert marks.right.tolist() == [True, False, False]
    # class 1 has no object, so that only class 0 counts
    values = average_precisions(marks)
    assert values[0] == 1.0
    assert math.isnan(values[1])


def test_a_box_that_overlaps_by_less_than_half_finds_nothing():
    wide = (0.2, 0.2, 0.4, 0.2)  # covers A, which is half of it
    narrow = (0.2, 0.2, 0.41, 0.2)
    assert matched([found((0, 0.9, wide))], [true((0, A))], 1).right.tolist() == [True]
    assert matched([found((0, 0.9, narrow))], [true((0, A))], 1).right.tolist() == [False]


def test_weights_of_pictures_count_as_if_they_were_there_so_often():
    chance = np.random.default_rng(0)
    objects = [true(*[(int(chance.integers(2)), chance.uniform(0.2, 0.8, 4))]) for _ in range(6)]
    boxes = [
        found(*[(int(k), s, p) for k, s, p in zip(each[:, 0], [0.9 - n / 10], each[:, 1:], strict=True)])
        for n, each in enumerate(objects[::-1])
    ]
    weights = np.array([2.0, 0.0, 1.0, 3.0, 1.0, 1.0])
    repeated = [place for place, weight in enumerate(weights) for _ in range(int(weight))]
    twice = matched([boxes[each] for each in repeated], [objects[each] for each in repeated], 2)
    once = matched(boxes, objects, 2)
    assert average_precisions(once, weights) == pytest.approx(average_precisions(twice), nan_ok=True)


def test_of_boxes_on_one_object_the_surest_stays():
    near = (0.21, 0.2, 0.2, 0.2)
    cells = np.array([[*A, 0.6, 1, 0], [*near, 0.9, 1, 0], [*near, 0.8, 0, 1], [*B, 0.005, 1, 0]], np.float32)
    kept = found_in(cells)
    assert kept.kinds.tolist() == [0, 1]
    assert kept.scores.round(3).tolist() == [0.9, 0.8]
    assert kept.above(0.85).kinds.tolist() == [0]


def test_a_grid_gives_back_the_objects_it_was_made_of():
    objects = torch.tensor([[[1, *A], [0, *B], [2, *C]], [[0, *C], [-1] * 5, [-1] * 5]])
    cells = encoded(objects, 5, 4)
    assert cells.holds.sum(dim=(1, 2)).tolist() == [3, 1]
    maps = torch.zeros(2, 8, 5, 4)
    maps[:, 0:2] = cells.place.movedim(-1, 1)
    maps[:, 2:4] = cells.size.sqrt().movedim(-1, 1)
    maps[:, 4] = cells.holds.float()
    maps[:, 5:] = nn.functional.one_hot(cells.kind, 3).movedim(-1, 1)
    for row, boxes in enumerate(decoded(maps).numpy()):
        kept = found_in(boxes)
        wanted = objects[row][objects[row, :, 0] >= 0].numpy()
        assert sorted(kept.kinds.tolist()) == sorted(wanted[:, 0].astype(int).tolist())
        assert box_iou(kept.places, wanted[:, 1:]).max(axis=1) == pytest.approx(1.0, abs=1e-5)


def test_of_two_objects_in_a_cell_the_larger_stays():
    large, small = [1, 0.3, 0.3, 0.4, 0.4], [0, 0.2, 0.2, 0.1, 0.1]
    for order in ([large, small], [small, large]):
        cells = encoded(torch.tensor([order]), 2, 2)
        assert int(cells.holds.sum()) == 1
        assert int(cells.kind[0, 0, 0]) == 1
        assert cells.size[0, 0, 0].tolist() == pytest.approx([0.4, 0.4])


def test_an_object_at_the_edge_is_in_the_last_cell():
    assert bool(encoded(torch.tensor([[[0, 1.0, 1.0, 0.1, 0.1]]]), 3, 4).holds[0, 2, 3])


def literal(maps, objects, classes):
    """Equation 3 of the paper, cell by cell, in plain Python."""
    total = {"place": 0.0, "size": 0.0, "sure": 0.0, "empty": 0.0, "kind": 0.0}
    count, _, rows, columns = maps.shape
    for n in range(count):
        held = {}
        for kind, x, y, w, h in objects[n].tolist():
            if kind >= 0:
                held[int(y * rows), int(x * columns)] = (int(kind), x, y, w, h)
        for i in range(rows):
            for j in range(columns):
                px, py, pw, ph, sure, *shares = maps[n, :, i, j].tolist()
                if (i, j) not in held:
                    total["empty"] += 0.5 * sure**2
                    continue
                kind, x, y, w, h = held[i, j]
                total["place"] += 5 * ((px - (x * columns - j)) ** 2 + (py - (y * rows - i)) ** 2)
                total["size"] += 5 * ((pw - w**0.5) ** 2 + (ph - h**0.5) ** 2)
                said = [[(px + j) / columns, (py + i) / rows, max(pw, 0) ** 2, max(ph, 0) ** 2]]
                said = np.clip(said, 0, 1)
                total["sure"] += (sure - box_iou(said, np.array([[x, y, w, h]]))[0, 0]) ** 2
                total["kind"] += sum((share - (k == kind)) ** 2 for k, share in enumerate(shares))
    return {name: value / count for name, value in total.items()}


def test_the_loss_is_that_of_the_paper_written_out():
    chance = torch.Generator().manual_seed(0)
    maps = torch.rand(3, 7, 4, 5, generator=chance, dtype=torch.float64)
    objects = torch.tensor(
        [[[1, *A], [0, *B]], [[0, *C], [-1] * 5], [[-1] * 5, [-1] * 5]], dtype=torch.float64
    )
    ours = Detection(2).terms(maps, objects)
    assert {name: float(each) for name, each in ours.items()} == pytest.approx(literal(maps, objects, 2))


def test_no_gradient_flows_through_what_a_cell_is_to_be_sure_of():
    maps = torch.full((1, 6, 2, 2), 0.5, requires_grad=True)
    objects = torch.tensor([[[0, *A]]])
    Detection(1).terms(maps, objects)["sure"].backward()
    assert float(maps.grad[:, :4].abs().sum()) == 0
    assert float(maps.grad[0, 4, 0, 0]) != 0
    assert overlap(maps.detach(), encoded(objects, 2, 2)).count_nonzero() == 1


def prepared(rows=6):
    chance = np.random.default_rng(1)
    objects = np.full((rows, 2, 5), -1.0, np.float32)
    for row in range(rows):
        for slot in range(1 + row % 2):
            objects[row, slot] = [row % 2, *chance.uniform(0.3, 0.7, 2), *chance.uniform(0.2, 0.4, 2)]
    part = Part(torch.rand(rows, 3, 8, 8), torch.from_numpy(objects), np.arange(rows))
    return Prepared(part, None, None, "detection", (3, 8, 8), 2, ("cat", "dog"), "boxes")


def test_the_parts_of_a_whole_part_add_up_to_its_loss():
    data = prepared()
    network = nn.Conv2d(3, 7, 2, stride=2)
    judged = Detection(2).judge(network, data.train)
    whole = Detection(2).value(network(data.train.inputs), data.train.targets)
    assert judged.loss == pytest.approx(whole.item(), rel=1e-5)
    assert sum(judged.parts.values()) == pytest.approx(judged.loss)


def test_the_mean_box_is_the_mean_of_the_training_objects():
    data = prepared()
    objects = data.train.targets.numpy().reshape(-1, 5)
    objects = objects[objects[:, 0] >= 0]
    box = mean_box(data)
    assert box.places[0] == pytest.approx(objects[:, 1:].mean(axis=0))
    assert box.kinds[0] == np.bincount(objects[:, 0].astype(int)).argmax()


def test_exact_answers_measure_one_and_missing_ones_nothing():
    data = prepared()
    objects = data.train.targets.numpy()
    exact = [found(*[(int(k[0]), 0.9, k[1:]) for k in row if k[0] >= 0]) for row in objects]
    best = answer(exact, data.train, 2)
    assert measured(best) == pytest.approx({"average_precision_50": 1, "box_iou": 1, "class_accuracy": 1})
    assert best.scores == pytest.approx(np.ones(6))
    nothing = measured(answer([found()] * 6, data.train, 2))
    assert (nothing["average_precision_50"], nothing["box_iou"]) == (0, 0)
    assert math.isnan(nothing["class_accuracy"])
    swapped = [found(*[(1 - int(k[0]), 0.9, k[1:]) for k in row if k[0] >= 0]) for row in objects]
    assert measured(answer(swapped, data.train, 2)) == pytest.approx(
        {"average_precision_50": 0, "box_iou": 1, "class_accuracy": 0}
    )


def test_a_record_is_whole_even_where_nothing_is_found():
    network = nn.Conv2d(3, 7, 2, stride=2)
    nn.init.zeros_(network.weight), nn.init.zeros_(network.bias)
    found_nothing = evaluate_detection(network, prepared(), None, seed=0).record
    assert found_nothing["metrics"]["train"]["average_precision_50"] == 0
    assert found_nothing["pictures"]["grid"] == [4, 4]
    assert found_nothing["pictures"]["groups"][0]["rows"][0]["found"] == []
    spans = resampled(answer([mean_box(prepared())] * 6, prepared().train, 2), seed=0)
    assert spans["box_iou"][0] < spans["box_iou"][1]


def test_another_loss_is_refused():
    with pytest.raises(SettingError, match="objective.loss = 'mse' for detection"):
        build_objective(ObjectiveSettings(name="detection", loss="mse"), prepared())
