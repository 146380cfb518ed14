"""An idea to a candidate: a private tree, an agent in it, and what it left behind."""

import shutil
from collections.abc import AsyncIterator
from pathlib import Path

from whet.errors import NotReady
from whet.git.call import begin
from whet.model.event import Event, ExperimentOpened
from whet.model.idea import Candidate, Idea
from whet.plan.step import Propose
from whet.ports import AgentReport, Brief, Progress
from whet.space import blame_the_disk
from whet.steps import candidates
from whet.steps.brief import implementer
from whet.steps.world import World


async def propose(step: Propose, world: World) -> AsyncIterator[Event]:
    """Let the agent write a change for an idea and open its experiment."""
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
        _prepare(world, tree, incumbent)
        brief = Brief(idea=idea.id, text=implementer(world.state, world.config, idea))
        report = await world.agent.work(brief, tree)
        candidate = _taken(world, idea, tree, incumbent, report)
        if not candidate.commit:
            blame_the_disk(world.cache, report.transcript[-4096:])
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


def forget_trees(world: World) -> None:
    """Remove what a process that was killed left of its agents' trees."""
    shutil.rmtree(_trees(world), ignore_errors=True)


def _trees(world: World) -> Path:
    return world.cache / "agents" / world.state.name


def next_id(world: World) -> str:
    """The id of the next experiment: E01, E02 … never used twice."""
    return f"E{len(world.state.experiments) + 1:02d}"


def _prepare(world: World, tree: Path, commit: str) -> None:
    """The incumbent's files and a git repository of the agent's own, which nobody reads again."""
    shutil.rmtree(tree, ignore_errors=True)
    world.store.checkout(world.store.snapshot(commit), tree)
    begin(tree, "incumbent")


def _taken(world: World, idea: Idea, tree: Path, incumbent: str, report: AgentReport) -> Candidate:
    if report.outcome == "timeout":
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
