"""Memory is measured in the process that uses it, and what processes share is counted once."""

from __future__ import annotations

import json
import mmap
import os
import subprocess
import sys

import numpy as np
import pytest

MIB = 2**20


@pytest.fixture
def memory():
    from measuring import resident

    if not resident.available():
        pytest.skip("this system does not tell what is resident")
    return resident


def block():
    """Fresh pages from the system, whatever the C library has kept of what others freed before."""
    pages = mmap.mmap(-1, 64 * MIB)
    np.frombuffer(pages, np.uint8)[:] = 1
    return pages


def test_the_peak_is_that_of_the_largest_block_also_after_it_is_freed(memory):
    memory.forget_peak()
    before = memory.resident()
    held = block()
    assert 60 < (memory.resident() - before) / MIB < 70
    held.close()
    assert memory.resident() - before < 4 * MIB
    assert 60 < (memory.peak() - before) / MIB < 75


def test_the_peak_begins_anew(memory):
    block().close()
    memory.forget_peak()
    assert memory.peak() < memory.resident() + 32 * MIB


def test_a_process_and_what_it_started_are_a_family(memory):
    code = "import subprocess, sys; subprocess.run([sys.executable, '-c', 'input()'])"
    with subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE) as process:
        try:
            while len(found := memory.family(process.pid)) < 2:
                pass
            assert found[0] == process.pid
            assert 0 < memory.proportional(found) < 200 * MIB
        finally:
            process.communicate(b"\n")


def test_pages_that_two_processes_share_are_counted_once(memory):
    block = np.ones(64 * MIB, np.uint8)
    child = os.fork()
    if not child:  # pragma: no cover - it only waits to be ended
        import signal

        signal.pause()
    try:
        both, alone = memory.proportional([os.getpid(), child]), memory.proportional([os.getpid()])
        assert alone < both - 16 * MIB
        assert both < memory.resident() + 48 * MIB
    finally:
        os.kill(child, 9)
        os.waitpid(child, 0)
    assert block[0] == 1


def test_a_training_of_scikit_learn_is_measured_without_torch(memory, benchmarks, tmp_path):
    rows = np.random.default_rng(0).standard_normal((64, 4)).astype(np.float32)
    np.save(tmp_path / "inputs.npy", rows)
    np.save(tmp_path / "targets.npy", (rows[:, 0] > 0).astype(np.int64))
    order = {"module": "scikit_learn_mlp", "folder": str(tmp_path), "hidden": [8], "batch_size": 16,
             "epochs": 3, "seed": 0, "threads": 1, "settings": {}, "case": "tiny"}  # fmt: skip
    command = [sys.executable, "-m", "measuring.train_once", json.dumps(order)]
    done = subprocess.run(command, cwd=benchmarks, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["epochs"] == 3
    assert 30 * MIB < found["imported"] <= found["given"] <= found["peak"] < 1000 * MIB
