"""The model card: what a person should know before relying on a network."""

from __future__ import annotations

from typing import Any

from glasshouse.ship.card_usage import usage, without_glasshouse
from glasshouse.ship.markdown import code, listed, shown, table, words
from glasshouse.ship.schema import DISAGREEMENT, WITH_PROBABILITIES, Schema

MOST_INPUTS = 60


def card(schema: Schema, evaluation: dict[str, Any] | None) -> str:
    """The card as Markdown.

    Args:
        schema: Of the bundle.
        evaluation: The record of the run's evaluation; ``None`` where there was none.
    """
    sections = [
        _head(schema),
        _quality(schema, evaluation),
        _inputs(schema),
        _outputs(schema),
        _making(schema),
        _limits(schema, evaluation),
        usage(schema),
        without_glasshouse(schema),
    ]
    return "\n\n".join("\n".join(lines) for lines in sections if lines) + "\n"


def _head(schema: Schema) -> list[str]:
    return [f"# {words(schema.name)}", "", f"A neural network that {_purpose(schema)}."]


def _purpose(schema: Schema) -> str:
    target = code(schema.target)
    shape = " x ".join(map(str, schema.input_shape))
    if schema.kind == "images":
        channels, height, width = schema.input_shape
        source = f"{'grey' if channels == 1 else 'colour'} pictures of {height} x {width} pixels"
    elif schema.kind == "table":
        source = f"{len(schema.inputs)} column{'s' if len(schema.inputs) > 1 else ''} of a table"
    elif schema.kind == "series":
        variables = len(schema.inputs)
        source = f"the last {schema.input_shape[0]} steps of {variables} variable{'s' * (variables > 1)}"
    elif schema.kind in ("sounds", "videos"):
        source = f"a {schema.kind[:-1]}"
    elif schema.kind in ("text", "pairs"):
        source = "a text"
    else:
        source = f"arrays of shape {shape}"
    if schema.task == "frames":
        return "tells which notes sound next, from those before: a logit for each of 88 keys"
    if schema.task == "strokes":
        return "draws with a pen: it gives the parameters of a mixture of Gaussians for the next point"
    if schema.task == "captioning":
        things = "a picture" if len(schema.input_shape) == 3 else "a row of a table"
        return f"writes a caption about {things}"
    if schema.task == "tagging":
        return f"tells {target} at every step of a sequence"
    if schema.task == "translation":
        return f"translates a text into {target}"
    if schema.task == "language":
        return f"writes a text on: it tells {target} from those before"
    if schema.task == "control":
        does = listed(schema.classes) if schema.classes else "numbers to act with"
        return f"says what to do ({does}) from {source} that are seen of a world"
    if schema.task == "segmentation":
        return f"tells the class of every pixel ({listed(schema.classes)}) of {source}"
    if schema.task == "detection":
        return f"finds objects ({listed(schema.classes)}) in {source}, and boxes around them"
    if schema.task == "image_to_image":
        return f"makes another picture of {source}"
    if schema.task == "classification":
        return f"tells {target} ({len(schema.classes)} classes: {listed(schema.classes)}) from {source}"
    if schema.task == "verification":
        return f"tells whether two rows have the same {target}, by how far apart it puts them, from {source}"
    if schema.task == "forecast":
        steps = "step" if schema.units == 1 else f"{schema.units} steps"
        return f"forecasts the next {steps} of {target} from {source}"
    if schema.task == "reconstruction":
        return f"gives back {source}, and says by its error which are unusual"
    if schema.task == "generation":
        return f"makes new rows of random codes, like those it learnt from: {source}"
    return f"predicts the number {target} from {source}"


def _quality(schema: Schema, evaluation: dict[str, Any] | None) -> list[str]:
    """Metrics with intervals, beside the baselines that were measured on the same rows."""
    lines = ["## How good it is", ""]
    if schema.metrics is None or evaluation is None:
        return [*lines, "It was not evaluated on held-out rows: measure it on rows of your own before use."]
    if evaluation.get("verdict"):
        lines += [words(evaluation["verdict"]), ""]
    baselines = evaluation.get("baselines") or []
    level = (evaluation.get("intervals") or {}).get("level", 0.95)
    header = ["metric", f"on the {schema.metrics.part} part", f"{level * 100:g} % interval"]
    rows = []
    for name, value in schema.metrics.values.items():
        bounds = schema.metrics.intervals.get(name)
        interval = f"{shown(bounds[0])} to {shown(bounds[1])}" if bounds else "–"
        beside = [shown(each["metrics"].get(name)) for each in baselines]
        rows.append([code(name), shown(value), interval, *beside])
    lines += table([*header, *(words(each["name"]) for each in baselines)], rows)
    method = (evaluation.get("intervals") or {}).get("method")
    if method:
        lines += [
            "",
            f"Intervals: {words(method)}. They speak of rows like those measured, and of no others.",
        ]
    return lines


def _inputs(schema: Schema) -> list[str]:
    rows = [
        [code(each["name"]), words(each["kind"]), words(each["becomes"]), str(each["features"])]
        for each in schema.inputs[:MOST_INPUTS]
    ]
    lines = ["## What it takes", "", *table(["input", "kind", "becomes", "numbers"], rows)]
    if len(schema.inputs) > MOST_INPUTS:
        lines += ["", f"And {len(schema.inputs) - MOST_INPUTS:,} more: all are in `schema.json`."]
    lines += [
        "",
        "How values become numbers was learnt from the training rows alone; `preprocessing.json` keeps it.",
    ]
    return lines if schema.kind != "arrays" else lines[:-2]


def _outputs(schema: Schema) -> list[str]:
    lines = ["## What it gives", ""]
    if schema.meaning in WITH_PROBABILITIES:
        lines.append("The most probable class of each row, and a probability for every class.")
    elif schema.meaning == "action_values":
        lines.append("The action that is worth most, by the largest of the numbers that the network gives.")
    elif schema.meaning == "actions":
        lines.append(f"The action: {schema.units} number{'s' if schema.units > 1 else ''} between its ends.")
    elif schema.meaning == "pixel_classes":
        lines.append("The most probable class of every pixel: masks, and the share of each class.")
    elif schema.meaning == "grid":
        lines.append(
            "A row for each object: its class, how sure that is, and its box, as shares of the picture."
        )
    elif schema.meaning == "pixels":
        lines.append("A picture for each picture, its levels cut off at black and white.")
    elif schema.meaning == "scores":
        lines.append("The class with the largest score. The scores are no probabilities.")
    elif schema.meaning == "values":
        lines.append(f"{code(schema.target)} for each row, in the unit of the training data.")
    elif schema.meaning == "embedding":
        lines.append(f"An embedding of {schema.units} numbers for each row.")
        if schema.verification is not None:
            lines.append(
                f"Two rows are called alike where their embeddings are less than "
                f"{shown(schema.verification.threshold)} apart (Euclidean distance); the threshold was right "
                f"most often on the {schema.verification.part} part."
            )
    elif schema.meaning == "reconstruction":
        lines.append("The error of each row, and whether it is larger than that of usual rows.")
        if any(each.name == "code" for each in schema.outputs):
            lines.append(
                "`gh.load(...).coder()` gives codes, rows of codes, neighbours, and ways between rows."
            )
    elif schema.task == "generation":
        lines.append(
            "New rows, of codes drawn from the standard normal. Asked about rows that there are, it gives "
            "the discriminator's score of each: the higher, the more like a real one."
        )
    else:
        lines.append(f"{schema.units} numbers for each row; the training did not say what they mean.")
    if schema.outputs[-1].name == DISAGREEMENT:
        lines.append(f"It is the mean of several networks. `disagreement`: {schema.outputs[-1].meaning}.")
    return lines


def _making(schema: Schema) -> list[str]:
    model = schema.model
    if "name" in model:
        settings = ", ".join(f"{key} = {value}" for key, value in model.items() if key != "name")
        network = code(model["name"]) + (f" with {code(settings)}" if settings else "")
    else:
        network = f"a module of the user's own, {code(model['class'])}, whose code is not in the bundle"
    versions = schema.versions
    lines = [
        "## How it was made",
        "",
        f"- Network: {network}.",
        f"- Seed: {schema.seed}. Glasshouse {versions.get('glasshouse') or '(not installed)'}, "
        f"PyTorch {versions.get('torch')}, Python {versions.get('python')}.",
    ]
    return [*lines, *(f"- {words(note)}" for note in schema.notes)]


def _limits(schema: Schema, evaluation: dict[str, Any] | None) -> list[str]:
    record = evaluation or {}
    if schema.task == "control":
        world = code(record.get("target", "its world"))
        return [
            "## Limits",
            "",
            f"- It was trained and measured in {world} and nowhere else. What it has never met there it does "
            "not know, and it gives an action all the same.",
            "- It looks at what is seen now and remembers nothing.",
        ]
    lines = [
        "It knows rows like those that it was trained on. On others its answers can be wrong without any "
        "sign of it: compare them with the truth again whenever the source of the rows changes.",
        "Whether it treats groups of people alike was not measured.",
    ]
    weakest = min(record.get("per_class") or [], key=lambda each: each["recall"] or 0.0, default=None)
    if weakest is not None:
        lines.append(
            f"It is weakest on {code(weakest['class'])}: it finds {shown(weakest['recall'])} of its "
            f"{weakest['support']:,} rows (recall)."
        )
    calibration = record.get("calibration")
    if calibration and calibration.get("ece") is not None:
        lines.append(
            f"Its probabilities are off by {shown(calibration['ece'])} on average "
            "(expected calibration error)."
        )
    if any(each["kind"] == "category" for each in schema.inputs):
        lines.append("Categories that training did not see count as other or none; predictions warn of them.")
    return ["## Limits", "", *(f"- {line}" for line in lines)]
