"""What cannot be trained layer by layer is refused before anything is done."""

from __future__ import annotations

import pytest
from safetensors.torch import save_file

import glasshouse as gh
from glasshouse.core.errors import SettingError
from glasshouse.models import build_model

from .pretrained import digits, made

REFUSED = {
    "relu": (lambda: digits(model={"activation": "relu"}), "with ReLU behind 'linear1'", "model.activation"),
    "a steep sigmoid": (
        lambda: digits(model={"activation": {"name": "sigmoid", "steepness": 2.0}}),
        "with Sigmoid behind 'linear1'",
        "model.activation",
    ),
    "norms": (
        lambda: digits("denoising", model={"normalization": "batch"}),
        "with a norm behind 'linear1'",
        "model.normalization = 'none'",
    ),
    "pieces": (
        lambda: digits("denoising", model={"activation": "maxout"}),
        "with Maxout behind 'linear1'",
        "'supervised'",
    ),
    "no hidden layer": (lambda: digits(model={"hidden": []}), "that is no dense network", "model.hidden"),
    "a convolutional network": (
        lambda: gh.Experiment(data="digits", model="cnn", pretraining={"method": "supervised"}),
        "pretraining.method = 'supervised' with a Sequential that is no dense network",
        "model.name = 'mlp'",
    ),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_cannot_be_pre_trained_is_refused_before_there_is_a_folder(tmp_path, what):
    experiment, received, fix = REFUSED[what]
    with pytest.raises(SettingError) as caught:
        gh.run(experiment(), out=tmp_path, observers=[])
    assert received in caught.value.received
    assert fix in caught.value.fix
    assert list(tmp_path.iterdir()) == []


def test_weights_of_a_file_and_pre_training_exclude_each_other(tmp_path):
    path = tmp_path / "known.safetensors"
    save_file(build_model(digits().model.spec(), (1, 8, 8), 10, seed=1).state_dict(), path)
    with pytest.raises(SettingError, match="either would replace what the other gave"):
        made(tmp_path, model={"weights": str(path)})


@pytest.mark.parametrize(
    ("section", "received"),
    [
        (
            {"method": "rbm", "corruption": "gaussian"},
            "pretraining.corruption with",
        ),
        ({"method": "supervised", "gibbs_steps": 2}, "pretraining.gibbs_steps with"),
        ({"method": "denoising", "amount": 1.5}, "pretraining.amount = 1.5 with masking"),
        ({"method": "rbn"}, "pretraining.method = 'rbn'"),
        ({"epochs": 0}, "pretraining.epochs = 0"),
    ],
)
def test_settings_that_could_do_nothing_are_refused_by_their_dotted_key(section, received):
    with pytest.raises(SettingError) as caught:
        gh.Experiment(data="digits", pretraining=section)
    assert received in caught.value.received


def test_a_sweep_refuses_layers_that_cannot_be_pre_trained_before_it_begins(tmp_path):
    space = {"model.activation": {"values": ["sigmoid", "tanh"]}}
    data, section = {"source": "digits", "most_rows": 100}, {"method": "rbm"}
    experiment = gh.Experiment(data=data, model="cnn", pretraining=section)
    with pytest.raises(SettingError, match="pretraining.method = 'rbm'"):
        gh.sweep(experiment, space, out=tmp_path)
    assert list(tmp_path.iterdir()) == []
