"""Everything an examination asks of one built tree: runs, samples, counts, ceilings."""

import math
import re
import shlex
import shutil
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from whet.model.sampling import Ceilings, Counted, Examination, Examined, Sampling, SmallRun
from whet.model.trial import Invocation
from whet.proc import Completed
from whet.trial.bench import InvocationFailed, Invoker
from whet.trial.sampling import callgrind, perf, pyspy
from whet.trial.trees import Tree

NO_PERF = "perf is not installed: `apt install linux-perf`, or linux-tools for your kernel"
NO_PYSPY = "Python functions are not seen without py-spy: `pip install py-spy`"
NO_VALGRIND = "bytes are not counted without valgrind: `apt install valgrind`"
NO_SAMPLER = "nothing to sample with: `apt install linux-perf`, or `apt install valgrind`"

_RUNS = 3
_SHORT = 2.0
"""Seconds below which a benchmark is run several times, unwatched."""
_MOST_RUNS = 50
_PATIENCE = 4.0
"""How much longer than asked for it may take to sample what waits, for other programs above all."""
_SAMPLES = 4000
_FREQUENCIES = (49, 1999)
_PYSPY_FREQUENCY = 250
_MARGIN = 60.0
_SLOWER = 3.0
"""How much longer a sampled run may take."""
_PYTHON = re.compile(r"python[\d.]*|libpython.*")
_PYTHON_SHARE = 0.25
"""Of the time in an interpreter, from which its own functions are asked for."""
_ILLEGAL = 132
"""Exit code of a shell whose child met an instruction the processor, or valgrind, lacks."""


@dataclass(slots=True, kw_only=True)
class Examiner:
    """Watches the benchmark in one tree. `told` hears what begins."""

    asked: Examination
    invoker: Invoker
    tree: Tree
    told: Callable[[str], None]
    problems: list[str] = field(default_factory=list)
    invocations: list[Invocation] = field(default_factory=list)

    def run(self, ceilings: Callable[[], Ceilings]) -> Examined:
        """Everything that is asked for.

        Raises:
            InvocationFailed: the benchmark does not run.
        """
        self._unwatched()
        samplings: tuple[Sampling, ...] = ()
        if self.asked.profile:
            samplings = self._samplings()
        measured = None
        if self.asked.ceilings:
            self.told("ceilings")
            measured = ceilings()
        cached = self._cached()
        counted: tuple[Counted, ...] = ()
        took = 0.0
        if self._shall_count(samplings):
            sampling, counted, took = self._count(measured)
            if sampling is not None and self.asked.profile and not samplings:
                samplings = (sampling,)
        if self.asked.profile and not samplings and not self.problems:
            self.problems.append(NO_SAMPLER)
        return Examined(
            samplings=samplings,
            counted=counted,
            counted_seconds=took,
            ceilings=measured,
            cached=cached,
            problems=tuple(self.problems),
        )

    def _unwatched(self) -> None:
        self.told("run")
        self._repeated(self.invoker, self.invocations)

    def _repeated(self, invoker: Invoker, into: list[Invocation]) -> None:
        while len(into) < _RUNS:
            into.append(invoker.invoke(self.tree, look=invoker.shell.work))
            if into[-1].wall > _SHORT and len(into) > 1:
                break

    def _cached(self) -> tuple[SmallRun, ...]:
        """The smaller run; what fails there says nothing about the benchmark."""
        found: list[Invocation] = []
        if self.asked.cached:
            self.told("run from a cache")
            bench = replace(self.invoker.bench, command=self.asked.cached)
            try:
                self._repeated(replace(self.invoker, bench=bench), found)
            except InvocationFailed as failure:
                self.problems.append(f"[roofline] `cached_command`: {failure.detail}")
        return tuple(SmallRun(values=run.values, wall=run.wall, cpu=run.cpu) for run in found)

    @property
    def _usual(self) -> Invocation:
        return min(self.invocations, key=lambda invocation: invocation.cpu)

    def _samplings(self) -> tuple[Sampling, ...]:
        self.told("sample")
        native = self._perf()
        python = None
        if native is None or _in_python(native) > _PYTHON_SHARE:
            python = self._pyspy(needed=native is not None)
        if python is not None and not python.stacks:
            python = None
        return tuple(sampling for sampling in (python, native) if sampling is not None)

    def _perf(self) -> Sampling | None:
        if shutil.which("perf") is None:
            self.problems.append(NO_PERF)
            return None
        runs = self._repeats()
        cpu = max(self._usual.cpu * runs, 0.01)
        low, high = _FREQUENCIES
        frequency = int(min(high, max(low, _SAMPLES / cpu)))
        done = self._watched(perf.record(frequency, self._command(runs)), runs)
        samples = perf.read(done.text, str(self.tree.path))
        if not samples.total:
            why = done.stderr.decode(errors="replace").strip().splitlines()[-1:] or [done.how]
            self.problems.append(
                f"perf saw nothing ({why[0].strip()[:120]}): `sysctl kernel.perf_event_paranoid=2`"
            )
            return None
        return perf.sampling(samples, self._places(samples), runs, done.wall, frequency)

    def _places(self, samples: perf.Samples) -> dict[tuple[str, str], tuple[str, int]]:
        """File and line of the hottest addresses, where the programs know them."""
        found: dict[tuple[str, str], tuple[str, int]] = {}
        if shutil.which("addr2line") is None:
            return found
        for dso, addresses in perf.hottest(samples).items():
            words = " ".join(f"0x{address}" for address in addresses)
            done = self.invoker.shell.run(
                f"addr2line -e {shlex.quote(dso)} {words}", self.tree.path, timeout=_MARGIN
            )
            places = perf.located(done.text, str(self.tree.path))
            found.update(zip(((dso, a) for a in addresses), places, strict=False))
        return found

    def _pyspy(self, *, needed: bool) -> Sampling | None:
        beside = str(Path(sys.executable).parent)
        program = shutil.which("py-spy") or shutil.which("py-spy", path=beside)
        if program is None:
            if needed:
                self.problems.append(NO_PYSPY)
            return None
        runs = self._repeats()
        command = pyspy.record(shlex.quote(program), _PYSPY_FREQUENCY, self._command(runs))
        done = self._watched(command, runs, look=(Path(program).parent,))
        if not done.text.strip():
            if needed:
                why = done.tail(1) or done.how
                self.problems.append(f"py-spy saw nothing: {why[:120]}")
            return None
        return pyspy.read(done.text, str(self.tree.path), runs, done.wall)

    def _shall_count(self, samplings: Sequence[Sampling]) -> bool:
        alone = self.asked.profile and not samplings
        if self.asked.count == "never" and not alone:
            return False
        if shutil.which("valgrind") is None:
            if self.asked.count != "never":
                self.problems.append(NO_VALGRIND)
            return False
        if samplings and samplings[0].by == "py-spy" and self.asked.count == "auto":
            return False  # what an interpreter reads says nothing about a Python function
        expected = self._usual.cpu * callgrind.SLOWDOWN
        if self.asked.count != "always" and expected > self.asked.count_seconds:
            self.problems.append(
                f"bytes were not counted, which could take {_minutes(expected)}: "
                "`whet profile --count`, or set `bytes_per_unit` in [roofline]"
            )
            return False
        return True

    def _count(
        self, measured: Ceilings | None
    ) -> tuple[Sampling | None, tuple[Counted, ...], float]:
        self.told("count")
        cache = callgrind.simulated_cache(measured.caches if measured else ())
        limit = self._usual.wall * _MARGIN + callgrind.SLOWDOWN * self._usual.cpu
        done = self._jailed(callgrind.record(self._command(1), cache), limit + _MARGIN)
        sampling, counted = callgrind.read(done.text, str(self.tree.path), done.wall)
        if done.code == _ILLEGAL or b"unhandled instruction" in done.stderr:
            self.problems.append(
                "valgrind does not know every instruction of this build, so bytes were not "
                "counted: build without `-march=native`, or set `bytes_per_unit` in [roofline]"
            )
        elif not done.ok or not counted:
            why = done.tail(1) or done.how
            self.problems.append(f"valgrind did not come to the end, {done.how}: {why[:120]}")
        else:
            return sampling, counted, done.wall
        return None, (), done.wall

    def _repeats(self) -> int:
        usual = self._usual
        run = max(usual.cpu, usual.wall / _PATIENCE, 1e-3)
        return max(1, min(_MOST_RUNS, math.ceil(self.asked.seconds / run)))

    def _command(self, runs: int) -> str:
        bench = self.invoker.bench
        once = f"({bench.prepare}) >/dev/null 2>&1; " if bench.prepare else ""
        many = "; ".join([once + f"({bench.command})"] * runs)
        return shlex.quote(many)

    def _watched(self, command: str, runs: int, look: tuple[Path, ...] = ()) -> Completed:
        return self._jailed(command, _SLOWER * runs * self._usual.wall + 2 * _MARGIN, look)

    def _jailed(self, command: str, limit: float, look: tuple[Path, ...] = ()) -> Completed:
        try:
            return self.invoker.shell.run(
                command,
                self.tree.path,
                timeout=limit,
                env={"WHET_SEED": "0", "WHET_PAD": ""},
                sealed=self.tree.protected.sealed(),
                look=look,
            )
        finally:
            self.tree.sweep()


def _in_python(sampling: Sampling) -> float:
    """The share of the time that is spent in a Python interpreter itself."""
    total = sum(stack.weight for stack in sampling.stacks)
    python = sum(
        stack.weight
        for stack in sampling.stacks
        if _PYTHON.fullmatch(sampling.frames[stack.frames[-1]].module)
    )
    return python / total if total else 0.0


def _minutes(seconds: float) -> str:
    return f"{seconds / 60:.0f} minutes" if seconds >= 90 else f"{seconds:.0f} s"
