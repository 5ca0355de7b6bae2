"""``glasshouse dream``: pictures of what a network looks for."""

from __future__ import annotations

from typing import Any

import click

from glasshouse.cli.options import json_option, quiet_option
from glasshouse.cli.output import Output, number
from glasshouse.core.errors import UsageError


@click.command()
@click.argument("source", metavar="RUN|BUNDLE")
@click.option("--image", metavar="FILE", help="The picture to dream into; without one it begins in noise.")
@click.option("--layer", metavar="NAME", help="The layer; by default a convolution two thirds up.")
@click.option("--unit", metavar="NUMBER", help="One feature map of the layer, from 0, instead of all of it.")
@click.option("--class", "class_name", metavar="NAME", help="Draw this class from noise.")
@click.option("--guide", metavar="FILE", help="Dream of what the layer sees in this other picture.")
@click.option(
    "--deconvolve", is_flag=True, help="Show the pixels behind the strongest activation of --unit instead."
)
@click.option("--size", type=click.IntRange(min=4), help="Longer side in pixels; as it is, 512 at the most.")
@click.option("--octaves", type=int, help="Sizes that are gone through (4), or rounds in noise (8).")
@click.option("--steps", type=int, help="Steps in each size (10), or in each round (16).")
@click.option("--step", type=float, help="Mean change per step, as a share from black to white.")
@click.option("--jitter", type=int, help="Largest shift before each step, in pixels (32; in noise 1).")
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True, help="Of the shifts.")
@click.option("--out", metavar="FILE", default="dream.png", show_default=True, help="The picture to write.")
@quiet_option
@json_option
def dream(
    source: str,
    image: str | None,
    layer: str | None,
    unit: str | None,
    class_name: str | None,
    guide: str | None,
    deconvolve: bool,
    size: int | None,
    out: str,
    quiet: bool,
    as_json: bool,
    **ascent: Any,
) -> None:
    """Let a network dream into a picture, or draw what one of its units or classes looks for.

    \b
    glasshouse dream runs/digits-... --image photo.png --layer conv2
    glasshouse dream runs/digits-... --class 7 --out seven.png
    glasshouse dream runs/digits-... --layer conv2 --unit 5 --out unit.png
    glasshouse dream runs/digits-... --image photo.png --layer conv2 --unit 5 --deconvolve
    """  # noqa: D301 - click wants the control character itself, before lines to leave as they are
    output = Output(as_json, quiet)
    output.tell("Starting PyTorch ...")
    if deconvolve:
        _deconvolve(output, source, image, layer, unit, size, out)
        return
    from glasshouse.project.dreaming import dreamt

    given = {key: value for key, value in ascent.items() if value is not None}
    wanted = unit if class_name is None else class_name
    found = dreamt(source, image, layer, unit=wanted, guide=guide, size=size, **given)
    found.save(out)
    scores = found.dream.scores
    output.document({"out": out, "layer": found.dream.layer, "sizes": found.dream.sizes, "scores": scores})
    rows = [
        (f"{height} x {width}", climbed[0], climbed[-1])
        for (height, width), climbed in zip(found.dream.sizes, scores, strict=True)
    ]
    output.table(["pixels", "before", "after"], [(name, number(a), number(b)) for name, a, b in rows])
    output.say(f"\n{found.dream.layer} in {out}")


def _deconvolve(
    output: Output,
    source: str,
    image: str | None,
    layer: str | None,
    unit: str | None,
    size: int | None,
    out: str,
) -> None:
    """Write the pixels behind an activation beside the picture."""
    from glasshouse.project.deconvolving import deconvolved
    from glasshouse.project.dreaming import unit_number

    if image is None:
        raise UsageError(
            "--deconvolve without a picture", expected="the picture to look at", fix="add --image FILE"
        )
    found = deconvolved(source, image, layer, unit_number(0 if unit is None else unit), size)
    found.save(out)
    told = found.projection
    facts = {"layer": told.layer, "unit": told.unit, "value": told.value, "place": told.place}
    output.document({"out": out, **facts, "field": told.field})
    top, bottom, left, right = told.field
    output.say(
        f"{told.layer}, unit {told.unit}: {told.value:.4g}, from rows {top} to {bottom} and columns {left} "
        f"to {right} of the picture; in {out}"
    )
