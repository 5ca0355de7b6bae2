"""A trained network with all that it needs: asking it about rows."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from glasshouse.core.errors import BundleError
from glasshouse.data.preparation import Preparation
from glasshouse.data.raw import Raw
from glasshouse.data.samples import Samples
from glasshouse.data.text.caption_preparation import CaptionPreparation
from glasshouse.data.text.pair_preparation import PairPreparation
from glasshouse.data.text.tag_preparation import TagPreparation
from glasshouse.data.text.text_preparation import TextPreparation
from glasshouse.ship.answers import Answers, interpret
from glasshouse.ship.arrays import read_arrays
from glasshouse.ship.backend import Backend
from glasshouse.ship.schema import CARD, DISAGREEMENT, Schema
from glasshouse.ship.verified import Verified, verified

if TYPE_CHECKING:
    from torch import nn

    from glasshouse.ship.coder import Coder

AT_ONCE = 20_000_000
"""Prepared numbers in memory at a time: 80 MB."""


class Bundle:
    """A trained network with all that it needs to answer: preparation, classes, scale.

    Made by :func:`~glasshouse.ship.load`.

    Args:
        path: The folder.
        schema: What the bundle takes and gives.
        preparation: From raw rows to inputs; ``None`` where the network takes arrays as they are.
        backend: What runs the network.

    Example:
        >>> import tempfile
        >>> from glasshouse.models import build_model
        >>> from glasshouse.ship import load
        >>> from glasshouse.ship.write_bundle import Content, write_bundle
        >>> spec = {"name": "mlp", "hidden": [8]}
        >>> content = Content(build_model(spec, (2,), 1, seed=0), spec, input_shape=(2,),
        ...                   task="regression", target_name="price", meaning="values")
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     bundle = load(write_bundle(f"{folder}/bundle", content, onnx=False))
        ...     answers = bundle.predict([[0.0, 0.0], [1.0, 2.0]])
        >>> answers, answers.values.shape, bundle.module()[-1]
        (Answers(2 rows of 'price'), (2,), Linear(in_features=8, out_features=1, bias=True))
    """

    def __init__(self, path: Path, schema: Schema, preparation: Preparation | None, backend: Backend) -> None:
        self.path = path
        self.schema = schema
        self.preparation = preparation
        self.backend = backend

    def __repr__(self) -> str:
        return f"Bundle({str(self.path)!r}, {self.schema.target!r}, backend={self.backend.name!r})"

    @cached_property
    def card(self) -> str:
        """The model card, as Markdown."""
        return (self.path / CARD).read_text(encoding="utf-8")

    def predict(self, rows: Any, false_alarms: float | None = None) -> Answers:
        """Answer for rows as they come, unprepared.

        Args:
            rows: What the training data was like. For tables: the path of a file, a frame of polars or
                pandas, a list of dictionaries, a dictionary of lists, or an array. For images: the path of a
                file or folder, Pillow images, or 8-bit arrays. For texts: a list of them, or the path of a
                file. For networks trained on arrays: an array or
                tensor of shape (N, *input_shape), or a ``.npy`` file.
            false_alarms: Of bundles that give rows back: the share of usual rows that may be called unusual,
                above 0 and below 1. ``None``: 0.01, or 0.05 where there were too few rows for that.

        Raises:
            BundleError: Columns are missing or unknown, or shapes do not fit; they are named.
            DataError: A cell, file or value cannot be read; it is named.
        """
        if self.preparation is None:
            inputs = read_arrays(rows, self.schema.input_shape)
            return self._interpret(self.backend.outputs(inputs), false_alarms)
        raw = self.preparation.read(rows)
        if isinstance(self.preparation, TagPreparation):
            return self._tagged(raw, self.preparation)
        if isinstance(self.preparation, PairPreparation):
            return self._written(raw, self.preparation.text, self.preparation.steps[1])
        if isinstance(self.preparation, CaptionPreparation):
            return self._written(raw, self.preparation.text, self.preparation.longest)
        # In pieces, because prepared rows can take a hundred times the memory of those that were read.
        step = max(1, AT_ONCE // math.prod(self.schema.input_shape))
        pieces = [np.arange(start, min(start + step, len(raw))) for start in range(0, len(raw), step)]
        outputs = [self.backend.outputs(self.preparation.transform(raw.take(each))) for each in pieces]
        joined = [np.concatenate(each) for each in zip(*outputs, strict=True)]
        answers = self._interpret(joined, false_alarms)
        return answers.from_rows(raw.files if raw.kind != "table" else (), self._warnings(raw))

    def prepare(self, rows: Any) -> NDArray[Any]:
        """What the network sees of rows: the ``input`` of ``model.onnx``, shape (N, *input_shape).

        float32, or int64 for tokens of texts.

        Args:
            rows: As for :meth:`predict`.

        Raises:
            BundleError: As for :meth:`predict`.
            DataError: As for :meth:`predict`.
        """
        if self.preparation is None:
            return read_arrays(rows, self.schema.input_shape)
        return self.preparation.transform(self.preparation.read(rows))

    def embed(self, rows: Any) -> NDArray[np.float32]:
        """The embedding of each row, float32 of shape (N, K): rows that are alike have near ones.

        Args:
            rows: As for :meth:`predict`.

        Raises:
            BundleError: It was not trained for verification, or as for :meth:`predict`.
            DataError: As for :meth:`predict`.
        """
        self._refuse_no_embedding()
        return self.backend.answer(self.prepare(rows)).astype(np.float32)

    def verify(self, one: Any, other: Any, false_alarms: float | None = None) -> Verified:
        """Whether rows are alike: how far apart their embeddings are, and whether that is near enough.

        Args:
            one: N rows, as for :meth:`predict`.
            other: As many, or a single one on one of the two sides, which is compared with all.
            false_alarms: Share of pairs of two classes that may be called alike, above 0 and below 1.
                ``None``: the threshold is taken that was right most often.

        Raises:
            BundleError: It was not trained for verification, or as for :meth:`predict`.
            DataError: There are more of one than of the other, or as for :meth:`predict`.
            SettingError: There were too few pairs for so small a rate.
        """
        self._refuse_no_embedding()
        known = self.schema.verification
        if known is None:
            raise BundleError(
                f"{self.path} has no threshold: its network was not evaluated",
                expected="a bundle of a run that was evaluated",
                fix="compare embeddings yourself: bundle.embed(rows)",
            )
        return verified(self.embed(one), self.embed(other), known, false_alarms)

    def _refuse_no_embedding(self) -> None:
        if self.schema.meaning != "embedding":
            raise BundleError(
                f"{self.path} is a bundle for {self.schema.task}",
                expected="one that tells what is alike",
                fix="train one: glasshouse run DATA --task verification",
            )

    def generate(
        self,
        prompt: str = "",
        length: int = 500,
        *,
        temperature: float = 1.0,
        top_k: int | None = None,
        top_p: float = 1.0,
        seed: int = 0,
    ) -> str:
        """Let a language model write on.

        Args:
            prompt: The beginning; empty for the beginning of a line.
            length: How many tokens to write, from 0.
            temperature: From 0; below 1 the likely becomes likelier, at 0 only the likeliest is written.
            top_k: Draw from this many of the likeliest only, from 1; ``None``: from all.
            top_p: Draw from the likeliest that together have this probability, above 0 to 1.
            seed: Equal seeds write equal texts.

        Returns:
            What was written, without the prompt.

        Raises:
            BundleError: It is no language model.
            SettingError: A setting lies outside its range.
        """
        from glasshouse.models.sampling import written  # late: PyTorch takes seconds to import

        preparation = self.preparation
        if self.schema.task != "language" or not isinstance(preparation, TextPreparation):
            raise BundleError(
                f"{self.path} is a bundle for {self.schema.task}",
                expected="a language model",
                fix="train one: glasshouse run TEXT.txt --task language",
            )
        vocabulary = preparation.vocabulary
        tokens = vocabulary.encode(prompt or "\n").tolist()
        return vocabulary.decode(
            written(
                self.module(),
                tokens,
                length,
                temperature=temperature,
                top_k=top_k,
                top_p=top_p,
                seed=seed,
            )
        )

    def coder(self) -> Coder:
        """The two halves of an autoencoder: rows to codes, codes to rows, and what can be done with them.

        Raises:
            BundleError: The network has no code.
        """
        from glasshouse.ship.coder import Coder  # late: PyTorch takes seconds to import

        return Coder(self.module(), self.schema, self.preparation, self.prepare)

    def module(self) -> nn.Module:
        """The network as a plain PyTorch module with its weights, in evaluation mode.

        It takes prepared rows and gives its own outputs: logits, scores, or standardised numbers, which
        ``schema.scale`` brings to the target's unit.

        Raises:
            BundleError: It is a user's own module, whose code is not in the bundle.
        """
        from glasshouse.ship.torch_backend import TorchBackend  # late: PyTorch takes seconds to import

        if isinstance(self.backend, TorchBackend):
            return self.backend.network
        return TorchBackend(self.path, self.schema).network

    def _written(self, raw: Raw, text: Callable[[list[int]], str], longest: int) -> Answers:
        import torch

        from glasshouse.models.search import beam  # late: PyTorch takes seconds to import

        assert self.preparation is not None, "texts of no preparation"
        sources = torch.from_numpy(self.preparation.transform(raw))
        found = beam(self.module(), sources, longest)
        texts = np.array([text(each) for each in found], dtype=np.str_)
        files = raw.files if raw.kind == "images" else ()
        return Answers(self.schema.target, labels=texts).from_rows(files, self._warnings(raw))

    def _tagged(self, raw: Raw, preparation: TagPreparation) -> Answers:
        inputs = preparation.transform(raw)
        outputs = self.backend.outputs(inputs)
        answers = Answers(self.schema.target, labels=preparation.told(inputs, outputs[0]))
        return self._apart(answers, outputs).from_rows((), self._warnings(raw))

    def sample(self, count: int = 1, seed: int = 0, steps: int = 1, bias: float = 0.0) -> Samples:
        """New rows, of a network that makes some: a GAN, a variational autoencoder.

        Args:
            count: How many rows, or ways, from 1.
            seed: Of the codes: the same seed gives the same rows.
            steps: From 2 on, ways of so many rows each, from one random code to another.
            bias: For strokes: how far to lean towards what is likely, from 0.

        Raises:
            ModelError: The network makes no rows.
            BundleError: It is a user's own module, whose code is not in the bundle.
        """
        from glasshouse.models.latent_codes import draw  # late: PyTorch takes seconds to import

        return Samples.of(draw(self.module(), count, seed, steps, bias).numpy(), self.preparation)

    def _interpret(self, outputs: list[NDArray[Any]], false_alarms: float | None) -> Answers:
        """Answers from the first output, and an ensemble's disagreement from its last."""
        return self._apart(interpret(outputs[0], self.schema, false_alarms), outputs)

    def _apart(self, answers: Answers, outputs: list[NDArray[Any]]) -> Answers:
        """Answers with an ensemble's disagreement, if it is one."""
        if self.schema.outputs[-1].name != DISAGREEMENT:
            return answers
        return replace(answers, disagreement=outputs[-1].astype(np.float64))

    def _warnings(self, raw: Raw) -> list[str]:
        unseen = [] if self.preparation is None else self.preparation.warnings(raw)
        return [*raw.notes, *unseen]
