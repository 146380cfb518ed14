"""Which worker is free, which has to be checked first, and what is measured where."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from whet.model.config import Config
from whet.model.worker import WorkerConfig, cores, expanded, measuring
from whet.plan import machines, quarantine
from whet.plan.state import ExperimentState, State
from whet.plan.step import Calibrate, Judge, Propose, Step

BLOCK = 3
"""Candidates in a block for each that may be in a round: as one is decided, another joins."""

_OFTEN = 3
"""An experiment that lost its machine so often waits until nothing else does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fleet:
    """The workers that measure, at this moment.

    `idle` are fit and free. `checks` are calibrations that may begin, those of workers without one
    before those that are out. `fit` counts workers that are calibrated and not out, busy or not.
    `lanes` is how many can measure at the same time; 0 when none can be hoped for.
    """

    idle: tuple[str, ...]
    checks: tuple[Calibrate, ...]
    fit: int
    checking: int
    lanes: int


def look(
    state: State, config: Config, running: Collection[Step], *, here: bool, apart: bool
) -> Fleet:
    """Who may measure now.

    Args:
        state: what the ledger says.
        config: the workers.
        running: steps under way.
        here: whether this machine may be measured on: no agent is about to work on it.
        apart: whether agents on this machine work on cores of their own.
    """
    workers = measuring(config.workers)
    never = config.agent.beside == "never"
    busy = {str(getattr(step, "worker", "")) for step in running}
    taken = [one for one in expanded(config.workers) if one.kind == "local" and one.name in busy]
    talking = not apart and any(isinstance(step, Propose) for step in running)
    usable = [one for one in workers if quarantine.usable(state, config, one.name)]
    idle: list[WorkerConfig] = []
    fresh: list[WorkerConfig] = []
    again: list[WorkerConfig] = []
    good = 0
    for one in usable:
        out = state.quarantine(one.name)
        fit = out is None and one.name in state.fit
        good += fit
        here_and_not_now = (never or one.kind == "local") and (talking or not here)
        if one.name in busy or here_and_not_now:
            continue
        if any(disturbs(one, other) for other in taken):
            continue
        if fit:
            idle.append(one)
        else:
            (fresh if out is None else again).append(one)
    free = undisturbed([*idle, *fresh, *again])
    checking = sum(isinstance(step, Calibrate) and step.worker not in state.fit for step in running)
    names = {one.name for one in idle}
    return Fleet(
        idle=tuple(one.name for one in free if one.name in names), fit=good,
        checks=tuple(_check(state, config, one.name) for one in free if one.name not in names),
        checking=checking, lanes=len(undisturbed(usable)),
    )  # fmt: skip


def _check(state: State, config: Config, worker: str) -> Calibrate:
    out = state.quarantine(worker)
    after = quarantine.pause(out.failed, config.measure.max_wait) if out is not None else 0.0
    return Calibrate(worker, after or 0.0)


def undisturbed(workers: Sequence[WorkerConfig]) -> list[WorkerConfig]:
    """Those that can measure at the same time, the first of two that cannot."""
    chosen: list[WorkerConfig] = []
    here: list[WorkerConfig] = []
    for one in workers:
        if any(disturbs(one, other) for other in here):
            continue
        chosen.append(one)
        if one.kind == "local":  # others disturb nobody
            here.append(one)
    return chosen


def disturbs(one: WorkerConfig, other: WorkerConfig) -> bool:
    """Whether two workers are one machine, and not on cores of their own."""
    if one.kind != "local" or other.kind != "local":
        return False
    first, second = cores(one.cpus), cores(other.cpus)
    return not first or not second or bool(first & second)


def waiting(state: State, running: Collection[Step]) -> list[ExperimentState]:
    """Experiments that nobody measures yet, those that lost their machine often at the end."""
    given = {name for step in running if isinstance(step, Judge) for name in step.experiments}
    begun = state.begun
    found = [one for name, one in state.open.items() if name not in begun and name not in given]
    found.sort(key=lambda one: (one.requeued >= _OFTEN, one.number))
    return found


def blocks(
    found: Sequence[ExperimentState], config: Config, lanes: int
) -> Iterator[tuple[str, ...]]:  # fmt: skip
    """What is measured together: those that wait for the same incumbent share its invocations.

    Blocks are as small as it takes to keep every lane busy. One that was queued again is judged by
    itself: it may be what broke the block it was in.
    """
    left = list(found)
    most = config.measure.shared_control
    size = min(BLOCK * most if most > 1 else 1, max(1, -(-len(left) // max(1, lanes))))
    if size == 1:
        yield from ((one.id,) for one in left)
        return
    while left:
        first = left[0]
        if may_share(first):
            chosen = [one for one in left if may_share(one) and one.alone == first.alone][:size]
        else:
            chosen = [first]
        names = {one.id for one in chosen}
        left = [one for one in left if one.id not in names]
        yield tuple(one.id for one in chosen)


def may_share(experiment: ExperimentState) -> bool:
    """Whether an experiment may be in a block with others."""
    fresh = experiment.status == "waiting" and not experiment.requeued
    return fresh and bool(experiment.candidate.commit)


def elsewhere(state: State, idle: Sequence[str], chosen: Collection[str]) -> str:
    """The idle worker that judged the fewest of these experiments: a gain must not be one's own."""

    def own(worker: str) -> int:
        begun = (state.experiments[name].started for name in chosen)
        return sum(1 for one in begun if one is not None and one.worker == worker)

    return min(idle, key=own)


def hopeless(state: State, config: Config) -> str:
    """Why no machine can be had any more: the last thing that was said of one; empty if one can."""
    names = [one.name for one in measuring(config.workers)]
    if any(quarantine.usable(state, config, name) for name in names):
        return ""
    drained = [name for name in names if name in state.drained]
    if drained:
        return f"no worker is left: {', '.join(drained)} drained by hand"
    gone = [one for one in state.machines.values() if one.worker in names and one.gone is not None]
    why = next((one.detail for one in reversed(gone) if one.detail), "")
    tried = machines.ATTEMPTS
    return f"no worker is left: {tried} machines in a row came to nothing{why and f': {why}'}"
