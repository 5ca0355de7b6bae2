"""What Glasshouse adds to a training step of every model: its loop beside a bare PyTorch loop."""

from __future__ import annotations

import argparse
import gc
import json
import math
import multiprocessing
import os
import sys
import tempfile
from dataclasses import asdict, dataclass, field
from pathlib import Path
from time import perf_counter, process_time
from typing import Any

try:
    import resource
except ImportError:  # Windows has none
    resource = None  # type: ignore[assignment]

import torch
from measuring.clock import Spread, spread
from measuring.document import publish, table
from measuring.machine import describe, load, sentence
from measuring.model_cases import ModelCase, case_of, cases
from measuring.model_jobs import Bare, job_for

from glasshouse.core.errors import GlasshouseError
from glasshouse.experiment.run import new_run
from glasshouse.training.loop import train
from glasshouse.training.observers import Plan
from glasshouse.training.records import Records

PROMISE = 1.05
"""What a step may cost, as a multiple of the bare loop's."""
FEWEST, MOST = 4, 600
"""Steps in a block: enough to tell the end of an epoch from them, and no more than anybody waits for."""
LOOKS = 200
"""Steps from one look of the probes to the next, at the default."""
KEPT = {"MALLOC_MMAP_THRESHOLD_": str(2**30), "MALLOC_TRIM_THRESHOLD_": str(2**32)}
"""Lets glibc keep what is freed. By itself it hands large blocks back to the system at every step, or does
not, by where they happen to lie; the page faults then make one of both loops dearer, by chance."""
EVERY = 3
"""Blocks from one look to the next, where a block is shorter than that."""


@dataclass
class Blocks:
    """Seconds of processor time of the blocks of both loops, in turns, and those on the clock.

    Args:
        steps: Steps in a block.
        looks: Whether the probes looked in a block, block by block.
        glasshouse, bare, glasshouse_clock, bare_clock: Seconds.
        engine: What computed Glasshouse's gradients.
        glasshouse_faults, bare_faults: Pages of memory that were fetched anew.
    """

    steps: int
    looks: list[bool] = field(default_factory=list)
    glasshouse: list[float] = field(default_factory=list)
    bare: list[float] = field(default_factory=list)
    glasshouse_clock: list[float] = field(default_factory=list)
    bare_clock: list[float] = field(default_factory=list)
    engine: str = ""
    glasshouse_faults: list[int] = field(default_factory=list)
    bare_faults: list[int] = field(default_factory=list)

    def ratios(self, clock: bool = False) -> Spread:
        """What a step costs as a multiple of the bare loop's, the default's share of looks included.

        Args:
            clock: By the clock on the wall, where others on the machine count too.
        """
        ours, bare = (self.glasshouse_clock, self.bare_clock) if clock else (self.glasshouse, self.bare)
        each = [a / b for a, b in zip(ours, bare, strict=True)]
        if self.steps >= LOOKS or not any(self.looks):
            return spread(each)
        without = spread([ratio for ratio, looked in zip(each, self.looks, strict=True) if not looked])
        looked = spread([ratio for ratio, looked in zip(each, self.looks, strict=True) if looked])
        share = max(0.0, looked.median - without.median) * self.steps / LOOKS
        return Spread(*(quartile + share for quartile in without))


class InTurns:
    """An observer that lets the bare loop take a block after every epoch of Glasshouse's.

    The time of an epoch runs from the end of the bare block before it to the end of its records.
    """

    def __init__(self, bare: Bare, blocks: Blocks, every: int) -> None:
        self._bare, self._blocks, self._every = bare, blocks, every
        self._began = (math.nan, math.nan, 0)
        self._epochs = 0

    def started(self, plan: Plan) -> None:
        """Training begins."""
        self._began = now()

    def stepped(self, step: int, rows: int, loss: float | None) -> None:
        """Steps are not timed one by one."""

    def epoch_ended(self, row: dict[str, Any], timing: dict[str, Any]) -> None:
        """Note the time, and let the other one take its turn."""
        ours = since(self._began)
        began = now()
        self._bare.epoch()
        bare = since(began)
        blocks, first = self._blocks, self._epochs * self._blocks.steps
        if self._epochs:  # the first block warms up
            seen = range(first, first + blocks.steps) if self._every else ()
            blocks.looks.append(any(step % self._every == 0 for step in seen))
            blocks.glasshouse.append(ours[0])
            blocks.glasshouse_clock.append(ours[1])
            blocks.bare.append(bare[0])
            blocks.bare_clock.append(bare[1])
            blocks.glasshouse_faults.append(ours[2])
            blocks.bare_faults.append(bare[2])
        self._epochs += 1
        self._began = now()

    def ended(self, reason: str) -> None:
        """Nothing more to note."""


def now() -> tuple[float, float, int]:
    """Processor time of this process, the clock on the wall, and pages that were fetched."""
    pages = 0 if resource is None else resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    return process_time(), perf_counter(), pages


def since(began: tuple[float, float, int]) -> tuple[float, float, int]:
    """What has gone by of all three since then."""
    return tuple(b - a for a, b in zip(began, now(), strict=True))  # type: ignore[return-value]  # three of them


def main() -> None:
    """Measure, print, and write where asked."""
    options = arguments()
    before = load()
    os.environ |= KEPT  # for the processes that measure
    chosen = [case_of(name) for name in options.models] if options.models else cases()
    results = gathered(chosen, options)
    named = "" if options.models is None else f" --models {' '.join(options.models)}"
    command = (
        f"python benchmarks/model_steps.py --rounds {options.rounds} --seconds {options.seconds:g}{named}"
    )
    machine = describe(command, (), before)
    text = "\n\n".join([*introduction(machine, options.rounds), listing(results), verdict(results)])
    kept = {case.title: asdict(blocks) for case, blocks in results.items()}
    publish("model_steps", text, {"machine": machine, "blocks": kept}, options.write, options.json)


def gathered(chosen: list[ModelCase], options: argparse.Namespace) -> dict[ModelCase, Blocks]:
    """What stands in the file of numbers already, and the others, each written down at once."""
    path: Path | None = options.json
    there = path is not None and path.exists()
    known: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))["blocks"] if path and there else {}
    results = {}
    for case in chosen:
        if case.title not in known:
            known[case.title] = asdict(in_own_process(case, options.rounds, options.seconds))
            if path is not None:
                path.write_text(json.dumps({"blocks": known}) + "\n", encoding="utf-8")
        results[case] = Blocks(**known[case.title])
    return results


def arguments() -> argparse.Namespace:
    """What was asked for on the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--models", nargs="+", metavar="NAME", help="some models instead of all")
    parser.add_argument("--rounds", type=int, default=15, help="blocks of each that count (default 15)")
    parser.add_argument("--seconds", type=float, default=0.4, help="length of a block (default 0.4)")
    parser.add_argument("--write", type=Path, metavar="FILE", help="Markdown file to put the table into")
    parser.add_argument(
        "--json", type=Path, metavar="FILE", help="JSON file for every single number; what it has is kept"
    )
    options = parser.parse_args()
    if options.rounds < EVERY or options.seconds <= 0:
        parser.error(f"--rounds is a whole number from {EVERY}, --seconds above 0")
    return options


def in_own_process(case: ModelCase, rounds: int, seconds: float) -> Blocks:
    """What :func:`measured` gives, by a process of its own: none inherits the memory of those before it."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        blocks = pool.apply(told, (case, rounds, seconds))
    print(f"{case.title}: {blocks.ratios().text()}", file=sys.stderr, flush=True)
    return blocks


def told(case: ModelCase, rounds: int, seconds: float) -> Blocks:
    """What :func:`measured` gives; errors become such as can be handed over to another process."""
    try:
        return measured(case, rounds, seconds)
    except GlasshouseError as error:
        raise RuntimeError(str(error)) from None


def measured(case: ModelCase, rounds: int, seconds: float) -> Blocks:
    """Both loops in turns, block by block."""
    torch.set_num_threads(1)
    steps = fitting_steps(case, seconds)
    every = None if steps >= LOOKS else EVERY * steps
    job, bare = job_for(case, steps, rounds + 1, every)
    blocks = Blocks(steps)
    gc.collect()
    with tempfile.TemporaryDirectory(prefix="model-steps-") as folder:
        run = new_run(Path(folder), case.model)
        watch = InTurns(bare, blocks, job.probe_every)
        outcome = train(job, Records(run.path), run.checkpoints(), [watch])
    blocks.engine = outcome.engine
    return blocks


def fitting_steps(case: ModelCase, seconds: float) -> int:
    """How many bare steps fill a block."""
    _, bare = job_for(case, 2, 1, None)
    spent = []
    for _ in range(3):
        began = now()
        bare.epoch()
        spent.append(since(began)[0] / 2)
    return max(FEWEST, min(MOST, round(seconds / min(spent))))


def introduction(machine: dict[str, Any], rounds: int) -> list[str]:
    """Heading, machine and method."""
    return [
        "## A training step of every model",
        sentence(machine),
        "What a step costs in Glasshouse, as a multiple of a bare PyTorch loop with the same module, loss, "
        "optimizer (fused where Glasshouse's is) and clipping, one gather per batch. Glasshouse's side is "
        "all of its loop at the defaults: shuffling, losses, training metric, probes, records on disk, "
        "checkpoints; there is no validation part. One thread, random data, processor time of the process, "
        "which counts no other program's, and a process for every model. In these the C library keeps what "
        "is freed (`MALLOC_TRIM_THRESHOLD_`): else page faults meet one loop or the other, by where memory "
        "happens to lie, and the ratio of the same model differs by a fifth from process to process. Both "
        "take blocks of some tenths of "
        f"a second in turns; given are the median and the quartiles of {rounds} ratios of a block to the "
        "bare one after it. An end of an epoch falls into every block. A look of the probes falls into every "
        f"{LOOKS}th step; where a block is shorter, every {EVERY}rd block has one, and its cost is spread "
        f"over {LOOKS} steps. By the clock means: of the same blocks, other programs included.",
        "Models that learn by acting act once before every update, here as there, in worlds of a few lines. "
        "Of the deep belief network the top machine learns, on units that are drawn through the one below.",
    ]


def listing(results: dict[ModelCase, Blocks]) -> str:
    """The table, the dearest first."""
    rows = []
    for case, blocks in sorted(results.items(), key=lambda item: -item[1].ratios().median):
        ratio = blocks.ratios()
        rows.append(
            [
                case.title,
                blocks.engine,
                f"{1e3 * spread(blocks.bare).median / blocks.steps:.2f}",
                str(blocks.steps),
                ratio.text(),
                f"{blocks.ratios(clock=True).median:.2f}",
                "yes" if ratio.median <= PROMISE else "**no**",
            ]
        )
    head = [
        "",
        "engine",
        "bare step, ms",
        "steps in a block",
        "ratio (quartiles)",
        "by the clock",
        "within 5 %",
    ]
    return table(head, rows)


def verdict(results: dict[ModelCase, Blocks]) -> str:
    """How many keep the promise."""
    over = [case.model for case, blocks in results.items() if blocks.ratios().median > PROMISE]
    kept = len(results) - len(over)
    told = f"{kept} of {len(results)} models are within 5 %"
    return f"{told}." if not over else f"{told}; above it: {', '.join(over)}."


if __name__ == "__main__":
    main()
