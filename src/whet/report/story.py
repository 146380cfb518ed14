"""What a campaign amounts to: facts every surface tells in the same way."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from whet.errors import UnknownId
from whet.judge.guards import losses
from whet.model.config import Config
from whet.model.design import GuardRule
from whet.model.event import StackMeasured
from whet.model.idea import Evidence
from whet.model.metric import Guard
from whet.model.verdict import Effect, Verdict, VerdictKind
from whet.plan.naming import command_to_go_on
from whet.plan.state import ExperimentState, State
from whet.report.figures import settled
from whet.report.words import NO_NUMBER, WORDS

SHORT_COMMIT = 7

GuardState = Literal["holds", "unclear", "lost"]
HeadlineKind = Literal["measured", "broken", "pending", "alone", "nothing", "empty"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Headline:
    """What may stand on top.

    `measured`: the re-measured stack, with `stack` and `effect` set. `broken`: re-measured, and
    it does not hold. `pending`: changes were kept and not measured together yet. `alone`: changes
    were kept for their own sake, and none is in the stack. `nothing`: none was kept. `empty`: no
    experiment has a verdict.
    """

    kind: HeadlineKind
    stack: StackMeasured | None = None
    effect: Effect | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class GuardSeen:
    """A guard in a measured stack. `unclear`: the interval crosses the margin, or says nothing."""

    guard: Guard
    effect: Effect | None
    state: GuardState


@dataclass(frozen=True, slots=True, kw_only=True)
class Spent:
    """The error the campaign has spent: `total` is the most false keeps to expect."""

    candidates: int
    total: float
    least: float
    most: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Prediction:
    """What an idea promised and what was measured, both as fractions."""

    experiment: str
    low: float
    high: float
    effect: Effect
    answer: Literal["as predicted", "less", "more", "open"]


def config_of(state: State) -> Config:
    """The frozen configuration.

    Raises:
        ValueError: the campaign was never opened, so there is nothing to report.
    """
    if state.config is None:
        raise ValueError("a campaign that was never opened has no report")
    return state.config


def find(state: State, name: str) -> ExperimentState:
    """The experiment of this id; `e9` means E09.

    Raises:
        UnknownId: there is none, and the message says which there are.
    """
    wanted = name.strip().upper()
    if wanted.lstrip("E").isdigit():
        wanted = f"E{int(wanted.lstrip('E')):02d}"
    if wanted in state.experiments:
        return state.experiments[wanted]
    known = list(state.experiments)
    if not known:
        raise UnknownId(
            f"no experiment {name} in {state.name}: none was opened yet",
            hint=command_to_go_on(state),
        )
    span = known[0] if len(known) == 1 else f"{known[0]} to {known[-1]}"
    raise UnknownId(f"no experiment {name} in {state.name} ({span})", hint="whet list")


def title(state: State, experiment: ExperimentState) -> str:
    """The title of the idea behind an experiment, as it was given."""
    idea = state.ideas.get(experiment.candidate.idea)
    return idea.title if idea is not None and idea.title else experiment.candidate.idea


def headline(state: State) -> Headline:
    """What may be said first."""
    if not any(experiment.verdict for experiment in state.experiments.values()):
        return Headline(kind="empty")
    if not state.stack:
        return Headline(kind="alone" if kept(state) else "nothing")
    stack = state.headline
    if stack is None:
        return Headline(kind="pending")
    if stack.effect is None or not stack.holds:
        return Headline(kind="broken", stack=stack, effect=stack.effect)
    return Headline(kind="measured", stack=stack, effect=stack.effect)


def last_that_held(state: State) -> StackMeasured | None:
    """The stack as it was when it was last measured with a gain, whatever is in it now."""
    held = (one for one in reversed(state.measured) if one.holds and one.effect is not None)
    return next(held, None)


def judged(state: State) -> tuple[ExperimentState, ...]:
    """Experiments with a verdict, in the order they were opened."""
    return tuple(e for e in state.experiments.values() if e.verdict is not None)


def kept(state: State) -> tuple[ExperimentState, ...]:
    """What is in the stack, oldest first, then what was kept for its own sake."""
    stack = set(state.stack)
    alone = (e for e in judged(state) if e.id not in stack and _is(e.verdict, "kept"))
    return (*(state.experiments[name] for name in state.stack), *alone)


def left_out(state: State) -> tuple[ExperimentState, ...]:
    """Experiments with a verdict that were not kept."""
    ours = {experiment.id for experiment in kept(state)}
    return tuple(e for e in judged(state) if e.id not in ours)


def comparable(experiment: ExperimentState) -> Effect | None:
    """The effect, where the verdict lets one believe that it means anything."""
    verdict = experiment.verdict
    return None if verdict is None or verdict.kind in NO_NUMBER else verdict.effect


def largest(state: State) -> ExperimentState | None:
    """The experiment that gained the most without being kept, among those that can be believed."""
    tried = [
        (effect.estimate, experiment)
        for experiment in left_out(state)
        if (effect := comparable(experiment)) is not None
        and experiment.verdict is not None
        and not experiment.verdict.held
        and experiment.verdict.by == "judge"
    ]
    return max(tried, key=lambda pair: pair[0])[1] if tried else None


def counts(state: State) -> Mapping[VerdictKind, int]:
    """How many experiments have each verdict; verdicts that nothing has are left out."""
    found = {kind: state.count(kind) for kind in WORDS}
    return {kind: count for kind, count in found.items() if count}


def held(state: State) -> tuple[ExperimentState, ...]:
    """Experiments that wait for a person."""
    return tuple(
        e for e in judged(state) if e.verdict is not None and e.verdict.held and e.person is None
    )


def measured_as(state: State) -> Mapping[str, str]:
    """The experiment that each commit was measured as; for whoever asks of many."""
    found: dict[str, str] = {}
    for one in state.experiments.values():
        if one.started is not None:
            found.setdefault(one.started.commit, one.id)
    return found


def parent_of(
    state: State, experiment: ExperimentState, measured: Mapping[str, str] | None = None
) -> str:
    """What an experiment was measured against: "the base", an experiment's id, or the stack.

    `measured` is `measured_as` of the same state.
    """
    started = experiment.started
    commit = started.incumbent if started is not None else experiment.candidate.parent
    if commit == state.base:
        return "the base"
    known = measured_as(state) if measured is None else measured
    if commit in known:
        return known[commit]
    rebuilt = next((stack for stack in state.measured if stack.commit == commit), None)
    if rebuilt is not None:
        count = len(rebuilt.experiments)
        return f"the stack of {count} {'change' if count == 1 else 'changes'}"
    return commit[:SHORT_COMMIT]


def confirmed_by(state: State, experiment: str) -> StackMeasured | None:
    """The newest measurement of the stack that this experiment was a part of."""
    return next((s for s in reversed(state.measured) if experiment in s.experiments), None)


def guards(state: State, stack: StackMeasured) -> tuple[GuardSeen, ...]:
    """What a measured stack says about each guard, in the order of the configuration."""
    effects = {effect.metric: effect for effect in stack.guards}
    return tuple(_guard(g, effects.get(g.metric), stack) for g in config_of(state).guard)


def _guard(guard: Guard, effect: Effect | None, stack: StackMeasured) -> GuardSeen:
    """A guard that may be 0 has no effect; an exact one is compared all the same."""
    if effect is not None:
        return GuardSeen(guard=guard, effect=effect, state=_state(guard, effect))
    if not guard.exact or not stack.outcome.pairs:
        return GuardSeen(guard=guard, effect=None, state="unclear")
    rule = GuardRule(
        metric=guard.metric,
        direction=guard.direction,
        margin=math.log1p(guard.max_loss),
        exact=True,
    )
    try:
        worst = max(losses(rule, stack.outcome.pairs))
    except ValueError:
        return GuardSeen(guard=guard, effect=None, state="unclear")
    return GuardSeen(guard=guard, effect=None, state="holds" if worst <= rule.margin else "lost")


def _state(guard: Guard, effect: Effect) -> GuardState:
    if effect.low >= -guard.max_loss:
        return "holds"
    return "lost" if effect.high < -guard.max_loss else "unclear"


def cited(state: State) -> tuple[Evidence, ...]:
    """The evidence that an idea cites, in the order it was found."""
    names = {name for idea in state.ideas.values() for name in idea.evidence}
    return tuple(one for one in state.evidence.values() if one.id in names)


def product(state: State) -> float | None:
    """What the single gains in the stack multiply to; None while one of them has no effect."""
    effects = [_effect(state.experiments[name].verdict) for name in state.stack]
    known = [effect.estimate for effect in effects if effect is not None]
    if not known or len(known) < len(effects):
        return None
    return math.prod(1 + estimate for estimate in known) - 1


def spent(state: State) -> Spent:
    """The sum of the error levels of all candidates that were measured.

    A candidate without effect is kept with a chance of at most its alpha, so the sum bounds the
    expected number of false keeps whatever the candidates were worth. One that was measured
    again counts again.
    """
    alphas = [
        experiment.started.alpha
        for experiment in judged(state)
        if experiment.started is not None
        and experiment.outcome is not None
        and experiment.outcome.pairs
        for _ in range(1 + _again(experiment) + experiment.repeated)
    ]
    return Spent(
        candidates=len(alphas),
        total=math.fsum(alphas),
        least=min(alphas, default=0.0),
        most=max(alphas, default=0.0),
    )


def predictions(state: State) -> tuple[Prediction, ...]:
    """Predicted against measured, for every experiment that has both."""
    found = []
    for experiment in judged(state):
        idea, effect = state.ideas.get(experiment.candidate.idea), comparable(experiment)
        if idea is None or idea.predicted is None or effect is None:
            continue
        low, high = sorted(idea.predicted)
        answer = _answer(low, high, effect)
        found.append(
            Prediction(experiment=experiment.id, low=low, high=high, effect=effect, answer=answer)
        )
    return tuple(found)


def _answer(
    low: float, high: float, effect: Effect
) -> Literal["as predicted", "less", "more", "open"]:
    """The intervals are compared: an estimate alone would count luck as foresight."""
    if effect.high < low:
        return "less"
    if effect.low > high:
        return "more"
    inside = low <= effect.estimate <= high
    return "as predicted" if inside and settled(effect) else "open"


def _again(experiment: ExperimentState) -> bool:
    return experiment.person is not None and experiment.person.decision == "retry"


def _effect(verdict: Verdict | None) -> Effect | None:
    return verdict.effect if verdict is not None else None


def _is(verdict: Verdict | None, kind: VerdictKind) -> bool:
    return verdict is not None and verdict.kind == kind
