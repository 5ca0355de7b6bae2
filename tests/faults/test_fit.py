"""What a clumsy user hands to ``fit`` and ``run``."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset, TensorDataset

import glasshouse as gh
from glasshouse.core.errors import DataError, ModelError, SettingError, UsageError

X = np.random.default_rng(0).normal(size=(40, 3)).astype(np.float32)
Y = (X[:, 0] > 0).astype(int)
FRAME = pl.DataFrame({"a": X[:, 0], "y": Y})


class Nothing(Dataset):
    def __len__(self):
        return 0


WRONG = [
    ((X[:0], Y[:0]), {}, DataError, r"inputs of shape \(0, 3\)"),
    ((3, 4), {}, DataError, "a single int in the place of rows"),
    (([[1, 2], [3]], [0, 1]), {}, DataError, "rows of unequal length"),
    ((X, [None] * 40), {}, DataError, "row 0 holds None"),
    ((X[:, 0], Y), {}, DataError, r"inputs.reshape\(-1, 1\)"),
    ((X, np.stack([Y, Y], 1)), {}, DataError, r"classes of shape \(40, 2\)"),
    (None, {}, UsageError, "data is a NoneType"),
    (DataLoader(TensorDataset(torch.zeros(2, 3), torch.zeros(2))), {}, UsageError, "loader.dataset"),
    (Nothing(), {}, DataError, "the data set has no samples"),
    ((X, Y), {"model": nn.Linear(3, 1)}, ModelError, "gives 1 number per row"),
    ((X, Y), {"model": nn.Linear(3, 5)}, ModelError, "let its last layer have 2 outputs"),
    ((X, Y), {"model": nn.Linear}, UsageError, "model is the class Linear"),
    ((X, Y), {"model": 5}, UsageError, "model is a int"),
    ((X, Y), {"loss": nn.MSELoss}, UsageError, r"make one of it: MSELoss\(\)"),
    ((X, Y), {"loss": 5}, UsageError, "loss is a int"),
    ((X, Y), {"loss": lambda outputs, _: outputs.sum(1)}, ModelError, r"gives a tensor of shape \(\d+,\)"),
    ((X, Y), {"loss": lambda *_: 0.5}, ModelError, "the loss function gives a float"),
    ((X, Y), {"validation": 1.5}, SettingError, "validation = 1.5"),
    ((X, Y), {"validation": -1}, SettingError, "validation = -1"),
    ((X, Y), {"validation": float("nan")}, SettingError, "validation = nan"),
    ((X, Y), {"validation": True}, UsageError, "validation is a bool"),
    ((X, Y), {"validation": (X[:, :2], Y)}, DataError, "the inputs of the validation part have the shape"),
    ((X, Y), {"test": (X[:3], Y)}, DataError, "3 inputs and 40 targets in the test part"),
    ((X, Y), {"test": (X, Y, Y)}, UsageError, "test holds 3 things"),
    (FRAME, {"target": "y", "validation": None}, UsageError, "validation = None beside a frame"),
]


@pytest.mark.parametrize(("data", "more", "error", "told"), WRONG, ids=[told for *_, told in WRONG])
def test_what_is_handed_over_wrongly_is_told(tmp_path, data, more, error, told):
    more = {"model": nn.Linear(3, 2), "epochs": 1, "out": tmp_path, **more}
    with pytest.raises(error, match=told):
        gh.fit(more.pop("model"), data, **more)


@pytest.mark.parametrize("experiment", [None, 5, FRAME, {"data": "iris"}])
def test_what_is_no_experiment_is_told(tmp_path, experiment):
    with pytest.raises(UsageError, match=r"experiment is a .*\n.*an Experiment, or the name of its data"):
        gh.run(experiment, out=tmp_path)


def test_an_error_of_the_users_own_comes_through_and_is_noted(tmp_path):
    def broken(*_arguments):
        raise ZeroDivisionError("mine")

    with pytest.raises(ZeroDivisionError, match="mine"):
        gh.fit(nn.Linear(3, 2), (X, Y), epochs=1, out=tmp_path, loss=broken)
    (run,) = tmp_path.iterdir()
    status = gh.Run(run).status
    assert (status["state"], status["message"]) == ("failed", "ZeroDivisionError('mine')")
