"""Networks that together go through every rule which the page expands by itself."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import nn

import glasshouse as gh


def explained(net: nn.Module, x, y=None, loss="cross_entropy", optimizer="adam"):
    return gh.explain(net, x, y, loss=loss, optimizer=optimizer)


def small(optimizer="sgd"):
    """The 2-2-1 network of the worked example."""
    net = nn.Sequential(nn.Linear(2, 2), nn.Sigmoid(), nn.Linear(2, 1), nn.Sigmoid())
    with torch.no_grad():
        net[0].weight.copy_(torch.tensor([[0.1, 0.8], [0.4, 0.6]]))
        net[2].weight.copy_(torch.tensor([[0.3, 0.9]]))
    return explained(net, torch.tensor([[0.35, 0.9]]), torch.tensor([[0.5]]), "mse", optimizer)


class Convolutions(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Conv2d(2, 4, 3, stride=2, padding=1, padding_mode="reflect")
        self.norm = nn.BatchNorm2d(4)
        self.grouped = nn.Conv2d(4, 4, 3, padding=2, dilation=2, groups=2, bias=False)
        self.own = nn.GroupNorm(2, 4)
        self.prelu = nn.PReLU(4)
        self.up = nn.ConvTranspose2d(4, 3, 3, stride=2, padding=1, output_padding=1)
        self.drop = nn.Dropout(0.3)
        self.out = nn.Linear(3, 3)

    def forward(self, x):
        x = F.relu(self.norm(self.first(x)))
        x = x + self.prelu(self.own(self.grouped(x)))
        x = F.max_pool2d(x, 3, 2, padding=1)
        x = F.avg_pool2d(self.up(x), 2, ceil_mode=True)
        x = F.gelu(F.adaptive_avg_pool2d(x, (2, 1)))
        return self.out(self.drop(x).amax((2, 3)))


class Sequences(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(4)
        self.attention = nn.MultiheadAttention(4, 2, batch_first=True)
        self.root = nn.RMSNorm(4, eps=1e-5)
        self.out = nn.Linear(4, 3)

    def forward(self, x):
        n = self.norm(x)
        attended, _ = self.attention(n, n, n)
        x = self.root(x + attended)
        spread = x.std(1) + x.var(1) + torch.logsumexp(x, 1) + x.norm(dim=1) + x.prod(1)
        rolled = F.pad(torch.cat([x, x.flip(1)], 1), (0, 0, 1, 0)).mean(1)
        return self.out(F.elu(spread * torch.tanh(rolled) - F.softplus(x).sum(1)).clamp(-2, 2))


class Recurrent(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.embedding = nn.Embedding(10, 3)
        self.lstm = nn.LSTM(3, 2, batch_first=True)
        self.gru = nn.GRU(2, 3, batch_first=True, bidirectional=True)
        self.rnn = nn.RNN(6, 2, batch_first=True, nonlinearity="relu")
        self.out = nn.Linear(2, 2)

    def forward(self, x):
        states, _ = self.lstm(self.embedding(x))
        states, _ = self.gru(states)
        states, _ = self.rnn(states)
        return torch.log_softmax(self.out(states[:, -1]), 1)


class Residual(nn.Module):
    def __init__(self, channels: int, out: int, stride: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(channels, out, 3, stride, 1, bias=False)
        self.second = nn.Conv2d(out, out, 3, 1, 1, bias=False)
        self.norms = nn.ModuleList([nn.BatchNorm2d(out), nn.BatchNorm2d(out)])
        self.shorter = (
            nn.Identity()
            if stride == 1 and channels == out
            else nn.Sequential(nn.Conv2d(channels, out, 1, stride, bias=False), nn.BatchNorm2d(out))
        )

    def forward(self, x):
        y = self.norms[1](self.second(torch.relu(self.norms[0](self.first(x)))))
        return torch.relu(y + self.shorter(x))


def resnet18():
    torch.manual_seed(5)
    widths = [(64, 64, 1), (64, 64, 1), (64, 128, 2), (128, 128, 1)]
    widths += [(128, 256, 2), (256, 256, 1), (256, 512, 2), (512, 512, 1)]
    net = nn.Sequential(
        *(nn.Conv2d(3, 64, 7, 2, 3, bias=False), nn.BatchNorm2d(64), nn.ReLU(inplace=True)),
        nn.MaxPool2d(3, 2, 1),
        *(Residual(*each) for each in widths),
        *(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(512, 10)),
    )
    return explained(net.eval(), torch.rand(1, 3, 64, 64), torch.tensor([3]))


def convolutions():
    torch.manual_seed(1)
    return explained(Convolutions(), torch.randn(2, 2, 9, 9), torch.tensor([2, 0]))


def evaluated():
    torch.manual_seed(4)
    return explained(Convolutions().eval(), torch.randn(1, 2, 9, 9), torch.tensor([1]), optimizer="rmsprop")


def sequences():
    torch.manual_seed(2)
    return explained(Sequences(), torch.randn(2, 3, 4), torch.softmax(torch.randn(2, 3), 1))


def recurrent():
    torch.manual_seed(3)
    words = torch.tensor([[1, 4, 7], [2, 2, 9]])
    return explained(Recurrent(), words, torch.tensor([1, 0]), nn.NLLLoss(), optimizer="momentum")


def lenet():
    torch.manual_seed(0)
    return explained(gh.models.lenet5(), torch.rand(1, 1, 28, 28), torch.tensor([3]))


NETWORKS = [small, convolutions, evaluated, sequences, recurrent, lenet]
