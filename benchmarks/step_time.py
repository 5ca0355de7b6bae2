"""Time per training step, side by side: Glasshouse, plain PyTorch and other trainers.

Every contestant trains in a process of its own and they take turns, round by round, so that a busy moment of
the machine meets all of them. What counts is the ratio to the tutorial loop of the same round.
"""

from __future__ import annotations

import argparse
import os
import shlex
import sys
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from contestants import CONTESTANTS, REFERENCE
from measuring.cases import CASES, Case, fitted
from measuring.clock import spread
from measuring.document import publish, table
from measuring.environment import environment
from measuring.figure import Bar, draw
from measuring.machine import describe, load, sentence
from measuring.worker import Order, Worker

PEERS = (
    "numba",
    "scikit-learn",
    "pytorch-lightning",
    "skorch",
    "keras",
    "transformers",
    "accelerate",
    "jax",
)
FIGURE = Path("_static", "step-time.svg")


@dataclass(frozen=True)
class Result:
    """What one contestant did in one case.

    Args:
        seconds: Per step, one number per round.
        ratios: Speed as a multiple of the tutorial loop's in the same round.
        losses: At the end of each round.
        note: Why there are no numbers, or empty.
    """

    seconds: list[float]
    ratios: list[float]
    losses: list[float]
    note: str = ""


def main() -> int:
    """Measure, print, and write where asked; 1 when a contestant failed."""
    options = arguments()
    before = load()
    with tempfile.TemporaryDirectory(prefix="step-time-") as folder:
        os.environ |= environment(Path(folder))
        results = {
            case: summarised(measured(case, options, Path(folder, case.name)), options.contestants)
            for case in (fitted(name, options.threads) for name in options.cases)
        }
    machine = describe(command(options), PEERS, before)
    if options.figure is not None:
        draw(panels(results), options.figure)
    publish(
        "step_time", text(results, machine, options), record(results, machine), options.write, options.json
    )
    return int(any(each.note.startswith("failed") for case in results.values() for each in case.values()))


def arguments() -> argparse.Namespace:
    """What was asked for on the command line."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--cases", nargs="+", choices=CASES, default=list(CASES))
    parser.add_argument("--contestants", nargs="+", choices=CONTESTANTS, default=list(CONTESTANTS))
    parser.add_argument("--rounds", type=int, default=7, help="rounds that count, from 1 (default 7)")
    parser.add_argument("--threads", type=int, help="CPU threads in all cases (default: by the case)")
    parser.add_argument("--epochs", type=int, help="timed epochs per training, from 1 (default: by the case)")
    parser.add_argument("--write", type=Path, metavar="FILE", help="Markdown file to put the table into")
    parser.add_argument(
        "--figure", type=Path, metavar="FILE", help="SVG file (default: _static/step-time.svg beside --write)"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="JSON file for every single number")
    options = parser.parse_args()
    if min(options.rounds, options.threads or 1, 1 if options.epochs is None else options.epochs) < 1:
        parser.error("--rounds, --threads and --epochs are whole numbers from 1")
    if options.figure is None and options.write is not None:
        options.figure = options.write.parent / FIGURE
    # Ratios need their reference, and tables the usual order.
    options.contestants = [name for name in CONTESTANTS if name in {REFERENCE, *options.contestants}]
    return options


def measured(case: Case, options: argparse.Namespace, folder: Path) -> dict[str, list[dict[str, Any]]]:
    """All rounds of one case: for each contestant its answers, the warm-up round left out.

    Everybody gets a new process, since some settle their number of threads once and for all.
    """
    found = {name: CONTESTANTS[name] for name in options.contestants}
    playing = [name for name, each in found.items() if each.missing is None and each.takes(case.input_shape)]
    folder.mkdir()
    with ExitStack() as stack:
        workers = {name: stack.enter_context(Worker(found[name].module, folder / name)) for name in playing}
        return in_turns(case, workers, options)


def in_turns(
    case: Case, workers: dict[str, Worker], options: argparse.Namespace
) -> dict[str, list[dict[str, Any]]]:
    """Round by round, everybody once."""
    playing = list(workers)
    answers: dict[str, list[dict[str, Any]]] = {name: [] for name in playing}
    for number in range(options.rounds + 1):
        told = f"round {number} of {options.rounds}" if number else "warm-up"
        print(f"{case.title}: {told}", file=sys.stderr, flush=True)
        turn = number % len(playing)  # nobody always comes first
        for name in playing[turn:] + playing[:turn]:
            if answers[name] and "error" in answers[name][-1]:
                continue
            settings = CONTESTANTS[name].settings
            order = Order(case.name, case.threads, options.epochs or case.epochs, number, settings)
            answer = workers[name].measure(order)
            if number or "error" in answer:
                answers[name].append(answer)
    return answers


def summarised(answers: dict[str, list[dict[str, Any]]], wanted: Sequence[str]) -> dict[str, Result]:
    """The result of every contestant that was asked for, in the order of the table."""
    reference = [each.get("seconds") for each in answers[REFERENCE]]
    results = {}
    for name in wanted:
        missing = CONTESTANTS[name].missing
        if missing is not None:
            results[name] = Result([], [], [], f"not installed ({missing})")
        elif name in answers:
            rounds = [each for each in answers[name] if "error" not in each]
            error = next((each["error"] for each in answers[name] if "error" in each), "")
            seconds = [each["seconds"] for each in rounds]
            pairs = zip(seconds, reference, strict=False)
            ratios = [theirs / own for own, theirs in pairs if theirs is not None]
            results[name] = Result(
                seconds, ratios, [each["loss"] for each in rounds], f"failed: {error}" if error else ""
            )
    return results


def text(results: dict[Case, dict[str, Result]], machine: dict[str, Any], options: argparse.Namespace) -> str:
    """The section for the handbook."""
    overview = [
        [CONTESTANTS[name].title, *(brief(case.get(name)) for case in results.values())]
        for name in options.contestants
    ]
    heads = [case.setting for case in results]
    parts = [
        "## Time per training step",
        sentence(machine),
        "Speed as a multiple of the tutorial loop's (more is better), and the time of a step. Median of "
        f"{options.rounds} rounds; in each round everybody trains once, and is compared with the tutorial "
        "loop of that round.",
        *shown(options),
        table(["", *heads], overview),
    ]
    for case, contestants in results.items():
        parts.append(f"### {case.setting}")
        parts.append(detailed(contestants))
    return "\n\n".join(parts)


def shown(options: argparse.Namespace) -> list[str]:
    """The figure, as the document beside it names it."""
    if options.write is None:
        return []
    path = Path(os.path.relpath(options.figure, options.write.parent)).as_posix()
    told = (
        "Speed as a multiple of the tutorial loop's, with the quartiles of each as a line; logarithmic scale"
    )
    return [f"![{told}]({path})"]


def panels(results: dict[Case, dict[str, Result]]) -> dict[str, list[Bar]]:
    """What the figure shows: of each case all who have numbers, but the reference."""
    found = {}
    for case, contestants in results.items():
        found[case.setting] = [
            Bar(CONTESTANTS[name].short, spread(result.ratios), name.startswith("glasshouse"))
            for name, result in contestants.items()
            if result.ratios and name != REFERENCE
        ]
    return found


def brief(result: Result | None) -> str:
    """One cell of the overview."""
    if result is None:
        return "-"
    if not result.ratios:
        return result.note
    return f"{spread(result.ratios).median:.2f} ({duration(spread(result.seconds).median)})"


def detailed(contestants: dict[str, Result]) -> str:
    """The table of one case, with quartiles, and the loss that shows that everybody did the same work."""
    rows = []
    for name, result in contestants.items():
        title = CONTESTANTS[name].title
        if result.ratios:
            time = spread([1e6 * each for each in result.seconds]).text("{:.0f}")
            rows.append([title, time, spread(result.ratios).text(), f"{spread(result.losses).median:.3f}"])
        if result.note:
            rows.append([title, result.note, "", ""])
    head = ["", "µs per step (quartiles)", "times the tutorial loop (quartiles)", "loss at the end"]
    return table(head, rows)


def duration(seconds: float) -> str:
    """Seconds in a unit that suits them."""
    return f"{seconds * 1e6:.0f} µs" if seconds < 1e-3 else f"{seconds * 1e3:.2f} ms"


def record(results: dict[Case, dict[str, Result]], machine: dict[str, Any]) -> dict[str, Any]:
    """Every number, in plain JSON types."""
    return {
        "machine": machine,
        "cases": {
            case.name: {
                "threads": case.threads,
                "contestants": {name: vars(result) for name, result in contestants.items()},
            }
            for case, contestants in results.items()
        },
    }


def command(options: argparse.Namespace) -> str:
    """What to type to measure the same again."""
    words = ["python", "benchmarks/step_time.py", "--rounds", str(options.rounds)]
    if options.cases != list(CASES):
        words += ["--cases", *options.cases]
    if options.contestants != list(CONTESTANTS):
        words += ["--contestants", *options.contestants]
    if options.threads is not None:
        words += ["--threads", str(options.threads)]
    if options.epochs is not None:
        words += ["--epochs", str(options.epochs)]
    return shlex.join(words)


if __name__ == "__main__":
    sys.exit(main())
