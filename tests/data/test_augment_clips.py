"""Random changes to sounds and videos: what they do to spectrograms and frames."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from glasshouse.data.images.augment import Augmenter
from glasshouse.data.settings import AugmentSettings
from glasshouse.data.sound.augment import SoundAugmenter, amplify, mask, move
from glasshouse.data.sound.spectrogram import FLOOR, Spectrogram
from glasshouse.data.video.augment import VideoAugmenter

SPECTROGRAM = Spectrogram("log_mel", rate=8000, length=4000, window=256, hop=80, bands=16)
SILENCE, SPREAD = torch.full((16,), FLOOR), torch.ones(16)
ALL = AugmentSettings(time_shift=0.3, gain=6, noise=0.1, time_mask=0.3, frequency_mask=0.3, masks=2)


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def samples(level: float = 0.2) -> np.ndarray:
    """Three chirps, as samples."""
    time = np.arange(4000) / 8000
    waves = [np.sin(2 * np.pi * (300 * each + 900 * time) * time) for each in (1, 2, 3)]
    return np.stack([level * wave for wave in waves])


def heard(waves: np.ndarray) -> torch.Tensor:
    return torch.from_numpy(SPECTROGRAM(np.round(32768 * waves).astype(np.int16)))


def test_a_gain_in_decibels_is_that_of_the_samples():
    quiet, loud = heard(samples(0.1)), heard(samples(0.4))
    louder = amplify(quiet, torch.full((3, 1, 1), 20 * float(np.log10(4))), SILENCE.view(1, -1, 1))
    clear = quiet > -60  # below, the rounding of samples to 16 bits is heard
    assert clear.float().mean() > 0.1
    torch.testing.assert_close(louder[clear], loud[clear], rtol=0, atol=0.2)


def test_silence_stays_silence_and_nothing_falls_below_it():
    sounds = torch.full((2, 16, 5), FLOOR)
    sounds[:, :, 2] = -30.0
    by = torch.tensor([12.0, -60.0]).view(2, 1, 1)
    changed = amplify(sounds, by, SILENCE.view(1, -1, 1))
    assert (changed[:, :, [0, 1, 3, 4]] == FLOOR).all()
    assert (changed[0, :, 2] == -18).all()
    assert (changed[1, :, 2] == FLOOR).all()


@pytest.mark.parametrize("moments", [3, -4])
def test_moving_by_moments_is_moving_the_samples_by_as_many_hops(moments: int):
    waves, hops = samples(), abs(moments) * SPECTROGRAM.hop
    later = np.zeros_like(waves)
    if moments > 0:
        later[:, hops:] = waves[:, :-hops]
    else:
        later[:, :-hops] = waves[:, hops:]
    moved = move(heard(waves), torch.full((3,), moments), SILENCE.view(1, -1, 1))
    wanted = heard(later)
    # windows that reach over the edge of the sound hold a part of it
    over = 256 // 80 + 1
    inner = slice(moments + over, None) if moments > 0 else slice(None, moments - over)
    torch.testing.assert_close(moved[:, :, inner], wanted[:, :, inner], rtol=0, atol=1e-3)
    edge = moved[:, :, :moments] if moments > 0 else moved[:, :, moments:]
    assert (edge == FLOOR).all()


@pytest.mark.parametrize(("axis", "size", "name"), [(1, 16, "frequency_mask"), (2, 40, "time_mask")])
def test_masks_have_every_width_up_to_the_largest_and_hide_whole_lines(axis: int, size: int, name: str):
    sounds = torch.randn(3000, 16, 40, generator=seeded(1))
    hidden = mask(sounds, 0.25, axis, seeded())
    lines = hidden.any(dim=3 - axis)
    assert torch.equal(hidden, lines.unsqueeze(3 - axis).expand_as(hidden))
    widths = lines.sum(dim=1)
    counted = torch.bincount(widths, minlength=size // 4 + 1)
    assert len(counted) == size // 4 + 1
    assert counted.min() > 0.6 * 3000 / len(counted)
    begins = (lines[:, 1:] & ~lines[:, :-1]).sum(dim=1) + lines[:, 0]
    assert (begins <= 1).all()  # one piece each
    assert lines.any(dim=0).all()  # everywhere
    settings = AugmentSettings.read({name: 0.25})
    changed = SoundAugmenter(settings, SILENCE, SPREAD)(sounds.unsqueeze(1), seeded())[:, 0]
    assert torch.equal(changed[~hidden], sounds[~hidden])
    means = sounds.mean(dim=(1, 2), keepdim=True).expand_as(sounds)
    assert torch.equal(changed[hidden], means[hidden])


def test_two_masks_hide_more_than_one():
    sounds = torch.randn(500, 1, 16, 40, generator=seeded(1))
    shares = []
    for masks in (1, 3):
        settings = AugmentSettings(time_mask=0.3, masks=masks)
        changed = SoundAugmenter(settings, SILENCE, SPREAD)(sounds, seeded())
        shares.append(float((changed != sounds).float().mean()))
    assert shares[1] > 2 * shares[0]


def test_sounds_as_steps_are_changed_as_pictures_of_them_are():
    sounds = torch.randn(8, 1, 16, 40, generator=seeded(1))
    spread, silence = torch.linspace(5, 9, 16), torch.linspace(-4, -3, 16)
    settings = AugmentSettings.read({**ALL.model_dump(), "noise": 0.0})
    as_pictures = SoundAugmenter(settings, silence, spread)(sounds, seeded())
    steps = sounds[:, 0].transpose(1, 2).contiguous()
    as_steps = SoundAugmenter(settings, silence, spread, steps=True)(steps, seeded())
    assert torch.equal(as_steps.transpose(1, 2), as_pictures[:, 0])
    assert as_steps.is_contiguous()


def test_a_gain_reaches_every_band_by_as_many_decibels():
    sounds = torch.zeros(200, 1, 16, 40)
    spread = torch.linspace(2, 9, 16)
    changed = SoundAugmenter(AugmentSettings(gain=6), torch.full((16,), -30.0), spread)(sounds, seeded())
    decibels = changed * spread.view(1, 1, 16, 1)
    assert torch.allclose(decibels, decibels[:, :, :1, :1].expand_as(decibels), atol=1e-5)
    assert 5.5 < float(decibels.max()) <= 6
    assert -6 <= float(decibels.min()) < -5.5


@pytest.mark.parametrize("kind", ["sounds", "videos"])
def test_chance_comes_from_the_generator_alone(kind: str):
    if kind == "sounds":
        augment, batch = SoundAugmenter(ALL, SILENCE, SPREAD), torch.randn(4, 1, 16, 40)
    else:
        settings = AugmentSettings(flip_time=True, rotate=20, shift=0.2, crop=0.2, noise=0.1, erase=0.2)
        augment, batch = VideoAugmenter(settings, torch.zeros(3)), torch.rand(4, 5, 3, 8, 8)
    before, given = torch.get_rng_state(), batch.clone()
    first = augment(batch, seeded(3))
    assert torch.equal(torch.get_rng_state(), before)
    assert torch.equal(batch, given)
    assert torch.equal(augment(batch, seeded(3)), first)
    assert not torch.equal(augment(batch, seeded(4)), first)
    assert first.shape == batch.shape


def test_all_frames_of_a_video_are_moved_alike():
    picture = torch.rand(6, 1, 3, 12, 12, generator=seeded(1))
    still = picture.expand(-1, 5, -1, -1, -1)
    settings = AugmentSettings(
        flip_horizontal=True,
        rotate=30,
        zoom=0.2,
        shift=0.2,
        crop=0.3,
        contrast=0.3,
        brightness=0.3,
        erase=0.3,
    )
    changed = VideoAugmenter(settings, torch.zeros(3))(still, seeded())
    assert torch.allclose(changed, changed[:, :1].expand_as(changed), atol=1e-6)
    assert not torch.allclose(changed, still, atol=0.1)
    # a still video is moved as its picture is
    moving = AugmentSettings.read({**settings.model_dump(), "contrast": 0.0, "brightness": 0.0})
    alone = Augmenter(moving, torch.zeros(3))(picture[:, 0], seeded())
    assert torch.allclose(VideoAugmenter(moving, torch.zeros(3))(still, seeded())[:, 2], alone, atol=1e-6)


def test_half_of_the_videos_run_backwards_and_only_where_it_is_asked_for():
    videos = torch.arange(5.0).view(1, 5, 1, 1, 1).expand(2000, 5, 1, 2, 2)
    changed = VideoAugmenter(AugmentSettings(flip_time=True), torch.zeros(1))(videos, seeded())
    first = changed[:, 0, 0, 0, 0]
    assert set(first.tolist()) == {0.0, 4.0}
    assert 0.46 < float((first == 4).float().mean()) < 0.54
    assert torch.equal(changed[:, :, 0, 0, 0].sort(dim=1).values, videos[:, :, 0, 0, 0])
    other = VideoAugmenter(AugmentSettings(flip_horizontal=True), torch.zeros(1))(videos, seeded())
    assert torch.equal(other[:, :, 0, 0, 0], videos[:, :, 0, 0, 0])
