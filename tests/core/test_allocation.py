"""Freed memory is kept: the pages of large blocks are fetched once."""

from __future__ import annotations

import ctypes
import subprocess
import sys

import pytest

from glasshouse.core import allocation

PROGRAM = """
import resource, sys
from glasshouse.core.allocation import keep_freed_memory
if sys.argv[1] == "kept":
    assert keep_freed_memory()
def pages():
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt
block = bytearray(64 * 2**20)
del block
before = pages()
for _ in range(20):
    block = bytearray(64 * 2**20)
    block[:: 4096] = bytes(len(block) // 4096)
    del block
print(pages() - before)
"""


def glibc() -> bool:
    return sys.platform == "linux" and hasattr(ctypes.CDLL(None), "gnu_get_libc_version")


needs_glibc = pytest.mark.skipif(not glibc(), reason="the C library is not glibc")


@pytest.fixture
def untold(monkeypatch):
    for name in allocation.SETTINGS:
        monkeypatch.delenv(name, raising=False)


def pages(way: str) -> int:
    done = subprocess.run([sys.executable, "-c", PROGRAM, way], capture_output=True, text=True, check=True)
    return int(done.stdout)


@needs_glibc
def test_blocks_that_come_again_and_again_are_fetched_once(untold):
    given_back, kept = pages("given back"), pages("kept")
    assert given_back > 20 * 5_000
    assert kept < given_back / 10


@needs_glibc
@pytest.mark.parametrize("name", allocation.SETTINGS)
def test_what_the_user_told_the_c_library_stands(untold, monkeypatch, name):
    monkeypatch.setenv(name, "65536")
    assert not allocation.keep_freed_memory()


@pytest.mark.parametrize("error", [AttributeError, OSError, TypeError])
def test_other_c_libraries_are_left_alone(untold, monkeypatch, error):
    def refuse(_name):
        raise error

    monkeypatch.setattr(ctypes, "CDLL", refuse)
    assert not allocation.keep_freed_memory()
