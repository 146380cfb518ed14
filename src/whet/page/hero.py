"""How much faster, is it real, and did anything else get worse?"""

from dataclasses import dataclass

from whet.model.event import StackMeasured
from whet.model.verdict import Effect
from whet.page.cell import cell
from whet.page.seen import Seen
from whet.plan.state import State
from whet.report import story, summary
from whet.report.cells import NONE, middle, spread
from whet.report.escape import visible
from whet.report.figures import (
    duration,
    estimate,
    interval,
    moment,
    percent,
    plural,
    settled,
    share,
    typeset,
    value,
)
from whet.report.lines import unit, values
from whet.report.scale import Scale, bounds, widened
from whet.report.svg import NOTHING, Svg

_CELL = 130.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A metric of the stack against the base."""

    metric: str
    base: str
    stack: str
    change: str
    interval: str
    cell: Svg
    word: str
    good: bool
    goal: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """A number and what it counts."""

    strong: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A step on the way to the first verdict; `done` is None while it is under way."""

    name: str
    text: str
    done: bool | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Hero:
    """The headline. Without a number there is a sentence in its place."""

    label: str
    number: str
    sure: bool
    """Whether the number is of what is in the stack now."""
    values: str
    interval: str
    how: str
    sentence: str
    facts: tuple[Fact, ...]
    rows: tuple[Row, ...]
    against: str
    steps: tuple[Step, ...]


def hero(seen: Seen) -> Hero:
    """What stands on top of the page."""
    state = seen.state
    found = story.headline(state)
    stack = found.stack if found.kind == "measured" else None
    last = stack or (story.last_that_held(state) if found.kind == "pending" else None)
    effect = last.effect if last is not None else None
    goal = story.config_of(state).goal
    return Hero(
        label=f"{goal.metric}, {goal.direction} is better",
        number=typeset(estimate(effect))[:-1] if effect is not None else "",
        sure=stack is not None,
        values=values(state, effect) if effect is not None else "",
        interval=typeset(f"{interval(effect)}%") if effect is not None else "",
        how=_how(state, stack) if stack is not None else _not_yet(state, last) or _begun(state),
        sentence="" if effect is not None else _sentence(seen),
        facts=_facts(state, last),
        rows=_rows(state, found.stack) if found.stack is not None else (),
        against=state.base[: story.SHORT_COMMIT],
        steps=() if found.stack is not None else _steps(seen),
    )


def _sentence(seen: Seen) -> str:
    said = summary.without_number(seen.state, yet=bool(seen.holder))
    return typeset(f"{said}.")


def _how(state: State, stack: StackMeasured) -> str:
    confidence = share(story.config_of(state).judge.final_confidence)
    assert stack.effect is not None
    pairs = plural(stack.effect.pairs, "fresh interleaved pair")
    return (
        f"{plural(len(stack.experiments), 'kept change')} together, measured again in {pairs} "
        f"that chose nothing; {confidence} interval."
    )


def _not_yet(state: State, last: StackMeasured | None) -> str:
    if last is None or last.effect is None:
        return ""
    since = [name for name in state.stack if name not in last.experiments]
    gone = [name for name in last.experiments if name not in state.stack]
    when = f" after wave {last.wave}" if last.wave else ""
    said = f"Confirmed{when} with {plural(len(last.experiments), 'change')}."
    if gone or not since:
        return f"{said} The stack is another one now and was not measured again yet."
    level = 1 + last.effect.estimate
    for name in since:
        effect = story.comparable(state.experiments[name])
        level *= 1 + (effect.estimate if effect is not None else 0.0)
    more = plural(len(since), "change")
    return typeset(f"{said} With {more} kept since, about {percent(level - 1)} is expected.")


def _begun(state: State) -> str:
    """What is known before the first verdict."""
    base, noise = _base_value(state), list(state.calibrations.values())
    if story.judged(state) or not base or not noise:
        return ""
    spread = f"{100 * noise[0].noise.sd_pair:.1f}%"
    return f"The base is{base}. Pairs of the same code differ by {spread}."


def _facts(state: State, stack: StackMeasured | None) -> tuple[Fact, ...]:
    judged, spent = len(story.judged(state)), story.spent(state)
    if not judged:
        return ()
    facts = [Fact(strong=f"{len(story.kept(state))} kept", text=f"of {judged} judged")]
    noise = [one.noise.sd_pair for one in state.calibrations.values()]
    if noise:
        facts.append(
            Fact(strong=f"±{100 * max(noise):.1f}%", text="between pairs of the same code")
        )
    if stack is not None:
        done = any(stage.name == "checks" and stage.ok for stage in stack.outcome.stages)
        checked = Fact(strong="Checks pass", text="on the whole stack")
        facts.append(checked if done else Fact(strong="No checks", text="ran on the stack"))
    refused = state.count("rejected")
    if refused:
        facts.append(Fact(strong=f"{refused} rejected", text="for breaking a rule"))
    if spent.candidates:
        facts.append(Fact(strong=f"≤ {spent.total:.2g}", text="false keeps to expect"))
    facts.append(Fact(strong=duration(state.busy_seconds), text="of work"))
    return tuple(facts)


def _rows(state: State, stack: StackMeasured) -> tuple[Row, ...]:
    config = story.config_of(state)
    seen = [
        (config.goal.metric, stack.effect, "", False),
        *(
            (one.guard.metric, one.effect, one.state, one.guard.exact)
            for one in story.guards(state, stack)
        ),
    ]
    effects = [effect for _, effect, _, _ in seen if effect is not None]
    ends = [end for effect in effects for end in (effect.low, effect.high)]
    low, high = widened(*bounds([0.0, *ends], []), 0.08, 0.08)
    scale = Scale(low=low, high=high, start=6, end=_CELL - 6)
    return tuple(
        _row(state, stack, metric, effect, guard, exact, scale)
        for metric, effect, guard, exact in seen
    )


def _row(
    state: State,
    stack: StackMeasured,
    metric: str,
    effect: Effect | None,
    guard: str,
    exact: bool,
    scale: Scale,
) -> Row:
    pairs = stack.outcome.pairs
    a, b = (middle([getattr(pair, side) for pair in pairs], metric) for side in ("a", "b"))
    measure = unit(state, metric)
    good = effect is not None and effect.low > 0
    if exact:
        said, shown = _exact(effect, a, b), ""
    else:
        said = typeset(estimate(effect)) if effect is not None else ""
        shown = typeset(interval(effect)) if effect is not None else ""
    return Row(
        metric=f"{visible(metric)}{', ' if measure else ''}{measure}",
        base=spread(pairs, metric, "a", a) if a is not None else NONE,
        stack=spread(pairs, metric, "b", b) if b is not None else NONE,
        change=said or NONE,
        interval=shown,
        cell=_drawn(effect, scale, good=good) if effect is not None and not exact else NOTHING,
        word=_word(effect, guard),
        good=good,
        goal=not guard,
    )


def _drawn(effect: Effect, scale: Scale, *, good: bool) -> Svg:
    return cell(effect, "kept" if good else "discarded", scale, 0.0, _CELL)


def _exact(effect: Effect | None, a: float | None, b: float | None) -> str:
    if a is None or b is None:
        return ""
    if a == b:
        return "no change"
    return f"{typeset(estimate(effect))}, exact" if effect is not None else "changed"


def _word(effect: Effect | None, guard: str) -> str:
    if not guard:
        return "Faster" if effect is not None and effect.low > 0 else "Not faster"
    if guard == "lost":
        return "Got worse"
    if guard == "unclear":
        return "Unclear"
    if effect is None or not settled(effect):
        return "No change"
    return "Better" if effect.low > 0 else "Worse, allowed"


def _steps(seen: Seen) -> tuple[Step, ...]:
    """What has to happen before there is a first verdict."""
    state = seen.state
    if story.judged(state):
        return ()
    noise = next(iter(state.calibrations.values()), None)
    wave, ideas = state.wave, len(state.ideas)
    calibrated = f"pairs differ by {100 * noise.noise.sd_pair:.1f}%" if noise else "not yet"
    base = _base_value(state)
    read = f"{plural(len(state.evidence), 'piece')} of evidence, {plural(ideas, 'idea')}"
    return (
        Step(name="Base", text=f"{state.base[:7]}{base}, opened {moment(state.opened)}", done=True),
        Step(name="Same code twice", text=calibrated, done=True if noise else None),
        Step(name="Ideas", text=read, done=bool(ideas)),
        Step(
            name=f"Wave {wave.number}" if wave else "First wave",
            text=plural(len(wave.ideas), "idea") if wave else "not opened yet",
            done=None if wave else False,
        ),
        Step(name="First verdict", text=_wait(state), done=False),
    )


def _base_value(state: State) -> str:
    goal = story.config_of(state).goal
    for found in state.calibrations.values():
        runs = [run for pair in found.outcome.pairs for run in (pair.a, pair.b)]
        centre = middle(runs, goal.metric)
        if centre is not None:
            return f" at {value(centre, unit(state, goal.metric))}"
    return ""


def _wait(state: State) -> str:
    """How long pairs take here: a verdict needs 4 of them at least."""
    config = story.config_of(state)
    noise = next(iter(state.calibrations.values()), None)
    if noise is None or not noise.noise.seconds_per_pair:
        return "after its build and its checks, 4 pairs at least"
    least = duration(4 * noise.noise.seconds_per_pair)
    most = duration(config.measure.pairs_max * noise.noise.seconds_per_pair)
    return f"build and checks, then {least} to {most} of pairs"
