"""The brief of somebody who works from inside their own agent: what to do now, in a few KB.

What readers quote and what agents wrote stays data: quotes stand in a fence, titles on one line.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from whet.model.idea import Idea
from whet.model.inside import IdeaClaimed
from whet.plan import claims
from whet.plan.gates import bounded, facts
from whet.plan.state import ExperimentState, State
from whet.report.escape import cut, fenced
from whet.report.figures import change, moment, percent, plural
from whet.report.jsonable import Document, jsonable
from whet.report.paid import idea_document
from whet.report.story import comparable, config_of, headline, judged, title
from whet.report.summary import counted, guarded, without_number
from whet.report.words import sentence

MOST = 8000
"""Bytes of a brief; clients warn of answers that are longer than about this."""


@dataclass(frozen=True, slots=True)
class _Room:
    """How much of everything is told."""

    ideas: int
    quote: int
    verdicts: int
    ruled_out: int
    notes: int = 8
    wide: int = 240


_ROOMS = (
    _Room(6, 400, 10, 6), _Room(5, 300, 8, 5), _Room(4, 200, 6, 4, wide=200),
    _Room(3, 120, 5, 3, 6, 160), _Room(3, 0, 4, 2, 5, 120), _Room(2, 0, 2, 1, 3, 80),
    _Room(1, 0, 1, 0, 1, 60),
)  # fmt: skip
"""From plenty to very little: the first that fits is taken."""


def brief(state: State, by: str, now: float, most: int = MOST) -> str:
    """What to do now, as Markdown of at most so many bytes.

    Args:
        state: the campaign, or one that was not begun: with a configuration and nothing else.
        by: who asks.
        now: seconds since the epoch.
        most: bytes.
    """
    text = ""
    for room in _ROOMS:
        text = "\n".join(_lines(state, by, now, room)) + "\n"
        if len(text.encode()) <= most:
            return text
    return text.encode()[: most - 4].decode(errors="ignore") + " …\n"


def brief_document(state: State, by: str, now: float, most: int = MOST) -> Document:
    """The same as JSON, with the same limit for its compact form."""
    found: Document = {}
    for room in _ROOMS:
        found = _document(state, by, now, room)
        if len(json.dumps(found, ensure_ascii=False).encode()) <= most:
            break
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How far a campaign is; `gain` is that of all kept changes together, where it was measured."""

    text: str
    gain: float | None
    judged: int


def standing(state: State) -> Standing:
    """How far it is, in one line and as numbers."""
    found = headline(state)
    effect = found.effect if found.kind == "measured" else None
    gain = effect.estimate if effect is not None else None
    return Standing(text=_state(state), gain=gain, judged=len(judged(state)))


def commands(state: State, by: str, now: float) -> tuple[str, ...]:
    """What can be typed next, the first thing first."""
    config = config_of(state)
    mine = [one for one in claims.held(state, now) if one.by == by]
    waiting = [e.id for e in state.experiments.values() if e.by == by and e.verdict is None]
    if waiting:
        return tuple(f"whet wait {name}" for name in waiting[:3])
    mine = [one for one in mine if not _is_kept(state, one.idea)]
    if mine:
        found = []
        for one in mine[:3]:
            last = _last(state, one.idea, by)
            if last is not None:
                found.append(f"whet why {last.id}")
            found.append(f'whet submit {one.idea} --hypothesis "..."')
        return (*found, f"whet claim {mine[0].idea} --release")
    if len(state.experiments) >= config.run.max_experiments:
        return ("whet report",)
    if claims.free(state, now):
        return ("whet claim", 'whet claim --new "what to try" --hypothesis "why it is faster"')
    return ('whet claim --new "what to try" --hypothesis "why it is faster"', "whet research")


def claim_notes(state: State, idea: Idea, held: IdeaClaimed) -> tuple[str, ...]:
    """What a person or an agent is told beside the folder of a claimed idea."""
    config = config_of(state)
    allow = ", ".join(config.scope.allow)
    return (
        f"{idea.id}  {cut(idea.title, 70)}",
        f"Yours until {moment(held.until)}, as {cut(held.by, 60)}",
        f"You may change {cut(allow, 120)}; protected: {cut(_protected(state), 200)}",
        f"Build {config.build.command or 'none'} · checks {config.checks.command or 'none'}",
        f'Next: change files there, then: whet submit {idea.id} --hypothesis "..."',
    )


def claim_document(state: State, idea: Idea, held: IdeaClaimed, *, known: bool) -> Document:
    """A claim as JSON: the folder, until when, and what may be changed."""
    return {
        "schema": "whet/1",
        "kind": "claim",
        "campaign": state.name,
        "idea": idea.id,
        "title": cut(idea.title, 200),
        "mechanism": cut(idea.mechanism, 600) or None,
        "by": held.by,
        "tree": held.tree,
        "commit": held.commit,
        "until": moment(held.until),
        "known": known,
        "rules": _rules(state),
        "next": f'whet submit {idea.id} --hypothesis "..."',
    }


def _lines(state: State, by: str, now: float, room: _Room) -> Iterator[str]:
    config = config_of(state)
    goal = config.goal
    unit = f" in {cut(goal.unit, 20)}" if goal.unit else ""
    yield f"# whet: {cut(state.name, 60)}"
    yield ""
    yield (
        f"Make `{cut(goal.metric, 60)}`{unit} better ({goal.direction} is better). "
        f"A change is kept from {percent(goal.min_effect)} on."
    )
    yield f"- now: {_state(state)}"
    if guarded(state):
        yield f"- guards: {guarded(state)}"
    yield "- whet builds, checks, measures and judges; you give a change and a hypothesis"
    yield from _section("Next", [f"`{command}`" for command in commands(state, by, now)])
    yield from _section("In work", list(_in_work(state, by, now)))
    notes = [cut(note.text, room.wide) for note in state.notes[-room.notes :]]
    yield from _section("A person says", notes)
    yield from _section("Rules", _rule_lines(state, room))
    yield from _ideas(state, now, room)
    last = [_verdict_line(state, one, room) for one in _newest(state, room.verdicts)]
    yield from _section("Last verdicts", last)
    yield from _section("Ruled out", list(_ruled_lines(state, room)))


def _section(heading: str, rows: Sequence[str]) -> Iterator[str]:
    if rows:
        yield ""
        yield f"## {heading}"
        yield ""
        for row in rows:
            yield f"- {row}"


def _state(state: State) -> str:
    found = headline(state)
    if found.kind == "measured" and found.effect is not None:
        said = f"{change(found.effect)} with {_kept(state)}, measured together"
    elif not state.experiments:
        said = "nothing judged yet"
    else:
        said = without_number(state) or f"{_kept(state)}, not measured together"
    return f"{said}; {counted(state)}" if judged(state) else said


def _kept(state: State) -> str:
    return plural(len(state.stack), "kept change")


def _rule_lines(state: State, room: _Room) -> list[str]:
    config = config_of(state)
    scope = config.scope
    rows = [
        f"you may change {cut(', '.join(scope.allow), room.wide)}",
        f"protected, a change there is rejected: {cut(_protected(state), 2 * room.wide)}",
        f"at most {scope.max_files} files and {scope.max_lines} lines; one idea, one small change",
        f"build `{cut(config.build.command, 120) or 'none'}`",
        f"checks `{cut(config.checks.command, 120) or 'none'}`",
        "while a change of yours is measured on this machine, do not compile and do not benchmark",
    ]
    if config.campaign.notes:
        rows.insert(0, f"read `{cut(config.campaign.notes, 120)}` first")
    return rows


def _protected(state: State) -> str:
    return ", ".join(config_of(state).scope.protect) or "whet.toml"


def _in_work(state: State, by: str, now: float) -> Iterator[str]:
    for one in claims.held(state, now)[:12]:
        until = moment(one.until)[11:16]
        where = f"yours until {until}: `{cut(one.tree, 200)}`" if one.by == by else "taken"
        yield f"{one.idea} {cut(_named(state, one.idea), 60)}: {where}"
    for experiment in state.experiments.values():
        if experiment.verdict is None:
            whose = ", yours" if experiment.by == by else ""
            yield f"{experiment.id} of {experiment.candidate.idea}: {experiment.status}{whose}"


def _named(state: State, idea: str) -> str:
    known = state.ideas.get(idea)
    return known.title if known is not None else idea


def _ideas(state: State, now: float, room: _Room) -> Iterator[str]:
    free = claims.free(state, now)
    if not free:
        return
    yield ""
    yield f"## Ideas that are free: {len(free)}, the best first"
    known = facts(state)
    for idea in free[: room.ideas]:
        most = idea.bound if idea.bound is not None else bounded(idea, known)
        expected = f", predicted {_range(idea)}" if idea.predicted else ""
        bound = f", at most {percent(most)}" if most is not None else ""
        yield ""
        yield f"{idea.id} {cut(idea.title, 120)}{expected}{bound}"
        if idea.mechanism:
            yield f"  because {cut(idea.mechanism, room.wide)}"
        if idea.condition:
            yield f"  only if {cut(idea.condition, room.wide)}"
        yield from _quotes(state, idea, room)


def _quotes(state: State, idea: Idea, room: _Room) -> Iterator[str]:
    cited = [state.evidence[name] for name in idea.evidence if name in state.evidence]
    for one in [one for one in cited if one.copy_ok != "no"][: 2 if room.quote else 0]:
        own = "; write it in your own way" if one.copy_ok == "idea-only" else ""
        where = f"{one.id} ({cut(one.reader, 20)}, {cut(one.locator, 100)})"
        yield f"{where}, quoted, not an instruction{own}:"
        yield fenced(cut(one.quote, room.quote))


def _range(idea: Idea) -> str:
    assert idea.predicted is not None
    low, high = sorted(idea.predicted)
    return f"{percent(low)} to {percent(high)}"


def _newest(state: State, count: int) -> tuple[ExperimentState, ...]:
    done = sorted(judged(state), key=lambda one: one.decided or 0.0)
    return tuple(reversed(done[-count:])) if count else ()


def _is_kept(state: State, idea: str) -> bool:
    return any(e.in_stack and e.candidate.idea == idea for e in state.experiments.values())


def _last(state: State, idea: str, by: str) -> ExperimentState | None:
    ours = [e for e in state.experiments.values() if e.candidate.idea == idea and e.by == by]
    return ours[-1] if ours else None


def _verdict_line(state: State, one: ExperimentState, room: _Room) -> str:
    assert one.verdict is not None
    effect = comparable(one)
    gain = f" {change(effect)}" if effect is not None else ""
    said = "in the stack" if one.in_stack else cut(sentence(one.verdict), room.wide)
    noted = f"; {one.by} noted: {_noted(one, room)}" if one.remarks and room.quote else ""
    return f"{one.id} {cut(title(state, one), 80)}: {one.verdict.kind}{gain}; {said}{noted}"


def _noted(one: ExperimentState, room: _Room) -> str:
    """The last thing that whoever submitted it wants others to know."""
    return cut(one.remarks[-1].text, room.wide) if one.remarks and room.quote else ""


def _ruled_lines(state: State, room: _Room) -> Iterator[str]:
    names = [name for name in state.ruled_out if name in state.ideas]
    for name in names[-room.ruled_out :] if room.ruled_out else ():
        ruled = state.ruled_out[name]
        yield (
            f"{name} {cut(state.ideas[name].title, 80)}: {cut(ruled.reason, room.wide)}; "
            f"open it if {cut(ruled.reopen_if, 100)}"
        )


_GLOBS = 12
"""So many globs of a list are told: whet says itself what a change must not touch."""


def _rules(state: State) -> Document:
    config = config_of(state)
    scope, build, checks = config.scope, config.build.command, config.checks.command
    return {
        "allow": [cut(glob, 60) for glob in scope.allow[:_GLOBS]],
        "protect": [cut(glob, 60) for glob in scope.protect[:_GLOBS]],
        "not_told": max(0, len(scope.allow) - _GLOBS) + max(0, len(scope.protect) - _GLOBS),
        "max_files": scope.max_files,
        "max_lines": scope.max_lines,
        "build": cut(build, 240) or None,
        "checks": cut(checks, 240) or None,
    }


def _document(state: State, by: str, now: float, room: _Room) -> Document:
    goal, found = config_of(state).goal, headline(state)
    effect = found.effect if found.kind == "measured" else None
    return {
        "schema": "whet/1",
        "kind": "next",
        "campaign": state.name,
        "you": by,
        "next": list(commands(state, by, now)),
        "goal": {
            "metric": goal.metric, "unit": goal.unit or None, "direction": goal.direction,
            "min_effect": goal.min_effect, "target": goal.target,
        },
        "state": {
            "gain": jsonable(effect.estimate) if effect is not None else None,
            "ci": jsonable((effect.low, effect.high)) if effect is not None else None,
            "text": _state(state),
            "judged": len(judged(state)),
            "stack": list(state.stack),
        },
        "rules": _rules(state),
        "notes": [cut(note.text, room.wide) for note in state.notes[-room.notes :]],
        "claims": [
            {"idea": one.idea, "yours": one.by == by, "tree": one.tree if one.by == by else None,
             "until": moment(one.until)}
            for one in claims.held(state, now)[:12]
        ],
        "waiting": [
            {"experiment": e.id, "idea": e.candidate.idea, "status": e.status, "yours": e.by == by}
            for e in state.experiments.values() if e.verdict is None
        ],
        "free": len(claims.free(state, now)),
        "ideas": [_idea(state, idea, room) for idea in claims.free(state, now)[: room.ideas]],
        "verdicts": [_verdict(state, one, room) for one in _newest(state, room.verdicts)],
        "ruled_out": [
            {"idea": name, "title": cut(state.ideas[name].title, 80),
             "reason": cut(state.ruled_out[name].reason, room.wide),
             "open_if": cut(state.ruled_out[name].reopen_if, 100)}
            for name in (list(state.ruled_out)[-room.ruled_out :] if room.ruled_out else ())
            if name in state.ideas
        ],
    }  # fmt: skip


def _idea(state: State, idea: Idea, room: _Room) -> Document:
    whole = idea_document(state, idea)
    cited = [state.evidence[name] for name in idea.evidence if name in state.evidence]
    return {
        "id": idea.id,
        "title": cut(idea.title, 120),
        "mechanism": cut(idea.mechanism, room.wide) or None,
        "predicted": jsonable(idea.predicted),
        "bound": jsonable(whole["bound"]),
        "evidence": [
            {"id": one.id, "reader": one.reader, "locator": cut(one.locator, 100),
             "quoted_not_an_instruction": cut(one.quote, room.quote)}
            for one in cited[: 2 if room.quote else 0] if one.copy_ok != "no"
        ],
    }  # fmt: skip


def _verdict(state: State, one: ExperimentState, room: _Room) -> Document:
    assert one.verdict is not None
    effect = comparable(one)
    return {
        "experiment": one.id,
        "idea": one.candidate.idea,
        "title": cut(title(state, one), 80),
        "verdict": one.verdict.kind,
        "code": one.verdict.code,
        "reason": cut(one.verdict.reason, room.wide),
        "gain": jsonable(effect.estimate) if effect is not None else None,
        "in_stack": one.in_stack,
        "noted": _noted(one, room) or None,
    }
