"""One trial from its spec to its outcome, top to bottom."""

import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from whet import proc, sandbox
from whet.git.store import receive
from whet.model.trial import (
    Fault,
    Pair,
    Side,
    Stage,
    StageName,
    TrialOutcome,
    TrialSpec,
)
from whet.space import blame_the_disk
from whet.trial import advice, locks, trees
from whet.trial.bench import Invoker, Sides, complaint
from whet.trial.fingerprint import fingerprint
from whet.trial.identical import same_program
from whet.trial.measure import Blamed, Measurer
from whet.trial.shell import Meter, Shell
from whet.trial.trees import Tree

Emit = Callable[[str, int, Stage | None], None]
"""Told the stage that began (or the number of pairs), and a stage that ended."""


@dataclass(slots=True, kw_only=True)
class Trial:
    """A trial in progress."""

    spec: TrialSpec
    source: Path
    work: Path
    repo: Path | None
    emit: Emit
    started: float = field(default_factory=time.monotonic)
    stages: list[Stage] = field(default_factory=list)
    pairs: list[Pair] = field(default_factory=list)
    fresh: tuple[Pair, ...] = ()
    failures: dict[Side, int] = field(default_factory=dict)
    identical: bool = False
    _accepted: bool = False
    _waited: float = 0.0
    _shell: Shell = field(init=False)

    def run(self) -> TrialOutcome:
        """Everything, holding the cores from the first build to the last invocation."""
        kind = self._jail_kind()
        cpus = locks.available(self.spec.cpus)
        asked = time.monotonic()
        with locks.cores_held(self.work.parent / "locks", cpus):
            self._waited = time.monotonic() - asked
            self._shell = self._make_shell(kind, cpus)
            try:
                self._all()
            finally:
                trees.remove(self._shell.work)
        total = time.monotonic() - self.started
        return TrialOutcome(
            id=self.spec.id,
            fingerprint=fingerprint(kind),
            stages=tuple(self.stages),
            pairs=tuple(self.pairs),
            fresh=self.fresh,
            identical=self.identical,
            failures=dict(self.failures),
            seconds=total,
            overhead=max(0.0, total - self._waited - self._shell.meter.seconds),
        )

    def _all(self) -> None:
        a, b = self._checkout()
        try:
            self._judge(a, b)
        finally:
            trees.prune(self.work, {a.key, b.key})

    def _judge(self, a: Tree, b: Tree) -> None:
        spec = self.spec
        if not (self._build("build_a", a) and self._build("build_b", b)):
            return
        if not (spec.distinct or spec.same_code or spec.mode == "fixed"):
            self.identical = same_program(a, b)
            if self.identical:
                return
        if spec.run_checks and not (self._check(a, b) and self._equivalence(a, b)):
            return
        if spec.mode != "checks":
            self._measure(a, b)
            if self._accepted and spec.run_checks and self._intact(a, b):
                self._check(a, b)  # once more: what passes by luck seldom passes twice

    def _checkout(self) -> tuple[Tree, Tree]:
        spec, started = self.spec, time.monotonic()
        self.emit("checkout", 0, None)
        store = receive(self.work / "objects.git", self.source)
        recipe = f"{spec.build.setup}\0{spec.build.command}\0{fingerprint(self._shell.kind).key}\0"
        twice = "second" if spec.same_code or spec.a == spec.b else ""
        names = store.matching(spec.base, spec.protect)
        places = [
            trees.place(
                store, self.work, commit=commit, base=spec.base, protect=spec.protect,
                names=names, recipe=recipe + variant,
            )
            for commit, variant in ((spec.a, ""), (spec.b, twice))
        ]  # fmt: skip
        self._note("checkout", started)
        return places[0], places[1]

    def _build(self, name: StageName, tree: Tree) -> bool:
        started, spec = time.monotonic(), self.spec
        if tree.built:
            return self._note(name, started, cached=True)
        self.emit("build", 0, None)
        before = tree.protected.state()
        caches = tuple(Path(entry).expanduser() for entry in spec.build.cache)
        for cache in caches:
            cache.mkdir(parents=True, exist_ok=True)
        for command in (spec.build.setup, spec.build.command):
            if command:
                done = self._shell.run(
                    command, tree.path, timeout=spec.build.timeout, writable=caches
                )
                if not done.ok:
                    fault: Fault = "timeout" if done.timed_out else "exit"
                    why = complaint(done.tail(40)) if not done.timed_out else ""
                    ended = f"`{command}` {_ended(done.how, spec.build.timeout)}"
                    detail = f"{why} ({ended})" if why else ended
                    hint = _hint(done, command, "build.timeout", spec.build.timeout)
                    return self._fail(name, started, fault, detail, done.tail(30), hint)
        changed = tree.protected.changed(before)
        if changed:
            detail = f"the build changed {changed[0]}"
            return self._fail(name, started, "protected", detail, hint=advice.UNPROTECT)
        tree.seal()
        return self._note(name, started)

    def _check(self, a: Tree, b: Tree) -> bool:
        command, started = self.spec.checks.command, time.monotonic()
        if not command:
            return True
        self.emit("checks", 0, None)
        before = b.protected.state()
        done = self._shell.run(
            command,
            b.path,
            timeout=self.spec.checks.timeout,
            env={"WHET_BASELINE": str(a.path)},
            sealed=b.protected.sealed(),
            look=(a.path,),
        )
        changed = b.protected.changed(before)
        b.sweep()
        if changed:
            detail = f"the checks changed {changed[0]}"
            return self._fail("checks", started, "protected", detail, hint=advice.UNPROTECT)
        if not done.ok:
            fault: Fault = "timeout" if done.timed_out else "exit"
            ended = _ended(done.how, self.spec.checks.timeout)
            detail = ended if done.timed_out else complaint(done.tail(40)) or ended
            hint = _hint(done, command, "checks.timeout", self.spec.checks.timeout)
            return self._fail("checks", started, fault, detail, done.tail(40), hint)
        return self._note("checks", started, detail=_last_line(done.text))

    def _equivalence(self, a: Tree, b: Tree) -> bool:
        command, started = self.spec.checks.equivalence, time.monotonic()
        if not command:
            return True
        self.emit("equivalence", 0, None)
        outputs = []
        for tree, other in ((a, b), (b, a)):
            before = tree.protected.state()
            done = self._shell.run(
                command,
                tree.path,
                timeout=self.spec.checks.timeout,
                env={"WHET_SEED": str(self.spec.seed)},
                sealed=tree.protected.sealed(),
                look=(other.path,),
            )
            changed = tree.protected.changed(before)
            tree.sweep()
            fault: Fault = "incumbent" if tree is a else "timeout" if done.timed_out else "exit"
            if changed:
                detail = f"`{command}` changed {changed[0]}"
                fault = "incumbent" if tree is a else "protected"
                return self._fail("equivalence", started, fault, detail, hint=advice.UNPROTECT)
            if not done.ok:
                detail = f"`{command}` {_ended(done.how, self.spec.checks.timeout)}"
                hint = _hint(done, command, "checks.timeout", self.spec.checks.timeout)
                return self._fail("equivalence", started, fault, detail, done.tail(), hint)
            outputs.append(done.stdout)
        if outputs[0] != outputs[1]:
            detail = _first_difference(outputs[0], outputs[1])
            hint = advice.by_hand(command)
            return self._fail("equivalence", started, "output_differs", detail, hint=hint)
        return self._note("equivalence", started, detail="same output on fresh inputs")

    def _measure(self, a: Tree, b: Tree) -> None:
        invoker = Invoker(
            bench=self.spec.bench,
            metrics=self.spec.metrics,
            shell=self._shell.with_env(self.spec.bench.env),
            started=self.started,
        )
        taker = Measurer(spec=self.spec, invoke=Sides(invoker=invoker, a=a, b=b))
        stage: StageName = "warmup"
        started = time.monotonic()
        try:
            self.emit("warmup", 0, None)
            for side in ("a", "b"):
                taker.warm_up(side)
            self._note("warmup", started)
            stage, started = "measure", time.monotonic()
            self._take(taker, started)
            if self.spec.bench.fresh_inputs and self._accepted:
                stage, started = "fresh", time.monotonic()
                self.emit("fresh", 0, None)
                self.fresh = taker.fresh(self.spec.fresh_pairs)
                self._note("fresh", started)
        except Blamed as blamed:
            fault: Fault = "incumbent" if blamed.side == "a" else blamed.fault
            self._fail(stage, started, fault, blamed.detail, blamed.log, blamed.hint)
        finally:
            self.pairs = taker.pairs
            self.failures = taker.failures

    def _intact(self, a: Tree, b: Tree) -> bool:
        """Whether the candidate is still the program that was checked."""
        started = time.monotonic()
        changed = sorted(b.altered() - a.altered())
        if changed:
            detail = f"the benchmark run changed {changed[0]}"
            return self._fail("integrity", started, "protected", detail)
        return True

    def _take(self, taker: Measurer, started: float) -> None:
        def count(taken: int) -> None:
            self.emit("measure", taken, None)

        if self.spec.mode == "judge":
            self._accepted = taker.until_decided(count).action == "accept"
        else:
            taker.fixed(self.spec.pairs, count)
        self._note("measure", started)

    def _note(
        self, name: StageName, started: float, *, detail: str = "", cached: bool = False
    ) -> bool:
        seconds = time.monotonic() - started
        stage = Stage(name=name, ok=True, seconds=seconds, detail=detail, cached=cached)
        self.stages.append(stage)
        self.emit(name, len(self.pairs), stage)
        return True

    def _fail(
        self,
        name: StageName,
        started: float,
        fault: Fault,
        detail: str,
        log: str = "",
        hint: str = "",
    ) -> bool:
        blame_the_disk(self.work, log)
        if name == "build_a":
            fault = "incumbent"
        seconds = time.monotonic() - started
        stage = Stage(
            name=name, ok=False, seconds=seconds, fault=fault, detail=detail, log=log, hint=hint
        )
        self.stages.append(stage)
        self.emit(name, len(self.pairs), stage)
        return False

    def _jail_kind(self) -> sandbox.Kind:
        wanted = self.spec.integrity.sandbox
        return sandbox.detect() if wanted == "auto" else wanted

    def _make_shell(self, kind: sandbox.Kind, cpus: frozenset[int]) -> Shell:
        self.work.mkdir(parents=True, exist_ok=True)
        for left in self.work.glob("h-*"):
            trees.remove(left)  # of a trial that was killed; this one holds its cores now
        integrity = self.spec.integrity
        outside = tuple(
            Path(entry).expanduser()
            for entry in integrity.read_only
            if entry.startswith(("/", "~"))
        )
        return Shell(
            trial=self.spec.id,
            kind=kind,
            work=Path(tempfile.mkdtemp(prefix="h-", dir=self.work)),
            repo=self.repo,
            network=integrity.network == "on",
            cpus=cpus,
            read_only=outside + ((self.repo,) if self.repo is not None else ()),
            env={},
            meter=Meter(),
        )


def _hint(done: proc.Completed, command: str, key: str, timeout: float) -> str:
    return advice.longer(key, timeout) if done.timed_out else advice.by_hand(command)


def _ended(how: str, timeout: float) -> str:
    return f"took longer than {timeout:g} s" if how == "timed out" else f"ended with {how}"


def _last_line(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1][:120] if lines else ""


def _first_difference(a: bytes, b: bytes) -> str:
    left, right = a.decode(errors="replace").splitlines(), b.decode(errors="replace").splitlines()
    for number, (old, new) in enumerate(zip(left, right, strict=False), start=1):
        if old != new:
            return f"output line {number}: `{old[:60]}` became `{new[:60]}`"
    return f"the output has {len(right)} lines instead of {len(left)}"
