"""The same code twice: what noise is here, and whether base builds, passes and prints a number."""

from collections.abc import AsyncIterator

from whet.errors import NotReady
from whet.judge import calibration, lint
from whet.judge.boundaries import boundaries
from whet.judge.designing import fixed_pairs
from whet.judge.fitness import unfit
from whet.model.config import Config
from whet.model.design import Noise
from whet.model.event import Event, WorkerCalibrated, WorkerQuarantined, WorkerRestored
from whet.model.trial import TrialOutcome
from whet.model.worker import measuring
from whet.plan import quarantine
from whet.plan.naming import command_to_go_on
from whet.plan.step import Calibrate
from whet.ports import Progress
from whet.steps import trials
from whet.steps.world import World


async def calibrate(step: Calibrate, world: World) -> AsyncIterator[Event]:
    """Take pairs of the base against itself, built twice; a machine that is not fit is taken out.

    Raises:
        NotReady: the base does not build, pass its checks or give a number that varies; or the
            machine was waited for long enough, and there is no other.
    """
    config, state = world.config, world.state
    if step.after:
        world.moving(known_as(world, step.worker), Progress(stage="wait"))
        await world.clock.sleep(step.after)
    spec = trials.spec(
        world.lab,
        f"calibrate.{state.events}",
        a=state.base,
        b=state.base,
        mode="fixed",
        pairs=fixed_pairs(config, config.measure.aa_pairs),
        seed=config.measure.seed + (state.events if step.worker in state.calibrations else 0),
        worker=step.worker,
    )
    outcome = await world.trial(
        spec, known_as(world, step.worker), step.worker, attempts=trials.ATTEMPTS, known=False
    )
    others = _others(world, step.worker)
    try:
        _fit(outcome)
        found = measured_noise(config, outcome)
        _believable(config, outcome)
    except NotReady as error:
        if not others:
            raise
        # the others show that it is not the target: this machine is not fit for it
        yield _taken_out(world, step.worker, error.message, None, outcome)
        await replace_if_rented(world, step.worker)
        return
    why = _unfit(world, step.worker, found, outcome)
    if why:
        yield _taken_out(world, step.worker, why, found, outcome)
        if not await replace_if_rented(world, step.worker):
            _give_up(world, step.worker, why)
        return
    yield WorkerCalibrated(
        at=world.clock.now(),
        worker=step.worker,
        fingerprint=outcome.fingerprint,
        noise=found,
        outcome=outcome,
    )
    if state.quarantine(step.worker) is not None:
        yield WorkerRestored(at=world.clock.now(), worker=step.worker)


def known_as(world: World, worker: str) -> str:
    """What a calibration is called on screens: with its worker, where there are several."""
    several = len(measuring(world.config.workers)) > 1
    return f"same code twice on {worker}" if several else "calibration"


def _others(world: World, worker: str) -> bool:
    """Whether another worker has shown that the target can be measured."""
    return bool(world.state.fit - {worker})


async def replace_if_rented(world: World, worker: str) -> bool:
    """Give the machine of a worker back that is not fit, where the next one is another."""
    if not quarantine.replaced(world.config, worker):
        return False
    await world.executor.release(worker, "noisy")
    return True


def _unfit(world: World, worker: str, found: Noise, outcome: TrialOutcome) -> str:
    """Why the worker is not fit. A machine that grew noisy, and stays so, is what there is."""
    out, known = world.state.quarantine(worker), world.state.calibrations.get(worker)
    if known is not None and known.fingerprint.key != outcome.fingerprint.key:
        known = None  # another machine than the one that was calibrated
    failed = (out.failed if out is not None else 0) + 1
    last = quarantine.pause(failed, world.config.measure.max_wait) is None
    return unfit(world.config, found, None if last or known is None else known.noise)


def _taken_out(
    world: World, worker: str, why: str, found: Noise | None, outcome: TrialOutcome
) -> WorkerQuarantined:
    state = world.state
    first = state.quarantine(worker) is None
    return WorkerQuarantined(
        at=world.clock.now(),
        worker=worker,
        reason=why,
        since=quarantine.since(state, worker),
        experiments=quarantine.undecided(state, worker) if first else (),
        noise=found,
        outcome=outcome,
    )


def _give_up(world: World, worker: str, why: str) -> None:
    """Stop when the worker was waited for long enough, and no other can take its place.

    Raises:
        NotReady: it is so.
    """
    state, out = world.state, world.state.quarantine(worker)
    assert out is not None
    most = world.config.measure.max_wait
    if quarantine.pause(out.failed, most) is None and not any(
        quarantine.usable(state, world.config, one.name) for one in measuring(world.config.workers)
    ):
        waited = f", also after {most / 60:.3g} min" if out.failed > 1 else ""
        raise NotReady(
            f"{worker} is not fit to measure{waited}: {why}",
            hint=f"see what else runs: `top`; then: `{command_to_go_on(state)}`",
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
            warmups=outcome.warmups,
        )
    except ValueError as error:
        raise NotReady(str(error), hint="whet doctor") from error


def _believable(config: Config, outcome: TrialOutcome) -> None:
    """Stop before anything is judged by a number that cannot be a measurement.

    Raises:
        NotReady: it names the metric and what its benchmark must print instead.
    """
    runs = [run for pair in outcome.pairs for run in (pair.a, pair.b)]
    for complaint in lint.of_base(config, runs, outcome.fingerprint.cores):
        if complaint.sure:
            raise NotReady(f"the benchmark cannot be believed: {complaint}", hint="whet doctor")


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
