"""The ground floor: errors, names, checks, seeds, files."""

from __future__ import annotations

import errno
import os
import random
import stat

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from glasshouse.core import files
from glasshouse.core.checks import number, one_of, whole_number
from glasshouse.core.concept import Catalogue, Concept, read_spec
from glasshouse.core.devices import choose_device, threads, threads_for
from glasshouse.core.errors import (
    GlasshouseError,
    MissingDependencyError,
    SettingError,
    StorageError,
    UnknownNameError,
    UsageError,
)
from glasshouse.core.names import normalise, suggestions, unknown_name
from glasshouse.core.optional import require
from glasshouse.core.random_state import capture, isolated, restore
from glasshouse.core.seeds import derive, numpy_stream


def test_errors_say_received_expected_and_fix_and_know_their_exit_code():
    error = SettingError("epochs = -1", expected="from 1", fix="set epochs = 20")
    assert str(error) == "epochs = -1\n  expected: from 1\n  fix: set epochs = 20"
    assert error.as_dict() == {
        "kind": "SettingError",
        "received": "epochs = -1",
        "expected": "from 1",
        "fix": "set epochs = 20",
    }
    assert (error.exit_code, StorageError("x").exit_code) == (2, 1)
    assert str(GlasshouseError("only this")) == "only this"


def test_errors_survive_being_sent_between_processes():
    import copyreg  # the protocol that processes use, without its file format

    error = UsageError("a", expected="b", fix="c")
    rebuilt = error.__reduce_ex__(2)
    assert rebuilt[0] in (UsageError, copyreg.__newobj__)


@given(st.text())
def test_folding_a_name_twice_changes_nothing(name):
    assert normalise(normalise(name)) == normalise(name)


def test_suggestions_are_near_and_best_first():
    assert suggestions("Cross-Entropie", ["cross_entropy", "mse"]) == ["cross_entropy"]
    assert suggestions("xyz", ["adam", "sgd"]) == []
    error = unknown_name("zzz", [f"name{i}" for i in range(30)], "thing")
    assert "and 10 more" in error.expected
    assert error.fix == "choose one of those names"


@pytest.mark.parametrize("bad", [0, -1, 1.5, "3", True, None])
def test_whole_numbers_are_checked(bad):
    with pytest.raises(SettingError, match="expected: a whole number from 1"):
        whole_number("n", bad, at_least=1)


@pytest.mark.parametrize("bad", [1.0, -0.1, float("nan"), float("inf"), "0.5", None, False])
def test_numbers_are_checked(bad):
    with pytest.raises(SettingError, match="expected: a finite number at least 0 and below 1"):
        number("rate", bad, at_least=0, below=1)


def test_words_are_checked_and_guessed():
    assert one_of("variant", "modern", ["1998", "modern"]) == "modern"
    with pytest.raises(SettingError) as caught:
        one_of("variant", "moderm", ["1998", "modern"])
    assert (
        str(caught.value)
        == "variant = 'moderm'\n  expected: one of '1998', 'modern'\n  fix: did you mean 'modern'?"
    )


@given(st.integers(), st.lists(st.text(max_size=3) | st.integers(), max_size=3))
def test_streams_are_repeatable_and_fit_every_generator(seed, path):
    value = derive(seed, *path)
    assert value == derive(seed, *path)
    assert 0 <= value < 2**63


def test_streams_differ_by_name_number_and_type():
    seeds = {derive(0, "a"), derive(0, "b"), derive(0, "a", 1), derive(0, "a", "1"), derive(1, "a")}
    assert len(seeds) == 5
    assert numpy_stream(0, "a").random() != numpy_stream(0, "b").random()


def test_random_states_are_captured_whole():
    state = capture()
    first = (random.random(), np.random.rand(), np.random.normal(), float(torch.rand(1)))
    restore(state)
    assert (random.random(), np.random.rand(), np.random.normal(), float(torch.rand(1))) == first


def test_isolated_randomness_comes_back_after_an_error():
    state = capture()
    expected = torch.rand(1)
    restore(state)
    with pytest.raises(ZeroDivisionError), isolated(5):
        torch.rand(3)
        raise ZeroDivisionError
    assert torch.equal(torch.rand(1), expected)


def test_a_file_is_the_old_one_or_the_new_one(tmp_path, monkeypatch):
    path = tmp_path / "deep" / "file.txt"
    files.write_atomic(path, "old")
    assert path.read_text() == "old"
    assert stat.S_IMODE(path.stat().st_mode) == 0o644

    def fails(temporary):
        temporary.write_text("half of the n")
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with pytest.raises(StorageError, match="the disk is full: .*file.txt could not be written"):
        files.write_atomic(path, fails)
    assert path.read_text() == "old"
    assert [each.name for each in path.parent.iterdir()] == ["file.txt"]
    files.write_atomic(path, lambda temporary: temporary.write_bytes(b"new"))
    assert path.read_text() == "new"


def test_a_folder_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageError, match="could not be written"):
        files.write_atomic(tmp_path / "file" / "inside.txt", "x")


def test_json_with_numbers_of_every_kind(tmp_path):
    path = tmp_path / "x.json"
    files.write_json(
        path, {"a": np.float32(0.5), "b": np.arange(3), "c": float("inf"), "d": tmp_path, 1: (True, None)}
    )
    assert files.read_json(path) == {
        "a": 0.5,
        "b": [0, 1, 2],
        "c": None,
        "d": str(tmp_path),
        "1": [True, None],
    }


@pytest.mark.parametrize("content", ["{", "\x00\xff", ""])
def test_broken_json_is_named_with_its_line(tmp_path, content):
    path = tmp_path / "x.json"
    path.write_bytes(content.encode("latin-1"))
    with pytest.raises(StorageError, match=r"x.json is not valid JSON"):
        files.read_json(path)
    with pytest.raises(StorageError, match="does not exist"):
        files.read_json(tmp_path / "y.json")


def test_optional_packages_say_how_to_install_them():
    with pytest.raises(MissingDependencyError) as caught:
        require("no_such_package.part", extra="thing", purpose="dreaming")
    assert str(caught.value) == (
        "the package 'no_such_package' is needed for dreaming and is not installed\n"
        "  fix: pip install 'glasshouse[thing]'"
    )


def step(name, **more):
    return Concept(name, "activation", "s", build=lambda slope=1.0: slope, **more)


def test_catalogues_know_aliases_and_refuse_ambiguous_ones():
    shelf = Catalogue("activation", [step("leaky_relu", aliases=("lrelu",)), step("relu")])
    assert shelf.find("Leaky ReLU") is shelf.find("LRELU") is shelf["leaky_relu"]
    assert shelf.build({"name": "relu", "slope": 2.0}) == 2.0
    assert shelf.build("relu", slope=3.0, unknown_default=1) == 3.0  # defaults that do not apply are left out
    with pytest.raises(SettingError, match="has no setting 'slop'"):
        shelf.build({"name": "relu", "slop": 2.0})
    with pytest.raises(UnknownNameError, match="did you mean 'leaky_relu'"):
        shelf.find("lrelo")
    with pytest.raises(ValueError, match="'relu' stands for"):
        Catalogue("activation", [step("relu"), step("other", aliases=("relu",))])
    with pytest.raises(SettingError, match="expected: a name, or a table with a name"):
        read_spec({"slope": 1}, "activation")


def test_devices_that_are_not_there_are_refused():
    assert choose_device("auto").type in ("cpu", "cuda", "mps")
    for wanted in ("cuda:99", "abacus"):
        with pytest.raises(SettingError, match=r"training.device = "):
            choose_device(wanted)


def test_threads_are_few_for_little_work_and_set_back_after_an_error():
    assert threads_for(1000) == 1
    before = torch.get_num_threads()
    assert threads_for(10**9) == before
    with threads(3):
        assert threads_for(10**9) == 3  # what a user asked PyTorch for is what large steps get
    with pytest.raises(KeyError), threads(1):
        assert torch.get_num_threads() == 1
        raise KeyError
    assert torch.get_num_threads() == before
