"""``glasshouse resume``: go on where a run was cut off."""

from __future__ import annotations

import click

from glasshouse.cli.options import json_option, quiet_option
from glasshouse.cli.output import Output
from glasshouse.cli.run import show


@click.command()
@click.argument("run_folder", metavar="RUN")
@quiet_option
@json_option
def resume(run_folder: str, quiet: bool, as_json: bool) -> None:
    """Go on with a run that was cut off.

    A run that was killed, interrupted or failed goes on from its last whole checkpoint. It ends with the
    same weights and metrics, bit for bit, as if it had never been cut off.
    """
    output = Output(as_json, quiet)
    from glasshouse.project import resume as go_on

    show(go_on(run_folder, observers=[] if quiet else None, tell=output.tell), output)
