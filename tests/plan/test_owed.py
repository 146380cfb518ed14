"""What one event obliges to is done before anything else, whoever wrote the event."""

from dataclasses import replace

import pytest

from whet.model import event as happened
from whet.model.verdict import Verdict
from whet.plan.ready import ready
from whet.plan.replay import apply, replay
from whet.plan.step import CloseWave, Join, MeasureStack, Rebuild, Retire
from whet.testing.events import campaign

EVENTS = tuple(campaign(24))
CONFIG = EVENTS[0].config


def steps_after(events):
    return ready(replay(events), CONFIG, ())


def keeps():
    for number, event in enumerate(EVENTS):
        if isinstance(event, happened.VerdictGiven) and event.verdict.kind == "kept":
            yield number, event.experiment


def test_a_kept_change_joins_the_stack_next():
    assert len(list(keeps())) > 2
    for number, name in keeps():
        assert steps_after(EVENTS[: number + 1]) == (Join(name),)
        assert Join(name) not in steps_after(EVENTS[: number + 2])


def test_a_kept_change_that_is_judged_alone_joins_nothing():
    for number, name in keeps():
        before = [
            replace(event, alone=True) if isinstance(event, happened.ExperimentOpened) else event
            for event in EVENTS[: number + 1]
        ]
        assert Join(name) not in steps_after(before)


@pytest.fixture
def fallen():
    """The state after the stack of the first wave did not hold when it was re-measured."""
    at = next(n for n, event in enumerate(EVENTS) if isinstance(event, happened.StackMeasured))
    return replay((*EVENTS[:at], replace(EVENTS[at], holds=False, detail="not faster")))


def test_a_stack_that_does_not_hold_loses_its_newest_change(fallen):
    assert ready(fallen, CONFIG, ()) == (Retire(fallen.stack[-1], "not faster"),)


def test_a_retired_change_leaves_the_incumbent_before_anything_is_measured(fallen):
    newest = fallen.stack[-1]
    given = Verdict(kind="retired", code="stack", reason="not faster")
    apply(fallen, happened.VerdictGiven(at=fallen.last, experiment=newest, verdict=given))
    assert newest not in fallen.stack
    assert ready(fallen, CONFIG, ()) == (Rebuild(),)
    apply(fallen, happened.IncumbentAdvanced(
        at=fallen.last, experiment="", commit="c" * 40, previous=fallen.incumbent
    ))  # fmt: skip
    expected = MeasureStack(1, "local") if fallen.stack else CloseWave(1)
    assert ready(fallen, CONFIG, ()) == (expected,)


def test_nothing_is_begun_while_something_else_runs(fallen):
    assert ready(fallen, CONFIG, [MeasureStack(1, "local")]) == ()
