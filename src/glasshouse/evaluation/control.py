"""How well a policy does in a world: returns of episodes that chose nothing, beside those of chance."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
import torch
from numpy.typing import NDArray
from scipy import stats
from torch import nn

from glasshouse.core.seeds import derive
from glasshouse.evaluation.evaluation import Evaluation
from glasshouse.evaluation.intervals import LEVEL, Interval
from glasshouse.models.outputs import evaluating
from glasshouse.objectives import Acting
from glasshouse.objectives.acting import transitions_of
from glasshouse.worlds import Episode, GridWorld, LinearWorld, World, play, seeds_for, value_iteration
from glasshouse.worlds.episode import Policy

METHOD = "Student's t over the episodes, which are independent of each other"
LONGEST = 1000
"""Steps of the drawn episode that are kept."""


@dataclass(frozen=True)
class Played:
    """What is asked about a policy.

    Args:
        network: Trained.
        objective: Says what the network does.
        world: That nothing else acts in.
        episodes: How many test episodes, from 2.
        validation: Seeds of the episodes that chose the best epoch.
    """

    network: nn.Module
    objective: Acting
    world: World
    episodes: int
    validation: Sequence[int]


def seeds_of_test(count: int) -> list[int]:
    """Seeds of test episodes: the same ones for every experiment, so that runs can be compared.

    Example:
        >>> seeds_of_test(2) == seeds_of_test(3)[:2]
        True
    """
    return seeds_for(0, "test", count)


def random_policy(world: World, seed: int) -> Policy:
    """Every action equally likely."""
    generator = np.random.default_rng(derive(seed, "random actions"))
    return lambda _: world.actions.random(generator)


def evaluate_control(question: Played) -> Evaluation:
    """Play test episodes without chance in what is done, and the same ones at random.

    Args:
        question: Who plays where.
    """
    world, objective = question.world, question.objective
    seeds = seeds_of_test(question.episodes)
    policy = objective.policy(question.network)
    tested = play(world, policy, seeds)
    chosen = play(world, policy, question.validation)
    random = play(world, random_policy(world, 0), seeds)
    metrics = {"validation": measured(chosen, objective), "test": measured(tested, objective)}
    rows = _rows(tested, objective)
    values = {name: [row[name] for row in rows] for name in rows[0]}
    spans = {name: found for name, row in values.items() if (found := interval(np.asarray(row))) is not None}
    told = [_baseline("random actions", "every action equally likely", random, objective)]
    known = _best_known(question, seeds)
    if known is not None:
        told.append(_baseline(known["name"], known["about"], known["rows"], objective))
    record: dict[str, Any] = {
        "task": "control",
        "target": world.name,
        "classes": [],
        "primary": "return",
        "metrics": metrics,
        "intervals": {
            "part": "test",
            "rows": len(tested),
            "level": LEVEL,
            "method": METHOD,
            "metrics": {name: list(span) for name, span in spans.items()},
        },
        "baselines": told,
        "verdict": verdict(world, tested, spans.get("return"), told[0]["metrics"]["return"]),
        "world": world.facts(),
        "returns": [each.total for each in tested],
        "lengths": [len(each) for each in tested],
        "episode": _drawn(question, tested),
        "known": None if known is None else {key: known[key] for key in known if key != "rows"},
    }
    return Evaluation(record=record, predictions=_predictions(tested, chosen, random), pictures={})


def _baseline(name: str, about: str, episodes: Sequence[Episode], objective: Acting) -> dict[str, Any]:
    return {"name": name, "about": about, "metrics": measured(episodes, objective)}


def _rows(episodes: Sequence[Episode], objective: Acting) -> list[dict[str, float]]:
    return [
        {"return": each.total, "length": float(len(each)), "discounted": each.discounted(objective.discount)}
        for each in episodes
    ]


def measured(episodes: Sequence[Episode], objective: Acting) -> dict[str, float]:
    """Means over episodes, and the lowest return.

    Args:
        episodes: At least one.
        objective: For its discount.
    """
    rows = _rows(episodes, objective)
    means = {name: float(np.mean([row[name] for row in rows])) for name in rows[0]}
    return {"return": means["return"], "lowest": min(row["return"] for row in rows), **means}


def interval(values: NDArray[np.float64]) -> Interval | None:
    """Student's interval of a mean; ``None`` where all values are equal, or there is one only.

    Args:
        values: One for each episode.

    Example:
        >>> [round(end, 2) for end in interval(np.array([1.0, 2.0, 3.0]))]
        [-0.48, 4.48]
    """
    rows = len(values)
    if rows < 2 or float(np.ptp(values)) == 0:
        return None
    half = float(stats.t.ppf(0.5 + LEVEL / 2, rows - 1)) * float(values.std(ddof=1)) / rows**0.5
    return float(values.mean()) - half, float(values.mean()) + half


def verdict(world: World, tested: Sequence[Episode], span: Interval | None, random: float) -> str:
    """The result in words.

    Args:
        world: For what counts as solved.
        tested: The test episodes.
        span: The interval of the mean return.
        random: The mean return of random actions.
    """
    returns = [each.total for each in tested]
    mean = float(np.mean(returns))
    sure = f" (95 % interval {_number(span[0])} to {_number(span[1])})" if span else " (the same in all)"
    said = f"Mean return {_number(mean)} in {len(returns)} test episodes{sure}."
    said += f" Random actions get {_number(random)}."
    if world.solved is None:
        return said
    reached = "reached" if mean >= world.solved else "not reached"
    return f"{said} The world counts as solved from {_number(world.solved)}: {reached}."


def _number(value: float) -> str:
    places = 1 if abs(value) >= 10 else 2
    return f"{value:.{places}f}".removesuffix("." + "0" * places).replace("-", "−")


def _drawn(question: Played, tested: Sequence[Episode]) -> dict[str, Any]:
    """The test episode whose return is in the middle, step by step."""
    middle = sorted(tested, key=lambda each: each.total)[len(tested) // 2]
    network, objective = question.network, question.objective
    moves = transitions_of([middle], next(network.parameters()).device)
    with evaluating(network), torch.no_grad():
        said = objective.judged_values(network, moves.seen, moves.actions)
    came = np.zeros(len(middle))
    later = 0.0
    for step in reversed(range(len(middle))):
        came[step] = later = middle.rewards[step] + objective.discount * later
    return {
        "seed": middle.seed,
        "return": middle.total,
        "length": len(middle),
        "terminated": middle.terminated,
        "seen": moves.seen[:LONGEST].cpu().numpy().round(5).tolist(),
        "end": [middle.observations[-1].round(5).tolist()] if len(middle) <= LONGEST else [],
        "actions": moves.actions[:LONGEST].cpu().numpy().round(5).tolist(),
        "rewards": [round(each, 5) for each in middle.rewards[:LONGEST]],
        "said": said[:LONGEST, 0].cpu().numpy().round(5).tolist(),
        "came": came[:LONGEST].round(5).tolist(),
    }


def _best_known(question: Played, seeds: Sequence[int]) -> dict[str, Any] | None:
    """What is best in worlds of the house, where it is known in closed form."""
    if isinstance(question.world, GridWorld):
        return _of_grid(question, question.world, seeds)
    if isinstance(question.world, LinearWorld):
        return _of_line(question, question.world, seeds)
    return None


def _of_grid(question: Played, world: GridWorld, seeds: Sequence[int]) -> dict[str, Any]:
    """Every state's values by value iteration, beside those of the network."""
    discount = min(question.objective.discount, 0.9999)
    best = value_iteration(world, discount)
    with evaluating(question.network), torch.no_grad():
        seen = torch.from_numpy(np.stack([world.shown(state) for state in range(world.states)]))
        said = question.network(seen.to(next(question.network.parameters()).device)).cpu().numpy()
    floor = world.floor()
    right = [best[state, said[state].argmax()] >= best[state].max() - 1e-6 for state in floor]
    return {
        "name": "value iteration",
        "about": "the best there is, from the world's known chances",
        "rows": play(world, lambda row: int(best[int(row.argmax())].argmax()), seeds),
        "map": list(world.rows),
        "values": best.max(axis=1).round(5).tolist(),
        "said": said.max(axis=1).round(5).tolist(),
        "action": said.argmax(axis=1).tolist(),
        "floor": floor,
        "right": float(np.mean(right)),
        "apart": float(np.abs(said[floor].max(axis=1) - best[floor].max(axis=1)).mean()),
    }


def _of_line(question: Played, world: LinearWorld, seeds: Sequence[int]) -> dict[str, Any]:
    """The best gain by Riccati's equation, beside the slope of the actor at the origin."""
    K, _ = world.best(question.objective.discount)
    low, high = world.actions.low, world.actions.high
    device = next(question.network.parameters()).device
    with evaluating(question.network), torch.no_grad():
        step = 0.05 * torch.eye(2, device=device)
        slope = (question.network(step) - question.network(-step))[:, 0].cpu().numpy() / 0.1
    return {
        "name": "Riccati",
        "about": "the best line, a = −K s, from the world's known equations",
        "rows": play(world, lambda s: np.clip(-(K @ s), low, high).astype(np.float32), seeds),
        "gain": K[0].round(5).tolist(),
        "said": (-slope).round(5).tolist(),
    }


def _predictions(
    tested: Sequence[Episode], chosen: Sequence[Episode], random: Sequence[Episode]
) -> pl.DataFrame:
    """One row per episode: ``prediction`` is its return, ``target`` that of random actions in it."""
    nobody = [float("nan")] * len(chosen)
    return pl.DataFrame(
        {
            "part": ["test"] * len(tested) + ["validation"] * len(chosen),
            "row": [*range(len(tested)), *range(len(chosen))],
            "target": [*(each.total for each in random), *nobody],
            "prediction": [each.total for each in (*tested, *chosen)],
            "length": [len(each) for each in (*tested, *chosen)],
        }
    )
