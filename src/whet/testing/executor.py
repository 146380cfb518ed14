"""An executor that builds and runs nothing: programs whose speed is known, on simulated machines.

What it pretends is only the machine. Orders, repeats and stops are those of a real trial, because
`whet.trial.measure.Measurer` takes the pairs and the judge decides when there are enough.

    executor = SimulatedExecutor(machine=MACHINES["cloud"], seed=7)
    async with executor.lease("local") as worker:
        outcome = await worker.trial(spec, store.path, lambda progress: None)
"""

import math
import tempfile
from collections.abc import AsyncIterator, Collection, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import anyio

from whet.errors import WorkerLost
from whet.git.store import Store, receive
from whet.model.trial import (
    Fault,
    Fingerprint,
    Invocation,
    Pair,
    Side,
    Stage,
    StageName,
    TrialOutcome,
    TrialSpec,
)
from whet.ports import Progress, Watch
from whet.testing.noise import MACHINES, Machine
from whet.testing.program import Program, Truth, from_files
from whet.testing.weather import Weather
from whet.trial.bench import InvocationFailed
from whet.trial.measure import Blamed, Measurer

SIDES: tuple[Side, Side] = ("a", "b")

_LOST_AFTER = 5
"""Invocations after which a worker that is to be lost is lost: in the middle of the pairs."""


@dataclass(slots=True, kw_only=True)
class SimulatedExecutor:
    """Lends simulated workers; all of them are one machine, whose noise goes on for ever.

    `lost` are the trials, counted from 1, in which the worker is lost. `pause` makes every trial
    take this many real seconds; it can be cancelled meanwhile. `higher` are the metrics where
    more is better. The first metric of a spec carries the machine's noise, the others have none.
    `spells` are other machines that it becomes, by the number of the trial from which on it is so.
    `held` are the names of workers on loan, `trials` the ids of all specs that were begun.
    """

    machine: Machine = MACHINES["quiet"]
    seed: int = 0
    truth: Truth = from_files
    lost: Collection[int] = ()
    spells: Mapping[int, Machine] = field(default_factory=dict)
    pause: float = 0.0
    higher: Collection[str] = ()
    seconds: float = 1.0
    """Simulated time of one invocation of a program without any effect."""
    held: list[str] = field(default_factory=list)
    trials: list[str] = field(default_factory=list)
    weather: Weather = field(init=False)
    _known: dict[str, Program] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        self.weather = Weather(self.machine, self.seed)

    @asynccontextmanager
    async def lease(self, name: str) -> AsyncIterator["SimulatedWorker"]:
        """Lend a worker."""
        self.held.append(name)
        try:
            yield SimulatedWorker(name=name, executor=self)
        finally:
            self.held.remove(name)

    def begin(self, spec: TrialSpec) -> None:
        """Count a trial, on the machine that this has become."""
        self.trials.append(spec.id)
        number = len(self.trials)
        if number in self.spells:
            self.weather = Weather(self.spells[number], self.seed + number)

    def programs(self, spec: TrialSpec, bundle: Path) -> Mapping[Side, Program]:
        """What both sides truly are; a commit is looked at once."""
        sides: dict[Side, str] = {"a": spec.a, "b": spec.b}
        unknown = set(sides.values()) - self._known.keys()
        if unknown:
            with _opened(bundle) as store:
                self._known |= {commit: self.truth(store, commit) for commit in unknown}
        return {side: self._known[commit] for side, commit in sides.items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulatedWorker:
    """A place that answers trials without building anything."""

    name: str
    executor: SimulatedExecutor

    @property
    def fingerprint(self) -> Fingerprint:
        """The simulated machine, by the name of its noise."""
        return Fingerprint(
            host="simulated", machine="simulated", cpu=self.executor.machine.name, cores=1,
            kernel="", compiler="", python="", sandbox="none",
        )  # fmt: skip

    async def trial(self, spec: TrialSpec, bundle: Path, watch: Watch) -> TrialOutcome:
        """Answer a trial.

        Raises:
            WorkerLost: this trial was one of those to lose the worker in.
        """
        executor = self.executor
        executor.begin(spec)
        trial = _Trial(
            spec=spec,
            programs=executor.programs(spec, bundle),
            executor=executor,
            watch=watch,
            breaks=len(executor.trials) in executor.lost,
        )
        trial.tell("checkout")
        await anyio.sleep(executor.pause)
        return trial.run(self.fingerprint)


@contextmanager
def _opened(bundle: Path) -> Iterator[Store]:
    if bundle.is_dir():
        yield Store(bundle)
        return
    with tempfile.TemporaryDirectory(prefix="whet-simulated-") as folder:
        yield receive(Path(folder) / "objects.git", bundle)


@dataclass(slots=True, kw_only=True)
class _Trial:
    """One trial: the stages of `whet.trial.run`, empty, and pairs whose noise is the weather's."""

    spec: TrialSpec
    programs: Mapping[Side, Program]
    executor: SimulatedExecutor
    watch: Watch
    breaks: bool
    clock: float = 0.0
    invocations: int = 0
    stages: list[Stage] = field(default_factory=list)
    taker: Measurer = field(init=False)

    def __post_init__(self) -> None:
        self.taker = Measurer(spec=self.spec, invoke=self._invoke)

    def run(self, fingerprint: Fingerprint) -> TrialOutcome:
        spec = self.spec
        asked = spec.distinct or spec.same_code or spec.mode == "fixed"
        identical = spec.a == spec.b and not asked
        fine = all(self._end(*stage) for stage in _before(spec, self.programs, identical))
        fresh = self._measure() if fine and not identical and spec.mode != "checks" else ()
        return TrialOutcome(
            id=spec.id,
            fingerprint=fingerprint,
            stages=tuple(self.stages),
            pairs=tuple(self.taker.pairs),
            fresh=fresh,
            identical=identical and fine,
            failures=dict(self.taker.failures),
            seconds=self.clock,
        )

    def _measure(self) -> tuple[Pair, ...]:
        """Take the pairs; returns those on fresh inputs, if there are any."""
        stage: StageName = "warmup"
        fresh: tuple[Pair, ...] = ()
        try:
            for side in SIDES:
                self.taker.warm_up(side)
            self._end(stage)
            stage = "measure"
            accepted = self._take()
            self._end(stage)
            if accepted and self.spec.bench.fresh_inputs:
                stage = "fresh"
                fresh = self.taker.fresh(self.spec.fresh_pairs)
                self._end(stage)
        except Blamed as blamed:
            self._end(stage, "incumbent" if blamed.side == "a" else blamed.fault, blamed.detail)
        return fresh

    def _take(self) -> bool:
        def count(pairs: int) -> None:
            self.tell("measure", pairs)

        if self.spec.mode == "judge":
            return self.taker.until_decided(count).action == "accept"
        self.taker.fixed(self.spec.pairs, count)
        return False

    def _invoke(self, side: Side, *, pad: int = 0, seed: int | None = None) -> Invocation:
        """One invocation; neither the size of the environment nor the inputs matter here."""
        del pad, seed
        self.invocations += 1
        if self.breaks and self.invocations > _LOST_AFTER:
            raise WorkerLost("the simulated worker was lost")
        program = self.programs[side]
        if program.fails == "run":
            raise InvocationFailed("crash", "the benchmark ended with exit 3")
        goal, *others = self.spec.metrics
        slower = self.executor.weather.invocation()
        wall = self.executor.seconds * math.exp(slower - program.gain(goal))
        values = {goal: self._value(goal, program.gain(goal) - slower)}
        values |= {name: self._value(name, program.gain(name)) for name in others}
        at, self.clock = self.clock, self.clock + wall
        return Invocation(values=values, wall=wall, cpu=wall, at=at)

    def _value(self, metric: str, better: float) -> float:
        sign = 1.0 if metric in self.executor.higher else -1.0
        return self.executor.seconds * math.exp(sign * better)

    def _end(self, name: StageName, fault: Fault = "", detail: str = "") -> bool:
        why = detail if fault else ""
        stage = Stage(name=name, ok=not fault, seconds=0.0, fault=fault, detail=why)
        self.stages.append(stage)
        self.tell(name, len(self.taker.pairs), stage)
        return stage.ok

    def tell(self, stage: str, pairs: int = 0, done: Stage | None = None) -> None:
        cap = self.spec.design.boundaries.cap if self.spec.design else self.spec.pairs
        self.watch(Progress(stage=stage, pairs=pairs, cap=cap, done=done))


def _before(
    spec: TrialSpec, programs: Mapping[Side, Program], identical: bool
) -> Iterator[tuple[StageName, Fault, str]]:
    """The stages before the first invocation, with what goes wrong in them."""
    a, b = programs["a"].fails, programs["b"].fails
    yield "checkout", "", ""
    yield "build_a", "incumbent" if a == "build" else "", "the simulated build fails"
    yield "build_b", "exit" if b == "build" else "", "the simulated build fails"
    if identical or not spec.run_checks:
        return
    if spec.checks.command:
        yield "checks", "exit" if b == "checks" else "", "the simulated checks fail"
    if spec.checks.equivalence:
        differs = (a == "output") != (b == "output")
        yield "equivalence", "output_differs" if differs else "", "the simulated output differs"
