"""What effects need, handed down from wiring."""

import contextlib
from collections.abc import AsyncIterator, Callable, Collection, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import anyio

from whet.errors import InfraError
from whet.git.repo import Repo
from whet.git.store import Store
from whet.ledger.blobs import Blobs
from whet.ledger.log import Writer
from whet.model.config import Config
from whet.model.event import Event
from whet.model.trial import TrialOutcome, TrialSpec
from whet.plan.replay import apply
from whet.plan.state import State
from whet.ports import Agent, Clock, Executor, Progress, Reader
from whet.steps.trials import Lab, Moved, run, together

Told = Callable[[Event], None]


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
    label: str
    """Begins the mark of every process that is started for this campaign."""
    agent_failures: int = 0
    """How often in a row the agent has failed and changed nothing, in this process."""
    ask: Callable[[Collection[str], bool], tuple[Reader, ...]] = lambda _, __: ()
    """Readers by their names; with True they open no socket."""
    told_readers: Callable[[], bytes] = bytes
    """The journal of what services have answered since this was asked last."""
    told: list[Told] = field(default_factory=list)
    moved: list[Moved] = field(default_factory=list)

    def record(self, event: Event) -> None:
        """Make something that happened durable, then known, then visible; in this order."""
        self.ledger.append(event)
        apply(self.state, event)
        for listener in self.told:
            listener(event)

    @property
    def lab(self) -> Lab:
        """What this campaign's trials need."""
        return Lab(
            config=self.config,
            store=self.store,
            base=self.state.base,
            executor=self.executor,
            label=self.label,
        )

    @asynccontextmanager
    async def lending(self) -> AsyncIterator[None]:
        """As long as machines may be held; afterwards none is, also after a failure or Ctrl-C."""
        try:
            yield
        finally:
            with anyio.CancelScope(shield=True):
                await self.executor.close()

    async def trial(
        self, spec: TrialSpec, what: str, worker: str, *, attempts: int = 1
    ) -> TrialOutcome:
        """Run a trial on a worker and tell whoever watches where it is.

        Raises:
            InfraError: the worker failed, in every one of the attempts.
        """

        def watch(progress: Progress) -> None:
            self.moving(what, progress)

        for _ in range(attempts - 1):
            with contextlib.suppress(InfraError):
                return await run(self.lab, spec, what, watch, worker)
        return await run(self.lab, spec, what, watch, worker)

    async def together(
        self, named: Sequence[tuple[str, TrialSpec]], worker: str
    ) -> tuple[TrialOutcome, ...]:
        """Run a block of trials, each under its experiment's id.

        Raises:
            InfraError: the worker failed.
        """
        return await together(self.lab, named, self.moving, worker)

    def moving(self, what: str, progress: Progress) -> None:
        """Tell whoever watches where something is; nothing of it is recorded."""
        for listener in self.moved:
            listener(what, progress)
