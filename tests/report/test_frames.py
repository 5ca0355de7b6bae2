"""Frames of an episode are drawn the way the world draws them."""

from __future__ import annotations

import math
import re

import pytest

from glasshouse.report.frames import cart_pole, frames, pendulum


def tip(drawing):
    return [float(each) for each in re.search(r'class="rod" d="M\S+ \S+L(\S+) (\S+)"', drawing).groups()]


def test_a_pole_with_a_positive_angle_leans_to_the_right():
    x, y = tip(cart_pole([0.0, 0.0, 0.2, 0.0], [0]))
    assert x > 50
    assert y < tip(cart_pole([0.0, 0.0, 0.8, 0.0], [0]))[1]  # the further it leans the lower it is


def test_a_cart_at_the_end_of_its_track_is_at_the_end_of_the_picture():
    assert "M92.0" in cart_pole([2.4, 0.0, 0.0, 0.0], [1])


def test_a_pendulum_turns_against_the_clock():
    upright, quarter = tip(pendulum([1.0, 0.0, 0.0], [0.0])), tip(pendulum([0.0, 1.0, 0.0], [0.0]))
    assert upright == [50, 16]
    assert quarter == [16, 50]


def test_the_arc_of_a_torque_is_as_long_as_the_torque_is_strong():
    def reach(torque):
        x, y = re.search(r'class="tip" cx="(\S+)" cy="(\S+)"', pendulum([1.0, 0.0, 0.0], [torque])).groups()
        return math.atan2(float(x) - 50, 50 - float(y))

    assert reach(-2.0) == pytest.approx(2.4, abs=0.02)
    assert reach(1.0) == pytest.approx(-1.2, abs=0.02)


def test_moments_are_spread_over_the_episode_and_unknown_worlds_are_not_drawn():
    episode = {"seen": [[0.0] * 4] * 500, "actions": [[0.0]] * 500}
    strip = frames(episode, "gymnasium:CartPole-v1")
    assert strip.count("<svg") == 8
    assert "step 0" in strip
    assert "step 499" in strip
    assert frames(episode, "gymnasium:Acrobot-v1") is None
