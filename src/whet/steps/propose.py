"""An idea to a candidate: a private tree, an agent in it, and what it left behind."""

import shutil
from collections.abc import AsyncIterator
from pathlib import Path

from whet.errors import InfraError, NotReady
from whet.git.call import begin
from whet.model.agent import AgentRun
from whet.model.event import AgentWorked, Event, ExperimentOpened
from whet.model.idea import Candidate, Idea
from whet.plan.spending import left
from whet.plan.step import Propose
from whet.ports import AgentReport, Brief, Progress
from whet.space import blame_the_disk
from whet.steps import candidates
from whet.steps.brief import implementer
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
        prepare(world, tree, incumbent)
        brief = _brief(world, idea, step.wave)
        report = await world.agent.work(brief, tree)
        yield _worked(world, step, brief, report)
        if report.problem and report.outcome == "failed":
            _cannot_work(world, report)
            return  # the idea is not to blame: it is tried again
        candidate = _taken(world, idea, tree, incumbent, report)
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


def _brief(world: World, idea: Idea, wave: int) -> Brief:
    state, config = world.state, world.config
    return Brief(
        idea=idea.id,
        text=implementer(state, config, idea),
        protected=tuple(sorted(world.store.matching(state.incumbent, config.scope.protect))),
        caps=left(state, config, idea.id, wave),
    )


def _worked(world: World, step: Propose, brief: Brief, report: AgentReport) -> AgentWorked:
    put = world.blobs.put
    run = AgentRun(
        agent=report.agent, version=report.version, role=brief.role, model=report.model,
        jail=report.jail, network=report.network, outcome=report.outcome, problem=report.problem,
        detail=report.detail, seconds=report.seconds, usage=report.usage, metered=report.metered,
        brief=put(brief.text.encode()), transcript=put(report.transcript.encode()),
        raw=put(report.raw) if report.raw else "",
    )  # fmt: skip
    return AgentWorked(at=world.clock.now(), idea=step.idea, wave=step.wave, run=run)


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
