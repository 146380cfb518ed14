"""Looking at a campaign without touching it."""

from pathlib import Path

from whet.api.workspace import experiment, open_campaign
from whet.errors import UserError
from whet.ledger.blobs import Blobs
from whet.wiring import open_objects


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
