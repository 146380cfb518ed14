"""Ctrl-C once, twice, and SIGTERM: back at the prompt, nothing lost, nothing left."""

import signal

import pytest

from end_to_end.footprint import left_running
from end_to_end.moments import running
from end_to_end.target import experiments

PROMISED = 5.0
"""Seconds until the prompt is back after the second Ctrl-C."""

WAVES = ("[agent]", "[run]\nideas_per_wave = 2\n\n[agent]")


def test_ctrl_c_once_finishes_the_wave_and_a_later_run_goes_on(target):
    target.configure(*WAVES)
    target.ideas("fast-left", "unbuildable", "fast-right")
    with running(target) as run:
        assert run.reaches("experiment.started")
        run.send(signal.SIGINT)
        assert run.end() == 130
    assert experiments(target.events()) == {"I01": ["kept"], "I02": ["failed"]}
    assert [name for name in run.new() if name.startswith("wave.")] == [
        "wave.opened",
        "wave.closed",
    ]
    assert "stopping after this wave" in run.said
    assert "stopped: by Ctrl-C: after the wave; your checkout was not touched" in run.said
    assert "hint: whet run" in run.said
    assert target.events()[-1]["code"] == "interrupt"

    target.whet("run")
    assert experiments(target.events())["I03"] == ["kept"]


@pytest.mark.parametrize("moment", ["agent", "bench"])
def test_ctrl_c_twice_stops_at_once_and_a_later_run_goes_on(target, moment):
    target.edit("fast-left", "sed -i 's/passes = 3/passes = 2/' left.c; sleep 0.3")
    target.ideas("fast-left", "unbuildable")
    with running(target) as run:
        assert run.reaches(moment)
        run.send(signal.SIGINT)
        assert run.until(lambda: "stopping after this wave" in run.said)
        run.send(signal.SIGINT)
        assert run.end(PROMISED) == 130
    assert left_running(target.root, 0.0) == []
    assert "stopping now" in run.said
    assert "your checkout was not touched" in run.said
    assert target.events()[-1]["code"] == "interrupt"

    target.whet("run")
    assert experiments(target.events()) == {"I01": ["kept"], "I02": ["failed"]}


def test_sigterm_stops_at_once_with_its_own_exit_code(target):
    target.ideas("fast-left")
    with running(target) as run:
        assert run.reaches("build")
        run.send(signal.SIGTERM)
        assert run.end(PROMISED) == 143
    assert left_running(target.root, 0.0) == []
    assert "stopped: by SIGTERM: " in run.said
    assert target.events()[-1]["code"] == "interrupt"


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_comparison_that_is_stopped_leaves_nothing_running(target, number, code):
    with running(target, "compare", "HEAD", "other", "--pairs", "40") as run:
        assert run.reaches("build")
        run.send(number)
        assert run.end(PROMISED) == code
    assert left_running(target.root, 0.0) == []
