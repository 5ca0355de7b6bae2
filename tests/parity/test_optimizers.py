"""Optimizers against PyTorch's own classes with PyTorch's own arguments, over ten steps."""

from __future__ import annotations

import pytest
import torch

from glasshouse.core.errors import SettingError, UnknownNameError
from glasshouse.optimizers import OPTIMIZERS

CASES = [
    ("sgd", lambda p, lr, wd: torch.optim.SGD(p, lr=lr, weight_decay=wd)),
    ("momentum", lambda p, lr, wd: torch.optim.SGD(p, lr=lr, weight_decay=wd, momentum=0.9)),
    ("nesterov", lambda p, lr, wd: torch.optim.SGD(p, lr=lr, weight_decay=wd, momentum=0.9, nesterov=True)),
    ("adagrad", lambda p, lr, wd: torch.optim.Adagrad(p, lr=lr, weight_decay=wd)),
    ("rmsprop", lambda p, lr, wd: torch.optim.RMSprop(p, lr=lr, weight_decay=wd)),
    ("adadelta", lambda p, lr, wd: torch.optim.Adadelta(p, lr=lr, weight_decay=wd)),
    ("adam", lambda p, lr, wd: torch.optim.Adam(p, lr=lr, weight_decay=wd)),
    ("adamw", lambda p, lr, wd: torch.optim.AdamW(p, lr=lr, weight_decay=wd)),
    ("nadam", lambda p, lr, wd: torch.optim.NAdam(p, lr=lr, weight_decay=wd)),
]


@pytest.mark.parametrize("rate", [1e-5, 0.1, 10.0])
@pytest.mark.parametrize("decay", [0.0, 0.1])
@pytest.mark.parametrize(("name", "make"), CASES, ids=[name for name, _ in CASES])
def test_ten_steps_equal_pytorchs(name, make, decay, rate):
    torch.manual_seed(0)
    start, gradients = torch.randn(4, 3, dtype=torch.float64), torch.randn(10, 4, 3, dtype=torch.float64)
    mine, theirs = torch.nn.Parameter(start.clone()), torch.nn.Parameter(start.clone())
    ours = OPTIMIZERS.build(name, [mine], learning_rate=rate, weight_decay=decay)
    reference = make([theirs], rate, decay)
    for gradient in gradients:
        for parameter, optimizer in ((mine, ours), (theirs, reference)):
            parameter.grad = gradient.clone()
            optimizer.step()
    assert torch.allclose(mine, theirs, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("name", list(OPTIMIZERS))
def test_settings_out_of_range_are_refused(name):
    parameter = torch.nn.Parameter(torch.zeros(1))
    for bad in ({"learning_rate": 0.0}, {"learning_rate": float("nan")}, {"weight_decay": -1.0}):
        with pytest.raises(SettingError):
            OPTIMIZERS.build({"name": name, **bad}, [parameter])
    with pytest.raises(SettingError, match="has no setting 'momentun'"):
        OPTIMIZERS.build({"name": name, "momentun": 0.9}, [parameter])


def test_misspelt_optimizers_are_guessed():
    with pytest.raises(UnknownNameError) as caught:
        OPTIMIZERS.find("adm")
    assert str(caught.value) == (
        "there is no optimizer named 'adm'\n"
        "  expected: one of sgd, momentum, nesterov, adagrad, rmsprop, adadelta, adam, adamw, nadam\n"
        "  fix: did you mean 'adam' or 'nadam' or 'adamw'?"
    )
