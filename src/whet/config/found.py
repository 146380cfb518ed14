"""What `init` found in a repository; every piece says where."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from whet.model.metric import Direction


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A value, and the file that led to it."""

    value: str
    where: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Benchmark:
    """A command that measures.

    An empty `format` is not known. `metrics` are names it prints, as far as files tell; `unit` and
    `direction` are theirs. `narrow` is the command for one of them, with `{metric}` in it. `files`
    and what `patterns` match judge a change and must be protected. `limits` are settings that its
    length asks for, by dotted key, as TOML.
    """

    command: str
    where: str
    format: str = ""
    output: str = "stdout"
    metrics: tuple[str, ...] = ()
    unit: str = ""
    direction: Direction | None = None
    narrow: str = ""
    files: tuple[str, ...] = ()
    patterns: tuple[str, ...] = ()
    env: Mapping[str, str] = field(default_factory=dict)
    limits: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class GoalFound:
    """The metric an earlier loop improved; `direction` is None where it did not say."""

    metric: str
    where: str
    unit: str = ""
    direction: Direction | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class System:
    """A build system, with the commands it would take; an empty one is not needed."""

    name: str
    where: str
    setup: str = ""
    build: str = ""
    checks: str = ""
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Loop:
    """Files that another optimisation loop left here; they are read in place and never changed."""

    name: str
    bench: Benchmark | None = None
    checks: Found | None = None
    build: Found | None = None
    goal: GoalFound | None = None
    allow: tuple[str, ...] = ()
    allow_where: str = ""
    notes: str = ""
    title: str = ""
    max_experiments: int = 0
    runs: int = 0
    protect: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()
