"""Everything that is measured about sequences with a tag at every step, put together into one record."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import nn

from glasshouse.core.files import plain
from glasshouse.core.seeds import numpy_stream
from glasshouse.data.parts import Part, Prepared
from glasshouse.data.text.tag_preparation import TagPreparation
from glasshouse.evaluation.evaluation import Evaluation
from glasshouse.evaluation.row_means import mean_interval
from glasshouse.evaluation.surprise import judged_part, surprise_evaluation
from glasshouse.models.outputs import outputs_of
from glasshouse.objectives.tagging import told_by_row

PAD = 0
EXAMPLES = 10
ADDED = 0.1
"""What is added to every count, so that nothing is held to be impossible."""
LARGEST = 20_000_000
"""Most counts of a table: with more, places are not told apart."""

Numbers = NDArray[np.float64]


def evaluate_tagging(
    network: nn.Module, prepared: Prepared, preparation: TagPreparation, seed: int
) -> Evaluation:
    """Measure how well tags are told, and set it against counting.

    Args:
        network: The trained network.
        prepared: Sequences and their tags.
        preparation: The vocabularies.
        seed: For the draw of examples.
    """
    parts = prepared.parts()
    judged = judged_part(prepared)
    told = {name: [each.numpy() for each in told_by_row(network, part)] for name, part in parts.items()}
    counts = {name: steps_of(part) for name, part in parts.items()}
    metrics = {
        name: {
            "nats": float(told[name][0].sum() / counts[name].sum()),
            "step_accuracy": float(told[name][1].sum() / counts[name].sum()),
            "whole": float((told[name][1] == counts[name]).mean()),
        }
        for name in parts
    }
    span = mean_interval(told[judged][0] / counts[judged])
    baselines = counted(prepared, parts[judged])
    verdict = _verdict(judged, int(counts[judged].sum()), len(parts[judged]), metrics[judged], baselines)
    surprise = {name: (told[name][0], counts[name]) for name in parts}
    found = surprise_evaluation(prepared, surprise, metrics, baselines, span, verdict)
    found.record["tagging"] = plain({"examples": _examples(network, parts[judged], preparation, seed)})
    return found


def steps_of(part: Part) -> Numbers:
    """How many steps of each sequence have a tag."""
    counts: Numbers = (part.targets != PAD).sum(dim=1).double().numpy()
    return counts


def counted(prepared: Prepared, judged: Part) -> list[dict[str, Any]]:
    r"""Two methods that count in the training part: what a token is called, and what it is called there.

    The second knows the place of a step. Of the copy problem it is the best that can be done without a
    memory: :math:`10 \ln 8 / (T + 20)` nats per step.

    Args:
        prepared: The data; its training part is counted.
        judged: The part that is judged.
    """
    tokens, tags, steps = prepared.tokens, prepared.outputs, prepared.train.inputs.shape[1]
    methods = [("the token alone", "how often each token has each tag in training", 1)]
    if tokens * tags * steps <= LARGEST:
        methods.append(("token and place", "how often each token has each tag at each place", steps))
    found = []
    for name, about, places in methods:
        counts = np.full((places * tokens, tags), ADDED)
        keys, truth, _ = _steps(prepared.train, tokens, places)
        np.add.at(counts, (keys, truth), 1.0)
        counts[:, PAD] = 0.0
        shares = counts / counts.sum(axis=1, keepdims=True)
        keys, truth, rows = _steps(judged, tokens, places)
        wrong = np.bincount(rows, shares[keys].argmax(axis=1) != truth, len(judged))
        found.append(
            {
                "name": name,
                "about": about,
                "metrics": {
                    "nats": float(-np.log(shares[keys, truth]).mean()),
                    "step_accuracy": 1 - float(wrong.sum()) / len(truth),
                    "whole": float((wrong == 0).mean()),
                },
            }
        )
    return found


def _steps(part: Part, tokens: int, places: int) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
    """All steps with a tag: what is known of each as one number, its tag, and its row."""
    inputs, targets = part.inputs.numpy(), part.targets.numpy()
    rows, steps = np.nonzero(targets != PAD)
    keys = inputs[rows, steps] + (tokens * steps if places > 1 else 0)
    return keys, targets[rows, steps], rows


def _verdict(
    part: str, steps: int, rows: int, measured: dict[str, float], baselines: list[dict[str, Any]]
) -> str:
    best = min(baselines, key=lambda each: float(each["metrics"]["nats"]))
    apart = best["metrics"]["nats"] - measured["nats"]
    said = (
        f"Surprised by {measured['nats']:.4f} nats at each of {steps:,} steps of {rows:,} "
        f"{'training' if part == 'train' else part} sequences; {measured['whole'] * 100:.1f} % of them are "
        f"right at every step. That is {abs(apart):.4f} nats {'less' if apart >= 0 else 'more'} than the "
        f"best of counting, {best['name']} ({best['metrics']['nats']:.4f})."
    )
    return said if apart >= 0 else f"{said} Counting does better."


def _examples(network: nn.Module, part: Part, preparation: TagPreparation, seed: int) -> list[dict[str, str]]:
    drawn = np.sort(numpy_stream(seed, "tagging").permutation(len(part))[:EXAMPLES])
    inputs = part.inputs[drawn]
    said = preparation.told(inputs.numpy(), outputs_of(network, inputs).cpu().numpy())
    return [
        {
            "given": preparation.given.decode(inputs[place].tolist()),
            "right": preparation.text(part.targets[row].tolist()),
            "said": str(said[place]),
        }
        for place, row in enumerate(drawn)
    ]
