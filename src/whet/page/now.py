"""What is happening now, what comes next, and when it ends."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from whet.model.underway import Underway
from whet.page.seen import Seen
from whet.plan.naming import command_to_go_on
from whet.plan.state import State
from whet.report import story
from whet.report.figures import duration, percent, plural, typeset
from whet.report.status import seconds_of_work

_PARTS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("build", ("checkout", "build_a", "build_b")),
    ("check", ("checks", "equivalence")),
    ("measure", ("warmup", "measure", "fresh")),
)
_FIRST = 16
"""Ideas that are listed before the first experiment."""

_NAMES = {"calibration": "The same code twice", "stack": "The stack against the base"}
_STAGES = {"write": "the agent writes"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A part of a trial; `share` is how much of it is done, in percent."""

    name: str
    state: Literal["done", "now", "next"]
    share: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Doing:
    """One trial or proposal under way."""

    id: str
    title: str
    worker: str
    since: int
    text: str
    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """A limit and how much of it is used."""

    name: str
    text: str
    percent: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """Something to type."""

    what: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Queued:
    """An idea that waits."""

    id: str
    title: str
    about: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Now:
    """The panel beside the progress chart, and the mark in the page's head."""

    pill: str
    mood: Literal["live", "done", "idle"]
    heading: str
    about: str
    doing: tuple[Doing, ...]
    commands: tuple[Command, ...]
    bars: tuple[Bar, ...]
    queue: tuple[Queued, ...]
    queue_more: int
    first: bool
    """Whether nothing was tried yet: the queue then stands where the chart will be."""


def now(seen: Seen) -> Now:
    """Where the campaign is."""
    state = seen.state
    mood: Literal["live", "done", "idle"] = (
        "live" if seen.holder else "done" if state.stopped is not None else "idle"
    )
    queue = tuple(_queued(state))
    return Now(
        pill=_pill(state, mood),
        mood=mood,
        heading={"live": "Now", "done": "Finished", "idle": "Not running"}[mood],
        about=_about(seen, mood),
        doing=tuple(_doing(seen, one) for one in seen.busy.values()),
        commands=() if mood == "live" else _commands(state, mood),
        bars=tuple(_bars(seen)),
        queue=queue[: 8 if state.experiments else _FIRST],
        queue_more=max(0, len(queue) - 8),
        first=not state.experiments,
    )


def _pill(state: State, mood: str) -> str:
    if mood == "live":
        return f"Running, wave {state.wave.number}" if state.wave is not None else "Running"
    if mood == "idle":
        return "Not running"
    assert state.stopped is not None
    stopped = {"interrupt": "Stopped", "error": "Stopped by an error"}
    return stopped.get(state.stopped.code, "Finished")


def _about(seen: Seen, mood: str) -> str:
    state = seen.state
    if mood == "done":
        assert state.stopped is not None
        return state.stopped.reason
    if mood == "idle":
        return "nothing is under way"
    waiting = sum(1 for one in state.experiments.values() if one.status == "waiting")
    left = sum(
        1
        for name in (state.wave.ideas if state.wave is not None else ())
        if not state.given_up(name) and not state.tried(name)
    )
    said = [plural(waiting, "experiment") + " waiting"] if waiting else []
    said += [plural(left, "idea") + " left in the wave"] if left else []
    return ", ".join(said)


def _doing(seen: Seen, one: Underway) -> Doing:
    state = seen.state
    experiment = state.experiments.get(one.what)
    idea = state.ideas.get(experiment.candidate.idea if experiment is not None else one.what)
    worker = seen.worker(experiment) if experiment is not None else ""
    return Doing(
        id=one.what if idea is not None else "",
        title=idea.title if idea is not None else _NAMES.get(one.what, one.what),
        worker=worker,
        since=round(one.since),
        text=_where(state, one, worker),
        parts=() if one.stage in _STAGES else tuple(_parts(one)),
    )


def _where(state: State, one: Underway, worker: str) -> str:
    """The count of pairs and how long the rest takes at most; never what they say."""
    if one.stage != "measure" or not one.cap:
        return _STAGES.get(one.stage, one.stage.replace("_", " "))
    known = state.calibrations.get(worker) or next(iter(state.calibrations.values()), None)
    said = f"{one.pairs} of {one.cap} pairs"
    if known is None or not known.noise.seconds_per_pair:
        return said
    left = (one.cap - one.pairs) * known.noise.seconds_per_pair
    return f"{said}, at most {duration(max(1.0, left))} left"


def _parts(one: Underway) -> Iterator[Part]:
    stages = [name for _, names in _PARTS for name in names]
    at = stages.index(one.stage) if one.stage in stages else 0
    for name, names in _PARTS:
        first, last = stages.index(names[0]), stages.index(names[-1])
        if at > last:
            yield Part(name=name, state="done", share=100)
        elif at < first:
            yield Part(name=name, state="next", share=0)
        else:
            counted = one.pairs / one.cap if one.cap and name == "measure" else 0.5
            yield Part(name=name, state="now", share=100 * counted)


def _bars(seen: Seen) -> Iterator[Bar]:
    run, state = story.config_of(seen.state).run, seen.state
    worked = seconds_of_work(state, seen.now, seen.holder)
    limit = run.hours * 3600
    tried, waves = len(state.experiments), len(state.waves)
    counted = (
        ("Time", f"{duration(worked)} of {duration(limit)}", worked / limit if limit else 1.0),
        ("Experiments", f"{tried} of {run.max_experiments}", tried / max(1, run.max_experiments)),
        ("Waves", f"{waves} of {run.max_waves}", waves / max(1, run.max_waves)),
    )
    for name, said, used in counted:
        yield Bar(name=name, text=said, percent=min(100.0, 100 * used))


def _commands(state: State, mood: str) -> tuple[Command, ...]:
    go_on = Command(what="Go on", text=command_to_go_on(state))
    if mood == "idle":
        return (go_on,)
    found = []
    held = story.held(state)
    if held:
        found.append(Command(what="A change waits for you", text=f"whet why {held[0].id}"))
    if state.stack:
        found.append(Command(what="Check it on your own machine", text="whet verify"))
        found.append(Command(what="Take all kept changes", text="whet diff stack | git apply"))
        found.append(
            Command(what="Make a branch of each, for a pull request", text="whet branches")
        )
    return (*found, *(() if found else (go_on,)))


def _queued(state: State) -> Iterator[Queued]:
    wave = state.wave.ideas if state.wave is not None else ()
    open_ = [state.ideas[name] for name in wave if name in state.ideas and not state.tried(name)]
    for idea in (*open_, *state.queue()):
        if state.given_up(idea.id):
            continue
        parts = [", ".join(idea.evidence), f"from {idea.source}" if not idea.evidence else ""]
        if idea.predicted is not None:
            low, high = sorted(idea.predicted)
            parts.append(f"predicted {percent(low)} to {percent(high)}")
        about = typeset(", ".join(part for part in parts if part))
        yield Queued(id=idea.id, title=idea.title, about=about)
