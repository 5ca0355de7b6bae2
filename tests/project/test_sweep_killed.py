"""SIGKILL at any moment, and several processes on one folder: no finished trial is lost, none is done twice."""

from __future__ import annotations

import json
import multiprocessing
import os
import random
import signal
import sys
import time

import pytest

import glasshouse as gh
from glasshouse.core.errors import TrainingStoppedError
from glasshouse.core.files import read_json, write_json
from glasshouse.project.begin_sweep import begin_sweep
from glasshouse.search import Sweep
from glasshouse.search.unit import Training

FORK = multiprocessing.get_context("fork")


def work(path, go):
    """What a process does: wait for the word, then work on the folder, not too fast to be killed in between."""
    climb = Training._climb

    def slowly(self, *arguments):
        time.sleep(0.03)
        yield from climb(self, *arguments)

    Training._climb = slowly
    go.wait()
    try:
        gh.sweep(path, refit=False)
    except TrainingStoppedError as error:
        print(error, file=sys.stderr)
        os._exit(3)


TRIALS = 40


@pytest.fixture
def begun(tmp_path):
    """A sweep of forty small trials, two at a time, with nothing done yet."""

    def begin(strategy="grid"):
        experiment = gh.Experiment(data="iris", model={"name": "mlp", "hidden": [3]}, training={"epochs": 2})
        space = {"training.learning_rate": {"from": 1e-4, "to": 0.1, "scale": "log", "points": TRIALS}}
        search = {"strategy": strategy, "trials": TRIALS, "folds": 2, "seeds": 1, "rungs": 2}
        work = begin_sweep(experiment, space, None, tmp_path, search, lambda sentence: None)
        about = {**work.sweep.about, "at_once": 4 if strategy == "halving" else 2}
        write_json(work.sweep.path / "sweep.json", about)
        return Sweep(work.sweep.path)

    return begin


def start(sweep, go=None):
    """A process of its own at work on a sweep, as soon as ``go`` is set."""
    if go is None:
        go = FORK.Event()
        go.set()
    process = FORK.Process(target=work, args=(sweep.path, go))
    process.start()
    return process


def lines(sweep):
    """Every whole line of all journals, by the number of its trial; a trial with two lines fails."""
    found = {}
    for path in sweep.path.glob("trials/*.jsonl"):
        for line in path.read_bytes().splitlines(keepends=True):
            if line.endswith(b"\n"):
                number = json.loads(line)["number"]
                assert number not in found, f"trial {number} was trained twice"
                found[number] = line
    return found


@pytest.mark.parametrize("strategy", ["grid", "halving"])
def test_killed_at_random_moments_nothing_is_lost_and_nothing_done_twice(begun, strategy):
    sweep = begun(strategy)
    chance = random.Random(strategy)
    known = {}
    for _ in range(2):
        process = start(sweep)
        already = len(known)
        while len(lines(sweep)) < already + 4 and process.is_alive():
            time.sleep(0.01)
        time.sleep(chance.random() * 0.2)
        os.kill(process.pid, signal.SIGKILL)
        process.join()
        now = lines(sweep)
        assert known.items() <= now.items()
        assert len(now) > already
        known = now
    assert len(known) < TRIALS, "it was killed too late to show anything"
    gh.sweep(sweep.path, refit=False)
    final = lines(sweep)
    assert known.items() <= final.items()
    assert sorted(final) == list(range(TRIALS))
    assert read_json(sweep.path / "summary.json")["trials"]["failed"] == 0
    if strategy == "halving":  # of each four that began together two went on, kills or not
        assert [each.state for each in sweep.trials].count("dropped") == TRIALS // 2


def test_two_processes_share_a_folder_without_doing_anything_twice(begun):
    sweep, go = begun(), FORK.Event()
    helpers = [start(sweep, go), start(sweep, go)]
    go.set()
    for process in helpers:
        process.join(timeout=120)
        assert process.exitcode == 0
    assert sorted(lines(sweep)) == list(range(TRIALS))
    journals = list(sweep.path.glob("trials/*.jsonl"))
    assert len(journals) == 2, "one process did everything"
    assert Sweep(sweep.path).summary["trials"]["finished"] == TRIALS
    assert list((sweep.path / "claims").iterdir()) == []


def test_ctrl_c_ends_a_process_with_its_work_written_down(begun):
    sweep = begun()
    process = start(sweep)
    while len(lines(sweep)) < 4:
        time.sleep(0.01)
    os.kill(process.pid, signal.SIGINT)
    process.join(timeout=60)
    assert process.exitcode == 3
    assert list((sweep.path / "claims").iterdir()) == []
    assert len(lines(sweep)) >= 4
