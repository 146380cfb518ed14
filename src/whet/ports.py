"""What whet asks of the outside where the real thing is slow, costs money or needs a key.

Git, files, compilers and processes have no port: they are used for real everywhere.
"""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol

from whet.model.agent import Caps, Jailed, Outcome, Problem, Role, Usage
from whet.model.config import Config, Integrity
from whet.model.event import Event
from whet.model.idea import Evidence
from whet.model.machine import Machine, MachineEnd
from whet.model.research import Errand, Findings
from whet.model.trial import Block, Fingerprint, Stage, TrialOutcome
from whet.model.worker import WorkerConfig


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """Where a trial is: a stage that began or ended, or the number of pairs taken so far.

    `trial` is the id of its spec; a block tells of all its trials.

    There is no interim effect here on purpose: a number on a screen invites early stopping.
    """

    stage: str
    pairs: int = 0
    cap: int = 0
    done: Stage | None = None
    trial: str = ""


Watch = Callable[[Progress], None]


class Worker(Protocol):
    """A leased place that runs one block at a time."""

    @property
    def name(self) -> str: ...

    @property
    def fingerprint(self) -> Fingerprint: ...

    async def run(self, block: Block, bundle: Path, watch: Watch) -> tuple[TrialOutcome, ...]:
        """Run the trials of a block to their end; outcomes are in the order of the trials.

        Raises:
            WorkerLost: the worker died, which is never held against the candidate.
        """
        ...


class Executor(Protocol):
    """Lends workers; what is lent is always given back.

    One that launches machines tells `MachineAsked` before, `MachineReady` when one can be worked
    on, and `MachineGone` when it is given back, is found dead, or could not be had.
    """

    def lease(self, name: str) -> AbstractAsyncContextManager[Worker]:
        """Lend a worker; its machine is launched where there is none, and stays up afterwards.

        Raises:
            NoMachine: there is none to be had.
            WorkerLost: the machine that was there died.
        """
        ...

    async def release(self, name: str, reason: MachineEnd) -> None:
        """Give a worker's machine back for good: the next lease is of another one, if it can be."""
        ...

    async def close(self) -> tuple[str, ...]:
        """Give everything back; what was stopped, in words. Nothing is lent afterwards."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Brief:
    """What an agent is told, frozen; `text` is Markdown."""

    idea: str
    text: str
    role: Role = "implementer"
    protected: tuple[str, ...] = ()
    """Paths in its tree that it must not write: the jail makes them read-only where it can."""
    caps: Caps = Caps()
    """What is left for this run; where it says 0, the agent's own limits hold."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentReport:
    """What an agent did, as its output and the relay showed it; the change is read from the tree.

    `outcome` never comes from an exit code alone: many agents end with 0 after a refused key.
    """

    outcome: Outcome
    seconds: float
    transcript: str
    detail: str = ""
    code: int | None = None
    """Exit code of its process, if it ended by itself."""
    problem: Problem = ""
    usage: Usage = Usage()
    metered: Literal["", "relay", "agent"] = ""
    jail: Jailed = ""
    network: Literal["", "relay", "host"] = ""
    agent: str = ""
    version: str = ""
    model: str = ""
    answer: str = ""
    """The last thing it said."""
    raw: bytes = b""
    """Its output as it came, keys blotted out."""


class Agent(Protocol):
    """A coding agent: it is given a brief and a private tree, and it edits the tree."""

    async def work(self, brief: Brief, tree: Path) -> AgentReport: ...


class Clock(Protocol):
    """Time: `now` is seconds since the epoch, UTC."""

    def now(self) -> float: ...

    async def sleep(self, seconds: float) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What an executor is made with that launches machines for a campaign."""

    campaign: str
    workers: tuple[WorkerConfig, ...]
    """Those of its kind, each under its own name."""
    root: Path
    """The user's repository."""
    folder: Path
    """The campaign's own, where it may keep what it has to remember."""
    label: str
    """Begins the mark of every process that is started for this campaign."""
    integrity: Integrity
    clock: Clock
    tell: Callable[[Event], None]
    """Makes an event durable at once; called in the thread of the event loop only."""
    base: Callable[[], tuple[Path, str]] | None = None
    """A store, and the commit in it whose files a setup finds in its folder."""
    up: tuple[Machine, ...] = ()
    """Machines that an earlier process asked for and did not give back: taken up again by their
    name, or ended."""


class Shelf(Protocol):
    """Documents by their SHA-256. What evidence quotes must lie here, byte for byte."""

    def put(self, data: bytes) -> str: ...

    def get(self, digest: str) -> bytes: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Inquiry:
    """What readers are asked about: a target, how it is measured, and what is known so far."""

    root: Path
    """The user's repository: read only, and never by running anything in it."""
    base: str
    """The commit the campaign began with."""
    incumbent: str
    """The commit with everything kept so far; where the profile is taken."""
    config: Config
    shelf: Shelf
    evidence: tuple[Evidence, ...] = ()
    """What earlier campaigns' waves and the readers before this one have found."""
    as_of: str = ""
    """ISO date: nothing published later exists. Empty for no such limit."""
    exclude: tuple[str, ...] = ()
    """Keys, URLs and commits that do not exist, so that an evaluation cannot look them up."""
    campaign: str = ""
    """The name of the one that asks; what it has tried itself it knows."""
    until: float = 0.0
    """What whet has done later does not count: a reading is repeated. 0 for no limit."""
    offline: bool = False
    """No socket is opened: clones and caches on this machine must do."""


class Reader(Protocol):
    """Looks for evidence in one place.

    The same bytes read give the same findings, in the same order. A place that is down, too slow
    or nonsense is one of `Findings.problems`; what was read before it counts.
    """

    @property
    def name(self) -> str: ...

    def plan(self, inquiry: Inquiry) -> tuple[Errand, ...]:
        """What it would do and what that takes at most; opens no socket and takes no time.

        What cannot be done, such as an errand that needs the network while offline, is listed with
        its `problem`.
        """
        ...

    def read(self, inquiry: Inquiry, errand: Errand) -> Findings:
        """Do one of these errands.

        Raises:
            InfraError: this machine failed: its disk is full, a tool is gone.
            NotReady: the target does not build or run.
        """
        ...
