"""Members of a crew that diverge, stop early or are given up do not touch the others, bit for bit."""

from __future__ import annotations

import os
import signal
from dataclasses import replace

import pytest
import torch

from glasshouse.core.errors import NonFiniteError, TrainingStoppedError
from glasshouse.regularizers.early_stopping import EarlyStopping
from glasshouse.training.job import Job
from glasshouse.training.loop import Training, train
from glasshouse.training.population import Cohort, train_together
from glasshouse.training.records import Records

from .jobs import TROUBLE, Changes, fused, layered, network, poisoned, same_bits

pytest.importorskip("numba")


def seven(changed: Changes) -> list[Job]:
    """Seven jobs of one shape with dropout and batch norm, some of them changed."""
    names = ["tanh", "relu", "elu", "tanh", "relu", "tanh", "elu"]
    return [
        fused(
            seed,
            **{"network": layered(seed, "batch", name), "optimizer": "momentum", **changed.get(seed, {})},
        )
        for seed, name in enumerate(names)
    ]


@pytest.mark.parametrize("changed", TROUBLE.values(), ids=TROUBLE)
@pytest.mark.parametrize("cores", [1, 2])
def test_the_others_have_the_same_bits(changed: Changes, cores: int) -> None:
    quiet, troubled = seven({}), seven(changed)
    before, after = Cohort(quiet, cores=1), Cohort(troubled, cores=cores)
    before.advance(5)
    after.advance(5)
    assert set(before.engines + after.engines) == {"fused"}
    same_bits(quiet, troubled, but=list(changed))
    for place in range(7):
        if place not in changed:
            assert before.histories[place] == after.histories[place]


def test_a_network_whose_loss_is_no_number_ends_as_it_would_alone() -> None:
    changed: Changes = {2: {"learning_rate": 1e30}, 4: {"rows": poisoned()}}
    alone, together = seven(changed), seven(changed)
    outcomes = train_together(together, cores=2)
    for place, (one, outcome) in enumerate(zip(alone, outcomes, strict=True)):
        if place not in changed:
            assert train(one).steps == outcome.steps  # type: ignore[union-attr]
            continue
        with pytest.raises(NonFiniteError) as caught:
            train(one)
        assert isinstance(outcome, NonFiniteError)
        assert str(outcome) == str(caught.value)
    assert "the inputs of that batch are not finite" in str(outcomes[4])
    same_bits(alone, together, but=[])


def test_after_a_good_epoch_a_failed_network_has_its_best_weights() -> None:
    def build() -> list[Job]:
        strong = [{"name": "l2", "strength": 500.0}]
        return seven({1: {"regularizers": strong, "network": network(1)}})

    alone, together = build(), build()
    record = Records(None)
    with pytest.raises(NonFiniteError) as caught:
        Training(alone[1], record, None, ()).run()
    cohort = Cohort(together)
    cohort.advance(5)
    assert len(record.epochs) >= 1
    assert cohort.errors[1] == caught.value.received
    assert "the best so far, are kept" in cohort.errors[1]
    same_bits(alone[1:2], together[1:2], but=[])


def test_in_portions_and_among_fewer_it_is_the_same_to_the_bit() -> None:
    at_once, portions = seven({}), seven({})
    train_together(at_once)
    cohort = Cohort(portions, cores=2)
    cohort.advance(1)
    assert [len(each) for each in cohort.histories] == [1] * 7
    cohort.advance(2)
    cohort.keep([5, 0, 2])
    cohort.advance(4)
    cohort.keep([2, 0, 1])
    cohort.advance(5)
    assert [row["epoch"] for row in cohort.histories[1]] == [1, 2, 3, 4, 5]
    same_bits(at_once, portions, but=[1, 3, 4, 6])


def test_best_weights_are_found_again_after_others_have_gone() -> None:
    def build() -> list[Job]:
        return [
            fused(
                seed, network=layered(seed, "batch", "relu"), learning_rate=0.4, epochs=14,
                stopping=EarlyStopping(patience=20),
            )
            for seed in range(3)
        ]  # fmt: skip

    alone, together = build(), build()
    cohort = Cohort(together)
    for epochs in range(1, 15):
        cohort.advance(epochs)
        cohort.keep([0, 1, 2])
    for one, two, outcome in zip(alone, together, cohort.outcomes, strict=True):
        wanted = train(one)
        assert outcome.best_epoch == wanted.best_epoch < 14  # type: ignore[union-attr]
        for name, value in one.network.state_dict().items():
            assert torch.equal(value, two.network.state_dict()[name]), name


def test_networks_have_their_present_weights_between_two_portions() -> None:
    ended, going = fused(0, epochs=2, stopping=EarlyStopping()), fused(0, stopping=EarlyStopping())
    no_validation = [replace(each, validation=None) for each in (ended, going)]
    train(no_validation[0])
    Cohort(no_validation[1:]).advance(2)
    same_bits(no_validation[:1], no_validation[1:], but=[])


def test_random_states_and_threads_of_the_caller_are_left_alone() -> None:
    jobs = seven({2: {"rows": poisoned()}})
    before, threads = torch.get_rng_state(), torch.get_num_threads()
    train_together(jobs, cores=2)
    assert torch.equal(torch.get_rng_state(), before)
    assert torch.get_num_threads() == threads


def test_a_signal_stops_everybody() -> None:
    class Press(EarlyStopping):
        def improved(self, epoch: int, measured: dict[str, float | None]) -> bool:
            if epoch == 2:
                os.kill(os.getpid(), signal.SIGTERM)
            return super().improved(epoch, measured)

    jobs = [fused(seed, epochs=100_000, stopping=Press()) for seed in range(4)]
    with pytest.raises(TrainingStoppedError, match="training was stopped by SIGTERM after"):
        train_together(jobs, cores=2)
