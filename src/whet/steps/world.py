"""What effects need, handed down from wiring."""

import contextlib
import functools
from collections.abc import AsyncIterator, Callable, Collection, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import anyio

from whet.errors import InfraError, WorkerLost
from whet.git.repo import Repo
from whet.git.store import Store
from whet.ledger.blobs import Blobs
from whet.ledger.log import Writer
from whet.model.config import Config
from whet.model.event import Event
from whet.model.trial import TrialOutcome, TrialSpec
from whet.model.worker import expanded
from whet.plan.replay import apply
from whet.plan.state import State
from whet.ports import Agent, Clock, Executor, Progress, Reader
from whet.steps.trials import Lab, Moved, run, together
from whet.steps.turns import Turns

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
    halted: Literal["", "finish", "now"] = ""
    """A person wants the run to end: after its wave, or at once."""
    cut: dict[str, str] = field(default_factory=dict)
    """Workers whose step has to end now, and why, until the driver has ended it."""
    turns: Turns = field(default_factory=Turns)
    """Who is at work on this machine."""
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

    def rented(self, worker: str) -> bool:
        """Whether a worker's machine is elsewhere: it may be lost, and another had."""
        return any(one.name == worker and one.kind != "local"
                   for one in expanded(self.config.workers))  # fmt: skip

    async def trial(
        self, spec: TrialSpec, what: str, worker: str, *, attempts: int = 1, known: bool = True
    ) -> TrialOutcome:
        """Run a trial on a worker and tell whoever watches where it is.

        Args:
            spec: the trial.
            what: what it is known by.
            worker: where.
            attempts: how often it is begun on this machine; a machine elsewhere is asked once.
            known: the worker's machine has to be the one that was calibrated.

        Raises:
            InfraError: the worker failed, in every one of the attempts.
        """

        def watch(progress: Progress) -> None:
            self.moving(what, progress)

        check = functools.partial(self._same_machine, worker) if known else lambda: None
        async with self._quiet(worker):
            for _ in range(0 if self.rented(worker) else attempts - 1):
                with contextlib.suppress(InfraError):
                    return await run(self.lab, spec, what, watch, worker, check)
            return await run(self.lab, spec, what, watch, worker, check)

    async def together(
        self, named: Sequence[tuple[str, TrialSpec]], worker: str
    ) -> tuple[TrialOutcome, ...]:
        """Run a block of trials, each under its experiment's id.

        Raises:
            InfraError: the worker failed, or its machine is another than was calibrated.
        """
        check = functools.partial(self._same_machine, worker)
        async with self._quiet(worker):
            return await together(self.lab, named, self.moving, worker, check)

    @asynccontextmanager
    async def _quiet(self, worker: str) -> AsyncIterator[None]:
        """As long as a worker measures; on this machine no agent may disturb it."""
        if self.rented(worker) and self.config.agent.beside == "auto":
            yield
            return
        async with self.turns.measure():
            yield

    def _same_machine(self, worker: str) -> None:
        """A machine that stopped by itself was replaced when it was asked for: nobody knows it."""
        if self.rented(worker) and worker not in self.state.fit:
            raise WorkerLost(f"{worker} is another machine than was calibrated")

    def moving(self, what: str, progress: Progress) -> None:
        """Tell whoever watches where something is; nothing of it is recorded."""
        known = self.state.experiments.get(what)
        if known is not None and known.verdict is not None and known.verdict.code == "withdrawn":
            return  # taken back, while it is measured beside others
        for listener in self.moved:
            listener(what, progress)
