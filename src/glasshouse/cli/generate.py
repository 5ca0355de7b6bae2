"""``glasshouse generate``: let a language model write."""

from __future__ import annotations

from pathlib import Path

import click

from glasshouse.cli.options import json_option, quiet_option
from glasshouse.cli.output import Output


@click.command()
@click.argument("bundle", metavar="BUNDLE")
@click.option("--prompt", default="", help="The beginning that is written on.")
@click.option("--length", type=click.IntRange(min=1), default=500, show_default=True, help="Characters.")
@click.option(
    "--temperature",
    type=click.FloatRange(min=0),
    default=0.8,
    show_default=True,
    help="Below 1 the likely becomes likelier; 0 always takes the likeliest.",
)
@click.option("--top-k", type=click.IntRange(min=1), help="Draw from this many of the likeliest only.")
@click.option(
    "--top-p",
    type=click.FloatRange(min=0, max=1, min_open=True),
    default=1.0,
    show_default=True,
    help="Draw from the likeliest that together have this probability.",
)
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True, help="Decides all chance.")
@quiet_option
@json_option
def generate(
    bundle: str,
    prompt: str,
    length: int,
    temperature: float,
    top_k: int | None,
    top_p: float,
    seed: int,
    quiet: bool,
    as_json: bool,
) -> None:
    """Write a text with a language model.

    BUNDLE is a bundle, or the run that made it. Equal seeds write equal texts.
    """
    output = Output(as_json, quiet)
    from glasshouse.ship import load

    folder = Path(bundle)
    if (folder / "status.json").exists() and (folder / "bundle").exists():
        folder = folder / "bundle"
    text = load(folder, backend="torch").generate(
        prompt, length, temperature=temperature, top_k=top_k, top_p=top_p, seed=seed
    )
    output.document({"prompt": prompt, "text": text})
    output.say(prompt + text)
