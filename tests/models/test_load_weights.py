"""Files of weights: torchvision's names are understood, what does not fit is named, nothing is unpickled."""

from __future__ import annotations

import pytest
import torch
from safetensors.torch import save_file
from torch import nn

from glasshouse import models
from glasshouse.core.errors import ModelError, SettingError, StorageError
from glasshouse.models.torchvision_names import published_names

from . import torchvision_like as theirs
from .test_literal import lived_in

NARROW = {"classes": 5, "width": 0.125}
TRICK = {"variant": "torchvision"}

PAIRS = {
    "alexnet": (
        lambda **s: models.alexnet(**s, **TRICK, size=(224, 224)),
        theirs.alexnet,
        224,
        61_100_840,
    ),
    "vgg11": (models.vgg11, lambda **s: theirs.vgg(11, False, **s), 224, 132_863_336),
    "vgg16": (models.vgg16, lambda **s: theirs.vgg(16, False, **s), 224, 138_357_544),
    "vgg19_bn": (
        lambda **s: models.vgg19(**s, batch_norm=True),
        lambda **s: theirs.vgg(19, True, **s),
        224,
        143_678_248,
    ),
    "resnet18": (models.resnet18, lambda **s: theirs.ResNet(18, **s), 64, 11_689_512),
    "resnet34": (models.resnet34, lambda **s: theirs.ResNet(34, **s), 64, 21_797_672),
    "resnet50": (models.resnet50, lambda **s: theirs.ResNet(50, **s), 64, 25_557_032),
    "resnet101": (models.resnet101, lambda **s: theirs.ResNet(101, **s), 64, 44_549_160),
    "resnet152": (models.resnet152, lambda **s: theirs.ResNet(152, **s), 64, 60_192_808),
    "googlenet": (
        lambda **s: models.googlenet(**s, **TRICK, auxiliary=True, dropout=0.2),
        theirs.GoogLeNet,
        64,
        13_004_888,
    ),
}


@pytest.mark.parametrize("which", PAIRS)
def test_every_tensor_of_a_published_file_has_its_place(which):
    ours, published, _, count = PAIRS[which]
    with torch.device("meta"):
        network, like = ours(), published()
    assert sum(each.numel() for each in like.parameters()) == count  # the stand-in is torchvision's
    shapes = {name: tuple(each.shape) for name, each in like.state_dict().items()}
    namings = published_names(network)
    best = max(namings.values(), key=lambda names: len(set(names.values()) & set(shapes)))
    wanted = {best[name]: tuple(each.shape) for name, each in network.state_dict().items()}
    assert wanted == shapes


@pytest.mark.parametrize("which", PAIRS)
def test_with_a_published_files_weights_the_answers_are_torchvisions(which, tmp_path):
    ours, published, side, _ = PAIRS[which]
    like = lived_in(published(**NARROW)).float()
    path = tmp_path / "published.pth"
    torch.save(like.state_dict(), path)
    network = ours(**NARROW).eval()
    loaded = models.load_weights(network, path)
    assert len(loaded.taken) == len(network.state_dict())
    assert (loaded.new, loaded.unused) == ((), ())
    x = torch.randn(2, 3, side, side, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        found, wanted = network(x), like(x)
    assert float((found - wanted).abs().max()) <= 1e-5 * max(1.0, float(wanted.abs().max()))


def test_side_heads_take_their_weights_and_are_left_out_where_there_are_none(tmp_path):
    like = lived_in(theirs.GoogLeNet(**NARROW)).float()
    save_file(like.state_dict(), tmp_path / "googlenet.safetensors")
    with_heads = models.googlenet(**NARROW, **TRICK, auxiliary=True, size=(64, 64))
    models.load_weights(with_heads, tmp_path / "googlenet.safetensors")
    x = torch.randn(2, 3, 64, 64)
    with torch.no_grad():
        _, *wanted = like(x, aside=True)
        with_heads.eval().training = True  # the trunk as when it answers, the heads looking on
        with_heads(x)
        found = with_heads.take_auxiliary_outputs()
    assert all(torch.allclose(a, b, atol=1e-4) for a, b in zip(found, wanted, strict=True))
    without = models.googlenet(**NARROW, **TRICK)
    unused = models.load_weights(without, tmp_path / "googlenet.safetensors").unused
    assert {name.split(".")[0] for name in unused} == {"aux1", "aux2"}


def test_another_number_of_classes_keeps_the_new_head(tmp_path):
    save_file(theirs.ResNet(18, **NARROW).state_dict(), tmp_path / "r.safetensors")
    network = models.resnet18(classes=3, width=0.125)
    before = network.output.weight.detach().clone()
    loaded = models.load_weights(network, tmp_path / "r.safetensors")
    assert loaded.new == ("output.weight", "output.bias")
    assert torch.equal(network.output.weight, before)
    assert str(loaded).endswith("by torchvision's ResNet; new: output.weight, output.bias")
    with pytest.raises(ModelError, match=r"fc.weight has the shape \(5, 64\), not \(3, 64\)"):
        models.load_weights(network, tmp_path / "r.safetensors", head="file")
    same = models.resnet18(**NARROW)
    before = same.output.weight.detach().clone()
    assert models.load_weights(same, tmp_path / "r.safetensors", head="new").new
    assert torch.equal(same.output.weight, before)


def test_files_from_before_batches_were_counted_fit(tmp_path):
    state = theirs.ResNet(18, **NARROW).state_dict()
    old = {name: each for name, each in state.items() if "num_batches" not in name}
    torch.save({"state_dict": {f"module.{name}": each for name, each in old.items()}}, tmp_path / "r.pt")
    network = models.resnet18(**NARROW)
    models.load_weights(network, tmp_path / "r.pt")
    assert torch.equal(network.conv1.weight, state["conv1.weight"])


def test_what_does_not_fit_is_named_and_nothing_is_changed(tmp_path):
    state = theirs.ResNet(18, **NARROW).state_dict()
    del state["layer2.1.bn2.weight"]
    state["conv1.weight"] = state["conv1.weight"][:, :1].clone()
    save_file(state, tmp_path / "r.safetensors")
    network = models.resnet18(**NARROW)
    before = {name: each.clone() for name, each in network.state_dict().items()}
    with pytest.raises(ModelError) as caught:
        models.load_weights(network, tmp_path / "r.safetensors")
    assert "conv1.weight has the shape (8, 1, 7, 7), not (8, 3, 7, 7)" in str(caught.value)
    assert "layer2.1.bn2.weight is missing" in str(caught.value)
    assert "take the variant, width, channels and picture size" in str(caught.value)
    assert all(torch.equal(each, before[name]) for name, each in network.state_dict().items())


def test_a_deeper_networks_file_is_not_taken_for_a_shallower_one(tmp_path):
    save_file(theirs.ResNet(101, **NARROW).state_dict(), tmp_path / "r101.safetensors")
    with pytest.raises(ModelError, match=r"layer3\.10\.\S+ has no place in the network"):
        models.load_weights(models.resnet50(**NARROW), tmp_path / "r101.safetensors")


class Trap:
    """What a file could do if it were unpickled."""

    def __reduce__(self):
        return (pytest.fail, ("code in the file was run",))


@pytest.mark.parametrize(
    ("content", "why"),
    [(Trap(), "no file of weights"), ({"epoch": 3}, "'epoch' is a int"), ([1], "it holds a list")],
    ids=["code", "settings", "a list"],
)
def test_a_file_that_holds_more_than_tensors_is_refused(content, why, tmp_path):
    torch.save(content, tmp_path / "w.pt")
    with pytest.raises(StorageError, match=why):
        models.load_weights(models.mlp(4, 3), tmp_path / "w.pt")


def test_files_that_cannot_be_read_are_named(tmp_path):
    (tmp_path / "w.safetensors").write_bytes(b"no tensors")
    with pytest.raises(StorageError, match=r"w.safetensors is no file of weights"):
        models.load_weights(models.mlp(4, 3), tmp_path / "w.safetensors")
    with pytest.raises(StorageError, match=r"nowhere.pt"):
        models.load_weights(models.mlp(4, 3), tmp_path / "nowhere.pt")
    with pytest.raises(SettingError, match="head = 'old'"):
        models.load_weights(models.mlp(4, 3), tmp_path / "w.safetensors", head="old")


def test_a_new_head_has_as_many_outputs_as_asked_for():
    network = models.replace_head(models.googlenet(**NARROW, **TRICK, auxiliary=True, size=(64, 64)), 7)
    outputs = [name for name, each in network.named_modules() if getattr(each, "out_features", 0) == 7]
    assert outputs == ["output", "auxiliary.inception_4a.output", "auxiliary.inception_4d.output"]
    own = models.replace_head(nn.Sequential(nn.Linear(3, 4), nn.ReLU(), nn.Linear(4, 2)), 5)
    assert own(torch.zeros(1, 3)).shape == (1, 5)
    with pytest.raises(ModelError, match="has no linear layer that could be its head"):
        models.replace_head(nn.Sequential(nn.ReLU()), 5)
    with pytest.raises(ModelError, match="the output layer 'output' is a DistanceToCode"):
        models.replace_head(models.lenet5(variant="1998"), 5)
