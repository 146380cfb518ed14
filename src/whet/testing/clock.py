"""A clock for campaigns that wait: it runs only when somebody looks, or sleeps."""

from dataclasses import dataclass, field


@dataclass(slots=True)
class SimulatedClock:
    """Each look takes `step` seconds; sleeping takes no time at all, and is counted."""

    time: float = 1_000_000.0
    step: float = 1.0
    slept: list[float] = field(default_factory=list)

    def now(self) -> float:
        """Seconds since the epoch."""
        self.time += self.step
        return self.time

    async def sleep(self, seconds: float) -> None:
        """Let this time pass."""
        self.slept.append(seconds)
        self.time += seconds
