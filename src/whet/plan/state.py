"""Everything the ledger says, indexed once. One owner; `whet.plan.replay` writes it."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Literal

from whet.model.arms import ArmMeasured
from whet.model.config import Config
from whet.model.event import (
    AgentWorked,
    BranchMade,
    BranchMeasured,
    CampaignStopped,
    ChangeAblated,
    ExperimentStarted,
    PersonDecided,
    PersonNoted,
    StackMeasured,
    WorkerCalibrated,
)
from whet.model.guarding import GuardMeasured
from whet.model.idea import Candidate, Evidence, Idea, Ruling
from whet.model.inside import ExperimentRemarked, IdeaClaimed
from whet.model.machine import Machine, WorkerDrained
from whet.model.reading import ReaderFinished, WaveAnalysed
from whet.model.trial import TrialOutcome
from whet.model.verdict import Verdict


@dataclass(slots=True, kw_only=True)
class ExperimentState:
    """One experiment so far."""

    id: str
    wave: int
    candidate: Candidate
    alone: bool
    opened: float
    agent_seconds: float = 0.0
    transcript: str = ""
    by: str = ""
    hypothesis: str = ""
    started: ExperimentStarted | None = None
    running: bool = False
    requeued: int = 0
    repeated: int = 0
    """How often its samples were thrown away because its machine was taken out."""
    outcome: TrialOutcome | None = None
    verdict: Verdict | None = None
    decided: float | None = None
    person: PersonDecided | None = None
    remarks: list[ExperimentRemarked] = field(default_factory=list)
    in_stack: bool = False
    number: int = 0
    """How many experiments came before it."""

    @property
    def status(self) -> Literal["waiting", "running", "measured", "judged"]:
        if self.verdict is not None:
            return "judged"
        if self.outcome is not None:
            return "measured"
        return "running" if self.running else "waiting"


@dataclass(slots=True, kw_only=True)
class Quarantine:
    """A stretch of time in which a worker was not to be trusted.

    `failed` are the checks it failed in this run of the campaign; `restored` is None while it is
    out.
    """

    worker: str
    since: float
    at: float
    reason: str
    experiments: list[str] = field(default_factory=list)
    failed: int = 0
    restored: float | None = None


@dataclass(slots=True, kw_only=True)
class WaveState:
    """One wave so far."""

    number: int
    title: str
    ideas: tuple[str, ...]
    opened: float
    closed: float | None = None
    kept: int = 0
    judged: int = 0


@dataclass(slots=True, kw_only=True)
class State:
    """A campaign so far. Experiments, ideas and evidence are in the order they came."""

    name: str = ""
    base: str = ""
    config: Config | None = None
    version: str = ""
    scripted: str = ""
    opened: float = 0.0
    last: float = 0.0
    events: int = 0
    evidence: dict[str, Evidence] = field(default_factory=dict)
    ideas: dict[str, Idea] = field(default_factory=dict)
    dropped: dict[str, str] = field(default_factory=dict)
    ruled_out: dict[str, Ruling] = field(default_factory=dict)
    order: tuple[str, ...] = ()
    """Ideas in the order they were last put in; others follow in the order they came."""
    pinned: dict[str, int] = field(default_factory=dict)
    """Places in the queue that a person has given."""
    reopened: dict[str, str] = field(default_factory=dict)
    """Ideas that no gate may rule out any more, and why."""
    claims: dict[str, IdeaClaimed] = field(default_factory=dict)
    """By idea, who works on it outside of any wave."""
    released: dict[str, IdeaClaimed] = field(default_factory=dict)
    """By idea, the last claim that has ended."""
    analysed: dict[int, WaveAnalysed] = field(default_factory=dict)
    readings: list[ReaderFinished] = field(default_factory=list)
    experiments: dict[str, ExperimentState] = field(default_factory=dict)
    open: dict[str, ExperimentState] = field(default_factory=dict)
    """Experiments without a verdict."""
    begun: dict[str, ExperimentState] = field(default_factory=dict)
    """Those of them that are being measured, or were and have no verdict yet."""
    kept: dict[str, ExperimentState] = field(default_factory=dict)
    """Experiments whose verdict is kept."""
    on_worker: dict[str, list[str]] = field(default_factory=dict)
    """Experiments that were begun on each worker, in that order; again where it was begun again."""
    by_idea: dict[str, list[str]] = field(default_factory=dict)
    """The experiments of each idea."""
    verdicts: Counter[str] = field(default_factory=Counter)
    """How many experiments have each verdict."""
    waves: dict[int, WaveState] = field(default_factory=dict)
    notes: list[PersonNoted] = field(default_factory=list)
    """What a person wants agents to be told, the oldest first."""
    runs: list[AgentWorked] = field(default_factory=list)
    """What agents did, in the order they ended."""
    calibrations: dict[str, WorkerCalibrated] = field(default_factory=dict)
    """The newest calibration of each worker."""
    fit: set[str] = field(default_factory=set)
    """Workers whose machine is the one that was calibrated."""
    machines: dict[str, Machine] = field(default_factory=dict)
    """Every machine that was asked for, by its name, in the order they were asked for."""
    machine_of: dict[str, str] = field(default_factory=dict)
    """The newest machine of each worker that rents one."""
    misfortunes: dict[str, int] = field(default_factory=dict)
    """Machines in a row that came to nothing, by worker; a good calibration ends the row."""
    drained: dict[str, WorkerDrained] = field(default_factory=dict)
    """Workers a person has taken out; one that is to be replaced only until its machine is gone."""
    quarantines: list[Quarantine] = field(default_factory=list)
    out: dict[str, Quarantine] = field(default_factory=dict)
    """Of those, the one that each worker is in now."""
    incumbent: str = ""
    stack: list[str] = field(default_factory=list)
    """Experiments whose changes are in the incumbent, oldest first."""
    stack_changed: bool = False
    """The stack is not what was last re-measured."""
    stale: bool = False
    """The incumbent still has a change that has left the stack."""
    measured: list[StackMeasured] = field(default_factory=list)
    ablated: dict[str, ChangeAblated] = field(default_factory=dict)
    """What each change in the stack was worth there, the newest measurement of it."""
    guarded: dict[tuple[str, str], GuardMeasured] = field(default_factory=dict)
    """By experiment and guard machine, the newest measurement there; "" is the stack."""
    on_branch: dict[tuple[str, str], BranchMeasured] = field(default_factory=dict)
    """By role and experiment, the newest measurement on top of today's project."""
    branches: dict[str, BranchMade] = field(default_factory=dict)
    """By name, the branches that were made."""
    arms: list[ArmMeasured] = field(default_factory=list)
    """The stack against those of other arms, the newest measurement of each."""
    stopped: CampaignStopped | None = None
    paused: float | None = None
    """Since when nothing is started, because a person wants it so."""
    busy_seconds: float = 0.0
    """Time the campaign was at work, breaks between two starts left out."""

    @property
    def wave(self) -> WaveState | None:
        """The wave that is open."""
        last = next(reversed(self.waves.values()), None)
        return last if last is not None and last.closed is None else None

    @property
    def headline(self) -> StackMeasured | None:
        """The newest measurement of the stack, if the stack is still the same."""
        return self.measured[-1] if self.measured and not self.stack_changed else None

    def quarantine(self, worker: str) -> Quarantine | None:
        """The stretch in which a worker is out now."""
        return self.out.get(worker)

    def tried(self, idea: str) -> bool:
        """Whether an idea has an experiment that counts."""
        return idea in self.by_idea

    def given_up(self, idea: str) -> bool:
        """Whether an idea was dropped or ruled out, and not opened again."""
        return idea in self.dropped or idea in self.ruled_out

    def queue(self) -> tuple[Idea, ...]:
        """Ideas that wait for a wave."""
        # a wave that was cut short by a limit leaves ideas that nobody has worked on
        tried = self.by_idea
        opened = self.wave
        taken = {*tried, *self.claims, *(opened.ideas if opened is not None else ())}
        place = {name: number for number, name in enumerate(self.order)}
        waiting = [
            idea for name, idea in self.ideas.items()
            if name not in taken and not self.given_up(name)
        ]  # fmt: skip
        waiting.sort(key=lambda idea: place.get(idea.id, len(place)))
        for name in sorted(self.pinned, key=lambda name: self.pinned[name]):
            moved = [idea for idea in waiting if idea.id == name]
            waiting = [idea for idea in waiting if idea.id != name]
            waiting[self.pinned[name] - 1 : self.pinned[name] - 1] = moved
        return tuple(waiting)

    def count(self, kind: str) -> int:
        """How many experiments have this verdict."""
        return self.verdicts[kind]
