"""Several commands at once in one repository."""

import platform
from pathlib import Path

from end_to_end.moments import running
from end_to_end.target import experiments


def test_a_second_run_is_refused_and_the_first_can_be_watched(target):
    target.edit("slow", 'until [ -e "$HOME/go" ]; do sleep 0.02; done')
    target.ideas("fast-left", "slow")
    with running(target) as run:
        assert run.reaches("experiment.opened")  # and now the agent waits for a sign
        refused = target.whet("run", code=3)
        target.whet("clean", code=3)
        target.whet("ideas", "add", "fast-right", "--campaign", "second")
        target.whet("run", "--campaign", "second")  # another campaign may run beside it
        seen = target.whet("status", "--campaign", "t_ms")
        document = target.whet("status", "--json", "--campaign", "t_ms").document
        Path(target.env["HOME"], "go").touch()
        assert run.end() == 0
    holder = f"process {run.process.pid} on {platform.node()}"
    assert f"another whet is running this campaign: {holder}" in refused.err
    assert f"running ({holder}), wave 1" in seen.out
    assert "1 experiment waiting · 1 idea left in the wave" in seen.out
    assert document["state"] == "running"
    assert target.whet("status", "--json").document["state"] == "stopped"
    assert experiments(target.events()) == {"I01": ["kept"], "I02": ["failed"]}
    assert experiments(target.events("second")) == {"I01": ["kept"]}


def test_two_comparisons_at_once_do_not_end_each_other(target):
    words = ("compare", "HEAD", "other", "--pairs", "6", "--json")
    with running(target, *words) as one, running(target, *words) as two:
        assert (one.end(), two.end()) == (0, 0)
