"""The queue of ideas: what will be tried, in which order."""

from collections.abc import Sequence
from pathlib import Path

from whet.api.running import RunOptions, opening
from whet.api.workspace import open_campaign, repository
from whet.errors import UnknownId, UserError
from whet.model.event import IdeaAdded, IdeaDropped, IdeaReopened
from whet.model.idea import Idea
from whet.model.reading import IdeaMoved
from whet.plan.state import State
from whet.wiring import open_world


def add(
    start: Path, title: str, options: RunOptions, *, mechanism: str = "",
    predicted: tuple[float, float] | None = None, evidence: Sequence[str] = (),
) -> Idea:  # fmt: skip
    """Put an idea at the end of the queue; the campaign is begun if there is none.

    Raises:
        UserError: the title is empty.
        UnknownId: it cites evidence that is not there.
    """
    if not title.strip():
        raise UserError("an idea needs a title", hint='whet ideas add "fuse the two passes"')
    with open_world(repository(start), opening(repository(start), options)) as world:
        unknown = [name for name in evidence if name not in world.state.evidence]
        if unknown:
            raise UnknownId(f"there is no evidence {unknown[0]}", hint="whet ideas show I01")
        idea = Idea(
            id=f"I{len(world.state.ideas) + 1:02d}",
            title=title.strip(),
            mechanism=mechanism,
            predicted=predicted,
            evidence=tuple(evidence),
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


def state_of(start: Path, campaign: str = "") -> State:
    """The campaign with its queue, what was ruled out, and why."""
    return open_campaign(start, campaign).state


def find(state: State, name: str) -> Idea:
    """An idea by its id, `I7`, `i07` and `I07` being the same, or by its place in the queue.

    Raises:
        UnknownId: there is none.
    """
    if name.isdecimal() and 1 <= int(name) <= len(state.queue()):
        return state.queue()[int(name) - 1]
    digits = name[1:] if name[:1] in "Ii" else ""
    wanted = f"I{int(digits):02d}" if digits.isdecimal() else name
    if wanted not in state.ideas:
        raise UnknownId(f"there is no idea {name}", hint="whet ideas")
    return state.ideas[wanted]


def move(start: Path, name: str, place: int, options: RunOptions) -> tuple[Idea, int]:
    """Put an idea at a place in the queue, 1 being the next; returns where it is then.

    Raises:
        UnknownId: there is no such idea.
        UserError: it does not wait.
    """
    with open_world(repository(start), opening(repository(start), options)) as world:
        idea = find(world.state, name)
        _waits(world.state, idea)
        last = len(world.state.queue())
        to = max(1, min(place, last))
        world.record(IdeaMoved(at=world.clock.now(), idea=idea.id, place=to))
        return idea, to


def reopen(start: Path, name: str, reason: str, options: RunOptions) -> Idea:
    """Put an idea that was ruled out or dropped back into the queue, past all gates.

    Raises:
        UnknownId: there is no such idea.
        UserError: no reason is given, or it is in the queue.
    """
    if not reason.strip():
        raise UserError("say why: the reason is written into the ledger",
                        hint=f'whet ideas open {name} --reason "..."')  # fmt: skip
    with open_world(repository(start), opening(repository(start), options)) as world:
        idea = find(world.state, name)
        if not world.state.given_up(idea.id):
            raise UserError(f"{idea.id} was neither ruled out nor dropped", hint="whet ideas")
        world.record(IdeaReopened(at=world.clock.now(), idea=idea.id, reason=reason.strip()))
        return idea


def _waits(state: State, idea: Idea) -> None:
    if idea.id not in {waiting.id for waiting in state.queue()}:
        what = "was ruled out" if idea.id in state.ruled_out else "does not wait in the queue"
        hint = f'whet ideas open {idea.id} --reason "..."' if state.given_up(idea.id) else (
            "whet ideas")  # fmt: skip
        raise UserError(f"{idea.id} {what}", hint=hint)
