"""What a trial sees of a benchmark that it watches, and of the machine it runs on.

Times are seconds, sizes bytes, rates a second, shares fractions. Times are CPU times where nothing
else is said: what else the machine does takes turns with a program and is none of its speed.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Sampler = Literal["perf", "py-spy", "callgrind"]

Count = Literal["never", "auto", "always"]
"""Whether a simulator counts bytes: `auto` where nobody says how many there are, and it is quick"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Examination:
    """What a trial of mode `examine` finds out about side a."""

    profile: bool = True
    ceilings: bool = True
    count: Count = "auto"
    cached: str = ""
    """A command that runs the benchmark on data that a cache holds, if there is one."""
    seconds: float = 4.0
    """How long the benchmark is sampled, about."""
    count_seconds: float = 240.0
    """How long `auto` may take to count."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """A function. `file` is a path in the tree where it is known and there, else empty."""

    name: str
    module: str = ""
    """The program, library or source file it is in, without folders."""
    file: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stack:
    """Calls that were seen, from the first to the one that ran, as numbers of frames."""

    frames: tuple[int, ...]
    weight: int


@dataclass(frozen=True, slots=True, kw_only=True)
class HotLine:
    """A line of source that ran; `file` is a path in the tree or an absolute one."""

    file: str
    line: int
    frame: int
    weight: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Sampling:
    """What one sampler saw. Weights are samples, or instructions where they were counted."""

    by: Sampler
    runs: int
    frames: tuple[Frame, ...]
    stacks: tuple[Stack, ...]
    lines: tuple[HotLine, ...] = ()
    period: float = 0.0
    """CPU seconds of the program itself, the kernel aside, between two samples; 0 for a count."""
    threads: int = 1
    """How many threads worked at least a tenth of what the busiest did."""
    seconds: float = 0.0
    """What sampling took."""
    note: str = ""
    """What is missing in it, and how to get it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """What a simulator counted in one function, its callees aside.

    `near` are reads and writes that the first cache does not have, `far` those that none has.
    """

    name: str
    module: str = ""
    instructions: int = 0
    near: int = 0
    far: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Level:
    """What one core reads from a buffer of a size.

    `bandwidth` is bytes a second, `latency` the seconds of a read that waits for the one before.
    """

    size: int
    bandwidth: float
    latency: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Ceilings:
    """What a machine can do at most, measured on it; `problem` says why it was not."""

    clock: float = 0.0
    """Cycles a second of one core at work."""
    scalar: float = 0.0
    """Additions and multiplications of 32-bit floats a second, one core, one at a time."""
    vector: float = 0.0
    """The same in the widest vectors."""
    levels: tuple[Level, ...] = ()
    """From the first cache to memory."""
    together: float = 0.0
    """Bytes a second that all threads read from memory together, in large pages if there are."""
    threads: int = 1
    caches: tuple[int, ...] = ()
    """Sizes of the data caches that a core can use, the nearest first."""
    seconds: float = 0.0
    """What measuring took; 0 when it was measured before."""
    problem: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SmallRun:
    """A run of the benchmark on data that a cache holds: its metrics, and what it took."""

    values: Mapping[str, float]
    wall: float
    cpu: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Examined:
    """Everything such a trial found out. `problems` say what it could not, each with a remedy."""

    samplings: tuple[Sampling, ...] = ()
    """The one that tells most comes first."""
    counted: tuple[Counted, ...] = ()
    counted_seconds: float = 0.0
    ceilings: Ceilings | None = None
    cached: tuple[SmallRun, ...] = ()
    problems: tuple[str, ...] = ()
