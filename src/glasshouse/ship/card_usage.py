"""The part of a card that says how to use the bundle, with Glasshouse and without."""

from __future__ import annotations

from glasshouse.ship.card_graphs import graphs
from glasshouse.ship.markdown import code, shown, words
from glasshouse.ship.schema import DISAGREEMENT, OF_PICTURES, WITH_PROBABILITIES, Schema

_ROWS = {
    "table": '"rows.csv"',
    "images": '"picture.png"',
    "text": '"texts.txt"',
    "series": '"rows.csv"',
    "pairs": '"texts.txt"',
    "strokes": '["0.5,-1.2,0 0.25,0,1"]',
    "captions": '"picture.png"',
    "tags": '["abc"]',
    "frames": '["60-64-67 60-65-69 ."]',
    "sounds": '"sound.wav"',
    "videos": '"video/"',
    "arrays": '"rows.npy"',
}


def usage(schema: Schema) -> list[str]:
    """Three lines of Python, and the command line."""
    if schema.task == "generation":
        return _sampling(schema)
    if schema.verification is not None and ("name" in schema.model or schema.onnx.checked):
        return _verifying(schema)
    rows = _ROWS[schema.kind]
    own = "" if "name" in schema.model or schema.onnx.checked else f", module={schema.model['class']}()"
    lines = [
        "## How to use it",
        "",
        "```python",
        "import glasshouse as gh",
        f'bundle = gh.load("path/of/this/folder"{own})',
        f"print(bundle.predict({rows}).frame())",
        "```",
    ]
    if own:
        return [*lines, "", "The network's own class is needed, because its code is not in the bundle."]
    command = rows.strip('"')
    out = "answers" if schema.meaning in OF_PICTURES else "answers.csv"
    return [
        *lines,
        "",
        "```sh",
        f"glasshouse predict path/of/this/folder {command} --out {out}",
        "```",
    ]


def _verifying(schema: Schema) -> list[str]:
    """How to compare rows."""
    one = _ROWS[schema.kind]
    other = (
        one.replace("rows", "others")
        .replace("picture", "other")
        .replace("texts", "others")
        .replace("sound", "other")
        .replace("video", "other")
    )
    words = [each.strip('"') for each in (one, other)]
    return [
        "## How to use it",
        "",
        "```python",
        "import glasshouse as gh",
        'bundle = gh.load("path/of/this/folder")',
        f"print(bundle.verify({one}, {other}, false_alarms=0.01).frame())",
        f"embeddings = bundle.embed({one})  # near ones are alike: search among them",
        "```",
        "",
        "```sh",
        f"glasshouse verify path/of/this/folder {words[0]} {words[1]} --false-alarms 0.01",
        "```",
    ]


def _sampling(schema: Schema) -> list[str]:
    """How to draw new rows."""
    file = {"table": "new.csv", "images": "new.png", "arrays": "new.npy"}[schema.kind]
    return [
        "## How to use it",
        "",
        "```python",
        "import glasshouse as gh",
        'bundle = gh.load("path/of/this/folder")',
        f'bundle.sample(100).save("{file}")',
        "```",
        "",
        "```sh",
        f"glasshouse sample path/of/this/folder --count 100 --out {file}",
        "```",
        "",
        "`generator.onnx` makes prepared rows of codes; `model.onnx` is the discriminator.",
    ]


def without_glasshouse(schema: Schema) -> list[str]:
    """How to use the ONNX file with ONNX Runtime alone, or why there is none."""
    heading = ["## Without Glasshouse", ""]
    checked = schema.onnx.checked
    if checked is None and any(each.checked for each in schema.graphs):
        return [*heading, f"There is no `model.onnx`: {words(schema.onnx.reason)}.", *graphs(schema)]
    if checked is None:
        return [
            *heading,
            f"There is no ONNX file: {words(schema.onnx.reason)}. The weights are plain safetensors.",
            *graphs(schema),
        ]
    shape = ", ".join(map(str, ("batch", *schema.input_shape)))
    outputs = "; ".join(f"{code(each.name)}: {words(each.meaning)}" for each in schema.outputs)
    sizes = ", ".join(map(str, checked.batch_sizes))
    wanted = [each.name for each in schema.outputs if each.name != DISAGREEMENT][-1]
    return [
        *heading,
        f"`model.onnx` (opset {schema.onnx.opset}) runs wherever ONNX does. {_input(schema, shape)} "
        f"It gives {outputs}.",
        "",
        "```python",
        *_example(schema),
        'session = onnxruntime.InferenceSession("model.onnx")',
        f'print(session.run(["{wanted}"], {{"input": inputs}})[0])',
        "```",
        "",
        f"Checked against PyTorch with {sizes} rows at once: the largest difference was "
        f"{shown(checked.largest_difference)} {_unit(schema)}.",
        *graphs(schema),
    ]


def _input(schema: Schema, shape: str) -> str:
    begin = f"It takes `input`, float32 ({shape})"
    if schema.kind == "images":
        return f"{begin}: pixels from 0 to 255, scaled as below."
    if schema.kind in ("text", "tags"):
        return (
            f"It takes `input`, int64 ({shape}): numbers of tokens, padded with 0 behind; "
            "`gh.load(...).prepare(texts)` gives them."
        )
    if schema.kind in ("table", "series", "sounds", "videos"):
        return (
            f"{begin}: rows that are prepared already, as `preprocessing.json` says; "
            "`gh.load(...).prepare(rows)` gives them."
        )
    return f"{begin}."


def _example(schema: Schema) -> list[str]:
    sizes = ", ".join(map(str, schema.input_shape))
    number = "int64" if schema.kind in ("text", "tags") else "float32"
    if schema.kind != "images":
        return [
            "import numpy as np",
            "import onnxruntime",
            "",
            f"inputs = np.zeros((1, {sizes}), np.{number})  # prepared rows",
        ]
    channels, height, width = schema.input_shape
    mode = "L" if channels == 1 else "RGB"
    return [
        "import json",
        "import numpy as np",
        "import onnxruntime",
        "from PIL import Image, ImageOps",
        "",
        f'picture = Image.open("picture.png").convert("{mode}")',
        f"picture = ImageOps.fit(picture, ({width}, {height}), Image.Resampling.BILINEAR)",
        f"pixels = np.asarray(picture, np.float32).reshape({height}, {width}, {channels}).transpose(2, 0, 1)",
        'scaling = json.load(open("preprocessing.json"))',
        "mean, spread = (np.array(scaling[key], np.float32)[:, None, None] for key in ('mean', 'spread'))",
        "inputs = ((pixels - mean) / spread)[None]",
        *_one_more_step(schema),
    ]


def _one_more_step(schema: Schema) -> list[str]:
    """What is left to do for pictures that are scaled to length 1, or made of zeros and ones."""
    becomes = " ".join(entry["becomes"] for entry in schema.inputs)
    if "divided by its length" in becomes:
        return ["inputs /= max(np.sqrt((inputs**2).sum()), 1e-12)"]
    return ["inputs = (inputs > 0).astype(np.float32)"] if "and 0 elsewhere" in becomes else []


def _unit(schema: Schema) -> str:
    if schema.meaning in (*WITH_PROBABILITIES, "pixel_classes"):
        return "in probability"
    return "spreads of the target" if schema.scale else "of the largest output"
