"""Where the time goes at the base, and how near it is to what the machine can do.

Both are evidence: a profile's shares of the time, and a share of a ceiling that was measured.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from whet.model.idea import Evidence
from whet.page.picture import picture
from whet.plan.state import State
from whet.report.escape import cut
from whet.report.figures import share
from whet.report.svg import Svg, element, group, straight, text

_WIDTH, _LEFT, _RIGHT, _ROW, _TOP = 600.0, 220.0, 130.0, 26.0, 20.0
_MOST = 10


@dataclass(frozen=True, slots=True)
class _Bar:
    name: str
    part: float
    said: str
    ceiling: bool


def limits(state: State) -> Svg | None:
    """The chart; None where nobody has looked."""
    found = [one for one in state.evidence.values() if one.value is not None]
    hot = sorted(
        (one for one in found if one.kind == "hot-function"), key=lambda one: -(one.value or 0)
    )
    bars = [*map(_function, hot[:_MOST]), *(_ceiling(o) for o in found if o.kind == "ceiling")]
    if not bars:
        return None
    bottom = _TOP + _ROW * len(bars)
    return picture(
        "limits",
        "Where the time goes and what bounds it",
        "; ".join(f"{bar.name}: {bar.said}" for bar in bars),
        _WIDTH,
        bottom + 8,
        group(*_axis(bottom)),
        *(group(*_drawn(bar, number)) for number, bar in enumerate(bars)),
    )


def _function(one: Evidence) -> _Bar:
    name = ", ".join(one.functions) or one.title or one.locator
    part = one.value or 0.0
    return _Bar(name, part, f"{share(round(part, 3))} of the time", ceiling=False)


def _ceiling(one: Evidence) -> _Bar:
    kind = one.status if one.status and one.status != "unknown" else "ceiling"
    name = ", ".join(one.functions)
    part = one.value or 0.0
    said = f"{share(round(part, 3))} of the {kind} ceiling"
    return _Bar(f"{name}: {kind}" if name else kind, part, said, ceiling=True)


def _axis(bottom: float) -> Iterator[Svg]:
    for tick in (0.0, 0.25, 0.5, 0.75, 1.0):
        x = _at(tick)
        yield straight(x, _TOP - 4, x, bottom, "zero" if tick in (0.0, 1.0) else "grid")
        yield text(x, 11, share(tick), class_="dim", text_anchor="middle")


def _drawn(bar: _Bar, number: int) -> Iterator[Svg]:
    y, end = _TOP + (number + 0.5) * _ROW, _at(min(1.0, max(0.0, bar.part)))
    yield text(_LEFT - 10, y + 4, cut(bar.name, 32), class_="head", text_anchor="end")
    yield element(
        "rect",
        class_="bar-whole" if bar.ceiling else "node",
        x=_LEFT, y=y - 6, width=max(1.0, end - _LEFT), height=12, rx=2,
    )  # fmt: skip
    yield text(_WIDTH - _RIGHT + 10, y + 4, bar.said, class_="dim")


def _at(part: float) -> float:
    return _LEFT + (_WIDTH - _RIGHT - _LEFT) * part
