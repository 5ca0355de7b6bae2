"""From sounds to the spectrograms that a network takes, scaled by what training sounds hold."""

from __future__ import annotations

from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from glasshouse.core.errors import BundleError, SettingError
from glasshouse.data.preparation import Preparation
from glasshouse.data.raw import Raw, RawClips
from glasshouse.data.settings import DataSettings
from glasshouse.data.sound.spectrogram import FLOOR, Spectrogram
from glasshouse.data.sound.wav_folder import read_sounds

SCALINGS = ("z-score", "none")
MOST_FITTED = 2000
"""Training sounds that mean and spread are taken from; of more, the first of an even walk through them."""


class SoundPreparation(Preparation):
    r"""A spectrogram in decibels, each band scaled: :math:`x = (L - \text{centre}) / \text{spread}`.

    Args:
        spectrogram: How it is made.
        centre: Per band, in decibels.
        spread: Per band, above 0.
        steps: Whether moments are steps, as networks for sequences take them; else the spectrogram is a
            picture of one channel, low pitch first.
    """

    kind: ClassVar[str] = "sounds"

    def __init__(
        self, spectrogram: Spectrogram, centre: list[float], spread: list[float], steps: bool = False
    ) -> None:
        self.spectrogram = spectrogram
        self.centre = centre
        self.spread = spread
        self.steps = steps

    @classmethod
    def fit(cls, raw: RawClips, rows: NDArray[np.int64], settings: DataSettings, steps: bool = False) -> Self:
        """Learn centre and spread of every band from the training sounds.

        Args:
            raw: All sounds.
            rows: The training rows; no other sound is listened to.
            settings: ``sound`` and ``prepare.scaling`` are used; ``auto`` is ``z-score``.
            steps: Whether moments become steps.

        Raises:
            SettingError: The scaling is not for sounds, or a band would hold no frequency.
            DataError: The sounds are shorter than a window.
        """
        scaling = "z-score" if settings.prepare.scaling == "auto" else settings.prepare.scaling
        if scaling not in SCALINGS:
            raise SettingError(
                f"data.prepare.scaling = {scaling!r} for sounds",
                expected=f"one of auto, {', '.join(SCALINGS)}",
                fix="set data.prepare.scaling = 'auto'",
            )
        spectrogram = Spectrogram.of(settings.sound, raw.rate, raw.values.shape[1])
        centre, spread = np.zeros(spectrogram.height), np.ones(spectrogram.height)
        if scaling == "z-score":
            some = rows[:: max(1, len(rows) // MOST_FITTED)]
            found = spectrogram(raw.values[some]).astype(np.float64)
            centre, spread = found.mean(axis=(0, 2)), found.std(axis=(0, 2))
            spread[spread == 0] = 1.0  # a band that is always silent becomes 0
        return cls(spectrogram, centre.tolist(), spread.tolist(), steps)

    @property
    def input_shape(self) -> tuple[int, ...]:
        """One channel, bands and moments; or moments and bands, where moments are steps."""
        bands, moments = self.spectrogram.height, self.spectrogram.frames
        return (moments, bands) if self.steps else (1, bands, moments)

    @property
    def silence(self) -> NDArray[np.float32]:
        """What silence becomes in every band, shape (bands,)."""
        silence: NDArray[np.float32] = ((FLOOR - np.array(self.centre)) / self.decibels).astype(np.float32)
        return silence

    @property
    def decibels(self) -> NDArray[np.float32]:
        """How many decibels a prepared unit is in every band, shape (bands,)."""
        return np.array(self.spread, dtype=np.float32)

    def transform(self, raw: Raw) -> NDArray[np.float32]:
        """Prepare sounds: float32, shape (sounds, *input_shape).

        Raises:
            BundleError: They are no sounds, or of another rate or length.
        """
        due = (self.spectrogram.rate, self.spectrogram.length)
        if not isinstance(raw, RawClips) or raw.kind != "sounds" or (raw.rate, raw.values.shape[1]) != due:
            raise BundleError(
                f"{raw.origin} holds no sounds of {due[1]} samples at {due[0]} per second",
                expected="sounds as those that were trained on",
                fix="read the sounds with the preparation's own read",
            )
        centre, spread = (np.array(each, dtype=np.float32)[:, None] for each in (self.centre, self.spread))
        scaled = (self.spectrogram(raw.values) - centre) / spread
        if self.steps:
            return np.ascontiguousarray(scaled.transpose(0, 2, 1), dtype=np.float32)
        return np.ascontiguousarray(scaled[:, np.newaxis], dtype=np.float32)

    def read(self, source: Any) -> RawClips:
        """Read sounds to predict, brought to the length of the training sounds.

        Args:
            source: The path of a WAV file or of a folder of them, a list of paths, or an array of samples,
                int16 or floats from -1 to 1, of shape (samples,) or (sounds, samples).

        Raises:
            DataError: A file cannot be read, or has another sampling rate.
            BundleError: An array is not one of samples.
        """
        return read_sounds(source, self.spectrogram.rate, self.spectrogram.length)

    def describe(self) -> list[dict[str, Any]]:
        """One entry, for the sound."""
        made = self.spectrogram
        bands = (
            f"{made.height} bands spaced in mel" if made.form == "log_mel" else f"{made.height} frequencies"
        )
        look = f"{made.frames} looks of {1000 * made.window / made.rate:.3g} ms"
        return [
            {
                "name": "sound",
                "kind": "sound",
                "becomes": f"loudness in {bands}, {look}, in decibels, each band minus its mean, divided by "
                "its spread",
                "features": made.height * made.frames,
            }
        ]

    def to_dict(self) -> dict[str, Any]:
        """The fitted state in plain JSON types."""
        made = self.spectrogram
        return {
            "kind": self.kind,
            "form": made.form,
            "rate": made.rate,
            "length": made.length,
            "window": made.window,
            "hop": made.hop,
            "bands": made.bands,
            "centre": list(self.centre),
            "spread": list(self.spread),
            "steps": self.steps,
        }

    @classmethod
    def from_dict(cls, state: dict[str, Any]) -> Self:
        """The preparation that :meth:`to_dict` described.

        Raises:
            BundleError: The state is not one of sounds.
        """
        try:
            sizes = [int(state[key]) for key in ("rate", "length", "window", "hop", "bands")]
            spectrogram = Spectrogram(str(state["form"]), *sizes)
            centre, spread = ([float(each) for each in state[key]] for key in ("centre", "spread"))
            fits = spectrogram.form in ("log_mel", "stft") and min(sizes[:4]) > 0 and min(spread) > 0
            if not fits or len(centre) != len(spread) or len(spread) != spectrogram.height:
                raise ValueError("its numbers do not fit together")
            return cls(spectrogram, centre, spread, bool(state["steps"]))
        except (KeyError, TypeError, ValueError) as error:
            raise BundleError(
                f"a stored preparation of sounds is damaged: {error!r}",
                expected="what a bundle of this version of Glasshouse holds",
                fix="restore the file, or update Glasshouse",
            ) from error
