"""What a training takes of memory: every trainer in a process of its own, and many networks at once.

Each number comes from a fresh process. A trainer's process tells the most that it had resident; of searches
and populations the processes are watched from outside and added up, what they share counted once. Linux only.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from time import sleep
from typing import Any

import numpy as np
from contestants import CONTESTANTS, ENGINES
from contestants.jax_scan import described, weighted
from measuring.cases import CASES, Case, fitted, rows_of
from measuring.document import publish, table
from measuring.environment import environment
from measuring.grid_points import FOLDS
from measuring.machine import describe, load, sentence
from measuring.resident import MIB, available, family, proportional
from torch import nn

HERE = Path(__file__).parent
TRAINERS = {
    name: {**CONTESTANTS, **ENGINES}[name]
    for name in (
        "tutorial",
        "in_memory",
        "glasshouse_fused",
        "glasshouse_dense",
        "glasshouse_autograd",
        "scikit_learn",
        "lightning",
        "skorch",
        "keras",
        "hugging_face",
        "jax",
    )
}
EPOCHS = 3
LOOK = 0.02
"""Seconds between two looks at processes that are watched from outside."""
PATIENCE = 900
"""Seconds after which a training counts as hung."""
PEERS = ("numba", "scikit-learn", "pytorch-lightning", "skorch", "keras", "transformers", "jax")
POPULATION = {
    "one network, dense": {"name": "alone", "count": 1},
    "512 one after the other, dense": {"name": "alone", "count": 512},
    "512 at once, batched": {"name": "512", "count": 512},
    "512, fused": {"name": "compiled", "count": 512},
}
SWEEP = {"module": "contestants.glasshouse_sweep"}
GRID = {
    "scikit-learn: GridSearchCV(MLPClassifier, n_jobs=2)": {
        "module": "contestants.grid_search",
        "processes": 2,
    },
    "gh.sweep": {**SWEEP, "processes": 1},
    "gh.sweep, processes=2": {**SWEEP, "processes": 2},
}


def main() -> int:
    """Measure, print, and write where asked; 1 where a process failed."""
    options = arguments()
    if not available():
        print("memory.py reads /proc/self/clear_refs and smaps_rollup, which only Linux has", file=sys.stderr)
        return 1
    before = load()
    with tempfile.TemporaryDirectory(prefix="memory-") as folder:
        os.environ |= environment(Path(folder))
        trained = {name: trainings(fitted(name, None), options, Path(folder)) for name in options.cases}
        many = {} if options.without_many else many_networks(options, Path(folder))
    command = f"python benchmarks/memory.py --rounds {options.rounds}"
    if options.cases != list(CASES):
        command += f" --cases {' '.join(options.cases)}"
    machine = describe(command + " --without-many" * options.without_many, PEERS, before)
    results = {"machine": machine, "trainings": trained, "many": many}
    publish("memory", text(trained, many, machine, options.rounds), results, options.write, options.json)
    everybody = [each for found in (*trained.values(), *many.values()) for each in found.values()]
    return int(any("error" in each for found in everybody for each in found))


def arguments() -> argparse.Namespace:
    """What was asked for on the command line."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--cases", nargs="+", choices=CASES, default=list(CASES))
    parser.add_argument("--rounds", type=int, default=3, help="processes of everybody, from 1 (default 3)")
    parser.add_argument("--without-many", action="store_true", help="leave populations and grids out")
    parser.add_argument("--write", type=Path, metavar="FILE", help="Markdown file to put the section into")
    parser.add_argument("--json", type=Path, metavar="FILE", help="JSON file for every single number")
    options = parser.parse_args()
    if options.rounds < 1:
        parser.error("--rounds is a whole number from 1")
    return options


def trainings(case: Case, options: argparse.Namespace, folder: Path) -> dict[str, list[dict[str, Any]]]:
    """Bytes by everybody on one case: after importing, with the data, and at the most.

    A first process of everybody is not counted: it may compile what the later ones find compiled.
    """
    place = folder / case.name
    place.mkdir()
    network = case.build()
    for name, each in arrays_of(case, network).items():
        np.save(place / f"{name}.npy", each)
    common = {
        "case": case.name,
        "threads": case.threads,
        "batch_size": case.batch_size,
        "epochs": EPOCHS,
        "folder": str(place),
        "layers": described(network),
        "weighted": len(weighted(network)),
        "hidden": [each.out_features for each in network if isinstance(each, nn.Linear)][:-1],
    }
    found: dict[str, list[dict[str, Any]]] = {}
    for name, contestant in TRAINERS.items():
        if contestant.missing is not None or not contestant.takes(case.input_shape):
            continue
        own = {**common, "module": contestant.module, "settings": dict(contestant.settings)}
        found[name] = rounds(f"{case.title}: {name}", options.rounds, case.threads, lambda own=own: once(own))
    return found


def arrays_of(case: Case, network: nn.Module) -> dict[str, Any]:
    """Rows and first weights, as files for processes without PyTorch."""
    rows = rows_of(case)
    arrays = {"inputs": rows.inputs.numpy(), "targets": rows.targets.numpy()}
    for place, layer in enumerate(weighted(network)):
        arrays[f"weight{place}"] = layer.weight.detach().numpy()
        arrays[f"bias{place}"] = layer.bias.detach().numpy()
    return arrays


def rounds(title: str, count: int, threads: int, ask: Callable[[], dict[str, Any]]) -> list[dict[str, Any]]:
    """Answers of so many processes after a first one; of the first that fails, that it did."""
    os.environ |= dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), str(threads))
    answers = []
    for number in range(count + 1):
        answer = ask()
        told = answer.get("error") or f"{answer['peak'] / MIB:.0f} MiB {answer.get('said', '')}"
        print(f"{title}, {number} of {count}: {told}", file=sys.stderr, flush=True)
        if "error" in answer:
            return [answer]
        if number:
            answers.append(answer)
    return answers


def once(order: dict[str, Any]) -> dict[str, Any]:
    """What a training's own process tells."""
    found = subprocess.run(
        pinned("measuring.train_once", {**order, "seed": 0}, order["threads"]),
        cwd=HERE,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    if found.returncode:
        return {"error": f"failed: {found.stderr.strip().splitlines()[-1]}"}
    answer: dict[str, Any] = json.loads(found.stdout.strip().splitlines()[-1])
    if answer["epochs"] != order["epochs"]:
        return {"error": f"failed: {answer['epochs']} epochs ended, {order['epochs']} were due"}
    return answer


def pinned(module: str, order: dict[str, Any], threads: int) -> list[str]:
    """A command that runs a module on as many cores as it is to have threads."""
    cores = ",".join(map(str, sorted(os.sched_getaffinity(0))[:threads]))
    code = (
        f"import os, runpy; os.sched_setaffinity(0, [{cores}]); "
        f"runpy.run_module({module!r}, run_name='__main__', alter_sys=True)"
    )
    return [sys.executable, "-c", code, json.dumps(order)]


def many_networks(options: argparse.Namespace, folder: Path) -> dict[str, dict[str, list[dict[str, Any]]]]:
    """Bytes of populations and of searches over a grid, all their processes together."""
    population = {
        way: rounds(way, options.rounds, 1, lambda own=own: watched({"module": "population", **own}, 1))
        for way, own in ((way, {**own, "size": "iris"}) for way, own in POPULATION.items())
    }
    place = folder / "grid"
    place.mkdir()
    for name, each in grid_arrays().items():
        np.save(place / f"{name}.npy", each)
    common = {"data": "digits", "epochs": 20, "folds": FOLDS, "folder": str(place)}
    grid = {
        way: rounds(way, options.rounds, 1, lambda own=own: watched({**common, **own}, 2))
        for way, own in GRID.items()
    }
    return {"population": population, "grid": grid}


def grid_arrays() -> dict[str, Any]:
    """The rows and folds of the grid, as files for processes without PyTorch."""
    from grid import ground  # sets the threads of whoever imports it

    inputs, classes, folds = ground("digits")
    arrays = {"inputs": inputs, "classes": classes}
    for place, (train, held) in enumerate(folds):
        arrays |= {f"train{place}": train, f"held{place}": held}
    return arrays


def watched(order: dict[str, Any], threads: int) -> dict[str, Any]:
    """What a process and all that it starts have in memory together at the most, look by look."""
    with (
        tempfile.TemporaryFile("w+") as errors,
        subprocess.Popen(
            pinned("measuring.many_once", order, threads),
            cwd=HERE,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        ) as process,
    ):
        assert process.stdin is not None
        assert process.stdout is not None
        answer, highest, most = {}, 0, 1
        try:
            answer |= json.loads(process.stdout.readline())
            process.stdin.write("go\n")
            process.stdin.flush()
            while process.poll() is None:
                members = family(process.pid)
                taken = proportional(members)
                highest, most = max(highest, taken), max(most, len(members))
                sleep(LOOK)
            answer |= json.loads(process.stdout.read().strip().splitlines()[-1])
        except (ValueError, IndexError, OSError):
            process.kill()
            errors.seek(0)
            return {"error": f"failed: {(errors.read().strip().splitlines() or ['no answer'])[-1]}"}
    return {**answer, "peak": highest, "processes": most}


def text(
    trained: dict[str, dict[str, list[dict[str, Any]]]],
    many: dict[str, dict[str, list[dict[str, Any]]]],
    machine: dict[str, Any],
    count: int,
) -> str:
    """The section for the handbook."""
    parts = [
        "## Memory",
        sentence(machine),
        "The most that a process has resident while it trains, in MiB: median (lowest to highest) of "
        f"{count} fresh processes; each has imported what its trainer needs and nothing else, scikit-learn "
        f"and JAX no PyTorch. The rows lie in memory as arrays; {EPOCHS} epochs. *Imported* is what is "
        "resident before the data are there. Growth is what comes on top of that at the most, once with the "
        "rows themselves and once without. What a library loads or compiles when it is first used (the "
        "helpers of PyTorch's optimizers, some 80 MiB; Numba and what it compiled; XLA's compiler) is part "
        "of the growth.",
    ]
    for name, found in trained.items():
        case = fitted(name, None)
        parts += [f"### Memory: {case.setting}", of_trainings(found)]
    if many:
        parts += [
            "### Memory: 512 networks at once (MLP 4-16-3, batch 16)",
            "All processes of a way together, what they share counted once, looked at every "
            f"{1000 * LOOK:.0f} ms. Records are kept in memory, as the populations' benchmark has it.",
            of_many(many["population"]),
            "### Memory: a grid of 64 points on five folds (digits, 20 epochs)",
            "The same search as in *A grid of 64 points on five folds*, watched in the same way.",
            of_many(many["grid"]),
        ]
    return "\n\n".join(parts)


def of_trainings(found: dict[str, list[dict[str, Any]]]) -> str:
    """The table of one case."""
    rows = []
    for name, answers in found.items():
        title = TRAINERS[name].title
        if "error" in answers[0]:
            rows.append([title, answers[0]["error"], "", "", ""])
            continue
        rows.append(
            [
                title,
                mebibytes([each["peak"] for each in answers]),
                mebibytes([each["imported"] for each in answers]),
                mebibytes([each["peak"] - each["imported"] for each in answers]),
                mebibytes([each["peak"] - each["given"] for each in answers]),
            ]
        )
    return table(["", "peak", "imported", "growth with the rows", "growth without"], rows)


def of_many(found: dict[str, list[dict[str, Any]]]) -> str:
    """The table of populations or searches."""
    rows = []
    for way, answers in found.items():
        if "error" in answers[0]:
            rows.append([way, answers[0]["error"], "", "", ""])
            continue
        rows.append(
            [
                way,
                mebibytes([each["peak"] for each in answers]),
                mebibytes([each["imported"] for each in answers]),
                mebibytes([each["peak"] - each["imported"] for each in answers]),
                str(max(each["processes"] for each in answers)),
            ]
        )
    return table(["", "peak", "imported", "growth", "processes"], rows)


def mebibytes(values: Sequence[int]) -> str:
    """Median (lowest to highest) in MiB."""
    middle = sorted(values)[len(values) // 2]
    low, high = min(values), max(values)
    return f"{middle / MIB:.0f} ({low / MIB:.0f} to {high / MIB:.0f})"


if __name__ == "__main__":
    sys.exit(main())
