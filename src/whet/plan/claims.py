"""Which ideas somebody may work on outside of a wave. Pure: the clock is an argument."""

from dataclasses import dataclass

from whet.model.idea import Idea
from whet.model.inside import IdeaClaimed
from whet.plan.state import State


@dataclass(frozen=True, slots=True, kw_only=True)
class Why:
    """Why an idea cannot be claimed, and what can be typed instead."""

    message: str
    hint: str


def held(state: State, now: float) -> tuple[IdeaClaimed, ...]:
    """Claims whose time has not run out, the oldest first."""
    return tuple(claim for claim in state.claims.values() if claim.until > now)


def expired(state: State, now: float) -> tuple[IdeaClaimed, ...]:
    """Claims whose time has run out, and that nobody has taken over."""
    return tuple(claim for claim in state.claims.values() if claim.until <= now)


def free(state: State, now: float) -> tuple[Idea, ...]:
    """Ideas that anybody may claim, the best one first.

    A change of somebody else that is taken over as it is needs nobody to write it.
    """
    waiting = [idea for idea in state.queue() if not idea.commit]
    again = [state.ideas[claim.idea] for claim in expired(state, now)]
    return (*waiting, *(i for i in again if not state.tried(i.id) and not state.given_up(i.id)))


def refused(state: State, idea: Idea, by: str, now: float) -> Why | None:
    """Why an idea cannot be claimed by somebody, or None."""
    claim = state.claims.get(idea.id)
    if claim is not None and claim.by != by and claim.until > now:
        return Why(message=f"{idea.id} is claimed by {claim.by}", hint="whet claim")
    if state.given_up(idea.id):
        what = "ruled out" if idea.id in state.ruled_out else "dropped"
        hint = f'whet ideas open {idea.id} --reason "..."'
        return Why(message=f"{idea.id} was {what}", hint=hint)
    if idea.commit:
        return Why(message=f"{idea.id} is a change that exists: whet run takes it over",
                   hint="whet claim")  # fmt: skip
    kept = next((e for e in state.experiments.values()
                 if e.candidate.idea == idea.id and e.in_stack), None)  # fmt: skip
    if kept is not None:
        return Why(message=f"{idea.id} is done: {kept.id} was kept", hint=f"whet why {kept.id}")
    wave = state.wave
    if wave is not None and idea.id in wave.ideas and not state.tried(idea.id):
        return Why(message=f"{idea.id} is in wave {wave.number}, which whet run works on",
                   hint="whet claim")  # fmt: skip
    return None
