"""Run folders written by hand, as the other parts of the program write them."""

from __future__ import annotations

import io
import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from PIL import Image

from glasshouse.core.files import write_json
from glasshouse.experiment import Experiment, Run
from glasshouse.experiment.run import new_run
from glasshouse.experiment.toml import write_experiment

HOSTILE = "<script>alert('x')</script> \" & $\\frac{$"
"""A name that is dangerous in HTML, in attributes and in formulas."""


def whole_run(
    folder: Path, kind: str = "images", name: str = "digits", watched: bool = False, **made: Any
) -> Run:
    """A finished run with its records.

    Args:
        folder: Where runs lie.
        kind: ``"images"``, ``"table"`` or ``"numbers"`` (a table whose target is a number).
        name: Of the run.
        watched: Whether steps, probes and a range test were recorded; without them a page is made faster.
        made: ``classes`` (names), ``layers`` (how many), ``column`` (a name).
    """
    run = new_run(folder, name)
    classes = made.get("classes", ["cat", "dog", "bird"])
    write_experiment(run.path / "experiment.toml", Experiment(data="somewhere.csv", name=name, seed=7))
    write_json(run.path / "environment.json", environment())
    write_json(run.path / "data.json", {"origin": "somewhere", "rows": 300, "fingerprint": "0"})
    write_json(
        run.path / "exploration.json", exploration(run.path, kind, classes, made.get("column", "weight"))
    )
    write_json(run.path / "preparation.json", preparation(kind, made.get("column", "weight")))
    write_network(run.path, made.get("layers", 5), kind)
    write_training(run.path, "r2" if kind == "numbers" else "accuracy")
    if watched:
        write_watched(run.path, made.get("layers", 5))
    record = (
        regression(made.get("column", "weight"))
        if kind == "numbers"
        else classification(run.path, kind, classes, made.get("column", "weight"))
    )
    write_json(run.path / "evaluation.json", record)
    run.note("finished", "report")
    return run


def environment() -> dict[str, Any]:
    return {
        "python": "3.11.7",
        "platform": "Linux",
        "processor": "a processor",
        "cores": 2,
        "packages": {"glasshouse": "0.1.0", "torch": "2.13.0", "onnx": None},
        "devices": [{"name": "cpu", "about": "2 cores"}],
        "command": ["glasshouse", "run", "my data.csv"],
    }


def column(name: str, kind: str = "number", **changed: Any) -> dict[str, Any]:
    record: dict[str, Any] = {
        "name": name,
        "kind": kind,
        "used": True,
        "because": "",
        "missing": 30,
        "missing_share": 0.1,
        "distinct": 41,
        "summary": None,
        "histogram": None,
        "top": [],
        "association": {"value": 0.42, "measure": "correlation ratio eta"},
    }
    if kind == "number":
        record["summary"] = {
            "min": -1.5,
            "max": 12345.678,
            "mean": 3.0,
            "std": 1.0,
            "median": 2.5,
            "skewness": 0.1,
        }
        record["histogram"] = {"edges": [0, 1, 2, 3], "counts": [10, 0, 250]}
    else:
        record["top"] = [
            {"value": f"value {k}", "count": 90 - 20 * k, "share": 0.3 - 0.07 * k} for k in range(4)
        ]
    return record | changed


def exploration(path: Path, kind: str, classes: list[str], name: str) -> dict[str, Any]:
    share = 1 / len(classes)
    target: dict[str, Any] = {
        "name": "animal",
        "task": "classification",
        "classes": [{"name": each, "count": 100, "share": share} for each in classes],
        "imbalance": 1.0,
    }
    if kind == "numbers":
        target = {
            "name": name, "task": "regression", "mean": 10.0, "std": 3.0, "min": 0.0, "max": 20.0,
            "skewness": 0.0, "quantiles": [4.0, 8.0, 10.0, 12.0, 16.0],
            "histogram": {"edges": [0, 10, 20], "counts": [150, 150]},
        }  # fmt: skip
    record: dict[str, Any] = {
        "kind": "images" if kind == "images" else "table",
        "origin": "somewhere",
        "rows": 300,
        "parts": {"train": 200, "validation": 50, "test": 50},
        "split": "stratified",
        "notes": ["the separator is a semicolon"],
        "target": target,
        "columns": [],
        "correlations": {"names": [], "matrix": []},
        "duplicates": {"rows": 0, "across_parts": 0, "contradictory": 0},
        "images": None,
        "findings": [
            {
                "severity": "warning",
                "code": "leakage",
                "where": name,
                "text": f"{name!r} alone predicts 'animal'",
                "remedy": f"leave it out: --set 'data.columns.\"{name}\"=ignore'",
            },
            {
                "severity": "hint",
                "code": "few-rows",
                "where": "",
                "text": "there are few rows",
                "remedy": "get more",
            },
        ],
    }
    if kind == "images":
        record["images"] = images(path, classes)
        return record
    record["columns"] = [
        column(name),
        column("colour", "category"),
        column("birthday", "date"),
        column("remark", "text", top=[{"value": "once", "count": 1, "share": 0.003}]),
        column("number of row", used=False, because="it counts the rows", association=None),
    ]
    record["correlations"] = {"names": [name, "height"], "matrix": [[1.0, -0.7], [-0.7, 1.0]]}
    return record


def write_picture(path: Path, shape: tuple[int, ...]) -> None:
    path.parent.mkdir(exist_ok=True)
    stream = io.BytesIO()
    Image.fromarray(np.random.default_rng(0).integers(256, size=shape).astype(np.uint8)).save(
        stream, format="PNG"
    )
    path.write_bytes(stream.getvalue())


def images(path: Path, classes: list[str]) -> dict[str, Any]:
    samples, means = [], []
    for k, name in enumerate(classes):
        for number in range(3):
            write_picture(path / "pictures" / f"sample-{k}-{number}.png", (8, 8))
            samples.append({"class": name, "picture": f"sample-{k}-{number}"})
        write_picture(path / "pictures" / f"mean-{k}.png", (8, 8))
        means.append({"class": name, "picture": f"mean-{k}"})
    return {
        "height": 8, "width": 8, "channels": 1, "modes": {"L": 200, "RGB": 100},
        "mean": [100.0], "std": [50.0],
        "original_sizes": {"smallest": [8, 8], "largest": [90, 70], "distinct": 12}, "blank": 0,
        "broken": [{"file": "bad.png", "reason": "truncated"}], "samples": samples, "class_means": means,
    }  # fmt: skip


def preparation(kind: str, name: str) -> dict[str, Any]:
    if kind == "images":
        inputs = [{"name": "image", "kind": "image", "becomes": "grey, 8 x 8 pixels", "features": 64}]
        return {"kind": "images", "inputs": inputs}
    inputs = [
        {"name": name, "kind": "number", "becomes": "z-score with mean 3", "features": 1},
        {"name": "colour", "kind": "category", "becomes": "4 one-hot columns and other", "features": 5},
    ]
    return {"kind": "table", "inputs": inputs}


def layer_name(place: int, count: int) -> str:
    return f"stage{place // 10}.layer{place}" if count > 40 else f"layer{place}"


def write_network(path: Path, count: int, kind: str) -> None:
    shapes = [16, 8, 8] if kind == "images" else [64]
    layers = [
        {
            "name": layer_name(place, count),
            "kind": "ReLU" if place % 2 else "Conv2d" if kind == "images" else "Linear",
            "settings": "" if place % 2 else "1, 16, kernel_size=(3, 3), stride=(1, 1), padding=(1, 1)",
            "input_shape": shapes,
            "output_shape": shapes,
            "parameters": 0 if place % 2 else 160,
            "frozen": 0,
            "macs": 0 if place % 2 else 9216,
        }
        for place in range(count)
    ]
    write_json(
        path / "network.json",
        {
            "model": {"name": "cnn", "widths": [16, 32]}, "input_shape": [1, 8, 8], "outputs": 3,
            "layers": layers, "parameters": 160 * ((count + 1) // 2), "frozen": 0,
            "macs": 9216 * ((count + 1) // 2),
            "device": "cpu", "threads": 1, "precision": "float32", "text": "Sequential(\n  ...\n)",
        },
    )  # fmt: skip


EPOCHS = 6


def write_training(path: Path, measure: str, epochs: int = EPOCHS) -> None:
    lines = [
        {
            "epoch": epoch,
            "step": 20 * epoch,
            "learning_rate": 0.001,
            "train": {"loss": 1 / epoch, measure: 1 - 0.5 / epoch},
            "validation": {"loss": 1.1 / epoch + 0.02 * epoch, measure: 1 - 0.6 / epoch},
        }
        for epoch in range(1, epochs + 1)
    ]
    (path / "metrics.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    times = [{"epoch": e, "seconds": 0.5, "samples_per_second": 40_000.0} for e in range(1, epochs + 1)]
    (path / "timings.jsonl").write_text("".join(json.dumps(line) + "\n" for line in times))
    write_json(
        path / "training.json",
        {
            "best_epoch": epochs - 1,
            "ended": f"all {epochs} epochs done",
            "epochs": epochs,
            "steps": 20 * epochs,
            "seconds": 3.0,
            "monitor": "loss",
        },
    )


def write_watched(path: Path, layers: int, epochs: int = EPOCHS) -> None:
    steps = np.arange(20 * epochs)
    pl.DataFrame(
        {
            "step": steps,
            "epoch": steps // 20 + 1,
            "loss": 1 / (steps + 1.0),
            "learning_rate": np.cos(steps / (40 * epochs) * math.pi),
        }
    ).write_parquet(path / "steps.parquet")
    pl.DataFrame(
        [
            {
                "step": step, "position": place, "layer": layer_name(place, layers),
                "activation_mean": 0.1 * place - 0.2,
                "activation_spread": 1.0,
                "activation_zeros": 0.5 * (place % 2),
                "gradient_norm": None if place % 2 else 10.0 ** -(place % 7),
                "weight_norm": None if place % 2 else 4.0,
                "relative_update": None if place % 2 else 0.001,
            }
            for step in range(0, 20 * epochs, 50)
            for place in range(layers)
        ]
    ).write_parquet(path / "probes.parquet")  # fmt: skip
    write_json(
        path / "range_test.json", {"rates": [1e-4, 1e-3, 1e-2], "losses": [2.0, 1.0, 3.0], "suggestion": 1e-3}
    )


def measured(value: float) -> dict[str, float]:
    names = ("accuracy", "balanced_accuracy", "precision", "recall", "f1", "roc_auc", "average_precision")
    return {**dict.fromkeys(names, value), "log_loss": 0.3}


def classification(path: Path, kind: str, classes: list[str], name: str) -> dict[str, Any]:
    count = len(classes)
    matrix = (np.eye(count, dtype=int) * 14 + 1).tolist()
    mistakes = []
    for number in range(1, 4):
        picture = f"mistakes/{number:04}.png" if kind == "images" else None
        if picture:
            write_picture(path / picture, (60, 60, 3) if number == 1 else (8, 8))
        mistakes.append(
            {
                "row": number, "where": f"row {number} of somewhere", "true": classes[0],
                "predicted": classes[1], "probability": 0.9, "probability_of_true": 0.05,
                "error": None, "picture": picture,
                "values": None if picture else {name: 3.25, "colour": HOSTILE, "birthday": None},
            }
        )  # fmt: skip
    return {
        "task": "classification",
        "target": "animal",
        "classes": classes,
        "primary": "accuracy",
        "metrics": {"train": measured(0.99), "validation": measured(0.93), "test": measured(0.94)},
        "intervals": {
            "part": "test", "rows": 50, "level": 0.95, "method": "Wilson's score interval",
            "metrics": {"accuracy": [0.84, 0.979], "f1": [0.8, 0.97]},
        },
        "baselines": [
            {"name": "majority class", "about": f"always answers {classes[0]!r}", "metrics": measured(0.34)},
            {"name": "logistic regression", "about": "one weight per input", "metrics": measured(0.88)},
        ],
        "difference": {
            "baseline": "logistic regression", "metric": "accuracy", "rows": 50, "value": 0.06, "low": -0.02,
            "high": 0.14, "method": "adjusted Wald interval", "decided": False,
        },
        "verdict": "Right for 94.0 % of 50 test rows (95 % interval 84.0 to 97.9 %).",
        "confusion": {
            "part": "test",
            "matrix": matrix if count <= 50 else None,
            "pairs": [{"true": classes[0], "predicted": classes[1], "count": 3, "share": 0.2}],
        },
        "per_class": [
            {"class": each, "precision": None if k == 2 else 0.9, "recall": 0.8, "f1": 0.85, "support": 17}
            for k, each in enumerate(classes)
        ],
        "calibration": {
            "bins": [{"low": 0.9, "high": 1.0, "count": 50, "confidence": 0.97, "accuracy": 0.94}],
            "ece": 0.03,
        },
        "curves": {
            "roc": {"false_positive_rate": [0, 0.1, 1], "true_positive_rate": [0, 0.9, 1]},
            "precision_recall": {"recall": [1, 0.5, 0], "precision": [0.3, 0.9, 1]},
            "share": 0.3,
        } if count == 2 else None,
        "residuals": None,
        "mistakes": mistakes,
        "mistaken": 3,
    }  # fmt: skip


def regression(name: str) -> dict[str, Any]:
    metrics = {"r2": 0.787, "rmse": 53124.4, "mae": 36012.9}
    entries = [
        {
            "row": k, "where": f"row {k} of somewhere", "true": 87500.0, "predicted": 468095.2,
            "probability": None, "error": 380595.2, "picture": None, "values": {name: 1.0, "colour": "red"},
        }
        for k in range(3)
    ]  # fmt: skip
    return {
        "task": "regression", "target": name, "classes": [], "primary": "r2",
        "metrics": {"train": metrics, "validation": metrics, "test": metrics},
        "intervals": {
            "part": "test", "rows": 50, "level": 0.95, "method": "delta method",
            "metrics": {"r2": [0.76, 0.81], "rmse": [50000.0, 56000.0]},
        },
        "baselines": [
            {"name": "mean", "about": "always answers the training mean", "metrics": {"r2": -0.0001}},
            {"name": "linear regression", "about": "one weight per input", "metrics": {"r2": 0.68}},
        ],
        "difference": {
            "baseline": "linear regression", "metric": "r2", "rows": 50, "value": 0.107, "low": 0.09,
            "high": 0.12, "method": "paired bootstrap", "decided": True,
        },
        "verdict": "Explains 78.7 % of the variance of 50 test rows.",
        "confusion": None, "per_class": None, "calibration": None, "curves": None,
        "residuals": {
            "histogram": {"edges": [-2.0, -1.0, 0.0, 1.0], "counts": [5, 30, 15]}, "beyond": [0, 0],
            "points": [[1.0, 1.2], [2.0, 1.9], [3.0, 3.3]], "bias": -0.05,
        },
        "mistakes": entries, "mistaken": None,
    }  # fmt: skip
