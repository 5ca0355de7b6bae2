from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest
from PIL import Image

from glasshouse.core.errors import DataError, SettingError, UsageError
from glasshouse.data import load
from glasshouse.data.settings import DataSettings


def settings(source: object, **changes: object) -> DataSettings:
    return DataSettings.read({"source": str(source), **changes})


def paint(path: Path, shade: int = 9) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("L", (6, 6), shade).save(path)
    return path


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    for name in ("ape", "bee"):
        for number in range(4):
            paint(tmp_path / "photos" / name / f"{number}.png")
    return tmp_path / "photos"


@pytest.fixture
def people(tmp_path: Path) -> Path:
    path = tmp_path / "people.csv"
    path.write_text(
        "age,height,sex\n" + "".join(f"{20 + i * 7 % 31},{150 + i % 40}.5,{'mf'[i % 2]}\n" for i in range(60))
    )
    return path


def test_a_table_a_folder_of_images_texts_idx_files_and_a_builtin_name_are_told_apart(
    people: Path, photos: Path, write_idx_set, tmp_path: Path
) -> None:
    assert load(settings(people, target="sex")).kind == "table"
    assert load(settings(photos)).kind == "images"
    assert len(load(settings(write_idx_set(tmp_path / "idx")))) == 18
    assert len(load(settings(tmp_path / "idx" / "t10k-images-idx3-ubyte.gz"))) == 6
    assert load(settings("digits")).kind == "images"
    texts = tmp_path / "texts"
    texts.mkdir()
    for name in ("cats", "dogs"):
        (texts / f"{name}.txt").write_text("".join(f"{name} say number {i}\n" for i in range(9)))
    raw = load(settings(texts))
    assert raw.kind == "table"
    assert raw.target is not None
    assert raw.target.classes == ("cats", "dogs")


def test_a_frame_is_taken_in_place_of_the_source() -> None:
    frame = pl.DataFrame({"a": np.arange(50) * 1.5, "b": ["x", "y"] * 25})
    raw = load(settings("frame", target="b"), frame)
    assert len(raw) == 50


def test_a_builtin_name_wins_over_a_folder_of_that_name_with_a_note(
    photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    photos.rename(tmp_path / "moons")
    monkeypatch.chdir(tmp_path)
    raw = load(settings("moons"))
    assert len(raw) == 1000
    assert "write ./moons" in raw.notes[-1]
    assert load(settings("./moons")).kind == "images"


def test_a_missing_file_gets_near_names(people: Path, tmp_path: Path) -> None:
    with pytest.raises(DataError) as caught:
        load(settings(tmp_path / "poeple.csv"))
    assert "there is no file or folder" in caught.value.received
    assert f"did you mean {str(people)!r}?" in caught.value.fix
    with pytest.raises(DataError, match=r"the folder .*nowhere does not exist either"):
        load(settings(tmp_path / "nowhere" / "people.csv"))


def test_a_misspelt_builtin_name_gets_a_suggestion(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(DataError) as caught:
        load(settings("fashon-mnist"))
    assert "no built-in data of that name" in caught.value.received
    assert "did you mean 'fashion-mnist'" in caught.value.fix
    assert "digits, iris" in caught.value.expected


@pytest.mark.parametrize(
    ("name", "fix"),
    [
        ("a.zip", "unpack it first"),
        ("a.xlsx", "as CSV"),
        ("a.pkl", "can run anything"),
        ("a.npz", "glasshouse.fit"),
    ],
)
def test_files_that_are_not_read_say_what_to_do_instead(tmp_path: Path, name: str, fix: str) -> None:
    (tmp_path / name).write_bytes(b"PK\x03\x04")
    with pytest.raises(DataError) as caught:
        load(settings(tmp_path / name))
    assert fix in caught.value.fix


def test_one_image_flat_images_tables_and_an_empty_folder_are_explained(photos: Path, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="is one image"):
        load(settings(photos / "ape" / "0.png"))
    with pytest.raises(DataError, match="holds no folders, only 4 images"):
        load(settings(photos / "ape"))
    tables = tmp_path / "tables"
    tables.mkdir()
    with pytest.raises(DataError, match="holds nothing that can be read"):
        load(settings(tables))
    (tables / "a.csv").write_text("x\n1\n")
    with pytest.raises(UsageError, match="is a folder of tables: a.csv".replace(".", r"\.")):
        load(settings(tables))


@pytest.mark.parametrize(
    "change", [{"task": "regression"}, {"target": "x"}, {"group": "x"}, {"time": 0}, {"window": 3}]
)
def test_settings_that_mean_columns_are_refused_for_images(photos: Path, change: dict[str, object]) -> None:
    with pytest.raises(SettingError, match=f"data.{next(iter(change))} = .* for images"):
        load(settings(photos, **change))
    assert load(settings(photos, target="class", task="classification")).kind == "images"


def test_a_test_file_beside_cifar_is_refused(tmp_path: Path) -> None:
    (tmp_path / "data_batch_1.bin").write_bytes(b"")
    (tmp_path / "batches.meta.txt").write_text("ape")
    with pytest.raises(SettingError, match="CIFAR comes with its test part"):
        load(settings(tmp_path, test="other"))


@pytest.mark.parametrize("source", ["digits", "iris"])
def test_most_rows_draws_a_part_and_says_so(source: str) -> None:
    raw = load(settings(source, most_rows=60))
    assert len(raw) == 60
    assert "60 of " in raw.notes[-1]
    assert raw.target is not None
    assert len(np.unique(raw.target.values)) == len(raw.target.classes)
