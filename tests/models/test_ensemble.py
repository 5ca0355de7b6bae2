"""An ensemble's mean is that of its members' probabilities, and its disagreement what the books say."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from scipy.special import expit, softmax
from scipy.stats import entropy
from torch import nn

from glasshouse.core.errors import ModelError
from glasshouse.models.ensemble import Ensemble, build_network, ensemble_spec

MEMBERS, ROWS, CLASSES = 5, 7, 3


def outputs(classes: int = CLASSES) -> torch.Tensor:
    stream = torch.Generator().manual_seed(0)
    return 3 * torch.randn(MEMBERS, ROWS, classes, generator=stream, dtype=torch.float64)


def ensemble(meaning: str | None) -> Ensemble:
    return Ensemble([nn.Identity() for _ in range(MEMBERS)], meaning)


def test_the_softmax_of_the_mean_logits_is_the_mean_of_the_members_softmax():
    z = outputs()
    found = softmax(ensemble("logits").mean(z).numpy(), axis=-1)
    assert found == pytest.approx(softmax(z.numpy(), axis=-1).mean(0), rel=1e-12)


def test_the_sigmoid_of_a_mean_logit_is_the_mean_of_the_members_sigmoids():
    z = outputs(1)
    assert expit(ensemble("logit").mean(z).numpy()) == pytest.approx(expit(z.numpy()).mean(0), rel=1e-12)


@pytest.mark.parametrize("meaning", ["probabilities", "values", "scores", None])
def test_everything_else_is_averaged_as_it_is(meaning):
    z = outputs().softmax(-1)
    assert torch.equal(ensemble(meaning).mean(z), z.mean(0))


def test_disagreement_of_classes_is_the_entropy_of_the_mean_less_the_mean_entropy():
    z = outputs()
    p = softmax(z.numpy(), axis=-1)
    wanted = entropy(p.mean(0), axis=-1) - entropy(p, axis=-1).mean(0)
    assert ensemble("logits").disagreement(z).numpy() == pytest.approx(wanted, rel=1e-9)
    assert ensemble("probabilities").disagreement(z.softmax(-1)).numpy() == pytest.approx(wanted, rel=1e-9)


def test_one_number_for_two_classes_disagrees_as_the_pair_of_probabilities_does():
    z = outputs(1)
    pair = torch.cat([torch.zeros_like(z), z], dim=-1)
    wanted = ensemble("logits").disagreement(pair)
    assert torch.allclose(ensemble("logit").disagreement(z), wanted, rtol=1e-9)
    assert torch.allclose(ensemble("probability").disagreement(z.sigmoid()), wanted, rtol=1e-9)


def test_disagreement_of_numbers_is_their_standard_deviation():
    z = outputs(1)
    found = ensemble("values").disagreement(z).numpy()
    assert found == pytest.approx(np.std(z.numpy()[:, :, 0], axis=0), rel=1e-12)


def test_disagreement_of_scores_is_the_share_that_chooses_another_class():
    z = torch.tensor([[[5.0, 0.0]], [[5.0, 0.0]], [[0.0, 1.0]], [[5.0, 0.0]], [[0.0, 1.0]]])
    assert ensemble("scores").disagreement(z).tolist() == pytest.approx([0.4])


def test_members_that_agree_disagree_by_nothing_and_opposites_by_ln_2():
    sure = torch.tensor([[[200.0, 0.0]], [[0.0, 200.0]]])
    two = Ensemble([nn.Identity(), nn.Identity()], "logits")
    assert two.disagreement(sure).item() == pytest.approx(math.log(2), rel=1e-6)
    assert two.disagreement(sure[:1].expand(2, 1, 2)).item() == 0


@pytest.mark.parametrize("meaning", ["logits", "logit"])
def test_logits_of_any_size_have_a_finite_mean_and_gradient(meaning):
    z = torch.tensor([[[1e4], [-1e4]], [[1e4], [1e4]]]).expand(2, 2, 1 if meaning == "logit" else 3)
    z = z.clone().requires_grad_(True)
    mean = ensemble(meaning).mean(z)
    mean.sum().backward()
    assert mean.isfinite().all()
    assert z.grad is not None
    assert z.grad.isfinite().all()


def test_an_ensemble_is_rebuilt_from_its_spec_with_the_weights_of_each_member():
    members = [build_network({"name": "mlp", "hidden": [4]}, (2,), 3, seed) for seed in range(3)]
    made = Ensemble(members, "logits")
    again = build_network(ensemble_spec({"name": "mlp", "hidden": [4]}, 3, "logits"), (2,), 3, seed=9)
    again.load_state_dict(made.state_dict())
    x = torch.randn(5, 2)
    assert torch.equal(again(x), made(x))


def test_an_ensemble_of_nothing_is_refused():
    with pytest.raises(ModelError, match="an ensemble of no networks"):
        Ensemble([], "values")
