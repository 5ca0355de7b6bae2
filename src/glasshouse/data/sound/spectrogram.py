"""Spectrograms: which frequencies a sound holds, moment by moment."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from glasshouse.core.errors import DataError, SettingError
from glasshouse.data.settings import SoundSettings

FLOOR = -80.0
"""Decibels below which everything counts as silence."""
FULL_SCALE = 32768.0
AT_ONCE = 256
"""Sounds that are transformed together."""


@dataclass(frozen=True)
class Spectrogram:
    r"""From samples to decibels by band and moment.

    .. math:: X_{mk} = \frac{2}{\sum_n w_n} \sum_{n=0}^{N-1} w_n\, x_{mH+n}\, e^{-2\pi i k n / N},\quad
        S_{mk} = |X_{mk}|^2,\quad L_{bm} = 10 \log_{10} \max\Big(10^{-8}, \sum_k M_{bk} S_{mk}\Big)

    w is the periodic Hann window of N samples and H the hop. A sine of full scale in the middle of a bin has
    0 dB, and what lies more than 80 dB below counts as silence. With ``log_mel`` M holds triangles that
    overlap by half, evenly spaced in mel, :math:`\mathrm{mel}(f) = 2595 \log_{10}(1 + f / 700)` with f in
    hertz; with ``stft`` M is the identity and there is a band for every bin from 0 to half the sampling rate.

    Args:
        form: ``"log_mel"`` or ``"stft"``.
        rate: Samples per second.
        length: Samples of a sound.
        window: N, in samples.
        hop: H, in samples.
        bands: Triangles of ``log_mel``.

    Source:
        Allen and Rabiner 1977, A unified approach to short-time Fourier analysis and synthesis; Davis and
        Mermelstein 1980, Comparison of parametric representations for monosyllabic word recognition;
        O'Shaughnessy 1987 (the formula of the mel).

    Example:
        >>> spectrogram = Spectrogram("stft", rate=8000, length=512, window=256, hop=128, bands=0)
        >>> time = np.arange(512) / 8000
        >>> sine = np.round(32767 * np.sin(2 * np.pi * 1000 * time)).astype(np.int16)
        >>> decibels = spectrogram(sine[np.newaxis])
        >>> decibels.shape, int(decibels[0, :, 0].argmax()) * 8000 / 256, abs(float(decibels.max())) < 0.01
        ((1, 129, 3), 1000.0, True)
    """

    form: str
    rate: int
    length: int
    window: int
    hop: int
    bands: int

    @classmethod
    def of(cls, settings: SoundSettings, rate: int, length: int) -> Spectrogram:
        """The spectrogram that an experiment names, for sounds of a rate and length.

        Raises:
            DataError: The sounds are shorter than a window.
            SettingError: A band would hold no frequency.
        """
        window, hop = (max(1, round(each * rate / 1000)) for each in (settings.window, settings.hop))
        if length < window:
            raise DataError(
                f"sounds of {length} samples, {1000 * length / rate:.3g} ms",
                expected=f"at least a window of {settings.window:g} ms, {window} samples",
                fix="set data.sound.window smaller, or give longer sounds",
            )
        made = cls(settings.form, rate, length, window, hop, settings.bands)
        if settings.form == "log_mel":
            empty = int((made.triangles().sum(axis=1) == 0).sum())
            if empty:
                raise SettingError(
                    f"data.sound.bands = {settings.bands} with a window of {settings.window:g} ms: "
                    f"{empty} of them hold no frequency",
                    expected=f"bands as wide as the {rate / window:.3g} Hz between two frequencies, or wider",
                    fix="set data.sound.bands smaller, or data.sound.window longer",
                )
        return made

    @property
    def frames(self) -> int:
        """Moments of a sound: windows that fit into it."""
        return 1 + (self.length - self.window) // self.hop

    @property
    def height(self) -> int:
        """Bands at each moment."""
        return self.bands if self.form == "log_mel" else self.window // 2 + 1

    def __call__(self, samples: NDArray[np.int16]) -> NDArray[np.float32]:
        """Samples (N, length) to decibels (N, height, frames), at least -80."""
        import torch  # bundles of tables and pictures know this file too, and start without it

        weights = torch.from_numpy(self.triangles()) if self.form == "log_mel" else None
        hann = torch.hann_window(self.window, periodic=True)
        pieces = []
        for start in range(0, len(samples), AT_ONCE):
            waves = torch.from_numpy(samples[start : start + AT_ONCE].astype(np.float32) / FULL_SCALE)
            bins = torch.stft(
                waves, self.window, self.hop, window=hann, center=False, return_complex=True
            ).abs()
            power = (bins * (2 / float(hann.sum()))).square()
            found = power if weights is None else weights @ power
            pieces.append(10 * torch.log10(found.clamp_min(10 ** (FLOOR / 10))))
        decibels: NDArray[np.float32] = torch.cat(pieces).numpy()
        return decibels

    def triangles(self) -> NDArray[np.float32]:
        """Weights of every bin in every band of ``log_mel``, shape (bands, bins)."""
        ends = hertz(np.linspace(0.0, float(mel(self.rate / 2)), self.bands + 2))
        bins = np.arange(self.window // 2 + 1) * self.rate / self.window
        low, middle, high = (ends[each : each + self.bands, np.newaxis] for each in range(3))
        rising, falling = (bins - low) / (middle - low), (high - bins) / (high - middle)
        weights: NDArray[np.float32] = np.maximum(0, np.minimum(rising, falling)).astype(np.float32)
        return weights


def mel(hertz: NDArray[np.float64] | float) -> NDArray[np.float64]:
    """Pitch in mel: equal steps sound about equally large.

    Example:
        >>> round(float(mel(1000.0)), 1)
        1000.0
    """
    return np.asarray(2595 * np.log10(1 + np.asarray(hertz) / 700))


def hertz(mel: NDArray[np.float64] | float) -> NDArray[np.float64]:
    """The frequency of a pitch in mel."""
    return np.asarray(700 * (10 ** (np.asarray(mel) / 2595) - 1))
