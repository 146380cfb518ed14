"""The queue of ideas: what will be tried, in which order."""

from pathlib import Path

from whet.api.running import RunOptions, opening
from whet.api.workspace import open_campaign, repository
from whet.errors import UnknownId, UserError
from whet.model.event import IdeaAdded, IdeaDropped
from whet.model.idea import Idea
from whet.wiring import open_world


def add(
    start: Path, title: str, options: RunOptions, *, mechanism: str = "",
    predicted: tuple[float, float] | None = None,
) -> Idea:  # fmt: skip
    """Put an idea at the end of the queue; the campaign is begun if there is none.

    Raises:
        UserError: the title is empty.
    """
    if not title.strip():
        raise UserError("an idea needs a title", hint='whet ideas add "fuse the two passes"')
    with open_world(repository(start), opening(repository(start), options)) as world:
        idea = Idea(
            id=f"I{len(world.state.ideas) + 1:02d}",
            title=title.strip(),
            mechanism=mechanism,
            predicted=predicted,
        )
        world.record(IdeaAdded(at=world.clock.now(), idea=idea))
        return idea


def queue(start: Path, campaign: str = "") -> tuple[Idea, ...]:
    """Ideas that wait for a wave, the next one first."""
    return open_campaign(start, campaign).state.queue()


def drop(start: Path, name: str, reason: str, options: RunOptions) -> Idea:
    """Take an idea out of the queue.

    Raises:
        UnknownId: it is not in the queue.
    """
    with open_world(repository(start), opening(repository(start), options)) as world:
        found = next((i for i in world.state.queue() if i.id.lower() == name.lower()), None)
        if found is None:
            raise UnknownId(f"no idea {name} waits in the queue", hint="whet ideas")
        world.record(
            IdeaDropped(at=world.clock.now(), idea=found.id, reason=reason or "dropped by a person")
        )
        return found
