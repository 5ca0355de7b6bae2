import pytest
import torch
from torch import nn

from glasshouse.core.errors import ModelError, SettingError
from glasshouse.layers import LAYERS, Embedding
from glasshouse.layers.embedding import EmbeddingRule
from glasshouse.testing import Case, check_card, check_rule, close

TABLE = {"num_embeddings": 5, "embedding_dim": 3}


def test_rows_of_the_table():
    check_rule(
        LAYERS["embedding"],
        [
            Case({"x": torch.tensor([[1, 4, 1], [0, 1, 2]])}, TABLE),
            # The padding's row is held still by decree: finite differences know nothing of that.
            Case({"x": torch.tensor([[1, 4, 1], [0, 1, 2]])}, {**TABLE, "padding_idx": 1}, smooth=False),
            Case({"x": torch.tensor([4, 4])}, {**TABLE, "padding_idx": -1}, smooth=False),
            Case({"x": torch.tensor(3)}, TABLE),
            Case({"x": torch.tensor([3, 3, 0], dtype=torch.int32)}, TABLE),
            Case({"x": torch.zeros(0, 4, dtype=torch.int64)}, TABLE),
        ],
    )


def test_card():
    check_card(LAYERS["embedding"])


def test_it_is_a_linear_layer_on_one_hot_vectors(numbers):
    layer = Embedding(5, 3).double()
    x = torch.tensor([[1, 4], [0, 1]])
    one_hot = nn.functional.one_hot(x, 5).double()
    close("y", layer(x).detach(), one_hot @ layer.weight.detach())


def test_the_gradient_of_a_row_adds_up_over_the_places_that_took_it(numbers):
    rule, own = EmbeddingRule.of(Embedding(4, 2, padding_idx=0).double())
    saved = rule.forward({"x": torch.tensor([2, 0, 2]), "weight": own["weight"].detach()}).saved
    dy = {"y": numbers(3, 2)}
    assert rule.expand_gradient(saved, dy, "weight", (2, 1)).symbols() == "dy[0,1] + dy[2,1]"
    for row in (0, 1):  # the padding, and a row that nobody took
        assert rule.expand_gradient(saved, dy, "weight", (row, 0)).value == 0
    assert rule.expand(saved, "y", (2, 1)).symbols() == "weight[2,1]"


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"num_embeddings": 0}, "num_embeddings = 0\n  expected: a whole number from 1"),
        ({"embedding_dim": 0}, "embedding_dim = 0"),
        ({"padding_idx": 5}, "padding_idx = 5\n  expected: a whole number from -5 to 4"),
        ({"padding_idx": -6}, "padding_idx = -6"),
    ],
    ids=str,
)
def test_refused_settings(given, said):
    with pytest.raises(SettingError) as refusal:
        Embedding(**{**TABLE, **given})
    assert said in str(refusal.value)


@pytest.mark.parametrize("index", [5, -1])
def test_an_index_outside_of_the_table_is_named_with_its_place(index):
    with pytest.raises(ModelError) as refusal:
        Embedding(5, 3)(torch.tensor([[0, 1], [index, 2]]))
    assert f"index {index} at (1, 0) of x, in an embedding of 5 rows" in str(refusal.value)
    assert "expected: whole numbers from 0 to 4" in str(refusal.value)


def test_measurements_are_no_indices():
    with pytest.raises(ModelError, match="of type torch.float32"):
        Embedding(5, 3)(torch.ones(2))


@pytest.mark.parametrize("given", [{"max_norm": 1.0}, {"scale_grad_by_freq": True}], ids=str)
def test_the_rule_refuses_what_changes_the_table_or_its_gradients_in_secret(given):
    with pytest.raises(SettingError, match=f"an embedding with {next(iter(given))}"):
        EmbeddingRule.of(nn.Embedding(5, 3, **given))


def test_it_can_be_exported_with_a_free_batch_size():
    layer = Embedding(5, 3)
    free = {"x": {0: torch.export.Dim("batch")}}
    exported = torch.export.export(layer, (torch.tensor([[1, 2], [3, 4]]),), dynamic_shapes=free).module()
    x = torch.tensor([[0, 1], [2, 3], [4, 0]])
    close("y", exported(x).detach(), layer(x).detach())
