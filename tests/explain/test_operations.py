"""Every plain operation has a rule, in each way in which it can be written."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from torch import nn

import glasshouse as gh
from glasshouse.explain.arithmetic import evaluate, machine_form
from tests.explain.autograd import assert_gradients, by_autograd, mean_square


class Operation(nn.Module):
    def __init__(self, function, *shape):
        super().__init__()
        self.function = function
        self.w = nn.Parameter(torch.randn(*shape)) if shape else None

    def forward(self, x):
        return self.function(x) if self.w is None else self.function(x, self.w)


ALONE = {
    **{name: getattr(torch, name) for name in ("exp", "sin", "cos", "tan", "atan", "abs", "neg", "sign")},
    **{name: getattr(torch, name) for name in ("square", "erf", "expm1", "floor", "ceil", "round", "trunc")},
    **{name: getattr(torch, name) for name in ("exp2", "relu", "sigmoid", "tanh")},
    "log": lambda x: (x.abs() + 0.1).log() + (x.abs() + 0.2).log2() + x.abs().log1p() + x.abs().log10(),
    "roots": lambda x: (x.abs() + 0.1).sqrt() + torch.rsqrt(x.abs() + 0.1) + x.reciprocal(),
    "numbers on both sides": lambda x: 1 - x + 2 * x - x * 3 + 4 / (x.abs() + 1) + 2**x - (-x),
    "powers": lambda x: x**3 + x**2 + x**1 + x**0 + (x.abs() + 0.1) ** 0.5 + (x.abs() + 0.1) ** -1.5,
    "itself twice": lambda x: x * x,
    "in place": lambda x: x.clone().add_(1).mul_(2).sub_(3).div_(4).neg_().exp_(),
    "clamp": lambda x: x.clamp(-0.5, 0.5) + x.clamp(min=0) + x.clip(max=0.1),
    "sum": lambda x: x.sum(0) + x.sum(),
    "mean": lambda x: x.mean(dim=(0, 1), keepdim=True) + x.mean(-1, keepdim=True),
    "variance": lambda x: x.var(1) + torch.var(x, dim=1, correction=0) + x.var(1, unbiased=False),
    "deviation": lambda x: x.std(0) + x.std(),
    "extremes": lambda x: x.max() + x.min() + x.amax(1) + x.amin(1) + x.max(1)[0] + x.min(dim=1).values,
    "equal extremes": lambda x: (x * 0 + 1).amax() * x.sum(),
    "norms": lambda x: x.norm() + x.norm(p=1, dim=1) + torch.linalg.vector_norm(x, dim=1),
    "log-sum-exp": lambda x: x.logsumexp(1),
    "product": lambda x: x.prod(1),
    "cumulative sum": lambda x: x.cumsum(1),
    "sorted": lambda x: x.sort(dim=1)[0] + x.sort(dim=1, descending=True).values,
    "the largest two": lambda x: x.topk(2, dim=1)[0],
    "gathered": lambda x: x.gather(1, x.argmax(1, keepdim=True)),
    "normalized": lambda x: F.normalize(x, dim=1),
    "views": lambda x: x.view(4, 3).T.reshape(-1).unsqueeze(0).expand(2, -1)[:, 1:5].permute(1, 0).flatten(),
    "indexed": lambda x: x[torch.tensor([0, 2, 0])][:, 1] + x[..., -1],
    "by truth": lambda x: x[x > 0],
    "joined": lambda x: torch.cat([x, 2 * x, x], 1) + torch.stack([x, x, x], 2).flatten(1),
    "parted": lambda x: x.chunk(2, 1)[0] * x.chunk(2, 1)[1] + x.split([2, 2], 1)[1] + x.unbind(1)[0][:, None],
    "padded": lambda x: F.pad(x, (1, 2), value=3.0),
    "padded by reflection": lambda x: F.pad(x[None], (1, 2), mode="reflect"),
    "chosen": lambda x: torch.where(x > 0, x, 0.5) + torch.where(x > 0, x, -x),
    "masked": lambda x: x.masked_fill(x > 0, -2.0),
    "turned": lambda x: x.roll(1, 0).flip(1).tril(),
    "repeated": lambda x: x.repeat(2, 1).repeat_interleave(2, 1),
    "scattered": lambda x: torch.zeros(3, 4).double().scatter(1, torch.tensor([[0], [1], [2]]), x[:, :1]),
    "scattered and added": lambda x: x.scatter_add(1, torch.tensor([[0, 0], [1, 1], [2, 3]]), x[:, :2]),
    "windows": lambda x: F.fold(F.unfold(x[None, None], 2), (3, 4), 2),
    "enlarged": lambda x: F.interpolate(x[None, None], scale_factor=2),
    "without gradient": lambda x: x * x.detach() + x.data,
    "other types": lambda x: x.float().double() + x.to(torch.float64) + (x > 0).double() * x,
}
WITH_ANOTHER = {
    "broadcast": (lambda x, w: x + w - w * x / (w**2 + 1), (3, 1)),
    "scaled sum": (lambda x, w: torch.add(x, w, alpha=2) + torch.sub(x, w, alpha=0.5), (4,)),
    "power of two tensors": (lambda x, w: (x.abs() + 0.1) ** w, (3, 4)),
    "larger of two": (lambda x, w: torch.maximum(x, w) + torch.max(x, w) + torch.minimum(x, w), (3, 4)),
    "matrix product": (lambda x, w: x @ w, (4, 2)),
    "product from the left": (lambda x, w: w @ x, (3,)),
    "with a vector": (lambda x, w: x @ w + torch.mv(x, w), (4,)),
    "of vectors": (lambda x, w: x[0].dot(w) + torch.outer(x[:, 0], w) + torch.inner(x, w[None]), (4,)),
    "broadcast product": (lambda x, w: x[None, None] @ w, (5, 4, 2)),
    "batched product": (lambda x, w: torch.bmm(x[None].expand(2, -1, -1), w), (2, 4, 2)),
    "einsum": (lambda x, w: torch.einsum("bi,oij,bj->bo", x, w, x), (2, 4, 4)),
    "einsum of a diagonal": (lambda x, w: torch.einsum("ii->i", w) + torch.einsum("ij->j", x), (4, 4)),
    "addmm": (lambda x, w: torch.addmm(x[:, :2], x, w, beta=0.5, alpha=2), (4, 2)),
    "similarity": (lambda x, w: F.cosine_similarity(x, w) + F.pairwise_distance(x, w), (3, 4)),
    "masked attention": (
        lambda x, w: F.scaled_dot_product_attention(x[None], w[None], x[None], is_causal=True),
        (3, 4),
    ),
    "attention with dropout": (
        lambda x, w: F.scaled_dot_product_attention(x[None], w[None], x[None], dropout_p=0.3),
        (3, 4),
    ),
}
CASES = {name: (function, ()) for name, function in ALONE.items()} | WITH_ANOTHER


@pytest.mark.parametrize("name", CASES)
def test_it_is_checked_and_its_arithmetic_gives_its_numbers(name):
    torch.manual_seed(0)
    function, shape = CASES[name]
    net, x = Operation(function, *shape).double(), torch.randn(3, 4, dtype=torch.float64)
    expected = by_autograd(net, x, mean_square)
    explanation = gh.explain(net, x, loss=mean_square)
    assert set(explanation.badges) <= {"checked", "no gradient"}
    # On the way through float32 autograd rounds what comes back; the rules don't.
    assert_gradients(explanation, expected, 1e-6 if name == "other types" else 1e-9)
    for value in explanation.values:
        if not value.tensor.numel():
            continue
        place = tuple(int(torch.randint(size, ())) for size in value.shape)
        element = explanation.at(value.symbol, place)
        if element.arithmetic is not None:
            assert evaluate(machine_form(element.arithmetic)) == pytest.approx(element.value, rel=1e-9)
        if element.gradient is not None:
            for part in element.gradient.parts:
                if part.arithmetic is not None:
                    told = evaluate(machine_form(part.arithmetic))
                    assert told == pytest.approx(part.value, rel=1e-9, abs=1e-14)


LOSSES = {
    "cross-entropy": lambda z, c, t: F.cross_entropy(z, c),
    "its sum": lambda z, c, t: F.cross_entropy(z, c, reduction="sum"),
    "of every sample": lambda z, c, t: F.cross_entropy(z, c, reduction="none").mean(),
    "with weights": lambda z, c, t: F.cross_entropy(z, c, torch.tensor([1.0, 2.0, 0.5]).double()),
    "weights and a sum": lambda z, c, t: F.cross_entropy(
        z, c, torch.tensor([1.0, 2.0, 0.5]).double(), reduction="sum"
    ),
    "with a class left out": lambda z, c, t: F.cross_entropy(z, c, ignore_index=1),
    "smoothed": lambda z, c, t: F.cross_entropy(z, c, label_smoothing=0.1),
    "of shares": lambda z, c, t: F.cross_entropy(z, t.softmax(1)),
    "log-likelihood": lambda z, c, t: F.nll_loss(z.log_softmax(1), c),
    "squares": lambda z, c, t: F.mse_loss(z, t) + F.mse_loss(z, t, reduction="sum"),
    "squares of what is computed": lambda z, c, t: F.mse_loss(z, z.tanh()),
    "absolute": lambda z, c, t: F.l1_loss(z, t) + F.smooth_l1_loss(z, t, beta=0.5) + F.huber_loss(z, t),
    "yes or no": lambda z, c, t: F.binary_cross_entropy_with_logits(z, (t > 0).double()),
    "weighted yes or no": lambda z, c, t: F.binary_cross_entropy_with_logits(z, (t > 0).double(), t.abs()),
    "of probabilities": lambda z, c, t: F.binary_cross_entropy(z.sigmoid(), (t > 0).double()),
}


@pytest.mark.parametrize("name", LOSSES)
def test_losses_as_they_are_called(name):
    torch.manual_seed(0)
    net, x = nn.Linear(4, 3).double(), torch.randn(5, 4, dtype=torch.float64)
    c, t = torch.arange(5) % 3, torch.randn(5, 3, dtype=torch.float64)
    expected = by_autograd(net, x, lambda z: LOSSES[name](z, c, t))
    explanation = gh.explain(net, x, loss=lambda z: LOSSES[name](z, c, t))
    assert set(explanation.badges) <= {"checked", "no gradient"}
    assert_gradients(explanation, expected)


@pytest.mark.parametrize("name", gh.losses.LOSSES)
def test_the_losses_of_the_package_are_one_step_each(name):
    torch.manual_seed(0)
    concept = gh.losses.LOSSES[name]
    classes = {"cross_entropy", "focal", "kl_divergence"}
    target = torch.tensor([0, 2, 1]) if name in classes else torch.rand(3, 3).double().round()
    if name in ("hinge", "perceptron_criterion"):
        target = torch.tensor([0, 2, 1])
    if name == "mape":
        target = target + 1
    if name == "temporal_difference":  # the action taken, and what it was worth
        target = torch.tensor([[0.0, 1.5], [2.0, -0.5], [1.0, 0.3]], dtype=torch.float64)
    if concept.facts["task"] == "verification":  # rows that are compared
        target = torch.tensor([[0, 1, 1], [0, 2, 0]] if name == "contrastive" else [[0, 1, 2], [2, 0, 1]])
    loss, net = concept.build(), nn.Linear(4, 3).double()
    x = torch.randn(3, 4, dtype=torch.float64)
    expected = by_autograd(net, x, lambda output: loss(output, target))
    explanation = gh.explain(net, x, target, loss=name)
    assert [step.title for step in explanation.steps] == ["linear", name]
    assert explanation.badges == {"checked": 2}
    assert_gradients(explanation, expected)
