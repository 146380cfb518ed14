"""A campaign while it runs: on a terminal, or as one plain line an event."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Protocol, Self

from whet.api.running import Watcher
from whet.cli.face import Face
from whet.model.event import (
    CampaignResumed,
    Event,
    ExperimentRequeued,
    StackMeasured,
    VerdictGiven,
    WaveOpened,
    WorkerCalibrated,
)
from whet.plan.state import State
from whet.ports import Progress
from whet.report import figures, lines
from whet.report.escape import cut
from whet.report.log import plain_event
from whet.report.span import Line, line
from whet.steps.drive import Interrupt

HEARTBEAT = 60.0
"""Seconds after which a quiet plain log says that work goes on."""


class View(Protocol):
    """Shows what a watcher is told."""

    def opened(self, state: State) -> None: ...

    def happened(self, state: State, event: Event) -> None: ...

    def moved(self, what: str, progress: Progress) -> None: ...

    def interrupted(self, how: Interrupt) -> None: ...


@contextmanager
def watched(face: Face) -> Iterator[Watcher]:
    """A watcher that shows a campaign on this face."""
    if face.display == "rich" and not face.as_json:
        with TerminalView(face) as terminal:
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
    )


def told(state: State, event: Event) -> tuple[Line, ...]:
    """What a person is shown when something happened; most events show nothing."""
    match event:
        case WaveOpened():
            return (line(""), lines.wave_line(state, event.wave))
        case VerdictGiven():
            return (lines.experiment_line(state, event.experiment),)
        case StackMeasured():
            return (lines.stack_line(state, event),)
        case WorkerCalibrated():
            noise = event.noise
            smallest = figures.share(noise.detectable)
            return (
                line(
                    f"Same code twice on {event.worker}: {noise.pairs} pairs differ by "
                    f"{figures.share(noise.sd_pair)}; gains from {smallest} up can be seen"
                ),
            )
        case CampaignResumed() if event.recovered:
            what = figures.plural(event.recovered, "experiment")
            return (line(f"Recovered: {what} had not ended, queued again"),)
        case ExperimentRequeued():
            return (line(f"  {event.experiment} queued again: {event.reason}"),)
        case _:
            return ()


def header(state: State) -> tuple[Line, ...]:
    """The first lines of a run."""
    config = state.config
    assert config is not None
    limits = f"at most {config.run.max_experiments} experiments and {config.run.hours:g} h"
    first = line(f"Campaign {state.name} from {state.base[:7]}, this machine, {limits}")
    scripted = lines.scripted(state)
    return (first, scripted) if scripted is not None else (first,)


class PlainView:
    """For logs: `key=value` lines with the time, and a sign of life each minute."""

    def __init__(self, face: Face) -> None:
        self._face = face
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
        for shown in header(state):
            self._note(shown)

    def happened(self, state: State, event: Event) -> None:
        text = plain_event(state, event)
        if text:
            self._note(text)

    def moved(self, what: str, progress: Progress) -> None:
        self._doing = f"exp={what} stage={progress.stage}" + (
            f" pairs={progress.pairs}/{progress.cap}" if progress.pairs else ""
        )

    def interrupted(self, how: Interrupt) -> None:
        self._note("stopping after this wave" if how == "finish" else "stopping now")

    def _note(self, text: Line | str) -> None:
        self._said = time.monotonic()
        self._face.note(text)

    def _beat(self) -> None:
        while not self._end.wait(1.0):
            if time.monotonic() - self._said >= HEARTBEAT:
                self._note(f"{figures.moment(time.time())} {self._doing}")


class TerminalView:
    """For a person: a line for each verdict, and one moving line below them."""

    def __init__(self, face: Face) -> None:
        from rich.console import Console  # noqa: PLC0415 (only a terminal needs rich)
        from rich.live import Live  # noqa: PLC0415

        self._face = face
        self._console = Console(stderr=True, no_color=not face.colour, highlight=False)
        self._live = Live(
            console=self._console, refresh_per_second=8, transient=True, get_renderable=self._moving
        )
        self._what = ""
        self._title = ""
        self._progress: Progress | None = None
        self._passed: list[str] = []
        self._since = time.monotonic()
        self._state: State | None = None

    def __enter__(self) -> Self:
        self._live.__enter__()
        return self

    def __exit__(self, *exc: object) -> None:
        self._live.__exit__(None, None, None)

    def opened(self, state: State) -> None:
        self._state = state
        for shown in header(state):
            self._print(shown)
        self._print(line("Ctrl-C stops after this wave, twice stops now"))

    def happened(self, state: State, event: Event) -> None:
        self._state = state
        self._what, self._progress = "", None
        for shown in told(state, event):
            self._print(shown)

    def moved(self, what: str, progress: Progress) -> None:
        if what != self._what:
            self._what, self._passed, self._since = what, [], time.monotonic()
            self._title = self._name(what)
        if progress.done is not None:
            self._passed.append(progress.done.name)
        self._progress = progress

    def interrupted(self, how: Interrupt) -> None:
        if how == "finish":
            self._print(line("Stopping after this wave. Press Ctrl-C again to stop now."))
        else:
            self._print(line("Stopping now."))

    def _name(self, what: str) -> str:
        if self._state is None or what not in self._state.experiments:
            return {"calibration": "Same code twice", "stack": "The stack, re-measured"}.get(
                what, what
            )
        idea = self._state.experiments[what].candidate.idea
        return self._state.ideas[idea].title if idea in self._state.ideas else what

    def _print(self, shown: Line) -> None:
        from rich.text import Text  # noqa: PLC0415

        self._console.print(Text.from_ansi(self._face.painted(shown)), soft_wrap=True)

    def _moving(self) -> Any:
        from rich.text import Text  # noqa: PLC0415

        progress = self._progress
        if progress is None:
            return Text("")
        text = f"  ◌ {self._what:<5} {cut(self._title, 30):<30} {_stages(self._passed, progress)}"
        return Text(f"{text}  {figures.clock(time.monotonic() - self._since)}", no_wrap=True)


def _stages(passed: list[str], progress: Progress) -> str:
    ticks = [
        f"{word} ✓"
        for stage, word in (("build_b", "build"), ("checks", "check"))
        if stage in passed
    ]
    if progress.stage == "measure" and progress.cap:
        done = round(16 * progress.pairs / progress.cap)
        bar = "━" * done + "┄" * (16 - done)
        return " ".join([*ticks, f"measure {bar} {progress.pairs}/{progress.cap}"])
    return " ".join([*ticks, f"{progress.stage} …"])
