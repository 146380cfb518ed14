"""The machines of a campaign: what is configured, what is up, what it costs; tested and stopped."""

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import anyio

from whet.api.workers_draining import given_back
from whet.api.workspace import campaigns, configuration, open_campaign, repository
from whet.errors import UserError, WhetError
from whet.executors.sky.strays import strays
from whet.ledger import log
from whet.model.event import Event
from whet.model.machine import Machine, MachineReady
from whet.model.trial import Fingerprint
from whet.model.worker import WorkerConfig, expanded
from whet.places import campaign_folder
from whet.plan import machines
from whet.plan.replay import replay
from whet.plan.state import State
from whet.wiring import visiting


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One worker, and its machine if it has one."""

    config: WorkerConfig
    machine: Machine | None = None
    dollars: float | None = 0.0
    """USD of all its machines so far; None where a price is unknown."""
    had: int = 0
    """Machines so far."""
    drained: bool = False
    """A person has taken it out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Workers:
    """All of them; `campaign` is empty where none was begun."""

    rows: tuple[Row, ...]
    campaign: str
    running: bool
    dollars: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Examined:
    """What a worker is, or why it is none."""

    name: str
    fingerprint: Fingerprint | None = None
    where: str = ""
    price: float | None = None
    problem: str = ""
    hint: str = ""


def listed(start: Path, campaign: str = "") -> Workers:
    """Every worker of whet.toml, with what the campaign knows of it.

    Raises:
        ConfigError: whet.toml is not as it must be.
    """
    repo = repository(start)
    state, running = State(), False
    if campaign or campaigns(repo):
        found = open_campaign(start, campaign)
        state, running = found.state, bool(found.holder)
    rows = tuple(_row(one, state) for one in expanded(configuration(repo).config.workers))
    return Workers(
        rows=rows, campaign=state.name, running=running, dollars=machines.total_cost(state)
    )


def _row(config: WorkerConfig, state: State) -> Row:
    own = [one for one in state.machines.values() if one.worker == config.name]
    costs = [machines.cost(one, state.last) for one in own]
    known = [one for one in costs if one is not None]
    return Row(
        config=config, machine=next((one for one in own if one.gone is None), None),
        dollars=sum(known) if len(known) == len(costs) else None, had=len(own),
        drained=config.name in state.drained,
    )  # fmt: skip


def examined(start: Path, names: Sequence[str] = ()) -> tuple[Examined, ...]:
    """Try workers: reach each, set it up, ask what it is, and give a rented machine back.

    Raises:
        UserError: there is no worker of that name.
    """
    repo = repository(start)
    config = configuration(repo).config
    known = {one.name: one for one in expanded(config.workers)}
    unknown = [name for name in names if name not in known]
    if unknown:
        raise UserError(f"there is no worker {unknown[0]}; there is {', '.join(known)}",
                        hint="whet workers")  # fmt: skip
    told: list[Event] = []
    chosen = tuple(known[name] for name in names or known)
    executor = visiting(repo, replace(config, workers=chosen), told.append)
    found: dict[str, Examined] = {}

    async def visit(name: str) -> None:
        try:
            async with executor.lease(name) as worker:
                mine = (one for one in told if isinstance(one, MachineReady))
                ready = next((one for one in mine if one.worker == name), None)
                found[name] = Examined(
                    name=name, fingerprint=worker.fingerprint,
                    where=ready.where if ready else "this machine",
                    price=ready.price if ready else 0.0,
                )  # fmt: skip
        except WhetError as error:
            found[name] = Examined(name=name, problem=error.message, hint=error.hint)

    async def visits() -> None:
        try:
            async with anyio.create_task_group() as group:
                for one in chosen:
                    group.start_soon(visit, one.name)
        finally:
            with anyio.CancelScope(shield=True):
                await executor.close()

    anyio.run(visits)
    return tuple(found[one.name] for one in chosen)


def cleared(start: Path, *, dry_run: bool = False) -> tuple[str, ...]:
    """Machines of this repository that no running campaign has: all are given back; in words.

    Raises:
        InfraError: one could not be ended; the message names it.
    """
    repo = repository(start)
    ended: list[str] = []
    rented = any(one.kind == "sky" for one in _configured(start))
    for name in campaigns(repo):
        state = replay(log.read(campaign_folder(repo.root, name)))
        rented = rented or any(one.kind == "sky" for one in state.machines.values())
        left = [f"{one.worker}: {one.name}" for one in machines.up(state)]
        ended += left if dry_run or not left else given_back(open_campaign(start, name))
    if rented:
        ended += anyio.run(lambda: strays(repo.root, os.environ, end=not dry_run))
    return tuple(dict.fromkeys(ended))


def _configured(start: Path) -> tuple[WorkerConfig, ...]:
    try:
        return configuration(repository(start)).config.workers
    except WhetError:
        return ()  # there may be nothing any more that says what was wanted
