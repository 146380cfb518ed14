"""Which research paid: what each reader brought, what became of it, what that was worth."""

import math
from dataclasses import dataclass

from whet.model.idea import Idea
from whet.plan.state import State


@dataclass(frozen=True, slots=True, kw_only=True)
class Paid:
    """One reader. An idea counts for every reader whose evidence it cites."""

    reader: str
    evidence: int
    ideas: int
    ruled_out: int
    tried: int
    kept: int
    gain: float
    """Of its kept changes, each as it was measured when it was judged, multiplied."""
    predicted: float | None
    """Mean of the middles of what was predicted for the ideas that were measured."""
    measured: float | None
    """Mean of what the same ideas brought."""
    within: int
    """How many of them came out inside the predicted range."""
    compared: int
    requests: int
    seconds: float


def paid(state: State) -> tuple[Paid, ...]:
    """One line for each reader that was asked or is cited, in the order they first came."""
    names = dict.fromkeys(one.reader for one in state.readings)
    names |= dict.fromkeys(one.reader for one in state.evidence.values())
    return tuple(_of(name, state) for name in names)


def _of(reader: str, state: State) -> Paid:
    own = {one.id for one in state.evidence.values() if one.reader == reader}
    ideas = [i for i in state.ideas.values() if i.source == reader or own & set(i.evidence)]
    readings = [one for one in state.readings if one.reader == reader]
    kept = [gain for idea in ideas for gain in _kept(idea, state)]
    pairs = [(idea.predicted, gain) for idea in ideas if idea.predicted is not None
             for gain in _measured(idea, state)]  # fmt: skip
    middles = [sum(said) / 2 for said, _ in pairs]
    return Paid(
        reader=reader,
        evidence=len(own),
        ideas=len(ideas),
        ruled_out=sum(idea.id in state.ruled_out for idea in ideas),
        tried=sum(state.tried(idea.id) for idea in ideas),
        kept=len(kept),
        gain=math.prod(1.0 + gain for gain in kept) - 1.0,
        predicted=sum(middles) / len(middles) if middles else None,
        measured=sum(gain for _, gain in pairs) / len(pairs) if pairs else None,
        within=sum(min(said) <= gain <= max(said) for said, gain in pairs),
        compared=len(pairs),
        requests=sum(one.effort.requests for one in readings),
        seconds=sum(one.effort.seconds for one in readings),
    )


def _kept(idea: Idea, state: State) -> list[float]:
    return [
        one.verdict.effect.estimate
        for one in state.experiments.values()
        if one.candidate.idea == idea.id and one.verdict is not None
        and one.verdict.kind == "kept" and one.verdict.effect is not None
    ]  # fmt: skip


def _measured(idea: Idea, state: State) -> list[float]:
    return [
        one.verdict.effect.estimate
        for one in state.experiments.values()
        if one.candidate.idea == idea.id and one.verdict is not None
        and one.verdict.effect is not None and one.verdict.kind not in ("rejected", "failed")
    ][-1:]  # fmt: skip
