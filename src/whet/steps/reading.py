"""Asking readers while a campaign runs. What goes wrong with one of them never ends the run."""

from collections.abc import AsyncIterator, Collection, Iterator
from typing import Literal

import anyio
import anyio.from_thread
import anyio.to_thread

from whet.child import kill_below
from whet.ledger.library import Library
from whet.model.event import Event
from whet.model.reading import ReaderFinished
from whet.model.research import Errand
from whet.places import research_folder
from whet.plan.step import Read
from whet.ports import Progress, Reader
from whet.report.escape import cut
from whet.steps.gather import Asked, Terms, ask, inquiry, record
from whet.steps.world import World

During = Literal["research", "run"]

DOING = "research:"
"""Begins the name of what a reader does, for whoever watches."""


async def read(step: Read, world: World) -> AsyncIterator[Event]:
    """Let one reader look, and record what it found."""
    async for event in again(world, (step.reader,)):
        yield event


async def again(world: World, names: Collection[str]) -> AsyncIterator[Event]:
    """Let readers look, under the terms that held for those before them."""
    terms = terms_of(world)
    for reader in world.ask(names, terms.offline):
        asked = await _in_a_thread(world, reader, terms)
        for event in told(world, reader.name, asked, terms, during="run"):
            yield event
        Library(research_folder(world.repo.root)).add(asked.findings.documents)


def terms_of(world: World) -> Terms:
    """What holds for the next reading: an evaluation stays blind for its whole life."""
    offline = world.config.research.offline
    last = world.state.readings[-1] if world.state.readings else None
    if last is None:
        return Terms(offline=offline)
    return Terms(as_of=last.as_of, exclude=last.exclude, offline=offline or last.offline)


def told(world: World, name: str, asked: Asked, terms: Terms, *, during: During) -> Iterator[Event]:
    """The events of what a reader said; each is to be recorded before the next is asked for."""
    state = world.state
    before = (len(state.evidence), len(state.ideas))
    yield from record(state, asked, world.clock.now())
    lines = world.told_readers()
    yield ReaderFinished(
        at=world.clock.now(), reader=name, evidence=len(state.evidence) - before[0],
        ideas=len(state.ideas) - before[1], effort=asked.findings.effort,
        problems=asked.findings.problems, as_of=terms.as_of, exclude=terms.exclude,
        offline=terms.offline, research=world.config.research,
        journal=world.blobs.put(lines) if lines else "", during=during,
    )  # fmt: skip


async def _in_a_thread(world: World, reader: Reader, terms: Terms) -> Asked:
    """What a reader says; when the run is stopped, what it had measured for it is killed."""
    about = inquiry(world.state, world.config, world.blobs, world.repo.root, terms)
    name = DOING + reader.name

    def moving(errand: Errand) -> None:
        progress = Progress(stage=cut(errand.what, 60))
        anyio.from_thread.run_sync(world.moving, name, progress)

    async def end_with_the_run() -> None:
        try:
            await anyio.sleep_forever()
        finally:
            if asked is None:  # a thread cannot be stopped, but what it waits for can
                kill_below(world.label)

    asked: Asked | None = None
    world.moving(name, Progress(stage="read"))
    async with anyio.create_task_group() as group:
        group.start_soon(end_with_the_run)
        asked = await anyio.to_thread.run_sync(ask, reader, about, moving)
        group.cancel_scope.cancel()
    assert asked is not None
    return asked
