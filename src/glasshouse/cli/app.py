"""All commands together, and what happens when one of them fails."""

from __future__ import annotations

import os
import sys

import click

from glasshouse.cli.compare import compare
from glasshouse.cli.dream import dream
from glasshouse.cli.env import env
from glasshouse.cli.explain import explain
from glasshouse.cli.generate import generate
from glasshouse.cli.list import list_command
from glasshouse.cli.new import new
from glasshouse.cli.output import show_bug, show_error
from glasshouse.cli.predict import predict
from glasshouse.cli.resume import resume
from glasshouse.cli.run import run
from glasshouse.cli.sample import sample
from glasshouse.cli.show import show
from glasshouse.cli.sweep import sweep
from glasshouse.cli.verify import verify
from glasshouse.core.allocation import keep_freed_memory
from glasshouse.core.errors import GlasshouseError, StorageError, UsageError


@click.group(
    name="glasshouse",
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Begin with `glasshouse run digits`. `glasshouse COMMAND --help` explains a command.",
)
@click.version_option(package_name="glasshouse", message="%(version)s")
def app() -> None:
    """Deep learning under glass: train any classic network on your own data and see every number."""


for command in (
    run,
    sweep,
    new,
    list_command,
    show,
    explain,
    dream,
    predict,
    verify,
    sample,
    generate,
    resume,
    compare,
    env,
):
    app.add_command(command)


def main(arguments: list[str] | None = None) -> None:
    """Run a command and leave. Exit codes: 0 good, 1 failed, 2 wrong usage.

    Args:
        arguments: The words behind ``glasshouse``; ``None`` takes those of the process.

    Example:
        >>> main(["run", "--no-such-option"])
        Traceback (most recent call last):
        SystemExit: 2
    """
    # Before PyTorch comes in: threads that wait are to sleep. Spinning wins a third of the time on an idle
    # machine, and loses several times as much when another program is busy (docs/decisions/0009).
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    # Pages that are fetched anew are up to a tenth of a step of a convolutional network (0028).
    keep_freed_memory()
    code = execute(sys.argv[1:] if arguments is None else arguments)
    try:
        flush()
    except OSError:
        # The error is told; what Python would still try to write on its way out has nowhere to go.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    sys.exit(code)


def flush() -> None:
    """Write out what is still held back, so that a full disk is noticed here. Output may be closed."""
    if sys.stdout is not None:
        sys.stdout.flush()


def execute(arguments: list[str]) -> int:
    """Run a command and return its exit code."""
    as_json = "--json" in arguments
    try:
        app.main(arguments, prog_name="glasshouse", standalone_mode=False)
        flush()
    except GlasshouseError as error:
        show_error(error, as_json)
        return error.exit_code
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.format_message(), err=True)
        return 2
    except click.UsageError as error:
        command = error.ctx.command_path if error.ctx else "glasshouse"
        show_error(UsageError(error.format_message(), fix=f"`{command} --help` explains it"), as_json)
        return 2
    except (click.Abort, KeyboardInterrupt):
        show_error(GlasshouseError("stopped by Ctrl-C"), as_json)
        return 1
    except OSError as error:
        # Whoever reads and writes files names them; this is for the device that fails under all of them.
        place = error.filename if error.filename is not None else "standard output or another stream"
        told = StorageError(
            f"{place} failed: {error.strerror or error}", fix="check the file, its folder and the disk"
        )
        try:
            show_error(told, as_json)
            flush()
        except OSError:
            show_error(told, as_json=False)  # not even the error can be written where results go
        return 1
    except Exception as error:
        show_bug(error, as_json)
        return 1
    return 0
