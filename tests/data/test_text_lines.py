from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from glasshouse.core.errors import DataError, UsageError
from glasshouse.data.encoders.table_preparation import TablePreparation
from glasshouse.data.settings import DataSettings
from glasshouse.data.tables.read_table import read_table, read_text_folder


def _folder(tmp_path: Path) -> Path:
    folder = tmp_path / "names"
    folder.mkdir()
    (folder / "Greek.txt").write_text("Adamidis\n\n  Agelakos \nPapadopoulos\n")
    (folder / "Irish.txt").write_text("O'Brien\nMurphy, Jr.\n")
    (folder / "LICENSE").write_text("free")
    (folder / ".hidden.txt").write_text("hidden")
    return folder


def test_a_file_per_class_gives_a_text_per_line(tmp_path: Path) -> None:
    table = read_text_folder(DataSettings(source=str(_folder(tmp_path))))
    assert table.frame["text"].to_list() == ["Adamidis", "Agelakos", "Papadopoulos", "O'Brien", "Murphy, Jr."]
    assert table.target is not None
    assert table.target.name == "class"
    assert table.target.classes == ("Greek", "Irish")
    assert table.target.values.tolist() == [0, 0, 0, 1, 1]
    assert [(each.name, each.kind) for each in table.columns] == [("text", "text")]
    assert table.notes == ("LICENSE in names is no .txt file and was left out",)


def test_a_folder_per_class_gives_a_text_per_file(tmp_path: Path) -> None:
    for name, texts in {"bad": ["so\nso", "no"], "good": ["yes"]}.items():
        (tmp_path / name).mkdir()
        for number, text in enumerate(texts):
            (tmp_path / name / f"{number}.txt").write_text(text)
    table = read_text_folder(DataSettings(source=str(tmp_path)))
    assert table.frame["text"].to_list() == ["so so", "no", "yes"]
    assert table.target is not None
    assert table.target.values.tolist() == [0, 0, 1]


def test_rows_to_predict_are_lines_or_bare_texts(tmp_path: Path) -> None:
    folder = _folder(tmp_path)
    settings = DataSettings(source=str(folder))
    table = read_text_folder(settings)
    preparation = TablePreparation.fit(table, np.arange(5), settings)
    lines = preparation.read(folder / "Irish.txt")
    assert lines.frame["text"].to_list() == ["O'Brien", "Murphy, Jr."]
    assert np.array_equal(preparation.transform(lines), preparation.transform(table)[3:])
    assert preparation.read(["O'Brien", "Murphy, Jr."]).frame.equals(lines.frame)


@pytest.mark.parametrize("names", [[], ["a.txt"], ["a.csv", "b.csv"]])
def test_no_texts_or_one_class_is_refused(tmp_path: Path, names: list[str]) -> None:
    for name in names:
        (tmp_path / name).write_text("x\n")
    said = "has one class only" if names == ["a.txt"] else "has no .txt files"
    with pytest.raises(DataError, match=said):
        read_text_folder(DataSettings(source=str(tmp_path)))


def test_an_empty_class_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("x\n")
    (tmp_path / "b.txt").write_text("\n\n")
    with pytest.raises(DataError, match=r"b.txt is empty"):
        read_text_folder(DataSettings(source=str(tmp_path)))


def test_lines_alone_have_nothing_to_predict(tmp_path: Path) -> None:
    path = tmp_path / "play.txt"
    path.write_text("First Citizen:\nBefore we proceed any further, hear me speak.\n\nAll:\nSpeak, speak.\n")
    with pytest.raises(UsageError) as caught:
        read_table(DataSettings(source=str(path), target="text"))
    assert "play.txt holds lines of text without columns: there is nothing to predict" in str(caught.value)
    assert "a text file of its own" in str(caught.value)
