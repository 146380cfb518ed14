"""One line for each event: for a log file, and for `whet log`."""

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

from whet.model import event as happened
from whet.model.event import Event
from whet.model.verdict import Effect
from whet.plan.state import State
from whet.report import agents, arms, ideas, machines, words
from whet.report.escape import cut, visible
from whet.report.figures import change, duration, estimate, interval, moment, plural
from whet.report.lines import values
from whet.report.span import Line, Span, line
from whet.report.story import SHORT_COMMIT, title

Pairs = machines.Pairs
Told = machines.Told

_BARE = re.compile(r"[^\s\"=]+")
_LONGEST = 160


def plain_event(state: State, event: Event) -> str | None:
    """An event as `TIME key=value …`, or None where another line says it.

    Args:
        state: the campaign with this event taken in.
        event: what happened.

    Values with spaces, quotes or equal signs are JSON strings.
    """
    found = _PLAIN.get(type(event))
    pairs = found(state, event) if found is not None else ()
    if not pairs:
        return None
    if state.scripted and not isinstance(event, happened.CampaignOpened):
        pairs = (*pairs, ("scripted", "yes"))
    told = " ".join(f"{key}={_quoted(text)}" for key, text in pairs if text)
    return f"{moment(event.at)} {told}"


def log_line(state: State, event: Event) -> Line:
    """An event as a line for people: "2026-11-22 18:44:09  E10  kept: +2.1% [+1.4, +2.8]"."""
    about, said, style = _TOLD[type(event)](state, event)
    at = moment(event.at).replace("T", " ").rstrip("Z")
    return line(Span(at, "dim"), "  ", Span(f"{cut(about, 9):<9}", "id"), " ", Span(said, style))


def log(state: State, events: tuple[Event, ...]) -> tuple[Line, ...]:
    """The lines of `whet log`, oldest first; says first when the proposals are replayed."""
    banner = (line(Span(f"Scripted: {visible(state.scripted)}", "warn")),) if state.scripted else ()
    return (*banner, *(log_line(state, event) for event in events))


def _quoted(text: str) -> str:
    shown = cut(text, _LONGEST)
    return shown if _BARE.fullmatch(shown) else json.dumps(shown, ensure_ascii=False)


def _effect(effect: Effect | None, key: str) -> Pairs:
    if effect is None:
        return ()
    return (
        (key, estimate(effect)),
        ("ci", interval(effect).replace(" ", "")),
        ("pairs", str(effect.pairs)),
    )


def _short(seconds: float) -> str:
    return f"{round(seconds)}s" if seconds < 120 else f"{round(seconds / 60)}m"


def _wave(state: State, experiment: str) -> str:
    wave = state.experiments[experiment].wave
    return str(wave) if wave else ""


def _plain_opened(_: State, event: happened.CampaignOpened) -> Pairs:
    return (
        ("campaign", event.name),
        ("base", event.base[:SHORT_COMMIT]),
        ("whet", event.version),
        ("scripted", event.scripted),
    )


def _plain_experiment(state: State, event: happened.ExperimentOpened) -> Pairs:
    found = state.experiments[event.experiment]
    return (
        ("by", found.by),
        ("wave", _wave(state, found.id)),
        ("exp", found.id),
        ("idea", found.candidate.idea),
        ("title", title(state, found)),
    )


def _plain_started(state: State, event: happened.ExperimentStarted) -> Pairs:
    return (
        ("wave", _wave(state, event.experiment)),
        ("exp", event.experiment),
        ("worker", event.worker),
        ("status", "running"),
    )


def _plain_requeued(state: State, event: happened.ExperimentRequeued) -> Pairs:
    return (
        ("wave", _wave(state, event.experiment)),
        ("exp", event.experiment),
        ("status", "waiting"),
        ("reason", event.reason),
    )


def _plain_verdict(state: State, event: happened.VerdictGiven) -> Pairs:
    verdict = event.verdict
    experiment = state.experiments[event.experiment]
    effect = None if verdict.kind in words.NO_NUMBER else verdict.effect
    return (
        ("wave", _wave(state, event.experiment)),
        ("exp", event.experiment),
        ("verdict", verdict.kind),
        *_effect(effect, "effect"),
        ("worker", experiment.started.worker if experiment.started is not None else ""),
        ("held", verdict.held),
        ("by", verdict.by if verdict.by != "judge" else ""),
        ("reason", "" if verdict.code == "faster" or verdict.held else verdict.reason),
    )


def _plain_stack(_: State, event: happened.StackMeasured) -> Pairs:
    measured = _effect(event.effect, "stack") or (("stack", "none"),)
    holds = () if event.holds else (("holds", "no"), ("reason", event.detail))
    return (("wave", str(event.wave or "")), *measured, *holds)


def _plain_ablated(_: State, event: happened.ChangeAblated) -> Pairs:
    worth = _effect(event.effect, "worth") or (("worth", "unknown"),)
    holds = () if event.holds else (("holds", "no"),)
    reason = (("reason", event.detail),) if event.effect is None else ()
    return (("exp", event.experiment), *worth, *holds, *reason)


def _plain_branch(_: State, event: happened.BranchMeasured) -> Pairs:
    holds = () if event.holds else (("holds", "no"), ("reason", event.detail))
    about = (("exp", event.experiment), ("branch", event.role), ("on", event.base[:SHORT_COMMIT]))
    return (*about, *_effect(event.effect, "effect"), *holds)


def _plain_wave_closed(state: State, event: happened.WaveClosed) -> Pairs:
    return (
        ("wave", str(event.wave)),
        ("closed", "yes"),
        ("kept", str(event.kept)),
        ("judged", str(event.judged)),
        ("elapsed", _short(state.busy_seconds)),
    )


_PLAIN: Mapping[type, Callable[[State, Any], Pairs]] = {
    happened.CampaignOpened: _plain_opened,
    **ideas.PLAIN,
    **machines.PLAIN,
    **arms.PLAIN,
    happened.WaveOpened: lambda _, e: (
        ("wave", str(e.wave)),
        ("ideas", str(len(e.ideas))),
        ("title", e.title),
    ),
    happened.AgentWorked: lambda _, e: agents.pairs(e),
    happened.ExperimentOpened: _plain_experiment,
    happened.ExperimentStarted: _plain_started,
    happened.ExperimentRequeued: _plain_requeued,
    happened.VerdictGiven: _plain_verdict,
    happened.StackMeasured: _plain_stack,
    happened.ChangeAblated: _plain_ablated,
    happened.BranchMeasured: _plain_branch,
    happened.BranchMade: lambda _, e: (("branch", e.branch), ("at", e.commit[:SHORT_COMMIT])),
    happened.WaveClosed: _plain_wave_closed,
    happened.PersonDecided: lambda s, e: (
        ("wave", _wave(s, e.experiment)),
        ("exp", e.experiment),
        ("decision", e.decision),
        ("reason", e.reason),
    ),
    happened.PersonNoted: lambda _, e: (("note", e.text),),
    happened.PersonPaused: lambda *_: (("paused", "yes"),),
    happened.PersonResumed: lambda *_: (("paused", "no"),),
    happened.CampaignStopped: lambda _, e: (("stopped", e.code), ("reason", e.reason)),
    happened.CampaignResumed: lambda _, e: (("resumed", "yes"), ("recovered", str(e.recovered))),
}


def _told_verdict(_: State, event: happened.VerdictGiven) -> Told:
    verdict = event.verdict
    effect = None if verdict.kind in words.NO_NUMBER else verdict.effect
    if effect is None:
        return event.experiment, visible(words.sentence(verdict)), verdict.kind
    hand = " by hand" if verdict.by == "person" else ""
    said = f"{words.title(verdict).lower()}{hand}: {change(effect)}"
    because = "" if verdict.code in ("faster", "slower") else f"; {visible(verdict.reason)}"
    pairs = plural(effect.pairs, "pair")
    return event.experiment, f"{said}, {pairs}{because}", verdict.kind


def _told_measured(_: State, event: happened.ExperimentMeasured) -> Told:
    took = duration(event.outcome.seconds)
    fault = event.outcome.fault
    if fault is not None:
        return event.experiment, f"stopped at {fault.name} after {took}", "dim"
    return event.experiment, f"{plural(len(event.outcome.pairs), 'pair')} in {took}", "dim"


def _told_stack(state: State, event: happened.StackMeasured) -> Told:
    if event.effect is None or not event.holds:
        return "stack", f"does not hold: {visible(event.detail)}", "bad"
    effect = event.effect
    pairs = plural(effect.pairs, "pair")
    return "stack", f"{change(effect)}, {values(state, effect)}, {pairs}", "good"


def _told_opened(_: State, event: happened.CampaignOpened) -> Told:
    return "campaign", f"{visible(event.name)} from {event.base[:SHORT_COMMIT]}", "strong"


def _told_experiment(state: State, event: happened.ExperimentOpened) -> Told:
    found = state.experiments[event.experiment]
    took = f", written in {duration(event.agent_seconds)}" if event.agent_seconds else ""
    who = f", submitted by {cut(found.by, 40)}" if found.by else ""
    return found.id, f"{cut(title(state, found), 60)}{took}{who}", ""


def _told_incumbent(_: State, event: happened.IncumbentAdvanced) -> Told:
    return "stack", f"is {event.commit[:SHORT_COMMIT]} now", "dim"


def _told_wave(_: State, event: happened.WaveOpened) -> Told:
    about = f": {visible(event.title)}" if event.title else ""
    return f"wave {event.wave}", f"{plural(len(event.ideas), 'idea')}{about}", "strong"


def _told_branch(_: State, event: happened.BranchMeasured) -> Told:
    about = event.experiment or "stack"
    said = change(event.effect) if event.effect is not None else visible(event.detail)
    where = f"on {event.base[:SHORT_COMMIT]}" + (", left out" if event.role == "without" else "")
    return about, f"{where}: {said}", "" if event.holds else "dim"


_TOLD: Mapping[type, Callable[[State, Any], Told]] = {
    happened.CampaignOpened: _told_opened,
    **ideas.TOLD,
    happened.WaveOpened: _told_wave,
    happened.AgentWorked: lambda _, e: (
        e.idea or e.run.role,
        agents.told(e.run),
        "dim" if e.run.outcome == "finished" else "warn",
    ),
    happened.ExperimentOpened: _told_experiment,
    happened.ExperimentStarted: lambda _, e: (
        e.experiment,
        f"on {visible(e.worker)} against {e.incumbent[:SHORT_COMMIT]}, alpha {e.alpha:g}",
        "dim",
    ),
    happened.ExperimentRequeued: lambda _, e: (
        e.experiment,
        f"queued again: {visible(e.reason)}",
        "warn",
    ),
    happened.ExperimentMeasured: _told_measured,
    happened.VerdictGiven: _told_verdict,
    happened.IncumbentAdvanced: _told_incumbent,
    happened.StackMeasured: _told_stack,
    happened.BranchMeasured: _told_branch,
    happened.BranchMade: lambda _, e: (
        e.experiment or "stack",
        f"is on branch {visible(e.branch)}",
        "dim",
    ),
    happened.ChangeAblated: lambda _, e: (
        e.experiment,
        f"left out: {visible(e.detail)}",
        "" if e.holds else "bad",
    ),
    **machines.TOLD,
    **arms.TOLD,
    happened.WaveClosed: lambda _, e: (
        f"wave {e.wave}",
        f"closed, {e.kept} of {e.judged} kept",
        "strong",
    ),
    happened.PersonDecided: lambda _, e: (
        e.experiment,
        f"{e.decision}, by hand: {visible(e.reason)}",
        "warn",
    ),
    happened.PersonNoted: lambda _, e: ("note", visible(e.text), "warn"),
    happened.PersonPaused: lambda *_: ("paused", "nothing more is started", "warn"),
    happened.PersonResumed: lambda *_: ("paused", "the run goes on", "warn"),
    happened.CampaignStopped: lambda _, e: ("campaign", f"stopped: {visible(e.reason)}", "strong"),
    happened.CampaignResumed: lambda _, e: (
        "campaign",
        f"resumed, {plural(e.recovered, 'experiment')} recovered",
        "warn",
    ),
}
