"""Every command with its arguments and options, in the words of its own help."""

from __future__ import annotations

import inspect
from collections.abc import Iterator

import click
from markdown_pieces import code, prose

from glasshouse.cli.app import app


def command_line(_which: str) -> Iterator[str]:
    """The page's body."""
    for name, command in app.commands.items():
        yield from _command(name, command)


def _command(name: str, command: click.Command) -> Iterator[str]:
    context = click.Context(command, info_name=f"glasshouse {name}", help_option_names=["-h", "--help"])
    yield f"(command-{name})="
    yield f"## `glasshouse {name}`"
    yield ""
    yield "```text"
    yield " ".join([context.command_path, *command.collect_usage_pieces(context)])
    yield "```"
    yield ""
    yield from _help(command.help or "")
    yield f"```{{program}} glasshouse {name}\n```"
    yield ""
    for parameter in command.get_params(context):
        record = parameter.get_help_record(context)
        if record is None or isinstance(parameter, click.Argument):
            continue  # arguments are explained in the text
        names, words = record
        yield f":::{{option}} {names.replace(' / ', ', ')}"
        yield ":no-contents-entry:"
        yield ""
        yield _words(words)
        yield ":::"
        yield ""


def _help(text: str) -> Iterator[str]:
    """Paragraphs as they are; those that click is not to wrap are examples."""
    for paragraph in inspect.cleandoc(text).split("\n\n"):
        if paragraph.startswith(("\b", "\\b")):
            yield from ("```console", *(f"$ {line}" for line in paragraph.splitlines()[1:]), "```")
        else:
            yield _words(paragraph)
        yield ""


def _words(text: str) -> str:
    """A text in which only what stands between backticks is markup."""
    return "".join(code(each) if place % 2 else _spaced(each) for place, each in enumerate(text.split("`")))


def _spaced(text: str) -> str:
    """Its white space made single, kept at the ends."""
    ends = [" " if text[at : at + 1].isspace() else "" for at in (0, len(text) - 1)] if text else ["", ""]
    return f"{ends[0]}{prose(text)}{ends[1]}"
