"""The end of a wave: winners that were measured against one incumbent are made into one stack."""

import math
from dataclasses import replace

import anyio
import pytest
from simulated import CONFIG, METRIC, faster, kinds, opened, run, site

from whet.model.event import (
    ExperimentOpened,
    ExperimentStarted,
    IncumbentAdvanced,
    StackMeasured,
    VerdictGiven,
    WaveOpened,
)
from whet.model.verdict import Verdict
from whet.steps import candidates
from whet.steps.drive import Driver
from whet.testing.agent import ScriptedAgent
from whet.testing.executor import SimulatedExecutor
from whet.testing.program import Program, from_files
from whet.wiring import open_objects

KEPT = Verdict(kind="kept", code="faster", reason="faster, 8 pairs")


def won(world, patches, judged=100):
    """Experiments kept against the base, as those of one block are; the rest wait."""
    at, base = world.clock.now(), world.state.base
    ideas = tuple(idea.id for idea in world.state.queue())
    world.record(WaveOpened(at=at, wave=1, ideas=ideas))
    for number, (idea, patch) in enumerate(zip(ideas, patches, strict=True), start=1):
        name = f"E{number:02d}"
        made = candidates.from_patch(world, idea, patch.encode(), base, "agent")
        world.record(ExperimentOpened(at=at, experiment=name, wave=1, candidate=made))
        if number > judged:
            continue
        world.record(ExperimentStarted(
            at=at, experiment=name, worker="local", incumbent=base, commit=made.commit,
            alpha=0.005, seed=1,
        ))  # fmt: skip
        world.record(VerdictGiven(at=at, experiment=name, verdict=KEPT))


def added(path, text):
    """A patch that adds a file of one line."""
    return (
        f"diff --git a/{path} b/{path}\nnew file mode 100644\n--- /dev/null\n+++ b/{path}\n"
        f"@@ -0,0 +1 @@\n+{text}"
    )


def changed(text):
    """A patch of the one line of the base."""
    return (
        "diff --git a/effects/base b/effects/base\n--- a/effects/base\n+++ b/effects/base\n"
        f"@@ -1 +1 @@\n-seconds 0.0\n+{text}"
    )


def ended(tmp_path, patches, config=CONFIG, **executor):
    """The site and the end of a campaign in which these were all kept against the base."""
    place = site(tmp_path, [""] * len(patches), config)
    with opened(place, SimulatedExecutor(seed=1, **executor)) as world:
        won(world, patches)
        anyio.run(Driver(world).run)
        return place, world.state


def built(place, state):
    """The true log gain of the stack as it was built."""
    return from_files(open_objects(place.repo), state.incumbent).gain(METRIC)


def test_winners_against_one_incumbent_are_combined_and_measured_together(tmp_path):
    place, state = ended(
        tmp_path, [added("effects/a", faster(0.1)), added("effects/b", faster(0.05))]
    )
    assert kinds(state) == ["kept", "kept"]
    assert state.stack == ["E01", "E02"]
    assert math.isclose(built(place, state), math.log(1.1 * 1.05))
    (measured,) = state.measured
    assert measured.base == state.base
    assert measured.commit == state.incumbent
    assert measured.effect.low < 1.1 * 1.05 - 1 < measured.effect.high


def test_of_two_winners_that_conflict_the_later_one_is_retired(tmp_path):
    place, state = ended(tmp_path, [changed(faster(0.1)), changed(faster(0.2)),
                                    added("effects/c", faster(0.03))])  # fmt: skip
    assert kinds(state) == ["kept", "retired", "kept"]
    assert "conflicts with what was kept" in state.experiments["E02"].verdict.reason
    assert state.stack == ["E01", "E03"]
    assert math.isclose(built(place, state), math.log(1.1 * 1.03))


@pytest.mark.parametrize("judged", [True, False])
def test_a_change_that_conflicts_goes_back_to_its_agent_with_the_conflict(tmp_path, judged):
    config = replace(CONFIG, agent=replace(CONFIG.agent, attempts=1))
    place = site(tmp_path, ["", ""], config)
    again = ScriptedAgent(edits={"I0002": {"effects/b": faster(0.2)}})
    with opened(place, SimulatedExecutor(seed=1)) as world:
        world.agent = again
        won(world, [changed(faster(0.1)), changed(faster(0.2))], judged=2 if judged else 1)
        anyio.run(Driver(world).run)
        state = world.state
    assert kinds(state) == ["kept", "retired" if judged else "failed", "kept"]
    assert state.experiments["E02"].verdict.code == "does_not_apply"
    assert state.stack == ["E01", "E03"]
    (brief,) = again.briefs
    assert brief.role == "fixer"
    assert "conflicts with what was kept: patch failed: effects/base:1" in brief.text
    assert "+seconds 0.2" in brief.text


def test_a_change_that_conflicts_is_left_where_agents_mend_nothing(tmp_path):
    config = replace(CONFIG, agent=replace(CONFIG.agent, attempts=0))
    place = site(tmp_path, ["", ""], config)
    with opened(place, SimulatedExecutor(seed=1)) as world:
        won(world, [changed(faster(0.1)), changed(faster(0.2))], judged=1)
        anyio.run(Driver(world).run)
        assert kinds(world.state) == ["kept", "failed"]


def failing(*names):
    """Programs whose checks fail when all of these files are there, each of which is fine."""

    def truth(store, commit):
        files = {path.removeprefix("effects/") for path in store.files(commit)}
        broken = set(names) <= files
        return Program(gains=from_files(store, commit).gains, fails="checks" if broken else "")

    return truth


def test_winners_that_break_the_checks_together_lose_the_newest(tmp_path):
    patches = [added(f"effects/{name}", faster(0.1)) for name in "abc"]
    place, state = ended(tmp_path, patches, truth=failing("b", "c"))
    assert kinds(state) == ["kept", "kept", "retired"]
    assert "the simulated checks fail" in state.experiments["E03"].verdict.reason
    assert [event.holds for event in state.measured] == [False, True]
    assert state.headline.experiments == ("E01", "E02")
    assert math.isclose(built(place, state), 2 * math.log(1.1))


def test_winners_that_are_worth_nothing_together_are_all_retired(tmp_path):
    patches = [added(f"effects/{name}", faster(0.1)) for name in "ab"]
    _, state = ended(tmp_path, patches, truth=lambda *_: Program())
    assert kinds(state) == ["retired", "retired"]
    assert state.stack == []
    assert state.incumbent == state.base
    assert state.headline is None


def test_two_winners_that_do_the_same_are_not_both_thrown_away(tmp_path):
    """Each is worth nothing beside the other; when one has gone, the other is worth it all."""

    def truth(store, commit):
        return Program(gains={METRIC: min(from_files(store, commit).gain(METRIC), 0.09)})

    config = replace(CONFIG, judge=replace(CONFIG.judge, leave_one_out=True))
    patches = [added(f"effects/{name}", faster(0.1)) for name in "ab"]
    _, state = ended(tmp_path, patches, config, truth=truth)
    assert sorted(kinds(state)) == ["kept", "retired"]
    assert len(state.stack) == 1
    assert state.headline.effect.low > 0.05


def test_the_stack_is_measured_on_pairs_of_its_own(tmp_path):
    place = site(tmp_path, [faster(0.1), faster(0.0), faster(0.06)])
    state = run(place, SimulatedExecutor(seed=1))
    (measured,) = [event for event in place.events if isinstance(event, StackMeasured)]
    chosen = {
        pair.a.values[METRIC] for one in state.experiments.values() for pair in one.outcome.pairs
    }
    assert len(measured.outcome.pairs) == CONFIG.measure.stack_pairs
    assert not chosen & {pair.a.values[METRIC] for pair in measured.outcome.pairs}
    assert [e.experiment for e in place.events if isinstance(e, IncumbentAdvanced)] == [
        "E01",
        "E03",
    ]
