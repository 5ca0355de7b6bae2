from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from glasshouse.core.errors import DataError
from glasshouse.data.tables.text_file import read_text

TEXT = "name,city\nZoë,Zürich\nJosé,São Paulo\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le-with-mark"])
def test_unicode_encodings_are_read_without_a_note(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "t.csv"
    known = encoding.removesuffix("-with-mark")
    path.write_bytes((b"\xff\xfe" if known != encoding else b"") + TEXT.encode(known))
    file = read_text(path)
    assert file.text == TEXT
    assert file.notes == ()


@pytest.mark.parametrize("encoding", ["cp1252", "latin-1"])
def test_western_bytes_are_read_as_latin_1_and_noted_with_their_line(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes(TEXT.encode(encoding))
    file = read_text(path)
    assert file.text == TEXT
    assert file.notes == ("t.csv is not UTF-8 (byte 0xeb in line 2): it was read as Latin-1",)


def test_a_broken_character_does_not_spoil_the_sound_ones(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes(TEXT.encode() + b"Ren\xc3,Paris\n")
    file = read_text(path)
    assert file.text.startswith(TEXT)
    assert file.notes == ("1 broken characters in t.csv, the first in line 4, were replaced",)


def test_gzip_is_unpacked(tmp_path: Path) -> None:
    path = tmp_path / "t.csv.gz"
    path.write_bytes(gzip.compress(TEXT.encode()))
    assert read_text(path).text == TEXT


def test_truncated_gzip_says_that_it_is_damaged(tmp_path: Path) -> None:
    path = tmp_path / "t.csv.gz"
    path.write_bytes(gzip.compress(TEXT.encode() * 100)[:-20])
    with pytest.raises(DataError, match="is damaged: its gzip data break off"):
        read_text(path)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is empty"),
        (b" \n\n\t\n", "is empty"),
        (b"PK\x03\x04rest", "zip archive or a spreadsheet"),
        (b"\x89PNG\r\n\x1a\n", "an image"),
        (b"%PDF-1.7", "a PDF document"),
        (b"  <!DOCTYPE html><html></html>", "a web page"),
        (b'{"rows": [1, 2]}', "JSON"),
        (b"a,b\n1,2\n\x00\x01\x02", "zero byte in line 3"),
    ],
)
def test_what_is_no_text_table_is_named_for_what_it_is(tmp_path: Path, content: bytes, said: str) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes(content)
    with pytest.raises(DataError, match=said) as caught:
        read_text(path)
    assert str(path) in str(caught.value)
    assert caught.value.fix


def test_a_missing_file_suggests_its_neighbours(tmp_path: Path) -> None:
    (tmp_path / "people.csv").write_text("a\n1\n")
    with pytest.raises(DataError, match="there is no file") as caught:
        read_text(tmp_path / "poeple.csv")
    assert "did you mean 'people.csv'?" in str(caught.value)


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="is a folder"):
        read_text(tmp_path)
