"""Silence is for the block alone, also when it ends with an error."""

from __future__ import annotations

import logging
import sys
import warnings

import pytest

from glasshouse.ship.quiet import quiet


def test_loggers_warnings_and_prints_are_silent_and_heard_again(capfd):
    parent, child = logging.getLogger("chatter"), logging.getLogger("chatter.child")
    handler = logging.StreamHandler(sys.stdout)
    child.addHandler(handler)
    child.propagate = False
    with pytest.raises(ZeroDivisionError), quiet(["chatter"]) as said:
        child.warning("from the child")
        logging.getLogger("chatter.born.inside").warning("from one born inside")
        print("printed")
        warnings.warn("warned", stacklevel=1)
        _ = 1 / 0
    assert said == ["from the child", "from one born inside"]
    assert capfd.readouterr() == ("", "")
    assert (child.handlers, child.propagate) == ([handler], False)
    assert (parent.handlers, parent.propagate) == ([], True)
    print("heard")
    with pytest.warns(UserWarning, match="warned"):
        warnings.warn("warned", stacklevel=1)
    assert capfd.readouterr().out == "heard\n"


def test_loggers_of_others_are_left_alone(caplog):
    with quiet(["chatter"]):
        logging.getLogger("neighbour").warning("hello")
        logging.getLogger("chatterbox").warning("me too")
    assert caplog.messages == ["hello", "me too"]
