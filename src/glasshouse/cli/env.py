"""``glasshouse env``: what this installation has."""

from __future__ import annotations

import click

from glasshouse.cli.options import json_option
from glasshouse.cli.output import Output


@click.command()
@json_option
def env(as_json: bool) -> None:
    """Show versions, devices and packages.

    Use it to check the installation, and when reporting a problem.
    """
    output = Output(as_json)
    from glasshouse.experiment.environment import OPTIONAL, environment

    found = environment()
    output.document(found)
    rows = [[name, found[name]] for name in ("python", "platform", "processor", "cores")]
    output.table(["machine", ""], [[name, str(value)] for name, value in rows])
    output.table(["device", ""], [[each["name"], each["about"]] for each in found["devices"]])
    output.table(["package", "version"], list(found["packages"].items()))
    optional = [[name, found["optional"][name] or "not installed", why] for name, why in OPTIONAL.items()]
    output.table(["optional", "version", "for"], optional)
    output.say(f"GLASSHOUSE_DATA is {found['data_folder'] or 'not set'}")
