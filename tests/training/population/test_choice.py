"""When many networks are trained by compiled code, and what is said about it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch

from glasshouse.training.fused import loading
from glasshouse.training.job import Job
from glasshouse.training.population import Cohort, cohort, train_together, worth

from .jobs import job, network

STEPS = 11
"""Of an epoch of every job here."""


@pytest.fixture
def ready(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("numba")
    monkeypatch.setattr(worth, "is_compiled", lambda dtype: True)


def jobs(count: int = 3, epochs: int = 20_000) -> list[Job]:
    return [job(seed, epochs=epochs) for seed in range(count)]


@pytest.mark.usefixtures("ready")
def test_many_steps_are_compiled_code_s() -> None:
    found = Cohort(jobs(), cores=2)
    assert found.engines == ["fused"] * 3
    assert found.reasons == [""] * 3
    assert found.why == "3 networks by compiled code, one after another on 2 cores"
    outcome = found.outcomes[0]
    assert not isinstance(outcome, Exception)
    assert outcome.engine_why == (
        "one of 3 networks trained beside each other, each by compiled code on a core of its own"
    )


@pytest.mark.usefixtures("ready")
def test_few_steps_do_not_repay_loading_it() -> None:
    found = Cohort(jobs(epochs=5))
    assert found.engines == ["population"] * 3
    assert found.why == (
        "3 by products of many matrices at once (not compiled: 165 steps in all: from 50000 on it repays its "
        "loading)"
    )


@pytest.mark.usefixtures("ready")
def test_what_comes_later_counts_too() -> None:
    few = jobs(epochs=5)
    assert worth.reason_against(few, of=3) == worth.reason_against(few)
    assert worth.reason_against(few, of=50_000 // (5 * STEPS) + 1) is None


@pytest.mark.usefixtures("ready")
def test_nothing_is_compiled_for_a_search_that_would_not_repay_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worth, "is_compiled", lambda dtype: dtype == torch.float64)
    assert worth.reason_against(jobs(epochs=20_000)) == (
        "660000 steps in all: from 1250000 on it repays its compiling, which "
        "`python -m glasshouse.training.fused` does once and for all"
    )
    assert worth.reason_against(jobs(epochs=100_000)) is None
    double = [job(seed, network=network(seed).double(), epochs=20_000) for seed in range(3)]
    assert worth.reason_against(double) is None


@pytest.mark.usefixtures("ready")
def test_one_of_a_shape_and_what_populations_refuse_are_compiled_too() -> None:
    given = [job(0, epochs=50_000), job(1, clip_norm=1.0), job(2, optimizer="rmsprop"), job(3, probe_every=5)]
    found = Cohort(given, cores=1)
    assert found.engines == ["fused"] * 3 + ["dense"]
    assert found.reasons[3] == "probes: they look at one network at a time"
    assert found.why == "3 networks by compiled code, one after another on one core; 1 one by one"


def without_numba(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loading, "find_spec", lambda name: None)


def test_without_numba_populations_train_as_before(monkeypatch: pytest.MonkeyPatch) -> None:
    without_numba(monkeypatch)
    outcomes = train_together([job(seed) for seed in range(3)])
    assert [each.engine for each in outcomes] == ["population"] * 3  # type: ignore[union-attr]
    assert Cohort(jobs()).why == (
        "3 by products of many matrices at once (not compiled: Numba is not installed: "
        "pip install 'glasshouse[fast]')"
    )


@pytest.mark.parametrize(
    ("count", "cores", "sizes"), [(4, 2, [1, 1, 1, 1]), (40, 1, [16, 16, 8]), (9, 2, [3, 3, 3])]
)
@pytest.mark.usefixtures("ready")
def test_crews_are_so_many_that_every_core_has_work(count: int, cores: int, sizes: list[int]) -> None:
    assert [len(each.members) for each in Cohort(jobs(count), cores=cores)._crews] == sizes


@pytest.mark.usefixtures("ready")
def test_as_many_threads_as_cores_and_no_more_than_crews(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []
    real: Callable[..., object] = cohort.ThreadPoolExecutor

    def pool(workers: int, name: str) -> object:
        asked.append(workers)
        return real(workers, name)

    monkeypatch.setattr(cohort, "ThreadPoolExecutor", pool)
    for cores in (1, 2, 9):
        Cohort([job(seed, engine="fused", epochs=1) for seed in range(4)], cores=cores).advance(1)
    assert asked == [2, 4]
