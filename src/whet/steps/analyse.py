"""After a wave: what it has shown, what is ruled out by it, and where to look next."""

from collections.abc import AsyncIterator, Collection, Sequence

from whet.model.event import Event
from whet.model.reading import IdeasOrdered, ReaderFinished, WaveAnalysed
from whet.plan.intake import sorted_out
from whet.plan.ready import dry_waves
from whet.plan.spending import exhausted
from whet.plan.state import State
from whet.plan.step import Analyse
from whet.ports import Progress
from whet.report.escape import cut
from whet.steps.reading import DOING, again
from whet.steps.researcher import proposed, think
from whet.steps.world import World

_MEASURING = ("profile", "roofline")
_PIVOTS = 2
"""Readers that are asked anew after a wave that kept nothing."""


async def analyse(step: Analyse, world: World) -> AsyncIterator[Event]:
    """Profile again if something was kept, ask elsewhere if nothing was, rule out and rank.

    Raises:
        InfraError: this machine failed.
    """
    state = world.state
    wave = state.waves.get(step.wave)
    remarks: list[str] = []
    before = len(state.ruled_out)
    if wave is not None and wave.kept:
        done = {one.reader for one in state.readings}
        async for event in _read(world, [n for n in _MEASURING if n in done], remarks):
            yield event
    fresh = _elsewhere(world) if dry_waves(state) else ()
    async for event in _read(world, fresh, remarks):
        yield event
    after = f"after wave {step.wave}" if step.wave else "after research"
    for event in sorted_out(state, world.clock.now(), f"ranked {after}"):
        yield event
    wish = _wish(world)
    if world.agent is not None and wish is not None:
        async for event in _thought(world, wish, remarks):
            yield event
    gone = len(state.ruled_out) - before
    if gone:
        remarks.append(f"{gone} ruled out")
    yield WaveAnalysed(
        at=world.clock.now(), wave=step.wave, remarks=tuple(remarks), asked=tuple(fresh)
    )


async def _thought(world: World, wish: str, remarks: list[str]) -> AsyncIterator[Event]:
    """The analyst's turn: its ideas pass the same gates, its order is that of what they let by."""
    state = world.state
    world.moving(f"{DOING}agent", Progress(stage="write"))
    thought = await think(world, wish)
    for event in proposed(state, thought.ideas, world.clock.now()):
        yield event
    for event in sorted_out(state, world.clock.now(), "ranked with the agent's ideas"):
        yield event
    if thought.order:
        yield _reordered(state, thought.order, world.clock.now())
    if thought.lesson:
        remarks.append(f"the agent says: {thought.lesson}")
    asked_for = f": {wish}" if wish else ""
    remarks.append(f"the agent proposed {len(thought.ideas)}{asked_for}")
    if thought.problems and not thought.ideas:
        remarks.append(f"its answer was refused: {cut(thought.problems[0], 120)}")


def _reordered(state: State, order: Sequence[str], at: float) -> IdeasOrdered:
    """The queue as an analyst wants it; places that a person has given stay."""
    rest = [idea.id for idea in state.queue() if idea.id not in order]
    return IdeasOrdered(at=at, ideas=(*order, *rest), reason="ranked by the analyst")


def _elsewhere(world: World) -> tuple[str, ...]:
    """Kinds of sources that were not asked yet: the ones that were have not helped."""
    done = {one.reader for one in world.state.readings}
    return tuple(name for name in world.config.research.sources if name not in done)[:_PIVOTS]


def _wish(world: World) -> str | None:
    """What the agent is asked for, if there is a reason to ask."""
    state = world.state
    from_code = not world.config.research.require_source
    if not (state.evidence or from_code) or exhausted(state, world.config, 0) is not None:
        return None
    if not state.waves:
        return ""
    dry = dry_waves(state)
    if dry:
        spent = sorted({world.state.ideas[n].technique for w in state.waves.values()
                        for n in w.ideas if n in state.ideas} - {""})  # fmt: skip
        other = f" other than {', '.join(spent)}" if spent else ""
        return f"{dry} wave{'s' * (dry > 1)} kept nothing; look for another mechanism{other}."
    if len(state.queue()) < world.config.run.ideas_per_wave:
        return "build on what was kept; the profile is the new one."
    return None


async def _read(world: World, names: Collection[str], remarks: list[str]) -> AsyncIterator[Event]:
    async for event in again(world, names):
        if isinstance(event, ReaderFinished):
            remarks.append(f"{event.reader} read again: {event.evidence} new")
        yield event
