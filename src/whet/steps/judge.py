"""Candidates to verdicts: scope, the incumbent of this moment, the trial, the judge."""

import random
from collections.abc import AsyncIterator, Collection, Iterable, Iterator, Mapping, Sequence

from whet.errors import InfraError
from whet.git.store import DoesNotApply
from whet.judge.designing import design, warm
from whet.judge.fitness import restless
from whet.judge.spending import level
from whet.judge.verdict import NOT_THE_CANDIDATE, refuse, verdict
from whet.model.design import Design
from whet.model.event import (
    Event,
    ExperimentMeasured,
    ExperimentRequeued,
    ExperimentStarted,
    VerdictGiven,
    WorkerQuarantined,
)
from whet.model.trial import TrialOutcome, TrialSpec
from whet.model.verdict import Gate, ReasonCode, Verdict
from whet.plan import quarantine
from whet.plan.state import ExperimentState
from whet.plan.step import Judge
from whet.steps import candidates, trials
from whet.steps.calibrate import replace_if_rented
from whet.steps.restlessness import usual_on
from whet.steps.review import reviewed
from whet.steps.world import World

NOISY = 0.03
"""A robust spread of pairs above this share makes a machine noisy: LOND is used there."""


async def judge(step: Judge, world: World) -> AsyncIterator[Event]:
    """Judge the experiments of a block, from whatever point the last process left them at.

    Raises:
        NotReady: the incumbent itself no longer builds or runs.
        InfraError: the worker failed again and again.
    """
    scopes: dict[str, Gate] = {}
    for name in step.experiments:
        experiment = world.state.experiments[name]
        refused, scope = _before(world, experiment)
        if refused is not None:
            yield VerdictGiven(at=world.clock.now(), experiment=name, verdict=refused)
        else:
            scopes[name] = scope
    waiting = [name for name in scopes if world.state.experiments[name].outcome is None]
    async for event in _measure(step, world, waiting):
        yield event
    for event in _verdicts(step, world, scopes):
        if isinstance(event, VerdictGiven):
            async for told in reviewed(event, world):
                if not isinstance(told, VerdictGiven) or _undecided(world, [told.experiment]):
                    yield told
        else:
            yield event
    if world.state.quarantine(step.worker) is not None:
        await replace_if_rented(world, step.worker)


def _verdicts(step: Judge, world: World, scopes: Mapping[str, Gate]) -> Iterator[Event]:
    """A verdict for whoever was measured, unless the incumbent or the machine is to blame."""
    failed: list[TrialOutcome] = []
    again: dict[str, str] = {}
    for name, scope in scopes.items():
        experiment = world.state.experiments[name]
        outcome, started = experiment.outcome, experiment.started
        if outcome is None or started is None or experiment.verdict is not None:
            continue  # refused on the way, taken back, or queued again
        if outcome.fault is not None and outcome.fault.fault in NOT_THE_CANDIDATE:
            failed.append(outcome)
            continue
        given = verdict(world.config, _design(world, started), outcome, scope)
        why = _restless(world, experiment, given)
        if why:
            again[name] = why
        else:
            yield VerdictGiven(at=world.clock.now(), experiment=name, verdict=given)
    if again:
        yield _taken_out(world, again)
    if failed and world.state.fit - {step.worker}:
        # the others show that it is not the target: this machine is not fit for it
        fault = failed[0].fault
        assert fault is not None
        why = f"the incumbent failed here: {fault.detail}"
        yield _replaced(world, step.worker, [outcome.id for outcome in failed], why)
        return
    for outcome in failed[:1]:
        trials.blame_target(outcome, "the incumbent failed, so nothing can be judged")


def _restless(world: World, experiment: ExperimentState, given: Verdict) -> str:
    """Why an experiment without an answer is to be measured again: its machine was at fault."""
    started, outcome = experiment.started, experiment.outcome
    assert started is not None
    assert outcome is not None
    known = world.state.calibrations.get(started.worker)
    if given.code not in quarantine.UNDECIDED or experiment.repeated or known is None:
        return ""
    return restless(outcome.pairs, world.config.goal, known.noise)


def _taken_out(world: World, again: Mapping[str, str]) -> WorkerQuarantined:
    """The machine is out since these experiments of one block began; they are measured again."""
    name, why = next(iter(again.items()))
    started = world.state.experiments[name].started
    assert started is not None
    return WorkerQuarantined(
        at=world.clock.now(),
        worker=started.worker,
        reason=f"{name}: {why}",
        since=started.at,
        experiments=tuple(again),
    )


async def _measure(step: Judge, world: World, names: Sequence[str]) -> AsyncIterator[Event]:
    commits: dict[str, str] = {}
    for name in names:
        experiment = world.state.experiments[name]
        try:
            incumbent = _incumbent(world, experiment)
            commits[name] = candidates.onto(world, experiment.candidate, incumbent)
        except DoesNotApply as error:
            given = refuse("failed", "does_not_apply", f"conflicts with what was kept: {error}")
            yield VerdictGiven(at=world.clock.now(), experiment=name, verdict=given)
    if not commits:
        return
    block = _started(world, step, commits)
    for started in block:
        yield started
    try:
        named = [(started.experiment, _spec(world, step, started)) for started in block]
        outcomes = await world.together(named, step.worker)
    except InfraError as error:
        for name in _undecided(world, commits):
            yield ExperimentRequeued(at=world.clock.now(), experiment=name, reason=error.message)
        _pause_if_hopeless(world, commits, step.worker, error)
        if world.rented(step.worker):
            raise  # the driver asks for another machine
        return
    for event in _taken(world, step.worker, outcomes, _undecided(world, commits)):
        yield event


def _taken(
    world: World, worker: str, outcomes: Sequence[TrialOutcome], names: Collection[str]
) -> Iterator[Event]:
    """What was measured of these experiments, unless it is of another machine."""
    strange = _strange(world, worker, outcomes)
    if strange:
        yield _replaced(world, worker, names, strange)
        return
    for outcome in outcomes:
        if outcome.id in names:
            yield ExperimentMeasured(at=world.clock.now(), experiment=outcome.id, outcome=outcome)


def _undecided(world: World, names: Iterable[str]) -> list[str]:
    """Those that were not taken back while they were measured."""
    return [name for name in names if world.state.experiments[name].verdict is None]


def _pause_if_hopeless(world: World, names: Iterable[str], worker: str, error: InfraError) -> None:
    """Stop the run when an experiment was begun too often; elsewhere, machines may be lost.

    Raises:
        InfraError: it was.
    """
    elsewhere = world.rented(worker)
    most = 2 * trials.ATTEMPTS if elsewhere else trials.ATTEMPTS
    worn = [name for name in names if world.state.experiments[name].requeued >= most]
    if worn and not elsewhere:
        raise error
    if worn:
        raise InfraError(
            f"{worn[0]} lost its machine {most} times: {error.message}",
            hint=f"look at it with `whet why {worn[0]}`, set it aside with `whet drop {worn[0]}`",
        ) from error


def _strange(world: World, worker: str, outcomes: Sequence[TrialOutcome]) -> str:
    """Why what was measured is not of the machine that was calibrated, or nothing."""
    known = world.state.calibrations.get(worker)
    if known is None or not outcomes:
        return ""
    before, now = known.fingerprint, outcomes[0].fingerprint
    changed = [
        name for name in ("machine", "cpu", "cores", "kernel", "compiler", "sandbox")
        if getattr(before, name) != getattr(now, name)
    ]  # fmt: skip
    return f"it is not the machine that was calibrated: another {changed[0]}" if changed else ""


def _replaced(
    world: World, worker: str, names: Iterable[str], why: str
) -> WorkerQuarantined:  # fmt: skip
    started = (world.state.experiments[name].started for name in names)
    since = min((one.at for one in started if one is not None), default=world.clock.now())
    return WorkerQuarantined(
        at=world.clock.now(), worker=worker, reason=why, since=since, experiments=tuple(names)
    )


def _started(world: World, step: Judge, commits: Mapping[str, str]) -> list[ExperimentStarted]:
    """The beginning of every experiment in a block; their levels depend on no verdict in it."""
    found, spread = [], usual_on(world.state, world.config, step.worker)
    for place, (name, commit) in enumerate(commits.items()):
        experiment = world.state.experiments[name]
        found.append(
            ExperimentStarted(
                at=world.clock.now(),
                experiment=name,
                worker=step.worker,
                incumbent=_incumbent(world, experiment),
                commit=commit,
                alpha=_alpha(world, step.worker, place, spread),
                seed=_seed(world, experiment),
                beside=tuple(other for other in commits if other != name),
                usual=spread,
            )
        )
    return found


def _incumbent(world: World, experiment: ExperimentState) -> str:
    return world.state.base if experiment.alone else world.state.incumbent


def _spec(world: World, step: Judge, started: ExperimentStarted) -> TrialSpec:
    experiment = world.state.experiments[started.experiment]
    attempt = experiment.requeued + experiment.repeated
    calibration = world.state.calibrations.get(step.worker)
    return trials.spec(
        world.lab,
        f"{started.experiment}.{attempt}",
        a=started.incumbent,
        b=started.commit,
        mode="judge",
        pairs=world.config.measure.pairs_min,
        design=_design(world, started),
        seed=started.seed,
        worker=step.worker,
        warm=warm(world.config, calibration.noise if calibration else None),
    )


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


def _design(world: World, started: ExperimentStarted) -> Design:
    calibration = world.state.calibrations.get(started.worker)
    noise = calibration.noise if calibration else None
    return design(world.config, noise, started.alpha, started.usual)


def _alpha(world: World, worker: str, place: int, spread: float | None) -> float:
    """The level of the experiment at this place in its block, from 0."""
    state = world.state
    calibration = state.calibrations.get(worker)
    if spread is None and calibration is not None:
        spread = calibration.noise.sd_pair
    return level(
        world.config.judge,
        judged=place + _begun(world),
        kept=state.count("kept"),
        planned=world.config.run.max_experiments,
        noisy=spread is not None and spread > NOISY,
    )


def _begun(world: World) -> int:
    """Experiments that have a verdict, or are measured elsewhere at this moment."""
    state = world.state
    return len(state.experiments) - len(state.open) + len(state.begun)


def _seed(world: World, experiment: ExperimentState) -> int:
    """A seed that a candidate cannot know and a replay can repeat."""
    again = experiment.requeued + experiment.repeated
    text = f"{world.config.measure.seed}:{experiment.candidate.commit}:{again}"
    return random.Random(text).randrange(1, 2**31)  # noqa: S311 (orders and inputs, not secrets)
