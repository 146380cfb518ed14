"""The effects chart: which changes are real? One row for each, with its interval."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from whet.model.verdict import Effect, VerdictKind
from whet.plan.state import State
from whet.report.canvas import NOTE, WIDTH, document, notes, written
from whet.report.escape import cut, visible
from whet.report.figures import change, estimate, interval, plural, share, typeset
from whet.report.marks import caret, mark
from whet.report.scale import Scale, bounds, percents, ticks, widened
from whet.report.story import comparable, config_of, judged, kept, title
from whet.report.svg import Svg, element, group, straight, text
from whet.report.theme import Theme
from whet.report.words import short as short_word

_ROWS = 25
_ROW, _TOP, _FOOT = 24.0, 40.0, 28.0
_LEFT, _RIGHT = 316.0, 240.0
_NAME = 34
_ZONE = 4.0
"""The zone of the minimum counts for the range only if it is at most this much wider."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A measured change with the word for its verdict."""

    id: str
    name: str
    kind: VerdictKind
    word: str
    effect: Effect


def effects(state: State, theme: Theme) -> str:
    """The chart as an SVG document: what was kept first, then the closest misses."""
    every = rows_of(state)
    rows = every[:_ROWS]
    scale = scale_of(state, rows, _LEFT, WIDTH - _RIGHT)
    height = _bottom(len(rows)) + _FOOT + NOTE * len(notes(state))
    return document(
        "effects",
        f"Effects of {visible(state.name)}",
        _about(state, every),
        height,
        theme,
        group(*_zone(state, scale, len(rows)) if rows else ()),
        group(*_axis(scale, len(rows)) if rows else ()),
        group(*(_drawn(row, number, scale) for number, row in enumerate(rows))),
        group(*_below(state, len(rows), len(every) - len(rows))),
    )


def rows_of(state: State) -> tuple[Row, ...]:
    """What has a number: the kept first, then by what it gained."""
    ours = {experiment.id for experiment in kept(state)}
    found = []
    for experiment in judged(state):
        effect, verdict = comparable(experiment), experiment.verdict
        if effect is None or verdict is None:
            continue
        found.append(
            Row(
                id=experiment.id,
                name=title(state, experiment),
                kind=verdict.kind,
                word=short_word(verdict),
                effect=effect,
            )
        )
    return tuple(sorted(found, key=lambda row: (row.id not in ours, -row.effect.estimate)))


def _about(state: State, rows: tuple[Row, ...]) -> str:
    told = [f"{row.id} {visible(row.name)}: {change(row.effect)}, {row.word}" for row in rows[:8]]
    more = [f"and {len(rows) - 8} more"] if len(rows) > 8 else []
    said = "; ".join((*told, *more)) or "Nothing was measured"
    return f"{said}. Scripted: {visible(state.scripted)}" if state.scripted else said


def scale_of(state: State, rows: tuple[Row, ...], start: float, end: float) -> Scale:
    """The range that shows what was kept; what lies far outside is left to the edge."""
    sure = [row.effect for row in rows if row.kind in ("kept", "retired")]
    core = [0.0, *(end for effect in sure for end in (effect.low, effect.high))]
    others = [end for row in rows for end in (row.effect.low, row.effect.estimate, row.effect.high)]
    low, high = bounds(core, others)
    least = config_of(state).goal.min_effect
    if least <= _ZONE * (high - low):
        low, high = min(low, -least), max(high, least)
    low, high = widened(low, high, 0.04, 0.04)
    return Scale(low=low, high=high, start=start, end=end)


def _zone(state: State, scale: Scale, rows: int) -> Iterator[Svg]:
    """Effects smaller than the minimum are not worth a change, whatever their interval."""
    least = config_of(state).goal.min_effect
    left, right = scale.inside(-least), scale.inside(least)
    height = _bottom(rows) - _TOP
    yield element(
        "rect",
        element("title", f"smaller than the minimum of {share(least)}"),
        class_="least",
        x=left,
        y=_TOP,
        width=right - left,
        height=height,
    )


def _axis(scale: Scale, rows: int) -> Iterator[Svg]:
    numbers = ticks(scale.low, scale.high, 7)
    bottom = _bottom(rows)
    for number, label in zip(numbers, percents(numbers), strict=True):
        x = scale.at(number)
        yield straight(x, _TOP, x, bottom, "zero" if abs(number) < 1e-12 else "grid")
        yield text(x, _TOP - 10, label, class_="dim", text_anchor="middle")


def _drawn(row: Row, number: int, scale: Scale) -> Svg:
    y = _TOP + (number + 0.5) * _ROW
    effect, x = row.effect, scale.inside(row.effect.estimate)
    low, high = scale.inside(effect.low), scale.inside(effect.high)
    parts = [
        text(
            16,
            y + 4,
            element("tspan", row.id, class_="dim"),
            f"  {cut(row.name, _NAME)}",
            class_="head",
        ),
        straight(low, y, high, y, f"w w-{row.kind}"),
    ]
    for end, at in ((effect.low, low), (effect.high, high)):
        if scale.holds(end):
            parts.append(straight(at, y - 3.5, at, y + 3.5, f"w w-{row.kind}"))
    size = 5.2 if row.kind == "kept" else 4.4
    parts.append(mark(row.kind, x, y, size))
    if not scale.holds(effect.estimate):
        way: Literal["left", "right"] = "right" if effect.estimate > scale.high else "left"
        tip = x + 11 if way == "right" else x - 11
        parts.append(caret(tip, y, way, f"w w-{row.kind}"))
    numbers = WIDTH - _RIGHT + 16
    style = "up" if row.kind == "kept" else "b"
    parts += [
        text(numbers + 50, y + 4, typeset(estimate(effect)), class_=style, text_anchor="end"),
        text(numbers + 58, y + 4, typeset(interval(effect))),
        text(WIDTH - 16, y + 4, row.word, class_="dim", text_anchor="end"),
    ]
    return group(*parts)


def _below(state: State, rows: int, more: int) -> Iterator[Svg]:
    y = _bottom(rows) + 18
    if more:
        yield text(16, y, f"and {plural(more, 'more row')} with smaller effects", class_="dim")
    if not rows:
        yield text(_LEFT, _TOP + 16, "Nothing was measured yet", class_="dim")
    yield from written(notes(state), 16, y + NOTE)


def _bottom(rows: int) -> float:
    return _TOP + _ROW * max(1, rows)
