"""Random changes to batches of training sounds: moved in time, louder or softer, noisy, partly hidden."""

from __future__ import annotations

import math

import torch

from glasshouse.data.images.augment import add_noise
from glasshouse.data.images.moves import shift
from glasshouse.data.settings import AugmentSettings


class SoundAugmenter:
    r"""Change the spectrogram of every sound of a batch at random, in the ways that the settings switch on.

    The order is: shift in time, gain, noise, masks over frequencies, masks over moments.

    - A sound is moved by whole moments, which is what moving its samples by as many hops does; silence comes
      into view.
    - A gain of g decibels is added to every band, as multiplying the samples by :math:`10^{g/20}` does; what
      is silent stays silent.
    - Masks hide up to a share of the bands, or of the moments: a width from 0 to the largest, each equally
      likely, then a place. What is hidden has the mean of the sound.

    All chance comes from the generator that is handed in and is drawn on the CPU.

    Args:
        settings: Which changes, and how large.
        silence: What silence is after preparation in every band, shape (bands,).
        spread: Decibels of one prepared unit in every band, shape (bands,).
        steps: Whether sounds are moments and bands (N, moments, bands), as networks of sequences take them,
            or pictures (N, 1, bands, moments).

    Source:
        Park et al. 2019, SpecAugment: a simple data augmentation method for automatic speech recognition,
        arXiv 1904.08779 (the masks).

    Example:
        >>> augment = SoundAugmenter(AugmentSettings(time_mask=0.5), torch.full((4,), -3.0), torch.ones(4))
        >>> augment(torch.rand(2, 1, 4, 10), torch.Generator().manual_seed(0)).shape
        torch.Size([2, 1, 4, 10])
    """

    def __init__(
        self, settings: AugmentSettings, silence: torch.Tensor, spread: torch.Tensor, steps: bool = False
    ) -> None:
        self.settings = settings
        self.silence = silence
        self.spread = spread
        self.steps = steps

    def __call__(self, batch: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
        """Change a batch.

        Args:
            batch: Prepared sounds; it is left as it is.
            generator: A generator on the CPU.

        Returns:
            A batch of the same shape, type and device.
        """
        chosen = self.settings
        sounds = batch.transpose(1, 2) if self.steps else batch[:, 0]
        silence = self.silence.to(batch).view(1, -1, 1)
        if chosen.time_shift:
            sounds = move(sounds, _moments(sounds, chosen.time_shift, generator), silence)
        if chosen.gain:
            draws = (2 * torch.rand(len(sounds), generator=generator) - 1).to(batch)
            decibels = chosen.gain * draws.view(-1, 1, 1)
            sounds = amplify(sounds, decibels / self.spread.to(batch).view(1, -1, 1), silence)
        if chosen.noise:
            sounds = add_noise(sounds, chosen.noise, generator)
        hidden = torch.zeros_like(sounds, dtype=torch.bool)
        for axis, share in ((1, chosen.frequency_mask), (2, chosen.time_mask)):
            for _ in range(chosen.masks if share else 0):
                hidden |= mask(sounds, share, axis, generator)
        if chosen.frequency_mask or chosen.time_mask:
            sounds = torch.where(hidden, sounds.mean(dim=(1, 2), keepdim=True), sounds)
        return sounds.transpose(1, 2).contiguous() if self.steps else sounds.unsqueeze(1)


def move(sounds: torch.Tensor, moments: torch.Tensor, silence: torch.Tensor) -> torch.Tensor:
    """Move each sound in time by whole moments.

    Args:
        sounds: Shape (N, bands, moments).
        moments: How many later, int64, shape (N,), on the CPU.
        silence: What comes into view, shape (1, bands, 1).
    """
    pictures = shift(sounds.unsqueeze(2), torch.zeros_like(moments), moments, silence.unsqueeze(3))
    return pictures.squeeze(2).contiguous()


def amplify(sounds: torch.Tensor, by: torch.Tensor, silence: torch.Tensor) -> torch.Tensor:
    """Make each sound louder or softer; silence stays silence, and nothing falls below it.

    Args:
        sounds: Shape (N, bands, moments).
        by: In prepared units, shape (N, bands, 1).
        silence: Shape (1, bands, 1).
    """
    # A rounding error above silence is silence still.
    silent = sounds <= silence + 1e-4
    return torch.where(silent, silence, torch.maximum(sounds + by, silence))


def mask(sounds: torch.Tensor, share: float, axis: int, generator: torch.Generator) -> torch.Tensor:
    """Where one mask for each sound lies, bool, of the shape of the sounds.

    Args:
        sounds: Shape (N, bands, moments).
        share: Largest share of the axis that is hidden.
        axis: 1 for bands, 2 for moments.
        generator: A generator on the CPU.
    """
    size = sounds.shape[axis]
    draws = torch.rand(2, len(sounds), generator=generator)
    widths = (draws[0] * (math.floor(share * size) + 1)).floor()
    begins = (draws[1] * (size - widths + 1)).floor()
    places = torch.arange(size)
    within = (places >= begins.view(-1, 1)) & (places < (begins + widths).view(-1, 1))
    return within.to(sounds.device).unsqueeze(3 - axis).expand_as(sounds)


def _moments(sounds: torch.Tensor, share: float, generator: torch.Generator) -> torch.Tensor:
    """One whole number per sound, up to a share of its length either way."""
    most = math.floor(share * sounds.shape[2])
    return torch.randint(-most, most + 1, (len(sounds),), generator=generator)
