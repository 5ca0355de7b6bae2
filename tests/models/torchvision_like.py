"""Stand-ins for torchvision's networks: modules under torchvision's names, and so its files' names too."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import nn


def alexnet(classes=1000, width=1.0, side=6):
    a, b, c, d, e = (round(each * width) for each in (64, 192, 384, 256, 256))
    units = round(4096 * width)
    network = nn.Sequential()
    network.features = nn.Sequential(
        nn.Conv2d(3, a, 11, 4, 2), nn.ReLU(), nn.MaxPool2d(3, 2),
        nn.Conv2d(a, b, 5, padding=2), nn.ReLU(), nn.MaxPool2d(3, 2),
        nn.Conv2d(b, c, 3, padding=1), nn.ReLU(),
        nn.Conv2d(c, d, 3, padding=1), nn.ReLU(),
        nn.Conv2d(d, e, 3, padding=1), nn.ReLU(), nn.MaxPool2d(3, 2),
    )  # fmt: skip
    network.avgpool = nn.Sequential(nn.AdaptiveAvgPool2d(side), nn.Flatten())
    network.classifier = nn.Sequential(
        nn.Dropout(), nn.Linear(e * side * side, units), nn.ReLU(),
        nn.Dropout(), nn.Linear(units, units), nn.ReLU(),
        nn.Linear(units, classes),
    )  # fmt: skip
    return network


def vgg(depth, batch_norm, classes=1000, width=1.0, side=7):
    plan = {
        11: "64 M 128 M 256 256 M 512 512 M 512 512 M",
        13: "64 64 M 128 128 M 256 256 M 512 512 M 512 512 M",
        16: "64 64 M 128 128 M 256 256 256 M 512 512 512 M 512 512 512 M",
        19: "64 64 M 128 128 M 256 256 256 256 M 512 512 512 512 M 512 512 512 512 M",
    }[depth]
    layers, before, units = [], 3, round(4096 * width)
    for each in plan.split():
        if each == "M":
            layers.append(nn.MaxPool2d(2))
            continue
        maps = round(int(each) * width)
        norms = [nn.BatchNorm2d(maps)] if batch_norm else []
        layers += [nn.Conv2d(before, maps, 3, padding=1), *norms, nn.ReLU()]
        before = maps
    network = nn.Sequential()
    network.features = nn.Sequential(*layers)
    network.avgpool = nn.Sequential(nn.AdaptiveAvgPool2d(side), nn.Flatten())
    network.classifier = nn.Sequential(
        nn.Linear(before * side * side, units), nn.ReLU(), nn.Dropout(),
        nn.Linear(units, units), nn.ReLU(), nn.Dropout(),
        nn.Linear(units, classes),
    )  # fmt: skip
    return network


class Block(nn.Module):
    def __init__(self, before, maps, stride, wide):
        super().__init__()
        after = maps * 4 if wide else maps
        self.wide = wide
        self.conv1 = nn.Conv2d(
            before, maps, 1 if wide else 3, 1 if wide else stride, 0 if wide else 1, bias=False
        )
        self.bn1 = nn.BatchNorm2d(maps)
        self.conv2 = nn.Conv2d(maps, maps, 3, stride if wide else 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(maps)
        if wide:
            self.conv3 = nn.Conv2d(maps, after, 1, bias=False)
            self.bn3 = nn.BatchNorm2d(after)
        if stride != 1 or before != after:
            projection = nn.Conv2d(before, after, 1, stride, bias=False)
            self.downsample = nn.Sequential(projection, nn.BatchNorm2d(after))

    def forward(self, x):
        h = self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x)))))
        if self.wide:
            h = self.bn3(self.conv3(F.relu(h)))
        return F.relu(h + (self.downsample(x) if hasattr(self, "downsample") else x))


class ResNet(nn.Module):
    def __init__(self, depth, classes=1000, width=1.0):
        super().__init__()
        blocks = {
            18: (2, 2, 2, 2),
            34: (3, 4, 6, 3),
            50: (3, 4, 6, 3),
            101: (3, 4, 23, 3),
            152: (3, 8, 36, 3),
        }
        before = round(64 * width)
        self.conv1 = nn.Conv2d(3, before, 7, 2, 3, bias=False)
        self.bn1 = nn.BatchNorm2d(before)
        for stage, count in enumerate(blocks[depth], start=1):
            maps = round(32 * 2**stage * width)
            stack = []
            for place in range(count):
                stack.append(Block(before, maps, 2 if stage > 1 and place == 0 else 1, depth >= 50))
                before = maps * 4 if depth >= 50 else maps
            setattr(self, f"layer{stage}", nn.Sequential(*stack))
        self.fc = nn.Linear(before, classes)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.bn1(self.conv1(x))), 3, 2, 1)
        x = self.layer4(self.layer3(self.layer2(self.layer1(x))))
        return self.fc(x.mean((2, 3)))


class Unit(nn.Module):
    def __init__(self, before, after, kernel, **settings):
        super().__init__()
        self.conv = nn.Conv2d(before, after, kernel, bias=False, **settings)
        self.bn = nn.BatchNorm2d(after, eps=0.001)

    def forward(self, x):
        return F.relu(self.bn(self.conv(x)))


class Mixed(nn.Module):
    def __init__(self, before, a, b, c, d, e, f):
        super().__init__()
        self.branch1 = Unit(before, a, 1)
        self.branch2 = nn.Sequential(Unit(before, b, 1), Unit(b, c, 3, padding=1))
        self.branch3 = nn.Sequential(Unit(before, d, 1), Unit(d, e, 3, padding=1))
        self.branch4 = nn.Sequential(nn.MaxPool2d(3, 1, 1, ceil_mode=True), Unit(before, f, 1))

    def forward(self, x):
        return torch.cat([self.branch1(x), self.branch2(x), self.branch3(x), self.branch4(x)], 1)


class Aside(nn.Module):
    def __init__(self, before, classes, width):
        super().__init__()
        maps, units = round(128 * width), round(1024 * width)
        self.conv = Unit(before, maps, 1)
        self.fc1 = nn.Linear(maps * 16, units)
        self.fc2 = nn.Linear(units, classes)

    def forward(self, x):
        x = self.conv(F.adaptive_avg_pool2d(x, 4)).flatten(1)
        return self.fc2(F.relu(self.fc1(x)))


MIXED = {
    "3a": (192, 64, 96, 128, 16, 32, 32), "3b": (256, 128, 128, 192, 32, 96, 64),
    "4a": (480, 192, 96, 208, 16, 48, 64), "4b": (512, 160, 112, 224, 24, 64, 64),
    "4c": (512, 128, 128, 256, 24, 64, 64), "4d": (512, 112, 144, 288, 32, 64, 64),
    "4e": (528, 256, 160, 320, 32, 128, 128), "5a": (832, 256, 160, 320, 32, 128, 128),
    "5b": (832, 384, 192, 384, 48, 128, 128),
}  # fmt: skip


class GoogLeNet(nn.Module):
    def __init__(self, classes=1000, width=1.0):
        super().__init__()
        first, third = round(64 * width), round(192 * width)
        self.conv1 = Unit(3, first, 7, stride=2, padding=3)
        self.conv2 = Unit(first, first, 1)
        self.conv3 = Unit(first, third, 3, padding=1)
        for name, row in MIXED.items():
            setattr(self, f"inception{name}", Mixed(*(round(each * width) for each in row)))
        self.aux1 = Aside(round(512 * width), classes, width)
        self.aux2 = Aside(round(528 * width), classes, width)
        self.fc = nn.Linear(round(1024 * width), classes)

    def forward(self, x, aside=False):
        x = F.max_pool2d(self.conv1(x), 3, 2, ceil_mode=True)
        x = F.max_pool2d(self.conv3(self.conv2(x)), 3, 2, ceil_mode=True)
        sides = []
        for name in MIXED:
            x = getattr(self, f"inception{name}")(x)
            if name == "4a":
                sides.append(self.aux1(x))
            if name == "4d":
                sides.append(self.aux2(x))
            if name == "3b":
                x = F.max_pool2d(x, 3, 2, ceil_mode=True)
            if name == "4e":
                x = F.max_pool2d(x, 2, 2, ceil_mode=True)
        y = self.fc(x.mean((2, 3)))
        return (y, *sides) if aside else y
