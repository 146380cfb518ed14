"""An executor that builds and runs nothing: programs whose speed is known, on simulated machines.

What it pretends is only the machine. Orders, repeats and stops are those of a real trial, because
`whet.trial.measure.Measurer` takes the pairs and the judge decides when there are enough.

    executor = SimulatedExecutor(machine=MACHINES["cloud"], seed=7)
    async with executor.lease("local") as worker:
        (outcome,) = await worker.run(Block(trials=(spec,)), store.path, lambda progress: None)
"""

import math
import tempfile
from collections.abc import AsyncIterator, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import anyio

from whet.errors import WorkerLost
from whet.git.store import Store, receive
from whet.model.machine import MachineEnd
from whet.model.trial import (
    Block,
    Fault,
    Fingerprint,
    Invocation,
    Stage,
    StageName,
    TrialOutcome,
    TrialSpec,
)
from whet.ports import Progress, Watch
from whet.testing.noise import MACHINES, Machine
from whet.testing.program import Program, Truth, from_files
from whet.testing.weather import Weather
from whet.trial.arm import Arm
from whet.trial.bench import InvocationFailed
from whet.trial.measure import INCUMBENT, Measurer

_LOST_AFTER = 5
"""Invocations after which a worker that is to be lost is lost: in the middle of the pairs."""


@dataclass(slots=True, kw_only=True)
class SimulatedExecutor:
    """Lends simulated workers; all of them are one machine, whose noise goes on for ever.

    `lost` are the blocks, counted from 1, in which the worker is lost. `pause` makes every block
    take this many real seconds; it can be cancelled meanwhile. `higher` are the metrics where
    more is better. The first metric of a spec carries the machine's noise, the others have none.
    `spells` are other machines that it becomes, by the number of the block from which on it is so.
    `held` are the names of workers on loan, `blocks` the ids of all specs that were begun, by
    their blocks, and `invocations` all executions of a benchmark, uncounted ones as well.
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
    blocks: list[tuple[str, ...]] = field(default_factory=list)
    invocations: int = 0
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

    async def release(self, name: str, reason: MachineEnd) -> None:
        """Nothing: a simulated machine costs nothing."""

    async def close(self) -> tuple[str, ...]:
        """Nothing was launched, so nothing is stopped."""
        return ()

    def begin(self, block: Block) -> None:
        """Count a block, on the machine that this has become."""
        self.blocks.append(tuple(spec.id for spec in block.trials))
        number = len(self.blocks)
        if number in self.spells:
            self.weather = Weather(self.spells[number], self.seed + number)

    def programs(self, block: Block, bundle: Path) -> tuple[Program, ...]:
        """What the incumbent and every candidate truly are; a commit is looked at once."""
        commits = (block.trials[0].a, *(spec.b for spec in block.trials))
        unknown = set(commits) - self._known.keys()
        if unknown:
            with _opened(bundle) as store:
                self._known |= {commit: self.truth(store, commit) for commit in unknown}
        return tuple(self._known[commit] for commit in commits)


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

    async def run(self, block: Block, bundle: Path, watch: Watch) -> tuple[TrialOutcome, ...]:
        """Answer a block.

        Raises:
            WorkerLost: this block was one of those to lose the worker in.
        """
        executor = self.executor
        executor.begin(block)
        trial = _Trial(
            block=block,
            programs=executor.programs(block, bundle),
            executor=executor,
            watch=watch,
            breaks=len(executor.blocks) in executor.lost,
        )
        for arm in trial.arms:
            trial.tell(arm, "checkout")
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
    """One block: the stages of `whet.trial.run`, empty, and pairs whose noise is the weather's."""

    block: Block
    programs: Sequence[Program]
    """Of the incumbent, then of every candidate."""
    executor: SimulatedExecutor
    watch: Watch
    breaks: bool
    clock: float = 0.0
    invocations: int = 0
    arms: tuple[Arm, ...] = field(init=False)
    taker: Measurer = field(init=False)

    def __post_init__(self) -> None:
        self.arms = tuple(Arm(spec=spec) for spec in self.block.trials)
        self.taker = Measurer(arms=self.arms, invoke=self._invoke)

    @property
    def spec(self) -> TrialSpec:
        return self.block.trials[0]

    def run(self, fingerprint: Fingerprint) -> tuple[TrialOutcome, ...]:
        for arm, program in zip(self.arms, self.programs[1:], strict=True):
            spec = arm.spec
            identical = spec.a == spec.b and not (spec.distinct or spec.same_code)
            sides = (self.programs[INCUMBENT], program)
            pointless = identical and spec.mode != "fixed"
            fine = all(self._end(arm, *stage) for stage in _before(spec, sides, pointless))
            arm.identical = identical and fine
        if self.spec.mode != "checks" and any(arm.alive for arm in self.arms):
            self._measure()
        seconds = self.clock / len(self.arms)
        return tuple(arm.outcome(fingerprint, seconds=seconds) for arm in self.arms)

    def _measure(self) -> None:
        self.taker.warm_up()
        self._ended("warmup", self.arms)
        self._take()
        self._ended("measure", self.arms)
        if self.spec.bench.fresh_inputs:
            accepted = [arm for arm in self.arms if arm.accepted]
            self.taker.fresh(self.spec.fresh_pairs)
            self._ended("fresh", accepted)

    def _take(self) -> None:
        def count(arm: Arm) -> None:
            self.tell(arm, "measure", len(arm.pairs))

        if self.spec.mode == "judge":
            self.taker.until_decided(count)
        else:
            self.taker.fixed(self.spec.pairs, count)

    def _invoke(
        self, member: int, *, pad: int = 0, seed: int | None = None, turn: int = 0
    ) -> Invocation:
        """One invocation; neither the size of the environment nor the inputs matter here."""
        del pad, seed, turn
        self.invocations += 1
        self.executor.invocations += 1
        if self.breaks and self.invocations > _LOST_AFTER:
            raise WorkerLost("the simulated worker was lost")
        program = self.programs[member]
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

    def _ended(self, name: StageName, arms: Iterable[Arm]) -> None:
        for arm in arms:
            if not arm.over:
                self._note(arm, arm.ended(name, 0.0))

    def _end(self, arm: Arm, name: StageName, fault: Fault = "", detail: str = "") -> bool:
        why = detail if fault else ""
        return self._note(arm, Stage(name=name, ok=not fault, seconds=0.0, fault=fault, detail=why))

    def _note(self, arm: Arm, stage: Stage) -> bool:
        arm.stages.append(stage)
        self.tell(arm, stage.name, len(arm.pairs), stage)
        return stage.ok

    def tell(self, arm: Arm, stage: str, pairs: int = 0, done: Stage | None = None) -> None:
        told = Progress(stage=stage, pairs=pairs, cap=self.block.cap, done=done, trial=arm.spec.id)
        self.watch(told)


def _before(
    spec: TrialSpec, programs: tuple[Program, Program], pointless: bool
) -> Iterator[tuple[StageName, Fault, str]]:
    """The stages before the first invocation, with what goes wrong in them."""
    a, b = (program.fails for program in programs)
    yield "checkout", "", ""
    yield "build_a", "incumbent" if a == "build" else "", "the simulated build fails"
    yield "build_b", "exit" if b == "build" else "", "the simulated build fails"
    if pointless or not spec.run_checks:
        return
    if spec.checks.command:
        yield "checks", "exit" if b == "checks" else "", "the simulated checks fail"
    if spec.checks.equivalence:
        differs = (a == "output") != (b == "output")
        yield "equivalence", "output_differs" if differs else "", "the simulated output differs"
