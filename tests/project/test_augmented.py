"""Random changes on the whole road: both sides are moved, shown in the report, and go on after a stop."""

from __future__ import annotations

import json

import numpy as np
import pytest
import torch
from PIL import Image

import glasshouse as gh
from glasshouse.core.errors import SettingError
from glasshouse.data.images.image_preparation import ImagePreparation
from glasshouse.data.parts import Part
from glasshouse.data.settings import AugmentSettings
from glasshouse.data.sound.sound_preparation import SoundPreparation
from glasshouse.data.sound.spectrogram import FLOOR, Spectrogram
from glasshouse.data.video.video_preparation import VideoPreparation
from glasshouse.experiment.augmenting import (
    FOR_PICTURES,
    FOR_SOUNDS,
    OF_PICTURES,
    OF_SOUNDS,
    OF_VIDEOS,
    augmenter,
)
from glasshouse.training.batches import InMemoryBatches

from ..report.page import Page
from .test_sequences import cut_off

MOVED = {"flip_horizontal": True, "shift": 0.1, "rotate": 15.0, "zoom": 0.1, "crop": 0.2}
UNET = {"name": "unet", "width": 0.0625, "depth": 1}
PICTURES = ImagePreparation("none", (3, 8, 8), [0.0] * 3, [1.0] * 3)
SOUNDS = SoundPreparation(Spectrogram("log_mel", 8000, 4000, 256, 80, 16), [-40.0] * 16, [10.0] * 16, False)
VIDEOS = VideoPreparation(4, PICTURES)


def experiment(data, model):
    return gh.Experiment(
        data={"most_rows": 90, **data},
        model=model,
        training={"epochs": 3, "batch_size": 16},
        output={"bundle": False},
    )


CASES = {
    "segmentation": experiment({"source": "shapes", "augment": {**MOVED, "brightness": 0.3}}, UNET),
    "image_to_image": experiment(
        {"source": "scenes", "degrade": {"kind": "shrink"}, "augment": {**MOVED, "erase": 0.1}},
        {"name": "espcn", "width": 0.125},
    ),
    "detection": experiment(
        {"source": "shapes", "task": "detection", "augment": {**MOVED, "contrast": 0.3}},
        {"name": "grid_detector", "width": 0.125},
    ),
    "sounds": experiment(
        {
            "source": "sounds",
            "augment": {"time_shift": 0.2, "gain": 6, "time_mask": 0.2, "frequency_mask": 0.2},
        },
        {"name": "cnn"},
    ),
    "videos": experiment(
        {"source": "motions", "augment": {"shift": 0.2, "noise": 0.1, "flip_time": True}}, {"name": "cnn3d"}
    ),
}


@pytest.fixture(scope="module", params=list(CASES))
def run(request, tmp_path_factory):
    return gh.run(CASES[request.param], out=tmp_path_factory.mktemp(request.param), observers=[])


def test_it_trains_and_the_report_shows_what_is_moved_on_both_sides(run):
    page = run.report.read_text()
    record = json.loads((run.path / "augmentation.json").read_text())
    pair = record["task"] in ("segmentation", "image_to_image", "detection")
    assert len(record["rows"]) == 6
    for row in record["rows"]:
        assert ("targets" in row) == pair
        first, *changed = (np.asarray(Image.open(run.path / path)) for path in row["inputs"])
        assert len(changed) == 3
        assert any(not np.array_equal(each, first) for each in changed)
    assert "each as it is, and behind it as it may be shown" in page
    assert ("Below each, " in page) == pair
    shown = [each for each in Page(page).all("img") if "changed" in each.get("alt", "")]
    assert len(shown) == 6 * 3 * (2 if pair else 1)
    assert all(each["src"].startswith("data:image/") for each in shown)
    assert "unexpected form" not in page


def test_a_stopped_run_goes_on_bit_for_bit(run, tmp_path):
    resumed = cut_off(run.experiment, tmp_path, 9)  # in the third epoch, two steps behind a checkpoint
    assert resumed.history.equals(run.history)
    one, other = (each.network.state_dict() for each in (resumed, run))
    assert all(torch.equal(one[name], other[name]) for name in one)


def test_the_same_seed_shows_the_same_pictures_and_another_seed_others(tmp_path):
    settings = CASES["segmentation"].replace(output={"bundle": False, "report": False})
    found = []
    for place, seed in enumerate((0, 0, 1)):
        made = gh.run(settings.replace(seed=seed), out=tmp_path / str(place), observers=[])
        found.append((made.path / "augmented" / "targets-0-1.png").read_bytes())
    assert found[0] == found[1]
    assert found[0] != found[2]


def test_what_is_drawn_for_a_batch_depends_on_its_epoch_and_place_alone():
    chance = torch.Generator().manual_seed(0)
    part = Part(
        torch.rand(8, 3, 8, 8, generator=chance), torch.arange(8 * 64).view(8, 8, 8) % 3, np.arange(8)
    )
    augment = augmenter(AugmentSettings(flip_horizontal=True, shift=0.3), PICTURES, "segmentation")
    batches = InMemoryBatches(part, 4, augment=augment)
    epochs = [[each for step in batches.epoch(number) for each in step] for number in (0, 0, 1)]
    again = [each for step in batches.epoch(0, start=1) for each in step]
    for one, other in zip(epochs[0], epochs[1], strict=True):
        assert torch.equal(one.inputs, other.inputs)
        assert torch.equal(one.targets, other.targets)
    assert torch.equal(again[0].targets, epochs[0][1].targets)
    assert not torch.equal(epochs[0][0].targets, epochs[2][0].targets)
    assert epochs[0][0].targets.dtype == torch.int64


def wrong(name):
    return AugmentSettings.read({name: True if name.startswith("flip") else 0.2})


@pytest.mark.parametrize("name", sorted(FOR_SOUNDS))
def test_every_change_that_is_for_pictures_is_refused_for_sounds_with_what_to_do(name):
    with pytest.raises(SettingError, match=rf"data\.augment\.{name} for sounds") as told:
        augmenter(wrong(name), SOUNDS, "classification")
    assert FOR_SOUNDS[name] in str(told.value)
    assert "one of time_shift, gain, noise, time_mask, frequency_mask" in str(told.value)


@pytest.mark.parametrize("name", sorted(FOR_PICTURES))
def test_every_change_that_is_for_sounds_is_refused_for_pictures_with_what_to_do(name):
    with pytest.raises(SettingError, match=rf"data\.augment\.{name} for pictures") as told:
        augmenter(wrong(name), PICTURES, "classification")
    assert FOR_PICTURES[name] in str(told.value)
    if name != "flip_time":
        with pytest.raises(SettingError, match=rf"data\.augment\.{name} for videos"):
            augmenter(wrong(name), VIDEOS, "classification")


def test_every_setting_is_for_something_and_says_what_to_do_where_it_is_not():
    every = set(AugmentSettings.model_fields) - {"masks"}
    assert every == set(OF_PICTURES) | set(OF_SOUNDS) | set(OF_VIDEOS)
    assert set(FOR_SOUNDS) == every - set(OF_SOUNDS)
    assert set(FOR_PICTURES) == every - set(OF_PICTURES)


@pytest.mark.parametrize("name", ["brightness", "contrast"])
def test_light_is_not_changed_where_light_is_what_comes_out(name):
    with pytest.raises(SettingError, match="levels that are to come out would stay behind"):
        augmenter(wrong(name), PICTURES, "image_to_image")
    assert augmenter(wrong(name), PICTURES, "segmentation")


def test_masks_alone_change_nothing():
    assert not AugmentSettings(masks=3).active
    assert AugmentSettings(time_mask=0.1).active


def test_silence_after_preparation_is_the_floor_of_every_band():
    assert SOUNDS.silence.tolist() == pytest.approx([(FLOOR + 40) / 10] * 16)
