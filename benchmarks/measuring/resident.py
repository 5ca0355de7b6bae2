"""How much memory processes have in use, as Linux counts it."""

from __future__ import annotations

from pathlib import Path

MIB = 1024 * 1024
OWN = Path("/proc/self")


def available() -> bool:
    """Whether this system tells it: Linux does."""
    return Path(OWN, "clear_refs").exists() and Path(OWN, "smaps_rollup").exists()


def status(key: str) -> int:
    """Bytes that a line of this process's status gives.

    Args:
        key: ``"VmRSS"``: resident now; ``"VmHWM"``: the most since the process began or :func:`forget_peak`.
            Unlike getrusage's this one begins anew with the program and not with the process that started it.
    """
    for line in Path(OWN, "status").read_text(encoding="ascii").splitlines():
        name, _, rest = line.partition(":")
        if name == key:
            return int(rest.split()[0]) * 1024
    raise KeyError(key)


def resident() -> int:
    """Bytes of this process that lie in memory now."""
    return status("VmRSS")


def peak() -> int:
    """The most of them since :func:`forget_peak`."""
    return status("VmHWM")


def forget_peak() -> None:
    """Let the peak begin anew, at what is resident now."""
    Path(OWN, "clear_refs").write_text("5", encoding="ascii")


def family(pid: int) -> list[int]:
    """A process and all that it and its children have started."""
    children: dict[int, list[int]] = {}
    for each in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = each.read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
        except OSError:  # it has just ended
            continue
        children.setdefault(int(fields[1]), []).append(int(each.parent.name))
    found = [pid]
    for each in found:
        found.extend(children.get(each, []))
    return found


def proportional(pids: list[int]) -> int:
    """Bytes that processes have in memory together; what they share, such as libraries, is counted once.

    Args:
        pids: Processes; those that have ended count nothing.
    """
    total = 0
    for pid in pids:
        try:
            text = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii")
        except OSError:
            continue
        total += sum(int(line.split()[1]) * 1024 for line in text.splitlines() if line.startswith("Pss:"))
    return total
