"""What it costs that a waiting thread spins or sleeps: steps of LeNet-5, alone and beside a busy program."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from pathlib import Path

from measuring.clock import spread
from measuring.document import publish, table
from measuring.machine import describe, load, sentence

from glasshouse.core.devices import cores

BATCH = 64
SECONDS = 2.0
"""How long one measurement lasts."""
WAYS = {
    "one thread": (1, {}),
    "all, spinning": (cores(), {}),
    "all, sleeping": (cores(), {"OMP_WAIT_POLICY": "PASSIVE"}),
}
STEPS = """
import sys, time, torch
from glasshouse.models import build_model
threads, batch, seconds = int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3])
torch.set_num_threads(threads)
network = build_model("lenet5", (1, 28, 28), 10, seed=0).to(memory_format=torch.channels_last)
optimizer = torch.optim.AdamW(network.parameters(), fused=True)
inputs = torch.randn(batch, 1, 28, 28).contiguous(memory_format=torch.channels_last)
targets = torch.randint(0, 10, (batch,))
began, steps = None, -20  # the first ones warm up
while began is None or time.perf_counter() - began < seconds:
    if steps == 0:
        began = time.perf_counter()
    optimizer.zero_grad()
    torch.nn.functional.cross_entropy(network(inputs), targets).backward()
    optimizer.step()
    steps += 1
print((time.perf_counter() - began) / steps)
"""


def main() -> None:
    """Measure, print, and write where asked."""
    options = arguments()
    before = load()
    seconds = {busy: measured(busy, options.rounds) for busy in (False, True)}
    machine = describe(f"python benchmarks/waiting.py --rounds {options.rounds}", (), before)
    rows = [
        [way, *(spread([1e3 * each for each in seconds[busy][way]]).text("{:.1f}") for busy in (False, True))]
        for way in WAYS
    ]
    text = "\n\n".join(
        [
            "## Threads that wait",
            sentence(machine),
            f"A training step of LeNet-5 at batch {BATCH}, in milliseconds, median (quartiles) of "
            f"{options.rounds} rounds taken in turns: alone, and beside a program that keeps one core busy. "
            "PyTorch's threads spin while they wait for each other, unless `OMP_WAIT_POLICY=PASSIVE` is set, "
            "as the `glasshouse` command does.",
            table(["threads", "alone, ms", "beside a busy program, ms"], rows),
        ]
    )
    results = {"machine": machine, "seconds": {"alone": seconds[False], "busy": seconds[True]}}
    publish("waiting", text, results, options.write, options.json)


def arguments() -> argparse.Namespace:
    """What was asked for on the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5, help="rounds that count (default 5)")
    parser.add_argument("--write", type=Path, metavar="FILE", help="Markdown file to put the table into")
    parser.add_argument("--json", type=Path, metavar="FILE", help="JSON file for every single number")
    options = parser.parse_args()
    if options.rounds < 1:
        parser.error("--rounds is a whole number from 1")
    return options


def measured(busy: bool, rounds: int) -> dict[str, list[float]]:
    """Seconds per step of each way, round by round."""
    neighbour = subprocess.Popen([sys.executable, "-c", "while True: pass"]) if busy else None
    try:
        seconds: dict[str, list[float]] = {way: [] for way in WAYS}
        for _ in range(rounds):
            for way in WAYS:
                seconds[way].append(timed(way))
        return seconds
    finally:
        if neighbour is not None:
            neighbour.kill()
            neighbour.wait()


def timed(way: str) -> float:
    """Seconds per step, in a process of its own: the policy is read when PyTorch is loaded."""
    threads, policy = WAYS[way]
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("OMP_", "GOMP_"))}
    command = [sys.executable, "-c", STEPS, str(threads), str(BATCH), str(SECONDS)]
    done = subprocess.run(command, env={**inherited, **policy}, capture_output=True, text=True, check=True)
    return float(done.stdout)


if __name__ == "__main__":
    main()
