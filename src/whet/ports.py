"""What whet asks of the outside where the real thing is slow, costs money or needs a key.

Git, files, compilers and processes have no port: they are used for real everywhere.
"""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol

from whet.model.trial import Fingerprint, Stage, TrialOutcome, TrialSpec


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """Where a trial is: a stage that began or ended, or the number of pairs taken so far.

    There is no interim effect here on purpose: a number on a screen invites early stopping.
    """

    stage: str
    pairs: int = 0
    cap: int = 0
    done: Stage | None = None


Watch = Callable[[Progress], None]


class Worker(Protocol):
    """A leased place that runs one trial at a time."""

    @property
    def name(self) -> str: ...

    @property
    def fingerprint(self) -> Fingerprint: ...

    async def trial(self, spec: TrialSpec, bundle: Path, watch: Watch) -> TrialOutcome:
        """Run one trial to its end.

        Raises:
            WorkerLost: the worker died, which is never held against the candidate.
        """
        ...


class Executor(Protocol):
    """Lends workers; what is lent is always given back."""

    def lease(self, name: str) -> AbstractAsyncContextManager[Worker]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Brief:
    """What an agent is told, frozen; `text` is Markdown."""

    idea: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentReport:
    """What an agent did, as its process showed it; the change itself is read from the tree."""

    outcome: Literal["finished", "failed", "timeout"]
    seconds: float
    transcript: str
    detail: str = ""
    code: int | None = None
    """Exit code of its process, if it ended by itself."""


class Agent(Protocol):
    """A coding agent: it is given a brief and a private tree, and it edits the tree."""

    async def work(self, brief: Brief, tree: Path) -> AgentReport: ...


class Clock(Protocol):
    """Seconds since the epoch, UTC."""

    def now(self) -> float: ...
