"""Log odds: the bias of the last layer from the shares of the classes, so that training starts from them."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch

from glasshouse.core.arithmetic import log
from glasshouse.core.checks import number
from glasshouse.core.concept import Concept
from glasshouse.core.errors import ModelError, SettingError
from glasshouse.core.expression import Number
from glasshouse.core.worked import Worked
from glasshouse.initializers.contract import Initializer


def log_odds(shares: Sequence[float] | None = None) -> Initializer:
    r"""The bias with which an untrained network answers the shares of the classes.

    .. math:: b_k = \ln \pi_k \;\text{(one output per class)},\quad
        b = \ln \frac{\pi_1}{\pi_0} \;\text{(a single logit)}

    As ``bias_initializer`` of a model it is for the last layer only; the biases of the others are zeros.

    Args:
        shares: pi, one per class, each above 0; counts will do, since they are divided by their sum. Left
            out, all classes are as large.

    Returns:
        A function that fills the bias of a last layer in place.

    Shapes: (classes,), or (1,) for two classes with a single logit.

    Raises:
        SettingError: There are fewer than two shares, or one is not above 0.
        ModelError: When filling, a tensor that does not have one number per class.

    Source:
        Lin, Goyal, Girshick, He and Dollár 2017, Focal loss for dense object detection, section 4.1, arXiv
        1708.02002 (for a single logit).

    Example:
        >>> bias = torch.empty(3)
        >>> log_odds([70, 20, 10])(bias)
        >>> torch.softmax(bias, 0)
        tensor([0.7000, 0.2000, 0.1000])
        >>> logit = torch.empty(1)
        >>> log_odds([0.9, 0.1])(logit)
        >>> torch.sigmoid(logit)
        tensor([0.1000])
    """
    if shares is None:
        return equal
    if isinstance(shares, str) or not isinstance(shares, Sequence) or len(shares) < 2:
        raise SettingError(
            f"shares = {shares!r}",
            expected="a list of at least two numbers above 0, one per class",
            fix="count the rows of each class in the training part, and give the counts",
        )
    counts = [number(f"shares[{place}]", each, above=0) for place, each in enumerate(shares)]
    numbers = [math.log(each / sum(counts)) for each in counts]

    def fill(tensor: torch.Tensor, generator: torch.Generator | None = None) -> None:  # noqa: ARG001
        single = tuple(tensor.shape) == (1,) and len(numbers) == 2
        if not single and tuple(tensor.shape) != (len(numbers),):
            raise ModelError(
                f"a tensor of shape {tuple(tensor.shape)} for the shares of {len(numbers)} classes",
                expected=f"the bias of the last layer, of shape ({len(numbers)},)",
                fix="give one share per output, in the order of the classes",
            )
        filled = [numbers[1] - numbers[0]] if single else numbers
        with torch.no_grad():
            tensor.copy_(torch.tensor(filled, dtype=torch.float64))

    return fill


def equal(tensor: torch.Tensor, generator: torch.Generator | None = None) -> None:  # noqa: ARG001
    """The logarithm of an equal share for every class, or the log odds of one half.

    Args:
        tensor: The bias of a last layer.
        generator: Not needed.
    """
    torch.nn.init.constant_(tensor, -math.log(tensor.numel()))


def _worked() -> Worked:
    bias = torch.empty(1, dtype=torch.float64)
    log_odds([0.9, 0.1])(bias)
    return Worked(
        "shares = [0.9, 0.1], a single logit",
        "b",
        log(Number(0.1, "pi_1") / Number(0.9, "pi_0")),
        float(bias[0]),
    )


CONCEPT = Concept(
    name="log_odds",
    kind="initializer",
    summary="The bias of the last layer from the shares of the classes, so that training starts from them.",
    build=log_odds,
    aliases=("class_frequencies", "class_shares", "prior_bias"),
    equation=r"b_k = \ln \pi_k,\; b = \ln(\pi_1 / \pi_0)",
    symbols={
        "b": "bias of the last layer",
        "pi": "share of each class in the training part, above 0, together 1",
    },
    when="Classes of very different sizes: the first steps need not learn how rare each is.",
    pitfalls=(
        "With class weights or resampling the loss sees other shares: give those, or leave it.",
        "It speeds up the start; it does not cure imbalance.",
    ),
    conventions=(
        "One output per class takes the logarithms of the shares; any number may be added to all of them.",
        "The paper writes b = -ln((1 - pi) / pi) for the share pi of the rare class, which is the same.",
    ),
    source="Lin, Goyal, Girshick, He and Dollár 2017, arXiv 1708.02002.",
    facts={"layers": "last"},
    worked=_worked,
)
