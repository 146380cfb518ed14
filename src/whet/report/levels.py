"""Where each experiment stands over the base: its parent's level times its own effect."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from whet.model.event import ExperimentStarted, StackMeasured
from whet.model.verdict import Effect, VerdictKind
from whet.plan.state import ExperimentState, State
from whet.report.story import comparable, config_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """A measured experiment; levels are gains over the base as fractions, `slot` counts from 1."""

    id: str
    slot: int
    kind: VerdictKind
    level: float
    low: float
    high: float
    effect: Effect


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """The stack's level from one measurement to the next; slots are edges between experiments.

    The base needs no measurement: it is the level 0, and has no interval.
    """

    begin: int
    end: int
    level: float
    low: float
    high: float
    measured: StackMeasured | None


def points(state: State) -> tuple[Point, ...]:
    """Every experiment whose number can be believed, in the order they were opened."""
    found, known = [], _levels(state)
    for slot, experiment in enumerate(state.experiments.values(), 1):
        effect, started, verdict = comparable(experiment), experiment.started, experiment.verdict
        if effect is None or started is None or verdict is None:
            continue
        parent = 1 + _level(state, known, started)
        found.append(
            Point(
                id=experiment.id,
                slot=slot,
                kind=verdict.kind,
                level=parent * (1 + effect.estimate) - 1,
                low=parent * (1 + effect.low) - 1,
                high=parent * (1 + effect.high) - 1,
                effect=effect,
            )
        )
    return tuple(found)


def stretches(state: State) -> tuple[Stretch, ...]:
    """The stack's level over the experiments; it changes only where the stack was re-measured."""
    last = len(state.experiments)
    steps: dict[int, StackMeasured] = {}
    for measured in state.measured:
        if measured.holds and measured.effect is not None:
            steps[_before(state, measured.at)] = measured
    edges = [0, *steps, last]
    found = [Stretch(begin=0, end=edges[1], level=0.0, low=0.0, high=0.0, measured=None)]
    for (begin, measured), end in zip(steps.items(), edges[2:], strict=True):
        effect = measured.effect
        assert effect is not None
        found.append(
            Stretch(
                begin=begin,
                end=end,
                level=effect.estimate,
                low=effect.low,
                high=effect.high,
                measured=measured,
            )
        )
    return tuple(found)


def base_value(state: State) -> float | None:
    """The goal's value at level 0: as measured beside the stack, or beside the first experiment."""
    for measured in reversed(state.measured):
        if measured.effect is not None:
            return measured.effect.a
    for experiment in state.experiments.values():
        started, effect = experiment.started, comparable(experiment)
        if started is not None and started.incumbent == state.base and effect is not None:
            return effect.a
    return None


def value_at(state: State, base: float, level: float) -> float:
    """The goal's value at a level: gains are ratios of speeds, so lower is better divides."""
    higher = config_of(state).goal.direction == "higher"
    return base * (1 + level) if higher else base / (1 + level)


def in_waves(experiments: Sequence[ExperimentState]) -> tuple[tuple[int, int, int], ...]:
    """Runs of experiments of one wave: (wave, first slot, last slot)."""
    runs: list[tuple[int, int, int]] = []
    for slot, experiment in enumerate(experiments, 1):
        if runs and runs[-1][0] == experiment.wave:
            runs[-1] = (experiment.wave, runs[-1][1], slot)
        else:
            runs.append((experiment.wave, slot, slot))
    return tuple(runs)


def _levels(state: State) -> dict[str, float]:
    """The level of each commit: re-measured where it was, else the product on the way there."""
    known = {state.base: 0.0}
    for measured in state.measured:
        if measured.effect is not None:
            known[measured.commit] = measured.effect.estimate
    for experiment in state.experiments.values():
        started, effect = experiment.started, comparable(experiment)
        if started is not None and effect is not None:
            parent = _level(state, known, started)
            known.setdefault(started.commit, (1 + parent) * (1 + effect.estimate) - 1)
    return known


def _level(state: State, known: Mapping[str, float], started: ExperimentStarted) -> float:
    """The level an experiment started from.

    A stack that was put together anew has a commit that nothing was measured at; it is taken to
    stand where the stack last was.
    """
    if started.incumbent in known:
        return known[started.incumbent]
    before = (
        measured.effect.estimate
        for measured in reversed(state.measured)
        if measured.at <= started.at and measured.effect is not None and measured.holds
    )
    return next(before, 0.0)


def _before(state: State, at: float) -> int:
    return sum(1 for experiment in state.experiments.values() if experiment.opened <= at)
