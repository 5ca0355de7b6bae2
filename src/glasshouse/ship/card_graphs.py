"""The part of a card that says what the further ONNX files of a bundle take, give, and are for."""

from __future__ import annotations

from glasshouse.ship.markdown import code, shown, words
from glasshouse.ship.schema import DECODER, ENCODER, GraphNote, Port, Schema


def graphs(schema: Schema) -> list[str]:
    """A paragraph for each further file, and a loop for networks that write word by word."""
    lines = [line for each in schema.graphs for line in ("", _told(each))]
    if {ENCODER, DECODER} <= {each.file for each in schema.graphs if each.checked}:
        lines += _loop(schema)
    return lines


def _told(graph: GraphNote) -> str:
    name = code(graph.file)
    if graph.checked is None:
        return f"There is no {name}: {words(graph.reason)}."
    sizes = ", ".join(map(str, graph.checked.batch_sizes))
    lengths = ", ".join(map(str, graph.checked.lengths))
    tried = f"with {sizes} rows at once" + (f" and lengths of {lengths}" if lengths else "")
    return (
        f"{name} (opset {graph.opset}): {graph.meaning} It takes {_listed(graph.inputs)}. "
        f"It gives {_listed(graph.outputs)}. Checked against PyTorch {tried}: the largest difference was "
        f"{shown(graph.checked.largest_difference)} of the largest number."
    )


def _listed(ports: tuple[Port, ...]) -> str:
    return "; ".join(
        f"{code(each.name)}, {each.dtype} ({', '.join(map(str, each.shape))})"
        + (f": {words(each.meaning)}" if each.meaning else "")
        for each in ports
    )


def _loop(schema: Schema) -> list[str]:
    """Writing greedily with two sessions."""
    sizes = ", ".join(map(str, schema.input_shape))
    number = "int64" if schema.kind == "pairs" else "float32"
    return [
        "",
        "The likeliest token at every step, by its number in `preprocessing.json` "
        "(the handbook's page on ONNX makes words of them, and searches with a beam):",
        "",
        "```python",
        "import numpy as np",
        "import onnxruntime",
        "",
        f"source = np.ones((1, {sizes}), np.{number})  # one prepared row",
        f'encoder, decoder = (onnxruntime.InferenceSession(f) for f in ("{ENCODER}", "{DECODER}"))',
        "names = [each.name for each in encoder.get_outputs()]",
        'state = dict(zip(names, encoder.run(None, {"source": source})))',
        "outputs = [each.name for each in decoder.get_outputs()]",
        "token, written = np.array([2]), []  # 2 begins a text, and 3 ends it",
        "for _ in range(50):",
        '    found = dict(zip(outputs, decoder.run(None, {"token": token, **state})))',
        '    state = {name: found.get(f"next_{name}", state[name]) for name in state}',
        '    found["logits"][:, :3] = -np.inf  # padding, unknown, beginning',
        '    token = found["logits"].argmax(axis=1)',
        "    if token[0] == 3:",
        "        break",
        "    written.append(int(token[0]))",
        "print(written)",
        "```",
    ]
