"""Which columns have a role of their own: the target, the group and the time."""

from __future__ import annotations

import re
import shlex
from collections.abc import Sequence
from dataclasses import dataclass

from glasshouse.core.errors import UnknownNameError, UsageError
from glasshouse.core.names import unknown_name
from glasshouse.data.settings import DataSettings
from glasshouse.data.tables.cells import Cells

_LIKELY = ("class", "target", "label", "y", "outcome", "species")


@dataclass(frozen=True)
class Roles:
    """Names of the columns with a role; empty where there is none."""

    target: str
    group: str = ""
    time: str = ""


def find_roles(cells: Cells, settings: DataSettings) -> Roles:
    """Resolve what the settings say about target, group and time.

    Raises:
        UsageError: No target is named (the columns are listed), or two roles fall on one column.
        UnknownNameError: A named column is not there.
    """
    names = cells.frame.columns
    if settings.target is None and settings.task != "reconstruction":
        raise no_target(cells.origin, names)
    target = _find(settings.target, cells) if settings.target is not None else ""
    group = _find(settings.group, cells) if settings.group is not None else ""
    time = _find(settings.time, cells) if settings.time is not None else ""
    for role, name in (("group", group), ("time", time)):
        if name and name == target and not (role == "time" and settings.window):
            raise UsageError(
                f"column {target!r} is the target and the {role} column",
                expected="two different columns",
                fix=f"name another column in data.{role}",
            )
    return Roles(target, group, time)


def _find(which: str | int, cells: Cells) -> str:
    """The column of that name or index. Where the way of reading hid the names, the error says so."""
    names = cells.frame.columns
    try:
        return find_name(which, names)
    except UnknownNameError as error:
        if cells.lines is None or (cells.header and len(names) > 1):
            raise
        if len(names) == 1:
            fix = f"nothing divides the lines of {cells.origin}: say with --separator what should"
        else:
            fix = "its columns have no names: name one by its index, such as -1 for the last, or say --header"
        raise UnknownNameError(error.received, expected=error.expected, fix=fix) from error


def find_name(which: str | int, names: Sequence[str]) -> str:
    """The column of that name or index. Digits mean an index where no column has them as its name.

    Args:
        which: ``"income"``, ``-1``, or ``"-1"`` as the command line hands it over.
        names: The columns in their order.

    Raises:
        UnknownNameError: There is no such column.
    """
    if isinstance(which, str):
        if which in names:
            return which
        if not re.fullmatch(r"[+-]?\d+", which.strip()):
            raise unknown_name(which, names, "column")
    index = int(which)
    if -len(names) <= index < len(names):
        return names[index]
    raise UnknownNameError(
        f"there is no column {index}",
        expected=f"an index from 0 to {len(names) - 1}, or from -{len(names)} to -1 counted from the end",
        fix=f"the columns are {', '.join(names[:20])}",
    )


def no_target(origin: str, names: Sequence[str]) -> UsageError:
    """The error when nothing says what is to be predicted: it lists the columns and suggests a likely one."""
    by_name = {name.lower(): name for name in names}
    likely = next((by_name[word] for word in _LIKELY if word in by_name), names[-1])
    shown = ", ".join(names[:40]) + (f" and {len(names) - 40} more" if len(names) > 40 else "")
    return UsageError(
        f"{origin}: no target is named",
        expected=f"one of its columns: {shown}",
        fix=f"say what to predict, for example --target {shlex.quote(likely)}, "
        "or learn the rows themselves: --task reconstruction",
    )
