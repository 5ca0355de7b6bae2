"""Moves of pictures and of what is to be learnt of them: both sides, alike."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from glasshouse.data import load
from glasshouse.data.images.augment import Augmenter
from glasshouse.data.images.augment_pairs import PairAugmenter
from glasshouse.data.images.moves import Moves, crop, rotate_and_zoom, shift
from glasshouse.data.settings import AugmentSettings, DataSettings

MOVING = AugmentSettings(flip_horizontal=True, flip_vertical=True, shift=0.2, rotate=40, zoom=0.2, crop=0.3)
EACH = [
    AugmentSettings.read(each)
    for each in (
        {"flip_horizontal": True},
        {"flip_vertical": True},
        {"shift": 0.25},
        {"rotate": 60},
        {"zoom": 0.3},
        {"crop": 0.5},
        MOVING.model_dump(),
    )
]
BLACK = torch.zeros(1, 1, 1, 1)


def named(settings: AugmentSettings) -> str:
    return ",".join(settings.chosen)


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def shapes(task: str, rows: int = 120) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Pictures of shapes as levels from 0 to 1, with masks and boxes."""
    found = {
        each: load(DataSettings(source="shapes", task=each, most_rows=rows))
        for each in ("segmentation", "detection")
    }
    pictures = torch.from_numpy(found["segmentation"].pixels).float() / 255
    masks = torch.from_numpy(found["segmentation"].target.values).long()
    return pictures, masks, torch.from_numpy(found["detection"].target.values)


def test_flipping_twice_is_the_identity_of_pictures_masks_and_boxes():
    pictures, masks, boxes = shapes("segmentation", 12)
    moves = Moves(32, 32, mirrored=torch.ones(12, dtype=torch.bool), overturned=torch.arange(12) % 2 == 0)
    once = moves.of_pictures(pictures, BLACK), moves.of_masks(masks), moves.of_boxes(boxes)
    assert not torch.equal(once[0], pictures)
    assert not torch.equal(once[1], masks)
    assert not torch.allclose(once[2], boxes)
    assert torch.equal(moves.of_pictures(once[0], BLACK), pictures)
    assert torch.equal(moves.of_masks(once[1]), masks)
    torch.testing.assert_close(moves.of_boxes(once[2]), boxes, rtol=0, atol=1e-6)


@pytest.mark.parametrize("settings", EACH, ids=named)
@pytest.mark.parametrize(("height", "width"), [(40, 40), (30, 48)])
def test_a_marked_pixel_its_mask_and_its_box_move_together(settings, height: int, width: int):
    count = 60
    chance = np.random.default_rng(1)
    tops, lefts = chance.integers(12, height - 17, count), chance.integers(12, width - 17, count)
    pictures, masks = (
        torch.zeros(count, 1, height, width),
        torch.zeros(count, height, width, dtype=torch.long),
    )
    boxes = torch.zeros(count, 1, 5)
    for row, (top, left) in enumerate(zip(tops, lefts, strict=True)):
        pictures[row, 0, top : top + 5, left : left + 5] = 1
        masks[row, top : top + 5, left : left + 5] = 7
        boxes[row, 0] = torch.tensor([2, (left + 2.5) / width, (top + 2.5) / height, 5 / width, 5 / height])
    moves = Moves.drawn(settings, pictures, seeded())
    moved, classes, found = moves.of_pictures(pictures, BLACK), moves.of_masks(masks), moves.of_boxes(boxes)
    assert classes.dtype == torch.int64
    assert set(classes.unique().tolist()) == {0, 7}
    seen = 0
    for row in range(count):
        lit = moved[row, 0] > 0.5
        if found[row, 0, 0] < 0 or not lit.any():
            continue
        seen += 1
        # the mask is the lit part, but for pixels at its edge
        assert (lit != (classes[row] == 7)).sum() <= 4 * 8
        centre = lit.nonzero().float().mean(dim=0) + 0.5
        of_mask = (classes[row] == 7).nonzero().float().mean(dim=0) + 0.5
        assert (centre - of_mask).abs().max() < 1
        low = (found[row, 0, 1:3] - found[row, 0, 3:5] / 2) * torch.tensor([width, height])
        high = (found[row, 0, 1:3] + found[row, 0, 3:5] / 2) * torch.tensor([width, height])
        places = (classes[row] == 7).nonzero().flip(1) + 0.5
        assert (places >= low - 0.51).all()
        assert (places <= high + 0.51).all()
        assert found[row, 0, 0] == 2
    assert seen > count // 2


@pytest.mark.parametrize("settings", EACH, ids=named)
def test_boxes_of_drawn_shapes_still_enclose_them(settings):
    pictures, masks, boxes = shapes("detection")
    moves = Moves.drawn(settings, pictures, seeded(3))
    # Every object by itself: a mask of its own pixels, which are those of its kind in its box.
    found = moves.of_boxes(boxes)
    down, right = torch.meshgrid(torch.arange(32) + 0.5, torch.arange(32) + 0.5, indexing="ij")
    enclosed = 0
    for slot in range(boxes.shape[1]):
        kind, x, y, wide, high = boxes[:, slot, :, None, None].unbind(1)
        within = ((right - 32 * x).abs() <= 16 * wide) & ((down - 32 * y).abs() <= 16 * high)
        own = torch.where(within & (masks == kind + 1) & (kind >= 0), 1, 0)
        # Edges that are drawn out are no part of a shape, so black comes into view here.
        moved = moves.of_pictures(own.unsqueeze(1).float(), BLACK, nearest=True)[:, 0] > 0.5
        _, x, y, wide, high = found[:, slot, :, None, None].unbind(1)
        outside = ((right - 32 * x).abs() > 16 * wide + 0.75) | ((down - 32 * y).abs() > 16 * high + 0.75)
        kept = found[:, slot, 0] >= 0
        assert not (moved & outside)[kept].any()
        enclosed += int(moved[kept].flatten(1).any(dim=1).sum())
    assert enclosed > 150
    kept = found[found[..., 0] >= 0]
    assert (kept[:, 1:3] - kept[:, 3:5] / 2 >= -1e-6).all()
    assert (kept[:, 1:3] + kept[:, 3:5] / 2 <= 1 + 1e-6).all()


@pytest.mark.parametrize(
    "settings", [each for each in EACH if not (each.rotate or each.crop or each.zoom)], ids=named
)
def test_boxes_of_flips_and_shifts_are_no_larger_than_they_must_be(settings):
    _, _, boxes = shapes("detection")
    found = Moves.drawn(settings, torch.zeros(120, 1, 32, 32), seeded()).of_boxes(boxes)
    whole = (found[..., 0] >= 0) & ((found[..., 1:3] - 0.5).abs() + found[..., 3:5] / 2 < 0.4999).all(dim=-1)
    torch.testing.assert_close(found[whole][:, 3:5], boxes[whole][:, 3:5], rtol=0, atol=1e-6)
    assert whole.sum() > 100


def test_an_object_of_which_less_than_a_fifth_is_left_is_lost():
    boxes = torch.tensor([[[1, 0.5, 0.1, 0.2, 0.2], [0, 0.5, 0.9, 0.2, 0.2], [-1.0] * 5]])
    moves = Moves(100, 100, rows=torch.tensor([-17]), columns=torch.tensor([0]))
    (found,) = moves.of_boxes(boxes)
    assert found[0].tolist() == [-1.0] * 5
    torch.testing.assert_close(found[1], torch.tensor([0, 0.5, 0.73, 0.2, 0.2]))
    assert found[2].tolist() == [-1.0] * 5
    (found,) = replace(moves, rows=torch.tensor([-15])).of_boxes(boxes)
    torch.testing.assert_close(found[0], torch.tensor([1, 0.5, 0.025, 0.2, 0.05]))


def test_a_quarter_turn_swaps_the_sides_of_a_box():
    moves = Moves(40, 40, degrees=torch.tensor([90.0]), zooms=torch.ones(1))
    (found,) = moves.of_boxes(torch.tensor([[[0, 0.75, 0.5, 0.2, 0.1]]]))
    # counterclockwise, what lay to the right lies at the top
    torch.testing.assert_close(found[0], torch.tensor([0, 0.5, 0.25, 0.1, 0.2]), rtol=0, atol=1e-6)


def test_edges_are_drawn_out_where_nothing_else_is_known():
    row = torch.arange(4.0).view(1, 1, 1, 4)
    assert shift(row, torch.tensor([0]), torch.tensor([2]), None).flatten().tolist() == [0, 0, 0, 1]
    assert shift(row, torch.tensor([3]), torch.tensor([-1]), None).flatten().tolist() == [1, 2, 3, 3]
    pictures = torch.full((1, 1, 8, 8), 5.0)
    assert torch.allclose(
        rotate_and_zoom(pictures, torch.tensor([33.0]), torch.tensor([0.5]), None), pictures
    )


def test_a_crop_is_the_window_at_full_size():
    pictures = torch.rand(2, 3, 8, 8, generator=seeded())
    windows = torch.tensor([[0.0, 0.5, 0.5], [0.0, 0.0, 1.0]])  # the lower left quarter; all of it
    cut = crop(pictures, windows, nearest=True)
    assert torch.equal(cut[0, :, ::2, ::2], pictures[0, :, 4:, :4])
    assert torch.equal(cut[0, :, 1::2, 1::2], pictures[0, :, 4:, :4])
    assert torch.equal(cut[1], pictures[1])


def test_light_noise_and_blanks_leave_the_mask_alone_and_it_is_moved_as_the_input_is():
    pictures, masks, _ = shapes("segmentation", 20)
    lighting = AugmentSettings(brightness=0.5, contrast=0.5, noise=0.2, erase=0.4)
    inputs, targets = PairAugmenter(lighting, torch.zeros(3), "segmentation").pair(pictures, masks, seeded())
    assert torch.equal(targets, masks)
    assert not torch.allclose(inputs, pictures)
    both = AugmentSettings.read({**MOVING.model_dump(), "brightness": 0.5})
    one = PairAugmenter(MOVING, torch.zeros(3), "segmentation").pair(pictures, masks, seeded())
    other = PairAugmenter(both, torch.zeros(3), "segmentation").pair(pictures, masks, seeded())
    assert torch.equal(one[1], other[1])
    apart = other[0] - one[0]
    assert torch.allclose(apart, apart[:, :1, :1, :1].expand_as(apart), atol=1e-5)  # brightness alone


def test_a_picture_that_is_to_come_out_larger_moves_by_as_many_of_its_pixels():
    small = torch.rand(6, 1, 8, 8, generator=seeded())
    large = small.repeat_interleave(2, dim=2).repeat_interleave(2, dim=3)
    settings = AugmentSettings(flip_horizontal=True, shift=0.3)
    inputs, targets = PairAugmenter(settings, torch.zeros(1), "image_to_image").pair(small, large, seeded(4))
    assert targets.shape == large.shape
    assert torch.equal(targets[:, :, ::2, ::2], inputs)
    assert torch.equal(targets[:, :, 1::2, 1::2], inputs)
    assert not torch.equal(inputs, small)


@pytest.mark.parametrize("task", ["segmentation", "image_to_image", "detection"])
def test_the_same_generator_gives_the_same_pairs_and_leaves_what_was_given(task):
    pictures, masks, boxes = shapes("segmentation", 10)
    targets = {"segmentation": masks, "image_to_image": pictures, "detection": boxes}[task]
    augment = PairAugmenter(MOVING, torch.zeros(3), task)
    before, given = torch.get_rng_state(), (pictures.clone(), targets.clone())
    first = augment.pair(pictures, targets, seeded(7))
    again = augment.pair(pictures, targets, seeded(7))
    assert all(torch.equal(one, other) for one, other in zip(first, again, strict=True))
    assert first[1].shape == targets.shape
    assert first[1].dtype == targets.dtype
    assert torch.equal(torch.get_rng_state(), before)
    assert torch.equal(pictures, given[0])
    assert torch.equal(targets, given[1])
    other = augment.pair(pictures, targets, seeded(8))
    assert not torch.equal(first[0], other[0])


def test_the_input_of_a_pair_moves_as_a_picture_without_a_target_does():
    pictures, _, boxes = shapes("detection", 10)
    alone = Augmenter(MOVING, torch.zeros(3))(pictures, seeded(2))
    assert torch.equal(
        PairAugmenter(MOVING, torch.zeros(3), "detection").pair(pictures, boxes, seeded(2))[0], alone
    )
