"""What readers bring, as events: numbered, deduplicated, gated and ranked. Pure.

One thing is one piece of evidence, whoever found it and under which of its names.
"""

import hashlib
import re
from collections.abc import Iterable, Iterator
from dataclasses import replace

from whet.model import event as happened
from whet.model import reading
from whet.model.event import Event
from whet.model.idea import Evidence, Idea
from whet.model.research import Findings
from whet.plan.gates import bounded, facts, plain, ruling
from whet.plan.ranking import ranked
from whet.plan.state import State

_SQUASHED = re.compile(r"(.+)\(#(\d+)\)\s*")


def taken(state: State, findings: Findings, at: float) -> Iterator[Event]:
    """Events for what is new; the state must take each of them in before the next is asked for."""
    for one in findings.evidence:
        yield from _evidence(state, one, at)
    for idea in findings.ideas:
        yield from _idea(state, idea, at)
    for gone in findings.ruled_out:
        known = _named(state, gone.idea)
        yield from _idea(state, gone.idea, at)
        name = known.id if known is not None else f"I{len(state.ideas):02d}"
        if name in state.ideas and not state.given_up(name) and name not in state.reopened:
            told = replace(gone.ruling, evidence=_id(state, gone.ruling.evidence))
            yield happened.IdeaRuledOut(at=at, idea=name, ruling=told)


def sorted_out(state: State, at: float, reason: str) -> Iterator[Event]:
    """Bounds, gates and the order of the queue, by what is known now."""
    known = facts(state)
    for idea in state.queue():
        most = bounded(idea, known)
        if most is not None and most != idea.bound:
            source = "Amdahl's law on the newest profile"
            yield reading.IdeaRevised(at=at, idea=replace(idea, bound=most, bound_from=source))
    for idea in state.queue():
        found = ruling(idea, known) if idea.id not in state.reopened else None
        if found is not None:
            yield happened.IdeaRuledOut(at=at, idea=idea.id, ruling=found)
    order = ranked(state.queue(), known)
    if order != tuple(idea.id for idea in state.queue()) and order != state.order:
        yield reading.IdeasOrdered(at=at, ideas=order, reason=reason)


def idea_key(idea: Idea) -> str:
    """The same for the same change to the same place; made of no free text if it can be."""
    places = sorted({plain(name) for name in idea.functions[:4]} - {""})
    words = sorted(set(re.findall(r"[a-z0-9]{3,}", idea.title.lower())))
    what = [idea.technique, *places] if idea.technique and places else words
    return f"idea:{hashlib.sha256(' '.join(what).encode()).hexdigest()[:12]}"


def _evidence(state: State, one: Evidence, at: float) -> Iterator[Event]:
    key = one.key or f"web:{hashlib.sha256(f'{one.locator} {one.quote}'.encode()).hexdigest()[:12]}"
    names = {key, *one.same_as}
    known = next((e for e in state.evidence.values()
                  if names & {e.key, *e.same_as} or (_request(e) and _request(e) == _request(one))),
                 None)  # fmt: skip
    if known is None:
        number = f"S{len(state.evidence) + 1:02d}"
        yield happened.EvidenceFound(at=at, evidence=replace(one, id=number, key=key))
        return
    others = tuple(sorted(({*known.same_as} | names) - {known.key}))
    if others != tuple(sorted(known.same_as)):
        yield happened.EvidenceFound(at=at, evidence=replace(known, same_as=others))


def _request(one: Evidence) -> tuple[str, str] | None:
    """Number and title of a pull request, or of the one that a commit is the squash of."""
    squashed = _SQUASHED.fullmatch(one.title) if one.kind == "commit" else None
    if squashed is not None:
        return squashed[2], squashed[1].strip().lower()
    number = one.key.rpartition("#")[2] if one.kind == "pull-request" else ""
    return (number, one.title.strip().lower()) if number and one.title else None


def _idea(state: State, idea: Idea, at: float) -> Iterator[Event]:
    cited = _cited(state, idea.evidence)
    known = _named(state, idea)
    if known is None:
        new = replace(
            idea, id=f"I{len(state.ideas) + 1:02d}", key=idea.key or idea_key(idea), evidence=cited
        )
        yield happened.IdeaAdded(at=at, idea=new)
        return
    evidence = tuple(dict.fromkeys((*known.evidence, *cited)))
    claims = tuple(dict.fromkeys((*known.claims, *idea.claims)))
    if (evidence, claims) != (known.evidence, known.claims) and not state.tried(known.id):
        yield reading.IdeaRevised(at=at, idea=replace(known, evidence=evidence, claims=claims))


def _named(state: State, idea: Idea) -> Idea | None:
    """The idea that is already known, if it is."""
    key = idea.key or idea_key(idea)
    cited = set(_cited(state, idea.evidence))
    for known in state.ideas.values():
        if known.key and known.key == key:
            return known
        # two readers that seed an idea from one change speak of the same idea
        changes = {n for n in known.evidence if state.evidence[n].kind in ("commit", "pull-request")
                   } if all(n in state.evidence for n in known.evidence) else set()  # fmt: skip
        if known.source not in ("user", "agent", "try") and cited and changes & cited:
            return known
    return None


def _cited(state: State, names: Iterable[str]) -> tuple[str, ...]:
    """Ids of evidence by ids or keys; what does not resolve is left out."""
    return tuple(dict.fromkeys(found for name in names if (found := _id(state, name))))


def _id(state: State, name: str) -> str:
    if name in state.evidence:
        return name
    return next((e.id for e in state.evidence.values() if name and name in {e.key, *e.same_as}), "")
