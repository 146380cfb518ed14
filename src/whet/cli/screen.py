"""The screen of `whet watch`. What is on it comes from the same words as every other surface."""

import time
from collections.abc import Iterable
from typing import ClassVar

from rich.text import Text
from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.events import Resize
from textual.screen import ModalScreen
from textual.screen import Screen as TextualScreen
from textual.widgets import DataTable, Footer, Input, Static

from whet.api.watching import Watched
from whet.errors import IntegrityError, LedgerCorrupt
from whet.plan.state import ExperimentState
from whet.report import lines, story, words
from whet.report.escape import cut, verbatim, visible
from whet.report.figures import estimate, interval, plural
from whet.report.span import Line, Span, Style
from whet.report.status import attention, stage_of, status
from whet.report.story import comparable
from whet.report.text_chart import text_chart
from whet.report.why import why

_REASONS = 90
"""From here on the table says why."""

_TITLE = 32
_EVERY = 0.5
"""Seconds between two looks."""

_WIDE = 110
"""From here on there is a column for what is going on."""

_SIDE = 38
_TALL = 34
"""From here on the head has all of `whet status`."""

_STYLES: dict[Style, str] = {
    "kept": "green", "retired": "yellow", "inconclusive": "yellow", "checks_failed": "red",
    "failed": "red", "rejected": "magenta", "dim": "dim", "strong": "bold", "id": "bold",
    "command": "green", "good": "green", "bad": "red", "warn": "yellow", "active": "blue",
}  # fmt: skip

_FILTERS = ("", *words.WORDS)


def text_of(shown: Iterable[Line]) -> Text:
    """Lines as a terminal shows them; nothing in them is markup."""
    text = Text(no_wrap=True, overflow="ellipsis")
    for number, line in enumerate(shown):
        text.append("\n" if number else "")
        for span in line:
            text.append(span.text, _STYLES.get(span.style, ""))
    return text


class Reading(ModalScreen[None]):
    """Something to read, over the rest."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,enter", "dismiss", "Close"),
        Binding("j", "down", show=False),
        Binding("k", "up", show=False),
    ]
    CSS = "Reading {align: center middle} #page {width: 96%; height: 92%; border: round $primary; padding: 0 1; background: $surface}"  # noqa: E501

    def __init__(self, shown: Text) -> None:
        super().__init__()
        self._shown = shown

    def compose(self) -> ComposeResult:
        with VerticalScroll(id="page"):
            yield Static(self._shown, markup=False)
        yield Footer()

    def on_mount(self) -> None:
        self.query_one("#page").focus()

    def action_down(self) -> None:
        self.query_one("#page").scroll_down()

    def action_up(self) -> None:
        self.query_one("#page").scroll_up()


class Screen(App[None]):
    """A campaign on the whole terminal."""

    ENABLE_COMMAND_PALETTE = False
    CSS = """
    #left {width: 1fr} #side {width: 38; border-left: solid $primary-darken-2; padding: 0 1}
    #head {height: auto; padding: 0 1} #chart {padding: 0 1}
    #find {display: none; height: 1; border: none} #find.open {display: block}
    DataTable {height: 1fr}
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("w", "why", "Why (Enter)"),
        Binding("d", "diff", "Diff"),
        Binding("f", "filter", "Filter"),
        Binding("slash", "find", "Find"),
        Binding("j", "move(1)", show=False),
        Binding("k", "move(-1)", show=False),
        Binding("q", "quit", "Quit (a run goes on)"),
    ]

    def __init__(self, watched: Watched) -> None:
        super().__init__(ansi_color=False)
        self._watched = watched
        self._filter, self._query, self._room = "", "", 0
        self._events = -1
        self._fault = ""

    @property
    def _main(self) -> TextualScreen[object]:
        """The screen below whatever is being read."""
        return self.screen_stack[0]

    def compose(self) -> ComposeResult:
        with Horizontal():
            with Vertical(id="left"):
                yield Static(id="head", markup=False)
                yield Static(id="chart", markup=False)
                yield Input(placeholder="find", id="find", compact=True)
                table: DataTable[Text] = DataTable(cursor_type="row", zebra_stripes=False)
                yield table
            yield Static(id="side", markup=False)
        yield Footer()

    def on_mount(self) -> None:
        self._main.query_one(DataTable).focus()
        self._show()
        self.set_interval(_EVERY, self._tick)

    def on_resize(self, _: Resize) -> None:
        self._events = -1
        # until this event has been dealt with, the size is the one before
        self.call_after_refresh(self._show)

    def _tick(self) -> None:
        try:
            self._watched.look()
        except LedgerCorrupt as error:
            self._fault = error.message
        self._show()

    def _show(self) -> None:
        """Everything that time changes; the chart and the table only when something happened."""
        if not self._main.query("#side"):
            return  # a terminal tells its size before anything is on it
        state = self._watched.state
        width, height = self.size.width, self.size.height
        wide = width >= _WIDE
        side = self._main.query_one("#side", Static)
        side.display = wide
        room = self._room = width - (_SIDE if wide else 0) - 2
        self._main.query_one("#head", Static).update(text_of(self._head(room)))
        if wide:
            side.update(text_of(self._side(_SIDE - 4, height - 2)))
        if self._events == state.events:
            return
        self._events = state.events
        chart = max(7, min(18, height // 3))
        self._main.query_one("#chart", Static).update(text_of(text_chart(state, room, chart)))
        self._fill(room)

    def _head(self, width: int) -> tuple[Line, ...]:
        """The first rows of `whet status`: name, headline, guards, counts, what is going on."""
        watched = self._watched
        told = status(watched.state, time.time(), watched.holder, width, watched.underway)
        rows = told
        if self.size.height < _TALL:
            first = 3 if watched.state.scripted else 2
            going_on = [row for row in told[first:] if row and row[0].text.strip() == "now"]
            rows = (*told[:first], *going_on)
        if self._fault:
            rows = ((Span(cut(self._fault, width), "bad"),), *rows)
        return rows

    def _side(self, width: int, height: int) -> tuple[Line, ...]:
        state, rows = self._watched.state, list[Line]()
        rows.append((Span("Now", "strong"),))
        for one in self._watched.underway:
            experiment = state.experiments.get(one.what)
            idea = state.ideas.get(experiment.candidate.idea if experiment else one.what)
            title = idea.title if idea is not None else one.what
            rows.append((Span(f"{one.what} ", "id"), Span(cut(title, width - len(one.what) - 1))))
            rows.append((Span(cut(f"  {stage_of(one)}", width), "active"),))
        if not self._watched.underway:
            rows.append((Span("nothing is under way", "dim"),))
        queue = state.queue()
        if queue:
            rows += [(), (Span("Up next", "strong"),)]
            rows += [(Span(cut(idea.title, width)),) for idea in queue[:6]]
        said = attention(state)
        if said:
            rows += [(), (Span("Attention", "warn"),)]
            rows += [(Span(cut(text, width), "warn"),) for text in said[:4]]
        rows += [(), (Span("Noise of pairs", "strong"),)]
        for worker, found in state.calibrations.items():
            spread = f" {100 * found.noise.sd_pair:.1f}%"
            rows.append((Span(cut(visible(worker), width - len(spread)) + spread),))
        return tuple(rows[:height])

    def _fill(self, width: int) -> None:
        table = self._main.query_one(DataTable)
        chosen = self._at()
        table.clear(columns=True)
        for name in (
            "ID",
            "Verdict",
            "Change",
            "Effect",
            "Interval",
            *(("Why",) if width > _REASONS else ()),
        ):
            table.add_column(name)
        for one in reversed(tuple(self._matching())):
            table.add_row(*self._cells(one, width), key=one.id)
        if chosen and any(row.value == chosen for row in table.rows):
            table.move_cursor(row=table.get_row_index(chosen), animate=False)

    def _cells(self, one: ExperimentState, width: int) -> tuple[Text, ...]:
        state, verdict, effect = self._watched.state, one.verdict, comparable(one)
        style = _STYLES.get(verdict.kind, "") if verdict is not None else "blue"
        shape = words.WORDS[verdict.kind].shape if verdict is not None else words.RUNNING
        word = words.short(verdict) if verdict is not None else one.status
        cells = [
            Text(one.id, "bold"),
            Text(f"{shape} {word}", style),
            Text(cut(story.title(state, one), _TITLE if width > _REASONS else max(16, width - 50))),
            Text(estimate(effect) if effect is not None else "", style, justify="right"),
            Text(interval(effect) if effect is not None else "", "dim"),
        ]
        if width > _REASONS:
            cells.append(
                Text(cut(verdict.reason, width - _TITLE - 54) if verdict is not None else "", "dim")
            )
        return tuple(cells)

    def _matching(self) -> Iterable[ExperimentState]:
        state = self._watched.state
        for one in state.experiments.values():
            said = f"{one.id} {story.title(state, one)} {one.verdict.reason if one.verdict else ''}"
            if self._query in said.lower() and (
                not self._filter or self._filter in lines.names(one)
            ):
                yield one

    def _at(self) -> str:
        table = self._main.query_one(DataTable)
        if not table.row_count:
            return ""
        return str(table.coordinate_to_cell_key(table.cursor_coordinate).row_key.value)

    def on_data_table_row_selected(self, _: DataTable.RowSelected) -> None:
        self.action_why()

    def on_input_changed(self, changed: Input.Changed) -> None:
        self._query = changed.value.strip().lower()
        self._fill(self._room)

    def on_input_submitted(self, _: Input.Submitted) -> None:
        self._main.query_one("#find").remove_class("open")
        self._main.query_one(DataTable).focus()

    def action_why(self) -> None:
        """Why the experiment under the cursor was kept, or was not."""
        name = self._at()
        if name:
            self.push_screen(Reading(text_of(why(self._watched.state, name, self.size.width - 8))))

    def action_diff(self) -> None:
        """Its patch."""
        name = self._at()
        if not name:
            return
        try:
            patch = self._watched.patch(name)
        except IntegrityError as error:
            patch = error.message
        self.push_screen(Reading(_patch(patch)))

    def action_filter(self) -> None:
        """The next verdict that something has."""
        state = self._watched.state
        there = [kind for kind in _FILTERS if not kind or state.count(kind)]
        at = there.index(self._filter) if self._filter in there else 0
        self._filter = there[(at + 1) % len(there)]
        self._fill(self._room)
        shown = words.WORDS[self._filter].title if self._filter in words.WORDS else "All"  # type: ignore[index]
        self.notify(f"{shown}: {plural(self._main.query_one(DataTable).row_count, 'experiment')}")

    def action_find(self) -> None:
        """Only what has these words."""
        self._main.query_one("#find").add_class("open")
        self._main.query_one("#find").focus()

    def action_move(self, by: int) -> None:
        """Up or down in the table."""
        table = self._main.query_one(DataTable)
        table.move_cursor(row=table.cursor_row + by)


def _patch(patch: str) -> Text:
    styles: dict[str, Style] = {"+": "good", "-": "bad", "@": "active"}
    rows = verbatim(patch).split("\n")
    return text_of([(Span(row, styles.get(row[:1], "")),) for row in rows])
