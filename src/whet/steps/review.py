"""A second look at a change that the judge would keep: it may ask for a person, nothing else."""

import json
import shutil
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from whet.model.event import Event, VerdictGiven
from whet.model.verdict import Gate
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

    A reviewer that does not answer, or cannot be asked any more, changes nothing: what is kept was
    kept by the judge. A gate of the verdict says so.
    """
    experiment = world.state.experiments[given.experiment]
    wanted = world.config.agent.review and given.verdict.kind == "kept"
    if not wanted or experiment.started is None:
        yield given
        return
    spent_out = exhausted(world.state, world.config, experiment.wave)
    if world.agent is None or spent_out is not None:
        why = "there is no agent" if spent_out is None else spent_out.reason
        yield _with(given, Gate(name="Review", ok=None, detail=f"nobody was asked: {why}"))
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
        gate = _looked(tree / ANSWER)
    finally:
        shutil.rmtree(tree, ignore_errors=True)
    given = _with(replace(given, at=world.clock.now()), gate)
    if gate.ok is False:
        held = f"a reviewer asks: {gate.detail}"
        verdict = replace(given.verdict, kind="inconclusive", code="review", reason=held, held=held)
        given = replace(given, verdict=verdict)
    yield given


def _with(given: VerdictGiven, gate: Gate) -> VerdictGiven:
    return replace(given, verdict=replace(given.verdict, gates=(*given.verdict.gates, gate)))


def _looked(path: Path) -> Gate:
    """What a reviewer found: a failed gate holds the change for a person."""
    found = _read(path)
    if found is None or not isinstance(found.get("hold"), bool):
        return Gate(name="Review", ok=None, detail="the reviewer gave no answer")
    if not found["hold"]:
        return Gate(name="Review", ok=True, detail="nothing that a person must look at")
    reason = found.get("reason")
    told = reason if isinstance(reason, str) and reason.strip() else "no reason given"
    return Gate(name="Review", ok=False, detail=cut(told, _LONGEST))


def _read(path: Path) -> dict[str, Any] | None:
    if path.is_symlink() or not path.is_file():
        return None
    try:
        found = json.loads(path.read_bytes()[:_LARGEST])
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None
