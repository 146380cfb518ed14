"""What machines cost, which are up, and which workers nobody can get a machine for. Pure."""

from collections.abc import Collection

from whet.model.machine import Machine
from whet.plan.state import State
from whet.plan.step import GiveBack, Step

HOUR = 3600.0

ATTEMPTS = 3
"""Machines in a row that came to nothing, after which a worker is given up."""


def up(state: State) -> tuple[Machine, ...]:
    """Machines that were asked for and not given back: each may cost."""
    return tuple(one for one in state.machines.values() if one.gone is None)


def cost(machine: Machine, now: float) -> float | None:
    """USD that a machine took up to now; None where its price is unknown."""
    if machine.ready is None:
        return 0.0
    if machine.price is None:
        return None
    until = machine.gone if machine.gone is not None else now
    return max(0.0, until - machine.ready) / HOUR * machine.price


def known_cost(state: State, now: float | None = None) -> float:
    """USD of the machines whose price is known: never less than this was spent."""
    at = state.last if now is None else now
    return sum(cost(one, at) or 0.0 for one in state.machines.values())


def total_cost(state: State, now: float | None = None) -> float | None:
    """USD of all machines, or None where a price is unknown."""
    at = state.last if now is None else now
    found = [cost(one, at) for one in state.machines.values()]
    known = [one for one in found if one is not None]
    return sum(known) if len(known) == len(found) else None


def rate(state: State) -> float:
    """USD an hour of the machines that are up, as far as their prices are known."""
    return sum(one.price or 0.0 for one in up(state) if one.ready is not None)


def machine_of(state: State, worker: str) -> Machine | None:
    """The machine that a worker has, or has asked for."""
    found = state.machines.get(state.machine_of.get(worker, ""))
    return found if found is not None and found.gone is None else None


def given_back(state: State, running: Collection[Step]) -> tuple[GiveBack, ...]:
    """The machines of drained workers at which nothing is at work any more."""
    busy = {getattr(step, "worker", "") for step in running}
    return tuple(
        GiveBack(name)
        for name in state.drained
        if name not in busy and machine_of(state, name) is not None
    )


def given_up(state: State, worker: str) -> bool:
    """Whether one machine after the other came to nothing for this worker."""
    return state.misfortunes.get(worker, 0) >= ATTEMPTS
