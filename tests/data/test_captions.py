"""Captions: pictures of a table, words of the training part, all captions of a picture in one part."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from glasshouse.core.errors import DataError, UsageError
from glasshouse.data import assemble, divide, fit_preparation, load, preparation_from_dict
from glasshouse.data.fingerprint import fingerprint
from glasshouse.data.settings import DataSettings
from glasshouse.data.text.pair_preparation import END


@pytest.fixture(scope="module")
def table(tmp_path_factory):
    """Twenty pictures with two captions each, one file missing."""
    folder = tmp_path_factory.mktemp("captions")
    (folder / "pictures").mkdir()
    lines = ["picture,caption", "pictures/gone.png,a ghost"]
    for place in range(20):
        shade = 10 * place
        Image.new("RGB", (12, 10), (shade, 0, 255 - shade)).save(folder / "pictures" / f"{place}.png")
        lines += [f"pictures/{place}.png,picture number {place}", f"pictures/{place}.png,the {place}"]
    (folder / "table.csv").write_text("\n".join(lines))
    return folder / "table.csv"


def settings(table, **data):
    return DataSettings(**{"source": str(table), "target": "caption", "task": "captioning", **data})


def test_pictures_stand_beside_their_captions_and_missing_ones_are_told(table):
    raw = load(settings(table))
    assert raw.pixels.shape == (40, 3, 10, 12)
    assert raw.captions.tolist()[:3] == ["picture number 0", "the 0", "picture number 1"]
    assert raw.pixels[2, :, 0, 0].tolist() == [10, 0, 245]
    assert raw.files[1] == "pictures/0.png"
    assert "1 of 21 image files could not be read" in raw.notes[-1]
    with pytest.raises(DataError, match=r"gone\.png cannot be read"):
        load(settings(table, broken_images="fail"))


def test_all_captions_of_a_picture_stay_in_one_part(table):
    chosen = settings(table)
    raw = load(chosen)
    split = divide(raw, chosen.split, 0)
    parts = [{raw.files[row] for row in rows} for rows in (split.train, split.validation, split.test)]
    assert not parts[0] & parts[1]
    assert not (parts[0] | parts[1]) & parts[2]


def test_captions_end_and_come_back_as_text(table):
    chosen = settings(table)
    raw = load(chosen)
    split = divide(raw, chosen.split, 0)
    preparation = fit_preparation(raw, split.train, chosen)
    prepared = assemble(raw, split, preparation, "captioning")
    assert prepared.input_shape == (3, 10, 12)
    assert ((prepared.train.targets == END).sum(dim=1) == 1).all()
    again = preparation_from_dict(preparation.to_dict())
    np.testing.assert_array_equal(again.transform(raw), preparation.transform(raw))
    row = int(split.train[0])
    assert again.text(again.captions(raw)[row].tolist()) == raw.captions[row]


def test_other_captions_are_other_data(table):
    raw = load(settings(table))
    assert fingerprint(raw) != fingerprint(raw.take(np.arange(len(raw))[::-1]))
    assert raw.take(np.array([1])).captions.tolist() == ["the 0"]


def test_rows_of_numbers_have_captions_too():
    frame = {
        "height": [1.5, 2.5] * 10,
        "weight": [3.5, 9.0, 4.5, 8.0] * 5,
        "text": ["small one", "big one"] * 10,
    }
    chosen = DataSettings(source="memory", target="text", task="captioning")
    raw = load(chosen, frame)
    assert raw.frame.columns == ["height", "weight"]
    preparation = fit_preparation(raw, np.arange(20), chosen)
    assert preparation.input_shape == (2,)
    assert preparation_from_dict(preparation.to_dict()).text([4, END]) == "one"
    with pytest.raises(UsageError, match="no target is named"):
        load(chosen.replace(target=None), frame)


def test_generated_captions_name_the_upper_and_the_left_shape_first():
    raw = load(DataSettings(source="captioned-shapes"))
    assert raw.pixels.shape == (4000, 3, 32, 32)
    place = next(
        row for row, text in enumerate(raw.captions) if text == "a large red circle above a large blue square"
    )
    red, blue = raw.pixels[place, 0].astype(int), raw.pixels[place, 2].astype(int)
    shown = np.abs(red - blue) > 60
    upper, lower = red[:16][shown[:16]].mean(), blue[16:][shown[16:]].mean()
    assert upper > 150
    assert lower > 150
    assert len(set(raw.captions.tolist())) > 600
