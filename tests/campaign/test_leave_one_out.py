"""At the end, every change in the stack is asked what it is worth there."""

from dataclasses import replace

from simulated import CONFIG, METRIC, faster, kinds, run, site

from whet.model.event import ChangeAblated
from whet.testing.executor import SimulatedExecutor
from whet.testing.program import Program, from_files

ASKED = replace(CONFIG, judge=replace(CONFIG.judge, leave_one_out=True))


def ablations(place):
    return [event for event in place.events if isinstance(event, ChangeAblated)]


def test_every_change_that_carries_its_weight_stays(tmp_path):
    place = site(tmp_path, [faster(0.10), faster(0.0), faster(0.06)], ASKED)
    state = run(place, SimulatedExecutor(seed=1))
    assert state.stack == ["E01", "E03"]
    assert [event.experiment for event in ablations(place)] == ["E01", "E03"]
    assert all(event.holds for event in ablations(place))
    worth = state.ablated["E01"].effect
    assert worth is not None
    assert worth.low < 0.10 < worth.high


def test_a_change_that_a_later_one_made_useless_is_retired(tmp_path):
    def superseded(store, commit):
        """The second change does all that the first does, and more."""
        gain = from_files(store, commit).gain(METRIC)
        both = gain > 0.12
        return Program(gains={METRIC: 0.10 if both else gain})

    place = site(tmp_path, [faster(0.05), faster(0.10)], ASKED)
    executor = SimulatedExecutor(seed=1, truth=superseded)
    state = run(place, executor)
    assert kinds(state) == ["retired", "kept"]
    assert state.stack == ["E02"]
    assert [event.holds for event in ablations(place)] == [False]
    headline = state.headline
    assert headline is not None
    assert headline.experiments == ("E02",)
    assert headline.holds


def test_a_stack_of_one_change_is_its_own_measurement(tmp_path):
    place = site(tmp_path, [faster(0.10)], ASKED)
    run(place, SimulatedExecutor(seed=1))
    assert not ablations(place)
