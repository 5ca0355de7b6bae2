"""The networks once more, as their papers' tables read: plain arithmetic on tensors that are given by name.

Slow and explicit on purpose: two towers are two convolutions, a depthwise convolution is one per map, batch
norm and local response normalization are their formulas. Nothing here knows the modules that are tested.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F


def conv(w, name, x, stride=1, padding=0):
    return F.conv2d(x, w[f"{name}.weight"], w.get(f"{name}.bias"), stride, padding)


def dense(w, name, x):
    return x.flatten(1) @ w[f"{name}.weight"].T + w[f"{name}.bias"]


def norm(w, name, x, eps=1e-5):
    def per_map(key):
        return w[f"{name}.{key}"].view(-1, 1, 1)

    spread = torch.sqrt(per_map("running_var") + eps)
    return (x - per_map("running_mean")) / spread * per_map("weight") + per_map("bias")


def relu(x):
    return torch.where(x > 0, x, torch.zeros_like(x))


def pool(x, kernel, stride, before=0, after=0):
    """Max pooling; windows that reach beyond the map see minus infinity there."""
    return F.max_pool2d(F.pad(x, (before, after, before, after), value=float("-inf")), kernel, stride)


def ceil_pool(x, kernel, stride):
    """Caffe's rounding: as many windows as begin inside the map."""
    side = x.shape[-1]
    windows = -(-(side - kernel) // stride) + 1
    return pool(x, kernel, stride, after=(windows - 1) * stride + kernel - side)


def response_norm(x, alpha, k, n=5, beta=0.75):
    """Section 3.3 of the AlexNet paper: alpha times the sum, not the mean, over n neighbouring maps."""
    maps = []
    for i in range(x.shape[1]):
        window = x[:, max(0, i - n // 2) : i + n // 2 + 1]
        maps.append(x[:, i] / (k + alpha * window.square().sum(1)) ** beta)
    return torch.stack(maps, 1)


def caffe_lenet(w, x):
    x = pool(conv(w, "conv1", x), 2, 2)
    x = pool(conv(w, "conv2", x), 2, 2)
    return dense(w, "output", relu(dense(w, "ip1", x)))


def towers(w, name, x, padding):
    """Two convolutions that do not see each other, their maps one behind the other."""
    left, right = x.chunk(2, dim=1)
    kernels, biases = w[f"{name}.weight"].chunk(2), w[f"{name}.bias"].chunk(2)
    return torch.cat(
        [
            F.conv2d(left, kernels[0], biases[0], padding=padding),
            F.conv2d(right, kernels[1], biases[1], padding=padding),
        ],
        dim=1,
    )


def dense_tail(w, x):
    x = relu(dense(w, "fc6", x))
    x = relu(dense(w, "fc7", x))
    return dense(w, "output", x)


def alexnet(w, x):
    x = pool(response_norm(relu(conv(w, "conv1", x, stride=4)), 1e-4, 2.0), 3, 2)
    x = pool(response_norm(relu(towers(w, "conv2", x, 2)), 1e-4, 2.0), 3, 2)
    x = relu(conv(w, "conv3", x, padding=1))
    x = relu(towers(w, "conv4", x, 1))
    return dense_tail(w, pool(relu(towers(w, "conv5", x, 1)), 3, 2))


def caffenet(w, x):
    # Caffe divides alpha = 1e-4 by the five maps of the window, and has k = 1.
    x = response_norm(pool(relu(conv(w, "conv1", x, stride=4)), 3, 2), 1e-4 / 5, 1.0)
    x = response_norm(pool(relu(towers(w, "conv2", x, 2)), 3, 2), 1e-4 / 5, 1.0)
    x = relu(conv(w, "conv3", x, padding=1))
    x = relu(towers(w, "conv4", x, 1))
    return dense_tail(w, pool(relu(towers(w, "conv5", x, 1)), 3, 2))


def zfnet(w, x):
    x = response_norm(pool(relu(conv(w, "conv1", x, 2, 1)), 3, 2, 1, 1), 1e-4, 2.0)
    x = response_norm(pool(relu(conv(w, "conv2", x, 2)), 3, 2, 1, 1), 1e-4, 2.0)
    for name in ("conv3", "conv4", "conv5"):
        x = relu(conv(w, name, x, padding=1))
    return dense_tail(w, pool(x, 3, 2))


def vgg13(w, x):
    for block in range(1, 6):
        for place in (1, 2):
            x = conv(w, f"conv{block}_{place}", x, padding=1)
            if f"norm{block}_{place}.weight" in w:
                x = norm(w, f"norm{block}_{place}", x)
            x = relu(x)
        x = pool(x, 2, 2)
    return dense_tail(w, x)


def inception(w, name, x):
    def unit(branch, x, padding=0):
        return relu(conv(w, f"{name}.{branch}.conv", x, padding=padding))

    return torch.cat(
        [
            unit("branch1", x),
            unit("branch3.wide", unit("branch3.reduce", x), padding=1),
            unit("branch5.wide", unit("branch5.reduce", x), padding=2),
            unit("branch_pool.project", pool(x, 3, 1, 1, 1)),
        ],
        dim=1,
    )


def googlenet(w, x):
    x = ceil_pool(relu(conv(w, "conv1.conv", x, 2, 3)), 3, 2)
    x = response_norm(x, 1e-4 / 5, 1.0)
    x = relu(conv(w, "conv2_reduce.conv", x))
    x = response_norm(relu(conv(w, "conv2.conv", x, padding=1)), 1e-4 / 5, 1.0)
    x = ceil_pool(x, 3, 2)
    for place in "ab":
        x = inception(w, f"inception_3{place}", x)
    x = ceil_pool(x, 3, 2)
    for place in "abcde":
        x = inception(w, f"inception_4{place}", x)
    x = ceil_pool(x, 3, 2)
    for place in "ab":
        x = inception(w, f"inception_5{place}", x)
    return dense(w, "output", x.mean((2, 3)))


def shortcut(w, name, x, maps, stride):
    """A projection where there is one; else other pixels left out and empty maps added, or nothing at all."""
    if f"{name}.shortcut.conv.weight" in w:
        return norm(w, f"{name}.shortcut.norm", conv(w, f"{name}.shortcut.conv", x, stride))
    x = x[:, :, ::stride, ::stride]
    empty = torch.zeros(len(x), maps - x.shape[1], *x.shape[2:], dtype=x.dtype)
    return torch.cat([x, empty], dim=1)


def basic(w, name, x, stride):
    h = relu(norm(w, f"{name}.norm1", conv(w, f"{name}.conv1", x, stride, 1)))
    h = norm(w, f"{name}.norm2", conv(w, f"{name}.conv2", h, 1, 1))
    return relu(h + shortcut(w, name, x, h.shape[1], stride))


def bottleneck(w, name, x, strides):
    h = relu(norm(w, f"{name}.norm1", conv(w, f"{name}.conv1", x, strides[0])))
    h = relu(norm(w, f"{name}.norm2", conv(w, f"{name}.conv2", h, strides[1], 1)))
    h = norm(w, f"{name}.norm3", conv(w, f"{name}.conv3", h))
    return relu(h + shortcut(w, name, x, h.shape[1], max(strides)))


def resnet18(w, x):
    x = pool(relu(norm(w, "norm1", conv(w, "conv1", x, 2, 3))), 3, 2, 1, 1)
    for stage in range(2, 6):
        for place in range(2):
            x = basic(w, f"conv{stage}_x.{place}", x, 2 if stage > 2 and place == 0 else 1)
    return dense(w, "output", x.mean((2, 3)))


def resnet50(w, x, strided=1):
    x = pool(relu(norm(w, "norm1", conv(w, "conv1", x, 2, 3))), 3, 2, 1, 1)
    for stage, blocks in zip(range(2, 6), (3, 4, 6, 3), strict=True):
        for place in range(blocks):
            strides = [1, 1]
            if stage > 2 and place == 0:
                strides[strided] = 2
            x = bottleneck(w, f"conv{stage}_x.{place}", x, strides)
    return dense(w, "output", x.mean((2, 3)))


def cifar_resnet20(w, x):
    x = relu(norm(w, "norm1", conv(w, "conv1", x, 1, 1)))
    for stage in range(2, 5):
        for place in range(3):
            x = basic(w, f"conv{stage}_x.{place}", x, 2 if stage > 2 and place == 0 else 1)
    return dense(w, "output", x.mean((2, 3)))


def mobilenet(w, x):
    x = relu(norm(w, "norm", conv(w, "conv", x, 2, 1)))
    strides = (1, 2, 1, 2, 1, 2, 1, 1, 1, 1, 1, 2, 1)
    for block, stride in enumerate(strides, start=1):
        kernels = w[f"block{block}.depthwise.weight"]
        each = [
            F.conv2d(x[:, i : i + 1], kernels[i : i + 1], stride=stride, padding=1) for i in range(x.shape[1])
        ]
        x = relu(norm(w, f"block{block}.norm1", torch.cat(each, 1)))
        x = relu(norm(w, f"block{block}.norm2", conv(w, f"block{block}.pointwise", x)))
    return dense(w, "output", x.mean((2, 3)))
