"""A campaign that is looked at while it goes on, from whatever process works on it."""

from pathlib import Path

from whet.api.workspace import open_campaign
from whet.ledger import log, underway
from whet.ledger.blobs import Blobs
from whet.ledger.follow import Follower
from whet.model.underway import Underway
from whet.plan.replay import apply
from whet.plan.state import State


class Watched:
    """What is known of it; `look` brings it up to date."""

    def __init__(self, start: Path, campaign: str = "") -> None:
        """Raises NotReady or UserError where there is no such campaign."""
        found = open_campaign(start, campaign)
        self.folder = found.folder
        self.state = State()
        self.holder = ""
        self.underway: tuple[Underway, ...] = ()
        self._follower = Follower(found.folder)
        self.look()

    def look(self) -> bool:
        """Read what is new; whether anything is.

        Raises:
            LedgerCorrupt: a line of the ledger is not what was written.
        """
        events = self._follower.new()
        for event in events:
            apply(self.state, event)
        before = (self.holder, self.underway)
        self.holder = log.holder(self.folder)
        self.underway = underway.read(self.folder) if self.holder else ()
        return bool(events) or before != (self.holder, self.underway)

    def patch(self, experiment: str) -> str:
        """The patch of an experiment, or what there is instead."""
        candidate = self.state.experiments[experiment].candidate
        if not candidate.patch:
            return candidate.problem or "it has no patch"
        return Blobs(self.folder / "blobs").get(candidate.patch).decode(errors="replace")
