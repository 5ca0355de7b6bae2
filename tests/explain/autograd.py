"""The oracle: the same pass once more, without any tape, through ``backward``."""

from __future__ import annotations

import torch

from glasshouse.explain.walk import distance


def by_autograd(model, x, measure):
    """Gradients of inputs and parameters after an ordinary backward pass; the model is left as it was."""
    state = {name: each.clone() for name, each in model.state_dict().items()}
    chance = torch.get_rng_state()
    model.zero_grad(set_to_none=True)
    given = [each.detach().clone() for each in (x if isinstance(x, tuple) else (x,))]
    for each in given:
        each.requires_grad_(each.is_floating_point())
    measure(model(*(each.clone() for each in given))).backward()
    gradients = {name: None if p.grad is None else p.grad.clone() for name, p in model.named_parameters()}
    for place, each in enumerate(given, start=1):
        if each.is_floating_point():
            gradients["x" if len(given) == 1 else f"x{place}"] = each.grad
    model.zero_grad(set_to_none=True)
    model.load_state_dict(state)
    torch.set_rng_state(chance)
    return gradients


def assert_gradients(explanation, expected, bound=1e-9):
    """Every gradient by the rules, of parameters and of inputs, is the expected one."""
    assert set(explanation.parameters) <= set(expected)
    for name, right in expected.items():
        value = explanation.find(name)
        if right is None:
            assert value.gradient is None, name
            assert explanation.why_no_gradient(value), name
            continue
        if value.gradient is None:
            assert not right.any(), f"{name}: no gradient, and autograd has one"
            continue
        # Where gradients cancel, what is left is rounding: the size of what was added up counts too.
        error = distance(value.gradient, right.double(), value.floor)
        assert error <= bound, f"{name}: {error}"


def mean_square(output):
    """A loss of any output: the mean square of every tensor in it, added up."""
    tensors = [output] if isinstance(output, torch.Tensor) else output
    total = 0.0
    for each in tensors:
        if each is not None:
            total = total + (each.square().mean() if isinstance(each, torch.Tensor) else mean_square(each))
    return total
