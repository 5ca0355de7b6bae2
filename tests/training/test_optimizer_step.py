"""The bare step of an optimizer is PyTorch's."""

from __future__ import annotations

import pytest
import torch

from glasshouse.training.optimizer_step import bare_step


@pytest.mark.parametrize("decoupled", [False, True], ids=["adam", "adamw"])
@pytest.mark.parametrize("decay", [0.0, 0.1])
def test_the_bare_step_of_adam_is_pytorchs_to_the_bit(decoupled, decay):
    made = torch.optim.AdamW if decoupled else torch.optim.Adam
    weights = [torch.nn.Parameter(torch.linspace(-1, 1, 40)) for _ in range(4)]
    for each in weights:
        each.grad = torch.zeros_like(each)
    groups = [{"params": weights[:1], "weight_decay": decay}, {"params": weights[1:2], "weight_decay": 0.0}]
    others = [{"params": weights[2:3], "weight_decay": decay}, {"params": weights[3:], "weight_decay": 0.0}]
    bare, whole = made(groups, lr=0.1, fused=True), made(others, lr=0.1, fused=True)
    update = bare_step(bare, lasting_gradients=True)
    generator = torch.Generator().manual_seed(0)
    for step in range(10):
        for pair in (weights[::2], weights[1::2]):
            gradient = torch.randn(40, generator=generator) * 10.0 ** (step - 5)
            for each in pair:
                each.grad.copy_(gradient)
        for optimizer in (bare, whole):
            for group in optimizer.param_groups:
                group["lr"] = 0.1 / (step + 1)
        with torch.no_grad():
            update()
        whole.step()
        assert torch.equal(weights[0], weights[2])
        assert torch.equal(weights[1], weights[3])
    states = [list(optimizer.state_dict()["state"].values()) for optimizer in (bare, whole)]
    for one, other in zip(*states, strict=True):
        assert all(torch.equal(one[key], other[key]) for key in one)


def test_the_bare_step_leaves_to_pytorch_what_the_kernel_is_not_for():
    weight = torch.nn.Parameter(torch.ones(3))
    weight.grad = torch.ones(3)
    optimizer = torch.optim.Adam([weight], lr=0.1, amsgrad=True, fused=True)
    update = bare_step(optimizer, lasting_gradients=True)
    with torch.no_grad():
        update(), update()
    assert "max_exp_avg_sq" in optimizer.state[weight]
    optimizer.register_step_post_hook(lambda *_: None)
    assert bare_step(optimizer) == optimizer.step
