"""Names to adapters: the only file that knows the concrete ones."""

import functools
import importlib
import json
import os
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from types import MappingProxyType

from whet import sandbox
from whet.agents.choosing import choose
from whet.agents.desk import desk
from whet.child import kill_below
from whet.clock import SystemClock
from whet.errors import NotReady
from whet.executors.local import LocalExecutor
from whet.executors.routing import Routing
from whet.git.repo import Repo, unlock
from whet.git.store import Store, open_store
from whet.ledger import log, mail
from whet.ledger.blobs import Blobs
from whet.model.config import READERS, Config, Judge, Notify
from whet.model.event import CampaignOpened, CampaignResumed, Event, ExperimentRequeued
from whet.model.machine import Machine
from whet.model.worker import WorkerKind, expanded
from whet.places import STATE, campaign_folder, hosts_folder, worker_cache
from whet.plan import machines
from whet.plan.replay import replay
from whet.plan.state import State
from whet.ports import Executor, Reader, Terms
from whet.profiling.take import Bench
from whet.readers import answers
from whet.readers.answers import Answers, Line
from whet.readers.door import Door, Limits, Mode
from whet.readers.manners import Manners
from whet.readers.services import services
from whet.readers.tools import Tools
from whet.steps.mirror import mirror
from whet.steps.propose import forget_trees
from whet.steps.turns import Turns
from whet.steps.world import World
from whet.version import version


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """What a campaign is opened with. An existing one must agree, or it is another campaign."""

    name: str
    base: str
    config: Config
    scripted: str = ""
    as_begun: bool = False
    """Its configuration is the campaign's own, whatever an agent in it is replaced by."""
    asks: bool = True  # whether there may be work for its agent, which then must be installed
    notify: Notify = Notify()
    """Beside the configuration, which is recorded."""


def open_objects(repo: Repo) -> Store:
    """The objects whet makes for a repository."""
    repo.exclude(f"/{STATE}/")
    return open_store(repo.root / STATE / "store.git", borrow=repo.common, also=repo.modules())


def local_executor(repo: Repo, config: Config) -> LocalExecutor:
    """This machine as a place for trials.

    Raises:
        NotReady: a jail is asked for and does not work here.
    """
    if config.integrity.sandbox == "bubblewrap" and sandbox.detect() != "bubblewrap":
        raise NotReady(
            "[integrity] `sandbox` is `bubblewrap`, and that does not work here",
            hint="install it, or take what there is: `whet config set integrity.sandbox auto`",
        )
    return LocalExecutor(worker_cache(repo.root), repo.root, config.integrity)


_EXECUTORS: Mapping[WorkerKind, str] = {
    "ssh": "whet.executors.ssh",
    "sky": "whet.executors.sky.pool",
}
"""The module of each kind of worker that is elsewhere; its `executor` takes the terms."""


def fleet(world: World) -> Executor:
    """Every worker of a campaign behind one executor; only kinds that are used are imported.

    Raises:
        NotReady: a kind of worker does not work here.
    """
    workers = expanded(world.config.workers)
    up = machines.up(world.state)
    routes: dict[str, Executor] = {}
    for kind in dict.fromkeys(one.kind for one in workers if one.kind != "local"):
        own = tuple(one for one in workers if one.kind == kind)
        terms = Terms(
            campaign=world.ledger.folder.name, workers=own, root=world.repo.root,
            folder=world.ledger.folder, label=world.label, integrity=world.config.integrity,
            clock=world.clock, tell=world.record, up=tuple(one for one in up if one.kind == kind),
            base=lambda: (world.store.path, world.store.snapshot(world.state.base)),
        )  # fmt: skip
        routes |= dict.fromkeys((one.name for one in own), _elsewhere(kind, terms))
    return Routing(routes=routes, other=world.executor) if routes else world.executor


def _elsewhere(kind: WorkerKind, terms: Terms) -> Executor:
    name = _EXECUTORS[kind]
    try:
        module = importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name != name:
            raise
        raise NotReady(
            f"workers of kind `{kind}` are not in this build",
            hint="measure on this machine: `whet config set workers.0.kind local`",
        ) from error
    made: Executor = module.executor(terms)
    return made


def visiting(
    repo: Repo, config: Config, tell: Callable[[Event], None], *,
    up: tuple[Machine, ...] = (), folder: Path | None = None,
) -> Executor:  # fmt: skip
    """The workers of a configuration outside of any campaign, or for one that does not run.

    Args:
        repo: the user's repository.
        config: the workers, and the jail of those on this machine.
        tell: is told what becomes of machines.
        up: machines that a process which has ended left behind; `close` gives them back.
        folder: of the campaign, where it is one's.
    """
    here = local_executor(repo, config)
    where = folder or repo.root / STATE
    workers = expanded(config.workers)
    routes: dict[str, Executor] = {}
    store = open_objects(repo)
    kinds = (*(one.kind for one in workers), *(one.kind for one in up))
    for kind in dict.fromkeys(kind for kind in kinds if kind != "local"):
        own = tuple(one for one in workers if one.kind == kind)
        terms = Terms(
            campaign=where.name, workers=own, root=repo.root, folder=where,
            label=f"{where.resolve()}:workers.{os.getpid()}", integrity=config.integrity,
            clock=SystemClock(), tell=tell, up=tuple(one for one in up if one.kind == kind),
            base=lambda: (store.path, store.snapshot(repo.resolve("HEAD"))),
        )  # fmt: skip
        elsewhere = _elsewhere(kind, terms)
        routes |= dict.fromkeys((kind, *(one.name for one in own)), elsewhere)
    return Routing(routes=routes, other=here)


_READERS: Mapping[str, str] = {
    "profile": "whet.readers.profile",
    "roofline": "whet.readers.roofline",
    "backends": "whet.readers.backends",
    "issues": "whet.readers.issues",
    "papers": "whet.readers.papers",
    "documents": "whet.readers.documents",
    "competitors": "whet.readers.competitors",
    "conventions": "whet.readers.conventions",
    "forks": "whet.readers.forks.reader",
    "history": "whet.readers.history",
}
"""The module of each reader that exists; only those that are asked are imported."""


def profile_bench(repo: Repo, config: Config, base: str, label: str) -> Bench:
    """Where profiles of a repository's commits are taken."""
    return Bench(
        root=repo.root,
        config=config,
        base=base,
        store=open_objects(repo),
        executor=local_executor(repo, config),
        clock=SystemClock(),
        label=label,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Readers:
    """What looks for evidence, and the one door it looks through."""

    tools: Tools

    @property
    def door(self) -> Door:
        """The way to the network, which knows what it was told."""
        return self.tools.door

    def named(self, names: Collection[str]) -> tuple[Reader, ...]:
        """The readers of these names, in the order in which each can use what others found."""
        chosen = [name for name in READERS if name in names and name in _READERS]
        return tuple(importlib.import_module(_READERS[name]).reader(self.tools) for name in chosen)


@contextmanager
def open_readers(
    repo: Repo, config: Config, label: str, *, mode: Mode = "live",
    recorded: Mapping[str, Line] = MappingProxyType({}),
) -> Iterator[Readers]:  # fmt: skip
    """Everything that readers need; connections are closed at the end.

    Args:
        repo: the user's repository.
        config: limits and addresses.
        label: begins the mark of every process that is started.
        mode: `replay` tells what was `recorded`, and opens no socket.
        recorded: answers of an earlier run, by their question.
    """
    cache = worker_cache(repo.root) / "research"
    clock = SystemClock()
    door = Door(
        answers=Answers(cache / "answers"),
        manners=Manners(folder=hosts_folder(), clock=clock, pause=time.sleep),
        clock=clock,
        services=services(os.environ, config.research.endpoints),
        mode=mode,
        limits=Limits(
            requests=config.research.max_requests, megabytes=config.research.max_megabytes
        ),
        recorded=recorded,
    )
    tools = Tools(
        repo=repo, store=open_objects(repo), cache=cache, label=label, clock=clock, door=door,
        environ=os.environ, lend=lambda wanted: local_executor(repo, wanted),
    )  # fmt: skip
    try:
        yield Readers(tools=tools)
    finally:
        door.close()


@contextmanager
def open_world(
    repo: Repo,
    opening: Opening,
    *,
    fit: Callable[[State], None] = lambda _: None,
    opened: Callable[[World], None] = lambda _: None,
) -> Iterator[World]:
    """Open a campaign for writing; begin it, or take it up where the last process left it.

    Args:
        repo: the user's repository.
        opening: which campaign.
        fit: looks at what the ledger says and raises where that will not do; nothing is recorded
            before.
        opened: is given the world when it has a configuration, and before anything is recovered.

    Raises:
        NotReady: another process writes it, or it was begun with another configuration or base.
        LedgerCorrupt: the ledger is not what was written.
    """
    folder = campaign_folder(repo.root, opening.name)
    with log.writing(folder) as writer, ExitStack() as stack:
        mail.tidy(folder)
        state = replay(writer.events)
        fit(state)
        begins = state.config is None or _may_still_change(state, opening)
        config = opening.config if begins else _agreed(state, opening)
        # it travels in names of trials, which are text, and a folder's name may be any bytes
        label = str(folder.resolve()).encode(errors="backslashreplace").decode()

        ask, told = _asking(repo, config, label, stack)
        world = World(
            config=config,
            repo=repo,
            store=open_objects(repo),
            ledger=writer,
            blobs=Blobs(folder / "blobs"),
            state=state,
            executor=local_executor(repo, config),
            agent=choose(config, repo.root, label) if opening.asks else None,
            label=label,
            clock=SystemClock(),
            turns=Turns(apart=bool(desk(config))),
            cache=worker_cache(repo.root),
            ask=ask,
            told_readers=told,
        )
        world.executor = fleet(world)
        if config.compat.mirror_log:
            world.told.append(functools.partial(mirror, repo.root, state))
        again = state.config is not None
        if begins:
            _begin(world, opening)
        opened(world)
        if again:
            _recover(world)
        yield world


def _asking(
    repo: Repo, config: Config, label: str, stack: ExitStack
) -> tuple[Callable[[Collection[str], bool], tuple[Reader, ...]], Callable[[], bytes]]:
    """Readers while a campaign runs, and what services have told them; `stack` closes them."""
    doors: list[Door] = []

    def ask(names: Collection[str], offline: bool) -> tuple[Reader, ...]:
        mode: Mode = "offline" if offline else "live"
        opened = stack.enter_context(open_readers(repo, config, label, mode=mode))
        doors.append(opened.door)
        return opened.named(names)

    def told() -> bytes:
        lines = [line for door in doors for line in door.journal]
        for door in doors:
            door.journal.clear()
        return answers.write(lines)

    return ask, told


def _begin(world: World, opening: Opening) -> None:
    world.store.snapshot(opening.base)  # what cannot travel is said before anything is recorded
    ref = f"refs/whet/{opening.name}/base"
    world.store.point(ref, opening.base)
    world.repo.fetch(world.store.path, f"{ref}:{ref}")
    world.record(
        CampaignOpened(
            at=world.clock.now(),
            name=opening.name,
            base=opening.base,
            config=opening.config,
            version=version(),
            scripted=opening.scripted,
        )
    )


def _recover(world: World) -> None:
    """Whatever was running when the last process ended is not running any more."""
    lost = [e for e in world.state.begun.values() if e.status == "running"]
    kill_below(world.label)
    refs = f"refs/whet/{world.state.name}"
    unlock(world.repo.common, refs)
    unlock(world.store.path, refs)
    forget_trees(world)
    at = world.clock.now()
    world.record(CampaignResumed(at=at, recovered=len(lost)))
    for experiment in lost:
        reason = "the last run ended in the middle of it"
        world.record(ExperimentRequeued(at=at, experiment=experiment.id, reason=reason))


def _may_still_change(state: State, opening: Opening) -> bool:
    """Whether another configuration harms nothing, because nothing was measured with the old one.

    Most campaigns that end before their first number end because the configuration was wrong.
    """
    if opening.as_begun:
        return False
    moved = opening.base != state.base and bool(state.experiments)
    return opening.config != state.config and not state.calibrations and not moved


def _another_judge(campaign: str, frozen: Judge, now: Judge) -> NotReady:
    """For what no whet.toml need say: another version of whet may judge otherwise by default."""
    was, here = asdict(frozen), asdict(now)
    name = next(name for name in was if was[name] != here[name])
    before, after = json.dumps(was[name]), json.dumps(here[name])
    return NotReady(
        f"judge.{name} is {after}, and campaign {campaign} began with {before}: "
        "its verdicts would not be comparable",
        hint=f"go on with `--set judge.{name}={before}`, or as `--campaign {campaign}-2`",
    )


def _agreed(state: State, opening: Opening) -> Config:
    """The frozen configuration with this run's limits, agent and workers.

    Raises:
        NotReady: what decides verdicts is not what the campaign began with.
    """
    frozen, now = state.config, opening.config
    assert frozen is not None
    hint = f"begin another with `--campaign {state.name}-2`"
    for section in ("goal", "guard", "build", "bench", "checks", "scope", "measure", "judge"):
        if getattr(frozen, section) != getattr(now, section):
            if section == "judge":
                raise _another_judge(state.name, frozen.judge, now.judge)
            raise NotReady(
                f"[{section}] in whet.toml is not what campaign {state.name} began with: "
                "its verdicts would not be comparable",
                hint=f"{hint}, or look at what changed: `git diff {state.base[:7]} -- whet.toml`",
            )
    if opening.base != state.base:
        raise NotReady(
            f"campaign {state.name} began at {state.base[:7]}, the base is {opening.base[:7]} now",
            hint=f"{hint}, or go on with `--base {state.base[:7]}`",
        )
    return now
