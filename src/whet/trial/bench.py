"""One invocation of the benchmark, from a clean start to numbers that whet has read itself."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from whet import formats
from whet.formats.reading import Reading
from whet.formats.status_lines import CHECKS_FAILED, DONE, status
from whet.formats.work import lines, work
from whet.model.config import Bench
from whet.model.trial import Fault, Invocation
from whet.proc import OUTPUT_LIMIT, Completed
from whet.trial import advice
from whet.trial.layouts import variant
from whet.trial.shell import Shell
from whet.trial.trees import Tree, remove


class InvocationFailed(Exception):
    """An invocation gave no number: why, one sentence, and the end of what it printed."""

    def __init__(self, fault: Fault, detail: str, log: str = "", hint: str = "") -> None:
        super().__init__(detail)
        self.fault = fault
        self.detail = detail
        self.log = log
        self.hint = hint


@dataclass(frozen=True, slots=True, kw_only=True)
class Invoker:
    """Runs the benchmark command in a tree and reads its metrics."""

    bench: Bench
    metrics: tuple[str, ...]
    shell: Shell
    started: float

    def invoke(
        self, tree: Tree, *, look: Path, pad: int = 0, seed: int | None = None
    ) -> Invocation:
        """Run one invocation.

        Args:
            tree: the side to measure.
            look: the other side's tree, visible and read-only.
            pad: bytes added to the environment; its size can move the stack and the speed.
            seed: change the inputs first, in the same way for every tree with this seed.

        Raises:
            InvocationFailed: there is no number to be had from it.
        """
        try:
            return self._invoke(tree, look, pad, seed)
        finally:
            tree.sweep()

    def _invoke(self, tree: Tree, look: Path, pad: int, seed: int | None) -> Invocation:
        env = {"WHET_SEED": str(seed or 0), "WHET_PAD": "x" * pad}
        before = tree.protected.state()
        output = tree.path / self.bench.output
        if self.bench.output != "stdout":
            remove(output)  # an old file must not be read as a new result
        self._aside(self.bench.prepare, tree, env, "prepare")
        _untouched(tree, before)
        if seed is not None:
            self._aside(self.bench.fresh_inputs, tree, env, "fresh_inputs")
            before = tree.protected.state()  # inputs may be protected, and these are new
        at = time.monotonic() - self.started
        done = self.shell.run(
            self.bench.command,
            tree.path,
            timeout=self.bench.timeout,
            env=env,
            sealed=tree.protected.sealed(),
            look=(look,),
        )
        _untouched(tree, before)
        values, work = self._read(done, output, tree)
        return Invocation(values=values, wall=done.wall, cpu=done.cpu, at=at, work=work)

    def _aside(self, command: str, tree: Tree, env: dict[str, str], name: str) -> None:
        if not command:
            return
        done = self.shell.run(command, tree.path, timeout=self.bench.timeout, env=env)
        if not done.ok:
            detail = f"`{name}` failed: {done.how}"
            raise InvocationFailed("unavailable", detail, done.tail(), advice.by_hand(command))

    def _read(
        self, done: Completed, output: Path, tree: Tree
    ) -> tuple[dict[str, float], dict[str, float]]:
        if done.timed_out:
            hint = advice.longer("bench.timeout", self.bench.timeout)
            detail = f"no result within {self.bench.timeout:g} s"
            raise InvocationFailed("timeout", detail, done.tail(), hint)
        if done.code != 0:
            why = complaint(done.tail(40), tree.path)
            detail = f"the benchmark ended with {done.how}" + (f": {why}" if why else "")
            raise InvocationFailed("crash", detail, done.tail(), advice.by_hand(self.bench.command))
        if self.bench.format == "metric-lines":
            _done(done)
        printed: dict[str, float] = {}
        if self.bench.format == "time":
            values = {"wall_s": done.wall, "cpu_s": done.cpu}
        else:
            readings = self._parse(done, output)
            values = {name: reading.value for name, reading in readings.items()}
            if self.bench.format == "metric-lines":  # others have samples of their own
                printed = lines(readings, self.metrics)
        missing = [name for name in (*self.metrics, *self.bench.work) if name not in values]
        if missing:
            found = ", ".join(sorted(values)[:8]) or "nothing"
            detail = f"the output has no metric `{missing[0]}`; it has {found}"
            hint = advice.another_metric(self.metrics, missing[0], sorted(values))
            raise InvocationFailed("no_metric", detail, done.tail(), hint)
        named = {name: values[name] for name in self.metrics}
        return named, work(values, self.bench.work, self.metrics) | printed

    def _parse(self, done: Completed, output: Path) -> Mapping[str, Reading]:
        text = done.text
        if self.bench.output != "stdout":
            if not output.is_file():  # a pipe would keep its reader for ever
                detail = f"the benchmark wrote no file `{self.bench.output}`"
                hint = advice.by_hand(self.bench.command)
                raise InvocationFailed("no_metric", detail, done.tail(), hint)
            with output.open("rb") as file:
                text = file.read(OUTPUT_LIMIT).decode(errors="replace")
        try:
            return formats.parse(self.bench.format, text, samples=self.bench.samples)
        except formats.FormatError as error:
            hint = advice.shown(error.hint, self.bench.command)
            raise InvocationFailed("no_metric", str(error), done.tail(), hint) from None


def _done(done: Completed) -> None:
    """Believe no number of a run that says itself that it came to nothing."""
    said = status(done.text)
    if said is None or said.word == DONE:
        return
    fault: Fault = "checks" if said.word == CHECKS_FAILED else "crash"
    detail = f"it says `EXPERIMENT_STATUS: {said.word}`" + (f": {said.why}" if said.why else "")
    raise InvocationFailed(fault, detail, done.tail())


@dataclass(frozen=True, slots=True, kw_only=True)
class Members:
    """Invocations by member of a round: the incumbent, then the candidates, each with its builds.

    Each sees one other tree, read-only: the incumbent's, or for that the first candidate's.
    """

    invoker: Invoker
    trees: Sequence[Sequence[Tree]]

    def __call__(
        self, member: int, *, pad: int = 0, seed: int | None = None, turn: int = 0
    ) -> Invocation:
        """Run one invocation of a member, as `Invoker.invoke` does, in the layout of this turn."""
        builds = self.trees[member]
        tree = builds[variant(member, turn, len(builds))]
        look = self.trees[0 if member else 1][0]
        return self.invoker.invoke(tree, look=look.path, pad=pad, seed=seed)


def complaint(tail: str, tree: Path) -> str:
    """The first line of an output that looks like the reason, else the last line.

    Files of the tree are named as the project names them: where a trial was is nobody's concern.
    """
    said = tail.replace(f"{tree}/", "")
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    for word in _TELLING:
        for line in lines:
            if word in line:
                return line.removeprefix("error: ")[:160]
    return lines[-1][:160] if lines else ""


_TELLING = (
    "undefined reference", "undefined symbol", "Undefined symbols",  # then the linker only counts
    "error:", "FAIL", "Error", "error", "failed", "differ",
)  # fmt: skip
"""What a line that tells the reason has in it, the surest first."""


def _untouched(tree: Tree, before: dict[str, str]) -> None:
    changed = tree.protected.changed(before)
    if changed:
        detail = f"the benchmark run changed {changed[0]}"
        raise InvocationFailed("protected", detail, hint=advice.UNPROTECT)
