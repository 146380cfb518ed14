"""Workers taken out, let in again, given other machines or stopped, also while a campaign runs."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import anyio

from whet.api.asking import ask
from whet.api.running import RunOptions
from whet.api.workspace import Campaign, open_campaign
from whet.errors import InfraError, UserError
from whet.ledger import log
from whet.model.machine import Machine
from whet.model.request import Answer, Drain, Halt, Readmit
from whet.plan import machines
from whet.plan.replay import replay
from whet.wiring import visiting

_LOOK = 0.3
_PATIENCE = 900.0
"""Seconds for machines to be given back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Drained:
    """What was asked for a worker."""

    worker: str
    campaign: str
    machine: str
    """What is given back, or was; empty where there is none."""
    waits_for: tuple[str, ...]
    """Experiments that come to their end there first."""
    gone: bool
    """The machine is given back already: nothing runs."""


def drained(
    start: Path, worker: str, campaign: str = "", *, replace: bool = False, reason: str = ""
) -> Drained:
    """Let a worker measure nothing more, and give its machine back; or let it have another.

    Where no campaign runs, its machine is given back at once, if one is left of a killed run.

    Raises:
        UserError: there is no such worker.
        NotReady: it has no machine that could be replaced.
        InfraError: nobody answers, or the machine cannot be given back.
    """
    found = open_campaign(start, campaign)
    said = _asked(start, found, Drain(worker=worker, replace=replace, reason=reason))
    runs = bool(log.holder(found.folder))
    if said.machine and not runs:
        given_back(found, (worker,))
    waits = tuple(part for part in said.remark.split(", ") if part) if runs else ()
    return Drained(
        worker=worker, campaign=found.state.name, machine=said.machine, waits_for=waits,
        gone=bool(said.machine) and not runs,
    )  # fmt: skip


def readmitted(start: Path, worker: str, campaign: str = "") -> bool:
    """Let a worker measure again; False if it was not taken out.

    Raises:
        UserError: there is no such worker.
    """
    found = open_campaign(start, campaign)
    return not _asked(start, found, Readmit(worker=worker)).known


def stopped(
    start: Path, campaign: str = "", names: Sequence[str] = (),
    told: Callable[[str], None] = lambda _: None,
) -> tuple[str, ...]:  # fmt: skip
    """Give machines back now; in words. Of a campaign that runs, what they measure waits again.

    Args:
        start: a folder in the repository.
        campaign: by default the one worked on last.
        names: workers, which are taken out; without any the whole run ends.
        told: is given a line while it is waited for.

    Raises:
        UserError: there is no such worker.
        InfraError: one could not be ended; the message names it.
    """
    found = open_campaign(start, campaign)
    unknown = [name for name in names if name not in _workers(found)]
    if unknown:
        raise UserError(f"there is no worker {unknown[0]}; there is {', '.join(_workers(found))}",
                        hint="whet workers")  # fmt: skip
    before = [one for one in machines.up(found.state) if not names or one.worker in names]
    if not found.holder:
        for name in names:
            _asked(start, found, Drain(worker=name, now=True))
        return given_back(found, names)
    if names:
        for name in names:
            _asked(start, found, Drain(worker=name, now=True))
    else:
        _asked(start, found, Halt(now=True))
    if before:
        told(f"giving back {', '.join(one.worker for one in before)}")
    return tuple(f"{one.worker}: {one.name}" for one in _gone(found, before, all_=not names))


def _asked(start: Path, found: Campaign, request: Drain | Readmit | Halt) -> Answer:
    return ask(start, request, RunOptions(campaign=found.state.name))


def _workers(found: Campaign) -> tuple[str, ...]:
    config = found.state.config
    assert config is not None
    return tuple(name for one in config.workers for name in one.names)


def _gone(found: Campaign, before: Sequence[Machine], *, all_: bool) -> tuple[Machine, ...]:
    """Wait until these are given back, or the run has ended."""
    deadline = time.monotonic() + _PATIENCE
    while True:
        held = bool(log.holder(found.folder))
        up = {one.name for one in machines.up(replay(log.read(found.folder)))}
        left = [one for one in before if one.name in up]
        if not held or not (left or all_) or time.monotonic() > deadline:
            break
        time.sleep(_LOOK)
    if left:
        names = ", ".join(one.name for one in left)
        raise InfraError(f"still up, and may cost: {names}", hint="whet workers stop")
    return tuple(before)


def given_back(found: Campaign, names: Sequence[str] = ()) -> tuple[str, ...]:
    """Give back what a run that was killed has left of these workers, or of all; in words.

    Raises:
        NotReady: it runs.
        InfraError: one could not be ended; the message names it.
    """
    with log.writing(found.folder) as writer:
        state = replay(writer.events)
        left = tuple(one for one in machines.up(state) if not names or one.worker in names)
        if not left:
            return ()
        config = found.state.config  # that which they were asked for with
        assert config is not None
        executor = visiting(found.repo, config, writer.append, up=left, folder=found.folder)
        return anyio.run(executor.close)
