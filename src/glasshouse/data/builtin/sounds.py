"""Sounds made by formulas: tones, glides, noises, and vowels by a source and its formants."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from glasshouse.core.seeds import numpy_stream
from glasshouse.data.raw import RawClips, Target
from glasshouse.data.settings import DataSettings

RATE, LENGTH, EACH = 8000, 4000, 100
"""Samples per second, samples of a sound, and sounds of each class."""
FORMANTS = {
    "vowel a": (730.0, 1090.0, 2440.0),
    "vowel e": (530.0, 1840.0, 2480.0),
    "vowel i": (270.0, 2290.0, 3010.0),
    "vowel o": (570.0, 840.0, 2410.0),
    "vowel u": (300.0, 870.0, 2240.0),
}
"""Resonances of the mouth in hertz, the means of men in Peterson and Barney 1952."""
BANDWIDTHS = (80.0, 100.0, 140.0)
CLASSES = ("tone", "rising", "falling", "trill", "clicks", "noise", *FORMANTS)

Wave = NDArray[np.float64]


def sounds(_settings: DataSettings) -> RawClips:
    """1,100 sounds of half a second at 8,000 samples per second, a hundred of each of eleven classes.

    No person spoke: the vowels are pulses through three resonators, and stand in for speech. Pitch, loudness,
    beginning, length, the size of the mouth and the noise behind it differ from sound to sound.

    Source:
        Peterson and Barney 1952, Control methods used in a study of the vowels; Klatt 1980, Software for a
        cascade/parallel formant synthesizer.

    Example:
        >>> found = sounds(DataSettings(source="sounds"))
        >>> found.values.shape, found.rate, len(found.target.classes)
        ((1100, 4000), 8000, 11)
    """
    generator = numpy_stream(0, "sounds")
    labels = np.repeat(np.arange(len(CLASSES)), EACH)
    values = np.stack([made(CLASSES[label], generator) for label in labels])
    return RawClips(
        kind="sounds",
        values=values,
        target=Target("sound", "classification", labels, CLASSES),
        origin="sounds",
        rate=RATE,
    )


def made(name: str, generator: np.random.Generator) -> NDArray[np.int16]:
    """One sound of a class, int16.

    Args:
        name: One of :data:`CLASSES`.
        generator: The source of chance.

    Example:
        >>> made("tone", np.random.default_rng(0)).shape
        (4000,)
    """
    sound = vowel(name, generator) if name in FORMANTS else plain(name, generator)
    length = int(generator.uniform(0.5, 0.9) * LENGTH)
    start = int(generator.integers(0, LENGTH - length))
    envelope = np.zeros(LENGTH)
    edge = np.sin(np.linspace(0, np.pi / 2, 160)) ** 2  # 20 ms up and down, so that nothing clicks
    envelope[start : start + length] = 1.0
    envelope[start : start + 160] *= edge
    envelope[start + length - 160 : start + length] *= edge[::-1]
    sound = sound / np.sqrt(np.mean(sound**2)) * envelope * 10 ** (generator.uniform(-32, -18) / 20)
    sound /= max(1.0, float(np.abs(sound).max()) / 0.8)  # clicks are all peaks, which would be cut off
    behind = generator.normal(0.0, 10 ** (generator.uniform(-52, -40) / 20), LENGTH)
    samples: NDArray[np.int16] = np.clip(np.rint(32767 * (sound + behind)), -32768, 32767).astype(np.int16)
    return samples


def plain(name: str, generator: np.random.Generator) -> Wave:
    """Tones, glides, trills, clicks and noise."""
    time = np.arange(LENGTH) / RATE
    low = generator.uniform(200, 1200)
    if name == "noise":
        return generator.normal(size=LENGTH)
    if name == "clicks":
        pulses = np.zeros(LENGTH)
        pulses[:: int(RATE / generator.uniform(12, 40))] = 1.0
        ring = np.exp(-np.arange(80) / 12) * generator.normal(size=80)
        return np.convolve(pulses, ring)[:LENGTH]
    if name == "trill":
        return np.sin(2 * np.pi * low * time + generator.uniform(3, 8) * np.sin(2 * np.pi * 15 * time))
    high = low * generator.uniform(1.6, 2.8)
    ends = {"tone": (low, low), "rising": (low, high), "falling": (high, low)}[name]
    frequency = np.linspace(*ends, LENGTH)
    phase = 2 * np.pi * np.cumsum(frequency) / RATE
    overtone = generator.uniform(0.0, 0.5)
    wave: Wave = np.sin(phase) + overtone * np.sin(2 * phase + generator.uniform(0, 2 * np.pi))
    return wave


def vowel(name: str, generator: np.random.Generator) -> Wave:
    """A vowel: pulses of the vocal cords through the resonances of a mouth."""
    from scipy.signal import lfilter  # takes a moment to import: only these sounds need it

    pitch = generator.uniform(95, 210) * np.linspace(1, generator.uniform(0.85, 1.15), LENGTH)
    phase = np.cumsum(pitch) / RATE
    # A pulse whenever the phase passes a whole number, rounded off by the glottis.
    pulses = np.diff(np.floor(phase), prepend=0.0)
    wave = lfilter([1.0], [1.0, -0.9], pulses)
    size = generator.uniform(0.92, 1.15)
    for formant, bandwidth in zip(FORMANTS[name], BANDWIDTHS, strict=True):
        centre = formant * size * generator.uniform(0.96, 1.04)
        radius = np.exp(-np.pi * bandwidth / RATE)
        angle = 2 * np.pi * centre / RATE
        poles = [1.0, -2 * radius * np.cos(angle), radius**2]
        wave = lfilter([sum(poles)], poles, wave)
    found: Wave = np.asarray(wave)
    return found
