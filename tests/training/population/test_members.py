"""Members that diverge, stop early or are given up do not touch the others, bit for bit."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from glasshouse.core.errors import DataError, NonFiniteError
from glasshouse.data.parts import Part
from glasshouse.regularizers.early_stopping import EarlyStopping
from glasshouse.training.job import Job
from glasshouse.training.loop import Training, train
from glasshouse.training.population import Cohort, train_together
from glasshouse.training.population.population import Population
from glasshouse.training.records import Records

from .jobs import TROUBLE, Changes, job, network, part, poisoned, same_bits, weights


def seven(changed: Changes) -> list[Job]:
    """Seven jobs of one shape with dropout, some of them changed."""
    names = ["tanh", "relu", "gelu", "tanh", "relu", "tanh", "gelu"]
    return [
        job(seed, network=network(seed, name, dropout=0.2), optimizer="momentum", **changed.get(seed, {}))
        for seed, name in enumerate(names)
    ]


@pytest.mark.parametrize("changed", TROUBLE.values(), ids=TROUBLE)
def test_the_others_have_the_same_bits(changed: Changes) -> None:
    quiet, troubled = seven({}), seven(changed)
    before, after = Cohort(quiet), Cohort(troubled)
    before.advance(5)
    after.advance(5)
    assert set(before.engines + after.engines) == {"population"}
    same_bits(quiet, troubled, but=list(changed))
    for place in range(7):
        if place not in changed:
            assert before.histories[place] == after.histories[place]


def test_a_network_whose_loss_is_no_number_ends_as_it_would_alone() -> None:
    changed: Changes = {2: {"learning_rate": 1e30}, 4: {"rows": poisoned()}}
    alone, together = seven(changed), seven(changed)
    outcomes = train_together(together)
    for place, (one, outcome) in enumerate(zip(alone, outcomes, strict=True)):
        if place not in changed:
            assert train(one).steps == outcome.steps  # type: ignore[union-attr]
            continue
        with pytest.raises(NonFiniteError) as caught:
            train(one)
        assert isinstance(outcome, NonFiniteError)
        assert str(outcome) == str(caught.value)
    assert "the inputs of that batch are not finite" in str(outcomes[4])
    np.testing.assert_allclose(weights(together)[4], weights(alone)[4], rtol=1e-5, atol=1e-6)


def test_after_a_good_epoch_a_failed_network_has_its_best_weights() -> None:
    # A penalty so strong that every step throws the weights to the other side, about three times as far.
    changed: Changes = {1: {"regularizers": [{"name": "l2", "strength": 500.0}]}}
    alone, together = seven(changed), seven(changed)
    record = Records(None)
    with pytest.raises(NonFiniteError) as caught:
        Training(alone[1], record, None, ()).run()
    cohort = Cohort(together)
    cohort.advance(5)
    assert len(record.epochs) >= 1
    assert cohort.errors[1] == caught.value.received
    assert "the best so far, are kept" in cohort.errors[1]
    assert len(cohort.histories[1]) == len(record.epochs)
    np.testing.assert_allclose(weights(together)[1], weights(alone)[1], rtol=1e-3)  # rounding grows too


def test_in_portions_it_is_the_same_as_at_once() -> None:
    at_once, portions = seven({}), seven({})
    train_together(at_once)
    cohort = Cohort(portions)
    for epochs in (1, 2, 4, 5):
        cohort.advance(epochs)
        assert [len(each) for each in cohort.histories] == [epochs] * 7
    same_bits(at_once, portions, but=[])


def test_kept_networks_go_on_as_if_nobody_had_left() -> None:
    everybody, fewer = seven({}), seven({})
    train_together(everybody)
    cohort = Cohort(fewer)
    cohort.advance(2)
    cohort.keep([5, 0, 2])
    cohort.advance(5)
    assert len(cohort) == 3
    assert [row["epoch"] for row in cohort.histories[1]] == [1, 2, 3, 4, 5]
    for place in (5, 0, 2):
        # Other counts of matrices may be rounded in another way.
        np.testing.assert_allclose(weights(everybody)[place], weights(fewer)[place], rtol=1e-4, atol=1e-6)


def test_the_best_weights_are_taken_back() -> None:
    def build() -> list[Job]:
        return [
            job(seed, learning_rate=0.3, stopping=EarlyStopping(patience=2), epochs=12) for seed in range(3)
        ]

    alone, together = build(), build()
    outcomes = train_together(together)
    for one, two, outcome in zip(alone, together, outcomes, strict=True):
        wanted = train(one)
        assert (outcome.best_epoch, outcome.ended) == (wanted.best_epoch, wanted.ended)  # type: ignore[union-attr]
        assert one.stopping.best == pytest.approx(two.stopping.best, rel=1e-3)
    assert any(outcome.ended.startswith("stopped early") for outcome in outcomes)  # type: ignore[union-attr]


def test_targets_that_fit_no_loss_are_refused_as_alone() -> None:
    given = part()
    wrong = Part(given.inputs, given.targets + 5, given.rows)
    jobs = [job(0), job(1, rows=wrong), job(2)]
    with pytest.raises(DataError) as alone:
        train(job(1, rows=wrong))
    with pytest.raises(DataError) as together:
        train_together(jobs)
    assert str(together.value) == str(alone.value)


def test_random_states_and_threads_of_the_caller_are_left_alone() -> None:
    torch.manual_seed(9)
    before, threads = torch.get_rng_state(), torch.get_num_threads()
    jobs = seven({})
    torch.set_rng_state(before)
    train_together(jobs)
    assert torch.equal(torch.get_rng_state(), before)
    assert torch.get_num_threads() == threads


def test_one_network_in_two_jobs_is_trained_one_after_the_other() -> None:
    shared = nn.Linear(6, 3)
    cohort = Cohort([job(0, network=shared), job(1, network=shared)])
    assert cohort.engines == ["dense", "dense"]
    assert cohort.reasons[0] == "it shares its network or its early stopping with another"


def test_more_than_a_chunk_is_cut_evenly() -> None:
    cohort = Cohort([job(seed) for seed in range(70)])
    populations: list[Population] = cohort._populations
    assert [len(each.members) for each in populations] == [35, 35]


def test_nothing_to_train_is_nothing_trained() -> None:
    assert train_together([]) == []
