"""Keeping the exporter's chatter away from the user's terminal, and everything as it was afterwards."""

from __future__ import annotations

import io
import logging
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, redirect_stderr, redirect_stdout

EXPORTERS = ("torch", "onnx", "onnxscript", "onnx_ir")
"""Loggers, with all below them, that speak up while a network is exported."""


@contextmanager
def quiet(names: Sequence[str] = EXPORTERS) -> Iterator[list[str]]:
    """Collect what these loggers say inside the block, and show neither warnings nor anything printed.

    PyTorch gives its loggers handlers of their own, so handlers are exchanged one by one; and when it cannot
    follow a network it prints its graph. Handlers, propagation, warning filters and the standard streams are
    back as they were after the block, whatever happened in it.

    Args:
        names: Loggers by name; those below them are meant too.

    Example:
        >>> with quiet(["chatter"]) as said:
        ...     logging.getLogger("chatter.box").warning("bla")
        >>> said
        ['bla']
    """
    said: list[str] = []
    collector = _Collector(said)
    below = [
        each for each in logging.root.manager.loggerDict if each.startswith(tuple(f"{n}." for n in names))
    ]
    loggers = [logging.getLogger(each) for each in (*names, *below)]
    before = [(each, each.handlers[:], each.propagate) for each in loggers]
    try:
        for logger in loggers:
            # One collector at each top is enough: what is said below comes up to it.
            logger.handlers = [collector] if logger.name in names else []
            logger.propagate = logger.name not in names
        printed = io.StringIO()
        with warnings.catch_warnings(), redirect_stdout(printed), redirect_stderr(printed):
            warnings.simplefilter("ignore")
            yield said
    finally:
        for logger, handlers, propagate in before:
            logger.handlers = handlers
            logger.propagate = propagate


class _Collector(logging.Handler):
    """Keeps messages in a list."""

    def __init__(self, said: list[str]) -> None:
        super().__init__()
        self._said = said

    def emit(self, record: logging.LogRecord) -> None:
        self._said.append(record.getMessage())
