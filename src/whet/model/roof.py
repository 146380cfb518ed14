"""Where work stands below what a machine can do."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Roof:
    """What a program or a function does in a second of one core, and the most that a core can.

    `work` are operations that somebody declared or, where it is `counted`, instructions. Of
    instructions nobody knows the most: `compute` is then one in each cycle, which some code beats.
    """

    work: float
    moved: float
    """Bytes, from memory or from the cache that holds the data."""
    compute: float
    bandwidth: float
    """Bytes that a core can read from there."""
    counted: bool = False

    @property
    def intensity(self) -> float:
        """Work for each byte."""
        return self.work / self.moved
