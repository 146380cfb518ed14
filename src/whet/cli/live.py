"""A campaign while it runs: on a terminal, or as one plain line an event."""

import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Protocol, Self

from whet.api.running import Watcher
from whet.cli.face import Face, paint
from whet.cli.moving import Doing, begun, counting_line, moving_line
from whet.ledger.underway import ended
from whet.model.event import (
    AgentWorked,
    CampaignResumed,
    ChangeAblated,
    Event,
    EvidenceFound,
    ExperimentRequeued,
    IdeaAdded,
    IdeaRuledOut,
    PersonPaused,
    PersonResumed,
    StackMeasured,
    VerdictGiven,
    WaveOpened,
    WorkerCalibrated,
    WorkerQuarantined,
    WorkerRestored,
)
from whet.model.machine import MachineGone, MachineReady, WorkerDrained, WorkerResumed
from whet.model.reading import IdeaRevised, ReaderFinished, WaveAnalysed
from whet.model.worker import expanded
from whet.plan.spending import forecast
from whet.plan.state import State
from whet.ports import Progress
from whet.report import agents, figures, lines, machines, readings
from whet.report.escape import visible
from whet.report.log import plain_event
from whet.report.span import Line, Span, line, plain
from whet.report.wrap import fit
from whet.steps.drive import Interrupt

HEARTBEAT = 60.0
"""Seconds after which a quiet plain log says that work goes on."""


class View(Protocol):
    """Shows what a watcher is told."""

    def opened(self, state: State) -> None: ...

    def happened(self, state: State, event: Event) -> None: ...

    def moved(self, what: str, progress: Progress) -> None: ...

    def interrupted(self, how: Interrupt) -> None: ...

    def noticed(self, text: str) -> None: ...


@contextmanager
def watched(face: Face, *, waves: bool = False) -> Iterator[Watcher]:
    """A watcher that shows a campaign on this face; `waves` where it goes on by itself."""
    if face.display == "rich" and not face.as_json:
        with TerminalView(face, waves=waves) as terminal:
            yield _watcher(terminal)
    elif face.display == "none" or face.as_json:
        yield Watcher()
    else:
        with PlainView(face) as plain:
            yield _watcher(plain)


def _watcher(view: View) -> Watcher:
    return Watcher(
        opened=view.opened,
        happened=view.happened,
        moved=view.moved,
        interrupted=view.interrupted,
        noticed=view.noticed,
    )


def told(state: State, event: Event, width: int) -> tuple[Line, ...]:
    """What a person is shown when something happened; most events show nothing."""
    if isinstance(event, AgentWorked):
        shown = _agent(state, event)
    elif isinstance(event, MachineReady | MachineGone | WorkerDrained | WorkerResumed):
        shown = _machine(state, event)
    else:
        shown = _told(state, event, width)
    return tuple(fit(one, width) for one in shown)


def _told(state: State, event: Event, width: int) -> tuple[Line, ...]:
    match event:
        case WaveOpened():
            return (line(""), lines.wave_line(state, event.wave), *_foreseen(state, event))
        case VerdictGiven():
            return (lines.experiment_line(state, event.experiment, width),)
        case StackMeasured():
            return (lines.stack_line(state, event, width),)
        case ChangeAblated():
            shape = Span("●" if event.holds else "⊘", "kept" if event.holds else "retired")
            said = line("  ", shape, f" {event.experiment} {visible(event.detail)}")
            return (fit(said, width),)
        case WorkerCalibrated():
            noise = event.noise
            spread, least = f"{100 * noise.sd_pair:.1f}%", f"{100 * noise.detectable:.1f}%"
            return (
                line(f"Same code twice: pairs differ by {spread}, gains from {least} can be seen"),
            )
        case ReaderFinished() | WaveAnalysed():
            return _read(state, event, width)
        case WorkerQuarantined():
            return tuple(line(Span(said, "warn")) for said in quarantined(event))
        case WorkerRestored():
            return (line(f"{visible(event.worker)} is back"),)
        case CampaignResumed() | ExperimentRequeued() | PersonPaused() | PersonResumed():
            return _again(event)
        case _:
            return ()


def _machine(
    state: State, event: MachineReady | MachineGone | WorkerDrained | WorkerResumed
) -> tuple[Line, ...]:
    about, what, style = machines.TOLD[type(event)](state, event)
    return (line("  ", Span(f"{about} {what}", style)),)


def _again(
    event: CampaignResumed | ExperimentRequeued | PersonPaused | PersonResumed,
) -> tuple[Line, ...]:
    if isinstance(event, PersonPaused):
        return (line(Span("Paused: nothing more is started. Go on: whet resume", "warn")),)
    if isinstance(event, PersonResumed):
        return (line("Going on"),)
    if isinstance(event, ExperimentRequeued):
        return (line(f"  {event.experiment} queued again: {event.reason}"),)
    what = figures.plural(event.recovered, "experiment")
    return (line(f"Recovered: {what} had not ended, queued again"),) if event.recovered else ()


def _read(state: State, event: ReaderFinished | WaveAnalysed, width: int) -> tuple[Line, ...]:
    """What could not be read; and, once everything was, what it has brought."""
    if isinstance(event, ReaderFinished):
        return readings.problem_lines(event, width)
    if event.wave:
        return ()
    asked = [one for one in state.readings if one.during == "run"]
    return (line(""), *readings.summary(state, asked, width))


def _foreseen(state: State, event: WaveOpened) -> tuple[Line, ...]:
    """What the wave's agents will probably take, where there is anything to go by."""
    found = forecast(state, len(event.ideas))
    return (line("  ", Span(f"will take {agents.expected(found)}", "dim")),) if found else ()


def _agent(state: State, event: AgentWorked) -> tuple[Line, ...]:
    """That an agent could not work; and once, that none holds it."""
    shown = []
    if agents.unsandboxed(state) and sum(r.run.jail == "none" for r in state.runs) == 1:
        shown.append(line("  ", Span(f"Unsandboxed: {agents.unsandboxed(state)}", "warn")))
    if event.run.outcome == "failed" and event.run.problem:
        shown.append(line(f"  {event.idea} {visible(event.run.detail)}"))
    return tuple(shown)


def quarantined(event: WorkerQuarantined) -> tuple[str, ...]:
    """That a worker was taken out, and what is measured again."""
    first = f"{visible(event.worker)} is taken out: {visible(event.reason)}"
    again = ", ".join(event.experiments)
    return (first, f"  measured again when it is back: {again}") if again else (first,)


def where(state: State) -> str:
    """Who measures: "on this machine", "on 8 workers and 1 guard machine"."""
    workers = expanded(state.config.workers) if state.config is not None else ()
    if all(one.kind == "local" for one in workers):
        return "on this machine"
    guards = sum(one.role == "guard" for one in workers)
    beside = f" and {figures.plural(guards, 'guard machine')}" if guards else ""
    return f"on {figures.plural(len(workers) - guards, 'worker')}{beside}"


def header(state: State, width: int) -> tuple[Line, ...]:
    """The first lines of a run."""
    first = line(f"Campaign {visible(state.name)} from {state.base[:7]}, {where(state)}")
    said = lines.banner(state)
    shown = (first, said) if said is not None else (first,)
    return tuple(fit(one, width) for one in shown)


class PlainView:
    """For logs: `key=value` lines with the time, and a sign of life each minute.

    `beat` is how many seconds may pass without a line.
    """

    def __init__(self, face: Face, beat: float = HEARTBEAT) -> None:
        self._face = face
        self._quiet = beat
        self._said = time.monotonic()
        self._doing = "starting"
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._beat, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._end.set()
        self._thread.join()

    def opened(self, state: State) -> None:
        for shown in header(state, self._face.width):
            self._note(shown)

    def happened(self, state: State, event: Event) -> None:
        if isinstance(event, EvidenceFound | IdeaAdded | IdeaRevised | IdeaRuledOut):
            return  # who found them, and the wave that takes them up, say how many there are
        text = plain_event(state, event)
        if text:
            self._note(text)

    def moved(self, what: str, progress: Progress) -> None:
        self._doing = f"exp={what} stage={progress.stage}" + (
            f" pairs={progress.pairs}/{progress.cap}" if progress.pairs else ""
        )

    def interrupted(self, how: Interrupt) -> None:
        self._note("stopping after this wave" if how == "finish" else "stopping now")

    def noticed(self, text: str) -> None:
        self._note(text)

    def _note(self, text: Line | str) -> None:
        self._said = time.monotonic()
        self._face.note(text)

    def _beat(self) -> None:
        while not self._end.wait(min(1.0, self._quiet / 2)):
            if time.monotonic() - self._said >= self._quiet - 1.0:
                self._note(f"{figures.moment(time.time())} {self._doing}")


class TerminalView:
    """For a person: a line for each verdict, and below them what is under way."""

    def __init__(self, face: Face, *, waves: bool) -> None:
        from rich.console import Console  # only a terminal needs rich
        from rich.live import Live

        self._face = face
        self._waves = waves
        self._console = Console(stderr=True, no_color=not face.note_colour, highlight=False)
        self._doing: dict[str, Doing] = {}
        self._state: State | None = None
        self._opened = 0.0
        self._live = Live(
            console=self._console,
            refresh_per_second=4,
            transient=True,
            get_renderable=self._moving,
            # what goes into a file must not end up on the screen
            redirect_stdout=sys.stdout.isatty(),
        )

    def __enter__(self) -> Self:
        self._live.__enter__()
        return self

    def __exit__(self, *exc: object) -> None:
        self._doing.clear()
        self._live.__exit__(None, None, None)

    def opened(self, state: State) -> None:
        self._state, self._opened = state, time.monotonic()
        self._print(*header(state, self._console.width))
        until = "this wave" if self._waves else "these changes"
        self._print(line(Span(f"Ctrl-C stops after {until}, twice stops now", "dim")))

    def happened(self, state: State, event: Event) -> None:
        self._state = state
        for name in ended(event):
            self._doing.pop(name, None)
        self._print(*told(state, event, self._console.width))

    def moved(self, what: str, progress: Progress) -> None:
        doing = self._doing.get(what)
        if doing is None:
            if self._state is None:
                self._doing.clear()  # outside a campaign there is one thing at a time
            doing = begun(self._state, what, time.monotonic(), progress)
            self._doing[what] = doing
        doing.take(progress)

    def interrupted(self, how: Interrupt) -> None:
        if how == "finish":
            until = "this wave" if self._waves else "these changes"
            self._print(line(f"Stopping after {until}. Press Ctrl-C again to stop now."))
        else:
            self._print(line("Stopping now."))

    def noticed(self, text: str) -> None:
        self._print(line(Span(text, "warn")))

    def _print(self, *shown: Line) -> None:
        from rich.text import Text

        for one in (fit(each, self._console.width) for each in shown):
            text = Text.from_ansi(paint(one) if self._face.note_colour else plain(one))
            # one line on the screen is one line here, whatever the size of the window
            self._console.print(text, soft_wrap=True)

    def _moving(self) -> Any:
        from rich.text import Text

        now, width = time.monotonic(), self._console.width - 1
        rows = [moving_line(doing, now, width) for doing in tuple(self._doing.values())]
        state = self._state
        if state is not None and rows:
            rows.append(counting_line(state, now - self._opened, width, limited=self._waves))
        return Text("\n".join(rows), no_wrap=True, overflow="ellipsis")
