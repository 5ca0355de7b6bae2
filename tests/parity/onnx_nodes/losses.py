"""ONNX operations that are losses of ours."""

from __future__ import annotations

import torch

from glasshouse.activations import ACTIVATIONS
from glasshouse.losses import LOSSES
from tests.parity.onnx_nodes.activations import Answer
from tests.parity.onnx_nodes.node_case import NodeCase


def cross_entropy_of(case: NodeCase, offset: torch.Tensor | float = 0.0) -> torch.Tensor:
    """The cross-entropy of the case's logits as it is to be gathered: none, sum or mean.

    Args:
        case: Its inputs are logits, targets and perhaps class weights.
        offset: What is taken off the cross-entropy of every sample.
    """
    asked = case.needs(reduction="mean", ignore_index=None)
    outputs, targets, weights = case.inputs[0].double(), case.inputs[1].long(), case.given(2)
    rule, _ = LOSSES["cross_entropy"].rule(LOSSES["cross_entropy"].build(class_weights=weights))
    ignored = torch.zeros_like(targets, dtype=torch.bool)
    if asked["ignore_index"] is not None:
        ignored = targets == asked["ignore_index"]
    rows = outputs.movedim(1, -1)[~ignored]  # a pixel is a sample
    true = targets[~ignored]
    each_weight = torch.ones(len(true)).double() if weights is None else weights.double()[true]
    off = (torch.zeros_like(outputs[:, 0]) + offset)[~ignored]
    if asked["reduction"] != "none":
        mean = rule.forward({"outputs": rows, "targets": true}).outputs["loss"]
        total = mean * each_weight.sum() - (each_weight * off).sum()
        return (total if asked["reduction"] == "sum" else total / each_weight.sum()).float()
    shares = torch.nn.functional.one_hot(true, rows.shape[1]).double()
    each = rule.value(rows.unbind(1), shares.unbind(1), **rule.settings) - each_weight * off
    return torch.zeros(targets.shape).double().masked_scatter(~ignored, each).float()


def softmax_cross_entropy(case: NodeCase) -> tuple[torch.Tensor, ...]:
    softmax, _ = ACTIVATIONS["softmax"].rule(ACTIVATIONS["softmax"].build(axis=1))
    logarithms = softmax.forward({"x": case.inputs[0]}).outputs["y"].log()
    return (cross_entropy_of(case), logarithms)[: len(case.expected)]


def negative_log_likelihood(case: NodeCase) -> tuple[torch.Tensor, ...]:
    # Its inputs are taken as logarithms of probabilities as they are: the normaliser of ours goes off again.
    return (cross_entropy_of(case, torch.logsumexp(case.inputs[0].double(), 1)),)


ANSWERS: dict[str, Answer] = {
    "NegativeLogLikelihoodLoss": negative_log_likelihood,
    "SoftmaxCrossEntropyLoss": softmax_cross_entropy,
}
