"""What persons want agents to be told, and what an agent did, as events."""

from whet.model.agent import AgentRun
from whet.model.event import AgentWorked, PersonNoted
from whet.places import INBOX
from whet.ports import AgentReport, Brief
from whet.steps.world import World


def worked(
    world: World, brief: Brief, report: AgentReport, *, wave: int, template: str = ""
) -> AgentWorked:
    """The event of one run; its brief, its transcript and its output are kept as blobs."""
    put = world.blobs.put
    run = AgentRun(
        agent=report.agent, version=report.version, role=brief.role, model=report.model,
        jail=report.jail, network=report.network, outcome=report.outcome, problem=report.problem,
        detail=report.detail, seconds=report.seconds, usage=report.usage, metered=report.metered,
        template=template, brief=put(brief.text.encode()),
        transcript=put(report.transcript.encode()), raw=put(report.raw) if report.raw else "",
    )  # fmt: skip
    idea = brief.idea if brief.idea in world.state.ideas else ""
    return AgentWorked(at=world.clock.now(), idea=idea, wave=wave, run=run)


def hear_notes(world: World) -> None:
    """Record what persons have left in the campaign's inbox, in the order they left it."""
    for path in sorted((world.ledger.folder / INBOX).glob("*.txt")):
        text = path.read_text(encoding="utf-8", errors="replace")
        world.record(PersonNoted(at=world.clock.now(), text=text))
        path.unlink()
