"""Looking at a campaign without touching it."""

import time
from collections.abc import Iterator
from pathlib import Path

from whet.api.workspace import experiment, open_campaign
from whet.errors import UserError
from whet.ledger import log
from whet.ledger.blobs import Blobs
from whet.ledger.codec import as_line
from whet.plan.replay import apply
from whet.plan.state import State
from whet.report.log import plain_event
from whet.wiring import open_objects

_POLL = 0.5
"""Seconds between two looks at a ledger that is followed."""


def diff(start: Path, name: str, campaign: str = "") -> bytes:
    """The patch of an experiment, or of the whole stack for the name `stack`.

    Raises:
        UnknownId: there is no such experiment.
        UserError: it has no patch.
    """
    found = open_campaign(start, campaign)
    if name == "stack":
        state = found.state
        return open_objects(found.repo).diff(state.base, state.incumbent)
    candidate = experiment(found, name).candidate
    if not candidate.patch:
        raise UserError(f"{name} has no patch: {candidate.problem}", hint=f"whet why {name}")
    return Blobs(found.folder / "blobs").get(candidate.patch)


def transcript(start: Path, name: str, campaign: str = "") -> str:
    """What the agent printed while it worked on an experiment.

    Raises:
        UserError: no agent worked on it.
    """
    found = open_campaign(start, campaign)
    digest = experiment(found, name).transcript
    if not digest:
        raise UserError(f"no agent worked on {name}", hint=f"whet why {name}")
    return Blobs(found.folder / "blobs").get(digest).decode(errors="replace")


def events(
    start: Path, campaign: str = "", *, follow: bool = False, as_json: bool = False
) -> Iterator[str]:
    """What happened, one line an event; with `follow` it goes on until the reader stops.

    Raises:
        LedgerCorrupt: a line is not what was written.
    """
    folder = open_campaign(start, campaign).folder
    state, seen = State(), 0
    while True:
        for event in log.read(folder)[seen:]:
            apply(state, event)
            seen += 1
            text = as_line(event) if as_json else plain_event(state, event)
            if text:
                yield text
        if not follow:
            return
        time.sleep(_POLL)
