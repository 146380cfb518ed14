"""How much is left: work against bytes below the roofs of the machine, on logarithmic axes.

The roofline of Williams, Waterman and Patterson (2009), with roofs that were measured.
"""

import math
from collections.abc import Iterator, Sequence

from whet.model.roof import Roof
from whet.page.picture import picture
from whet.plan.state import State
from whet.report.escape import columns, cut
from whet.report.figures import share
from whet.report.labels import Anchor, Box, place
from whet.report.limits import Spot, spots
from whet.report.scale import Scale
from whet.report.svg import Svg, element, group, short, straight, text

_WIDTH, _LEFT, _RIGHT, _TOP, _BOTTOM = 600.0, 56.0, 16.0, 18.0, 250.0
_LARGEST, _LEAST = 15.0, 3.5
"""Radii of a mark: of all of the time, and at least."""
_COLUMN = 6.4
_NAMED = 24


def roofline(state: State) -> Svg | None:
    """The chart; None where nobody knows both the work and the bytes of anything."""
    found = spots(state)
    if not found:
        return None
    roofs = [roof for spot in found for roof in _both(spot)]
    x, y = _scales(roofs)
    said = "; ".join(f"{spot.name}: {_said(spot)}" for spot in found)
    return picture(
        "roofline",
        "Below the roofs of this machine",
        said,
        _WIDTH,
        _BOTTOM + 34,
        group(*_axes(x, y, counted=roofs[0].counted)),
        group(*_roofs(x, y, roofs)),
        *(group(*_marks(x, y, spot)) for spot in found),
        group(*_labels(x, y, found)),
    )


def _both(spot: Spot) -> tuple[Roof, ...]:
    return tuple(roof for roof in (spot.before, spot.after) if roof is not None)


def _scales(roofs: Sequence[Roof]) -> tuple[Scale, Scale]:
    """Logarithms to base 10; the corner of the roofs is always on the picture."""
    corners = [math.log10(roof.compute / roof.bandwidth) for roof in roofs]
    across = [*corners, *(math.log10(roof.intensity) for roof in roofs)]
    up = [math.log10(n) for roof in roofs for n in (roof.work, roof.compute)]
    low, high = math.floor(min(across) - 0.3), math.ceil(max(across) + 0.3)
    bottom, top = math.floor(min(up) - 0.3), math.ceil(max(up) + 0.1)
    return (
        Scale(low=low, high=high, start=_LEFT, end=_WIDTH - _RIGHT),
        Scale(low=bottom, high=top, start=_BOTTOM, end=_TOP),
    )


def _axes(x: Scale, y: Scale, *, counted: bool) -> Iterator[Svg]:
    for power in range(int(x.low), int(x.high) + 1):
        at = x.at(power)
        yield straight(at, _TOP, at, _BOTTOM, "grid")
        anchor = "end" if power == x.high else "middle"
        yield text(at, _BOTTOM + 15, f"{10.0**power:g}", class_="dim", text_anchor=anchor)
    for power in range(int(y.low), int(y.high) + 1):
        at = y.at(power)
        yield straight(_LEFT, at, _WIDTH - _RIGHT, at, "grid")
        yield text(_LEFT - 6, at + 4, _giga(power), class_="dim", text_anchor="end")
    what = "instructions" if counted else "operations"
    yield text(_LEFT, 10, f"10\N{SUPERSCRIPT NINE} {what} a second", class_="dim")
    yield text(_WIDTH - _RIGHT, _BOTTOM + 31, f"{what} for each byte", class_="dim",
               text_anchor="end")  # fmt: skip


def _roofs(x: Scale, y: Scale, roofs: Sequence[Roof]) -> Iterator[Svg]:
    """Bytes to the left, arithmetic above; where roofs differ, each of them."""
    seen = {(f"{roof.bandwidth:.3g}", f"{roof.compute:.3g}"): roof for roof in roofs}
    for roof in seen.values():
        corner = math.log10(roof.compute / roof.bandwidth)
        left = x.at(corner) - (y.at(y.low) - y.at(math.log10(roof.compute))) * _slope(x, y)
        begin, height = x.at(corner), y.at(math.log10(roof.compute))
        start = max(left, _LEFT)
        foot = height + (begin - start) / _slope(x, y)
        yield straight(start, foot, begin, height, "zero")
        end = _WIDTH - _RIGHT
        yield straight(begin, height, end, height, "zero")
        flat = "one instruction a cycle" if roof.counted else "arithmetic"
        yield text(end, height - 5, flat, class_="dim", text_anchor="end")
        rate = f"{roof.bandwidth / 1e9:.3g} GB/s"
        yield text((start + begin) / 2 + 8, (foot + height) / 2 + 8, rate, class_="dim")


def _slope(x: Scale, y: Scale) -> float:
    """Pixels to the right for each pixel up along a roof of bytes: one decade for one decade."""
    return (x.at(1) - x.at(0)) / (y.at(0) - y.at(1))


def _marks(x: Scale, y: Scale, spot: Spot) -> Iterator[Svg]:
    radius = max(_LEAST, _LARGEST * math.sqrt(spot.share))
    twice = spot.before is not None and spot.after is not None
    if spot.before is not None and spot.after is not None:
        yield straight(*_at(x, y, spot.before), *_at(x, y, spot.after), "thread")
    if spot.before is not None:
        kind = "bar-before" if twice or spot.looked_again else "node"
        yield _circle(kind, *_at(x, y, spot.before), radius)
    if spot.after is not None:
        yield _circle("node", *_at(x, y, spot.after), radius)


def _circle(kind: str, across: float, down: float, radius: float) -> Svg:
    return element("circle", class_=kind, cx=short(across), cy=short(down), r=short(radius))


def _at(x: Scale, y: Scale, roof: Roof) -> tuple[float, float]:
    return x.at(math.log10(roof.intensity)), y.at(math.log10(roof.work))


def _labels(x: Scale, y: Scale, found: Sequence[Spot]) -> Iterator[Svg]:
    names = [f"{cut(spot.name, _NAMED)} {_said(spot)}" for spot in found]
    at = [_at(x, y, _both(spot)[-1]) for spot in found]
    wanted = [
        Anchor(across, down, _COLUMN * columns(name))
        for (across, down), name in zip(at, names, strict=True)
    ]
    marks = [Box(across - 6, down - 6, across + 6, down + 6) for across, down in at]
    inside = Box(_LEFT, _TOP, _WIDTH - _RIGHT, _BOTTOM)
    places = place(wanted, marks, inside)
    for name, spot, (across, down) in zip(names, places, at, strict=True):
        if spot is not None:
            if spot.lead:
                yield straight(across, down, spot.x, spot.y - 4, "thread")
            yield text(spot.x, spot.y, name, text_anchor=spot.anchor)


def _said(spot: Spot) -> str:
    """Shares of the roof of bytes, which is the one that is known for everything."""
    told = [share(round(roof.moved / roof.bandwidth, 2)) for roof in _both(spot)]
    return f"{' → '.join(told)} of the bandwidth"


def _giga(power: int) -> str:
    return f"{10.0 ** (power - 9):g}"
