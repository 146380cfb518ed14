"""What is being done at this moment. Nobody remembers it: it is gone with the process."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Underway:
    """A trial or a proposal in progress: the count of its pairs, and never what they say."""

    what: str
    """An experiment, an idea, or `calibration` and `stack`."""
    stage: str
    since: float
    """Seconds since the epoch."""
    passed: tuple[str, ...] = ()
    """Stages that have ended, in their order."""
    pairs: int = 0
    cap: int = 0
