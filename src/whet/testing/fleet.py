"""Rented machines that are not there: they come late, are noisy, die, or lose what they measured.

Each is a `SimulatedExecutor` with a noise of its own; time is that of the event loop, so a virtual
one (`whet.testing.virtual`) lets a night pass in seconds.
"""

import random
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import anyio

from whet.errors import NoMachine, WorkerLost
from whet.model.event import Event
from whet.model.machine import Machine as MachineInLedger
from whet.model.machine import MachineAsked, MachineEnd, MachineGone, MachineReady
from whet.model.trial import Block, Fingerprint, TrialOutcome
from whet.ports import Clock, Watch
from whet.testing.executor import SimulatedExecutor, SimulatedWorker
from whet.testing.noise import MACHINES, Machine
from whet.testing.program import Truth, from_files

WILD = replace(MACHINES["noisy"], name="wild", busy_share=0.0, jitter=0.5)
"""A machine that no calibration lets through."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Faults:
    """What goes wrong, as chances; times are seconds."""

    launch: float = 90.0
    slow: float = 0.0
    """Of a launch that takes ten times as long."""
    refused: float = 0.0
    """Of no capacity, when a machine is asked for."""
    noisy: float = 0.0
    """Of a machine that is not fit to measure."""
    preempted: float = 0.0
    """Of a machine that is taken away in the middle of a block."""
    lost: float = 0.0
    """Of a block whose results do not come back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Spell:
    """Time in which a machine was held."""

    worker: str
    start: float
    end: float
    trials: int
    good: bool


@dataclass(slots=True, kw_only=True)
class SimulatedFleet:
    """Lends simulated machines that cost money, and tells of each what the ledger must know."""

    tell: Callable[[Event], None]
    clock: Clock
    faults: Faults = Faults()
    seed: int = 0
    truth: Truth = from_files
    truths: Mapping[str, Truth] = field(default_factory=dict)
    """What is true on some workers only, by their names."""
    machine: Machine = MACHINES["quiet"]
    price: float | None = 0.4
    build: float = 30.0
    """Seconds that each side of a block takes before it is measured."""
    left: tuple[MachineInLedger, ...] = ()
    """Machines of an earlier process: ended when this one asks for the first."""
    spells: list[Spell] = field(default_factory=list)
    released: list[tuple[str, MachineEnd]] = field(default_factory=list)
    held: dict[str, int] = field(default_factory=dict)
    up: dict[str, tuple[str, SimulatedExecutor]] = field(default_factory=dict)
    _chance: random.Random = field(init=False)
    _count: int = 0

    def __post_init__(self) -> None:
        self._chance = random.Random(self.seed)  # noqa: S311 (luck, not a secret)

    @asynccontextmanager
    async def lease(self, name: str) -> AsyncIterator["FleetWorker"]:
        """Lend a worker; its machine is launched where there is none."""
        if self.held.get(name):
            raise AssertionError(f"{name} is lent twice at the same time")
        self.held[name] = 1
        try:
            if name not in self.up:
                await self._launch(name)
            yield FleetWorker(name=name, fleet=self, machine=self.up[name][1])
        finally:
            del self.held[name]

    async def release(self, name: str, reason: MachineEnd) -> None:
        """Give a machine back; the next lease is of another one."""
        found = self.up.pop(name, None)
        if found is not None:
            self.released.append((name, reason))
            self._gone(name, found[0], reason)

    async def close(self) -> tuple[str, ...]:
        """Give all back."""
        names = tuple(self.up)
        for name in names:
            await self.release(name, "ended")
        return names

    async def _launch(self, name: str) -> None:
        for one in self.left:
            self._gone(one.worker, one.name, "ended", "of an earlier run")
        self.left = ()
        self._count += 1
        at = self.clock.now()
        machine, faults = f"{name}-{self._count}-{at:.0f}", self.faults
        self.tell(MachineAsked(at=at, worker=name, machine=machine, kind="sky", what="simulated"))
        try:
            await anyio.sleep(faults.launch * (10 if self._happens(faults.slow) else 1))
        except anyio.get_cancelled_exc_class():
            self._gone(name, machine, "ended")  # as a real one: it is given back unseen
            raise
        if self._happens(faults.refused):
            self._gone(name, machine, "failed", "no capacity")
            raise NoMachine(f"no capacity for {name}")
        noise = WILD if self._happens(faults.noisy) else self.machine
        inside = SimulatedExecutor(machine=noise, seed=self.seed + self._count,
                                   truth=self.truths.get(name, self.truth))  # fmt: skip
        self.up[name] = (machine, inside)
        self.tell(MachineReady(
            at=self.clock.now(), worker=name, machine=machine, where="simulated", price=self.price,
        ))  # fmt: skip

    def _gone(self, worker: str, machine: str, reason: MachineEnd, detail: str = "") -> None:
        at = self.clock.now()
        self.tell(MachineGone(at=at, worker=worker, machine=machine, reason=reason, detail=detail))

    def _happens(self, chance: float) -> bool:
        return self._chance.random() < chance

    async def busy(self, name: str, block: Block, seconds: float) -> None:
        """Let a machine work.

        Raises:
            WorkerLost: it was taken away, or what it measured was lost.
        """
        start = self.clock.now()
        died, lost = self._happens(self.faults.preempted), self._happens(self.faults.lost)
        try:
            await anyio.sleep(seconds * (self._chance.random() if died else 1.0))
        finally:
            self.spells.append(Spell(
                worker=name, start=start, end=self.clock.now(), trials=len(block.trials),
                good=not (died or lost),
            ))  # fmt: skip
        if died or lost:
            raise WorkerLost(f"{name} was {'taken away' if died else 'cut off'}")


@dataclass(frozen=True, slots=True, kw_only=True)
class FleetWorker:
    """A rented machine that is not there."""

    name: str
    fleet: SimulatedFleet
    machine: SimulatedExecutor

    @property
    def fingerprint(self) -> Fingerprint:
        """The simulated machine, by the name of its noise."""
        return self._inside.fingerprint

    @property
    def _inside(self) -> SimulatedWorker:
        return SimulatedWorker(name=self.name, executor=self.machine)

    async def run(self, block: Block, bundle: Path, watch: Watch) -> tuple[TrialOutcome, ...]:
        """Answer a block after the time that it would have taken."""
        outcomes = await self._inside.run(block, bundle, watch)
        builds = self.fleet.build * (1 + len(block.trials))
        measuring = sum(outcome.seconds for outcome in outcomes)
        await self.fleet.busy(self.name, block, builds + measuring)
        return outcomes


def used(spells: list[Spell], workers: int, since: float, until: float) -> float:
    """The share of their time in which so many workers were at work."""
    inside = sum(max(0.0, min(one.end, until) - max(one.start, since)) for one in spells)
    return inside / (workers * (until - since)) if until > since else 0.0


def per_hour(spells: list[Spell], since: float, step: float = 60.0) -> Mapping[float, int]:
    """How many machines were at work, every so many seconds since then."""
    changes = sorted([(one.start, 1) for one in spells] + [(one.end, -1) for one in spells])
    found: dict[float, int] = {}
    busy, at = 0, since
    for time, change in changes:
        while at < time:
            found[at - since] = busy
            at += step
        busy += change
    return found
