"""What may be started: values that can be printed, so `whet run --dry-run` prints them."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Calibrate:
    """Take pairs of the same code on a worker, `after` seconds of waiting."""

    worker: str
    after: float = 0.0


@dataclass(frozen=True, slots=True)
class OpenWave:
    """Begin a wave with these ideas."""

    wave: int
    ideas: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Propose:
    """Ask for a candidate for an idea; `mends` is the experiment whose change is to be mended."""

    idea: str
    wave: int
    mends: str = ""


@dataclass(frozen=True, slots=True)
class Judge:
    """Measure candidates against the incumbent in one block and give their verdicts."""

    experiments: tuple[str, ...]
    worker: str


@dataclass(frozen=True, slots=True)
class MeasureStack:
    """Measure the incumbent against the base on fresh pairs."""

    wave: int
    worker: str


@dataclass(frozen=True, slots=True)
class Ablate:
    """Measure what one change is worth in the finished stack."""

    experiment: str
    worker: str


@dataclass(frozen=True, slots=True)
class MeasureGuard:
    """Measure a kept change on a guard machine; "" is the stack."""

    experiment: str
    worker: str


@dataclass(frozen=True, slots=True)
class GiveBack:
    """Give the machine of a worker back that a person has drained."""

    worker: str


@dataclass(frozen=True, slots=True)
class Join:
    """Put a kept change on the stack."""

    experiment: str


@dataclass(frozen=True, slots=True)
class Retire:
    """Take a change out of a stack that did not hold when it was re-measured.

    `held`: a guard machine objects, and a person decides.
    """

    experiment: str
    reason: str
    held: bool = False


@dataclass(frozen=True, slots=True)
class Rebuild:
    """Make the incumbent of what is left in the stack."""


@dataclass(frozen=True, slots=True)
class CloseWave:
    """End a wave whose experiments are all judged."""

    wave: int


@dataclass(frozen=True, slots=True)
class Read:
    """Let one reader look for evidence."""

    reader: str


@dataclass(frozen=True, slots=True)
class Analyse:
    """Look at the queue again after a wave; after wave 0, when everything was read."""

    wave: int


@dataclass(frozen=True, slots=True)
class Stop:
    """End this run of the campaign."""

    code: Literal["done", "dry", "experiments", "time", "waves", "target", "money", "tokens",
                  "machines", "turn"]  # fmt: skip
    reason: str


Step = (
    Calibrate
    | OpenWave
    | Propose
    | Judge
    | Join
    | MeasureStack
    | Ablate
    | MeasureGuard
    | GiveBack
    | Retire
    | Rebuild
    | CloseWave
    | Read
    | Analyse
    | Stop
)
