"""The stages of a trial before its first invocation: what is asked of one tree, or of two."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from whet import proc
from whet.model.trial import Fault, Stage, StageName, TrialSpec
from whet.trial import advice, layouts
from whet.trial.bench import complaint
from whet.trial.shell import Shell
from whet.trial.trees import Tree


@dataclass(frozen=True, slots=True, kw_only=True)
class Stages:
    """Builds, checks and compares; `spec` is any of the block's."""

    spec: TrialSpec
    shell: Shell

    def builds(self, name: StageName, trees: Sequence[Tree]) -> Stage:
        """Build one side in every layout; the first build that fails is what is told."""
        done: list[Stage] = []
        for layout, tree in enumerate(trees):
            done.append(self._build(name, tree, layout))
            if not done[-1].ok:
                break
        seconds = sum(stage.seconds for stage in done)
        return replace(done[-1], seconds=seconds, cached=all(stage.cached for stage in done))

    def _build(self, name: StageName, tree: Tree, layout: int) -> Stage:
        """Build a tree, unless it is built; afterwards it is sealed."""
        begun, spec = _Begun(name), self.spec
        if tree.built:
            return begun.fine(cached=True)
        folder = self.shell.work / "compilers"
        env = layouts.environment(layout, folder)
        before = tree.protected.state()
        caches = tuple(Path(entry).expanduser() for entry in spec.build.cache)
        for cache in caches:
            cache.mkdir(parents=True, exist_ok=True)
        for command in (spec.build.setup, spec.build.command):
            if command:
                done = self.shell.run(
                    command, tree.path, timeout=spec.build.timeout, writable=caches, env=env,
                    look=(folder,) if layout else (),
                )  # fmt: skip
                if not done.ok:
                    fault: Fault = "timeout" if done.timed_out else "exit"
                    why = complaint(done.tail(40), tree.path) if not done.timed_out else ""
                    ended = f"`{command}` {_ended(done.how, spec.build.timeout)}"
                    detail = f"{why} ({ended})" if why else ended
                    hint = _hint(done, command, "build.timeout", spec.build.timeout)
                    return begun.failed(fault, detail, done.tail(30), hint)
        changed = tree.protected.changed(before)
        if changed:
            detail = f"the build changed {changed[0]}"
            return begun.failed("protected", detail, hint=advice.UNPROTECT)
        tree.seal()
        return begun.fine()

    def check(self, a: Tree, b: Tree) -> Stage | None:
        """Run the checks on the candidate; None when there are none."""
        command, begun = self.spec.checks.command, _Begun("checks")
        if not command:
            return None
        before = b.protected.state()
        done = self.shell.run(
            command,
            b.path,
            timeout=self.spec.checks.timeout,
            env={**self.spec.bench.env, "WHET_BASELINE": str(a.path)},
            sealed=b.protected.sealed(),
            look=(a.path,),
        )
        changed = b.protected.changed(before)
        b.sweep()
        if changed:
            detail = f"the checks changed {changed[0]}"
            return begun.failed("protected", detail, hint=advice.UNPROTECT)
        if not done.ok:
            fault: Fault = "timeout" if done.timed_out else "exit"
            ended = f"the checks {_ended(done.how, self.spec.checks.timeout)}"
            detail = ended if done.timed_out else complaint(done.tail(40), b.path) or ended
            hint = _hint(done, command, "checks.timeout", self.spec.checks.timeout)
            return begun.failed(fault, detail, done.tail(40), hint)
        return begun.fine(_last_line(done.text))

    def equivalence(self, a: Tree, b: Tree, seed: int) -> Stage | None:
        """Compare what both sides print for one seed; None when there is nothing to run."""
        command, begun = self.spec.checks.equivalence, _Begun("equivalence")
        if not command:
            return None
        outputs = []
        for tree, other in ((a, b), (b, a)):
            before = tree.protected.state()
            done = self.shell.run(
                command,
                tree.path,
                timeout=self.spec.checks.timeout,
                env={**self.spec.bench.env, "WHET_SEED": str(seed)},
                sealed=tree.protected.sealed(),
                look=(other.path,),
            )
            changed = tree.protected.changed(before)
            tree.sweep()
            fault: Fault = "incumbent" if tree is a else "timeout" if done.timed_out else "exit"
            if changed:
                detail = f"`{command}` changed {changed[0]}"
                fault = "incumbent" if tree is a else "protected"
                return begun.failed(fault, detail, hint=advice.UNPROTECT)
            if not done.ok:
                detail = f"`{command}` {_ended(done.how, self.spec.checks.timeout)}"
                hint = _hint(done, command, "checks.timeout", self.spec.checks.timeout)
                return begun.failed(fault, detail, done.tail(), hint)
            outputs.append(done.stdout)
        if outputs[0] != outputs[1]:
            detail = _first_difference(outputs[0], outputs[1])
            return begun.failed("output_differs", detail, hint=advice.by_hand(command))
        return begun.fine("same output on fresh inputs")

    def intact(self, a: Sequence[Tree], b: Sequence[Tree]) -> Stage | None:
        """None when the candidate is still the program that was checked, in every layout."""
        begun = _Begun("integrity")
        changed = sorted(
            name for old, new in zip(a, b, strict=True) for name in new.altered() - old.altered()
        )
        if changed:
            return begun.failed("protected", f"the benchmark run changed {changed[0]}")
        return None


class _Begun:
    """A stage that has begun."""

    def __init__(self, name: StageName) -> None:
        self._name = name
        self._at = time.monotonic()

    def fine(self, detail: str = "", *, cached: bool = False) -> Stage:
        seconds = time.monotonic() - self._at
        return Stage(name=self._name, ok=True, seconds=seconds, detail=detail, cached=cached)

    def failed(self, fault: Fault, detail: str, log: str = "", hint: str = "") -> Stage:
        return Stage(
            name=self._name,
            ok=False,
            seconds=time.monotonic() - self._at,
            fault="incumbent" if self._name == "build_a" else fault,
            detail=detail,
            log=log,
            hint=hint,
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
