"""Driving a campaign, and judging changes that exist already."""

import difflib
import functools
import shlex
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import anyio

from whet.api.workspace import clean_base, configuration, repository, sealed
from whet.errors import ConfigError, NotReady, UserError
from whet.git.repo import Repo
from whet.ledger.underway import Board
from whet.model.config import Config, Notify
from whet.model.event import Event, ExperimentOpened, IdeaAdded, WaveOpened
from whet.model.idea import Candidate, Idea
from whet.plan.naming import usual_name
from whet.plan.ready import may_read
from whet.plan.state import State
from whet.plan.step import Stop
from whet.ports import Progress
from whet.steps import candidates
from whet.steps.brief import rehearse
from whet.steps.drive import Driver, Interrupt
from whet.steps.mirror import CURRENT, LEGACY
from whet.steps.notify import notify
from whet.steps.propose import next_id
from whet.steps.world import World
from whet.wiring import Opening, open_world


@dataclass(frozen=True, slots=True, kw_only=True)
class Watcher:
    """What a face wants to be told while a campaign runs."""

    opened: Callable[[State], None] = lambda _: None
    happened: Callable[[State, Event], None] = lambda _, __: None
    moved: Callable[[str, Progress], None] = lambda _, __: None
    interrupted: Callable[[Interrupt], None] = lambda _: None
    noticed: Callable[[str], None] = lambda _: None


@dataclass(frozen=True, slots=True, kw_only=True)
class Finished:
    """How a run of a campaign ended."""

    state: State
    stop: Stop
    config: Config
    """With the limits of this run."""
    folder: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class RunOptions:
    """What a command line may say about a run."""

    campaign: str = ""
    base: str = ""
    overrides: Mapping[str, str] = field(default_factory=dict)


def opening(repo: Repo, options: RunOptions, default_name: str = "") -> Opening:
    """The campaign that these options mean.

    Raises:
        ConfigError: whet.toml is not as it must be.
        NotReady: the work tree has changes, or there is no commit.
    """
    loaded = configuration(repo, options.overrides)
    told, config = loaded.config.notify, replace(loaded.config, notify=Notify())
    origin = loaded.origins["notify.command"]
    if told.command and origin in ("whet.toml", "pyproject.toml"):
        raise ConfigError(
            f"[notify] `command` is in {origin}: it runs outside the jail, so no repository may "
            "name it",
            hint="write it to ~/.config/whet/config.toml, or: "
            "`export WHET_NOTIFY_COMMAND='jq -r .title'`",
        )
    ref = options.base or config.campaign.base
    mirrored = (CURRENT, LEGACY) if config.compat.mirror_log else ()
    base = clean_base(repo, ref, explicit=bool(options.base), own=mirrored)
    name = options.campaign or config.campaign.name or default_name or usual_name(config)
    return Opening(name=name, base=base, config=sealed(repo, config, base), notify=told)


def run(start: Path, options: RunOptions, watcher: Watcher | None = None) -> Finished:
    """Start a campaign or go on with it, until a limit, the end of the queue or Ctrl-C.

    Raises:
        NotReady: the target, the tree or the machine is not fit, or another run holds it.
        Interrupted: a signal stopped it; the state is saved.
    """
    repo = repository(start)
    begun = opening(repo, options)

    def fit(state: State) -> None:
        _something_to_do(state, begun.config)

    return drive(repo, begun, watcher or Watcher(), _briefs_are_fine, fit=fit)


def _briefs_are_fine(world: World) -> None:
    if world.agent is not None:
        rehearse(world.state, world.config, world.repo.root)


def try_changes(
    start: Path,
    changes: Sequence[str],
    options: RunOptions,
    *,
    stack: bool = False,
    watcher: Watcher | None = None,
) -> Finished:
    """Judge changes that exist already, one experiment each.

    Args:
        start: a folder in the repository.
        changes: patch files, or refs whose difference from the base is taken.
        options: campaign, base and configuration.
        stack: what is kept joins the stack and later changes are judged on top of it; else each
            is judged alone against the base.
        watcher: is told what happens.

    Raises:
        UserError: a change is neither a file nor a ref.
    """
    repo = repository(start)
    found = [_read_change(repo, start, change) for change in changes]
    begun = opening(repo, options, default_name="try")
    for change in found:
        if change.commit == begun.base:
            raise UserError(f"`{change.title}` is the base: it changes nothing",
                            hint="git log --oneline --all")  # fmt: skip
    if not options.campaign:
        begun = replace(begun, name=f"try-{begun.base[:7]}{'-stack' if stack else ''}")

    def prepare(world: World) -> None:
        _open_wave(world, found, alone=not stack)

    return drive(repo, begun, watcher or Watcher(), prepare, waves=False)


@dataclass(frozen=True, slots=True)
class _Change:
    title: str
    patch: bytes | None
    commit: str


def _read_change(repo: Repo, start: Path, text: str) -> _Change:
    path = start / text
    if path.is_file():
        data = path.read_bytes()
        if not data.strip():
            raise UserError(f"{text} is empty", hint="git diff > change.patch")
        if b"diff --git" not in data and b"\n+++ " not in b"\n" + data:
            raise UserError(f"{text} is not a patch", hint="git diff > change.patch")
        return _Change(path.stem, data, "")
    if repo.is_commit(text):
        return _Change(text, None, repo.resolve(text))
    near = difflib.get_close_matches(path.name, _names(path.parent), 1)
    hint = (
        f"whet try {shlex.quote(str(Path(text).parent / near[0]))}" if near else "git branch --all"
    )
    raise UserError(f"`{text}` is neither a patch file nor a ref", hint=hint)


def _names(folder: Path) -> list[str]:
    return [entry.name for entry in folder.iterdir()] if folder.is_dir() else []


def _open_wave(world: World, changes: Sequence[_Change], *, alone: bool) -> None:
    state, now = world.state, world.clock.now()
    wave = len(state.waves) + 1
    opened = _not_waiting(world, changes, alone=alone)
    if not opened:
        return  # all of it was asked for before, and is judged now
    for idea, _ in opened:
        world.record(IdeaAdded(at=now, idea=idea))
    world.record(WaveOpened(at=now, wave=wave, ideas=tuple(idea.id for idea, _ in opened)))
    for _, made in opened:
        name = next_id(world)
        if made.commit:
            candidates.publish(world, name, made.commit)
        world.record(
            ExperimentOpened(at=now, experiment=name, wave=wave, candidate=made, alone=alone)
        )


def _not_waiting(
    world: World, changes: Sequence[_Change], *, alone: bool
) -> list[tuple[Idea, Candidate]]:
    """The changes without those that an interrupted run has left unjudged."""
    state = world.state
    waiting = {
        one.candidate.patch
        for one in state.experiments.values()
        if one.verdict is None and one.alone == alone
    }
    new: list[tuple[Idea, Candidate]] = []
    for change in changes:
        number = len(state.ideas) + len(new) + 1
        idea = Idea(id=f"I{number:02d}", title=change.title, source="try")
        made = _candidate(world, idea.id, change)
        if not made.patch or made.patch not in waiting:
            new.append((idea, made))
    return new


def _candidate(world: World, idea: str, change: _Change) -> Candidate:
    base = world.state.base
    if change.patch is not None:
        return candidates.from_patch(world, idea, change.patch, base, "user")
    fork = world.store.merge_base(base, change.commit)
    patch = world.store.diff(fork, change.commit)
    if not patch:
        return Candidate(idea=idea, commit="", parent=base, problem="no file was changed")
    return candidates.from_patch(world, idea, patch, base, "user")


def drive(
    repo: Repo,
    begun: Opening,
    watcher: Watcher,
    prepare: Callable[[World], None],
    *,
    waves: bool = True,
    fit: Callable[[State], None] = lambda _: None,
    patience: float = 0.0,
    turn: bool = False,
) -> Finished:
    """Open a campaign, let `prepare` add to it, and drive it; without waves, only what is open.

    With `patience` no agent is asked, and so many seconds are waited for what is submitted. With
    `turn` it opens one wave at most.
    """

    def opened(world: World) -> None:
        world.told.append(lambda event: watcher.happened(world.state, event))
        world.moved.append(watcher.moved)
        tell = functools.partial(notify, begun.notify, repo.root, world.state, watcher.noticed)
        world.told.append(tell)
        watcher.opened(world.state)
        if world.ledger.repaired:
            watcher.noticed("The last line of the ledger was never written whole: it was removed")

    with open_world(repo, begun, fit=fit, opened=opened) as world, _board(world):
        prepare(world)
        driver = Driver(world, watcher.interrupted, waves=waves, patience=patience, turn=turn)
        stop = anyio.run(driver.run)
        folder = world.ledger.folder
        return Finished(state=world.state, stop=stop, config=world.config, folder=folder)


@contextmanager
def _board(world: World) -> Iterator[None]:
    """Tell other processes what is under way, as long as this one works."""
    board = Board(world.ledger.folder)
    world.told.append(board.happened)
    world.moved.append(board.moved)
    try:
        yield
    finally:
        board.wipe()


def _something_to_do(state: State, config: Config) -> None:
    waiting = state.wave is not None or state.queue() or state.stack_changed
    if (
        not waiting
        and not may_read(state, config)
        and all(e.verdict is not None for e in state.experiments.values())
    ):
        raise NotReady(
            "the queue of ideas is empty",
            hint="add one: `whet ideas add 'what to try'`, or judge a change: `whet try my.patch`",
        )
