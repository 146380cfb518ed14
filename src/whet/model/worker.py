"""What `[[workers]]` says: machines that run trials, this one or rented ones."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

WorkerKind = Literal["local", "ssh", "sky"]


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerConfig:
    """A place that runs trials, or with `count` several that are alike."""

    name: str = "local"
    """What it is called; `count` machines are called `name-1`, `name-2` …"""
    kind: WorkerKind = "local"
    """`local`: this machine. `ssh`: a host you can log in to. `sky`: rented through SkyPilot."""
    role: Literal["measure", "guard"] = "measure"
    """`guard`: measures again what was kept, and tells whether it helps there."""
    cpus: str = ""
    """Cores it may use, as a Linux list such as `0-3,6`; empty for all. On the cores that local
    workers leave over, agents work meanwhile."""
    count: int = 1
    """So many machines of this kind; for `sky`."""
    host: str = ""
    """For `ssh`: `user@host`, `user@host:port`, or a Host of your ssh_config."""
    python: str = "python3"
    """The interpreter there, 3.10 or later; nothing is installed into it."""
    setup: str = ""
    """Shell commands that make a new machine ready, once for each."""
    envs: Mapping[str, str] = field(default_factory=dict)
    """Variables for `setup`, build, checks and benchmark there."""
    resources: Mapping[str, object] = field(default_factory=dict)
    """For `sky`: what to rent, in SkyPilot's own words, handed on as it is."""
    experiment: str = ""
    """For `sky`: a task file of SkyPilot's whose resources, setup and envs are taken; what is said
    here goes first."""
    price: float | None = None
    """USD an hour for one machine; by default what SkyPilot's catalogue says, and 0 elsewhere."""
    autostop: int = 15
    """Minutes without work after which a rented machine stops itself."""
    max_hours: float = 4.0
    """How long a rented machine lives at most, whatever happens here."""
    guards: Mapping[str, float] = field(default_factory=dict)
    """For a guard machine: the most that the goal or a `[[guard]]` may lose there; by default the
    goal's `min_effect`, and what the guard itself allows."""
    required: bool = False
    """For a guard machine: a change that loses more there leaves the stack, and waits for you."""

    @property
    def names(self) -> tuple[str, ...]:
        """What its machines are called as workers."""
        if self.count == 1:
            return (self.name,)
        return tuple(f"{self.name}-{number}" for number in range(1, self.count + 1))


_known: tuple[object, tuple[WorkerConfig, ...]] = ((), ())
"""What was expanded last: a driver asks for the workers of one campaign at every step."""


def expanded(configured: Iterable[WorkerConfig]) -> tuple[WorkerConfig, ...]:
    """Every worker under its own name, each with a `count` of 1, in the order of the file."""
    global _known  # noqa: PLW0603
    asked, found = _known
    if asked is not configured or not isinstance(configured, tuple):
        found = tuple(replace(one, name=name, count=1) for one in configured for name in one.names)
        _known = (configured, found)
    return found


def here(configured: Iterable[WorkerConfig]) -> WorkerConfig:
    """This machine as a worker: the first local one, or one like it where all are elsewhere."""
    return next((one for one in configured if one.kind == "local"), WorkerConfig())


def measuring(configured: Iterable[WorkerConfig]) -> tuple[WorkerConfig, ...]:
    """The workers that judge, each under its own name."""
    return tuple(one for one in expanded(configured) if one.role == "measure")


def cores(cpus: str) -> frozenset[int]:
    """Cores of a Linux CPU list such as "0-3,6"; empty for an empty text.

    Raises:
        ValueError: it is not such a list.
    """
    found: set[int] = set()
    for part in cpus.replace(" ", "").split(","):
        if part:
            low, dash, high = part.partition("-")
            found.update(range(int(low), int(high if dash else low) + 1))
    return frozenset(found)


def left_over(
    configured: Iterable[WorkerConfig], threads: Mapping[int, frozenset[int]]
) -> frozenset[int]:
    """Cores of this machine that no worker measures on, nor shares a core with one that does.

    Empty where a local worker has no list of its own, and where there is none.

    Args:
        configured: the workers.
        threads: for each core, the hardware threads it is one of.
    """
    local = [one for one in configured if one.kind == "local"]
    if not local or not all(one.cpus for one in local):
        return frozenset()
    taken = frozenset[int]().union(*(cores(one.cpus) for one in local))
    return frozenset(core for core in threads if not (threads[core] | {core}) & taken)
