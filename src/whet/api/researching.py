"""Research: what readers would do, what they found, and a reading that is repeated."""

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import anyio

from whet.api.running import RunOptions, opening
from whet.api.workspace import open_campaign, repository
from whet.errors import InfraError, NotReady, UserError
from whet.ledger import log
from whet.ledger.blobs import Blobs
from whet.ledger.library import Library
from whet.model import event as happened
from whet.model import reading
from whet.model.config import READERS, Config
from whet.model.event import Event
from whet.model.reading import ReaderFinished
from whet.model.research import Errand
from whet.places import campaign_folder, research_folder
from whet.plan.intake import sorted_out
from whet.plan.replay import apply, replay
from whet.plan.state import State
from whet.ports import Reader
from whet.readers import answers
from whet.readers.door import Mode
from whet.report.jsonable import jsonable
from whet.steps.gather import Asked, Basket, Terms, ask, inquiry, record
from whet.steps.reading import told
from whet.steps.researcher import Thought, proposed, think
from whet.steps.world import World
from whet.wiring import Readers, open_readers, open_world

MEASURED = ("profile", "roofline")
"""Readers that run the target: what they find is measured anew, and cannot be told again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ResearchOptions:
    """What a command line may say about a reading."""

    sources: tuple[str, ...] = ()
    """Readers to ask, instead of those of the configuration."""
    terms: Terms = Terms()
    agent: bool = True
    """Whether the agent, where there is one, is asked for ideas."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """What one reader would do."""

    reader: str
    errands: tuple[Errand, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Moving:
    """What a face wants to be told meanwhile."""

    asked: Callable[[str, Errand], None] = lambda _, __: None
    finished: Callable[[ReaderFinished, tuple[Errand, ...]], None] = lambda _, __: None
    thinking: Callable[[int], None] = lambda _: None


@dataclass(frozen=True, slots=True, kw_only=True)
class Researched:
    """What a reading brought, and the campaign after it."""

    state: State
    finished: tuple[ReaderFinished, ...]
    thought: int
    """Ideas that the agent had."""
    refused: tuple[str, ...]
    """What was wrong with its answer."""
    documents: int
    """New ones that can be searched."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Repeated:
    """A reading that was repeated from what is stored."""

    reader: str
    outcome: str
    """same, differs or measured."""
    evidence: int
    differences: tuple[str, ...] = ()


def plan(start: Path, run: RunOptions, options: ResearchOptions) -> tuple[Planned, ...]:
    """What each reader would do and what that takes at most; nothing is read or written.

    Raises:
        UserError: a reader that is asked for does not exist.
    """
    repo = repository(start)
    begun = opening(repo, run)
    folder = campaign_folder(repo.root, begun.name)
    state = replay(log.read(folder)) if log.exists(folder) else State(base=begun.base)
    terms = _terms(options, begun.config)
    with _readers(repo.root, begun.config, options, terms) as (readers, chosen):
        del readers
        about = inquiry(state, begun.config, Basket(), repo.root, terms)
        return tuple(
            Planned(reader=one.name, errands=_offline(one.plan(about), terms)) for one in chosen
        )


def research(
    start: Path, run: RunOptions, options: ResearchOptions, moving: Moving | None = None
) -> Researched:
    """Ask the readers, record what they find, rule out and rank; the campaign begins if needed.

    Raises:
        UserError: a reader that is asked for does not exist.
        InfraError: nothing at all could be read.
    """
    repo = repository(start)
    begun = opening(repo, run)
    terms = _terms(options, begun.config)
    moving = moving or Moving()
    wanted = names(options, begun.config)
    with open_world(repo, begun) as world:
        library = Library(research_folder(repo.root))
        finished, documents = [], 0
        for reader in world.ask(wanted, terms.offline):
            done, asked = _one(world, reader, terms, moving)
            documents += library.add(asked.findings.documents)
            finished.append(done)
            moving.finished(done, asked.errands)
        _nothing_read(finished)
        _record(world, sorted_out(world.state, world.clock.now(), "ranked after research"))
        thought = _thought(world, options, moving)
        return Researched(
            state=world.state, finished=tuple(finished), thought=len(thought.ideas),
            refused=thought.problems, documents=documents,
        )  # fmt: skip


def repeat(start: Path, campaign: str = "") -> tuple[Repeated, ...]:
    """Repeat every recorded reading from what is stored, with no socket, and compare.

    Raises:
        NotReady: nothing was read yet.
    """
    found = open_campaign(start, campaign)
    events = log.read(found.folder)
    readings = [event for event in events if isinstance(event, ReaderFinished)]
    if not readings:
        raise NotReady("nothing was read in this campaign yet", hint="whet research")
    blobs = Blobs(found.folder / "blobs")
    state, since, repeated = State(), list[Event](), []
    before = State()
    for number, event in enumerate(events):
        if isinstance(event, ReaderFinished):
            before = replay(events[: number - len(since)])
            repeated.append(_again(found.repo.root, before, event, since, blobs))
        is_reading = isinstance(event, _BROUGHT)
        since = [*since, event] if is_reading else []
        apply(state, event)
    return tuple(repeated)


_BROUGHT = (
    happened.EvidenceFound, happened.IdeaAdded, reading.IdeaRevised, happened.IdeaRuledOut,
)  # fmt: skip


def _again(
    root: Path, state: State, reading: ReaderFinished, brought: Sequence[Event], blobs: Blobs
) -> Repeated:
    count = sum(isinstance(event, happened.EvidenceFound) for event in brought)
    if reading.reader in MEASURED:
        return Repeated(reader=reading.reader, outcome="measured", evidence=count)
    assert state.config is not None
    config = replace(state.config, research=reading.research or state.config.research)
    lines = answers.read(blobs.get(reading.journal)) if reading.journal else ()
    recorded = {line.key: line for line in lines}
    terms = Terms(as_of=reading.as_of, exclude=reading.exclude, offline=True,
                  until=reading.at)  # fmt: skip
    repo = repository(root)
    with open_readers(repo, config, "replay", mode="replay", recorded=recorded) as readers:
        (reader,) = readers.named((reading.reader,))
        asked = ask(reader, inquiry(state, config, Basket(blobs), root, terms))
    now: list[Event] = []
    for event in record(state, asked, 0.0):
        apply(state, event)
        now.append(event)
    differences = _differences(_plain(brought), _plain(now))
    outcome = "differs" if differences else "same"
    return Repeated(reader=reading.reader, outcome=outcome, evidence=count, differences=differences)


def _plain(events: Sequence[Event]) -> list[str]:
    """Events as text, without their times."""
    return [json.dumps(jsonable(replace(event, at=0.0)), sort_keys=True) for event in events]


def _differences(recorded: list[str], now: list[str]) -> tuple[str, ...]:
    gone = [f"recorded, not found again: {text[:160]}" for text in recorded if text not in now]
    new = [f"found now, not recorded: {text[:160]}" for text in now if text not in recorded]
    moved = [] if gone or new or recorded == now else ["the order is another one"]
    return (*gone, *new, *moved)


def names(options: ResearchOptions, config: Config) -> tuple[str, ...]:
    """The readers that are asked.

    Raises:
        UserError: one of them does not exist.
    """
    wanted = options.sources or config.research.sources
    for name in wanted:
        if name not in READERS:
            raise UserError(
                f"there is no reader `{name}`", hint=f"whet research --sources {','.join(READERS)}"
            )
    return wanted


@contextmanager
def _readers(
    root: Path, config: Config, options: ResearchOptions, terms: Terms
) -> Iterator[tuple[Readers, tuple[Reader, ...]]]:
    wanted = names(options, config)
    mode: Mode = "offline" if terms.offline else "live"
    with open_readers(repository(root), config, "research", mode=mode) as readers:
        yield readers, readers.named(wanted)


def _one(
    world: World, reader: Reader, terms: Terms, moving: Moving
) -> tuple[ReaderFinished, Asked]:
    about = inquiry(world.state, world.config, world.blobs, world.repo.root, terms)
    asked = ask(reader, about, lambda errand: moving.asked(reader.name, errand))
    _record(world, told(world, reader.name, asked, terms, during="research"))
    return world.state.readings[-1], asked


def _record(world: World, events: Iterator[Event]) -> None:
    for event in events:
        world.record(event)


def _thought(world: World, options: ResearchOptions, moving: Moving) -> Thought:
    if world.agent is None or not options.agent or not world.state.evidence:
        return Thought()
    moving.thinking(len(world.state.evidence))
    thought = anyio.run(think, world, "")
    _record(world, proposed(world.state, thought.ideas, world.clock.now()))
    _record(world, sorted_out(world.state, world.clock.now(), "ranked with the agent's ideas"))
    return thought


def _nothing_read(finished: Sequence[ReaderFinished]) -> None:
    """Raises when every reader that was asked has failed at everything."""
    problems = [problem for one in finished for problem in one.problems]
    brought = any(one.evidence or one.effort.megabytes or not one.problems for one in finished)
    if problems and not brought:
        raise InfraError(
            "nothing could be read", hint="whet research --offline", details=problems[:12]
        )


def _terms(options: ResearchOptions, config: Config) -> Terms:
    return replace(options.terms, offline=options.terms.offline or config.research.offline)


def _offline(errands: tuple[Errand, ...], terms: Terms) -> tuple[Errand, ...]:
    """Errands to a network cost nothing where there is none."""
    if not terms.offline:
        return errands
    return tuple(
        replace(one, effort=replace(one.effort, requests=0), what=f"{one.what} (from the cache)")
        if one.effort.requests else one
        for one in errands
    )  # fmt: skip
