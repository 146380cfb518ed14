"""Labels beside marks: the place that covers least, or none at all."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

_LINE = 13.0
"""Height of a label."""

_NEAR = 10.0
"""Distance between a mark and the text beside it."""

_RISES = (-7.0, -21.0, 19.0, -35.0, 33.0, -49.0, 47.0)
"""Heights tried, the nearest first; below the mark counts as a little farther."""

_COVERED = 3.0
_FAR = 0.25
_WORST = 8.0
"""A label that would cover more than this is left out."""


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle on the picture."""

    left: float
    top: float
    right: float
    bottom: float

    def touches(self, other: "Box") -> bool:
        """Whether the two have a point in common."""
        across = self.left <= other.right and other.left <= self.right
        return across and self.top <= other.bottom and other.top <= self.bottom

    def within(self, other: "Box") -> bool:
        """Whether this one lies wholly in the other."""
        across = other.left <= self.left and self.right <= other.right
        return across and other.top <= self.top and self.bottom <= other.bottom


@dataclass(frozen=True, slots=True)
class Anchor:
    """A mark that wants a label of some width in pixels."""

    x: float
    y: float
    width: float


@dataclass(frozen=True, slots=True)
class Placed:
    """Where a label's text begins or ends; `lead` is set when it stands away from its mark."""

    x: float
    y: float
    anchor: Literal["start", "end"]
    lead: bool


def place(wanted: Sequence[Anchor], marks: Sequence[Box], inside: Box) -> tuple[Placed | None, ...]:
    """A place for each label, in order of importance; labels never cover each other."""
    used: list[Box] = []
    found: list[Placed | None] = []
    for anchor in wanted:
        best = min(_candidates(anchor), key=lambda one: _cost(one, marks, used, inside))
        if _cost(best, marks, used, inside) > _WORST:
            found.append(None)
            continue
        used.append(best[1])
        found.append(best[0])
    return tuple(found)


_Candidate = tuple[Placed, Box, float]


def _candidates(anchor: Anchor) -> list[_Candidate]:
    found: list[_Candidate] = []
    for rank, rise in enumerate(_RISES):
        y = anchor.y + rise
        for side, x in (("end", anchor.x - _NEAR), ("start", anchor.x + _NEAR)):
            left = x - anchor.width if side == "end" else x
            box = Box(left, y - _LINE + 3, left + anchor.width, y + 3)
            placed = Placed(x, y, "end" if side == "end" else "start", rank > 2)
            found.append((placed, box, _FAR * (2 * rank + (side == "start"))))
    return found


def _cost(candidate: _Candidate, marks: Sequence[Box], used: Sequence[Box], inside: Box) -> float:
    _, box, far = candidate
    if not box.within(inside) or any(box.touches(other) for other in used):
        return 1e9
    return far + _COVERED * sum(1 for mark in marks if box.touches(mark))
