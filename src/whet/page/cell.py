"""An interval as a small picture in a table's cell, and the axis above a column of them."""

from whet.model.verdict import Effect, VerdictKind
from whet.report.marks import caret, mark
from whet.report.scale import Scale, percents, ticks
from whet.report.svg import Svg, element, short, straight, text

_HEIGHT = 20.0


def cell(effect: Effect, kind: VerdictKind, scale: Scale, zone: float, width: float) -> Svg:
    """An effect with its interval; `zone` is the minimum effect as a fraction, 0 for none."""
    y, parts = _HEIGHT / 2, list[Svg]()
    if zone:
        left, right = scale.inside(-zone), scale.inside(zone)
        parts.append(
            element("rect", class_="least", x=left, y=0, width=right - left, height=_HEIGHT)
        )
    if scale.holds(0.0):
        parts.append(straight(scale.at(0.0), 0, scale.at(0.0), _HEIGHT, "zero"))
    low, high = scale.inside(effect.low), scale.inside(effect.high)
    parts.append(straight(low, y, high, y, f"w w-{kind}"))
    ends = ((effect.low, low), (effect.high, high))
    parts += [straight(x, y - 3, x, y + 3, f"w w-{kind}") for end, x in ends if scale.holds(end)]
    x = scale.inside(effect.estimate)
    parts.append(mark(kind, x, y, 4.6 if kind == "kept" else 3.8))
    if effect.estimate > scale.high:
        parts.append(caret(x + 6, y, "right", f"w w-{kind}"))
    elif effect.estimate < scale.low:
        parts.append(caret(x - 6, y, "left", f"w w-{kind}"))
    return drawing(width, _HEIGHT, *parts)


def axis(scale: Scale, width: float) -> Svg:
    """The ticks above a column of cells."""
    numbers = ticks(scale.low, scale.high, 6)
    shown = zip(numbers, percents(numbers), strict=True)
    marks = (text(scale.at(n), 10, t, class_="dim", text_anchor="middle") for n, t in shown)
    return drawing(width, 14, *marks)


def drawing(width: float, height: float, *content: Svg) -> Svg:
    """A picture beside words that say the same."""
    return element(
        "svg",
        *content,
        class_="chart cell",
        viewBox=f"0 0 {short(width)} {short(height)}",
        width=width,
        height=height,
        aria_hidden="true",
    )
