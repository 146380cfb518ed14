"""The progress chart: how did we get here?

Experiments from left to right, each at its parent's level times its own effect. The line is the
stack, and moves only where it was re-measured. What has no number stands in lanes below.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from whet.model.verdict import VerdictKind
from whet.plan.state import ExperimentState, State
from whet.report.canvas import NOTE, WIDTH, document, notes, written
from whet.report.escape import columns, cut, visible
from whet.report.figures import change, estimate, plural, typeset
from whet.report.labels import Anchor, Box, place
from whet.report.levels import (
    Point,
    Stretch,
    base_value,
    in_waves,
    points,
    stretches,
    value_at,
)
from whet.report.lines import unit
from whet.report.marks import caret, mark
from whet.report.scale import Scale, amounts, bounds, percents, ticks, widened
from whet.report.story import comparable, config_of, headline, title
from whet.report.summary import counted, without_number
from whet.report.svg import NOTHING, Svg, element, group, short, straight, text
from whet.report.theme import Theme
from whet.report.words import WORDS

_LEFT, _RIGHT, _TOP, _PLOT = 66.0, 142.0, 50.0, 300.0
_LANE, _AXIS = 18.0, 30.0
_TAIL = 26.0
"""Pixels of the stack's line after the last experiment, so that its last step can be seen."""

_MANY = 140
"""From here on marks are small, and only what was kept has a whisker."""

_LABELLED = 26
"""Columns of a title beside a mark."""

_NAMED = 24
"""Kept changes that may have a label, the largest first."""

_APART = 56.0
"""Pixels between the gains written beside marks that lie off the scale."""

_LANES: tuple[tuple[VerdictKind, str], ...] = (
    ("checks_failed", "checks failed"),
    ("failed", "build or run failed"),
    ("rejected", "rejected"),
    ("discarded", "same program"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Frame:
    """Where things are drawn."""

    x: Scale
    y: Scale
    right: float
    bottom: float
    ground: float
    lanes: tuple[tuple[VerdictKind, str, tuple[int, ...]], ...]
    many: bool
    told: bool
    """Whether marks carry what a pointer shows: a page does it its own way."""
    notes: tuple[str, ...]
    """Sentences below; a page has said them already."""
    scaled: bool
    """Whether anything has a number; without one the axis has no scale to tell."""

    def edge(self, slot: int) -> float:
        """The pixel between an experiment and the next."""
        return self.x.at(slot + 0.5)

    def lane(self, number: int) -> float:
        """The middle of a lane."""
        return self.bottom + 12 + (number + 0.5) * _LANE


def progress(state: State, theme: Theme) -> str:
    """The chart as an SVG document."""
    seen, line = points(state), stretches(state)
    frame = _frame(state, seen, line, theme)
    return document(
        "progress",
        f"Progress of {visible(state.name)}",
        _about(state),
        frame.ground + _AXIS + 6 + NOTE * len(frame.notes),
        theme,
        group(*_waves(state, frame)),
        group(*_axes(state, frame)),
        group(*_line(frame, line)),
        group(*_whiskers(frame, seen)),
        group(*_marks(state, frame, seen)),
        group(*_open(state, frame, line)),
        group(*_labels(state, frame, seen, line)),
        group(*_lanes(state, frame)),
        group(*_below(state, frame)),
    )


def _about(state: State) -> str:
    found = headline(state)
    said = [
        f"{plural(len(state.experiments), 'experiment')} in {plural(len(state.waves), 'wave')}",
        counted(state),
        f"the re-measured stack is at {change(found.effect)}"
        if found.kind == "measured" and found.effect is not None
        else without_number(state),
        f"Scripted: {visible(state.scripted)}" if state.scripted else "",
    ]
    return ". ".join(part for part in said if part) + "."


def _frame(
    state: State, seen: tuple[Point, ...], line: tuple[Stretch, ...], theme: Theme
) -> _Frame:
    core = [level for stretch in line for level in (stretch.level, stretch.low, stretch.high)]
    sure = [p for p in seen if p.kind in ("kept", "retired")]
    core += [level for point in sure for level in (point.level, point.low, point.high)]
    low, high = widened(*bounds(core, [point.level for point in seen]), 0.06, 0.12)
    lanes = _lane_slots(state)
    bottom = _TOP + _PLOT
    slots = max(1, len(state.experiments))
    return _Frame(
        x=Scale(low=0.5, high=slots + 0.5, start=_LEFT, end=WIDTH - _RIGHT - _TAIL),
        y=Scale(low=low, high=high, start=bottom, end=_TOP),
        right=WIDTH - _RIGHT,
        bottom=bottom,
        ground=bottom + 12 + _LANE * len(lanes),
        lanes=lanes,
        many=slots >= _MANY,
        notes=() if theme == "page" else notes(state),
        told=slots < _MANY and theme != "page",
        scaled=bool(seen) or len(line) > 1,
    )


def _lane_slots(state: State) -> tuple[tuple[VerdictKind, str, tuple[int, ...]], ...]:
    """What has no number, by verdict; a lane that nothing is in is left out."""
    slots: dict[VerdictKind, list[int]] = {}
    for slot, experiment in enumerate(state.experiments.values(), 1):
        if experiment.verdict is not None and comparable(experiment) is None:
            slots.setdefault(experiment.verdict.kind, []).append(slot)
    return tuple((kind, name, tuple(slots[kind])) for kind, name in _LANES if kind in slots)


def _waves(state: State, frame: _Frame) -> Iterator[Svg]:
    runs = in_waves(tuple(state.experiments.values()))
    for number, (wave, first, last) in enumerate(runs):
        left, right = frame.edge(first - 1), frame.edge(last)
        if number % 2:
            width, height = right - left, frame.ground - _TOP + 22
            yield element("rect", class_="band", x=left, y=_TOP - 22, width=width, height=height)
        name = f"wave {wave}" if right - left > 60 else str(wave)
        if wave and right - left > 16:
            middle = (left + right) / 2
            yield text(middle, _TOP - 28, name, class_="dim", text_anchor="middle")


def _axes(state: State, frame: _Frame) -> Iterator[Svg]:
    levels = ticks(frame.y.low, frame.y.high) if frame.scaled else (0.0,)
    base = base_value(state)
    values = amounts([value_at(state, base, v) for v in levels]) if base is not None else ()
    for index, (level, label) in enumerate(zip(levels, percents(levels), strict=True)):
        y = frame.y.at(level)
        kind = "zero" if abs(level) < 1e-12 else "grid"
        yield straight(_LEFT, y, frame.right, y, kind)
        yield text(_LEFT - 8, y + 3.5, label, class_="dim", text_anchor="end")
        if values:
            yield text(frame.right + 8, y + 3.5, values[index], class_="dim")
    if values:
        yield text(
            frame.right + 8, _TOP - 28, unit(state, config_of(state).goal.metric), class_="dim"
        )


def _line(frame: _Frame, line: tuple[Stretch, ...]) -> Iterator[Svg]:
    """The stack's level, and the interval of each measurement of it as a band."""
    path = ""
    for stretch in line:
        begin = frame.edge(stretch.begin)
        end = frame.edge(stretch.end) if stretch is not line[-1] else frame.right
        top, bottom = frame.y.inside(stretch.high), frame.y.inside(stretch.low)
        if stretch.measured is not None:
            yield element(
                "rect",
                element("title", _told(stretch)),
                class_="sure",
                x=begin,
                y=top,
                width=end - begin,
                height=max(1.0, bottom - top),
            )
        y = short(frame.y.inside(stretch.level))
        path += f"{'L' if path else 'M'}{short(begin)} {y}L{short(end)} {y}"
    yield element("path", class_="stack", d=path)


def _told(stretch: Stretch) -> str:
    measured = stretch.measured
    assert measured is not None
    assert measured.effect is not None
    pairs = plural(measured.effect.pairs, "pair")
    when = f" after wave {measured.wave}" if measured.wave else ""
    return typeset(f"stack{when}: {change(measured.effect)}, {pairs}")


def _whiskers(frame: _Frame, seen: tuple[Point, ...]) -> Iterator[Svg]:
    for point in seen:
        if frame.many and point.kind not in ("kept", "retired"):
            continue
        if not frame.y.holds(point.level):
            continue
        x = frame.x.at(point.slot)
        low, high = frame.y.inside(point.low), frame.y.inside(point.high)
        yield straight(x, low, x, high, f"w w-{point.kind}")


def _open(state: State, frame: _Frame, line: tuple[Stretch, ...]) -> Iterator[Svg]:
    """What runs now, on the line: nothing is known of it but that it runs."""
    y = frame.y.inside(line[-1].level)
    for slot, experiment in enumerate(state.experiments.values(), 1):
        if experiment.running:
            ring = element("circle", class_="now", cx=frame.x.at(slot), cy=y, r=4.4)
            yield group(ring, data_e=experiment.id)


_SIZES: dict[VerdictKind, float] = {"kept": 6.0, "retired": 5.0, "inconclusive": 4.4}
_ORDER: tuple[VerdictKind, ...] = ("discarded", "inconclusive", "retired", "kept")


def _marks(state: State, frame: _Frame, seen: tuple[Point, ...]) -> Iterator[Svg]:
    """What matters more is drawn later, so that it lies on top."""
    told = 0.0
    for point in sorted(seen, key=lambda point: _ORDER.index(point.kind)):
        size = _SIZES.get(point.kind, 3.6) * (0.65 if frame.many else 1)
        x, y = frame.x.at(point.slot), frame.y.inside(point.level)
        shapes = [mark(point.kind, x, y, size)]
        if not frame.y.holds(point.level):
            up = point.level > frame.y.high
            tip = y - size - 6 if up else y + size + 6
            shapes.append(caret(x, tip, "up" if up else "down", f"w w-{point.kind}"))
            if x - told > _APART:
                told = x
                gain = typeset(estimate(point.effect))
                shapes.append(text(x + 9, tip + 3.5, gain, class_="dim"))
        yield group(_tip(state, point, frame), *shapes, data_e=point.id)


def _tip(state: State, point: Point, frame: _Frame) -> Svg:
    """What a pointer shows; left out where it would be most of the file."""
    if not frame.told:
        return NOTHING
    name = cut(title(state, state.experiments[point.id]), 60)
    word = WORDS[point.kind].title.lower()
    return element("title", typeset(f"{point.id} {name}: {change(point.effect)}, {word}"))


def _labels(
    state: State, frame: _Frame, seen: tuple[Point, ...], line: tuple[Stretch, ...]
) -> Iterator[Svg]:
    kept = sorted(
        (point for point in seen if point.kind == "kept"), key=lambda p: -p.effect.estimate
    )[:_NAMED]
    names = [cut(title(state, state.experiments[point.id]), _LABELLED) for point in kept]
    gains = [typeset(estimate(point.effect)) for point in kept]
    anchors = [
        Anchor(
            frame.x.at(point.slot),
            frame.y.inside(point.level),
            6.1 * (columns(name) + len(gain) + 1),
        )
        for point, name, gain in zip(kept, names, gains, strict=True)
    ]
    inside = Box(_LEFT, _TOP - 18, frame.right, frame.bottom + 4)
    places = place(anchors, _obstacles(frame, seen, line), inside)
    for spot, name, gain, anchor in zip(places, names, gains, anchors, strict=True):
        if spot is None:
            continue
        if spot.lead:
            lead = anchor.x + (-6 if spot.anchor == "end" else 6)
            rise = -5 if spot.y < anchor.y else 5
            yield straight(lead, anchor.y + rise, spot.x, spot.y - 4, "lead")
        value = element("tspan", gain, class_="up")
        yield text(spot.x, spot.y, f"{name} ", value, class_="lab", text_anchor=spot.anchor)


def _obstacles(
    frame: _Frame, seen: tuple[Point, ...], line: tuple[Stretch, ...]
) -> tuple[Box, ...]:
    found = []
    for point in seen:
        x, y = frame.x.at(point.slot), frame.y.inside(point.level)
        found.append(Box(x - 5, y - 6, x + 5, y + 6))
        if not frame.many:
            high, low = frame.y.inside(point.high), frame.y.inside(point.low)
            found.append(Box(x - 1, high, x + 1, low))
    for stretch in line:
        y = frame.y.inside(stretch.level)
        found.append(Box(frame.edge(stretch.begin), y - 1, frame.edge(stretch.end), y + 1))
    return tuple(found)


def _lanes(state: State, frame: _Frame) -> Iterator[Svg]:
    experiments = tuple(state.experiments.values())
    for number, (kind, name, slots) in enumerate(frame.lanes):
        y = frame.lane(number)
        yield straight(_LEFT, y, frame.right, y, "lane")
        for slot in slots:
            shape = mark(kind, frame.x.at(slot), y, 3.0 if frame.many else 4.4)
            found = experiments[slot - 1]
            yield group(_lane_tip(state, found) if frame.told else NOTHING, shape, data_e=found.id)
        count = element("tspan", str(len(slots)), class_="b")
        yield text(frame.right + 8, y + 3.5, count, f" {name}", class_="dim")


def _lane_tip(state: State, experiment: ExperimentState) -> Svg:
    assert experiment.verdict is not None
    said = f"{cut(title(state, experiment), 60)}: {cut(experiment.verdict.reason, 100)}"
    return element("title", f"{experiment.id} {said}")


def _below(state: State, frame: _Frame) -> Iterator[Svg]:
    base = frame.ground + 20
    count = len(state.experiments)
    for number in ticks(0.5, count + 0.5, min(12, count)) if count else ():
        if number >= 1 and number == round(number):
            x = frame.x.at(number)
            yield text(x, base, str(round(number)), class_="dim", text_anchor="middle")
    yield text(frame.right + 8, base, "experiment", class_="dim")
    yield from written(frame.notes, _LEFT, base + NOTE + 6)
    found = headline(state)
    if found.kind == "measured" and found.effect is not None:
        y = frame.y.inside(found.effect.estimate) + 5
        yield text(frame.right + 54, y, typeset(estimate(found.effect)), class_="end")
