import torch

from glasshouse.layers import LAYERS, Linear
from glasshouse.layers.linear import LinearRule
from glasshouse.testing import Case, check_card, check_rule, close

CONCEPT = LAYERS["linear"]
SIZES = {"in_features": 3, "out_features": 2}


def test_linear_is_right_everywhere(numbers):
    cases = [
        Case({"x": numbers(4, 3)}, SIZES),
        Case({"x": numbers(1, 3)}, {**SIZES, "bias": False}),
        Case({"x": numbers(2, 5, 3)}, SIZES),
        Case({"x": numbers(0, 3)}, SIZES),
    ]
    check_rule(CONCEPT, cases)
    check_card(CONCEPT)


def test_a_population_of_linear_layers_is_as_many_single_ones(numbers):
    members = [Linear(3, 2).double() for _ in range(3)]
    x, dy = numbers(3, 4, 3), numbers(3, 4, 2)
    together = {
        "x": x,
        "weight": torch.stack([each.weight.detach() for each in members]),
        "bias": torch.stack([each.bias.detach() for each in members]),
    }
    outputs, saved = LinearRule().forward(together)
    back = LinearRule().backward(saved, {"y": dy})
    for k, each in enumerate(members):
        rule, parameters = LinearRule.of(each)
        one, kept = rule.forward({"x": x[k], **{n: p.detach() for n, p in parameters.items()}})
        close("y", outputs["y"][k], one["y"])
        for name, gradient in rule.backward(kept, {"y": dy[k]}).items():
            close(name, back[name][k], gradient)
    expression = LinearRule().expand_gradient(saved, {"y": dy}, "weight", (2, 1, 0))
    assert abs(expression.value - float(back["weight"][2, 1, 0])) < 1e-12
