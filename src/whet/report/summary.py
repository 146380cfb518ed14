"""Short sentences about a campaign, the same on the screen and in the report."""

from collections.abc import Sequence

from whet.model.verdict import Effect, ReasonCode
from whet.plan.state import ExperimentState, State
from whet.report.escape import visible
from whet.report.figures import change, percent, plural, settled, share
from whet.report.story import (
    GuardSeen,
    comparable,
    config_of,
    counts,
    guards,
    headline,
    held,
    judged,
    kept,
    largest,
)
from whet.report.words import REASONS, WORDS


def without_number(state: State, *, yet: bool = False) -> str:
    """What is said where no re-measured stack may be on top; empty where one may.

    `yet`: the campaign goes on.
    """
    found = headline(state)
    if found.kind == "measured":
        return ""
    if found.kind == "broken":
        why = found.stack.detail if found.stack is not None else ""
        return f"The stack does not hold: {visible(why) or 'it has no number'}"
    if found.kind == "pending":
        return f"{plural(len(state.stack), 'kept change')}, the stack was not re-measured yet"
    if found.kind == "alone":
        return f"{plural(len(kept(state)), 'kept change')}, each measured alone, none in the stack"
    return _nothing(state, yet=yet) if found.kind == "nothing" else "No verdict yet"


def _nothing(state: State, *, yet: bool) -> str:
    tried = plural(len(judged(state)), "experiment")
    dropped = state.count("retired")
    said = f"Nothing was kept{' yet' if yet else ''}: {tried} judged"
    if dropped:
        said += f", {dropped} {WORDS['retired'].count}"
    waiting = [one for one in held(state) if comparable(one) is not None]
    if waiting:
        return f"{said}; {_waiting(waiting)}"
    best = largest(state)
    effect = comparable(best) if best is not None else None
    if best is None or best.verdict is None or effect is None:
        return f"{said}, none was measured"
    if effect.estimate <= 0:
        return f"{said}, none was faster"
    why = _why_not(state, best.verdict.code, effect)
    return f"{said}; the largest gain was {change(effect)}, {why}"


def _waiting(held: Sequence[ExperimentState]) -> str:
    """What a person may still keep: "E06 waits for you with +7.8% [+5.5, +10.1]"."""
    seen = [(one.id, effect) for one in held if (effect := comparable(one)) is not None]
    name, best = max(seen, key=lambda pair: pair[1].estimate)
    others = f" and {plural(len(seen) - 1, 'other')}" if len(seen) > 1 else ""
    wait = "wait" if others else "waits"
    return f"{name}{others} {wait} for you, with {change(best)}"


def _why_not(state: State, code: ReasonCode, effect: Effect) -> str:
    least = config_of(state).goal.min_effect
    if code == "no_gain" and effect.estimate < least:
        return f"below the {share(least)} minimum"
    return REASONS[code]


def counted(state: State) -> str:
    """How many experiments ended how: "6 kept, 1 kept then dropped, 33 no gain"."""
    return ", ".join(f"{number} {WORDS[kind].count}" for kind, number in counts(state).items())


def guarded(state: State) -> str:
    """What the measured stack says about the guards: "3 of 3 hold: rss no change"."""
    stack = headline(state).stack
    if stack is None:
        return ""
    seen = guards(state, stack)
    if not seen:
        return ""
    hold = sum(1 for guard in seen if guard.state == "holds")
    return f"{hold} of {len(seen)} hold: " + ", ".join(_guard(guard) for guard in seen)


def _guard(seen: GuardSeen) -> str:
    name = visible(seen.guard.metric)
    if seen.state == "lost":
        return f"{name} got worse by more than {share(seen.guard.max_loss)}"
    if seen.state == "unclear":
        return f"{name} unclear"
    if seen.effect is None or not settled(seen.effect):
        return f"{name} no change"
    return f"{name} {percent(seen.effect.estimate)}"
