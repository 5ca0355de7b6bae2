"""Networks for sequences: padding changes nothing, directions mirror each other, attention is PyTorch's."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from glasshouse.core.errors import ModelError, SettingError
from glasshouse.layers.packing import lengths_of, pooled, run_recurrent, run_unpacked
from glasshouse.models import build_model, language_model, recurrent, transformer
from glasshouse.models.recurrent import CELLS, POOLINGS, recurrent_layer
from glasshouse.models.sampling import probabilities, written
from glasshouse.models.transformer_block import HeadedAttention, no_look_ahead
from glasshouse.objectives.language import Language

TEXTS = torch.tensor([[3, 4, 5, 6, 7], [8, 2, 0, 0, 0], [5, 0, 0, 0, 0]])


@pytest.mark.parametrize("pooling", POOLINGS)
@pytest.mark.parametrize("cell", CELLS)
def test_padding_changes_no_answer_of_a_recurrent_network(cell, pooling):
    torch.manual_seed(0)
    net = recurrent((5,), 3, tokens=9, cell=cell, units=4, layers=2, embedding=3, pooling=pooling).eval()
    together = net(TEXTS)
    alone = torch.cat([net(text[None, : int((text != 0).sum())]) for text in TEXTS])
    torch.testing.assert_close(together, alone, atol=1e-6, rtol=1e-5)


@pytest.mark.parametrize("pooling", POOLINGS)
def test_padding_changes_no_answer_of_a_transformer(pooling):
    torch.manual_seed(0)
    net = transformer((5,), 3, tokens=9, width=8, heads=2, pooling=pooling).eval()
    together = net(TEXTS)
    alone = torch.cat([net(text[None, : int((text != 0).sum())]) for text in TEXTS])
    torch.testing.assert_close(together, alone, atol=1e-6, rtol=1e-5)


@pytest.mark.parametrize("cell", CELLS)
def test_states_without_packing_are_those_of_packed_sequences(cell):
    torch.manual_seed(1)
    layer = recurrent_layer(cell, 3, 4, layers=2, bidirectional=True).double()
    x, lengths = torch.randn(3, 5, 3, dtype=torch.float64), torch.tensor([5, 2, 1])
    packed, unpacked = run_recurrent(layer, x, lengths), run_unpacked(layer, x, lengths)
    for row, length in enumerate(lengths.tolist()):
        torch.testing.assert_close(unpacked[row, :length], packed[row, :length], atol=1e-12, rtol=1e-12)


@pytest.mark.parametrize("cell", CELLS)
def test_reversing_a_sequence_swaps_the_directions(cell):
    torch.manual_seed(2)
    layer = recurrent_layer(cell, 3, 4, layers=1, bidirectional=True).double()
    mirrored = recurrent_layer(cell, 3, 4, layers=1, bidirectional=True).double()
    swapped = {
        name.removesuffix("_reverse") if name.endswith("_reverse") else f"{name}_reverse": value
        for name, value in layer.state_dict().items()
    }
    mirrored.load_state_dict(swapped)
    x = torch.randn(2, 6, 3, dtype=torch.float64)
    forth, back = layer(x)[0], mirrored(x.flip(1))[0].flip(1)
    torch.testing.assert_close(forth, torch.cat([back[..., 4:], back[..., :4]], dim=2))


def test_pooling_takes_the_last_state_of_both_ways():
    torch.manual_seed(3)
    layer = recurrent_layer("gru", 3, 4, layers=2, bidirectional=True)
    x, lengths = torch.randn(3, 5, 3), torch.tensor([5, 3, 1])
    packed = nn.utils.rnn.pack_padded_sequence(x, lengths, batch_first=True)
    last = layer(packed)[1]
    states = run_recurrent(layer, x, lengths)
    torch.testing.assert_close(pooled(states, lengths, "last", both=True), torch.cat([last[2], last[3]], 1))


def test_lengths_end_at_the_last_token_and_are_never_zero():
    tokens = torch.tensor([[1, 0, 2, 0], [0, 0, 0, 0], [4, 4, 4, 4]])
    assert lengths_of(tokens).tolist() == [3, 1, 4]


def test_many_to_many_answers_at_every_step():
    net = recurrent((5, 2), 3, units=4, wiring="many_to_many", bidirectional=False, dropout=0.0)
    x = torch.randn(2, 5, 2)
    assert net(x).shape == (2, 5, 3)
    torch.testing.assert_close(net(x)[:, :2], net(x[:, :2]))  # what comes later is not known yet


@pytest.mark.parametrize("masked", [False, True])
def test_headed_attention_is_that_of_pytorch(masked):
    torch.manual_seed(4)
    ours = HeadedAttention(8, 2).double()
    theirs = nn.MultiheadAttention(8, 2, batch_first=True).double()
    with torch.no_grad():
        three = (ours.query, ours.key, ours.value)
        theirs.in_proj_weight.copy_(torch.cat([each.weight for each in three]))
        theirs.in_proj_bias.copy_(torch.cat([each.bias for each in three]))
        theirs.out_proj.load_state_dict(ours.out.state_dict())
    x = torch.randn(3, 5, 8, dtype=torch.float64)
    mask = no_look_ahead(5) if masked else None
    told, weights = theirs(
        x, x, x, attn_mask=None if mask is None else ~mask, average_attn_weights=False, need_weights=True
    )
    torch.testing.assert_close(ours(x, x, mask), told, atol=1e-12, rtol=1e-10)
    torch.testing.assert_close(ours.weights(x, x, mask), weights, atol=1e-12, rtol=1e-10)


@pytest.mark.parametrize("name", ["recurrent", "transformer"])
def test_a_table_is_refused_with_what_to_do(name):
    with pytest.raises(ModelError, match="sequences: tokens of texts, or windows of a series"):
        build_model({"name": name}, (4,), 3, seed=0)


def test_heads_that_do_not_divide_the_width_are_refused():
    with pytest.raises(SettingError, match=r"width = 10 with heads = 4.*\n.*\n.*set model.width to 8"):
        transformer((5,), 3, tokens=9, width=10, heads=4)


@pytest.mark.parametrize("name", ["language_model", "transformer_decoder"])
def test_what_comes_later_is_not_known_to_a_language_model(name):
    torch.manual_seed(5)
    narrow = {"units": 6} if name == "language_model" else {"width": 8, "heads": 2, "layers": 2}
    net = build_model({"name": name, "tokens": 9, **narrow}, (5,), 9, seed=0).eval()
    tokens = torch.randint(2, 9, (3, 5))
    logits = net.read(tokens)[0]
    torch.testing.assert_close(net.read(tokens[:, :3])[0], logits[:, :3], atol=1e-6, rtol=1e-5)
    torch.testing.assert_close(net(tokens), logits[:, -1])
    shorter = torch.cat([tokens[:, :2], torch.zeros(3, 3, dtype=torch.long)], dim=1)
    torch.testing.assert_close(net(shorter), logits[:, 1], atol=1e-6, rtol=1e-5)


@pytest.mark.parametrize("cell", CELLS)
def test_a_carried_state_goes_on_where_it_ended(cell):
    net = language_model((6,), 9, tokens=9, cell=cell, units=4, layers=2).eval()
    tokens = torch.randint(2, 9, (2, 6))
    first, state = net.read(tokens[:, :4])
    rest, _ = net.read(tokens[:, 4:], state)
    torch.testing.assert_close(torch.cat([first, rest], 1), net.read(tokens)[0], atol=1e-6, rtol=1e-5)


def gradient_in_pieces(net, tokens, targets, window):
    """The summed gradient of all pieces of a text, each piece beginning with the state of the one before."""
    objective = Language()
    objective.epoch_begins()
    net.zero_grad()
    for start in range(0, tokens.shape[1], window):
        piece = slice(start, start + window)
        (objective(net, tokens[:, piece], targets[:, piece]).loss * window).backward()
    return [each.grad.clone() for each in net.parameters()]


def test_truncated_backpropagation_is_the_full_one_when_the_window_covers_the_text():
    torch.manual_seed(6)
    net = language_model((6,), 9, tokens=9, units=4, dropout=0.0).double()
    tokens = torch.randint(2, 9, (2, 6))
    targets = tokens.roll(-1, dims=1)
    net.zero_grad()
    F.cross_entropy(net.read(tokens)[0].flatten(0, 1), targets.flatten(), reduction="sum").div(2).backward()
    full = [each.grad.clone() for each in net.parameters()]
    for one, other in zip(full, gradient_in_pieces(net, tokens, targets, 6), strict=True):
        torch.testing.assert_close(one, other, atol=1e-12, rtol=1e-9)
    cut = gradient_in_pieces(net, tokens, targets, 2)
    assert any(float((one - other).abs().max()) > 1e-4 for one, other in zip(full, cut, strict=True))


def test_the_likeliest_share_of_the_vocabulary_is_drawn_from():
    shares = torch.tensor([0.4, 0.3, 0.2, 0.1])
    found = probabilities(shares.log(), top_p=0.6)
    torch.testing.assert_close(found, torch.tensor([4 / 7, 3 / 7, 0.0, 0.0]))
    torch.testing.assert_close(probabilities(shares.log(), top_k=1), torch.tensor([1.0, 0, 0, 0]))
    torch.testing.assert_close(probabilities(shares.log(), temperature=0.0), torch.tensor([1.0, 0, 0, 0]))
    hot = probabilities(shares.log(), temperature=2.0)
    torch.testing.assert_close(hot, shares.sqrt() / shares.sqrt().sum())


def test_what_is_drawn_has_the_probabilities_that_it_should_have():
    class Fixed(nn.Module):
        def __init__(self):
            super().__init__()
            self.logits = nn.Parameter(torch.tensor([9.0, 9.0, 0.5, 0.3, 0.2]).log())

        def read(self, tokens, state=None):
            return self.logits.expand(*tokens.shape, 5), 0

    drawn = torch.tensor(written(Fixed(), [2], 4000, seed=1))
    counts = torch.bincount(drawn, minlength=5) / 4000
    assert counts[:2].tolist() == [0, 0]  # padding and unknown are never written, however likely
    torch.testing.assert_close(counts[2:], torch.tensor([0.5, 0.3, 0.2]), atol=0.03, rtol=0)


@pytest.mark.parametrize(
    ("setting", "told"),
    [({"temperature": -1.0}, "temperature = -1"), ({"top_p": 0.0}, "top_p = 0"), ({"top_k": 0}, "top_k = 0")],
)
def test_settings_of_sampling_outside_their_range_are_refused(setting, told):
    with pytest.raises(SettingError, match=told):
        written(language_model((3,), 5, tokens=5, units=2), [2], 3, **setting)
