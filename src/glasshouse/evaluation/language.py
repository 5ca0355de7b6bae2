"""Everything that is measured about a language model, put together into one record."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray
from torch import nn

from glasshouse.core.files import plain
from glasshouse.data.parts import Part, Prepared
from glasshouse.evaluation.evaluation import Evaluation
from glasshouse.evaluation.intervals import LEVEL
from glasshouse.evaluation.ngrams import PAD, NGrams
from glasshouse.evaluation.row_means import METHOD, mean_interval
from glasshouse.objectives.language import right_by_piece, surprise_by_piece

ORDERS = (1, 2, 3, 5)
"""Lengths of the runs that are counted."""
NAMES = {1: "single characters", 2: "pairs", 3: "threes", 5: "fives"}
LARGEST = 2**62
"""Runs are numbered in 64 bits: with very many tokens only short ones are counted."""


def evaluate_language(network: nn.Module, prepared: Prepared) -> Evaluation:
    """Measure how well a language model foretells, and set it against counted runs of characters.

    Metrics are those of every part; all else is of the test part, or of the validation part where there is no
    test part. Intervals take the pieces of the text as rows.

    Args:
        network: The trained network.
        prepared: Pieces in the order of the text.

    Example:
        >>> import torch
        >>> from glasshouse.models import language_model
        >>> text = torch.randint(2, 5, (40, 6), generator=torch.Generator().manual_seed(0))
        >>> part = Part(text, text.flatten().roll(-1).reshape(40, 6), np.arange(40))
        >>> prepared = Prepared(part, None, part, "language", (6,), 5, (), "next character", tokens=5)
        >>> found = evaluate_language(language_model((6,), 5, tokens=5, units=4), prepared)
        >>> sorted(found.record["metrics"]["test"])
        ['accuracy', 'bits', 'nats', 'perplexity']
    """
    parts = prepared.parts()
    judged = next(name for name in ("test", "validation", "train") if name in parts)
    surprises = {name: surprise_by_piece(network, part).numpy() for name, part in parts.items()}
    metrics = {
        name: {
            **_measured(surprises[name], part),
            "accuracy": float(right_by_piece(network, part).sum()) / _steps(part),
        }
        for name, part in parts.items()
    }
    span = mean_interval(surprises[judged] / _counts(parts[judged]))
    baselines = _baselines(prepared, parts[judged])
    record = {
        "task": "language",
        "target": prepared.target_name,
        "classes": [],
        "primary": "nats",
        "metrics": metrics,
        "intervals": {
            "part": judged,
            "rows": len(parts[judged]),
            "level": LEVEL,
            "method": METHOD,
            "metrics": {} if span is None else _spans(span),
        },
        "baselines": baselines,
        "difference": None,
        "verdict": _verdict(judged, metrics[judged], span, baselines, _steps(parts[judged])),
        **dict.fromkeys(("confusion", "per_class", "calibration", "curves", "residuals", "mistaken")),
        "mistakes": [],
    }
    return Evaluation(plain(record), {}, _predictions(surprises, parts))


def _measured(surprises: NDArray[np.float64], part: Part) -> dict[str, float]:
    nats = float(surprises.sum()) / _steps(part)
    return {"nats": nats, "bits": nats / math.log(2), "perplexity": math.exp(min(nats, 700.0))}


def _spans(span: tuple[float, float]) -> dict[str, tuple[float, float]]:
    low, high = span
    return {
        "nats": span,
        "bits": (low / math.log(2), high / math.log(2)),
        "perplexity": (math.exp(min(low, 700.0)), math.exp(min(high, 700.0))),
    }


def _counts(part: Part) -> NDArray[np.float64]:
    counts: NDArray[np.float64] = np.maximum((part.targets != PAD).sum(dim=1).double().numpy(), 1.0)
    return counts


def _steps(part: Part) -> int:
    return int((part.targets != PAD).sum())


def text_of(part: Part) -> NDArray[np.int64]:
    """The tokens of a part's pieces, one behind the other."""
    flat = part.inputs.flatten()
    text: NDArray[np.int64] = flat[flat != PAD].numpy()
    return text


def _baselines(prepared: Prepared, judged: Part) -> list[dict[str, Any]]:
    trained, text = text_of(prepared.train), text_of(judged)
    found = []
    for order in ORDERS:
        if prepared.tokens**order > LARGEST or len(trained) < order:
            continue
        counted = NGrams(trained, prepared.tokens, order)
        surprises = -np.log(counted.probabilities(text[1:], [int(text[0])]))
        nats = float(surprises.mean())
        found.append(
            {
                "name": NAMES[order],
                "about": f"counts of runs of {order} in the training text, mixed with shorter ones"
                if order > 1
                else "how frequent each character is in the training text",
                "metrics": {"nats": nats, "bits": nats / math.log(2), "perplexity": math.exp(nats)},
            }
        )
    return found


def _verdict(
    part: str,
    measured: dict[str, float],
    span: tuple[float, float] | None,
    baselines: list[dict[str, Any]],
    steps: int,
) -> str:
    where = f"{steps:,} {'training' if part == 'train' else part} characters"
    sure = f" (95 % interval {span[0]:.3f} to {span[1]:.3f})" if span else ""
    said = (
        f"Surprised by {measured['nats']:.3f} nats{sure}, or {measured['bits']:.3f} bits, at each of "
        f"{where}; its first guess is right for {measured['accuracy'] * 100:.1f} %."
    )
    best = min(baselines, key=lambda each: each["metrics"]["nats"], default=None)
    if best is not None:
        apart = best["metrics"]["nats"] - measured["nats"]
        known = f"the best of the counted runs, {best['name']} ({best['metrics']['nats']:.3f})"
        said += f" That is {abs(apart):.3f} nats {'less' if apart > 0 else 'more'} than {known}."
        if span is not None and span[0] <= best["metrics"]["nats"] <= span[1]:
            said += " The difference may be chance."
        elif apart < 0:
            said += " Counting does better."
    if part == "train":
        said += " This is the text it was trained on: it says nothing about another."
    return said


def _predictions(surprises: dict[str, NDArray[np.float64]], parts: dict[str, Part]) -> pl.DataFrame:
    """One row per piece: ``prediction`` is its mean surprise, ``target`` its number of characters."""
    return pl.concat(
        [
            pl.DataFrame(
                {
                    "part": pl.Series([name], dtype=pl.String).new_from_index(0, len(part)),
                    "row": pl.Series(part.rows, dtype=pl.Int64),
                    "target": pl.Series(_counts(part)),
                    "prediction": pl.Series(surprises[name] / _counts(part)),
                }
            )
            for name, part in parts.items()
        ]
    )
