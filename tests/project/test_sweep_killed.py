"""SIGKILL at any moment, and several processes on one folder: no finished trial is lost or done twice."""

from __future__ import annotations

import json
import random
import signal
import subprocess
import sys
import textwrap
import time

import pytest

import glasshouse as gh
from glasshouse.core.files import read_json, write_json
from glasshouse.project.begin_sweep import begin_sweep
from glasshouse.search import Sweep

PROGRAM = textwrap.dedent(
    """
    import sys, time
    import glasshouse as gh
    from glasshouse.core.errors import TrainingStoppedError
    from glasshouse.search.unit import Training

    climb = Training._climb
    def slowly(self, *arguments):
        time.sleep(0.03)  # so that there is time to be killed in
        yield from climb(self, *arguments)
    Training._climb = slowly

    print("ready", flush=True)
    sys.stdin.readline()
    try:
        gh.sweep(sys.argv[1], refit=False)
    except TrainingStoppedError as error:
        print(error, file=sys.stderr)
        sys.exit(3)
    """
)
TRIALS = 40


@pytest.fixture
def begun(tmp_path):
    """A sweep of forty small trials, two at a time, with nothing done yet."""

    def begin(strategy="grid", engine="auto"):
        training = {"epochs": 2, "engine": engine}
        experiment = gh.Experiment(data="iris", model={"name": "mlp", "hidden": [3]}, training=training)
        space = {"training.learning_rate": {"from": 1e-4, "to": 0.1, "scale": "log", "points": TRIALS}}
        search = {"strategy": strategy, "trials": TRIALS, "folds": 2, "seeds": 1, "rungs": 2}
        work = begin_sweep(experiment, space, None, tmp_path, search, lambda sentence: None)
        about = {**work.sweep.about, "at_once": 4 if strategy == "halving" else 2}
        write_json(work.sweep.path / "sweep.json", about)
        return Sweep(work.sweep.path)

    return begin


def start(sweep, program=PROGRAM):
    """A process that is ready to work on a sweep, and waits for the word."""
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    process = subprocess.Popen([sys.executable, "-c", program, str(sweep.path)], **pipes, text=True)
    assert process.stdout.readline() == "ready\n", process.stderr.read()
    return process


def go(process):
    process.stdin.write("go\n")
    process.stdin.flush()


def ended(process, code):
    """Wait for the end of a process, for two minutes at the most."""
    try:
        _, errors = process.communicate(timeout=120)
    finally:
        process.kill()
    assert process.returncode == code, errors
    return errors


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


@pytest.mark.slow
@pytest.mark.parametrize(
    ("strategy", "engine"),
    [("grid", "auto"), ("halving", "auto"), ("halving", "fused"), ("grid", "autograd")],
)
def test_killed_at_random_moments_nothing_is_lost_and_nothing_done_twice(begun, strategy, engine):
    if engine == "fused":
        pytest.importorskip("numba")
    sweep = begun(strategy, engine)
    chance = random.Random(strategy)
    known = {}
    for _ in range(2):
        process = start(sweep)
        go(process)
        already = len(known)
        while len(lines(sweep)) < already + 4 and process.poll() is None:
            time.sleep(0.01)
        time.sleep(chance.random() * 0.2)
        process.kill()
        ended(process, -signal.SIGKILL)
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
    assert {each.engine for each in sweep.trials} == {"population" if engine == "auto" else engine}
    if strategy == "halving":  # of each four that began together two went on, kills or not
        assert [each.state for each in sweep.trials].count("dropped") == TRIALS // 2


WRITING = PROGRAM.replace(
    "print(",
    "from glasshouse.search import half_done\nhalf_done.SECONDS = 0.0\nhalf_done.SHARE = 1e9\nprint(",
    1,
)


@pytest.mark.slow
def test_a_bracket_of_recurrent_networks_goes_on_in_the_middle_of_a_rung(tmp_path):
    """What comes of it is what would have come of it without the kill, to the last bit."""
    experiment = gh.Experiment(
        data={"source": "copy-memory", "window": 5, "most_rows": 300},
        model={"units": 6},
        training={"epochs": 8, "batch_size": 16},
    )
    space = {"training.learning_rate": [1e-6, 0.03, 1e-5, 0.01]}
    search = {"strategy": "halving", "trials": 4, "folds": 2, "seeds": 1, "rungs": 2}

    def begin():
        made = begin_sweep(experiment, space, None, tmp_path, search, lambda sentence: None)
        return Sweep(made.sweep.path)

    whole, sweep = begin(), begin()
    gh.sweep(whole.path, refit=False)
    process = start(sweep, WRITING)
    go(process)
    while not list(sweep.path.glob("state/bracket-000000/step-*.json")) and process.poll() is None:
        time.sleep(0.01)
    process.kill()
    ended(process, -signal.SIGKILL)
    assert not sweep.trials, "it was killed too late to show anything"
    said = []
    gh.sweep(sweep.path, refit=False, tell=said.append)
    assert any("4 trials go on from epoch" in each for each in said)
    assert [(each.state, each.scores, each.losses, each.curves) for each in sweep.trials] == [
        (each.state, each.scores, each.losses, each.curves) for each in whole.trials
    ]
    assert [each.state for each in sweep.trials] == ["dropped", "finished", "dropped", "finished"]
    assert not (sweep.path / "state").exists()


@pytest.mark.slow
def test_two_processes_share_a_folder_without_doing_anything_twice(begun):
    sweep = begun()
    helpers = [start(sweep), start(sweep)]
    for process in helpers:
        go(process)
    for process in helpers:
        ended(process, 0)
    assert sorted(lines(sweep)) == list(range(TRIALS))
    journals = list(sweep.path.glob("trials/*.jsonl"))
    assert len(journals) == 2, "one process did everything"
    assert Sweep(sweep.path).summary["trials"]["finished"] == TRIALS
    assert list((sweep.path / "claims").iterdir()) == []


@pytest.mark.slow
def test_ctrl_c_ends_a_process_with_its_work_written_down(begun):
    sweep = begun()
    process = start(sweep)
    go(process)
    while len(lines(sweep)) < 4 and process.poll() is None:
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    assert "the sweep was stopped" in ended(process, 3)
    assert list((sweep.path / "claims").iterdir()) == []
    assert len(lines(sweep)) >= 4
