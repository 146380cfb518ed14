"""What a person decides: recorded as theirs, and shown so."""

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Literal

import anyio

from whet.api.measuring import in_turn
from whet.api.running import Finished, RunOptions, Watcher, drive, opening
from whet.api.workspace import Campaign, experiment, open_campaign, repository
from whet.errors import UserError
from whet.git.store import DoesNotApply
from whet.judge.designing import design
from whet.judge.verdict import verdict
from whet.model.event import IncumbentAdvanced, PersonDecided, VerdictGiven
from whet.model.trial import TrialOutcome
from whet.model.verdict import Verdict
from whet.plan.naming import command_to_go_on
from whet.plan.state import ExperimentState
from whet.ports import Progress
from whet.steps import candidates, trials
from whet.steps.stack import without
from whet.steps.trials import Lab
from whet.steps.world import World
from whet.wiring import Opening, local_executor, open_objects, open_world

Decision = Literal["keep", "drop", "retry"]


def retry(start: Path, name: str, options: RunOptions, watcher: Watcher | None = None) -> Finished:
    """Judge an experiment again, on fresh pairs; the old verdict stays in the ledger.

    Raises:
        UserError: it is in the stack, or was not judged yet.
    """
    return in_turn(
        start, options.campaign, lambda found: _retry(found, name, options, watcher or Watcher())
    )


def _retry(campaign: Campaign, name: str, options: RunOptions, watcher: Watcher) -> Finished:
    found = experiment(campaign, name)
    if found.in_stack:
        raise UserError(f"{found.id} is in the stack", hint=f"whet replay {found.id}")
    if found.verdict is None:
        raise UserError(f"{found.id} has no verdict yet",
                        hint=command_to_go_on(campaign.state))  # fmt: skip

    def prepare(world: World) -> None:
        _decide(world, found.id, "retry", "")

    begun = _same(campaign, options)
    return drive(campaign.repo, begun, watcher, prepare, waves=False)


def drop(start: Path, name: str, reason: str, options: RunOptions) -> ExperimentState:
    """Take a kept change out of the stack, or set a waiting experiment aside.

    Raises:
        UserError: another kept change needs it.
    """
    return in_turn(start, options.campaign, lambda found: _drop(found, name, reason, options))


def _drop(campaign: Campaign, name: str, reason: str, options: RunOptions) -> ExperimentState:
    found = experiment(campaign, name)
    with open_world(campaign.repo, _same(campaign, options, asks=False)) as world:
        commit = ""
        if found.in_stack:
            try:
                commit = without(world, {found.id})
            except DoesNotApply as error:
                raise UserError(str(error), hint="whet list --verdict kept") from error
        given = Verdict(
            kind="retired" if found.in_stack else "discarded",
            code="person",
            reason=reason or "dropped by a person",
            effect=found.verdict.effect if found.verdict else None,
            gates=found.verdict.gates if found.verdict else (),
            by="person",
        )
        _decide(world, found.id, "drop", reason)
        now, previous = world.clock.now(), world.state.incumbent
        world.record(VerdictGiven(at=now, experiment=found.id, verdict=given))
        if commit:
            _advance(world, "", commit, previous)
        return world.state.experiments[found.id]


def keep(start: Path, name: str, reason: str, options: RunOptions) -> ExperimentState:
    """Keep a change that waits for a person; only one the judge has held can be kept so.

    Raises:
        UserError: nothing holds it, or it conflicts with the stack.
    """
    return in_turn(start, options.campaign, lambda found: _keep(found, name, reason, options))


def _keep(campaign: Campaign, name: str, reason: str, options: RunOptions) -> ExperimentState:
    found = experiment(campaign, name)
    if not reason:
        raise UserError("a decision needs a reason", hint=f'whet keep {found.id} --reason "…"')
    if found.verdict is None or not found.verdict.held:
        raise UserError(
            f"{found.id} does not wait for a person: whet keeps what it has measured",
            hint=f"whet why {found.id}",
        )
    with open_world(campaign.repo, _same(campaign, options, asks=False)) as world:
        previous = world.state.incumbent
        try:
            commit = candidates.onto(world, found.candidate, previous)
        except DoesNotApply as error:
            raise UserError(f"{found.id} conflicts with what was kept: {error}",
                            hint=f"whet retry {found.id}") from error  # fmt: skip
        _decide(world, found.id, "keep", reason)
        given = replace(found.verdict, kind="kept", code="person", reason=reason, held="",
                        by="person")  # fmt: skip
        world.record(VerdictGiven(at=world.clock.now(), experiment=found.id, verdict=given))
        if not found.alone:
            _advance(world, found.id, commit, previous)
        return world.state.experiments[found.id]


def replay(
    start: Path, name: str, campaign: str = "", moved: Callable[[Progress], None] = lambda _: None
) -> tuple[ExperimentState, TrialOutcome, Verdict]:
    """Run an experiment's trial again, exactly as it was set up; nothing is recorded.

    Raises:
        UserError: it never came to a trial.
        NotReady: its incumbent no longer builds or runs here.
    """
    found = open_campaign(start, campaign)
    one = experiment(found, name)
    if one.started is None:
        raise UserError(f"{one.id} never came to a trial", hint=f"whet why {one.id}")
    outcome, given = anyio.run(_again, found, one, moved)
    return one, outcome, given


async def _again(
    campaign: Campaign, one: ExperimentState, moved: Callable[[Progress], None]
) -> tuple[TrialOutcome, Verdict]:
    state, started = campaign.state, one.started
    assert state.config is not None
    assert started is not None
    calibration = state.calibrations.get(started.worker)
    plan = design(
        state.config, calibration.noise if calibration else None, started.alpha, started.usual
    )
    lab = Lab(
        config=state.config,
        store=open_objects(campaign.repo),
        base=state.base,
        executor=local_executor(campaign.repo, state.config),
        label=f"{campaign.repo.root}:replay.{os.getpid()}",
    )
    spec = trials.spec(
        lab, one.id, a=started.incumbent, b=started.commit, mode="judge", design=plan,
        seed=started.seed,
    )  # fmt: skip
    outcome = await trials.run(lab, spec, one.id, moved)
    trials.blame_target(outcome, "the incumbent failed")
    return outcome, verdict(state.config, plan, outcome)


def _same(campaign: Campaign, options: RunOptions, *, asks: bool = True) -> Opening:
    """The campaign as it is, with this command's limits."""
    repo = repository(campaign.repo.root)
    base = replace(options, base=options.base or campaign.state.base, campaign=campaign.state.name)
    return replace(opening(repo, base), asks=asks)


def _decide(world: World, name: str, decision: Decision, reason: str) -> None:
    at = world.clock.now()
    world.record(PersonDecided(at=at, experiment=name, decision=decision, reason=reason))


def _advance(world: World, name: str, commit: str, previous: str) -> None:
    candidates.publish(world, "stack", commit)
    world.record(
        IncumbentAdvanced(at=world.clock.now(), experiment=name, commit=commit, previous=previous)
    )
