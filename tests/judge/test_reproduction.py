"""Reproduced, not reproduced, or cannot tell here."""

import pytest

from whet.judge.reproduction import reproduction
from whet.model.verdict import Effect


def gain(low, high):
    return Effect(metric="m", estimate=(low + high) / 2, low=low, high=high, confidence=0.95,
                  pairs=24, a=1.0, b=1.0)  # fmt: skip


@pytest.mark.parametrize(
    ("low", "high", "same", "other"),
    [
        (0.10, 0.20, "reproduced", "reproduced"),
        (0.19, 0.25, "reproduced", "reproduced"),
        (0.30, 0.40, "reproduced", "reproduced"),
        (0.02, 0.05, "not_reproduced", "cannot_tell"),
        (-0.02, 0.05, "not_reproduced", "cannot_tell"),
        (-0.10, 0.15, "cannot_tell", "cannot_tell"),
        (-0.20, -0.10, "not_reproduced", "not_reproduced"),
    ],
)
def test_a_gain_from_ten_to_twenty_percent_is_looked_for(low, high, same, other):
    recorded = gain(0.10, 0.20)
    assert reproduction(recorded, gain(low, high), same_kind=True)[0] == same
    assert reproduction(recorded, gain(low, high), same_kind=False)[0] == other


@pytest.mark.parametrize(
    ("low", "high", "answer"),
    [
        (-0.01, 0.03, "reproduced"),
        (0.01, 0.04, "reproduced"),
        (-0.30, 0.30, "cannot_tell"),  # an interval so wide overlaps with nearly anything
        (-0.20, -0.10, "not_reproduced"),
    ],
)
def test_no_gain_comes_out_again_where_the_intervals_overlap(low, high, answer):
    assert reproduction(gain(-0.02, 0.02), gain(low, high), same_kind=True)[0] == answer
