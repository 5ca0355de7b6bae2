"""First weights as in the papers and their usual copies, and networks that learn from them."""

from __future__ import annotations

import pytest
import torch

from glasshouse import models
from glasshouse.core.errors import ModelError, SettingError
from glasshouse.losses import CrossEntropy
from glasshouse.models.map_sides import side_after, smallest_side
from glasshouse.models.residual_block import BasicBlock, Bottleneck, PaddedShortcut
from glasshouse.objectives import Supervised


def deviation(layer):
    return layer.weight.std().item()


def test_alexnet_begins_narrow_with_some_units_alive():
    torch.manual_seed(0)
    network = models.alexnet(classes=10, size=(67, 67), width=0.5, initializer="paper")
    for name in ("conv1", "conv3", "conv5", "fc6", "fc7", "output"):
        assert deviation(network.get_submodule(name)) == pytest.approx(0.01, rel=0.05), name
    alive = [name for name, p in network.named_parameters() if name.endswith("bias") and bool((p == 1).all())]
    assert alive == ["conv2.bias", "conv4.bias", "conv5.bias", "fc6.bias", "fc7.bias"]
    still = [name for name, p in network.named_parameters() if name.endswith("bias") and bool((p == 0).all())]
    assert still == ["conv1.bias", "conv3.bias", "output.bias"]


def test_zfnet_begins_narrow_without_biases():
    torch.manual_seed(0)
    network = models.zfnet(classes=10, size=(53, 53), width=0.5, initializer="paper")
    assert deviation(network.conv4) == pytest.approx(0.01, rel=0.05)
    assert all(not p.any() for name, p in network.named_parameters() if name.endswith("bias"))


def test_vgg_and_resnet_begin_by_hes_rule_over_outgoing_connections():
    torch.manual_seed(0)
    vgg = models.vgg11(classes=10)
    assert deviation(vgg.conv4_1) == pytest.approx((2 / (512 * 9)) ** 0.5, rel=0.03)
    assert deviation(vgg.fc6) == pytest.approx(0.01, rel=0.03)
    resnet = models.resnet18(width=0.5)
    assert deviation(resnet.conv4_x[1].conv1) == pytest.approx((2 / (128 * 9)) ** 0.5, rel=0.03)


def test_googlenet_begins_by_glorots_rule_or_in_torchvisions_way():
    torch.manual_seed(0)
    wide = models.googlenet().inception_5b.branch3.wide.conv  # 192 to 384 maps, 3x3
    assert deviation(wide) == pytest.approx((2 / (9 * (192 + 384))) ** 0.5, rel=0.03)
    cut = models.googlenet(variant="torchvision").inception_5b.branch3.wide.conv
    assert float(cut.weight.abs().max()) <= 0.02
    assert deviation(cut) == pytest.approx(0.01 * 0.8796, rel=0.03)  # a normal cut at two deviations


@pytest.mark.parametrize(
    "make",
    [
        lambda: models.alexnet(10, 3, (67, 67), width=0.25),
        lambda: models.zfnet(10, 3, (67, 67), width=0.25),
        lambda: models.vgg16(10, 3, (32, 32), width=0.25),
        lambda: models.googlenet(10, 3, (64, 64), width=0.25),
    ],
    ids=["alexnet", "zfnet", "vgg16", "googlenet"],
)
def test_signals_reach_the_output_of_narrow_copies(make):
    torch.manual_seed(0)
    network = make().eval()
    side = 32 if hasattr(network, "conv1_1") else 64 if hasattr(network, "inception_3a") else 67
    outputs = network(torch.randn(16, 3, side, side))
    assert (
        0.03 < float((outputs - outputs.mean(0)).std()) < 10
    )  # 0.002 and less with the weights of the full size


@pytest.mark.parametrize("depth", [18, 50])
def test_blocks_can_begin_as_the_identity(depth):
    torch.manual_seed(0)
    network = models.resnet(depth, width=0.125, zero_residual=True).eval()
    block = network.conv2_x[1]
    x = torch.randn(2, block.conv1.in_channels, 6, 6)
    assert torch.equal(block(x), torch.relu(x))
    assert not torch.equal(models.resnet(depth, width=0.125).eval().conv2_x[1](x), torch.relu(x))


def test_the_shortcut_without_parameters_leaves_out_and_adds():
    x = torch.arange(18.0).view(1, 2, 3, 3)
    found = PaddedShortcut(2, 3, stride=2)(x)
    assert found[0, 0].tolist() == [[0, 2], [6, 8]]
    assert found[0, 1].tolist() == [[9, 11], [15, 17]]
    assert not found[0, 2].any()


def test_only_blocks_that_change_the_shape_have_a_shortcut():
    for block in (BasicBlock(4, 4), Bottleneck(8, 2)):
        assert block.shortcut is None
    halved = BasicBlock(4, 4, stride=2).shortcut.conv
    assert (halved.in_channels, halved.out_channels, halved.stride) == (4, 4, (2, 2))
    widened = Bottleneck(4, 4).shortcut.conv
    assert (widened.in_channels, widened.out_channels, widened.stride) == (4, 16, (1, 1))


SMALL = {
    "lenet5 of 1998": lambda: models.lenet5(classes=3, size=(32, 32), variant="1998"),
    "lenet of Caffe": lambda: models.lenet5(classes=3, size=(32, 32), variant="caffe"),
    "alexnet": lambda: models.alexnet(3, 1, (67, 67), width=0.125),
    "alexnet, torchvision's": lambda: models.alexnet(3, 1, (67, 67), "torchvision", width=0.125),
    "zfnet": lambda: models.zfnet(3, 1, (67, 67), width=0.125),
    "vgg11": lambda: models.vgg11(3, 1, (32, 32), width=0.125, batch_norm=True),
    "googlenet": lambda: models.googlenet(3, 1, (67, 67), width=0.125),
    "googlenet, torchvision's": lambda: models.googlenet(3, 1, (67, 67), "torchvision", width=0.125),
    "resnet18": lambda: models.resnet18(3, 1, width=0.125),
    "resnet50 with identity blocks": lambda: models.resnet50(3, 1, width=0.125, zero_residual=True),
    "cifar_resnet20": lambda: models.cifar_resnet20(3, 1, width=0.5),
    "mobilenet": lambda: models.mobilenet(3, 1, width=0.25),
}


@pytest.mark.parametrize("which", SMALL)
def test_a_scaled_down_copy_learns_in_a_few_steps(which):
    torch.manual_seed(0)
    network = SMALL[which]()
    side = 67 if any(name in which for name in ("alex", "zf", "google")) else 32
    targets = torch.arange(12) % 3
    inputs = torch.randn(12, 1, side, side) * 0.5
    for row, target in enumerate(targets):  # a bright bar at one of three places
        inputs[row, 0, :, int(target) * side // 3 : int(target) * side // 3 + side // 4] += 2
    objective = Supervised(CrossEntropy())
    optimizer = torch.optim.Adam(network.parameters(), lr=2e-3)
    losses = []
    for _ in range(12):
        loss = objective(network.train(), inputs, targets).loss
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(float(loss.detach()))
    assert min(losses[-3:]) < 0.7 * losses[0], losses


def test_the_smallest_picture_is_the_one_below_which_nothing_is_left():
    for network, smallest in (
        (models.alexnet(3, 1, (67, 67), width=0.0625), 67),
        (models.zfnet(3, 1, (53, 53), width=0.0625), 53),
        (models.googlenet(3, 1, (31, 31), width=0.0625), 31),
        (models.googlenet(3, 1, (15, 15), "torchvision", width=0.0625), 15),
        (models.googlenet(3, 1, (79, 79), auxiliary=True, width=0.0625), 79),
    ):
        network(torch.zeros(2, 1, smallest, smallest))
        with pytest.raises(RuntimeError):
            network(torch.zeros(2, 1, smallest - 1, smallest - 1))


@pytest.mark.parametrize("side", [29, 32, 45, 64, 71])
def test_sides_are_computed_as_pytorch_computes_them(side):
    layers = models.googlenet(width=0.0625)
    spine = [layers.conv1, layers.pool1, layers.conv2, layers.pool2, layers.pool3]
    x = torch.zeros(1, 3, side, side)
    for layer in spine:
        x = layer(x) if layer is not layers.conv2 else x
    assert side_after(side, spine) == x.shape[-1]
    assert side_after(smallest_side(spine, left=3), spine) == 3


@pytest.mark.parametrize("make", [models.vgg11, models.alexnet])
def test_larger_pictures_take_the_same_weights(make):
    with torch.device("meta"):
        published = make()
        larger = make(size=(300, 260))
    assert {n: p.shape for n, p in published.named_parameters()} == {
        n: p.shape for n, p in larger.named_parameters()
    }
    assert larger(torch.empty(1, 3, 300, 260, device="meta")).shape == (1, 1000)


@pytest.mark.parametrize(
    ("make", "text"),
    [
        (lambda: models.vgg(12), r"depth = 12\n  expected: 11, 13, 16 or 19"),
        (lambda: models.resnet(20), r"depth = 20\n  expected: one of 18, 34, 50, 101, 152"),
        (lambda: models.cifar_resnet(21), r"(?s)6 n \+ 2 layers.*set depth to 20 or 26"),
        (lambda: models.resnet18(variant="2"), r"variant = '2'"),
        (lambda: models.resnet18(shortcut="none"), r"shortcut = 'none'"),
        (lambda: models.alexnet(variant="groupd"), r"did you mean 'grouped'"),
        (lambda: models.mobilenet(width=0), r"width = 0"),
        (lambda: models.vgg11(dropout=1.0), r"dropout = 1.0"),
        (lambda: models.googlenet(classes=0), r"classes = 0"),
    ],
)
def test_settings_out_of_range_are_refused(make, text):
    with pytest.raises(SettingError, match=text):
        make()


def test_a_picture_that_is_too_small_is_refused_with_the_way_out():
    with pytest.raises(ModelError) as caught:
        models.googlenet(size=(60, 90), auxiliary=True)
    assert str(caught.value) == (
        "googlenet with auxiliary heads for pictures of 60 x 90 pixels\n"
        "  expected: pictures of at least 79 x 79 pixels\n"
        "  fix: set data.size larger, or take a network for small pictures: cnn, lenet5, cifar_resnet20"
    )
