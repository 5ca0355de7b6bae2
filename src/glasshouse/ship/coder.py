"""The two halves of an autoencoder in a bundle: compression, neighbours, ways between rows, new rows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from glasshouse.core.checks import whole_number
from glasshouse.core.errors import BundleError, DataError
from glasshouse.data.images.image_preparation import ImagePreparation
from glasshouse.data.preparation import Preparation
from glasshouse.evaluation.latent import nearest
from glasshouse.evaluation.showing import straight
from glasshouse.models.outputs import mapped
from glasshouse.ship.head import codes
from glasshouse.ship.schema import Schema


class Coder:
    """Rows to codes and back. Made by :meth:`glasshouse.ship.Bundle.coder`.

    Rows that go in are as the training data was: a table, pictures, arrays. Rows that come out are pictures
    of levels from 0 to 255, (N, height, width) or (N, height, width, 3), where they were pictures, and else
    the prepared numbers (N, *input_shape), whose names are in ``schema.json``.

    Args:
        network: With ``encode`` and ``decode``, in evaluation mode.
        schema: Of the bundle.
        preparation: Of the bundle.
        prepare: From rows as they come to prepared ones.

    Raises:
        BundleError: The network has no code.

    Example:
        >>> from glasshouse.models import autoencoder
        >>> from glasshouse.ship.write_bundle import Content, write_bundle
        >>> from glasshouse.ship import load
        >>> import tempfile
        >>> spec = {"name": "autoencoder", "hidden": [], "code": 2}
        >>> network = autoencoder(3, hidden=[], code=2)
        >>> content = Content(network, spec, (3,), "reconstruction", "the row itself", "reconstruction")
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     coder = load(write_bundle(f"{folder}/bundle", content, onnx=False)).coder()
        >>> rows = np.eye(3, dtype=np.float32)
        >>> coder.encode(rows).shape, coder.between(rows[:1], rows[1:2], steps=5).shape
        ((3, 2), (5, 3))
    """

    def __init__(
        self,
        network: nn.Module,
        schema: Schema,
        preparation: Preparation | None,
        prepare: Callable[[Any], NDArray[np.float32]],
    ) -> None:
        if not codes(network):
            raise BundleError(
                f"a bundle of {schema.model.get('name', type(network).__name__)}, which has no code",
                expected="an autoencoder: a network with encode and decode",
                fix="train one: glasshouse run DATA --task reconstruction",
            )
        self._network: Any = network
        self._preparation = preparation
        self._prepare = prepare
        self.schema = schema

    def __repr__(self) -> str:
        return f"Coder({self.schema.model.get('name', type(self._network).__name__)})"

    def encode(self, rows: Any) -> NDArray[np.float32]:
        """Rows to their codes, float32 of shape (N, K).

        Args:
            rows: As for :meth:`glasshouse.ship.Bundle.predict`.

        Raises:
            BundleError: Columns are missing or unknown, or shapes do not fit.
            DataError: A cell, file or value cannot be read.
        """
        prepared = torch.from_numpy(self._prepare(rows))
        return self._asked(self._network.encode, prepared).reshape(len(prepared), -1)

    def decode(self, code: NDArray[Any]) -> NDArray[Any]:
        """Codes (N, K) to rows.

        Raises:
            DataError: The codes have another width.
        """
        given = np.atleast_2d(np.asarray(code, dtype=np.float32))
        try:
            return self._own(self._asked(self._network.decode, torch.from_numpy(given)))
        except RuntimeError as error:
            raise DataError(
                f"codes of shape {given.shape}: {error}",
                expected="codes as encode gives them",
                fix="call encode on a row to see the shape of its code",
            ) from error

    def reconstruct(self, rows: Any) -> NDArray[Any]:
        """Rows through the code and back."""
        return self.decode(self.encode(rows))

    def between(self, one: Any, other: Any, steps: int = 9) -> NDArray[Any]:
        """Rows on the straight way between the codes of two, both ends included.

        Args:
            one: A single row.
            other: Another.
            steps: How many rows, from 2.

        Raises:
            SettingError: Fewer than two steps.
        """
        whole_number("steps", steps, at_least=2)
        ends = [self.encode(each)[0] for each in (one, other)]
        return self.decode(straight(ends[0], ends[1], steps))

    def nearest(self, rows: Any, among: Any, count: int = 5) -> tuple[NDArray[np.int64], NDArray[Any]]:
        """The rows whose codes are nearest by Euclidean distance, the nearest first.

        Args:
            rows: N rows to find neighbours of.
            among: M rows to find them among, or their codes (M, K) as :meth:`encode` gave them.
            count: How many for each, from 1 to M.

        Returns:
            Places in ``among`` and distances, both of shape (N, count).

        Raises:
            SettingError: More neighbours than rows.
        """
        asked = self.encode(rows)
        given = isinstance(among, np.ndarray) and among.shape[1:] == asked.shape[1:]
        stored = among if given and not self._takes(among) else self.encode(among)
        whole_number("count", count, at_least=1, at_most=len(stored))
        return nearest(asked, stored, count)

    def sample(self, count: int, seed: int = 0) -> NDArray[Any]:
        """New rows, from networks that know how codes are distributed.

        Args:
            count: How many, from 1.
            seed: The same seed gives the same rows.

        Raises:
            BundleError: The network has no distribution of codes.
        """
        whole_number("count", count, at_least=1)
        if not hasattr(self._network, "sample"):
            raise BundleError(
                f"samples of {self.schema.model.get('name', type(self._network).__name__)}",
                expected="a network that knows how its codes are distributed: a variational autoencoder, say",
                fix="train one: --model variational_autoencoder",
            )
        with torch.no_grad():
            rows = self._network.sample(count, torch.Generator().manual_seed(seed))
        return self._own(rows.float().cpu().numpy())

    def _takes(self, array: NDArray[Any]) -> bool:
        return array.shape[1:] == self.schema.input_shape

    def _asked(self, function: Callable[[torch.Tensor], torch.Tensor], rows: torch.Tensor) -> NDArray[Any]:
        return mapped(self._network, function, rows).cpu().numpy()

    def _own(self, rows: NDArray[np.float32]) -> NDArray[Any]:
        """Prepared rows as pictures, where they are pictures."""
        rows = rows.reshape(len(rows), *self.schema.input_shape)
        if not isinstance(self._preparation, ImagePreparation):
            return rows
        levels = self._preparation.levels(rows)
        if levels is None:
            return rows
        return levels[:, 0] if levels.shape[1] == 1 else np.ascontiguousarray(levels.transpose(0, 2, 3, 1))
