"""The queue of ideas: what will be tried, in which order."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from whet.api.asking import ask
from whet.api.running import RunOptions
from whet.api.workspace import open_campaign
from whet.errors import UnknownId, UserError
from whet.model.idea import Idea
from whet.model.request import AddIdea, DropIdea, MoveIdea, ReopenIdea
from whet.plan.state import State


def add(
    start: Path, title: str, options: RunOptions, *, mechanism: str = "",
    predicted: tuple[float, float] | None = None, evidence: Sequence[str] = (),
    source: str = "user",
) -> Idea:  # fmt: skip
    """Put an idea at the end of the queue; the campaign is begun if there is none.

    Raises:
        UserError: the title is empty.
        UnknownId: it cites evidence that is not there.
    """
    if not title.strip():
        raise UserError("an idea needs a title", hint='whet ideas add "fuse the two passes"')
    idea = Idea(id="", title=title.strip(), mechanism=mechanism, predicted=predicted,
                evidence=tuple(evidence), source=source)  # fmt: skip
    said = ask(start, AddIdea(idea=idea), options)
    return replace(idea, id=said.idea)


def queue(start: Path, campaign: str = "") -> tuple[Idea, ...]:
    """Ideas that wait for a wave, the next one first."""
    return open_campaign(start, campaign).state.queue()


def drop(start: Path, name: str, reason: str, options: RunOptions) -> Idea:
    """Take an idea out of the queue.

    Raises:
        UnknownId: it is not in the queue.
    """
    wanted = _id(name)
    said = ask(start, DropIdea(idea=wanted, reason=reason or "dropped by a person"), options)
    return find(state_of(start, said.campaign), said.idea)


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
    wanted = _id(name)
    if wanted not in state.ideas:
        raise UnknownId(f"there is no idea {name}", hint="whet ideas")
    return state.ideas[wanted]


def move(start: Path, name: str, place: int, options: RunOptions) -> tuple[Idea, int]:
    """Put an idea at a place in the queue, 1 being the next; returns where it is then.

    Raises:
        UnknownId: there is no such idea.
        UserError: it does not wait.
    """
    said = ask(start, MoveIdea(idea=_named(start, name, options), place=place), options)
    return find(state_of(start, said.campaign), said.idea), said.place


def reopen(start: Path, name: str, reason: str, options: RunOptions) -> Idea:
    """Put an idea that was ruled out or dropped back into the queue, past all gates.

    Raises:
        UnknownId: there is no such idea.
        UserError: no reason is given, or it is in the queue.
    """
    if not reason.strip():
        raise UserError("say why: the reason is written into the ledger",
                        hint=f'whet ideas open {name} --reason "..."')  # fmt: skip
    request = ReopenIdea(idea=_named(start, name, options), reason=reason.strip())
    said = ask(start, request, options)
    return find(state_of(start, said.campaign), said.idea)


def _named(start: Path, name: str, options: RunOptions) -> str:
    """The id that a name means, if it can be said already."""
    if not name.isdecimal():
        return _id(name)
    return find(state_of(start, options.campaign), name).id


def _id(name: str) -> str:
    digits = name[1:] if name[:1] in "Ii" else ""
    return f"I{int(digits):02d}" if digits.isdecimal() else name
