"""WAV files, spectrograms, and what a network sees of sounds."""

from __future__ import annotations

import struct
import wave

import numpy as np
import pytest
import torch
from scipy import signal

from glasshouse.core.errors import BundleError, DataError, SettingError
from glasshouse.data import divide, explore, fit_preparation, load, preparation_from_dict
from glasshouse.data.builtin.sounds import FORMANTS, RATE, sounds, vowel
from glasshouse.data.fingerprint import fingerprint
from glasshouse.data.settings import DataSettings, SoundSettings
from glasshouse.data.sound.spectrogram import Spectrogram, hertz, mel
from glasshouse.data.sound.wav import read_wav


def noise(count=3, length=2000, seed=0):
    return np.random.default_rng(seed).integers(-9000, 9000, (count, length)).astype(np.int16)


@pytest.mark.parametrize(("window", "hop"), [(256, 128), (200, 80), (255, 100)])
def test_the_short_time_fourier_transform_is_scipys(window, hop):
    waves = noise()
    found = Spectrogram("stft", 8000, 2000, window, hop, 0)(waves)
    _, _, theirs = signal.stft(
        waves / 32768, 8000, "hann", window, window - hop, boundary=None, padded=False, scaling="spectrum"
    )
    # scipy divides by the sum of the window; twice that is the amplitude of a sine
    expected = 10 * np.log10(np.maximum(np.abs(2 * theirs) ** 2, 1e-8))
    assert found.shape == expected.shape
    assert found == pytest.approx(expected, abs=2e-3)


@pytest.mark.parametrize("frequency", [500.0, 1000.0, 3000.0])
def test_a_sine_of_full_scale_has_zero_decibels_in_its_bin_and_half_of_it_six_less(frequency):
    time = np.arange(1024) / 8000
    sine = 32767 * np.sin(2 * np.pi * frequency * time)
    waves = np.stack([np.rint(sine), np.rint(sine / 2)]).astype(np.int16)
    found = Spectrogram("stft", 8000, 1024, 256, 256, 0)(waves)
    peak = int(frequency * 256 / 8000)
    assert found[0, peak] == pytest.approx(0.0, abs=0.01)
    assert found[1, peak] == pytest.approx(-6.02, abs=0.01)
    assert (found.argmax(axis=1) == peak).all()


def test_silence_is_eighty_decibels_down():
    found = Spectrogram.of(SoundSettings(), 8000, 1000)(np.zeros((1, 1000), dtype=np.int16))
    assert (found == -80).all()


def test_triangles_overlap_by_half_and_are_evenly_spaced_in_mel():
    weights = Spectrogram("log_mel", 16000, 16000, 2048, 512, 20).triangles()
    bins = np.arange(1025) * 16000 / 2048
    centres = hertz(np.linspace(0, mel(8000.0), 22)[1:-1])
    inside = (bins >= centres[0]) & (bins <= centres[-1])
    assert weights.sum(axis=0)[inside] == pytest.approx(1.0, abs=1e-6)
    assert bins[weights.argmax(axis=1)] == pytest.approx(centres, abs=8000 / 1024)
    assert np.diff(mel(centres)) == pytest.approx(np.full(19, mel(8000.0) / 21))
    assert mel(1000.0) == pytest.approx(2595 * np.log10(17 / 7))


def test_the_loudness_of_a_band_is_the_weighted_power_of_its_bins():
    waves = noise()
    by_bin = 10 ** (Spectrogram("stft", 8000, 2000, 256, 128, 0)(waves) / 10)
    made = Spectrogram("log_mel", 8000, 2000, 256, 128, 12)
    expected = 10 * np.log10(np.einsum("bk,nkm->nbm", made.triangles(), by_bin))
    assert made(waves) == pytest.approx(expected, abs=1e-2)


def test_bands_that_would_hold_no_frequency_are_refused():
    with pytest.raises(SettingError, match="of them hold no frequency") as caught:
        Spectrogram.of(SoundSettings(bands=128), 8000, 4000)
    assert caught.value.fix == "set data.sound.bands smaller, or data.sound.window longer"
    with pytest.raises(DataError, match="sounds of 100 samples, 12.5 ms"):
        Spectrogram.of(SoundSettings(), 8000, 100)


def write(path, values, rate=8000, width=2, channels=1):
    """Write samples, whole numbers of the width, as a WAV file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with wave.open(str(path), "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(width)
        file.setframerate(rate)
        flat = np.asarray(values).reshape(-1).tolist()
        if width == 1:
            file.writeframes(bytes(each + 128 for each in flat))
        else:
            file.writeframes(b"".join(int(each).to_bytes(width, "little", signed=True) for each in flat))


@pytest.mark.parametrize(("width", "scale"), [(1, 256), (2, 1), (3, 1 / 256), (4, 1 / 65536)])
def test_samples_of_every_width_are_those_that_scipy_reads(tmp_path, width, scale):
    top = 2 ** (8 * width - 1)
    values = [0, 1, -1, top - 1, -top, top // 3, -(top // 5)]
    write(tmp_path / "a.wav", values, width=width)
    samples, rate = read_wav(tmp_path / "a.wav")
    assert rate == 8000
    expected = np.clip(np.rint(np.array(values) * float(scale)), -32768, 32767)
    assert samples.tolist() == expected.tolist()
    if width == 2:
        from scipy.io import wavfile

        assert samples.tolist() == wavfile.read(tmp_path / "a.wav")[1].tolist()


def test_channels_are_mixed_to_their_mean(tmp_path):
    write(tmp_path / "a.wav", [[100, 300], [-50, 50]], channels=2)
    assert read_wav(tmp_path / "a.wav").samples.tolist() == [200, 0]


def compressed(path):
    """A WAV file of mu-law samples, as telephones make them."""
    path.parent.mkdir(parents=True, exist_ok=True)
    form = struct.pack("<HHIIHH", 7, 1, 8000, 8000, 1, 8)
    data = bytes(range(100))
    body = b"WAVEfmt " + struct.pack("<I", len(form)) + form + b"data" + struct.pack("<I", len(data)) + data
    path.write_bytes(b"RIFF" + struct.pack("<I", len(body)) + body)


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (compressed, "unknown format: 7"),
        (lambda path: path.write_bytes(b"RIFF"), "it ends too early"),
        (lambda path: path.write_bytes(b"not a sound at all, but words"), "RIFF"),
        (lambda path: write(path, []), "holds 0 bytes"),
    ],
    ids=["compressed", "cut", "words", "empty"],
)
def test_files_that_are_no_plain_samples_are_refused_with_what_to_do(tmp_path, make, told):
    make(tmp_path / "a.wav")
    with pytest.raises(DataError, match=told) as caught:
        read_wav(tmp_path / "a.wav")
    assert "sample" in caught.value.expected
    assert caught.value.fix.startswith(("convert it", "check the file"))


@pytest.fixture
def folder(tmp_path):
    for name, tone in (("low", 300), ("high", 2000)):
        for number in range(8):
            time = np.arange(3000 + 200 * number) / 8000
            write(tmp_path / "all" / name / f"{number}.wav", np.rint(9000 * np.sin(2 * np.pi * tone * time)))
    return tmp_path / "all"


def test_a_folder_with_a_folder_of_wav_files_per_class(folder):
    raw = load(DataSettings(source=str(folder)))
    assert raw.kind == "sounds"
    assert raw.target.classes == ("high", "low")
    assert raw.values.shape == (16, 4400)
    assert raw.rate == 8000
    assert raw.files[0] == "high/0.wav"
    assert not raw.values[0, 3000:].any(), "what is short ends in silence"
    assert raw.notes == (
        "sounds are 0.375 to 0.55 s long; each was brought to 0.55 s: 14 filled up with silence",
    )
    short = load(DataSettings(source=str(folder), sound={"seconds": 0.4}))
    assert short.values.shape == (16, 3200)
    assert fingerprint(raw) != fingerprint(short)


def test_a_test_folder_beside_the_training_folder(folder):
    root = folder.parent / "parts"
    (root / "train").parent.mkdir()
    folder.rename(root / "train")
    write(root / "test" / "low" / "a.wav", np.ones(3000))
    raw = load(DataSettings(source=str(root)))
    assert raw.given_test.tolist() == [False] * 16 + [True]
    write(root / "test" / "middle" / "a.wav", np.ones(3000))
    with pytest.raises(DataError, match="the test part has the class 'middle'"):
        load(DataSettings(source=str(root)))


def test_another_sampling_rate_is_refused_with_the_command_that_mends_it(folder):
    write(folder / "low" / "9.wav", np.ones(3000), rate=44100)
    with pytest.raises(DataError, match=r"9.wav has 44,100 samples per second") as caught:
        load(DataSettings(source=str(folder)))
    assert caught.value.expected == "8,000 samples per second, as 0.wav has"
    assert caught.value.fix == "convert it: ffmpeg -i 9.wav -ar 8000 -c:a pcm_s16le NEW.wav"


def test_folders_without_sounds_or_without_classes_are_refused(folder):
    (folder / "empty").mkdir()
    with pytest.raises(DataError, match="the folder 'empty' holds no WAV files"):
        load(DataSettings(source=str(folder)))
    with pytest.raises(DataError, match=r"is a \.wav file"):
        load(DataSettings(source=str(folder / "low" / "0.wav")))
    with pytest.raises(SettingError, match="data.window = 5 for sounds"):
        load(DataSettings(source="sounds", window=5))


@pytest.mark.parametrize("steps", [False, True])
def test_every_band_of_the_training_part_has_mean_zero_and_spread_one(steps):
    settings = DataSettings(source="sounds")
    raw = load(settings)
    rows = divide(raw, settings.split, seed=0).train
    preparation = fit_preparation(raw, rows, settings, steps)
    prepared = preparation.transform(raw.take(rows))
    assert prepared.shape[1:] == preparation.input_shape == ((30, 32) if steps else (1, 32, 30))
    axes = (0, 1) if steps else (0, 1, 3)
    assert prepared.mean(axis=axes) == pytest.approx(np.zeros(32), abs=1e-3)
    assert prepared.std(axis=axes) == pytest.approx(np.ones(32), abs=1e-3)
    again = preparation_from_dict(preparation.to_dict())
    assert np.array_equal(again.transform(raw.take(rows[:5])), prepared[:5])


def test_steps_are_the_moments_of_the_same_spectrogram():
    settings = DataSettings(source="sounds")
    raw = load(settings)
    rows = np.arange(50)
    picture, steps = (fit_preparation(raw, rows, settings, each) for each in (False, True))
    some = raw.take(rows)
    assert np.array_equal(picture.transform(some)[:, 0].transpose(0, 2, 1), steps.transform(some))


def test_arrays_files_and_folders_are_read_to_be_predicted(folder):
    settings = DataSettings(source=str(folder))
    raw = load(settings)
    preparation = fit_preparation(raw, np.arange(16), settings)
    from_file = preparation.read(folder / "low" / "2.wav")
    row = raw.files.index("low/2.wav")
    assert np.array_equal(from_file.values[0], raw.values[row])
    assert len(preparation.read(str(folder))) == 16
    floats = raw.values[row] / 32768
    assert np.array_equal(preparation.read(floats).values[0], raw.values[row])
    with pytest.raises(BundleError, match="samples up to 3.28e"):
        preparation.read(floats * 1e4 * 3.28 / np.abs(floats).max())
    with pytest.raises(BundleError, match=r"an array of shape \(2, 3, 4\)"):
        preparation.read(np.zeros((2, 3, 4)))
    with pytest.raises(DataError, match="does not exist"):
        preparation.read(folder / "none.wav")


@pytest.mark.parametrize(
    "change", [{"spread": [0.0] * 32}, {"centre": [1.0]}, {"form": "mfcc"}, {"rate": None}]
)
def test_a_preparation_that_was_changed_is_refused(change):
    settings = DataSettings(source="sounds")
    raw = load(settings)
    state = fit_preparation(raw, np.arange(20), settings).to_dict()
    with pytest.raises(BundleError, match="a stored preparation of sounds is damaged"):
        preparation_from_dict({**state, **change})


def test_other_scalings_are_refused():
    settings = DataSettings(source="sounds", prepare={"scaling": "quantile"})
    with pytest.raises(SettingError, match="data.prepare.scaling = 'quantile' for sounds"):
        fit_preparation(load(settings), np.arange(9), settings)


@pytest.mark.parametrize(("name", "valley"), [("vowel i", 1200), ("vowel e", 1150), ("vowel a", 1850)])
def test_vowels_have_their_formants(name, valley):
    generator = np.random.default_rng(0)
    waves = [vowel(name, generator) for _ in range(40)]
    frequencies, power = signal.welch(np.stack(waves), RATE, nperseg=512)
    mean = (power / power.sum(axis=1, keepdims=True)).mean(axis=0)
    second = FORMANTS[name][1] * 1.035  # mouths differ, and are a little smaller on average

    def around(frequency):
        return mean[np.abs(frequencies - frequency) < 150].mean()

    assert around(second) > 4 * around(valley)


def test_the_sounds_are_a_hundred_of_each_class_and_none_is_clipped():
    raw = sounds(DataSettings(source="sounds"))
    assert np.bincount(raw.target.values).tolist() == [100] * 11
    assert np.abs(raw.values).max() < 32767


def test_what_is_explored_has_a_spectrogram_for_each_sound_that_is_shown(folder):
    settings = DataSettings(source=str(folder))
    raw = load(settings)
    found = explore(raw, divide(raw, settings.split, seed=0))
    facts = dict(found.record["images"]["facts"])
    assert facts["length"] == "0.55 s: 4,400 samples at 8,000 per second"
    shown = found.record["images"]["samples"]
    assert {each["class"] for each in shown} == {"low", "high"}
    low, high = (
        found.pictures[next(each["picture"] for each in shown if each["class"] == name)]
        for name in ("low", "high")
    )
    assert low.dtype == np.uint8
    assert low.mean(axis=1).argmax() > high.mean(axis=1).argmax(), "low pitch lies at the bottom"


def test_spectrograms_take_the_same_time_steps_as_torch_counts():
    made = Spectrogram.of(SoundSettings(window=25, hop=10, bands=20), 16000, 16000)
    assert (made.window, made.hop, made.frames) == (400, 160, 98)
    assert made(np.zeros((2, 16000), np.int16)).shape == (2, 20, 98)
    assert torch.hann_window(400, periodic=True)[0] == 0
