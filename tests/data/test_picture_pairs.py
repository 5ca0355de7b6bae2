"""Pictures with masks, pictures or boxes: folders, built-in sets, and copies made worse."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from glasshouse.core.errors import DataError, SettingError, UsageError
from glasshouse.data import assemble, divide, explore, fit_preparation, load
from glasshouse.data.builtin.shapes import MASKED, Shape
from glasshouse.data.fingerprint import fingerprint
from glasshouse.data.images.boxes import cut
from glasshouse.data.images.degrade import enlarged, noisy
from glasshouse.data.settings import DataSettings


def settings(source, task="segmentation", **more):
    return DataSettings(source=str(source), task=task, **more)


def save(path, levels, mode=None):
    path.parent.mkdir(parents=True, exist_ok=True)
    image = Image.fromarray(np.asarray(levels, np.uint8))
    if mode == "P":
        image = Image.fromarray(np.asarray(levels, np.uint8), mode="P")
        image.putpalette([0, 0, 0, 255, 0, 0, 0, 255, 0])
    image.save(path)


@pytest.fixture
def folder(tmp_path):
    chance = np.random.default_rng(0)
    for number in range(8):
        save(tmp_path / f"inputs/{number}.png", chance.integers(0, 255, (6, 8, 3)))
        save(tmp_path / f"targets/{number}.png", np.arange(48).reshape(6, 8) % 3)
    return tmp_path


def test_masks_are_read_beside_their_inputs(folder):
    raw = load(settings(folder))
    assert raw.pixels.shape == (8, 3, 6, 8)
    assert raw.target.classes == ("0", "1", "2")
    assert (raw.target.values == np.arange(48).reshape(6, 8) % 3).all()
    assert raw.files[0] == "inputs/0.png"


def test_classes_may_have_names_palettes_and_colours(folder, tmp_path):
    (folder / "classes.txt").write_text("ground\ncell\nwall\n")
    assert load(settings(folder)).target.classes == ("ground", "cell", "wall")
    for number in range(8):
        save(folder / f"targets/{number}.png", np.arange(48).reshape(6, 8) % 2 + 1, mode="P")
    raw = load(settings(folder))
    assert raw.target.classes == ("ground", "cell", "wall")  # a class that no mask shows keeps its number
    assert set(np.unique(raw.target.values)) == {1, 2}
    (folder / "classes.txt").unlink()
    colours = np.array([[255, 0, 0], [0, 0, 255]])[np.arange(48).reshape(6, 8) % 2]
    for number in range(8):
        save(folder / f"targets/{number}.png", colours)
    raw = load(settings(folder))
    assert raw.target.classes == ("#0000ff", "#ff0000")
    assert raw.target.values[0, 0, :2].tolist() == [1, 0]


def test_masks_of_0_and_255_are_two_classes(folder):
    for number in range(8):
        save(folder / f"targets/{number}.png", 255 * (np.arange(48).reshape(6, 8) % 2))
    raw = load(settings(folder))
    assert raw.target.classes == ("0", "255")
    assert raw.target.values.max() == 1


def test_train_and_test_folders_are_told_apart(folder, tmp_path_factory):
    root = tmp_path_factory.mktemp("parts")
    for part in ("train", "test"):
        (root / part).mkdir()
        for side in ("inputs", "targets"):
            (root / part / side).symlink_to(folder / side)
    raw = load(settings(root))
    assert raw.given_test.tolist() == [False] * 8 + [True] * 8
    same = load(settings(folder, test=str(folder)))
    assert same.given_test.sum() == 8


def test_pictures_and_masks_are_cut_alike(folder):
    for number in range(8):
        mask = np.zeros((6, 8))
        mask[:, 4:] = 1
        save(folder / f"inputs/{number}.png", 255 * mask)
        save(folder / f"targets/{number}.png", mask)
    raw = load(settings(folder, size=(6, 6)))
    assert raw.target.values.shape == (8, 6, 6)
    assert (raw.pixels[0, 0] == 255 * raw.target.values[0]).all()
    assert "scaled to cover 6 x 6" in raw.notes[0]


def test_targets_may_be_larger_by_one_whole_factor(folder):
    for number in range(8):
        save(folder / f"targets/{number}.png", np.full((12, 16), number))
    raw = load(settings(folder, "image_to_image"))
    assert raw.target.values.shape == (8, 1, 12, 16)
    save(folder / "targets/3.png", np.zeros((12, 17)))
    with pytest.raises(DataError, match=r"3.png has 12 x 17 pixels, its input 6 x 8"):
        load(settings(folder, "image_to_image"))


def test_boxes_are_lines_of_text(folder):
    for number in range(8):
        (folder / f"targets/{number}.png").unlink()
        lines = "1 0.5 0.5 0.25 0.5\n" * (number % 3)
        (folder / f"targets/{number}.txt").write_text(lines)
    raw = load(settings(folder, "detection"))
    assert raw.target.values.shape == (8, 2, 5)
    assert raw.target.classes == ("0", "1")
    assert raw.target.values[1].tolist() == [[1, 0.5, 0.5, 0.25, 0.5], [-1] * 5]
    (folder / "targets/0.txt").write_text("1 30 40 20 20\n")
    with pytest.raises(DataError, match=r"0.txt, line 1: '1 30 40 20 20'"):
        load(settings(folder, "detection"))


def test_a_box_that_is_cut_keeps_what_is_left_of_it():
    box = np.array([[2, 0.1, 0.5, 0.2, 1.0], [1, 0.5, 0.5, 0.1, 0.1]], np.float32)
    # of 20 pixels width the middle 10 stay: the first box, from 0 to 4, is gone
    assert cut(box, (10, 20), (10, 10)).tolist() == pytest.approx(np.array([[1, 0.5, 0.5, 0.2, 0.1]]))


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda at: (at / "targets/3.png").unlink(), "'3' is in inputs and not in targets"),
        (lambda at: (at / "inputs/5.png").unlink(), "'5' is in targets and not in inputs"),
        (lambda at: save(at / "targets/2.png", np.zeros((6, 9))), "2.png has 6 x 9 pixels, its input 6 x 8"),
        (
            lambda at: [save(at / f"targets/{n}.png", np.zeros((6, 8))) for n in range(8)],
            "every pixel of every mask has the value 0",
        ),
        (
            lambda at: [save(at / f"targets/{n}.png", 9 * n + np.arange(48).reshape(6, 8)) for n in range(8)],
            "masks with more than 64 different values",
        ),
        (lambda at: (at / "classes.txt").write_text("a\nb\n"), "3 different values in the masks and 2 names"),
        (lambda at: (at / "targets/1.png").write_bytes(b"no"), "1.png cannot be read"),
    ],
)
def test_what_is_wrong_with_a_folder_is_named(folder, spoil, words):
    spoil(folder)
    with pytest.raises(DataError, match=words):
        load(settings(folder))


def test_what_targets_are_must_be_said(folder):
    with pytest.raises(DataError, match="set data.task to segmentation, image_to_image or detection"):
        load(DataSettings(source=str(folder)))
    with pytest.raises(UsageError, match="data.task = 'segmentation' for digits"):
        load(settings("digits"))
    with pytest.raises(SettingError, match="set data.degrade.kind to grey, shrink or noise"):
        load(settings("digits", "image_to_image"))


def test_the_built_in_shapes_are_the_same_however_many_are_asked_for():
    few, more = (load(settings("shapes", most_rows=rows)) for rows in (5, 9))
    assert (few.pixels == more.pixels[:5]).all()
    assert (few.target.values == more.target.values[:5]).all()
    assert few.target.classes == MASKED
    assert fingerprint(few) != fingerprint(more)


def test_the_boxes_of_the_built_in_shapes_hold_their_masks():
    masks = load(settings("shapes", most_rows=40)).target.values
    boxes = load(settings("shapes", "detection", most_rows=40)).target.values
    assert (boxes[..., 0] >= 0).sum(axis=1).min() >= 1
    for mask, objects in zip(masks, boxes, strict=True):
        for kind, across, down, wide, high in objects[objects[:, 0] >= 0]:
            rows = [round(32 * (down + side * high / 2)) for side in (-1, 1)]
            columns = [round(32 * (across + side * wide / 2)) for side in (-1, 1)]
            inside = mask[rows[0] : rows[1], columns[0] : columns[1]]
            assert set(np.unique(inside)) <= {0, int(kind) + 1}  # shapes do not touch
            assert (inside > 0).mean() > 0.35  # a triangle covers half of its box
        covered = sum((32 * each[3]) * (32 * each[4]) for each in objects[objects[:, 0] >= 0])
        assert (mask > 0).sum() < covered + 8


def test_a_circle_covers_its_area_and_a_triangle_half_of_its_box():
    areas = [Shape(kind, (100, 100), 50.0).covers(200, 200).sum() for kind in range(3)]
    assert areas == pytest.approx([np.pi * 2500, 10_000, 5_000], rel=0.01)


def test_copies_are_grey_small_or_noisy():
    plain = load(settings("scenes", "reconstruction", most_rows=4))
    grey = load(settings("scenes", "image_to_image", most_rows=4))
    assert (grey.target.values == plain.pixels).all()
    by_pillow = np.stack(
        [np.asarray(Image.fromarray(p.transpose(1, 2, 0)).convert("L")) for p in plain.pixels]
    )
    assert np.abs(grey.pixels[:, 0].astype(int) - by_pillow).max() <= 1
    small = load(settings("scenes", "image_to_image", most_rows=4, degrade={"kind": "shrink", "factor": 4}))
    assert small.pixels.shape == (4, 3, 8, 8)
    assert abs(float(small.pixels[0, 0, 0, 0]) - plain.pixels[0, 0, :4, :4].mean()) <= 0.5
    noise = load(settings("scenes", "image_to_image", most_rows=4, degrade={"kind": "noise", "amount": 0.2}))
    assert (
        noise.pixels
        == load(
            settings("scenes", "image_to_image", most_rows=4, degrade={"kind": "noise", "amount": 0.2})
        ).pixels
    ).all()


def test_noise_has_the_deviation_that_was_asked_for():
    grey = np.full((3, 1, 64, 64), 128, np.uint8)
    found = noisy(grey, 0.1).astype(float)
    assert found.std() == pytest.approx(25.5, rel=0.03)
    assert not (found[0] == found[1]).all()


def test_enlarging_keeps_a_plane_and_doubles_the_sides():
    flat = np.full((2, 3, 4, 5), 77, np.uint8)
    assert (enlarged(flat, 2) == 77).all()
    assert enlarged(flat, 3).shape == (2, 3, 12, 15)


@pytest.mark.parametrize(
    ("source", "given", "words"),
    [
        (
            "digits",
            {"kind": "grey"},
            "data.degrade.kind = 'grey' for digits, whose pictures are grey already",
        ),
        ("digits", {"kind": "shrink", "factor": 3}, "data.degrade.factor = 3 for pictures of 8 x 8 pixels"),
    ],
)
def test_copies_that_cannot_be_made_are_refused(source, given, words):
    with pytest.raises(SettingError, match=words):
        load(settings(source, "image_to_image", degrade=given))


def test_prepared_targets_are_classes_levels_and_objects():
    prepared = {}
    for task in ("segmentation", "image_to_image", "detection"):
        given = settings("shapes", task, most_rows=20, degrade={"kind": "shrink"})
        raw = load(given)
        split = divide(raw, given.split, seed=0)
        prepared[task] = assemble(raw, split, fit_preparation(raw, split.train, given), task)
        record = explore(raw, split).record
        assert record["target"]["task"] == task
    masks, pictures, boxes = prepared.values()
    assert masks.train.targets.dtype.is_floating_point is False
    assert (masks.outputs, masks.classes, masks.factor) == (4, MASKED, 1)
    assert (pictures.outputs, pictures.factor, pictures.input_shape) == (3, 2, (3, 16, 16))
    assert 0 <= float(pictures.train.targets.min()) <= float(pictures.train.targets.max()) <= 1
    assert boxes.train.targets.shape[1:] == (3, 5)
    assert boxes.outputs == 3
