import pytest
import torch

from glasshouse.layers import LAYERS, Dropout
from glasshouse.layers.dropout import dropout_mask
from glasshouse.testing import Case, check_rule


@pytest.mark.parametrize("probability", [0.0, 0.3, 0.9])
def test_dropout_with_the_mask_that_pytorch_draws(probability, numbers):
    x = numbers(4, 5)
    inputs = {"x": x, "mask": dropout_mask(x, probability, seed=0)}
    settings = {"probability": probability}
    check_rule(
        LAYERS["dropout"],
        [Case(inputs, settings), Case(inputs, settings, training=False)],
    )


def test_the_mean_stays_and_the_share_of_zeros_is_the_probability():
    torch.manual_seed(0)
    y = Dropout(0.3)(torch.ones(100_000))
    # Four standard errors of a share of 0.3 among 100,000.
    assert abs(float((y == 0).double().mean()) - 0.3) < 4 * (0.3 * 0.7 / 100_000) ** 0.5
    assert abs(float(y.mean()) - 1) < 0.01
