"""One block from its specs to its outcomes, top to bottom. Most blocks are one trial."""

import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from whet import sandbox
from whet.git.store import receive
from whet.model.sampling import Examination
from whet.model.trial import Block, Stage, StageName, TrialOutcome, TrialSpec
from whet.space import blame_the_disk
from whet.trial import locks, trees
from whet.trial.arm import Arm, Blame
from whet.trial.bench import InvocationFailed, Invoker, Members
from whet.trial.fingerprint import fingerprint
from whet.trial.identical import same_in_all, same_program
from whet.trial.measure import Measurer
from whet.trial.sampling.ceilings import ceilings
from whet.trial.sampling.examine import Examiner
from whet.trial.screen import Counter, Screened, screened, unusable
from whet.trial.shell import Meter, Shell
from whet.trial.stages import Stages
from whet.trial.trees import Tree

Emit = Callable[[str, str, int, Stage | None], None]
"""Told a trial's id, the stage that began (or the number of pairs), and a stage that ended."""


Builds = Sequence[Tree]
"""The trees of one side, one for each layout; the first is as the build makes it."""


@dataclass(slots=True, kw_only=True)
class Trial:
    """The trials of a block in progress."""

    block: Block
    source: Path | None
    """A bundle, a store beside this one, or nothing where the commits are here already."""
    work: Path
    repo: Path | None
    emit: Emit
    env: Mapping[str, str] = field(default_factory=dict)
    """Variables of every command of the target."""
    started: float = field(default_factory=time.monotonic)
    arms: tuple[Arm, ...] = field(init=False)
    _waited: float = 0.0
    _shell: Shell = field(init=False)
    _stages: Stages = field(init=False)

    def __post_init__(self) -> None:
        self.arms = tuple(Arm(spec=spec) for spec in self.block.trials)

    @property
    def spec(self) -> TrialSpec:
        """What is equal in all trials can be read from the first."""
        return self.block.trials[0]

    def run(self) -> tuple[TrialOutcome, ...]:
        """Everything, holding the cores from the first build to the last invocation."""
        kind = self._jail_kind()
        cpus = locks.available(self.spec.cpus)
        asked = time.monotonic()
        with locks.cores_held(self.work.parent / "locks", cpus):
            self._waited = time.monotonic() - asked
            self._shell = self._make_shell(kind, cpus)
            self._stages = Stages(spec=self.spec, shell=self._shell)
            try:
                self._all()
            finally:
                trees.remove(self._shell.work)
        return self._outcomes(kind)

    def _outcomes(self, kind: sandbox.Kind) -> tuple[TrialOutcome, ...]:
        """What was seen; what the stages have not taken is shared evenly."""
        total, count = time.monotonic() - self.started, len(self.arms)
        own = [sum(stage.seconds for stage in arm.stages) for arm in self.arms]
        rest = max(0.0, total - sum(own)) / count
        overhead = max(0.0, total - self._waited - self._shell.meter.seconds) / count
        here = fingerprint(kind)
        return tuple(
            arm.outcome(here, seconds=seconds + rest, overhead=overhead)
            for arm, seconds in zip(self.arms, own, strict=True)
        )

    def _all(self) -> None:
        sides = self._checkout()
        try:
            self._judge(sides)
        finally:
            trees.prune(self.work, {tree.key for side in sides for tree in side})

    def _judge(self, sides: Sequence[Builds]) -> None:
        a, *candidates = self._with_incumbent(sides)
        if self.spec.examination is not None:
            self._examine(self.spec.examination, self.arms[0], a[0])
            return
        for arm, b in zip(self.arms, candidates, strict=True):
            arm.layouts = len(a)
            if arm.alive:
                self._prepare(arm, a, b)
        if self.spec.screen != "off" and any(arm.alive for arm in self.arms):
            self._screen(a[0], [b[0] for b in candidates])
        if self.spec.mode != "checks" and any(arm.alive for arm in self.arms):
            self._measure((a, *candidates))
            for arm, b in zip(self.arms, candidates, strict=True):
                if arm.alive and arm.accepted and arm.spec.run_checks:
                    self._again(arm, a, b)

    def _with_incumbent(self, sides: Sequence[Builds]) -> Sequence[Builds]:
        """Build the incumbent; the sides with one build each where layouts make no difference."""
        a = sides[0]
        if not all(tree.built for tree in a):
            self._begin("build")
        built = self._stages.builds("build_a", a)
        for arm in self.arms:
            self._ended(arm, replace(built, seconds=built.seconds / len(self.arms)))
        ignored = built.ok and len(a) > 1 and same_in_all(a[:2])
        return [side[:1] for side in sides] if ignored else sides

    def _prepare(self, arm: Arm, a: Builds, b: Builds) -> None:
        """Everything about a candidate that comes before its first invocation."""
        spec = arm.spec
        if not all(tree.built for tree in b):
            self._begin("build", arm)
        if not self._ended(arm, self._stages.builds("build_b", b)):
            return
        if not (spec.distinct or spec.same_code):
            arm.identical = same_program(a[0], b[0])
        if arm.over or not spec.run_checks:
            return
        if self._checked(arm, a[0], b[0]):
            if spec.checks.equivalence:
                self._begin("equivalence", arm)
            self._ended(arm, self._stages.equivalence(a[0], b[0], spec.seed))

    def _checked(self, arm: Arm, a: Tree, b: Tree) -> bool:
        if arm.spec.checks.command:
            self._begin("checks", arm)
        return self._ended(arm, self._stages.check(a, b))

    def _again(self, arm: Arm, a: Builds, b: Builds) -> None:
        """Checks once more after a gain: what passes by luck seldom passes twice."""
        if self._ended(arm, self._stages.intact(a, b)):
            self._checked(arm, a[0], b[0])

    def _checkout(self) -> Sequence[Builds]:
        """The incumbent's trees, and those of every candidate: one for each layout."""
        spec, started = self.spec, time.monotonic()
        self._begin("checkout")
        store = receive(self.work / "objects.git", self.source)
        recipe = f"{spec.build.setup}\0{spec.build.command}\0{fingerprint(self._shell.kind).key}\0"
        names = store.matching(spec.base, spec.protect)
        candidates = (
            []
            if spec.examination
            else [
                (one.b, "second" if one.same_code or one.a == one.b else "")
                for one in self.block.trials
            ]
        )
        sides = [
            [
                trees.place(
                    store, self.work, commit=commit, base=spec.base, protect=spec.protect,
                    names=names, recipe=recipe + twin + (f"\0layout {layout}" if layout else ""),
                )
                for layout in range(spec.layouts)
            ]
            for commit, twin in ((spec.a, ""), *candidates)
        ]  # fmt: skip
        self._shared("checkout", started)
        return sides if candidates else [*sides, *sides]

    def _screen(self, a: Tree, candidates: Sequence[Tree]) -> None:
        """Drop candidates that execute no fewer instructions, where these can be counted."""
        started = time.monotonic()
        self._begin("screen")
        counter = Counter(bench=self.spec.bench, shell=self._shell.with_env(self.spec.bench.env))
        tool = counter.tool(a)
        counts = (counter.count(tool, a), counter.count(tool, a)) if tool else (None, None)
        why = unusable(counts)
        for arm, b in zip(self.arms, candidates, strict=True):
            if not arm.alive:
                continue
            found = Screened(detail=why)
            if not why and counts[0] is not None:
                found = screened(counts[0], counter.count(tool, b))
            seconds, started = time.monotonic() - started, time.monotonic()
            stage = Stage(name="screen", ok=True, seconds=seconds, detail=found.detail)
            self._ended(arm, stage)
            arm.screened = found.dropped

    def _measure(self, sides: Sequence[Builds]) -> None:
        members = Members(invoker=self._invoker(), trees=sides)
        taker = Measurer(arms=self.arms, invoke=members, layouts=len(sides[0]))
        started = time.monotonic()
        self._begin("warmup")
        taker.warm_up()
        self._shared("warmup", started)
        started = time.monotonic()
        self._take(taker)
        self._shared("measure", started)
        if self.spec.bench.fresh_inputs and any(arm.accepted for arm in self.arms):
            started = time.monotonic()
            accepted = [arm for arm in self.arms if arm.accepted]
            for arm in accepted:
                self._begin("fresh", arm)
            # where noise asked for many pairs, a few would not show whether the gain is still there
            taken = max(len(arm.pairs) for arm in accepted)
            taker.fresh(max(self.spec.fresh_pairs, taken // 2))
            self._shared("fresh", started, accepted)

    def _invoker(self) -> Invoker:
        return Invoker(
            bench=self.spec.bench,
            metrics=self.spec.metrics,
            shell=self._shell.with_env(self.spec.bench.env),
            started=self.started,
        )

    def _examine(self, asked: Examination, arm: Arm, tree: Tree) -> None:
        """Watch the incumbent; nothing is compared."""
        if not arm.alive:
            return
        examiner = Examiner(
            asked=asked,
            invoker=self._invoker(),
            tree=tree,
            told=self._begin,
        )
        started, folder = time.monotonic(), self.work.parent / "ceilings"
        key = fingerprint(self._shell.kind).key
        try:
            arm.examined = examiner.run(lambda: ceilings(self._shell, folder, key))
        except InvocationFailed as failure:
            arm.blame = Blame(
                side="b", fault=failure.fault, detail=failure.detail, log=failure.log,
                hint=failure.hint,
            )  # fmt: skip
        arm.invocations = tuple(examiner.invocations)
        self._ended(arm, arm.ended("examine", time.monotonic() - started))

    def _take(self, taker: Measurer) -> None:
        def count(arm: Arm) -> None:
            self.emit(arm.spec.id, "measure", len(arm.pairs), None)

        if self.spec.mode == "judge":
            taker.until_decided(count)
        else:
            taker.fixed(self.spec.pairs, count)

    def _begin(self, name: str, *arms: Arm) -> None:
        """Say that a stage of these candidates, or of all, has begun."""
        for arm in arms or self.arms:
            if arm.alive:
                self.emit(arm.spec.id, name, 0, None)

    def _shared(self, name: StageName, started: float, arms: Sequence[Arm] | None = None) -> None:
        """A stage of several candidates has ended; each is charged for what was done for it."""
        taking = [arm for arm in (arms or self.arms) if not arm.over]
        seconds = time.monotonic() - started
        spent = sum(arm.seconds for arm in taking)
        for arm in taking:
            part = arm.seconds / spent if spent else 1 / len(taking)
            self._ended(arm, arm.ended(name, seconds * part))
            arm.seconds = 0.0

    def _ended(self, arm: Arm, stage: Stage | None) -> bool:
        """Note a stage that has ended; whether the candidate may go on."""
        if stage is None:
            return True
        if not stage.ok:
            blame_the_disk(self.work, stage.log)
        arm.stages.append(stage)
        self.emit(arm.spec.id, stage.name, len(arm.pairs), stage)
        return stage.ok

    def _jail_kind(self) -> sandbox.Kind:
        wanted = self.spec.integrity.sandbox
        return sandbox.detect() if wanted == "auto" else wanted

    def _make_shell(self, kind: sandbox.Kind, cpus: frozenset[int]) -> Shell:
        self.work.mkdir(parents=True, exist_ok=True)
        for left in self.work.glob("h-*"):
            trees.remove(left)  # of a trial that was killed; this one holds its cores now
        integrity = self.spec.integrity
        shown = (*_outside(integrity.read_only), *_named(self.spec.bench.env.values()))
        return Shell(
            trial=self.spec.id,
            kind=kind,
            work=Path(tempfile.mkdtemp(prefix="h-", dir=self.work)),
            repo=self.repo,
            network=integrity.network == "on",
            cpus=cpus,
            read_only=shown + ((self.repo,) if self.repo is not None else ()),
            env=self.env,
            meter=Meter(),
        )


def _outside(entries: Iterable[str]) -> Iterator[Path]:
    """What is no part of the tree; the others are patterns of files that are."""
    return (Path(entry).expanduser() for entry in entries if entry.startswith(("/", "~")))


def _named(values: Iterable[str]) -> Iterator[Path]:
    """A model or a data set that `[bench] env` names: a home and /tmp are hidden in the jail.

    Not a folder that holds the home, which would show all that the jail hides.
    """
    paths = (Path(value) for value in values if value.startswith("/"))
    return (path for path in paths if path.exists() and not Path.home().is_relative_to(path))
