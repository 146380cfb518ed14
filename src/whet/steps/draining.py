"""Workers that a person takes out or lets in again."""

from collections.abc import AsyncIterator

from whet.errors import NotReady, UserError
from whet.model.event import Event
from whet.model.machine import WorkerDrained, WorkerResumed
from whet.model.request import Answer, Drain, Readmit
from whet.model.worker import WorkerConfig, expanded
from whet.plan import machines
from whet.plan.state import ExperimentState
from whet.plan.step import GiveBack
from whet.steps.world import World


def drain(request: Drain, world: World) -> Answer:
    """Take a worker out, or let it have another machine.

    Raises:
        UserError: there is no such worker, or it has no machine that could be another.
    """
    state, one = world.state, _worker(world, request.worker)
    machine = machines.machine_of(state, one.name)
    if request.replace and one.kind == "local":
        raise UserError(f"{one.name} is this machine, and there is no other",
                        hint=f"whet workers drain {one.name}")  # fmt: skip
    if request.replace and machine is None:
        raise NotReady(f"{one.name} has no machine that could be replaced", hint="whet workers")
    known = state.drained.get(one.name)
    same = known is not None and (known.replace, known.now) == (request.replace, request.now)
    if not same:
        world.record(WorkerDrained(
            at=world.clock.now(), worker=one.name, replace=request.replace, now=request.now,
            reason=request.reason.strip(),
        ))  # fmt: skip
    if request.now:
        world.cut[one.name] = f"{one.name} was stopped"
    measured = [e.id for e in state.open.values() if _is_measured(e, one.name)]
    return Answer(
        campaign=state.name, machine=machine.name if machine is not None else "", known=same,
        remark=", ".join(measured),
    )  # fmt: skip


def readmit(request: Readmit, world: World) -> Answer:
    """Let a worker measure again.

    Raises:
        UserError: there is no such worker.
    """
    name = _worker(world, request.worker).name
    known = name not in world.state.drained
    if not known:
        world.record(WorkerResumed(at=world.clock.now(), worker=name))
    return Answer(campaign=world.state.name, known=known)


async def give_back(step: GiveBack, world: World) -> AsyncIterator[Event]:
    """Give a drained worker's machine back; the executor tells when it is gone."""
    await world.executor.release(step.worker, "drained")
    no_more: tuple[Event, ...] = ()
    for event in no_more:
        yield event


def _worker(world: World, name: str) -> WorkerConfig:
    known = {one.name: one for one in expanded(world.config.workers)}
    if name not in known:
        raise UserError(f"there is no worker {name}; there is {', '.join(known)}",
                        hint="whet workers")  # fmt: skip
    return known[name]


def _is_measured(experiment: ExperimentState, worker: str) -> bool:
    started = experiment.started
    return experiment.running and started is not None and started.worker == worker
