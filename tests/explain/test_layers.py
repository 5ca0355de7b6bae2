"""Layers of PyTorch in odd settings: every step is checked, every gradient is autograd's."""

from __future__ import annotations

import pytest
import torch
from torch import nn

import glasshouse as gh
from tests.explain.autograd import assert_gradients, by_autograd, mean_square


def numbers(*shape):
    return torch.randn(*shape, dtype=torch.float64)


LAYERS = {
    "linear over time": lambda: (nn.Linear(4, 3), numbers(2, 5, 4)),
    "linear of one sample": lambda: (nn.Linear(4, 3, bias=False), numbers(4)),
    "conv1d": lambda: (nn.Conv1d(4, 6, 3, stride=2, padding=1, dilation=2, groups=2), numbers(2, 4, 9)),
    "conv2d, same": lambda: (nn.Conv2d(2, 4, (3, 2), padding="same", bias=False), numbers(1, 2, 5, 4)),
    "conv2d, circular": lambda: (nn.Conv2d(2, 2, 3, padding=1, padding_mode="circular"), numbers(1, 2, 5, 5)),
    "conv2d, depthwise": lambda: (nn.Conv2d(3, 6, 3, groups=3), numbers(2, 3, 5, 5)),
    "conv2d, no batch": lambda: (nn.Conv2d(2, 2, 3), numbers(2, 5, 5)),
    "conv3d": lambda: (nn.Conv3d(1, 2, 2, stride=2), numbers(1, 1, 4, 4, 4)),
    "transposed": lambda: (
        nn.ConvTranspose2d(2, 3, 3, stride=2, padding=1, output_padding=1),
        numbers(1, 2, 3, 3),
    ),
    "batch norm": lambda: (nn.BatchNorm1d(3), numbers(4, 3)),
    "batch norm of pictures": lambda: (nn.BatchNorm2d(3, eps=0.1), numbers(2, 3, 2, 2)),
    "batch norm, evaluation": lambda: (nn.BatchNorm1d(3).eval(), numbers(4, 3)),
    "batch norm, untracked": lambda: (nn.BatchNorm1d(3, track_running_stats=False), numbers(4, 3)),
    "batch norm, plain": lambda: (nn.BatchNorm1d(3, affine=False, momentum=None), numbers(4, 3)),
    "layer norm": lambda: (nn.LayerNorm([3, 4]), numbers(2, 3, 4)),
    "group norm": lambda: (nn.GroupNorm(2, 4), numbers(2, 4, 3)),
    "instance norm": lambda: (nn.InstanceNorm2d(3, affine=True), numbers(2, 3, 2, 2)),
    "rms norm": lambda: (nn.RMSNorm(4), numbers(2, 4)),
    "local response norm": lambda: (nn.LocalResponseNorm(2), numbers(1, 4, 3, 3)),
    "max pool": lambda: (nn.MaxPool2d(3, 2, 1, ceil_mode=True), numbers(1, 2, 6, 6)),
    "max pool, dilated": lambda: (nn.MaxPool2d(2, dilation=2), numbers(1, 2, 6, 6)),
    "average pool": lambda: (
        nn.AvgPool2d(3, 2, 1, count_include_pad=False, ceil_mode=True),
        numbers(1, 2, 6, 6),
    ),
    "average pool, own divisor": lambda: (nn.AvgPool2d(2, divisor_override=3), numbers(1, 2, 4, 4)),
    "adaptive pool": lambda: (nn.AdaptiveAvgPool2d((3, None)), numbers(1, 2, 7, 5)),
    "adaptive max pool": lambda: (nn.AdaptiveMaxPool2d(2), numbers(1, 2, 5, 5)),
    "power pool": lambda: (nn.LPPool2d(2, 2), numbers(1, 2, 4, 4)),
    "prelu by channel": lambda: (nn.PReLU(3), numbers(2, 3, 2)),
    "celu": lambda: (nn.CELU(0.7), numbers(3, 4)),
    "gelu": lambda: (nn.GELU("tanh"), numbers(3, 4)),
    "softplus": lambda: (nn.Softplus(2, 1.0), numbers(3, 4)),
    "hard sigmoid": lambda: (nn.Hardsigmoid(), 3 * numbers(3, 4)),
    "soft shrink": lambda: (nn.Softshrink(0.3), numbers(3, 4)),
    "threshold": lambda: (nn.Threshold(0.1, 20.0), numbers(3, 4)),
    "glu": lambda: (nn.GLU(), numbers(3, 4)),
    "leaky relu in place": lambda: (nn.LeakyReLU(0.2, inplace=True), numbers(3, 4)),
    "softmin": lambda: (nn.Softmin(1), numbers(3, 4)),
    "log softmax": lambda: (nn.LogSoftmax(-1), numbers(3, 4)),
    "dropout": lambda: (nn.Sequential(nn.ReLU(), nn.Dropout(0.5)), numbers(5, 6)),
    "dropout in place": lambda: (nn.Dropout(0.3, inplace=True), numbers(5, 6)),
    "dropout of channels": lambda: (nn.Dropout2d(0.5), numbers(2, 4, 3, 3)),
    "embedding with padding": lambda: (nn.Embedding(5, 3, padding_idx=1), torch.tensor([[0, 1], [4, 0]])),
    "bilinear": lambda: (nn.Bilinear(3, 2, 2), (numbers(2, 3), numbers(2, 2))),
    "upsampling": lambda: (nn.Upsample(scale_factor=2, mode="bilinear"), numbers(1, 1, 3, 3)),
    "reflection": lambda: (nn.ReflectionPad2d(1), numbers(1, 1, 3, 3)),
    "pixel shuffle": lambda: (nn.PixelShuffle(2), numbers(1, 4, 2, 2)),
    "lstm": lambda: (
        nn.LSTM(3, 4, 2, bidirectional=True, batch_first=True, dropout=0.2),
        numbers(2, 3, 3),
    ),
    "gru": lambda: (nn.GRU(3, 4), numbers(3, 2, 3)),
    "rnn": lambda: (nn.RNN(3, 4, nonlinearity="relu", bias=False), numbers(3, 2, 3)),
    "rnn of one sample": lambda: (nn.RNN(3, 4), numbers(3, 3)),
    "lstm cell": lambda: (nn.LSTMCell(3, 4), numbers(2, 3)),
    "gru cell": lambda: (nn.GRUCell(3, 4), numbers(2, 3)),
    "attention": lambda: (nn.MultiheadAttention(4, 2), (numbers(3, 2, 4),) * 3),
    "attention with dropout": lambda: (
        nn.MultiheadAttention(4, 2, batch_first=True, dropout=0.2, bias=False, add_zero_attn=True),
        (numbers(2, 3, 4),) * 3,
    ),
    "encoder layer": lambda: (nn.TransformerEncoderLayer(4, 2, 8, batch_first=True), numbers(2, 3, 4)),
    "encoder layer, evaluation": lambda: (
        nn.TransformerEncoderLayer(4, 2, 8, batch_first=True, norm_first=True, activation="gelu").eval(),
        numbers(2, 3, 4),
    ),
    "decoder layer": lambda: (nn.TransformerDecoderLayer(4, 2, 8), (numbers(3, 2, 4), numbers(2, 2, 4))),
}


@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize("name", LAYERS)
def test_every_step_is_checked_and_every_gradient_is_that_of_autograd(name):
    torch.manual_seed(0)
    layer, x = LAYERS[name]()
    layer = layer.double()
    expected = by_autograd(layer, x, mean_square)
    explanation = gh.explain(layer, x, loss=mean_square)
    assert set(explanation.badges) <= {"checked", "no gradient"}
    assert_gradients(explanation, expected)


@pytest.mark.parametrize(
    ("layer", "x", "operation"),
    [
        (nn.AlphaDropout(0.3), numbers(5, 6), "alpha_dropout"),
        (nn.LSTM(3, 4, proj_size=2), numbers(3, 2, 3), "lstm"),
        (nn.EmbeddingBag(5, 3), torch.tensor([[0, 1], [4, 0]]), "embedding_bag"),
    ],
    ids=["alpha dropout", "lstm with a projection", "embedding bag"],
)
def test_what_has_no_rule_says_so_and_its_gradient_is_right_all_the_same(layer, x, operation):
    layer = layer.double()
    expected = by_autograd(layer, x, mean_square)
    explanation = gh.explain(layer, x, loss=mean_square)
    without = [step for step in explanation.steps if step.badge == "autograd only"]
    assert [step.title for step in without] == [operation]
    assert without[0].formula == ""
    assert_gradients(explanation, expected)


@pytest.mark.parametrize(
    ("dtype", "bound"), [(torch.float32, 1e-5), (torch.bfloat16, 0.1)], ids=["float32", "bfloat16"]
)
def test_coarser_types_are_explained_in_float64_from_what_ran(dtype, bound):
    torch.manual_seed(0)
    net = nn.Sequential(nn.Linear(6, 8), nn.Tanh(), nn.LayerNorm(8), nn.RMSNorm(8), nn.Linear(8, 3)).to(dtype)
    x = torch.randn(4, 6, dtype=dtype)
    expected = by_autograd(net, x, mean_square)
    explanation = gh.explain(net, x, loss=mean_square)
    assert explanation.find("x").tensor.dtype == dtype
    assert explanation.find("z1").gradient.dtype == torch.float64
    assert_gradients(explanation, expected, bound)
