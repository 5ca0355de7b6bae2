from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from glasshouse.core.errors import DataError
from glasshouse.data.images.folder import read_image_folder
from glasshouse.data.settings import DataSettings


def paint(path: Path, shade: int = 100, size: tuple[int, int] = (8, 8), mode: str = "L") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("L", size[::-1], shade).convert(mode).save(path)
    return path


def zoo(folder: Path, per_class: int = 3, mode: str = "L", classes: tuple[str, ...] = ("ape", "bee")) -> Path:
    for label, name in enumerate(classes):
        for number in range(per_class):
            paint(folder / name / f"{number}.png", 10 * label + number, mode=mode)
    return folder


def settings(folder: Path, **changes: object) -> DataSettings:
    return DataSettings.read({"source": str(folder), **changes})


def test_folders_are_classes_and_files_are_in_order(tmp_path: Path) -> None:
    raw = read_image_folder(zoo(tmp_path), settings(tmp_path))
    assert raw.pixels.shape == (6, 1, 8, 8)
    assert raw.pixels[:, 0, 0, 0].tolist() == [0, 1, 2, 10, 11, 12]
    assert raw.target is not None
    assert raw.target.classes == ("ape", "bee")
    assert raw.target.values.tolist() == [0, 0, 0, 1, 1, 1]
    assert raw.files[4] == str(Path("bee") / "1.png")
    assert raw.original_sizes is None
    assert raw.given_test is None
    assert raw.notes == ()


def test_one_coloured_image_makes_all_rgb_and_modes_are_counted(tmp_path: Path) -> None:
    zoo(tmp_path)
    paint(tmp_path / "ape" / "9.png", 40, mode="RGB")
    raw = read_image_folder(tmp_path, settings(tmp_path))
    assert raw.pixels.shape == (7, 3, 8, 8)
    assert raw.original_modes == {"L": 6, "RGB": 1}
    assert raw.notes == ("modes differ: L (6), RGB (1); all were made RGB",)


def test_any_mix_of_grey_modes_stays_grey(tmp_path: Path) -> None:
    zoo(tmp_path)
    paint(tmp_path / "ape" / "bilevel.png", 255, mode="1")
    Image.fromarray(np.full((8, 8), 32896, np.uint16)).save(tmp_path / "ape" / "deep.png")
    palette = Image.new("P", (8, 8))
    palette.putpalette([shade for shade in range(256) for _ in range(3)])
    palette.save(tmp_path / "ape" / "palette.png")
    raw = read_image_folder(tmp_path, settings(tmp_path))
    assert raw.pixels.shape[1] == 1
    assert raw.pixels[raw.files.index(str(Path("ape") / "deep.png"))].max() == 128


def test_a_coloured_palette_is_colour(tmp_path: Path) -> None:
    zoo(tmp_path)
    palette = Image.new("P", (8, 8))
    palette.putpalette([255, 0, 0])
    palette.save(tmp_path / "bee" / "palette.png")
    assert read_image_folder(tmp_path, settings(tmp_path)).pixels.shape[1] == 3


def test_sizes_that_differ_become_one_and_are_told(tmp_path: Path) -> None:
    zoo(tmp_path)
    paint(tmp_path / "ape" / "wide.png", 40, size=(20, 90))
    raw = read_image_folder(tmp_path, settings(tmp_path))
    assert raw.pixels.shape[2:] == (8, 8)
    assert raw.original_sizes is not None
    assert raw.original_sizes.max(axis=0).tolist() == [20, 90]
    assert "8 to 20 pixels high and 8 to 90 wide" in raw.notes[0]
    assert read_image_folder(tmp_path, settings(tmp_path, size=(5, 7))).pixels.shape[2:] == (5, 7)


def test_train_and_test_folders_are_recognised(tmp_path: Path) -> None:
    zoo(tmp_path / "Train")
    zoo(tmp_path / "test", per_class=2)
    raw = read_image_folder(tmp_path, settings(tmp_path))
    assert raw.given_test is not None
    assert raw.given_test.tolist() == [False] * 6 + [True] * 4
    assert "'test' is the test part" in raw.notes


def test_a_validation_folder_joins_training_or_stands_in_for_a_test_folder(tmp_path: Path) -> None:
    zoo(tmp_path / "train")
    zoo(tmp_path / "val", per_class=1)
    raw = read_image_folder(tmp_path, settings(tmp_path))
    assert raw.given_test is not None
    assert raw.given_test.sum() == 2
    assert "there is no test folder: 'val' is the test part" in raw.notes
    zoo(tmp_path / "test", per_class=2)
    raw = read_image_folder(tmp_path, settings(tmp_path))
    assert raw.given_test is not None
    assert (raw.given_test.sum(), len(raw)) == (4, 12)


def test_a_test_folder_without_classes_is_left_aside_with_a_note(tmp_path: Path) -> None:
    zoo(tmp_path / "train")
    paint(tmp_path / "test" / "1.png")
    raw = read_image_folder(tmp_path, settings(tmp_path))
    assert raw.given_test is None
    assert raw.notes == ("'test' has no class folders and was left aside",)


def test_a_class_called_train_is_a_class_when_it_holds_images(tmp_path: Path) -> None:
    raw = read_image_folder(zoo(tmp_path, classes=("bus", "train")), settings(tmp_path))
    assert raw.target is not None
    assert raw.target.classes == ("bus", "train")


def test_a_test_folder_elsewhere_can_be_named(tmp_path: Path) -> None:
    zoo(tmp_path / "a")
    zoo(tmp_path / "b", per_class=1, classes=("bee",))
    raw = read_image_folder(tmp_path / "a", settings(tmp_path / "a", test=str(tmp_path / "b")))
    assert raw.given_test is not None
    assert raw.given_test.sum() == 1
    zoo(tmp_path / "c", classes=("bee", "cat"))
    with pytest.raises(DataError, match="the test part has the class 'cat', which the training part lacks"):
        read_image_folder(tmp_path / "a", settings(tmp_path / "a", test=str(tmp_path / "c")))
    with pytest.raises(DataError, match="nowhere is no folder"):
        read_image_folder(tmp_path / "a", settings(tmp_path / "a", test="nowhere"))


def test_an_archive_folder_around_the_classes_is_seen_through(tmp_path: Path) -> None:
    zoo(tmp_path / "animals")
    raw = read_image_folder(tmp_path, settings(tmp_path))
    assert raw.notes == ("the classes were found in 'animals'",)


def test_images_in_folders_of_a_class_belong_to_it(tmp_path: Path) -> None:
    zoo(tmp_path)
    paint(tmp_path / "ape" / "2024" / "may" / "x.png", 7)
    assert len(read_image_folder(tmp_path, settings(tmp_path))) == 7


def test_hidden_files_and_other_files_are_left_aside_and_counted(tmp_path: Path) -> None:
    zoo(tmp_path)
    (tmp_path / ".DS_Store").write_bytes(b"x")
    (tmp_path / "ape" / "._0.png").write_bytes(b"x")
    (tmp_path / "__MACOSX" / "ape").mkdir(parents=True)
    (tmp_path / ".git").mkdir()
    (tmp_path / "bee" / "notes.txt").write_text("x")
    (tmp_path / "README").write_text("x")
    raw = read_image_folder(tmp_path, settings(tmp_path))
    assert len(raw) == 6
    assert raw.notes == ("2 files beside the images left aside: no image, or in no class",)


def test_broken_files_are_skipped_counted_and_named(tmp_path: Path) -> None:
    zoo(tmp_path)
    (tmp_path / "ape" / "bad.png").write_bytes(b"not an image")
    cut = paint(tmp_path / "bee" / "cut.png", 3, size=(60, 60), mode="RGB")
    cut.write_bytes(cut.read_bytes()[:-40])
    raw = read_image_folder(tmp_path, settings(tmp_path))
    assert len(raw) == 6
    assert [Path(name).name for name, _ in raw.broken] == ["bad.png", "cut.png"]
    assert raw.broken[0][1] == "no image format that Pillow knows"
    assert "2 of 8 image files could not be read and were skipped" in raw.notes[0]
    assert raw.target is not None
    assert raw.target.values.tolist() == [0, 0, 0, 1, 1, 1]


def test_broken_files_fail_by_setting_and_are_named(tmp_path: Path) -> None:
    zoo(tmp_path)
    bad = tmp_path / "ape" / "bad.png"
    bad.write_bytes(b"not an image")
    with pytest.raises(DataError, match="cannot be read: no image format that Pillow knows") as caught:
        read_image_folder(tmp_path, settings(tmp_path, broken_images="fail"))
    assert str(bad) in caught.value.received
    assert "data.broken_images = 'skip'" in caught.value.fix


def test_a_class_whose_files_are_all_broken_is_an_error(tmp_path: Path) -> None:
    zoo(tmp_path)
    (tmp_path / "cat").mkdir()
    (tmp_path / "cat" / "bad.png").write_bytes(b"not an image")
    with pytest.raises(DataError, match="no image of the class 'cat' can be read"):
        read_image_folder(tmp_path, settings(tmp_path))
    for path in tmp_path.rglob("*.png"):
        path.write_bytes(b"")
    with pytest.raises(DataError, match="none of 7 image files can be read"):
        read_image_folder(tmp_path, settings(tmp_path))


def test_one_class_no_classes_and_an_empty_class_are_errors_that_say_what_to_do(tmp_path: Path) -> None:
    paint(tmp_path / "flat" / "a.png")
    with pytest.raises(DataError, match="holds no folders, only 1 images") as caught:
        read_image_folder(tmp_path / "flat", settings(tmp_path))
    assert "sort the images into folders" in caught.value.fix
    with pytest.raises(DataError, match="holds one class only: 'ape'"):
        read_image_folder(zoo(tmp_path / "one", classes=("ape",)), settings(tmp_path))
    (zoo(tmp_path / "two") / "cat").mkdir()
    with pytest.raises(DataError, match="the folder 'cat' holds no images"):
        read_image_folder(tmp_path / "two", settings(tmp_path))


def test_a_draw_from_a_large_folder_opens_only_the_files_drawn(tmp_path: Path) -> None:
    zoo(tmp_path, per_class=20)
    raw = read_image_folder(tmp_path, settings(tmp_path, most_rows=10))
    assert raw.target is not None
    assert np.bincount(raw.target.values).tolist() == [5, 5]
    assert raw.notes[0] == "10 of 40 rows were drawn at random, because data.most_rows says so"
    again = read_image_folder(tmp_path, settings(tmp_path, most_rows=10))
    assert again.files == raw.files
    kept = set(raw.files)
    for name in {str(Path(c) / f"{n}.png") for c in ("ape", "bee") for n in range(20)} - kept:
        (tmp_path / name).write_bytes(b"broken")
    assert read_image_folder(tmp_path, settings(tmp_path, most_rows=10)).broken == ()
