"""What guard machines still have to measure, and what they object to."""

from collections.abc import Collection, Iterator

from whet.model.config import Config
from whet.model.worker import WorkerConfig, expanded
from whet.plan import machines
from whet.plan.state import State
from whet.plan.step import MeasureGuard, Retire, Step

STACK = ""
"""Stands for the stack where an experiment could be named."""


def guards(config: Config) -> tuple[WorkerConfig, ...]:
    """The guard machines, each under its own name."""
    return tuple(one for one in expanded(config.workers) if one.role == "guard")


def measuring(
    state: State, config: Config, running: Collection[Step], *, here: bool, stack: bool = False
) -> list[Step]:
    """What the idle guard machines measure next: kept changes in their order, then the stack.

    Args:
        state: what the ledger says.
        config: the workers.
        running: steps under way.
        here: whether this machine is free.
        stack: whether the stack is what it will stay.
    """
    busy = {getattr(step, "worker", "") for step in running}
    steps: list[Step] = []
    for one in guards(config):
        if one.name in busy or machines.given_up(state, one.name) or one.name in state.drained:
            continue
        if one.kind == "local" and not here:
            continue
        wanted = next(_wanted(state, one.name, stack=stack), None)
        if wanted is not None:
            steps.append(MeasureGuard(wanted, one.name))
    return steps


def _wanted(state: State, worker: str, *, stack: bool) -> Iterator[str]:
    for one in sorted(state.kept.values(), key=lambda one: one.number):
        settled = one.in_stack or one.alone
        if settled and one.started is not None and (one.id, worker) not in state.guarded:
            yield one.id
    seen = state.guarded.get((STACK, worker))
    if stack and len(state.stack) > 1 and (seen is None or seen.b != state.incumbent):
        yield STACK


def objection(state: State, config: Config) -> Retire | None:
    """A change in the stack that got worse on a machine where it must not; a person decides.

    What a person has kept stays.
    """
    needed = [one.name for one in guards(config) if one.required]
    for name in reversed(state.stack) if needed else ():
        verdict = state.experiments[name].verdict
        for worker in needed:
            seen = state.guarded.get((name, worker))
            bad = seen is not None and not seen.holds
            if bad and seen is not None and verdict is not None and verdict.by == "judge":
                return Retire(name, f"on {worker}: {seen.detail}", held=True)
    return None
