"""Where a benchmark spends its time, and what bounds it.

Units are those of `whet.model.sampling`.
"""

from dataclasses import dataclass
from typing import Literal

from whet.model.roof import Roof
from whet.model.sampling import Examined, Frame
from whet.model.trial import Fingerprint, Invocation, Stage

LimitKind = Literal["bandwidth", "cache", "latency", "compute", "unknown"]
"""What bounds a program: bytes from memory, bytes from a cache, waiting for single bytes,
arithmetic, or nobody knows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """What is kept of an examination, for readers, briefs and reports."""

    commit: str
    command: str
    """The benchmark's."""
    at: float
    fingerprint: Fingerprint
    stages: tuple[Stage, ...]
    invocations: tuple[Invocation, ...]
    """Runs of the benchmark that nothing watched."""
    examined: Examined
    seconds: float = 0.0
    """What everything took, builds included."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """What bounds something, and how near it is to that ceiling; `why` are sentences."""

    kind: LimitKind
    used: float = 0.0
    """Share of the ceiling that is reached."""
    why: tuple[str, ...] = ()
    basis: Literal["", "declared", "counted"] = ""
    roof: Roof | None = None
    """Where that is below the machine's roofs, where both its work and its bytes are known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HotFunction:
    """A function on the measured path: its share of the time by itself, and with its callees."""

    frame: Frame
    share: float
    total: float
    limit: Limit
    lines: tuple[tuple[str, int, float], ...] = ()
    """File, line, share of the whole time."""
