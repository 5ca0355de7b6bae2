"""What must always hold for what has a rule: shapes, types, no NaN, gradients that are those of autograd."""

from __future__ import annotations

import pytest
import torch
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from glasshouse.activations import ACTIVATIONS
from glasshouse.clipping import CLIPPING
from glasshouse.layers import LAYERS
from glasshouse.losses import LOSSES
from glasshouse.regularizers import REGULARIZERS
from glasshouse.testing import Case, check_backward, check_forward
from tests.property.situations import (
    CLIPPING_SITUATIONS,
    LAYER_SITUATIONS,
    LOSS_SITUATIONS,
    REGULARIZER_SITUATIONS,
    anything,
    maxout,
)

ACTIVATION_SITUATIONS = dict.fromkeys(ACTIVATIONS, anything) | {"maxout": maxout}
WITH_CHANCE = {"dropout"}
"""Layers that draw a mask have a test of their own."""
NOT_OF_ONE_BATCH = {"input_noise", "weight_noise", "early_stopping"}
"""Regularizers that draw, or that look back over epochs."""
EVERY = [
    *((ACTIVATIONS[name], make) for name, make in ACTIVATION_SITUATIONS.items()),
    *((LOSSES[name], make) for name, make in LOSS_SITUATIONS.items()),
    *((LAYERS[name], make) for name, make in LAYER_SITUATIONS.items()),
    *((REGULARIZERS[name], make) for name, make in REGULARIZER_SITUATIONS.items()),
    *((CLIPPING[name], make) for name, make in CLIPPING_SITUATIONS.items()),
]
every_concept = pytest.mark.parametrize(
    ("concept", "make"), EVERY, ids=[f"{concept.kind}-{concept.name}" for concept, _ in EVERY]
)
CENTRED = ("batch_norm", "layer_norm", "group_norm")
few_examples = settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow])
TYPES = st.sampled_from([torch.float64, torch.float32, torch.bfloat16])


def test_no_concept_is_forgotten():
    assert set(LOSS_SITUATIONS) == set(LOSSES)
    assert set(LAYER_SITUATIONS) | WITH_CHANCE == set(LAYERS)
    assert set(REGULARIZER_SITUATIONS) | NOT_OF_ONE_BATCH == set(REGULARIZERS)
    assert set(CLIPPING_SITUATIONS) == set(CLIPPING)


@every_concept
@few_examples
@given(data=st.data())
def test_values_and_gradients_are_pytorchs_at_any_shape_and_in_any_type(concept, make, data):
    own_settings, inputs = make(data.draw, False)
    case = Case(inputs, own_settings)
    dtype = data.draw(TYPES)
    # Of numbers that are almost equal the distance from their mean keeps none of this type's three digits,
    # and a norm makes it large; `tests/concepts/test_norms.py` compares norms on numbers that differ.
    assume(not (dtype == torch.bfloat16 and concept.name in CENTRED))
    try:
        check_forward(concept, case, dtype)
    except NotImplementedError:
        assert dtype == torch.bfloat16  # which PyTorch has not everywhere: average pooling over three axes
        assume(False)
    if dtype != torch.bfloat16:  # at a kink a rounded number may fall on either side
        check_backward(concept, case, dtype)


@every_concept
@few_examples
@given(data=st.data())
def test_extreme_numbers_give_no_nan_that_pytorch_does_not_give(concept, make, data):
    own_settings, inputs = make(data.draw, True)
    tried = Case(inputs, own_settings).built(
        concept, data.draw(st.sampled_from([torch.float64, torch.float32]))
    )
    with torch.no_grad():
        right = tried.rule.call(tried.module, tried.inputs)
        outputs, saved = tried.rule.forward(tried.values())
        back = tried.rule.backward(saved, {name: torch.ones_like(each) for name, each in outputs.items()})
    for name, each in outputs.items():
        assert each.shape == right[name].shape
        assert each.dtype == right[name].dtype
        assert not (each.isnan() & ~right[name].isnan()).any(), f"{name} = {each} for {right[name]}"
    if not any(each.isnan().any() or each.isinf().any() for each in right.values()):
        for name, each in back.items():
            assert not each.isnan().any(), f"d{name} = {each}"


@every_concept
@few_examples
@given(data=st.data())
def test_a_rule_changes_nothing_that_it_was_given(concept, make, data):
    own_settings, inputs = make(data.draw, False)
    tried = Case(inputs, own_settings).built(concept)
    given_values = tried.values()
    before = {name: each.clone() for name, each in given_values.items()}
    with torch.no_grad():
        outputs, saved = tried.rule.forward(given_values)
        tried.rule.backward(saved, {name: torch.ones_like(each) for name, each in outputs.items()})
    assert all(torch.equal(before[name], given_values[name]) for name in before)
