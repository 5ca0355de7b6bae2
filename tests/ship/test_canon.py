"""Every family of convolutional networks leaves as ONNX with the same answers."""

from __future__ import annotations

import pytest
import torch

from glasshouse import models
from glasshouse.ship.onnx import TOLERANCE, export_onnx

CASES = {
    "alexnet in two towers": (
        lambda: models.alexnet(4, 1, (67, 67), width=0.125),
        67,
    ),
    "zfnet": (lambda: models.zfnet(4, 1, (67, 67), width=0.125), 67),
    "vgg11 on large pictures": (lambda: models.vgg11(4, 1, (290, 260), batch_norm=True, width=0.0625), 290),
    "googlenet with side heads": (
        lambda: models.googlenet(4, 1, (79, 79), auxiliary=True, width=0.0625),
        79,
    ),
    "resnet50": (lambda: models.resnet50(4, 1, width=0.0625), 40),
    "resnet18 without projections": (lambda: models.resnet18(4, 1, shortcut="identity", width=0.125), 40),
    "cifar_resnet20": (lambda: models.cifar_resnet20(4, 1), 28),
    "mobilenet": (lambda: models.mobilenet(4, 1, width=0.25), 50),
}


@pytest.mark.slow
@pytest.mark.parametrize(("make", "side"), CASES.values(), ids=CASES)
def test_onnx_gives_the_same_answers(make, side, tmp_path):
    torch.manual_seed(0)
    network = make()
    width = 260 if side == 290 else side
    samples = torch.randn(2, 1, side, width)
    note = export_onnx(tmp_path / "model.onnx", network, samples, "logits")
    assert note.reason is None
    assert note.checked.largest_difference <= TOLERANCE
