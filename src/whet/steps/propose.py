"""An idea to a candidate: a private tree, an agent in it, and what it left behind."""

import shutil
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

from whet.errors import InfraError, NotReady
from whet.git.call import begin
from whet.git.store import DoesNotApply
from whet.model.event import Event, ExperimentOpened
from whet.model.idea import Candidate, Idea
from whet.plan.spending import exhausted, left
from whet.plan.state import ExperimentState
from whet.plan.step import Propose
from whet.ports import AgentReport, Brief, Progress
from whet.space import blame_the_disk
from whet.steps import candidates
from whet.steps.agent_work import hear_notes, worked
from whet.steps.brief import Failure, fixer, implementer
from whet.steps.world import World

ATTEMPTS = 3
"""Failures in a row after which it is the agent, not the ideas."""

_NOT_STARTED = (126, 127)
"""Exit codes of a shell that finds no such command, or must not run it."""


async def propose(step: Propose, world: World) -> AsyncIterator[Event]:
    """Let the agent write a change for an idea, or take over one there is; open its experiment.

    Raises:
        NotReady: there is no agent, or it is not what it is said to be.
        InfraError: it fails at one idea after the other, or the disk is full.
    """
    if world.state.ideas[step.idea].commit:
        yield _taken_over(step, world)
        return
    if world.agent is None:
        raise NotReady(
            "there are ideas in the queue and no agent to write them",
            hint="whet run --agent './agent.sh'",
        )
    idea = world.state.ideas[step.idea]
    incumbent = world.state.incumbent
    tree = _trees(world) / step.idea
    world.moving(idea.id, Progress(stage="write"))
    try:
        hear_notes(world)
        start = _start(world, step)
        prepare(world, tree, start)
        brief, template = _brief(world, step, idea, start)
        async with world.turns.agent():
            report = await world.agent.work(brief, tree)
        yield worked(world, brief, report, wave=step.wave, template=template)
        if report.problem and report.outcome == "failed":
            _cannot_work(world, report)
            return  # the idea is not to blame: it is tried again
        if report.outcome == "budget" and exhausted(world.state, world.config, step.wave):
            return  # nor for what those before it have spent
        candidate = _taken(world, idea, tree, incumbent, report)
        if start != incumbent and candidate.commit and _same(world, candidate.commit, start):
            problem = "the agent was to mend a change, and changed nothing"
            candidate = replace(candidate, commit="", problem=problem)
        if not candidate.commit:
            blame_the_disk(world.cache, report.transcript[-4096:])
        _blame_the_agent(world, report, candidate)
    finally:
        shutil.rmtree(tree, ignore_errors=True)
    experiment = next_id(world)
    if candidate.commit:
        candidates.publish(world, experiment, candidate.commit)
    yield ExperimentOpened(
        at=world.clock.now(),
        experiment=experiment,
        wave=step.wave,
        candidate=candidate,
        agent_seconds=report.seconds,
        transcript=world.blobs.put(report.transcript.encode()),
    )


def _taken_over(step: Propose, world: World) -> ExperimentOpened:
    """The change that somebody else has made, merged onto what is kept at this moment."""
    idea = world.state.ideas[step.idea]
    candidate = candidates.from_commit(world, idea, world.state.incumbent)
    experiment = next_id(world)
    if candidate.commit:
        candidates.publish(world, experiment, candidate.commit)
    at = world.clock.now()
    return ExperimentOpened(at=at, experiment=experiment, wave=step.wave, candidate=candidate)


def _brief(world: World, step: Propose, idea: Idea, start: str) -> tuple[Brief, str]:
    """The brief and the digest of its template."""
    state, config, root = world.state, world.config, world.repo.root
    mends = state.experiments.get(step.mends)
    if mends is None:
        written = implementer(state, config, idea, root)
    else:
        written = fixer(state, config, idea, _failure(world, mends, start), root)
    brief = Brief(
        idea=idea.id,
        text=written.text,
        role="fixer" if mends is not None else "implementer",
        protected=tuple(sorted(world.store.matching(state.incumbent, config.scope.protect))),
        caps=left(state, config, idea.id, step.wave),
    )
    return brief, written.template


def _failure(world: World, experiment: ExperimentState, start: str) -> Failure:
    assert experiment.verdict is not None
    fault = experiment.outcome.fault if experiment.outcome is not None else None
    conflicts = start == world.state.incumbent
    patch = world.blobs.get(experiment.candidate.patch) if conflicts else b""
    return Failure(
        stage="merging" if conflicts else fault.name if fault is not None else "a check",
        reason=experiment.verdict.reason,
        log=fault.log if fault is not None else "",
        patch=patch.decode(errors="replace"),
        conflicts=conflicts,
    )


def _start(world: World, step: Propose) -> str:
    """The commit whose files the agent is given: the incumbent, or the change that it mends."""
    mends = world.state.experiments.get(step.mends)
    if mends is None:
        return world.state.incumbent
    try:
        return candidates.onto(world, mends.candidate, world.state.incumbent)
    except DoesNotApply:
        return world.state.incumbent


def _cannot_work(world: World, report: AgentReport) -> None:
    """The agent's model is away, or refuses it: that says nothing about an idea.

    Raises:
        InfraError: it will not get better by itself, or it did not.
    """
    world.agent_failures += 1
    if report.problem == "auth":
        raise InfraError(report.detail, hint="sign in, or set the key, then: `whet run`")
    if world.agent_failures >= ATTEMPTS:
        raise InfraError(
            f"{report.detail}; it failed {ATTEMPTS} times in a row",
            hint="whet doctor --agent" + (f" {report.agent}" if report.agent else ""),
        )


def _same(world: World, one: str, other: str) -> bool:
    return world.store.tree(one) == world.store.tree(other)


def forget_trees(world: World) -> None:
    """Remove what a process that was killed left of its agents' trees."""
    shutil.rmtree(_trees(world), ignore_errors=True)


def _trees(world: World) -> Path:
    return world.cache / "agents" / world.state.name


def _blame_the_agent(world: World, report: AgentReport, candidate: Candidate) -> None:
    """One idea may be too much for an agent. One after the other, it is not the ideas.

    Raises:
        NotReady: the agent is not there.
        InfraError: it fails at everything: signed out, out of credit, offline.
    """
    if candidate.commit or report.outcome != "failed":
        world.agent_failures = 0
        return
    if report.code in _NOT_STARTED:
        raise NotReady(report.detail, hint="say what it is: `whet config set agent.command`")
    world.agent_failures += 1
    if world.agent_failures >= ATTEMPTS:
        raise InfraError(
            f"{report.detail}; it failed {ATTEMPTS} times in a row and changed nothing",
            hint="run it by hand: `whet config get agent.command`, then: `whet run`",
        )


def next_id(world: World) -> str:
    """The id of the next experiment: E01, E02 … never used twice."""
    return f"E{len(world.state.experiments) + 1:02d}"


def prepare(world: World, tree: Path, commit: str) -> None:
    """The incumbent's files and a git repository of the agent's own, which nobody reads again."""
    shutil.rmtree(tree, ignore_errors=True)
    world.store.checkout(world.store.snapshot(commit), tree)
    begin(tree, "incumbent")


def _taken(world: World, idea: Idea, tree: Path, incumbent: str, report: AgentReport) -> Candidate:
    if report.outcome in ("timeout", "budget"):  # nobody knows how far it was
        return Candidate(
            idea=idea.id, commit="", parent=incumbent, author="agent", problem=report.detail
        )
    taken = world.store.take(tree, incumbent)
    made = candidates.from_tree(world, idea.id, taken, incumbent, "agent")
    if made.commit or not report.detail:
        return made
    return Candidate(
        idea=idea.id, commit="", parent=incumbent, author="agent",
        problem=f"{made.problem}; {report.detail}",
    )  # fmt: skip
