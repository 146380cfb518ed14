"""After a wave: what it has shown, what is ruled out by it, and where to look next."""

from collections.abc import AsyncIterator, Collection

import anyio.to_thread

from whet.model.event import Event
from whet.model.reading import ReaderFinished, WaveAnalysed
from whet.plan.intake import sorted_out
from whet.plan.ready import dry_waves
from whet.plan.step import Analyse
from whet.steps.gather import Asked, Terms, ask, inquiry, record
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
    state, wave = world.state, world.state.waves[step.wave]
    remarks: list[str] = []
    before = len(state.ruled_out)
    if wave.kept:
        done = {one.reader for one in state.readings}
        async for event in _read(world, [n for n in _MEASURING if n in done], remarks):
            yield event
    fresh = _elsewhere(world) if dry_waves(state) else ()
    async for event in _read(world, fresh, remarks):
        yield event
    for event in sorted_out(state, world.clock.now(), f"ranked after wave {step.wave}"):
        yield event
    wish = _wish(world)
    if world.agent is not None and wish:
        thought = await think(world, wish)
        for event in proposed(state, thought.ideas, world.clock.now()):
            yield event
        for event in sorted_out(state, world.clock.now(), "ranked with the agent's ideas"):
            yield event
        remarks.append(f"the agent proposed {len(thought.ideas)}: {wish}")
    gone = len(state.ruled_out) - before
    if gone:
        remarks.append(f"{gone} ruled out")
    yield WaveAnalysed(
        at=world.clock.now(), wave=step.wave, remarks=tuple(remarks), asked=tuple(fresh)
    )


def _elsewhere(world: World) -> tuple[str, ...]:
    """Kinds of sources that were not asked yet: the ones that were have not helped."""
    done = {one.reader for one in world.state.readings}
    return tuple(name for name in world.config.research.sources if name not in done)[:_PIVOTS]


def _wish(world: World) -> str:
    """What the agent is asked for, if there is a reason to ask."""
    state = world.state
    if not state.evidence:
        return ""
    dry = dry_waves(state)
    if dry:
        spent = sorted({world.state.ideas[n].technique for w in state.waves.values()
                        for n in w.ideas if n in state.ideas} - {""})  # fmt: skip
        other = f" other than {', '.join(spent)}" if spent else ""
        return f"{dry} wave{'s' * (dry > 1)} kept nothing; look for another mechanism{other}."
    if len(state.queue()) < world.config.run.ideas_per_wave:
        return "build on what was kept; the profile is the new one."
    return ""


async def _read(world: World, names: Collection[str], remarks: list[str]) -> AsyncIterator[Event]:
    terms = Terms(offline=world.config.research.offline)
    last = world.state.readings[-1] if world.state.readings else None
    if last is not None:  # an evaluation stays blind for its whole life
        terms = Terms(as_of=last.as_of, exclude=last.exclude, offline=terms.offline or last.offline)
    for reader in world.ask(names, terms.offline):
        about = inquiry(world.state, world.config, world.blobs, world.repo.root, terms)
        asked: Asked = await anyio.to_thread.run_sync(ask, reader, about)
        before = (len(world.state.evidence), len(world.state.ideas))
        for event in record(world.state, asked, world.clock.now()):
            yield event
        found = len(world.state.evidence) - before[0]
        remarks.append(f"{reader.name} read again: {found} new")
        lines = world.told_readers()
        yield ReaderFinished(
            at=world.clock.now(), reader=reader.name, evidence=found,
            ideas=len(world.state.ideas) - before[1], effort=asked.findings.effort,
            problems=asked.findings.problems, as_of=terms.as_of, exclude=terms.exclude,
            offline=terms.offline, research=world.config.research,
            journal=world.blobs.put(lines) if lines else "",
        )  # fmt: skip
