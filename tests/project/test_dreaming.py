"""Dreaming with runs and bundles: pixels in, pixels out."""

from __future__ import annotations

import json

import numpy as np
import pytest
import torch
from PIL import Image

import glasshouse as gh
from glasshouse.cli.app import execute
from glasshouse.core.errors import DataError, ModelError, SettingError, UnknownNameError, UsageError
from glasshouse.project.deconvolving import deconvolved
from glasshouse.project.dreaming import read_pixels, sleeper_of

BLACK = np.zeros((9, 9), np.uint8)


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A small network that knows digits."""
    experiment = gh.Experiment(
        data="digits",
        model={"name": "cnn", "widths": [8, 16]},
        training={"epochs": 20},
        output={"report": False, "onnx": False},
    )
    return gh.run(experiment, out=tmp_path_factory.mktemp("runs"), observers=[])


@pytest.fixture
def photo(tmp_path):
    """A grey square on black, as a colour file."""
    pixels = np.zeros((40, 32, 3), dtype=np.uint8)
    pixels[10:30, 8:24] = 140
    path = tmp_path / "photo.png"
    Image.fromarray(pixels).save(path)
    return path


def test_a_trained_network_dreams_into_a_photo(run, photo):
    found = gh.dream(run, photo, layer="conv2", octaves=2, steps=4, jitter=2)
    assert found.pixels.shape == (40, 32)
    assert found.pixels.dtype == np.uint8
    assert found.dream.scores[-1][-1] > found.dream.scores[-1][0]


def test_run_folder_and_bundle_dream_alike(run, photo):
    made = [
        gh.dream(source, photo, layer="conv2", octaves=1, steps=2).pixels
        for source in (run, run.path, run.bundle, gh.load(run.bundle, backend="torch"))
    ]
    for each in made[1:]:  # sums in another order may round a level the other way
        assert np.abs(each.astype(int) - made[0].astype(int)).max() <= 1


def test_pixels_go_in_and_come_out_unchanged(run, photo):
    sleeper = sleeper_of(run)
    levels = read_pixels(photo, 1, None)
    assert np.array_equal(sleeper.pixels(sleeper.prepared(levels)), levels)
    black, white = sleeper.levels
    assert torch.allclose(black, sleeper.prepared(np.zeros((1, 1), np.uint8)), atol=1e-6)
    assert torch.allclose(white, sleeper.prepared(np.full((1, 1), 255, np.uint8)), atol=1e-6)


def test_a_class_drawn_from_noise_excites_its_output(run):
    grey = np.full((8, 8), 127, dtype=np.uint8)
    sleeper, network = sleeper_of(run), run.network.eval()
    for number in (1, 3):
        found = gh.dream(run, unit=str(number))
        pictures = torch.stack([sleeper.prepared(each) for each in (grey, found.pixels)])
        with torch.no_grad():
            before, after = network(pictures)[:, number].tolist()
        assert after > before + 1
        assert found.pixels.shape == (8, 8)


def test_a_unit_of_a_layer_is_drawn_in_the_size_asked_for(run):
    assert gh.dream(run, unit=1, layer="conv1", size=20, octaves=2, steps=3).pixels.shape == (20, 20)


def test_a_guide_changes_the_dream(run, photo):
    alone = gh.dream(run, photo, layer="conv2", octaves=1, steps=3)
    stripes = np.tile(np.array([0, 255], np.uint8), (16, 8))
    guided = gh.dream(run, photo, layer="conv2", guide=stripes, octaves=1, steps=3)
    assert not np.array_equal(alone.pixels, guided.pixels)


def test_pictures_are_read_in_the_colour_and_size_asked_for(photo):
    assert read_pixels(photo, 3, None).shape == (40, 32, 3)
    assert read_pixels(photo, 1, 20).shape == (20, 16)
    assert read_pixels(Image.open(photo), 1, None).shape == (40, 32)
    large = np.zeros((600, 30), np.uint8)
    assert read_pixels(large, 1, None).shape == (512, 26)
    assert read_pixels(large[:, :, None], 3, 600).shape == (600, 30, 3)


def test_the_command_writes_a_picture_and_tells_what_rose(run, photo, tmp_path, capsys):
    out = tmp_path / "dream.png"
    arguments = ["dream", str(run.path), "--image", str(photo), "--layer", "conv2", "--octaves", "2"]
    assert execute([*arguments, "--steps", "3", "--out", str(out), "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["sizes"] == [[29, 23], [40, 32]]
    with Image.open(out) as made:
        assert made.size == (32, 40)
    assert (
        execute(["dream", str(run.path), "--class", "7", "--steps", "2", "--out", str(out), "--quiet"]) == 0
    )
    assert "class 7" in capsys.readouterr().out


def test_an_activation_is_projected_back_beside_its_picture(run, photo, tmp_path, capsys):
    found = deconvolved(run, photo, "conv2", unit=3)
    assert found.pixels.shape == (40, 2 * 32 + 2)
    assert np.array_equal(found.pixels[:, :32], read_pixels(photo, 1, None))
    outside = np.ones((40, 32), dtype=bool)
    top, bottom, left, right = found.projection.field
    outside[top:bottom, left:right] = False
    assert set(found.pixels[:, 34:][outside]) == {128}  # grey: nothing came from there
    out = tmp_path / "behind.png"
    arguments = ["dream", str(run.path), "--layer", "conv2", "--unit", "3", "--deconvolve", "--out", str(out)]
    assert execute([*arguments, "--image", str(photo), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["value"] == pytest.approx(found.projection.value, rel=1e-4)
    assert execute(arguments) == 2
    assert "--deconvolve without a picture" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("given", "error", "said"),
    [
        ({}, UsageError, "neither a picture nor a unit"),
        ({"unit": "eleven"}, UnknownNameError, "eleven"),
        ({"unit": 99}, SettingError, "unit = 99 of a layer with 10"),
        ({"unit": 1, "octave": 3}, SettingError, "did you mean 'octaves'"),
        ({"image": np.zeros((4, 4), np.float32)}, DataError, "type float32"),
        ({"image": "no-such-file.png"}, DataError, "no-such-file.png cannot be read"),
        ({"image": BLACK, "unit": 0, "guide": BLACK}, SettingError, "unit and guide"),
    ],
)  # fmt: skip
def test_what_cannot_be_dreamt_is_told(run, given, error, said):
    settings = {"octaves": 1, **given} if "octave" not in given else given
    with pytest.raises(error, match=said):
        gh.dream(run, **settings)


def test_networks_without_pictures_are_told(tmp_path):
    with pytest.raises(ModelError, match="whose first convolution takes no picture"):
        gh.dream(gh.models.mlp(4, 3), np.zeros((9, 9), np.uint8))
    experiment = gh.Experiment(data="iris", training={"epochs": 1}, output={"report": False, "bundle": False})
    made = gh.run(experiment, out=tmp_path, observers=[])
    with pytest.raises(UsageError, match="a network that takes no pictures"):
        gh.dream(made, np.zeros((9, 9), np.uint8))


def test_a_dream_is_written_as_png_only(run, tmp_path):
    found = gh.dream(run, unit=1, octaves=1, steps=1)
    with pytest.raises(UsageError, match=r"ends in \.png"):
        found.save(tmp_path / "dream.jpg")
    assert "of 'class 1'" in repr(found)
