"""Where the time goes and what bounds it: the base hollow, the stack filled."""

from collections.abc import Iterator, Sequence

from whet.page.picture import picture
from whet.plan.state import State
from whet.report.escape import cut
from whet.report.figures import share
from whet.report.limits import Row, rows
from whet.report.svg import Svg, element, group, straight, text

_WIDTH, _LEFT, _RIGHT, _ROW, _TOP = 600.0, 190.0, 176.0, 26.0, 20.0
_ENDS = (0.04, 0.12, 0.2, 0.4, 0.6)
"""Of the axis, where shares are small: their quarters are whole percentages."""


def limits(state: State) -> Svg | None:
    """The chart; None where nobody has looked."""
    found = rows(state)
    if not found:
        return None
    bottom, most = _TOP + _ROW * len(found), _most(found)
    return picture(
        "limits",
        "Where the time goes and what bounds it",
        "; ".join(f"{row.name}: {row.said}" for row in found),
        _WIDTH,
        bottom + 8,
        group(*_axis(bottom, most)),
        *(group(*_drawn(row, n, most, twice=both(found))) for n, row in enumerate(found)),
    )


def both(found: Sequence[Row]) -> bool:
    """Whether something was looked at before and after."""
    return any(row.before is not None and row.after is not None for row in found)


def _most(found: Sequence[Row]) -> float:
    """Where the axis ends: at the whole for a ceiling, else where the largest share has room."""
    if any(row.ceiling for row in found):
        return 1.0
    largest = max(max(row.before or 0.0, row.after or 0.0) for row in found)
    return next((end for end in _ENDS if largest <= end), 1.0)


def _axis(bottom: float, most: float) -> Iterator[Svg]:
    for tick in (0.0, 0.25, 0.5, 0.75, 1.0):
        x = _at(tick)
        yield straight(x, _TOP - 4, x, bottom, "zero" if tick in (0.0, 1.0) else "grid")
        yield text(x, 11, share(tick * most), class_="dim", text_anchor="middle")


def _drawn(row: Row, number: int, most: float, *, twice: bool) -> Iterator[Svg]:
    y = _TOP + (number + 0.5) * _ROW
    yield text(_LEFT - 10, y + 4, cut(row.name, 28), class_="head", text_anchor="end")
    if row.after is not None or not twice:
        filled = row.after if row.after is not None else row.before
        yield _bar(
            "bar-whole" if row.ceiling else "node", (filled or 0.0) / most, y, 8 if twice else 12
        )
    if twice and row.before is not None:
        yield _bar("bar-before", row.before / most, y, 14)
    yield text(_WIDTH - _RIGHT + 10, y + 4, row.said, class_="dim")


def _bar(kind: str, part: float, y: float, height: float) -> Svg:
    end = _at(min(1.0, max(0.0, part)))
    return element(
        "rect", class_=kind, x=_LEFT, y=y - height / 2, width=max(1.0, end - _LEFT),
        height=height, rx=2,
    )  # fmt: skip


def _at(part: float) -> float:
    return _LEFT + (_WIDTH - _RIGHT - _LEFT) * part
