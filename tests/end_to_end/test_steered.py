"""A person says something while a campaign runs, from another terminal."""

import pytest

from end_to_end.moments import running
from end_to_end.target import experiments

WAVES = ("[agent]", "[run]\nideas_per_wave = 1\n\n[agent]")


@pytest.mark.slow
def test_a_run_pauses_is_steered_goes_on_and_is_stopped(target):
    target.configure(*WAVES)
    target.ideas("nothing", "fast-left", "wrong", "slow")
    with running(target) as run:
        assert run.reaches("worker.calibrated")
        assert "what is under way comes to its end" in target.whet("pause").out
        assert run.reaches("person.paused")
        assert run.until(lambda: "paused" in target.whet("status").out)
        # nothing is started any more, but words are heard
        assert target.whet("ideas", "add", "fast-right").out == "I05 is queued. Next: whet run\n"
        assert target.whet("ideas", "move", "I05", "1", "--json").document["place"] == 1
        target.whet("ideas", "drop", "i04", "--reason", "no time for it")
        target.whet("note", "leave right.c alone")
        gone = target.whet("ideas", "drop", "I09", code=2)
        assert (gone.err.splitlines()[0], gone.out) == ("error: no idea I09 waits in the queue", "")
        before = run.new()
        assert "goes on" in target.whet("resume").out
        assert run.reaches("person.noted", "wave.closed")
        target.whet("stop")
        assert run.end() == 130
    assert "stopped: by whet stop: after the wave; your checkout was not touched" in run.said
    started = [name for name in before[before.index("person.paused") :] if "started" in name]
    assert started == []
    first = next(event for event in target.events() if event["type"] == "wave.opened")
    assert first["ideas"] in (["I01"], ["I05"])
    assert not list((target.store / "campaigns/t_ms/inbox").iterdir())

    target.whet("run")
    assert set(experiments(target.events())) == {"I01", "I02", "I03", "I05"}


@pytest.mark.slow
def test_a_run_is_stopped_at_once(target):
    target.ideas("fast-left", "fast-right")
    with running(target) as run:
        assert run.reaches("bench")
        assert "Stopping t_ms now" in target.whet("stop", "--now").out
        assert run.end() == 130
    assert target.events()[-1]["code"] == "interrupt"


@pytest.mark.slow
def test_a_paused_run_that_is_killed_goes_on_when_it_is_started_again(target):
    target.ideas("fast-left")
    with running(target) as run:
        assert run.reaches("worker.calibrated")
        target.whet("pause")
        run.process.kill()
        run.end()
    target.whet("run")
    assert experiments(target.events()) == {"I01": ["kept"]}


def test_where_nothing_runs_there_is_nothing_to_pause(target):
    for command in ("pause", "resume", "stop"):
        said = target.whet(command, code=3)
        assert said.err.split("\n") == [
            "error: no campaign is running here",
            "",
            "hint: whet run",
            "",
        ]
