"""What effects need, handed down from wiring."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from whet.git.repo import Repo
from whet.git.store import Store
from whet.ledger.blobs import Blobs
from whet.ledger.log import Writer
from whet.model.config import Config
from whet.model.event import Event
from whet.plan.replay import apply
from whet.plan.state import State
from whet.ports import Agent, Clock, Executor, Progress

Told = Callable[[Event], None]
Moved = Callable[[str, Progress], None]
"""Told the id of an experiment (or what else is being measured) and where its trial is."""


@dataclass(slots=True, kw_only=True)
class World:
    """One running campaign. `state` is what the ledger says, kept up to date by `record`."""

    config: Config
    repo: Repo
    store: Store
    ledger: Writer
    blobs: Blobs
    state: State
    executor: Executor
    agent: Agent | None
    clock: Clock
    cache: Path
    told: list[Told] = field(default_factory=list)
    moved: list[Moved] = field(default_factory=list)

    def record(self, event: Event) -> None:
        """Make something that happened durable, then known, then visible; in this order."""
        self.ledger.append(event)
        apply(self.state, event)
        for listener in self.told:
            listener(event)

    def progress(self, what: str, progress: Progress) -> None:
        """Tell whoever watches where a trial is."""
        for listener in self.moved:
            listener(what, progress)
