"""ONNX operations that are layers of ours without a window: linear, normalization, dropout, flatten."""

from __future__ import annotations

import math

import torch

from glasshouse.layers.batch_norm import BatchNormRule
from glasshouse.layers.dropout import DropoutRule
from glasshouse.layers.group_norm import GroupNormRule
from glasshouse.layers.layer_norm import LayerNormRule
from glasshouse.layers.linear import LinearRule
from glasshouse.layers.rms_norm import RMSNormRule
from tests.parity.onnx_nodes.activations import Answer
from tests.parity.onnx_nodes.node_case import LeftOut, NodeCase


def gemm(case: NodeCase) -> tuple[torch.Tensor, ...]:
    asked = case.needs(alpha=1.0, beta=1.0, transA=0, transB=0)
    if asked["alpha"] != 1 or asked["beta"] != 1:
        raise LeftOut("factors before the product and the bias")
    x = case.inputs[0].T if asked["transA"] else case.inputs[0]
    weight = case.inputs[1] if asked["transB"] else case.inputs[1].T
    values = {"x": x, "weight": weight}
    bias = case.given(2)
    if bias is not None:
        if bias.numel() not in (1, len(weight)) or (bias.dim() > 1 and bias.shape[0] != 1):
            raise LeftOut("another bias for every row")
        values["bias"] = bias.reshape(-1).expand(len(weight))
    return (LinearRule().forward(values).outputs["y"],)


def matrix_product(case: NodeCase) -> tuple[torch.Tensor, ...]:
    x, weight = case.inputs
    if weight.dim() != 2:
        raise LeftOut("a product of two stacks of matrices; a linear layer has one matrix")
    return (LinearRule().forward({"x": x, "weight": weight.T}).outputs["y"],)


def batch_norm(case: NodeCase) -> tuple[torch.Tensor, ...]:
    asked = case.needs(epsilon=1e-5, momentum=0.9, training_mode=0)
    x, weight, bias, mean, variance = case.inputs
    rule = BatchNormRule(
        asked["epsilon"], True, training=bool(asked["training_mode"]), momentum=1 - asked["momentum"]
    )
    given = {"x": x, "weight": weight, "bias": bias, "running_mean": mean, "running_var": variance}
    outputs, saved = rule.forward(given)
    if not rule.training:
        return (outputs["y"],)
    # ONNX takes the biased variance into the running one, PyTorch and we the unbiased one.
    running = asked["momentum"] * variance + (1 - asked["momentum"]) * saved["variance"]
    return outputs["y"], rule.running(saved)["running_mean"], running


def instance_norm(case: NodeCase) -> tuple[torch.Tensor, ...]:
    asked = case.needs(epsilon=1e-5)
    x, weight, bias = case.inputs
    rule = GroupNormRule(asked["epsilon"], True, x.shape[1])
    return (rule.forward({"x": x, "weight": weight, "bias": bias}).outputs["y"],)


def group_norm(case: NodeCase) -> tuple[torch.Tensor, ...]:
    asked = case.needs(epsilon=1e-5, num_groups=1)
    x, weight, bias = case.inputs
    rule = GroupNormRule(asked["epsilon"], True, asked["num_groups"])
    return (rule.forward({"x": x, "weight": weight, "bias": bias}).outputs["y"],)


def layer_norm(case: NodeCase) -> tuple[torch.Tensor, ...]:
    asked = case.needs(axis=-1, epsilon=1e-5)
    x, weight, bias = case.inputs
    axis = asked["axis"] % x.dim()
    rule = LayerNormRule(asked["epsilon"], True, math.prod(x.shape[axis:]))
    outputs, saved = rule.forward({"x": x, "weight": weight, "bias": bias})
    kept = (*x.shape[:axis], *[1] * (x.dim() - axis))
    deviation = torch.sqrt(saved["variance"] + rule.epsilon)
    return outputs["y"], saved["mean"].reshape(kept), (1 / deviation).reshape(kept)


def rms_norm(case: NodeCase) -> tuple[torch.Tensor, ...]:
    asked = case.needs(axis=-1, epsilon=1e-5)
    x, weight = case.inputs
    rule = RMSNormRule(asked["epsilon"], False, math.prod(x.shape[asked["axis"] % x.dim() :]))
    return (rule.forward({"x": x, "weight": weight}).outputs["y"],)


def dropout(case: NodeCase) -> tuple[torch.Tensor, ...]:
    case.needs(seed=0, ratio=0.5)
    x, ratio, training = case.inputs[0], case.given(1), case.given(2)
    probability = 0.5 if ratio is None else float(ratio)
    active = training is not None and bool(training) and probability > 0
    if active:
        raise LeftOut("a random mask of NumPy; our generator draws another")
    mask = torch.ones_like(x)
    y = DropoutRule(probability, training=False).forward({"x": x, "mask": mask}).outputs["y"]
    return y, mask.bool()


ANSWERS: dict[str, Answer] = {
    "BatchNormalization": batch_norm,
    "Dropout": dropout,
    "Gemm": gemm,
    "GroupNormalization": group_norm,
    "InstanceNormalization": instance_norm,
    "LayerNormalization": layer_norm,
    "MatMul": matrix_product,
    "RMSNormalization": rms_norm,
}
