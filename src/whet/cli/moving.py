"""What is under way, as lines that are drawn again and again below those that stay."""

from dataclasses import dataclass, field

from whet.plan.state import State
from whet.ports import Progress
from whet.report import figures
from whet.report.escape import columns, cut, pad

_NAMES = {
    "calibration": "Same code twice",
    "stack": "The stack against its base",
    "verify": "The stack against its base",
    "compare": "Both versions, in turns",
    "profile": "Where the time goes",
}
_TICKS = {"build_b": "build ✓", "checks": "check ✓"}
_DOING = {
    "write": "the agent writes",
    "read": "read …",
    "wait": "wait for a quiet machine …",
    "checkout": "copy …",
    "build": "build …",
    "checks": "check …",
    "equivalence": "same output? …",
    "screen": "count …",
    "warmup": "warm up …",
    "fresh": "fresh inputs …",
    "run": "run …",
    "sample": "sample …",
    "ceilings": "what this machine can do …",
    "run from a cache": "the benchmark on data that a cache holds …",
    "count": "count bytes (slow) …",
}
_TITLE = 34
_BAR = 12
_NARROW = 60
"""Below this width there is no bar and no tick, only the stage."""


@dataclass(slots=True, kw_only=True)
class Doing:
    """One trial under way, or one proposal."""

    id: str
    title: str
    since: float
    passed: list[str] = field(default_factory=list)
    progress: Progress

    def take(self, progress: Progress) -> None:
        """A stage began or ended, or one more pair was taken."""
        if progress.done is not None:
            self.passed.append(progress.done.name)
        else:
            self.progress = progress


def begun(state: State | None, what: str, now: float, progress: Progress) -> Doing:
    """What has just begun, under the name a person knows it by.

    Args:
        state: the campaign, or None where there is none.
        what: an experiment, an idea, or the name of what else is measured.
        now: seconds on any clock.
        progress: the first thing told of it.
    """
    experiments, ideas = (state.experiments, state.ideas) if state is not None else ({}, {})
    experiment = experiments.get(what)
    idea = ideas.get(experiment.candidate.idea if experiment is not None else what)
    if idea is None:
        return Doing(id="", title=_name(what), since=now, progress=progress)
    return Doing(id=what, title=idea.title, since=now, progress=progress)


def _name(what: str) -> str:
    kind, _, reader = what.partition(":")
    if kind == "research":
        return "Ideas of the agent" if reader == "agent" else f"Reading {reader}"
    return _NAMES.get(what, what)


def moving_line(doing: Doing, now: float, width: int) -> str:
    """One thing under way, in at most `width` columns."""
    start = f"  ◌ {doing.id} " if doing.id else "  ◌ "
    end = f" {_stages(doing, width)} {figures.clock(now - doing.since):>5}"
    room = min(_TITLE, width - columns(start) - columns(end))
    title = pad(cut(doing.title, room), room) if room > 0 else ""
    return cut_end(f"{start}{title}{end}", width)


def counting_line(state: State, seconds: float, width: int, *, limited: bool) -> str:
    """How far the campaign is: "2 of 6 judged, 1 kept, 41 min of 8 h"."""
    assert state.config is not None
    judged = sum(1 for e in state.experiments.values() if e.verdict is not None)
    worked = figures.duration(seconds)
    limit = f" of {figures.duration(state.config.run.hours * 3600)}" if limited else ""
    said = f"  {judged} of {_expected(state)} judged, {state.count('kept')} kept, {worked}{limit}"
    return cut_end(said, width)


def cut_end(text: str, width: int) -> str:
    """The text in at most so many columns, its leading spaces kept."""
    indent = len(text) - len(text.lstrip(" "))
    return text if columns(text) <= width else " " * indent + cut(text, width - indent)


def _expected(state: State) -> int:
    wave = state.wave
    ideas = wave.ideas if wave is not None else ()
    open_ideas = [name for name in ideas if name not in state.dropped and not state.tried(name)]
    return len(state.experiments) + len(open_ideas)


def _stages(doing: Doing, width: int) -> str:
    progress = doing.progress
    passed = (_TICKS[name] for name in dict.fromkeys(doing.passed) if name in _TICKS)
    ticks = list(passed) if width >= _NARROW else []
    if progress.stage != "measure" or not progress.cap:
        return " ".join([*ticks, _DOING.get(progress.stage, f"{progress.stage} …")])
    count = f"{progress.pairs}/{progress.cap}"
    if width < _NARROW:
        return f"measure {count}"
    done = round(_BAR * progress.pairs / progress.cap)
    return " ".join([*ticks, f"measure {'━' * done}{'┄' * (_BAR - done)} {count:>5}"])
