"""A candidate to a verdict: scope, the incumbent of this moment, the trial, the judge."""

import random
from collections.abc import AsyncIterator

from whet.errors import InfraError
from whet.git.store import DoesNotApply
from whet.judge.designing import design
from whet.judge.fitness import restless
from whet.judge.spending import level
from whet.judge.verdict import refuse, verdict
from whet.model.design import Design
from whet.model.event import (
    Event,
    ExperimentMeasured,
    ExperimentRequeued,
    ExperimentStarted,
    VerdictGiven,
    WorkerQuarantined,
)
from whet.model.trial import TrialOutcome
from whet.model.verdict import Gate, ReasonCode, Verdict
from whet.plan import quarantine
from whet.plan.state import ExperimentState
from whet.plan.step import Judge
from whet.steps import candidates, trials
from whet.steps.world import World

NOISY = 0.03
"""A robust spread of pairs above this share makes a machine noisy: LOND is used there."""


async def judge(step: Judge, world: World) -> AsyncIterator[Event]:
    """Judge one experiment, from whatever point the last process left it at.

    Raises:
        NotReady: the incumbent itself no longer builds or runs.
        InfraError: the worker failed again and again.
    """
    experiment = world.state.experiments[step.experiment]
    refused, scope = _before(world, experiment)
    if refused is not None:
        yield VerdictGiven(at=world.clock.now(), experiment=experiment.id, verdict=refused)
        return
    if experiment.outcome is None:
        async for event in _measure(step, world, experiment):
            yield event
    outcome, started = experiment.outcome, experiment.started
    if outcome is None or started is None:
        return  # refused on the way, or queued again
    trials.blame_target(outcome, "the incumbent failed, so nothing can be judged")
    given = verdict(world.config, _design(world, step, started.alpha), outcome, scope)
    why = _restless(world, experiment, given)
    if why:
        yield WorkerQuarantined(
            at=world.clock.now(),
            worker=started.worker,
            reason=f"{experiment.id}: {why}",
            since=started.at,
            experiments=(experiment.id,),
        )
        return
    yield VerdictGiven(at=world.clock.now(), experiment=experiment.id, verdict=given)


def _restless(world: World, experiment: ExperimentState, given: Verdict) -> str:
    """Why an experiment without an answer is to be measured again: its machine was at fault."""
    started, outcome = experiment.started, experiment.outcome
    assert started is not None
    assert outcome is not None
    known = world.state.calibrations.get(started.worker)
    if given.code not in quarantine.UNDECIDED or experiment.repeated or known is None:
        return ""
    return restless(outcome.pairs, world.config.goal, known.noise)


async def _measure(step: Judge, world: World, experiment: ExperimentState) -> AsyncIterator[Event]:
    incumbent = world.state.base if experiment.alone else world.state.incumbent
    try:
        commit = candidates.onto(world, experiment.candidate, incumbent)
    except DoesNotApply as error:
        given = refuse("failed", "does_not_apply", f"conflicts with what was kept: {error}")
        yield VerdictGiven(at=world.clock.now(), experiment=experiment.id, verdict=given)
        return
    started = ExperimentStarted(
        at=world.clock.now(),
        experiment=experiment.id,
        worker=step.worker,
        incumbent=incumbent,
        commit=commit,
        alpha=_alpha(world, step.worker),
        seed=_seed(world, experiment),
    )
    yield started
    try:
        outcome = await _trial(world, step, started, experiment.requeued + experiment.repeated)
    except InfraError as error:
        yield ExperimentRequeued(
            at=world.clock.now(), experiment=experiment.id, reason=error.message
        )
        if experiment.requeued >= trials.ATTEMPTS:
            raise
        return
    yield ExperimentMeasured(at=world.clock.now(), experiment=experiment.id, outcome=outcome)


async def _trial(
    world: World, step: Judge, started: ExperimentStarted, attempt: int
) -> TrialOutcome:
    spec = trials.spec(
        world.lab,
        f"{started.experiment}.{attempt}",
        a=started.incumbent,
        b=started.commit,
        mode="judge",
        pairs=world.config.measure.pairs_min,
        design=_design(world, step, started.alpha),
        seed=started.seed,
        worker=step.worker,
    )
    return await world.trial(spec, started.experiment, step.worker)


def _before(world: World, experiment: ExperimentState) -> tuple[Verdict | None, Gate]:
    """What can be said without building anything."""
    candidate = experiment.candidate
    if not candidate.commit:
        code: ReasonCode = "does_not_apply" if candidate.author != "agent" else "agent"
        if candidate.problem == "no file was changed":
            code = "no_change"
        gate = Gate(name="Scope", ok=False, detail=candidate.problem)
        return refuse("failed", code, candidate.problem, gate), gate
    complaint = candidates.out_of_scope(world, candidate.changes)
    if complaint:
        gate = Gate(name="Scope", ok=False, detail=complaint)
        return refuse("rejected", "scope", complaint, gate), gate
    files = len(candidate.changes)
    detail = (
        f"{files} {'file' if files == 1 else 'files'}, +{candidate.added} -{candidate.removed}, "
        "no protected file"
    )
    return None, Gate(name="Scope", ok=True, detail=detail)


def _design(world: World, step: Judge, alpha: float) -> Design:
    calibration = world.state.calibrations.get(step.worker)
    return design(world.config, calibration.noise if calibration else None, alpha)


def _alpha(world: World, worker: str) -> float:
    state = world.state
    calibration = state.calibrations.get(worker)
    return level(
        world.config.judge,
        judged=sum(1 for e in state.experiments.values() if e.verdict is not None),
        kept=state.count("kept"),
        planned=world.config.run.max_experiments,
        noisy=calibration is not None and calibration.noise.sd_pair > NOISY,
    )


def _seed(world: World, experiment: ExperimentState) -> int:
    """A seed that a candidate cannot know and a replay can repeat."""
    again = experiment.requeued + experiment.repeated
    text = f"{world.config.measure.seed}:{experiment.candidate.commit}:{again}"
    return random.Random(text).randrange(1, 2**31)  # noqa: S311 (orders and inputs, not secrets)
