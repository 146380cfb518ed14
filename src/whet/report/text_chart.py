"""The progress chart in letters: the same marks, the same line, as a terminal can show them."""

from dataclasses import dataclass

from whet.model.verdict import VerdictKind
from whet.plan.state import State
from whet.report.figures import estimate
from whet.report.levels import Point, Stretch, points, stretches
from whet.report.scale import bounds, ticks, widened
from whet.report.span import Line, Span, Style
from whet.report.story import headline
from whet.report.words import NO_NUMBER, RUNNING, WORDS

_LEFT, _RIGHT = 8, 9
_LEAST = 4
"""Rows the plot has at least."""

_ORDER: tuple[VerdictKind, ...] = ("discarded", "inconclusive", "retired", "kept")


@dataclass(slots=True)
class _Plot:
    """Letters by row and column, the first row on top."""

    rows: list[list[tuple[str, Style]]]
    low: float
    high: float
    slots: int

    def put(self, row: int, column: int, letter: str, style: Style) -> None:
        if 0 <= row < len(self.rows) and 0 <= column < len(self.rows[0]):
            self.rows[row][column] = (letter, style)

    def row(self, level: float) -> int:
        """The row of a level, or of the nearer end."""
        last = len(self.rows) - 1
        share = (level - self.low) / (self.high - self.low)
        return last - round(min(1.0, max(0.0, share)) * last)

    def column(self, slot: float) -> int:
        return round((slot - 0.5) / self.slots * (len(self.rows[0]) - 1))


def text_chart(state: State, width: int, height: int) -> tuple[Line, ...]:
    """The chart in so many columns and rows: the plot, the failures, the numbers below.

    Lines are exactly as many as asked for, unless fewer than 6 were.
    """
    seen, line = points(state), stretches(state)
    rows = max(_LEAST, height - 2)
    columns = max(10, width - _LEFT - _RIGHT)
    low, high = _range(seen, line)
    plot = _Plot(
        [[(" ", "")] * columns for _ in range(rows)], low, high, max(1, len(state.experiments))
    )
    _draw_line(plot, line)
    for point in sorted(seen, key=lambda one: _ORDER.index(one.kind)):
        mark = WORDS[point.kind].shape
        plot.put(plot.row(point.level), plot.column(point.slot), mark, point.kind)
    level = line[-1].level
    for slot, experiment in enumerate(state.experiments.values(), 1):
        if experiment.running:
            plot.put(plot.row(level), plot.column(slot), RUNNING, "active")
    return (*_labelled(state, plot, level), _failures(state, plot), _numbers(plot))


def _range(seen: tuple[Point, ...], line: tuple[Stretch, ...]) -> tuple[float, float]:
    core = [stretch.level for stretch in line]
    core += [point.level for point in seen if point.kind in ("kept", "retired")]
    return widened(*bounds(core, [point.level for point in seen]), 0.05, 0.05)


def _draw_line(plot: _Plot, line: tuple[Stretch, ...]) -> None:
    before: int | None = None
    for stretch in line:
        row, begin = plot.row(stretch.level), plot.column(stretch.begin + 0.5)
        last = stretch is line[-1]
        end = len(plot.rows[0]) - 1 if last else plot.column(stretch.end + 0.5)
        for column in range(begin, end + 1):
            plot.put(row, column, "─", "kept")
        if before is not None and before != row:
            top, bottom = sorted((before, row))
            for between in range(top + 1, bottom):
                plot.put(between, begin, "│", "kept")
            plot.put(before, begin, "╯" if row < before else "╮", "kept")
            plot.put(row, begin, "╭" if row < before else "╰", "kept")
        before = row


def _labelled(state: State, plot: _Plot, level: float) -> tuple[Line, ...]:
    found = headline(state)
    measured = found.kind == "measured" and found.effect is not None
    ends = {plot.row(level): estimate(found.effect)} if measured and found.effect else {}
    marks = ticks(plot.low, plot.high, max(2, len(plot.rows) // 3))
    labels = {plot.row(tick): f"{100 * tick:+.4g}%" if tick else "0%" for tick in marks}
    return tuple(
        (
            Span(f"{labels.get(number, ''):>{_LEFT - 1}} ", "dim"),
            *_spans(row),
            Span(f" {ends.get(number, '')}", "good"),
        )
        for number, row in enumerate(plot.rows)
    )


def _spans(row: list[tuple[str, Style]]) -> tuple[Span, ...]:
    """Letters of one style in a row are one span."""
    spans: list[Span] = []
    for letter, style in row:
        if spans and spans[-1].style == style:
            spans[-1] = Span(spans[-1].text + letter, style)
        else:
            spans.append(Span(letter, style))
    return tuple(spans)


def _failures(state: State, plot: _Plot) -> Line:
    row: list[tuple[str, Style]] = [(" ", "")] * len(plot.rows[0])
    for slot, experiment in enumerate(state.experiments.values(), 1):
        if experiment.verdict is not None and experiment.verdict.kind in NO_NUMBER:
            kind = experiment.verdict.kind
            row[plot.column(slot)] = (WORDS[kind].shape, kind)
    return (Span(f"{'failed':>{_LEFT - 1}} ", "dim"), *_spans(row))


def _numbers(plot: _Plot) -> Line:
    row = [" "] * len(plot.rows[0])
    for tick in ticks(0.5, plot.slots + 0.5, max(2, min(plot.slots, len(row) // 8))):
        text = str(round(tick))
        at = plot.column(tick)
        if tick >= 1 and tick == round(tick) and at + len(text) <= len(row):
            row[at : at + len(text)] = text
    return (Span(" " * _LEFT), Span("".join(row), "dim"))
