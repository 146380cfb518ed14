"""Looking at a campaign without touching it."""

import time
from collections.abc import Iterator
from pathlib import Path

from whet.api.workspace import experiment, open_campaign
from whet.errors import UserError
from whet.ledger import log
from whet.ledger.blobs import Blobs
from whet.model.event import Event
from whet.plan.replay import apply
from whet.plan.state import State
from whet.report.escape import visible
from whet.wiring import open_objects

_POLL = 0.5
"""Seconds between two looks at a ledger that is followed."""


def diff(start: Path, name: str, campaign: str = "") -> bytes:
    """The patch of an experiment, or of the whole stack for the name `stack`.

    Raises:
        UnknownId: there is no such experiment.
        UserError: it has no patch, or nothing was kept.
    """
    found = open_campaign(start, campaign)
    if name == "stack":
        state = found.state
        if not state.stack:
            raise UserError("nothing is in the stack", hint="whet list")
        return open_objects(found.repo).diff(state.base, state.incumbent)
    candidate = experiment(found, name).candidate
    if not candidate.patch:
        raise UserError(f"{name} has no patch: {candidate.problem}", hint=f"whet why {name}")
    return Blobs(found.folder / "blobs").get(candidate.patch)


def account(start: Path, name: str, campaign: str = "") -> tuple[str, ...]:
    """What an experiment's commands and its agent printed, oldest first.

    Raises:
        UnknownId: there is no such experiment.
    """
    found = open_campaign(start, campaign)
    one = experiment(found, name)
    lines: list[str] = []
    if one.transcript:
        said = Blobs(found.folder / "blobs").get(one.transcript).decode(errors="replace")
        lines += ["agent:", *(f"  {visible(line)}" for line in said.splitlines())]
    for stage in one.outcome.stages if one.outcome is not None else ():
        end = stage.detail or ("ok" if stage.ok else stage.fault)
        lines.append(f"{stage.name}: {visible(end)}, {stage.seconds:.1f} s")
        lines += [f"  {visible(line)}" for line in stage.log.splitlines()]
    return tuple(lines) or (f"{one.id} has not run yet",)


def events(
    start: Path, campaign: str = "", *, follow: bool = False
) -> Iterator[tuple[State, Event]]:
    """What happened, each event with the campaign after it; `follow` goes on until stopped.

    Raises:
        LedgerCorrupt: a line is not what was written.
    """
    folder = open_campaign(start, campaign).folder
    state, seen = State(), 0
    while True:
        for event in log.read(folder)[seen:]:
            apply(state, event)
            seen += 1
            yield state, event
        if not follow:
            return
        time.sleep(_POLL)
