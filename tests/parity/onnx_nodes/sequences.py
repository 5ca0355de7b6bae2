"""ONNX operations over time: recurrent layers and attention."""

from __future__ import annotations

import torch

from glasshouse.layers import LAYERS
from tests.parity.onnx_nodes.activations import Answer
from tests.parity.onnx_nodes.node_case import LeftOut, NodeCase

GATES = {"rnn": [0], "lstm": [0, 2, 3, 1], "gru": [1, 0, 2]}
"""Where each of our gates (LSTM: i, f, g, o; GRU: r, z, n) stands in ONNX (i, o, f, g; z, r, n)."""


def ours(name: str, weights: torch.Tensor) -> torch.Tensor:
    """Rows of gates in our order."""
    gates = weights.chunk(len(GATES[name]))
    return torch.cat([gates[place] for place in GATES[name]])


def recurrent(name: str) -> Answer:
    """A layer over time, in one or both directions."""

    def answer(case: NodeCase) -> tuple[torch.Tensor, ...]:
        asked = case.needs(hidden_size=None, direction="forward", layout=0, linear_before_reset=0)
        x, w, r = case.inputs[:3]
        bias, lengths, peepholes = case.given(3), case.given(4), case.given(7)
        hidden, batch_first = asked["hidden_size"], bool(asked["layout"])
        if peepholes is not None:
            raise LeftOut("peepholes")
        if lengths is not None and bool((lengths != x.shape[int(batch_first)]).any()):
            raise LeftOut("sequences of several lengths in one tensor")
        if asked["direction"] == "reverse":
            x = x.flip(int(batch_first))
        both = asked["direction"] == "bidirectional"
        settings = {"input_size": x.shape[-1], "hidden_size": hidden, "batch_first": batch_first}
        layer = LAYERS[name].build(**settings, bidirectional=both)
        rule, parameters = LAYERS[name].rule(layer)
        values = {"x": x}
        for side, end in enumerate(["_l0", "_l0_reverse"][: 1 + both]):
            values[f"weight_ih{end}"] = ours(name, w[side])
            values[f"weight_hh{end}"] = ours(name, r[side])
            halves = torch.zeros(2, len(w[side])) if bias is None else bias[side].reshape(2, -1)
            values[f"bias_ih{end}"], values[f"bias_hh{end}"] = (ours(name, half) for half in halves)
        for place, state in ((5, "h"), (6, "c")):
            given = case.given(place)
            if given is not None:
                values[state] = given.transpose(0, 1) if batch_first else given
        assert set(parameters) <= set(values)
        outputs, _ = rule.forward(values)
        y, last = outputs["y"], outputs["h_n"]
        directions = y.unflatten(-1, (1 + both, hidden))
        if asked["direction"] == "reverse":
            directions = directions.flip(int(batch_first))
        # ONNX has the direction before the batch, or after it where the batch comes first.
        directions = directions if batch_first else directions.movedim(-2, 1)
        found = (directions, last.transpose(0, 1) if batch_first else last)
        return (*found, outputs["c_n"]) if name == "lstm" else found

    return answer


def gru(case: NodeCase) -> tuple[torch.Tensor, ...]:
    """ONNX's default resets before the product: our cell of that kind, step by step."""
    asked = case.needs(hidden_size=None, direction="forward", layout=0, linear_before_reset=0)
    if asked["linear_before_reset"]:
        return recurrent("gru")(case)
    x, w, r = case.inputs[:3]
    bias, lengths = case.given(3), case.given(4)
    if lengths is not None and bool((lengths != len(x)).any()):
        raise LeftOut("sequences of several lengths in one tensor")
    x = x.transpose(0, 1) if asked["layout"] else x
    cell = LAYERS["gru_cell"].build(x.shape[-1], asked["hidden_size"], reset="before")
    rule, parameters = LAYERS["gru_cell"].rule(cell)
    sides, ends = [], []
    for side in range(len(w)):
        back = asked["direction"] == "reverse" or side == 1
        halves = torch.zeros(2, len(w[side])) if bias is None else bias[side].reshape(2, -1)
        values = {"weight_ih": ours("gru", w[side]), "weight_hh": ours("gru", r[side])}
        values |= {"bias_ih": ours("gru", halves[0]), "bias_hh": ours("gru", halves[1])}
        assert set(values) == set(parameters)
        h, states = x.new_zeros(x.shape[1], asked["hidden_size"]), []
        for step in x.flip(0) if back else x:
            (h,) = rule.forward({"x": step, "h": h, **values}).outputs.values()
            states.append(h)
        over_time = torch.stack(states)
        sides.append(over_time.flip(0) if back else over_time)
        ends.append(h)
    y, last = torch.stack(sides, 1), torch.stack(ends)
    if asked["layout"]:
        return y.permute(2, 0, 1, 3), last.transpose(0, 1)
    return y, last


def attention(case: NodeCase) -> tuple[torch.Tensor, ...]:
    asked = case.needs(scale=None, is_causal=0, q_num_heads=None, kv_num_heads=None, softmax_precision=1)
    q, k, v = (each.float() for each in case.inputs[:3])
    mask, past = case.given(3), case.given(4)
    if past is not None or case.given(6) is not None or len(case.expected) > 1:
        raise LeftOut("keys and values kept from before, and scores as outputs")
    if case.coarse:
        raise LeftOut("numbers in bfloat16, with that type's rounding")
    flat = q.dim() == 3
    if flat:  # heads side by side in the last axis
        counts = (asked["q_num_heads"], asked["kv_num_heads"], asked["kv_num_heads"])
        q, k, v = (
            each.unflatten(-1, (n, -1)).transpose(1, 2) for each, n in zip((q, k, v), counts, strict=True)
        )
    if q.shape[1] != k.shape[1]:  # several heads of queries share one of keys
        k, v = (each.repeat_interleave(q.shape[1] // k.shape[1], 1) for each in (k, v))
    causal = bool(asked["is_causal"])
    layer = LAYERS["scaled_dot_product_attention"].build(causal=causal, scale=asked["scale"])
    rule, _ = LAYERS["scaled_dot_product_attention"].rule(layer)
    if mask is not None and mask.shape[-1] != k.shape[-2]:
        raise LeftOut("a mask shorter than the keys")
    values = {"q": q, "k": k, "v": v} | ({} if mask is None else {"mask": mask})
    y = rule.forward(values).outputs["y"]
    return (y.transpose(1, 2).flatten(2) if flat else y,)


ANSWERS: dict[str, Answer] = {
    "Attention": attention,
    "GRU": gru,
    "LSTM": recurrent("lstm"),
    "RNN": recurrent("rnn"),
}
