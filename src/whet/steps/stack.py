"""Everything that was kept, together, against the base: the only number for a headline."""

import random
from collections.abc import AsyncIterator
from dataclasses import replace

from whet.git.store import DoesNotApply
from whet.judge.designing import fixed_pairs
from whet.judge.fixed import fixed_effect
from whet.model.config import Config
from whet.model.event import Event, IncumbentAdvanced, StackMeasured, VerdictGiven
from whet.model.trial import TrialOutcome
from whet.model.verdict import Effect, Verdict
from whet.plan.step import Join, MeasureStack, Rebuild, Retire
from whet.steps import candidates, trials
from whet.steps.world import World


async def measure_stack(step: MeasureStack, world: World) -> AsyncIterator[Event]:
    """Measure the stack on fresh pairs.

    Raises:
        NotReady: the base no longer builds or runs.
    """
    state, config = world.state, world.config
    seed = random.Random(f"{config.measure.seed}:stack:{state.events}").randrange(1, 2**31)  # noqa: S311
    spec = trials.spec(
        world.lab,
        f"stack.{state.events}",
        a=state.base,
        b=state.incumbent,
        mode="fixed",
        pairs=fixed_pairs(config, config.measure.stack_pairs),
        seed=seed,
        worker=step.worker,
    )
    incumbent, stack = state.incumbent, tuple(state.stack)
    outcome = await world.trial(spec, "stack", step.worker, attempts=trials.ATTEMPTS)
    trials.blame_target(outcome, "the base failed, so the stack cannot be measured")
    goal, guards, why = found(world.config, outcome)
    yield StackMeasured(
        at=world.clock.now(),
        wave=step.wave,
        base=state.base,
        commit=incumbent,
        experiments=stack,
        effect=goal,
        guards=guards,
        holds=not why,
        detail=why,
        outcome=outcome,
    )


def found(
    config: Config, outcome: TrialOutcome
) -> tuple[Effect | None, tuple[Effect, ...], str]:  # fmt: skip
    """The goal, the guards, and why the stack does not hold, or nothing."""
    if outcome.fault is not None:
        return None, (), f"the stack failed: {outcome.fault.detail}"
    confidence = config.judge.final_confidence
    goal = fixed_effect(outcome.pairs, config.goal.metric, config.goal.direction, confidence)
    guards = []
    why = "" if goal.low > 0 else "re-measured, the stack is not shown to be faster than the base"
    for guard in config.guard:
        try:
            seen = fixed_effect(outcome.pairs, guard.metric, guard.direction, confidence)
        except ValueError:
            continue  # an exact guard may be 0
        guards.append(seen)
        if seen.high < -guard.max_loss:
            why = why or f"re-measured, {guard.metric} got worse by more than {guard.max_loss:.1%}"
    return goal, tuple(guards), why


async def join(step: Join, world: World) -> AsyncIterator[Event]:
    """Put a kept change on the stack; one that does not fit any more is retired."""
    state = world.state
    experiment = state.experiments[step.experiment]
    try:
        commit = candidates.onto(world, experiment.candidate, state.incumbent)
    except DoesNotApply as error:
        given = _retired(world, step.experiment, f"conflicts with what was kept: {error}")
        verdict = replace(given.verdict, code="does_not_apply")  # its agent may mend that
        yield replace(given, verdict=verdict)
        return
    yield _advanced(world, step.experiment, commit)


async def retire(step: Retire, world: World) -> AsyncIterator[Event]:
    """Take a change out of the stack, by the measurement of the whole."""
    given = _retired(world, step.experiment, step.reason)
    if step.held:
        verdict = replace(given.verdict, code="guard_lost", held=step.reason)
        given = replace(given, verdict=verdict)
    yield given


async def rebuild(step: Rebuild, world: World) -> AsyncIterator[Event]:
    """Make the incumbent of what is left in the stack, which is then measured again."""
    del step
    yield _advanced(world, "", without(world, set()))


def _advanced(world: World, experiment: str, commit: str) -> IncumbentAdvanced:
    candidates.publish(world, "stack", commit)
    return IncumbentAdvanced(
        at=world.clock.now(),
        experiment=experiment,
        commit=commit,
        previous=world.state.incumbent,
    )


def _retired(world: World, name: str, why: str) -> VerdictGiven:
    before = world.state.experiments[name].verdict
    assert before is not None
    given = Verdict(
        kind="retired",
        code="stack",
        reason=why,
        effect=before.effect,
        guards=before.guards,
        gates=before.gates,
    )
    return VerdictGiven(at=world.clock.now(), experiment=name, verdict=given)


def without(world: World, dropped: set[str]) -> str:
    """The stack rebuilt from the base without some experiments.

    Raises:
        DoesNotApply: what is left needs what was dropped.
    """
    commit = world.state.base
    for name in world.state.stack:
        if name in dropped:
            continue
        experiment = world.state.experiments[name]
        try:
            commit = candidates.onto(world, experiment.candidate, commit)
        except DoesNotApply as error:
            raise DoesNotApply(f"{name} needs a change that was dropped: {error}") from error
    return commit
