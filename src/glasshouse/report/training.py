"""The section on training: how the loss went, at which rate, how fast, and why it ended."""

from __future__ import annotations

from typing import Any

import polars as pl

from glasshouse.plot import learning_curve, learning_rate, range_test
from glasshouse.report import numbers
from glasshouse.report.acting import acting_figures
from glasshouse.report.energy import energy_figures
from glasshouse.report.game import game_figures, updates
from glasshouse.report.records import Records
from glasshouse.report.section import Content, drawn
from glasshouse.report.terms import metric_name

RIGHT = {
    "captioning": "Share of the words that are foretold rightly, given the true ones before.",
    "translation": "Share of the words that are foretold rightly, given the true ones before.",
    "tagging": "Share of the steps whose tag is right.",
}
"""What accuracy says while learning, of tasks that do not classify rows."""


def training(records: Records) -> Content:
    """What the template of the training section draws."""
    history = records.history
    if history.is_empty():
        return {"missing": records.missing("history", "epoch that was completed")}
    outcome = records.json.get("training", {})
    best = outcome.get("best_epoch")
    measure = next((each for each in ("accuracy", "r2") if f"train_{each}" in history.columns), None)
    return {
        "facts": _facts(records, outcome),
        "ended": outcome.get("ended") or _unfinished(records),
        "reading": _reading(history, best),
        "figures": [each for each in _figures(records, measure, best) if each],
    }


def _unfinished(records: Records) -> str:
    epochs, state = records.history.height, records.status["state"]
    how = {"failed": "training failed", "interrupted": "training was interrupted"}.get(
        state, "no end is recorded"
    )
    message = records.status.get("message")
    return f"{how} after {epochs} whole epochs" + (f": {message}" if message else "")


def _figures(records: Records, measure: str | None, best: int | None) -> list[dict[str, Any] | None]:
    history = records.history
    if "validation_return" in history.columns:
        return acting_figures(records, best)
    watched = "validation_loss" in history.columns
    caption = "Mean loss per epoch, on the rows that are learnt" + (
        " and on validation rows, which are not. Where the validation line turns up while the other goes on "
        "falling, the network begins to learn its rows by heart."
        if watched
        else "."
    )
    figures = (
        game_figures(records)
        or energy_figures(records, best)
        or [drawn(learning_curve(history, "loss", best), "Loss", caption)]
    )
    if measure is not None:
        name = metric_name(measure)
        task = (records.json.get("evaluation") or {}).get("task", "")
        caption = {
            "accuracy": RIGHT.get(task, "Share of rows whose class is right."),
            "r2": "Share of the variance that is explained. A first epoch below −0.5 leaves the picture.",
        }[measure]
        caption += " Training rows are measured while the epoch goes on, so their first values look low."
        figures.append(drawn(learning_curve(history, measure, best), name[:1].upper() + name[1:], caption))
    if not records.steps.is_empty():
        caption = "How far a step goes, as the schedule set it."
        figures.append(drawn(learning_rate(records.steps), "Learning rate", caption))
    tested = records.json.get("range_test")
    if tested is not None and len(tested["rates"]) > 1:
        caption = (
            "Before training, a copy of the network was trained for a moment while the rate rose with every "
            "step. Chosen is a tenth of the rate at which the loss was lowest."
        )
        figures.append(drawn(range_test(tested), "Learning-rate range test", caption))
    return figures


def _facts(records: Records, outcome: dict[str, Any]) -> list[tuple[str, str]]:
    history, timings = records.history, records.timings
    answering = records.json.get("ensemble")
    settings = (records.experiment or {}).get("training", {})
    planned = settings.get("epochs")
    facts = [("epochs", f"{history.height:,}" + (f" of {planned}" if isinstance(planned, int) else ""))]
    if answering is not None and answering["kind"] != "snapshots":
        facts.append(("networks", f"{len(answering['members'])}; shown is the mean of their numbers"))
    if "train_generator_loss" in history.columns:
        facts.append(("kept", "the last epoch: losses of a game do not tell a best one"))
    elif outcome.get("best_epoch"):
        facts.append(
            (
                "kept",
                f"epoch {outcome['best_epoch']}, best by validation {_named(outcome.get('monitor', 'loss'))}",
            )
        )
    facts.append(("steps", f"{history['step'][-1]:,}" + _rows(settings)))
    if "train_generator_loss" in history.columns:
        facts.append(("updates", updates(history["step"][-1], (records.experiment or {})["objective"])))
    if not timings.is_empty():
        facts.append(("time", f"{numbers.seconds(float(timings['seconds'].sum()))}"))
        speed = timings["samples_per_second"].median()
        facts.append(("speed", f"{numbers.number(float(speed), 3)} rows per second"))  # type: ignore[arg-type]  # a number
    if settings:
        facts += [
            ("optimizer", f"{_named(settings['optimizer'])}, rate {settings['learning_rate']}"),
            ("schedule", _named(settings["schedule"])),
        ]
    network = records.json.get("network") or {}
    engine = outcome.get("engine") or network.get("engine")
    if engine:
        why = outcome.get("engine_why") or network.get("engine_why")
        facts.append(("engine", f"{engine}: {why}" if why else str(engine)))
    objective = (records.experiment or {}).get("objective", {})
    if objective:
        weights = objective.get("class_weights", "none")
        facts.append(
            ("loss", _named(objective["loss"]) + ("" if weights == "none" else ", classes weighted"))
        )
    return facts


def _rows(settings: dict[str, Any]) -> str:
    if not isinstance(settings.get("batch_size"), int):
        return ""
    return f", each of {settings['batch_size'] * settings.get('accumulate', 1):,} rows"


def _named(spec: Any) -> str:
    """A name, or a name with its settings."""
    if not isinstance(spec, dict):
        return str(spec).replace("_", " ")
    others = ", ".join(f"{key} {value}" for key, value in spec.items() if key != "name")
    return str(spec.get("name", "")).replace("_", " ") + (f" ({others})" if others else "")


def _reading(history: pl.DataFrame, best: int | None) -> str:
    """One sentence on the gap between rows that were learnt and rows that were not."""
    # The losses of a game cannot be compared; in a world the return says more, and so does a likelihood.
    telling = ("train_generator_loss", "validation_return", "train_free_energy")
    other = any(each in history.columns for each in telling)
    if best is None or "validation_loss" not in history.columns or best > history.height or other:
        return ""
    row = history.row(best - 1, named=True)
    learnt, watched = row["train_loss"], row["validation_loss"]
    if learnt is None or watched is None:
        return ""
    return (
        f"In the kept epoch the loss was {numbers.number(learnt, 3)} on training rows and "
        f"{numbers.number(watched, 3)} on validation rows."
    )
