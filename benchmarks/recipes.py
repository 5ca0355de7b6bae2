"""Run recipes as they stand, for some seeds, say whether they pass, and write what was measured into them.

What is written goes to ``[recipe.measured]`` or ``[recipe.small.measured]`` of the recipe's file, and to no
other line of it. The exit code is 1 when a run did not pass.
"""

from __future__ import annotations

import argparse
import re
import sys
import tempfile
from pathlib import Path
from time import perf_counter

from glasshouse.core.files import write_atomic
from glasshouse.experiment.toml import assignment
from glasshouse.project import run
from glasshouse.recipes import Verdict, find, names
from glasshouse.recipes.shelf import FOLDER


def main() -> None:
    """Measure, print, and write where asked."""
    options = arguments()
    failed = []
    for name in options.names or names():
        verdicts, seconds = measured(name, options.seeds, options.small)
        failed += [name for each in verdicts if not each.passed]
        if options.write:
            write(FOLDER / f"{name}.toml", verdicts, seconds, options.seeds, options.small)
    if failed:
        sys.exit(f"not passed: {', '.join(dict.fromkeys(failed))}")


def arguments() -> argparse.Namespace:
    """What was asked for on the command line."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help="recipes; all of them without any")
    parser.add_argument("--seeds", nargs="+", type=int, default=[0], help="one run for each (default 0)")
    parser.add_argument("--small", action="store_true", help="the small forms")
    parser.add_argument(
        "--write", action="store_true", help="write what was measured into the recipes' files"
    )
    return parser.parse_args()


def measured(name: str, seeds: list[int], small: bool) -> tuple[list[Verdict], float]:
    """A verdict for each seed, and the mean of the seconds."""
    form = find(name).form(small)
    verdicts, seconds = [], 0.0
    for seed in seeds:
        with tempfile.TemporaryDirectory() as folder:
            before = perf_counter()
            done = run(form.experiment.replace(seed=seed), out=folder, observers=[])
            took = perf_counter() - before
            verdicts.append(form.bar.judged(done.evaluation))
        seconds += took / len(seeds)
        print(f"{name}, seed {seed}, {took:.1f} s: {verdicts[-1]}", flush=True)
    return verdicts, seconds


def write(path: Path, verdicts: list[Verdict], seconds: float, seeds: list[int], small: bool) -> None:
    """Put the numbers into the file in place of those that stand there."""
    numbers = [None if each.value is None else float(f"{each.value:.5g}") for each in verdicts]
    if None in numbers:
        sys.exit(f"{path.stem} has no metric {verdicts[0].bar.metric}: nothing is written")
    table = f"recipe.{'small.' if small else ''}measured"
    lines = [
        f"[{table}]",
        assignment("values", numbers),
        assignment("seconds", float(f"{seconds:.2g}")),
        assignment("seeds", seeds),
    ]
    block = "\n".join(lines) + "\n"
    text = path.read_text(encoding="utf-8")
    there = re.compile(rf"^\[{re.escape(table)}\]\n(?:[^\[\n].*\n|\n(?!\[))*", re.M)
    if there.search(text):
        text = there.sub(lambda _: block, text, count=1)
    elif small:
        text = text.rstrip("\n") + "\n\n" + block
    else:
        text = text.replace("[recipe.small]\n", f"{block}\n[recipe.small]\n", 1)
    write_atomic(path, text)


if __name__ == "__main__":
    main()
