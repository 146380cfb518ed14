"""A second look at a change that the judge would keep: it may ask for a person, nothing else."""

import json
import shutil
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

from whet.model.event import Event, VerdictGiven
from whet.plan.spending import exhausted, left
from whet.ports import Brief
from whet.report.escape import cut
from whet.steps.agent_work import worked
from whet.steps.brief import reviewer
from whet.steps.propose import prepare
from whet.steps.world import World

ANSWER = "whet-review.json"

_LARGEST = 16 * 1024
_LONGEST = 200


async def reviewed(given: VerdictGiven, world: World) -> AsyncIterator[Event]:
    """A verdict, held for a person where a reviewer asks for one.

    A reviewer that does not answer changes nothing: what is kept was kept by the judge.
    """
    experiment = world.state.experiments[given.experiment]
    wanted = world.config.agent.review and given.verdict.kind == "kept"
    spent_out = exhausted(world.state, world.config, experiment.wave) is not None
    if not wanted or spent_out or world.agent is None or experiment.started is None:
        yield given
        return
    idea = world.state.ideas[experiment.candidate.idea]
    tree = world.cache / "agents" / world.state.name / f"review-{experiment.id}"
    try:
        prepare(world, tree, experiment.started.commit)
        patch = world.blobs.get(experiment.candidate.patch).decode(errors="replace")
        written = reviewer(world.state, world.config, idea, patch, ANSWER, world.repo.root)
        caps = left(world.state, world.config, idea.id, experiment.wave)
        brief = Brief(idea=idea.id, text=written.text, role="reviewer", caps=caps)
        async with world.turns.agent():
            report = await world.agent.work(brief, tree)
        yield worked(world, brief, report, wave=experiment.wave, template=written.template)
        why = _asks(tree / ANSWER)
    finally:
        shutil.rmtree(tree, ignore_errors=True)
    if not why:
        yield given
        return
    held = f"a reviewer asks: {why}"
    verdict = replace(given.verdict, kind="inconclusive", code="review", reason=held, held=held)
    yield replace(given, at=world.clock.now(), verdict=verdict)


def _asks(path: Path) -> str:
    """Why a reviewer wants a person to look, or nothing."""
    if path.is_symlink() or not path.is_file():
        return ""
    try:
        found = json.loads(path.read_bytes()[:_LARGEST])
    except (ValueError, RecursionError):
        return ""
    if not isinstance(found, dict) or found.get("hold") is not True:
        return ""
    reason = found.get("reason")
    return (
        cut(reason, _LONGEST) if isinstance(reason, str) and reason.strip() else "no reason given"
    )
