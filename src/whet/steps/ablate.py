"""Leave one out: what a kept change is worth among the others."""

from collections.abc import AsyncIterator

from whet.git.store import DoesNotApply
from whet.judge.designing import fixed_pairs
from whet.judge.fixed import fixed_effect
from whet.model.event import ChangeAblated, Event
from whet.model.verdict import Effect
from whet.plan.step import Ablate
from whet.steps import trials
from whet.steps.stack import without
from whet.steps.world import World


async def ablate(step: Ablate, world: World) -> AsyncIterator[Event]:
    """Measure the stack against the stack without one change, on fresh pairs.

    Dead weight is what is shown to be worth less than half the smallest gain that matters, or
    comes out at nothing; its retirement is a step of its own.

    Raises:
        NotReady: the stack without the change does not build or run.
    """
    state, config = world.state, world.config
    try:
        rest = without(world, {step.experiment})
    except DoesNotApply as error:
        yield _event(world, step, "", None, str(error))
        return
    spec = trials.spec(
        world.lab,
        f"ablate.{step.experiment}.{state.events}",
        a=rest,
        b=state.incumbent,
        mode="fixed",
        pairs=fixed_pairs(config, config.measure.stack_pairs),
        seed=state.events,
        worker=step.worker,
    )
    incumbent = state.incumbent
    outcome = await world.trial(spec, step.experiment, step.worker, attempts=trials.ATTEMPTS)
    if outcome.fault is not None:
        # the rest does not stand without it: that is an answer, too
        yield _event(world, step, rest, None, f"the stack without it: {outcome.fault.detail}")
        return
    found = fixed_effect(
        outcome.pairs,
        config.goal.metric,
        config.goal.direction,
        config.judge.final_confidence,
    )
    yield ChangeAblated(
        at=world.clock.now(),
        experiment=step.experiment,
        commit=incumbent,
        without=rest,
        effect=found,
        holds=not is_dead_weight(found, config.goal.min_effect),
        detail=f"worth {found.estimate:+.1%} [{found.low:+.1%}, {found.high:+.1%}] in the stack",
        outcome=outcome,
    )


def is_dead_weight(found: Effect, least: float) -> bool:
    """Whether what a change is worth among the others is not worth keeping it."""
    return found.high < least / 2 or found.estimate <= 0


def _event(world: World, step: Ablate, rest: str, found: Effect | None, why: str) -> ChangeAblated:
    return ChangeAblated(
        at=world.clock.now(),
        experiment=step.experiment,
        commit=world.state.incumbent,
        without=rest,
        effect=found,
        holds=True,
        detail=why,
        outcome=None,
    )
