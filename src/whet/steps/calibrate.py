"""The same code twice: what noise is here, and whether base builds, passes and prints a number."""

from collections.abc import AsyncIterator

from whet.errors import NotReady
from whet.judge import calibration
from whet.judge.boundaries import boundaries
from whet.model.config import Config
from whet.model.design import Noise
from whet.model.event import Event, WorkerCalibrated
from whet.model.trial import TrialOutcome
from whet.plan.step import Calibrate
from whet.steps import trials
from whet.steps.world import World


async def calibrate(step: Calibrate, world: World) -> AsyncIterator[Event]:
    """Take pairs of the base against itself, built twice.

    Raises:
        NotReady: the base does not build, pass its checks or give a number that varies.
    """
    config = world.config
    spec = trials.spec(
        world.lab,
        f"calibrate.{world.state.events}",
        a=world.state.base,
        b=world.state.base,
        mode="fixed",
        pairs=config.measure.aa_pairs,
        seed=config.measure.seed,
        worker=step.worker,
    )
    outcome = await world.trial(spec, "calibration", step.worker, attempts=trials.ATTEMPTS)
    _fit(outcome)
    found = measured_noise(config, outcome)
    if found.constant:
        raise NotReady(
            f"the benchmark printed the same {config.goal.metric} every time, to the last digit: "
            "it replays an answer or does not measure",
            hint="whet doctor",
        )
    yield WorkerCalibrated(
        at=world.clock.now(),
        worker=step.worker,
        fingerprint=outcome.fingerprint,
        noise=found,
        outcome=outcome,
    )


def measured_noise(config: Config, outcome: TrialOutcome) -> Noise:
    """What pairs of the same code say about a machine.

    Raises:
        NotReady: the goal has a value without a logarithm.
    """
    goal = config.goal
    values = [
        invocation.values[goal.metric] for pair in outcome.pairs for invocation in (pair.a, pair.b)
    ]
    try:
        return calibration.noise(
            outcome.pairs,
            goal.metric,
            goal.direction,
            boundaries=boundaries(
                alpha=config.judge.alpha,
                beta=config.judge.futility,
                cap=config.measure.pairs_max,
                confidence=config.measure.confidence,
            ),
            resolution=calibration.resolution(values),
        )
    except ValueError as error:
        raise NotReady(str(error), hint="whet doctor") from error


def _fit(outcome: TrialOutcome) -> None:
    fault = outcome.fault
    if fault is None:
        return
    what = {
        "build_a": "the base does not build",
        "build_b": "the base does not build a second time",
        "checks": "the checks fail on the base",
        "equivalence": "the base's output is not equal to itself",
    }.get(fault.name, "the benchmark gives no number on the base")
    raise NotReady(
        f"{what}: {fault.detail}",
        hint=fault.hint or "whet doctor",
        details=fault.log.splitlines()[-12:],
    )
