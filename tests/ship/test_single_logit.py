"""Networks with one output for two classes ship like the others."""

from __future__ import annotations

import numpy as np
import torch
from torch import nn

from glasshouse.objectives import Supervised
from glasshouse.ship import load
from glasshouse.ship.write_bundle import Content, write_bundle


def test_one_logit_gives_the_sigmoid_as_the_probability_of_the_second_class(tmp_path):
    torch.manual_seed(0)
    network = nn.Sequential(nn.Linear(3, 5), nn.Tanh(), nn.Linear(5, 1)).eval()
    rows = torch.randn(9, 3)
    content = Content(
        network=network, model=None, preparation=None, input_shape=(3,), task="classification",
        classes=("no", "yes"), target_name="target", meaning="logit", scale=None, samples=rows,
        evaluation=None, name="one", seed=0,
    )  # fmt: skip
    folder = write_bundle(tmp_path / "bundle", content)
    with torch.no_grad():
        yes = torch.sigmoid(network(rows).double()).numpy()[:, 0]
    in_run = Supervised(nn.BCEWithLogitsLoss(), "logit").predict(network(rows))
    for bundle in (
        load(folder, backend="onnx"),
        load(folder, module=nn.Sequential(*map(type_like, network))),
    ):
        answers = bundle.predict(rows.numpy())
        assert np.allclose(answers.probabilities[:, 1], yes, atol=1e-6)
        assert np.allclose(answers.probabilities, in_run.probabilities, atol=1e-6)
        assert list(answers.labels) == ["yes" if p > 0.5 else "no" for p in yes]
    assert [each.name for each in load(folder).schema.outputs] == ["logits", "probabilities"]


def type_like(layer):
    """A fresh layer of the same kind and size."""
    return nn.Linear(layer.in_features, layer.out_features) if isinstance(layer, nn.Linear) else type(layer)()
