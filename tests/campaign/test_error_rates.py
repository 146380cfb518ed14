"""How often a whole campaign is wrong, through the driver, on machines whose noise is known.

The bounds of small campaigns are such that chance breaks them once in a thousand seeds; all seeds
are fixed, so a failure is a change of behaviour. `make bench` prints the table of large ones.
"""

from dataclasses import replace

import pytest
from scipy.stats import binom
from simulated import CONFIG, claims, faster, judgements, kinds, run, site

from whet.model.config import Judge
from whet.model.event import ExperimentStarted
from whet.steps.judge import NOISY
from whet.testing.executor import SimulatedExecutor
from whet.testing.noise import MACHINES

ALPHA = CONFIG.judge.alpha
POWER = {"quiet": 0.90, "cloud": 0.80}
"""Stated chance to keep a change that is worth exactly the minimum effect of 2 %."""


def at_most(share, of):
    """A count that a true share exceeds once in a thousand times."""
    return int(binom.isf(0.001, of, share))


def at_least(share, of):
    """A count that a true share misses once in a thousand times."""
    return int(binom.ppf(0.001, of, share))


def kept(folder, name, changes, *, alone=False):
    """How many of these changes a campaign on this machine keeps, and what it claims at the end."""
    folder.mkdir()
    place = site(folder, changes)
    executor = SimulatedExecutor(machine=MACHINES[name], seed=1)
    state = run(place, executor, proposed=True, alone=alone)
    assert len(state.experiments) == len(changes)
    assert set(judgements(place.events).values()) == {1}
    assert executor.held == []
    return kinds(state).count("kept"), claims(place, place.events)


def test_of_changes_without_effect_hardly_any_is_kept(tmp_path):
    found = [kept(tmp_path / name, name, [faster(0.0)] * 16)[0] for name in MACHINES]
    assert max(found) <= at_most(ALPHA, 16)
    assert sum(found) <= at_most(ALPHA, 16 * len(MACHINES))


@pytest.mark.parametrize("name", POWER)
def test_changes_worth_the_minimum_are_kept(name, tmp_path):
    count, claimed = kept(tmp_path / name, name, [faster(0.02)] * 20)
    assert count >= at_least(POWER[name], 20)
    assert claimed == [True]


def test_slower_changes_are_not_kept_on_any_machine(tmp_path):
    for name in MACHINES:
        assert kept(tmp_path / name, name, [faster(-0.02)] * 5) == (0, [])


def test_where_a_machine_was_found_noisy_each_change_may_spend_less(tmp_path):
    config = replace(CONFIG, judge=Judge(spend="auto"))
    place = site(tmp_path, [faster(0.0)] * 4, config)
    state = run(place, SimulatedExecutor(machine=MACHINES["noisy"], seed=2), proposed=True)
    assert state.calibrations["local"].noise.sd_pair > NOISY
    spent = [event.alpha for event in place.events if isinstance(event, ExperimentStarted)]
    assert spent == [pytest.approx(config.judge.fdr / config.run.max_experiments)] * 4


@pytest.mark.slow
def test_of_200_changes_without_effect_at_most_3_are_kept_on_any_machine(tmp_path):
    found = [kept(tmp_path / name, name, [faster(0.0)] * 200)[0] for name in MACHINES]
    assert max(found) <= 3
    assert sum(found) <= 0.01 * 200 * len(MACHINES)


@pytest.mark.slow
@pytest.mark.parametrize("name", POWER)
def test_of_200_changes_worth_the_minimum_the_stated_share_is_kept(name, tmp_path):
    count, _ = kept(tmp_path / name, name, [faster(0.02)] * 200, alone=True)
    assert count >= at_least(POWER[name], 200)


def test_blocks_change_no_verdict_and_save_invocations(tmp_path):
    changes = [faster(0.0), faster(0.10), faster(-0.05), faster(0.0)] * 4
    found, spent = [], []
    for number in (1, 4):
        measure = replace(CONFIG.measure, shared_control=number)
        (tmp_path / str(number)).mkdir()
        place = site(tmp_path / str(number), changes, replace(CONFIG, measure=measure))
        executor = SimulatedExecutor(machine=MACHINES["quiet"], seed=1)
        state = run(place, executor, proposed=True, alone=True)
        found.append(kinds(state))
        spent.append(executor.invocations)
        outcomes = [e.outcome for e in state.experiments.values()]
        assert sum(one.shared for one in outcomes) == 0 or number > 1
        beside = [len(e.started.beside) + 1 for e in state.experiments.values()]
        assert beside == ([1] * 16 if number == 1 else [12] * 12 + [4] * 4)
    assert found[0] == found[1]
    assert spent[1] < 0.75 * spent[0]
