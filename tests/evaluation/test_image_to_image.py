"""Pictures that come out: scikit-learn's errors, PSNR by hand, and what can be had without learning."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from PIL import Image
from sklearn.metrics import mean_squared_error
from torch import nn

from glasshouse.core.errors import NonFiniteError, SettingError
from glasshouse.data.parts import Part, Prepared
from glasshouse.evaluation.image_to_image import evaluate_image_to_image, simple_pictures
from glasshouse.losses import LOSSES
from glasshouse.metrics import psnr
from glasshouse.metrics.psnr import psnr_of
from glasshouse.objectives import ObjectiveSettings, build_objective
from glasshouse.objectives.image_to_image import ImageToImage

CHANCE = np.random.default_rng(0)
TARGETS = CHANCE.integers(0, 256, (10, 3, 8, 8)).astype(np.uint8)
LEVELS = TARGETS.reshape(10, 3, 4, 2, 4, 2).mean(axis=(3, 5)).round().astype(np.uint8)


def prepared(levels=LEVELS, targets=TARGETS):
    inputs = torch.from_numpy(levels).float() / 255
    part = Part(inputs, torch.from_numpy(targets).float() / 255, np.arange(len(levels)))
    shape = tuple(inputs.shape[1:])
    return Prepared(part, None, None, "image_to_image", shape, targets.shape[1], (), "the picture")


def test_the_metrics_are_means_over_the_pictures_of_levels_that_are_cut_off():
    network = nn.Sequential(nn.Upsample(scale_factor=2), nn.Conv2d(3, 3, 1))
    data = prepared()
    found = evaluate_image_to_image(network, data, None, LEVELS).record["metrics"]["train"]
    said = network(data.train.inputs).detach().clamp(0, 1).double().numpy()
    errors = [
        mean_squared_error(each.ravel(), other.ravel())
        for each, other in zip(data.train.targets.double().numpy(), said, strict=True)
    ]
    assert found["mse"] == pytest.approx(np.mean(errors))
    assert found["psnr"] == pytest.approx(np.mean(-10 * np.log10(errors)))
    by_metric = [psnr(a.ravel(), b.ravel()) for a, b in zip(data.train.targets.numpy(), said, strict=True)]
    assert found["psnr"] == pytest.approx(np.mean(by_metric), rel=1e-6)


def test_the_ratio_by_hand():
    assert psnr_of(np.array([0.01, 0.001])).tolist() == pytest.approx([20.0, 30.0])
    assert psnr([0.0, 255.0], [25.5, 229.5], peak=255.0) == pytest.approx(20.0)
    assert psnr([1.0], [1.0]) == float("inf")


def test_smaller_inputs_are_set_against_bicubic_interpolation_as_pillow_has_it():
    data = prepared()
    bicubic, mean = simple_pictures(data, data.train, LEVELS)
    assert (bicubic.name, mean.name) == ("bicubic", "mean picture")
    theirs = Image.fromarray(LEVELS[3].transpose(1, 2, 0)).resize((8, 8), Image.Resampling.BICUBIC)
    ours = (255 * bicubic.pictures[3]).round().byte().numpy()
    assert (ours == np.asarray(theirs).transpose(2, 0, 1)).all()
    assert torch.allclose(mean.pictures[0], data.train.targets.mean(dim=0))


def test_grey_inputs_are_set_against_grey_and_noisy_ones_against_themselves():
    grey = LEVELS[:, :1].repeat(2, axis=2).repeat(2, axis=3)
    first = simple_pictures(prepared(grey), prepared(grey).train, grey)[0]
    assert first.name == "grey"
    assert (first.pictures[:, 0] == first.pictures[:, 2]).all()
    data = prepared(TARGETS)
    given, blurred, _ = simple_pictures(data, data.train, TARGETS)
    assert (given.name, blurred.name) == ("the input", "blurred")
    assert torch.equal(given.pictures, data.train.targets)
    middle = data.train.targets[0, 1, 2:5, 3:6].mean()
    assert float(blurred.pictures[0, 1, 3, 4]) == pytest.approx(float(middle), rel=1e-5)


def test_the_loss_of_a_part_is_the_mean_over_its_pictures():
    objective, data = ImageToImage(LOSSES.build("mae")), prepared(TARGETS)
    network = nn.Conv2d(3, 3, 1)
    judged = objective.judge(network, data.train)
    said = network(data.train.inputs).detach()
    assert judged.loss == pytest.approx(float((said - data.train.targets).abs().mean()), rel=1e-6)
    errors = (said.clamp(0, 1) - data.train.targets).double().square().flatten(1).mean(dim=1)
    assert judged.parts["psnr"] == pytest.approx(float((-10 * errors.log10()).mean()))


def test_a_picture_that_is_no_number_is_named():
    network = nn.Sequential(nn.Conv2d(3, 3, 1))
    nn.init.constant_(network[0].bias, float("nan"))
    with pytest.raises(NonFiniteError, match="10 of 10 pictures that came out are NaN"):
        evaluate_image_to_image(network, prepared(TARGETS), None, TARGETS)


def test_a_loss_for_classes_is_refused():
    with pytest.raises(SettingError, match="loss 'cross_entropy' for pictures that are to come out"):
        build_objective(ObjectiveSettings(name="image_to_image", loss="cross_entropy"), prepared())
