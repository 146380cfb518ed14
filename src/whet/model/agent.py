"""What a run of a coding agent was and what it took."""

from dataclasses import dataclass
from typing import Literal

Role = Literal["researcher", "implementer", "fixer", "reviewer", "analyst"]

Problem = Literal["", "auth", "rate", "service", "limit", "agent"]
"""Why an agent could not work: its key is refused, it is asked to slow down, its model is away,
it met a limit of its own, or it failed itself."""

Jailed = Literal["", "bubblewrap", "landlock", "none"]
"""What held an agent; empty where nobody recorded it."""

Outcome = Literal["finished", "failed", "timeout", "budget"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """Calls of a model and what they took.

    Tokens are counted as the service counts them: `read` without those that came from its cache,
    which are `cached`. `money` is USD; None is unknown and never nothing.
    """

    calls: int = 0
    read: int = 0
    written: int = 0
    cached: int = 0
    money: float | None = None
    estimated: bool = False
    """Some reply did not say what it took: those tokens are guessed from its length."""

    @property
    def tokens(self) -> int:
        """All of them, as a budget counts."""
        return self.read + self.written + self.cached

    def plus(self, other: "Usage") -> "Usage":
        """Both together; the sum of an unknown price and a known one is unknown."""
        money = None
        if not other.calls or not self.calls:
            money = self.money if self.calls else other.money
        elif self.money is not None and other.money is not None:
            money = self.money + other.money
        return Usage(
            calls=self.calls + other.calls,
            read=self.read + other.read,
            written=self.written + other.written,
            cached=self.cached + other.cached,
            money=money,
            estimated=self.estimated or other.estimated,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Price:
    """USD for a million tokens; without `cached`, those cost what the read ones cost."""

    read: float
    written: float
    cached: float | None = None

    def of(self, usage: Usage) -> float:
        """What tokens cost."""
        cached = self.read if self.cached is None else self.cached
        total = usage.read * self.read + usage.written * self.written + usage.cached * cached
        return total / 1e6


@dataclass(frozen=True, slots=True, kw_only=True)
class Caps:
    """The most that one run may take; 0 is no limit."""

    seconds: float = 0.0
    calls: int = 0
    tokens: int = 0
    money: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentRun:
    """One run of an agent, as its process, its output and the relay showed it."""

    agent: str
    """Its name in the table of agents, or the command."""
    version: str = ""
    role: Role = "implementer"
    model: str = ""
    jail: Jailed = ""
    network: Literal["", "relay", "host"] = ""
    """`relay`: it reached its model and nothing else."""
    outcome: Outcome
    problem: Problem = ""
    detail: str = ""
    seconds: float
    usage: Usage = Usage()
    metered: Literal["", "relay", "agent"] = ""
    """Who counted: whet's relay, the agent itself, or nobody."""
    template: str = ""
    """Digest of the template of its brief."""
    brief: str = ""
    """Digest of the brief, among the campaign's blobs."""
    transcript: str = ""
    """Digest of what it did, as text."""
    raw: str = ""
    """Digest of its output as it came."""
