"""Every model has a case, and both loops of a case can be built and run."""

from __future__ import annotations

import pytest

from glasshouse.models import MODELS
from glasshouse.training.loop import train


def test_no_model_is_left_out():
    from measuring.model_cases import cases

    assert [case.model for case in cases()] == list(MODELS)


@pytest.mark.parametrize(
    "model", ["espcn", "grid_detector", "captioner", "handwriting", "dbn", "gan", "q_network", "actor_critic"]
)
def test_both_loops_of_a_case_move_the_weights(model):
    from measuring.model_cases import case_of
    from measuring.model_jobs import job_for

    job, bare = job_for(case_of(model), 2, 1, None)
    before = [each.detach().clone() for each in bare.network.parameters()]
    assert all((a == b).all() for a, b in zip(before, job.network.parameters(), strict=True))
    bare.epoch()
    assert any((a != b).any() for a, b in zip(before, bare.network.parameters(), strict=True))
    assert train(job).steps == 2
    assert any((a != b).any() for a, b in zip(before, job.network.parameters(), strict=True))
