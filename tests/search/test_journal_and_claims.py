"""The folder that several processes share: what is written survives, and nobody does another's work."""

from __future__ import annotations

import json
import subprocess
import sys
import textwrap
from concurrent.futures import ThreadPoolExecutor

import pytest

from glasshouse.core.errors import StorageError
from glasshouse.core.files import read_json, write_json
from glasshouse.search.claims import Claims, born, machine
from glasshouse.search.journal import Journal
from glasshouse.search.trial import Trial


def trial(number, score=0.5):
    return Trial(number, {"training.batch_size": 8}, "finished", [[score]])


def test_a_trial_reads_back_as_it_was_written(tmp_path):
    written = Trial(
        3, {"model.hidden": [8, 4]}, "dropped", [[0.1, 0.2]], [[1.0, 2.0]],
        {"train_loss": {"mean": [1.0], "spread": [0.5]}}, 2, 99, 1.5, "dense", "", "me", "now",
    )  # fmt: skip
    journal = Journal(tmp_path, "me")
    journal.append(written)
    assert Journal(tmp_path, "somebody else").trials() == {3: written}


def test_a_line_that_a_kill_cut_short_is_no_trial(tmp_path):
    journal = Journal(tmp_path, "me")
    journal.append(trial(0))
    whole = journal.own.read_bytes()
    journal.append(trial(1))
    for cut in range(len(whole), len(journal.own.read_bytes())):
        journal.own.write_bytes((whole * 2)[:cut])
        assert list(Journal(tmp_path, "reader").trials()) == [0]


def test_what_is_appended_later_is_found_by_a_reader_that_has_read_before(tmp_path):
    one, other = Journal(tmp_path, "one"), Journal(tmp_path, "other")
    one.append(trial(0))
    assert list(other.trials()) == [0]
    one.append(trial(2))
    other.append(trial(1))
    assert list(other.trials()) == [0, 1, 2]


def test_a_damaged_line_is_named(tmp_path):
    (tmp_path / "me.jsonl").write_text('{"number": 1}\n')
    with pytest.raises(StorageError, match="holds a line that is no trial"):
        Journal(tmp_path, "reader").trials()


def test_of_many_who_want_the_same_work_one_gets_it(tmp_path):
    claims = [Claims(tmp_path) for _ in range(8)]
    with ThreadPoolExecutor(8) as pool:
        for each in claims:
            each.__enter__()
        for name in ("a", "b", "c"):
            assert sum(pool.map(lambda one, name=name: one.take(name), claims)) == 1
        for each in claims:
            each.__exit__(None, None, None)


def test_work_given_back_is_free_again(tmp_path):
    with Claims(tmp_path) as one, Claims(tmp_path) as other:
        assert one.take("work", {"size": 3})
        assert other.about("work") == {"size": 3}
        assert other.others() == ["work"]
        one.give_back("work")
        assert other.take("work")
        assert not one.holds("work")


def test_leaving_gives_everything_back(tmp_path):
    with Claims(tmp_path) as one:
        one.take("work")
    assert list(tmp_path.iterdir()) == []


def test_the_work_of_a_killed_process_is_taken_over_at_once_and_by_one(tmp_path):
    program = textwrap.dedent(
        """
        import os, sys
        from pathlib import Path
        from glasshouse.search.claims import Claims
        claims = Claims(Path(sys.argv[1])).__enter__()
        assert claims.take("work", "asked")
        print("taken", flush=True)
        os.kill(os.getpid(), 9)
        """
    )
    done = subprocess.run([sys.executable, "-c", program, str(tmp_path)], capture_output=True, text=True)
    assert done.stdout == "taken\n"
    assert done.returncode == -9
    with Claims(tmp_path) as one, Claims(tmp_path) as other:
        assert one.about("work") == "asked"
        assert [one.take("work"), other.take("work")] == [True, False]
        assert one.holds("work")


def test_a_process_of_another_machine_counts_as_gone_when_it_gives_no_sign(tmp_path):
    with Claims(tmp_path) as far:
        far.take("work")
        sign = tmp_path / f"{far.worker}.alive"
        write_json(sign, {**read_json(sign), "machine": "elsewhere"})
        with Claims(tmp_path, expiry=1000.0) as patient:
            assert not patient.take("work")
        with Claims(tmp_path, expiry=-1.0) as hasty:
            assert hasty.take("work")
            assert not far.holds("work")


def test_a_process_number_used_again_is_not_taken_for_the_one_that_is_gone(tmp_path):
    with Claims(tmp_path) as one:
        one.take("work")
        sign = tmp_path / f"{one.worker}.alive"
        write_json(sign, {**read_json(sign), "born": "another time"})
        with Claims(tmp_path) as other:
            assert other.take("work")


def test_this_process_is_born_and_no_process_is_not():
    import os

    assert born(os.getpid()) == born(os.getpid()) is not None
    assert born(2**22 + 1) is None
    assert machine() == machine()


def test_a_claim_being_written_this_moment_is_respected(tmp_path):
    (tmp_path / "work.0").write_bytes(b"")
    with Claims(tmp_path) as one:
        assert not one.take("work")


def test_claims_are_plain_json(tmp_path):
    with Claims(tmp_path) as one:
        one.take("work", {"training.batch_size": 8})
        assert json.loads((tmp_path / "work.0").read_text())["about"] == {"training.batch_size": 8}
