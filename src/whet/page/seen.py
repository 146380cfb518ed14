"""What a page is made from: values only, so that a server and a file make the same page."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from whet.model.underway import Underway
from whet.plan.state import ExperimentState, State


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """A campaign as somebody looks at it."""

    state: State
    now: float
    """Seconds since the epoch."""
    head: str = ""
    """Hash of the ledger's last line."""
    holder: str = ""
    """Who works on the campaign at this moment, or empty: nobody."""
    underway: tuple[Underway, ...] = ()
    patches: Mapping[str, str] = field(default_factory=dict)
    """Texts of patches by their digest; a server gives them on demand instead."""
    fault: str = ""
    """What is wrong with the ledger, where something is."""
    live: str = ""
    """Which version of the page this is, where a server brings it up to date; else empty."""

    @property
    def busy(self) -> dict[str, Underway]:
        """What is under way, by name."""
        return {one.what: one for one in self.underway} if self.holder else {}

    def worker(self, experiment: ExperimentState) -> str:
        """Where an experiment runs or ran."""
        return experiment.started.worker if experiment.started is not None else ""
