"""Winners on other machines: does it help there, and does nothing get worse?"""

import random
from collections.abc import AsyncIterator

from whet.judge.designing import fixed_pairs
from whet.judge.fixed import fixed_effect
from whet.judge.verdict import NOT_THE_CANDIDATE
from whet.model.config import Config
from whet.model.event import Event
from whet.model.guarding import GuardMeasured
from whet.model.trial import TrialOutcome
from whet.model.verdict import Effect
from whet.model.worker import WorkerConfig
from whet.plan.step import MeasureGuard
from whet.steps import trials
from whet.steps.world import World


async def measure_guard(step: MeasureGuard, world: World) -> AsyncIterator[Event]:
    """Measure a kept change, or the stack, on a guard machine, on fresh pairs.

    It never stops a campaign: a machine on which the base does not run has nothing to say.

    Raises:
        InfraError: the machine failed.
    """
    state, config = world.state, world.config
    a, b = state.base, state.incumbent
    if step.experiment:
        started = state.experiments[step.experiment].started
        assert started is not None
        a, b = started.incumbent, started.commit
    what = step.experiment or "stack"
    seed = random.Random(f"{config.measure.seed}:{what}:{step.worker}").randrange(1, 2**31)  # noqa: S311
    spec = trials.spec(
        world.lab, f"guard.{step.worker}.{what}.{state.events}", a=a, b=b, mode="fixed",
        pairs=fixed_pairs(config, config.measure.stack_pairs), seed=seed, worker=step.worker,
    )  # fmt: skip
    outcome = await world.trial(
        spec, f"{what} on {step.worker}", step.worker, attempts=trials.ATTEMPTS, known=False
    )
    effect, guards, holds, detail = found(config, trials.of(config, step.worker), outcome)
    yield GuardMeasured(
        at=world.clock.now(), worker=step.worker, experiment=step.experiment, a=a, b=b,
        effect=effect, guards=guards, holds=holds, detail=detail, outcome=outcome,
    )  # fmt: skip


def found(
    config: Config, worker: WorkerConfig, outcome: TrialOutcome
) -> tuple[Effect | None, tuple[Effect, ...], bool, str]:
    """The goal, the guards, whether nothing got worse than allowed there, and what is said of it.

    Something got worse when the whole interval lies beyond what the machine allows.
    """
    fault = outcome.fault
    if fault is not None and fault.fault in NOT_THE_CANDIDATE:
        return None, (), True, f"nothing to say: without the change it fails: {fault.detail}"
    if fault is not None:
        return None, (), False, f"it fails: {fault.detail}"
    confidence = config.judge.final_confidence
    goal = fixed_effect(outcome.pairs, config.goal.metric, config.goal.direction, confidence)
    limits = {config.goal.metric: config.goal.min_effect}
    limits |= {guard.metric: guard.max_loss for guard in config.guard}
    limits |= dict(worker.guards)
    seen = [goal]
    for guard in config.guard:
        try:
            seen.append(fixed_effect(outcome.pairs, guard.metric, guard.direction, confidence))
        except ValueError:
            continue  # an exact guard may be 0
    lost = [one for one in seen if one.high < -limits[one.metric]]
    if lost:
        worst = f"{lost[0].metric} gets worse by {-lost[0].estimate:.1%}"
        return goal, tuple(seen[1:]), False, f"{worst}, {limits[lost[0].metric]:.1%} are allowed"
    return goal, tuple(seen[1:]), True, ""
