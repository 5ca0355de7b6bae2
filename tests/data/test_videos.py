"""Folders of frames, moving shapes, and what a network sees of videos."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from glasshouse.core.errors import BundleError, DataError
from glasshouse.data import divide, explore, fit_preparation, load, preparation_from_dict
from glasshouse.data.builtin.motions import DIRECTIONS, motions, moving
from glasshouse.data.clips.picture import sheet_of_frames
from glasshouse.data.settings import DataSettings
from glasshouse.data.video.frames_folder import frames_of, holds_videos


def write_video(folder, frames, colour=False, start=0):
    folder.mkdir(parents=True)
    for number in range(frames):
        shape = (12, 10, 3) if colour else (12, 10)
        Image.fromarray(np.full(shape, start + number, np.uint8)).save(folder / f"frame{number + 1}.png")


@pytest.fixture
def folder(tmp_path):
    for place, name in enumerate(("walk", "run")):
        for number in range(4):
            write_video(tmp_path / "all" / name / f"clip{number}", 11 + number, start=100 * place)
    return tmp_path / "all"


def test_a_folder_of_classes_with_a_folder_of_numbered_pictures_for_each_video(folder):
    assert holds_videos(folder)
    raw = load(DataSettings(source=str(folder)))
    assert raw.kind == "videos"
    assert raw.target.classes == ("run", "walk")
    assert raw.values.shape == (8, 11, 1, 12, 10)
    assert raw.files[:2] == ("run/clip0", "run/clip1")
    assert raw.values[0, :, 0, 0, 0].tolist() == list(range(100, 111)), "frame 10 comes behind frame 9"
    assert raw.values[3, :, 0, 0, 0].tolist() == [100, 101, 103, 104, 105, 106, 108, 109, 110, 112, 113]
    assert raw.notes == ("videos have 11 to 14 frames; 11 of each were taken, evenly spaced",)


def test_as_many_frames_as_are_asked_for_in_the_size_that_is_asked_for(folder):
    raw = load(DataSettings(source=str(folder), size=(6, 5), video={"frames": 4}))
    assert raw.values.shape == (8, 4, 1, 6, 5)
    with pytest.raises(DataError, match="has 11 frames") as caught:
        load(DataSettings(source=str(folder), video={"frames": 12}))
    assert caught.value.fix == "set data.video.frames = 11, or leave the video out"


def test_pictures_of_classes_and_parts_are_no_videos(tmp_path):
    write_video(tmp_path / "pictures" / "cat", 3)
    write_video(tmp_path / "pictures" / "dog", 3)
    assert not holds_videos(tmp_path / "pictures")
    for part in ("train", "test"):
        write_video(tmp_path / "parts" / part / "cat", 3)
        write_video(tmp_path / "parts" / part / "dog", 3)
    assert not holds_videos(tmp_path / "parts")
    assert load(DataSettings(source=str(tmp_path / "parts"))).kind == "images"


def test_videos_may_come_in_a_training_and_a_test_part(folder):
    root = folder.parent / "parts"
    root.mkdir()
    folder.rename(root / "train")
    write_video(root / "test" / "run" / "clip9", 11)
    assert holds_videos(root)
    assert load(DataSettings(source=str(root))).given_test.sum() == 1


def test_a_frame_that_cannot_be_read_is_named(folder):
    (folder / "run" / "clip1" / "frame3.png").write_bytes(b"no picture")
    with pytest.raises(DataError, match=r"frame3.png cannot be read: no image format") as caught:
        load(DataSettings(source=str(folder)))
    assert caught.value.fix == "repair the file, or remove the folder of its video"


def test_colour_is_kept_where_there_is_some(tmp_path):
    for name in ("a", "b"):
        write_video(tmp_path / name / "1", 4, colour=True)
    raw = load(DataSettings(source=str(tmp_path)))
    assert raw.values.shape == (2, 4, 3, 12, 10)
    assert sheet_of_frames(raw.values[0]).shape == (25, 21, 3)


def test_the_training_frames_have_mean_zero_and_spread_one_and_the_state_comes_back():
    settings = DataSettings(source="motions")
    raw = load(settings)
    rows = divide(raw, settings.split, seed=0).train
    preparation = fit_preparation(raw, rows, settings)
    prepared = preparation.transform(raw.take(rows))
    assert prepared.shape[1:] == preparation.input_shape == (8, 1, 20, 20)
    assert float(prepared.mean()) == pytest.approx(0, abs=1e-4)
    assert float(prepared.std()) == pytest.approx(1, abs=1e-4)
    again = preparation_from_dict(preparation.to_dict())
    assert np.array_equal(again.transform(raw.take(rows[:3])), prepared[:3])
    with pytest.raises(BundleError, match="a stored preparation of videos with frames = 0"):
        preparation_from_dict({**preparation.to_dict(), "frames": 0})


def test_folders_and_arrays_are_read_to_be_predicted(folder):
    settings = DataSettings(source=str(folder))
    raw = load(settings)
    preparation = fit_preparation(raw, np.arange(8), settings)
    one = preparation.read(folder / "walk" / "clip2")
    assert np.array_equal(one.values[0], raw.values[raw.files.index("walk/clip2")])
    assert len(preparation.read(str(folder / "walk"))) == 4
    assert np.array_equal(preparation.read(raw.values[:, :, 0]).values, raw.values)
    assert len(preparation.read(raw.values[0, :, 0])) == 1
    with pytest.raises(BundleError, match=r"expected: levels from 0 to 255 \(uint8\)|an array of shape"):
        preparation.read(np.zeros((8, 3, 3), np.uint8))
    with pytest.raises(DataError, match="is no folder") as caught:
        preparation.read(folder / "walk" / "clip2" / "frame1.png")
    assert "ffmpeg" in caught.value.fix


def test_frames_are_in_the_order_of_their_numbers(tmp_path):
    for name in ("b2.png", "b10.png", "b1.png"):
        Image.new("L", (4, 4)).save(tmp_path / name)
    assert [each.name for each in frames_of(tmp_path)] == ["b1.png", "b2.png", "b10.png"]


@pytest.mark.parametrize("direction", DIRECTIONS)
def test_shapes_move_where_their_label_says(direction):
    right, down = DIRECTIONS[direction]
    generator = np.random.default_rng(0)
    moved = []
    for _ in range(20):
        video = moving((right, down), generator)[:, 0].astype(float)
        # the shift between two frames by where their product is largest, around the edge
        one, two = (np.fft.fft2(each - each.mean()) for each in video[2:4])
        peak = np.unravel_index(np.fft.ifft2(one.conj() * two).real.argmax(), (20, 20))
        moved.append([(each + 10) % 20 - 10 for each in peak])
    rows, columns = np.mean(moved, axis=0)
    assert rows == pytest.approx(1.5 * down, abs=0.5)
    assert columns == pytest.approx(1.5 * right, abs=0.5)


def test_single_frames_look_alike_in_all_directions():
    raw = motions(DataSettings(source="motions"))
    means = [raw.values[raw.target.values == label][:, 4, 0].mean(axis=0) for label in range(4)]
    spread = raw.values[:, 4, 0].std(axis=0).mean() / np.sqrt(300)
    apart = [np.abs(one - other).mean() for one in means for other in means if one is not other]
    # two means of 300 frames differ by 1.13 of their standard deviation on average, if by chance alone
    assert np.mean(apart) / spread == pytest.approx(np.sqrt(2) * 0.798, abs=0.15)


def test_what_is_explored_is_shown_as_sheets_of_frames():
    settings = DataSettings(source="motions")
    raw = load(settings)
    found = explore(raw, divide(raw, settings.split, seed=0))
    assert dict(found.record["images"]["facts"])["length"] == "8 frames"
    assert all(each.shape == (62, 62) for each in found.pictures.values())
