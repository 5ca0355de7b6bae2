"""States that are packed, written when it is time, and read again."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from glasshouse.training.checkpoints import pack, unpack
from glasshouse.training.loop import Training
from glasshouse.training.records import Records, read_lines
from glasshouse.training.saving import checkpoint_due
from glasshouse.training.settings import CheckpointSettings

from .conftest import make_job


@pytest.mark.parametrize(
    ("took", "asked", "passed", "due"),
    [
        (0.1, 15, 14, False),
        (0.1, 15, 16, True),
        (1.0, 15, 49, False),  # a fiftieth of the time
        (1.0, 15, 51, True),
        (1.0, 100, 99, False),  # nor more often than asked for
        (0.29, 1, 2, True),  # what is asked for counts where writing is quick
    ],
)
def test_a_state_that_takes_long_to_write_is_written_rarely(monkeypatch, took, asked, passed, due):
    training = Training(make_job(checkpoint=CheckpointSettings(seconds=asked)), Records(None), None, ())
    training.saved_at, training.saving_took = 1000.0, took
    monkeypatch.setattr("glasshouse.training.saving.time.perf_counter", lambda: 1000.0 + passed)
    assert checkpoint_due(training) is due


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers(-(2**40), 2**40) | st.floats(allow_nan=False) | st.text(),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.tuples(inner, inner)
            | st.dictionaries(st.text() | st.integers(), inner, max_size=3)
        ),
        max_leaves=8,
    )
)
def test_any_nested_state_survives_packing(state):
    tensors: dict[str, torch.Tensor] = {}
    import json

    assert unpack(json.loads(json.dumps(pack(state, tensors, ""))), tensors) == state


def test_tensors_survive_packing_with_type_and_format():
    state = {
        0: torch.arange(3, dtype=torch.uint8),
        "picture": torch.randn(2, 3, 4, 4).contiguous(memory_format=torch.channels_last),
        "scalar": torch.tensor(2.5, dtype=torch.float64),
        "empty": torch.zeros(0, 3),
    }
    tensors: dict[str, torch.Tensor] = {}
    again = unpack(pack(state, tensors, ""), tensors)
    for key, value in state.items():
        assert torch.equal(again[key], value)
        assert again[key].dtype == value.dtype
    assert again["picture"].is_contiguous(memory_format=torch.channels_last)
    with pytest.raises(TypeError, match="a checkpoint cannot hold a set at /thing"):
        pack({"thing": {1, 2}}, {}, "")


def test_a_last_line_that_a_crash_cut_short_is_left_out(tmp_path):
    path = tmp_path / "metrics.jsonl"
    path.write_text('{"epoch": 1}\n{"epoch": 2}\n{"ep')
    assert read_lines(path) == [{"epoch": 1}, {"epoch": 2}]
    path.write_text('{"epoch": 1}\n{"ep\n{"epoch": 3}\n')
    with pytest.raises(Exception, match="line 2, is not valid JSON"):
        read_lines(path)
