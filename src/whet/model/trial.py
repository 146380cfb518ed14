"""What a worker is told (a `TrialSpec`) and what it answers (a `TrialOutcome`)."""

import functools
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Literal

from whet.model.config import Bench, Build, Checks, Integrity, Screen
from whet.model.design import Design
from whet.model.sampling import Examination, Examined

Side = Literal["a", "b"]
Mode = Literal["judge", "fixed", "checks", "examine"]
"""judge: stop when the design says so. fixed: take `pairs` pairs. checks: stop before measuring.
examine: watch side a, and take no pairs."""

StageName = Literal[
    "checkout",
    "build_a",
    "build_b",
    "checks",
    "equivalence",
    "screen",
    "warmup",
    "measure",
    "fresh",
    "integrity",
    "examine",
]
Fault = Literal[
    "",
    "exit",
    "timeout",
    "crash",
    "no_metric",
    "checks",
    "protected",
    "output_differs",
    "work_differs",
    "fresh_inputs",
    "incumbent",
    "unavailable",
]
"""Why a stage ended badly. `checks`: the benchmark says itself that they failed. `incumbent` and
`unavailable` are never held against the candidate."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialSpec:
    """One comparison of two trees on one machine; side a is the incumbent, b the candidate.

    `a` and `b` are commits inside the bundle. Protected files of both sides are taken from
    `base`, which is in the bundle too.
    """

    id: str
    mode: Mode
    base: str
    a: str
    b: str
    bench: Bench
    metrics: tuple[str, ...]
    build: Build = Build()
    checks: Checks = Checks()
    integrity: Integrity = Integrity()
    protect: tuple[str, ...] = ()
    design: Design | None = None
    pairs: int = 0
    """fixed: how many. judge: at least so many, decided or not."""
    failures_max: int = 3
    fresh_pairs: int = 4
    together: int = 0
    """The most candidates of a block in one round; 0 is all of them."""
    warm: bool = True
    """Candidates have uncounted invocations first, as the incumbent has."""
    layouts: int = 1
    """Builds of each side, each with its functions in other places."""
    screen: Screen = "off"
    """What may drop a candidate before its first pair."""
    same_code: bool = False
    """Side b is the same commit in a second tree, built apart: an A/A control."""
    distinct: bool = False
    """Do not ask whether both builds are the same program; measure."""
    run_checks: bool = True
    cpus: str = ""
    seed: int = 0
    examination: Examination | None = None
    """examine: what to find out."""


_OWN = frozenset({"id", "b", "design", "pairs", "distinct", "seed"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """Trials of one or more candidates against one incumbent on one machine.

    Its candidates and the incumbent are measured in rounds, so that one invocation of the
    incumbent is in a pair of every candidate. All but `id`, `b`, `design`, `pairs`, `distinct`
    and `seed` is equal in all its trials; the first one's seed decides the orders.
    """

    trials: tuple[TrialSpec, ...]

    @property
    def cap(self) -> int:
        """The most pairs that any of its candidates may take."""
        return max(spec.design.boundaries.cap if spec.design else spec.pairs
                   for spec in self.trials)  # fmt: skip

    @property
    def problem(self) -> str:
        """Why these trials are no block, or nothing."""
        if not self.trials:
            return "a block needs a trial"
        first = self.trials[0]
        for spec in self.trials[1:]:
            for name in (one.name for one in fields(TrialSpec)):
                if name not in _OWN and getattr(spec, name) != getattr(first, name):
                    return f"the trials of a block differ in {name}"
        if len(self.trials) > 1 and first.mode != "judge":
            return f"mode {first.mode} has no blocks"
        if len({spec.id for spec in self.trials}) < len(self.trials):
            return "two trials of a block have one id"
        return ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """A finished stage. `log` is a text excerpt; `detail` is one sentence."""

    name: StageName
    ok: bool
    seconds: float
    fault: Fault = ""
    detail: str = ""
    log: str = ""
    hint: str = ""
    """What a person can type about it, where the target is at fault."""
    cached: bool = False


_NO_WORK: Mapping[str, float] = {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Invocation:
    """One execution of the benchmark: its metrics, and what the outside saw of it (seconds)."""

    values: Mapping[str, float]
    wall: float
    cpu: float = 0.0
    at: float = 0.0
    """Seconds since the trial started."""
    work: Mapping[str, float] = field(default_factory=dict)
    """Printed numbers that say how much was done: no metrics, but equal on both sides."""

    def __post_init__(self) -> None:
        """Share the empty mapping: a long ledger has hundreds of thousands of invocations."""
        if not self.work:
            object.__setattr__(self, "work", _NO_WORK)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """One invocation of each side, adjacent in time, in random order."""

    first: Side
    """Which side ran first; in a block others may have run between the two."""
    a: Invocation
    b: Invocation
    layout: int = 0
    """Which builds were run, where each side has several (`TrialOutcome.layouts`)."""
    around: float | None = None
    """What a pair of the block's other candidates spread by just then, as the standard deviation
    of a log ratio (`whet.judge.around`); None where there were none, or it was not recorded."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fingerprint:
    """What must be equal for measurements to be compared."""

    host: str
    machine: str
    cpu: str
    cores: int
    kernel: str
    compiler: str
    python: str
    sandbox: str

    @property
    def key(self) -> str:
        """One line that differs when anything that matters differs."""
        return "|".join(
            (self.machine, self.cpu, str(self.cores), self.kernel, self.compiler, self.sandbox)
        )


_NO_FAILURES: Mapping[Side, int] = {}


@functools.lru_cache(maxsize=64)
def _first_equal(fingerprint: Fingerprint) -> Fingerprint:
    return fingerprint


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialOutcome:
    """Everything a trial saw. No verdict: the judge gives that."""

    id: str
    fingerprint: Fingerprint
    stages: tuple[Stage, ...]
    pairs: tuple[Pair, ...] = ()
    fresh: tuple[Pair, ...] = ()
    warmups: tuple[Invocation, ...] = ()
    """The uncounted run before the first pair of each side, where both are the same code."""
    identical: bool = False
    """Both builds are the same program; only a fixed number of pairs is taken all the same."""
    failures: Mapping[Side, int] = field(default_factory=dict)
    screened: bool = False
    """Dropped by the screen, before its first pair."""
    shared: int = 0
    """Pairs whose incumbent's invocation is in another outcome of the block, too."""
    layouts: int = 1
    """Builds of each side that the pairs took in turn; 1 also where a build ignores layouts."""
    seconds: float = 0.0
    overhead: float = 0.0
    """Seconds of whet's own time: neither build, check nor benchmark."""
    invocations: tuple[Invocation, ...] = ()
    """examine: runs of side a that nothing watched."""
    examined: Examined | None = None
    """examine: what was found out."""

    def __post_init__(self) -> None:
        """Share what is the same in thousands of outcomes of a long ledger."""
        object.__setattr__(self, "fingerprint", _first_equal(self.fingerprint))
        if not self.failures:
            object.__setattr__(self, "failures", _NO_FAILURES)

    @property
    def fault(self) -> Stage | None:
        """The stage that ended the trial badly, if one did."""
        return next((stage for stage in self.stages if not stage.ok), None)
