"""What it costs that freed memory goes back to the system: steps of convolutional networks."""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path

from measuring.clock import spread
from measuring.document import publish, table
from measuring.machine import describe, load, sentence

NETWORKS = {
    "lenet5": ("LeNet-5, 28 x 28, batch 128", {"name": "lenet5"}, 28, 128),
    "resnet": ("ResNet-18, width 1/4, 28 x 28, batch 32", {"name": "resnet18", "width": 0.25}, 28, 32),
    "mobilenet": ("MobileNet, width 1/4, 64 x 64, batch 32", {"name": "mobilenet", "width": 0.25}, 64, 32),
    "cnn": ("32 and 64 filters, 28 x 28, batch 256", {"name": "cnn", "widths": [32, 64]}, 28, 256),
}
WAYS = {"given back": "pass", "kept": "assert keep_freed_memory(), 'not glibc'"}
SECONDS = 3.0
"""How long one measurement lasts."""
STEPS = """
import json, resource, sys, time, torch
from glasshouse.core.allocation import keep_freed_memory
from glasshouse.models import build_model
{way}
spec, side, batch, seconds = json.loads(sys.argv[1])
shape = (1, side, side)
torch.set_num_threads(1)
network = build_model(spec, shape, 10, seed=0).to(memory_format=torch.channels_last)
optimizer = torch.optim.AdamW(network.parameters(), fused=True)
inputs = torch.randn(batch, *shape).contiguous(memory_format=torch.channels_last)
targets = torch.randint(0, 10, (batch,))
began, steps = None, -5  # the first ones warm up
while began is None or time.process_time() - began < seconds:
    if steps == 0:
        began, before = time.process_time(), resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    optimizer.zero_grad()
    torch.nn.functional.cross_entropy(network(inputs), targets).backward()
    optimizer.step()
    steps += 1
took, usage = time.process_time() - began, resource.getrusage(resource.RUSAGE_SELF)
print(json.dumps([took / steps, (usage.ru_minflt - before) / steps, usage.ru_maxrss / 1024]))
"""


def main() -> None:
    """Measure, print, and write where asked."""
    options = arguments()
    before = load()
    found = {name: measured(name, options.rounds) for name in options.networks}
    command = f"python benchmarks/freed_memory.py --rounds {options.rounds}"
    machine = describe(command, (), before)
    rows = []
    for name, ways in found.items():
        ratios = [one[0] / other[0] for one, other in zip(ways["given back"], ways["kept"], strict=True)]
        cells = [
            f"{spread([1e3 * each[0] for each in ways[way]]).median:.1f} ms, "
            f"{spread([each[1] for each in ways[way]]).median:,.0f} pages, "
            f"{spread([each[2] for each in ways[way]]).median:.0f} MiB"
            for way in WAYS
        ]
        rows.append([NETWORKS[name][0], *cells, spread(ratios).text()])
    text = "\n\n".join(
        [
            "## Memory that is freed",
            sentence(machine),
            "A training step in plain PyTorch on one thread, each in a process of its own: processor time, "
            "pages that were fetched anew, and the process's largest size; medians of "
            f"{options.rounds} rounds. By itself glibc gives large blocks back to the system; the "
            "`glasshouse` command tells it to keep them.",
            table(["", "given back", "kept", "times as fast (quartiles)"], rows),
        ]
    )
    publish("freed_memory", text, {"machine": machine, "found": found}, options.write, options.json)


def arguments() -> argparse.Namespace:
    """What was asked for on the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--networks", nargs="+", choices=NETWORKS, default=list(NETWORKS))
    parser.add_argument("--rounds", type=int, default=5, help="rounds that count (default 5)")
    parser.add_argument("--write", type=Path, metavar="FILE", help="Markdown file to put the table into")
    parser.add_argument("--json", type=Path, metavar="FILE", help="JSON file for every single number")
    options = parser.parse_args()
    if options.rounds < 1:
        parser.error("--rounds is a whole number from 1")
    return options


def measured(name: str, rounds: int) -> dict[str, list[list[float]]]:
    """Seconds of a step, its pages, and the largest size in MiB, of each way, round by round."""
    found: dict[str, list[list[float]]] = {way: [] for way in WAYS}
    for _ in range(rounds):
        for way in WAYS:
            found[way].append(timed(name, way))
    return found


def timed(name: str, way: str) -> list[float]:
    """One of them, in a process of its own."""
    given = json.dumps([*NETWORKS[name][1:], SECONDS])
    told = ("MALLOC_", "GLIBC_")
    inherited = {each: value for each, value in os.environ.items() if not each.startswith(told)}
    command = [sys.executable, "-c", STEPS.format(way=WAYS[way]), given]
    done = subprocess.run(command, env=inherited, capture_output=True, text=True, check=True)
    result: list[float] = json.loads(done.stdout)
    return result


if __name__ == "__main__":
    main()
