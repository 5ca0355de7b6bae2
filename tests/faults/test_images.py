"""Folders of pictures as they lie about on disks."""

from __future__ import annotations

import json

import numpy as np
import pytest
from PIL import Image


@pytest.fixture
def photos(tmp_path):
    """Two classes of six pictures."""
    generator = np.random.default_rng(0)
    for name in ("cat", "dog"):
        (tmp_path / "photos" / name).mkdir(parents=True)
        for number in range(6):
            pixels = generator.integers(0, 255, (8, 8, 3), dtype=np.uint8)
            Image.fromarray(pixels).save(tmp_path / "photos" / name / f"{number}.png")
    return tmp_path / "photos"


def test_broken_pictures_are_counted_and_named_or_stop_the_run(call, refused, photos):
    (photos / "cat" / "zero.png").touch()
    (photos / "dog" / "text.png").write_text("no picture")
    message = refused("run", photos, "--set", "data.broken_images=fail")
    assert "cat/zero.png cannot be read" in message
    assert "(and 1 more files)" in message
    code, _, err = call("run", photos)
    assert code == 0
    assert "2 image files could not be read and were skipped, the first: cat/zero.png" in err


def test_what_systems_leave_in_folders_is_no_picture_and_no_class(call, photos, tmp_path):
    for name in (".DS_Store", "cat/.DS_Store", "cat/Thumbs.db", "cat/._0.png", "desktop.ini"):
        (photos / name).write_text("x")
    (photos / "__MACOSX" / "cat").mkdir(parents=True)
    (photos / ".git").mkdir()
    code, _, err = call("run", photos)
    assert code == 0, err
    (run,) = (tmp_path / "runs").iterdir()
    record = json.loads((run / "exploration.json").read_text())
    assert [(each["name"], each["count"]) for each in record["target"]["classes"]] == [("cat", 6), ("dog", 6)]


def test_an_empty_class_is_named_in_the_part_where_it_is(refused, photos, tmp_path):
    for name in ("cat", "dog"):
        (tmp_path / "other" / name).mkdir(parents=True)
    (tmp_path / "other" / "cat" / "0.png").write_bytes((photos / "cat" / "0.png").read_bytes())
    assert "other: the folder 'dog' holds no images" in refused("run", photos, "--test", "other")


def test_pictures_too_small_for_the_network_leave_no_run(refused, photos):
    for path in photos.rglob("*.png"):
        Image.new("RGB", (1, 1)).save(path)
    assert "set data.size larger" in refused("run", photos, code=1)
