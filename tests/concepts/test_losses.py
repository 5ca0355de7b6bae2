import math

import numpy as np
import pytest
import torch
from sklearn import metrics
from torch.nn import functional as F

from glasshouse import losses
from glasshouse.core.errors import DataError, ModelError, SettingError
from glasshouse.losses import LOSSES
from glasshouse.testing import Case, check_backward, check_card, check_forward, check_rule, close

BY_CLASS = ["cross_entropy", "focal", "kl_divergence", "hinge", "perceptron_criterion"]
BY_VALUE = ["mse", "quadratic", "mae", "mape", "huber"]
WEIGHTS = [1.0, 2.0, 0.5]


def classes(*shape, many=3):
    return torch.randint(0, many, shape, generator=torch.Generator().manual_seed(3))


@pytest.mark.parametrize("name", LOSSES)
def test_cards(name):
    check_card(LOSSES[name])


@pytest.mark.parametrize("name", BY_CLASS)
def test_losses_with_one_output_per_class(name, numbers):
    check_rule(
        LOSSES[name],
        [
            Case({"outputs": numbers(5, 3), "targets": classes(5)}),
            Case({"outputs": numbers(1, 3), "targets": classes(1)}),
            Case({"outputs": 30 * numbers(4, 3), "targets": classes(4)}),
        ],
    )


@pytest.mark.parametrize(
    ("name", "settings"),
    [
        ("cross_entropy", {"class_weights": WEIGHTS}),
        ("cross_entropy", {"label_smoothing": 0.2}),
        ("cross_entropy", {"class_weights": WEIGHTS, "label_smoothing": 0.2}),
        ("focal", {"gamma": 0.0}),
        ("focal", {"gamma": 0.5}),
        ("focal", {"gamma": 3.0, "class_weights": WEIGHTS}),
        ("hinge", {"squared": True, "margin": 0.7}),
        ("hinge", {"against": "all"}),
        ("hinge", {"against": "all", "squared": True, "margin": 2.0}),
    ],
)
def test_settings_of_losses_by_class(name, settings, numbers):
    check_rule(LOSSES[name], [Case({"outputs": numbers(6, 3), "targets": classes(6)}, settings)])


@pytest.mark.parametrize("name", ["cross_entropy", "kl_divergence"])
def test_targets_that_are_shares(name, numbers):
    soft = torch.softmax(numbers(4, 3), 1)
    one_hot = F.one_hot(classes(4), 3).double()
    check_rule(LOSSES[name], [Case({"outputs": numbers(4, 3), "targets": each}) for each in (soft, one_hot)])
    outputs = numbers(4, 3)
    close(
        "one-hot",
        LOSSES.build(name)(outputs, one_hot),
        LOSSES.build("cross_entropy")(outputs, classes(4)),
    )


@pytest.mark.parametrize("settings", [{}, {"class_weights": WEIGHTS, "label_smoothing": 0.1}])
def test_cross_entropy_of_probabilities_is_that_of_their_logits(settings, numbers):
    z, soft = numbers(5, 3), torch.softmax(numbers(5, 3), 1)
    for targets in (classes(5), soft):
        from_logits = losses.CrossEntropy(**settings).double()(z, targets)
        of_shares = losses.CrossEntropy(**settings, from_logits=False).double()(torch.softmax(z, 1), targets)
        close("cross-entropy", of_shares, from_logits)
        check_rule(
            LOSSES["cross_entropy"],
            [
                Case(
                    {"outputs": torch.softmax(z, 1), "targets": targets},
                    {**settings, "from_logits": False},
                )
            ],
        )


def test_cross_entropy_of_pixels(numbers):
    check_rule(LOSSES["cross_entropy"], [Case({"outputs": numbers(2, 3, 2, 2), "targets": classes(2, 2, 2)})])


@pytest.mark.parametrize("settings", [{}, {"class_weights": [1.0, 3.0]}])
@pytest.mark.parametrize("from_logits", [True, False])
def test_binary_cross_entropy(settings, from_logits, numbers):
    settings = {**settings, "from_logits": from_logits}
    z = 3 * numbers(5, 1)
    outputs = z if from_logits else torch.sigmoid(z)
    check_rule(
        LOSSES["binary_cross_entropy"],
        [
            Case({"outputs": outputs, "targets": classes(5, many=2)}, settings),
            Case({"outputs": outputs[:, 0], "targets": torch.rand(5)}, settings),
            Case({"outputs": outputs.reshape(1, 5), "targets": classes(1, 5, many=2)}, settings),
        ],
    )


def test_binary_cross_entropy_is_pytorchs_and_scikit_learns(numbers):
    z, t = numbers(20), classes(20, many=2)
    ours = losses.BinaryCrossEntropy()(z, t)
    close("PyTorch", ours, F.binary_cross_entropy_with_logits(z, t.double()))
    assert float(ours) == pytest.approx(metrics.log_loss(t, torch.sigmoid(z)))
    weighted = losses.BinaryCrossEntropy([1.0, 3.0]).double()(z, t)
    share = np.where(t == 1, 3.0, 1.0)
    assert float(weighted) == pytest.approx(metrics.log_loss(t, torch.sigmoid(z), sample_weight=share))
    assert losses.BinaryCrossEntropy([1.0, 3.0]).weight(t) == share.sum()


def test_two_classes_by_one_logit_or_by_two_are_the_same(numbers):
    z, t = numbers(6), classes(6, many=2)
    two = torch.stack([torch.zeros_like(z), z], 1)
    close("loss", losses.BinaryCrossEntropy()(z, t), losses.CrossEntropy()(two, t))


@pytest.mark.parametrize("name", BY_VALUE)
def test_losses_of_numbers(name, numbers):
    check_rule(
        LOSSES[name],
        [
            Case({"outputs": numbers(5, 2), "targets": numbers(5, 2) + 4}),
            Case({"outputs": numbers(1, 1), "targets": numbers(1, 1) - 4}),
        ],
    )


def test_kinks_have_pytorchs_slope(numbers):
    met = {"outputs": torch.tensor([[1.0], [2.0], [-0.5]]), "targets": torch.tensor([[1.0], [1.0], [0.5]])}
    for name in BY_VALUE:
        check_rule(LOSSES[name], [Case(met, smooth=False)])
    tied = {"outputs": torch.tensor([[1.0, 1.0, 0.0], [2.0, 1.0, 1.0]]), "targets": torch.tensor([0, 0])}
    for name in ("hinge", "perceptron_criterion"):
        check_rule(LOSSES[name], [Case(tied, smooth=False)])
    check_rule(LOSSES["hinge"], [Case(tied, {"against": "all"}, smooth=False)])


def test_settings_of_losses_of_numbers(numbers):
    y, t = 3 * numbers(6, 1), numbers(6, 1)
    check_rule(LOSSES["huber"], [Case({"outputs": y, "targets": t}, {"delta": 0.3})])
    check_rule(LOSSES["mape"], [Case({"outputs": y, "targets": t}, {"centre": 10.0, "spread": 2.0})])


def test_percentages_are_of_targets_in_their_own_unit(numbers):
    true, said = 10 + numbers(8, 1), 10 + numbers(8, 1)
    centre, spread = float(true.mean()), float(true.std())
    standardized = [(each - centre) / spread for each in (said, true)]
    ours = losses.MeanAbsolutePercentageError(centre, spread)(*standardized)
    assert float(ours) == pytest.approx(metrics.mean_absolute_percentage_error(true, said))


def test_hinge_is_scikit_learns(numbers):
    scores, y = numbers(30, 3), classes(30)
    assert float(losses.Hinge()(scores, y)) == pytest.approx(metrics.hinge_loss(y, scores, labels=[0, 1, 2]))
    two, answer = numbers(30), classes(30, many=2)
    pair = torch.stack([torch.zeros_like(two), two], 1)
    assert float(losses.Hinge()(pair, answer)) == pytest.approx(metrics.hinge_loss(answer, two))


def test_divergence_is_cross_entropy_less_the_targets_entropy(numbers):
    z, t = numbers(4, 3), torch.softmax(numbers(4, 3), 1)
    entropy = -(t * t.log()).sum(1).mean()
    close("divergence", losses.KLDivergence()(z, t), losses.CrossEntropy()(z, t) - entropy)
    close("PyTorch", losses.KLDivergence()(z, t), F.kl_div(F.log_softmax(z, 1), t, reduction="batchmean"))


def test_focal_loss_without_focus_is_cross_entropy(numbers):
    z, y = numbers(5, 3), classes(5)
    close("focal", losses.Focal(0.0)(z, y), losses.CrossEntropy()(z, y))


@pytest.mark.parametrize("gamma", [0.0, 0.5, 1.0, 2.0, 5.0])
@pytest.mark.parametrize("size", [1.0, 50.0, 1e4, 1e30])
def test_focal_loss_and_its_slope_stay_finite_at_certainty(gamma, size):
    outputs = torch.tensor([[size, -size], [size, -size]], requires_grad=True)
    loss = losses.Focal(gamma)(outputs, torch.tensor([0, 0]))
    (gradient,) = torch.autograd.grad(loss, outputs)
    assert loss.isfinite()
    assert gradient.isfinite().all()
    rule, _ = LOSSES["focal"].rule(losses.Focal(gamma))
    saved = rule.forward({"outputs": outputs.detach(), "targets": torch.tensor([0, 0])}).saved
    close("slope", rule.backward(saved, {"loss": torch.tensor(1.0)})["outputs"], gradient)


@pytest.mark.parametrize("name", ["cross_entropy", "binary_cross_entropy", "kl_divergence", "hinge", "focal"])
def test_extreme_outputs_give_no_nan(name):
    one = name == "binary_cross_entropy"
    outputs = torch.tensor([[1e30], [-1e4]] if one else [[1e30, -1e30], [-1e4, 1e4]])
    targets = torch.tensor([0, 1])
    rule, _ = LOSSES[name].rule(LOSSES.build(name))
    result, saved = rule.forward({"outputs": outputs, "targets": targets})
    back = rule.backward(saved, {"loss": torch.tensor(1.0)})["outputs"]
    assert not result["loss"].isnan()
    assert back.isfinite().all()
    assert not math.isnan(rule.expand(saved, "loss", ()).value)


def test_a_probability_of_zero_or_one_gives_a_finite_loss_and_slope():
    sure = torch.tensor([[1.0, 0.0], [1.0, 0.0]], dtype=torch.float64)
    targets = torch.tensor([0, 1])
    check_rule(
        LOSSES["cross_entropy"],
        [Case({"outputs": sure, "targets": targets}, {"from_logits": False}, smooth=False)],
    )
    one = Case({"outputs": sure[:, 1], "targets": targets}, {"from_logits": False}, smooth=False)
    check_rule(LOSSES["binary_cross_entropy"], [one])
    assert math.isfinite(float(losses.CrossEntropy(from_logits=False)(sure, targets)))


@pytest.mark.parametrize("name", [*BY_CLASS, *BY_VALUE, "binary_cross_entropy"])
def test_bfloat16(name, numbers):
    if name in BY_CLASS:
        case = Case({"outputs": numbers(4, 3), "targets": classes(4)})
    elif name == "binary_cross_entropy":
        case = Case({"outputs": numbers(4), "targets": classes(4, many=2)})
    else:
        case = Case({"outputs": numbers(4, 1), "targets": numbers(4, 1) + 3})
    check_forward(LOSSES[name], case, torch.bfloat16)
    check_backward(LOSSES[name], case, torch.bfloat16)


CE = {"name": "cross_entropy"}
REFUSED = [
    ("cross_entropy", [[1.0, 2.0]], [0.5], DataError, "class indices"),
    ("cross_entropy", [[1.0, 2.0]], [2], DataError, "a class index from 0 to 1"),
    ("cross_entropy", [[1.0, 2.0]], [-1], DataError, "target -1 at place 0"),
    ("cross_entropy", [[1.0, 2.0]], [[0]], ModelError, "one class index for each sample"),
    ("cross_entropy", [[1.0, 2.0]], [[0.5, 0.9]], DataError, "add up to 1"),
    ("cross_entropy", [[0.5, 0.5], [0.1, 0.9]], [0, 1], ModelError, "remove the softmax"),
    ("focal", [[0.5, 0.5], [0.1, 0.9]], [0, 1], ModelError, "remove the softmax"),
    ("hinge", [[1.0, 2.0]], [3], DataError, "from 0 to 1"),
    ("perceptron_criterion", [[1.0, 2.0]], [0.0], DataError, "class indices"),
    ("kl_divergence", [[1.0, 2.0]], [[0.2, 0.2]], DataError, "add up to 1"),
    ("binary_cross_entropy", [[1.0, 2.0]], [1], ModelError, "one number per yes-or-no question"),
    ("binary_cross_entropy", [[1.0]], [2], DataError, "number the two classes 0 and 1"),
    ("mse", [[1.0], [2.0]], [1.0, 2.0], ModelError, "one target for every output"),
    ("mae", [[1.0], [2.0]], [[1], [2]], DataError, "a loss for classes"),
    ("mape", [[1.0]], [1.0], ModelError, "one target for every output"),
    ("huber", [[1.0]], [1.0], ModelError, "one target for every output"),
    ("quadratic", [[1.0]], [1.0], ModelError, "one target for every output"),
    ({**CE, "from_logits": False}, [[2.0, -1.0]], [0], ModelError, "set from_logits to true"),
    ({"name": "cross_entropy", "from_logits": False}, [[0.7, 0.7]], [0], ModelError, "together 1"),
    ({"name": "binary_cross_entropy", "from_logits": False}, [1.5], [1], ModelError, "from 0 to 1"),
    ({**CE, "class_weights": [1.0]}, [[1.0, 2.0]], [0], ModelError, "one weight for each class"),
]  # fmt: skip


@pytest.mark.parametrize(("spec", "outputs", "targets", "kind", "said"), REFUSED)
def test_the_wrong_kind_is_refused(spec, outputs, targets, kind, said):
    with pytest.raises(kind, match=said):
        LOSSES.build(spec)(torch.tensor(outputs), torch.tensor(targets))


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        ({"name": "focal", "gamma": -1}, "gamma = -1"),
        ({"name": "hinge", "margin": 0}, "margin = 0"),
        ({"name": "hinge", "against": "best"}, "one of 'worst', 'all'"),
        ({"name": "binary_cross_entropy", "class_weights": [1.0, 1.0, 1.0]}, "of class 0 and of class 1"),
        ({"name": "mape", "spread": 0}, "spread = 0"),
        ({"name": "focal", "class_weights": [1.0, -1.0]}, "one positive number per class"),
    ],
)
def test_refused_settings(spec, said):
    with pytest.raises(SettingError, match=said):
        LOSSES.build(spec)


def test_the_arithmetic_reads_well():
    inputs = {"outputs": torch.tensor([[2.0, 1.0, 0.1]]), "targets": torch.tensor([0])}
    rule, _ = LOSSES["cross_entropy"].rule(losses.CrossEntropy())
    assert rule.expand(inputs, "loss", ()).text() == "ln(e^(2) + e^(1) + e^(0.1)) − 2"
    gradient = rule.expand_gradient(inputs, {"loss": torch.tensor(1.0)}, "outputs", (0, 0))
    assert gradient.symbols() == "dloss·(p[0] − 1) / 1"


def test_temporal_difference_moves_the_taken_action_only(numbers):
    actions = classes(6).double()
    pairs = torch.stack([actions, numbers(6)], 1)
    cases = [Case({"outputs": scale * numbers(6, 3), "targets": pairs}, {"delta": 0.7}) for scale in (1, 30)]
    check_rule(LOSSES["temporal_difference"], cases)


def test_temporal_difference_is_hubers_loss_of_one_column(numbers):
    outputs, taken = numbers(5, 3), classes(5)
    expected = F.huber_loss(outputs[torch.arange(5), taken], torch.ones(5).double())
    pairs = torch.stack([taken.double(), torch.ones(5).double()], 1)
    assert losses.TemporalDifference()(outputs, pairs).item() == pytest.approx(expected.item(), rel=1e-12)


@pytest.mark.parametrize(
    ("targets", "error", "told"),
    [
        ([[0.0, 1.0]], ModelError, r"expected: outputs \(N, actions\) and targets \(N, 2\)"),
        ([[0.0, 1.0], [2.0, 1.0]], DataError, "action 2 with 2 outputs"),
        ([[0.5, 1.0], [1.0, 1.0]], DataError, "action 0.5 with 2 outputs"),
    ],
)
def test_targets_that_name_no_action_are_refused(targets, error, told):
    with pytest.raises(error, match=told):
        losses.TemporalDifference()(torch.zeros(2, 2), torch.tensor(targets))


PAIRS = torch.tensor([[0, 1, 1], [0, 2, 0], [3, 1, 0], [4, 5, 1], [5, 2, 0]])
TRIPLETS = torch.tensor([[0, 1, 2], [1, 0, 5], [3, 4, 5], [2, 1, 0]])


@pytest.mark.parametrize("margin", [0.5, 2.0, 30.0])
def test_contrastive_moves_both_rows_of_a_pair_by_autograds_gradient(numbers, margin):
    check_rule(
        LOSSES["contrastive"], [Case({"outputs": numbers(6, 3), "targets": PAIRS}, {"margin": margin})]
    )


@pytest.mark.parametrize("squared", [False, True])
@pytest.mark.parametrize("margin", [0.2, 5.0])
def test_triplet_moves_all_three_rows_by_autograds_gradient(numbers, margin, squared):
    settings = {"margin": margin, "squared": squared}
    check_rule(LOSSES["triplet"], [Case({"outputs": numbers(6, 3), "targets": TRIPLETS}, settings)])


@pytest.mark.parametrize("margin", [0.2, 1.0, 5.0])
def test_triplet_is_pytorchs_triplet_margin_loss(numbers, margin):
    e = numbers(6, 3)
    theirs = torch.nn.TripletMarginLoss(margin=margin, eps=0.0)
    expected = theirs(*(e[TRIPLETS[:, place]] for place in range(3)))
    assert losses.Triplet(margin)(e, TRIPLETS).item() == pytest.approx(expected.item(), rel=1e-12)


def test_contrastive_has_the_value_of_the_papers_formula():
    e = torch.tensor([[0.0, 0.0], [3.0, 4.0], [0.0, 1.5]])  # distances 5, 1.5 and the root of 15.25
    pairs = torch.tensor([[0, 1, 1], [0, 2, 0], [1, 2, 0]])
    expected = (25 + (2 - 1.5) ** 2 + 0) / 2 / 3
    assert losses.Contrastive(margin=2.0)(e, pairs).item() == pytest.approx(expected)


def test_rows_that_are_equal_are_left_where_they_are():
    for name, targets in (("contrastive", [[0, 1, 1], [0, 1, 0]]), ("triplet", [[0, 1, 2]])):
        case = Case({"outputs": torch.ones(3, 2), "targets": torch.tensor(targets)}, smooth=False)
        check_rule(LOSSES[name], [case])


@pytest.mark.parametrize(
    ("targets", "error", "told"),
    [
        (
            [[0.0, 1.0, 1.0]],
            ModelError,
            r"expected: embeddings \(N, K\) and whole numbers \(M, 3\): two rows",
        ),
        ([[0, 2, 1]], DataError, "a comparison with row 2 of 2 rows"),
        ([[0, 1, 2]], DataError, "a pair marked 2"),
    ],
)
def test_pairs_that_name_no_rows_are_refused(targets, error, told):
    with pytest.raises(error, match=told):
        losses.Contrastive()(torch.zeros(2, 2), torch.tensor(targets))
