"""The shapes of the verdicts, drawn."""

from collections.abc import Callable, Mapping
from typing import Literal

from whet.model.verdict import VerdictKind
from whet.report.svg import Svg, element, short

_Draw = Callable[[float, float, float, str], Svg]


def mark(kind: VerdictKind, x: float, y: float, size: float) -> Svg:
    """The shape of a verdict around a point; `size` is about its radius."""
    return _SHAPES[kind](x, y, size, f"m-{kind}")


def caret(x: float, y: float, way: Literal["up", "down", "left", "right"], class_: str) -> Svg:
    """A small arrow head with its tip at a point: what belongs here lies further on."""
    dx, dy = {"up": (0, -4), "down": (0, 4), "left": (-4, 0), "right": (4, 0)}[way]
    one = (x - dx - dy, y - dy - dx)
    other = (x - dx + dy, y - dy + dx)
    return element("path", class_=class_, d=_path(one, (x, y), other))


def _path(*points: tuple[float, float], close: bool = False) -> str:
    steps = "L".join(f"{short(x)} {short(y)}" for x, y in points)
    return f"M{steps}{'Z' if close else ''}"


def _circle(x: float, y: float, r: float, class_: str) -> Svg:
    return element("circle", class_=class_, cx=x, cy=y, r=r)


def _struck(x: float, y: float, r: float, class_: str) -> Svg:
    circle = f"M{short(x - r)} {short(y)}a{short(r)} {short(r)} 0 1 0 {short(2 * r)} 0"
    circle += f"a{short(r)} {short(r)} 0 1 0 {short(-2 * r)} 0"
    stroke = _path((x - r - 1, y + r + 1), (x + r + 1, y - r - 1))
    return element("path", class_=class_, d=circle + stroke)


def _diamond(x: float, y: float, r: float, class_: str) -> Svg:
    r += 0.5
    path = _path((x, y - r), (x + r, y), (x, y + r), (x - r, y), close=True)
    return element("path", class_=class_, d=path)


def _square(x: float, y: float, r: float, class_: str) -> Svg:
    k = 0.82 * r
    return element("rect", class_=class_, x=x - k, y=y - k, width=2 * k, height=2 * k, rx=1)


def _cross(x: float, y: float, r: float, class_: str) -> Svg:
    k = 0.78 * r
    path = _path((x - k, y - k), (x + k, y + k)) + _path((x + k, y - k), (x - k, y + k))
    return element("path", class_=class_, d=path)


def _triangle(x: float, y: float, r: float, class_: str) -> Svg:
    k = 1.1 * r
    path = _path((x, y - k), (x + k, y + 0.8 * k), (x - k, y + 0.8 * k), close=True)
    return element("path", class_=class_, d=path)


_SHAPES: Mapping[VerdictKind, _Draw] = {
    "kept": _circle,
    "retired": _struck,
    "discarded": _circle,
    "inconclusive": _diamond,
    "checks_failed": _square,
    "failed": _cross,
    "rejected": _triangle,
}
