"""The last section: what was run, on what, and how to run it again."""

from __future__ import annotations

import shlex
from typing import Any

from glasshouse.report import numbers
from glasshouse.report.records import Records
from glasshouse.report.section import Content

_ABOUT = {
    "experiment.toml": "what was run, nothing left at “auto”",
    "metrics.jsonl": "loss and metric of every epoch",
    "steps.parquet": "loss and learning rate of every step",
    "probes.parquet": "statistics of every layer",
    "predictions.parquet": "the answer to every row",
    "evaluation.json": "all that stands under Results",
    "exploration.json": "all that stands under The data",
    "checkpoints": "the state to go on from",
    "bundle": "the network to ship: weights, ONNX, preparation, card",
}


USE = "predict {bundle} NEW-DATA --out predictions.csv"
USES = {
    "language": 'generate {bundle} --prompt "Once"',
    "strokes": "sample {bundle} --count 16 --out made.png",
    "verification": "verify {bundle} ONE OTHER",
}
"""How bundles are used that predict nothing, by their task."""


def repeat(records: Records) -> Content:
    """What the template of the last section draws."""
    environment = records.json.get("environment")
    return {
        "toml": records.toml,
        "no_toml": "" if records.toml else records.missing("experiment", "experiment file"),
        "commands": _commands(records),
        "environment": _environment(environment) if environment else [],
        "no_environment": "" if environment else records.missing("environment", "record of the environment"),
        "files": [(name, about) for name, about in _ABOUT.items() if (records.path / name).exists()],
        "folder": str(records.path),
    }


def _commands(records: Records) -> list[tuple[str, str]]:
    folder = shlex.quote(str(records.path))
    commands = []
    if records.toml:
        source = (records.experiment or {}).get("data", {}).get("source")
        if source == "memory":
            commands.append(
                ("Run it again", "# the data were in memory: call the same function with them again")
            )
        else:
            commands.append(("Run it again", f"glasshouse run {folder}/experiment.toml"))
            commands.append(
                ("With another seed", f"glasshouse run {folder}/experiment.toml --seed {_next_seed(records)}")
            )
    if records.status["state"] in ("failed", "interrupted", "running"):
        commands.insert(0, ("Go on with it", f"glasshouse resume {folder}"))
    if (records.path / "bundle").exists():
        commands.append(("Use it", f"glasshouse {_use(records).format(bundle=f'{folder}/bundle')}"))
    return commands


def _use(records: Records) -> str:
    """What a bundle is there for."""
    record = records.json.get("evaluation") or {}
    if record.get("generation") is not None:
        pictures = (records.json.get("exploration") or {}).get("images")
        return f"sample {{bundle}} --count 16 --out made.{'png' if pictures else 'csv'}"
    return USES.get(record.get("task", ""), USE)


def _next_seed(records: Records) -> int:
    return int((records.experiment or {}).get("seed", 0)) + 1


def _environment(environment: dict[str, Any]) -> list[tuple[str, str]]:
    packages = environment.get("packages", {})
    rows = [
        ("glasshouse", packages.get("glasshouse")),
        ("Python", environment.get("python")),
        (
            "packages",
            ", ".join(f"{name} {each}" for name, each in packages.items() if each and name != "glasshouse"),
        ),
        ("system", environment.get("platform")),
        ("processor", f"{environment.get('processor')}, {numbers.count(environment.get('cores'))} cores"),
        (
            "devices",
            "; ".join(f"{each['name']} ({each['about']})" for each in environment.get("devices", [])),
        ),
        ("started as", shlex.join(environment.get("command", []))),
    ]
    return [(name, str(each)) for name, each in rows if each]
