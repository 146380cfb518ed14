"""Working on a campaign from inside one's own agent: claim an idea, change a tree, submit it."""

import contextlib
import os
import shutil
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from whet.api import measuring
from whet.api.asking import ask, working_on
from whet.api.ideas import find
from whet.api.running import RunOptions
from whet.api.watching import Watched
from whet.api.workspace import (
    Campaign,
    Home,
    configuration,
    experiment,
    open_campaign,
    read_claim,
    repository,
    sealed,
    write_claim,
)
from whet.errors import LimitReached, NotReady, UserError
from whet.git.call import begin
from whet.git.repo import find as find_repo
from whet.model.idea import Idea
from whet.model.inside import IdeaClaimed
from whet.model.request import Claim, Release, Remark, Submit, Withdraw
from whet.places import claims_folder
from whet.plan.naming import usual_name
from whet.plan.state import ExperimentState, State
from whet.report.escape import cut
from whet.wiring import open_objects

SECONDS = 2 * 3600.0
"""How long a claim lasts when nobody says."""

_NONE: Mapping[str, str] = MappingProxyType({})
_LONGEST = 2000
_LOOK = 0.3


@dataclass(frozen=True, slots=True, kw_only=True)
class Claimed:
    """An idea that is somebody's for a while, and the tree they change."""

    idea: Idea
    claim: IdeaClaimed
    campaign: Campaign
    known: bool
    """It was theirs before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Submitted:
    """A change that waits for its verdict."""

    experiment: str
    idea: str
    campaign: str
    known: bool
    """This very change was submitted before."""
    remark: str
    """Why it will be rejected, where that can be seen already."""
    started: bool
    """Somebody who measures was started for it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What a claim may say about an idea that is not in the queue yet."""

    title: str
    mechanism: str = ""
    predicted: tuple[float, float] | None = None


def situation(start: Path, campaign: str = "", overrides: Mapping[str, str] = _NONE) -> State:
    """The campaign that somebody inside works on; before it is begun, what it will begin with.

    Raises:
        ConfigError: there is no campaign, and whet.toml is not as it must be.
    """
    name = _campaign(start, campaign)
    if name:
        return open_campaign(start, name).state
    repo = repository(start)
    config = configuration(repo, overrides).config
    base = repo.resolve(config.campaign.base)
    return State(name=usual_name(config), base=base, incumbent=base,
                 config=sealed(repo, config, base))  # fmt: skip


def claim(
    start: Path, by: str, campaign: str = "", *, idea: str = "", new: Wanted | None = None,
    seconds: float = SECONDS, at: Path | None = None,
) -> Claimed:  # fmt: skip
    """Take an idea, so that nobody else works on it, and make the tree to change.

    Asked again by the same one for the same idea, it lasts longer and the tree is the same.

    Args:
        start: a folder in the repository.
        by: who asks.
        campaign: by default the one worked on last; it is begun if there is none.
        idea: an id or a place in the queue; empty for the best one that is free.
        new: an idea of their own instead.
        seconds: how long it is theirs.
        at: where the tree is to be, a folder that does not exist or is empty.

    Raises:
        NotReady: somebody else has it, or none is free.
        UnknownId: there is no such idea.
        UserError: the tree cannot be there.
    """
    repo = repository(start)
    name = _campaign(start, campaign)
    folder = (
        _empty(at) if at is not None else claims_folder(repo.root) / (name or situation(start).name)
    )
    named = idea
    if idea and name:
        named = find(open_campaign(start, name).state, idea).id
    request = Claim(
        by=by, idea=named, seconds=seconds, tree=str(folder), exactly=at is not None,
        new=_idea(new) if new is not None else None,
    )  # fmt: skip
    said = ask(start, request, RunOptions(campaign=name), inside=True)
    found = open_campaign(start, said.campaign)
    held = found.state.claims[said.idea]
    _furnish(found, held)
    return Claimed(idea=found.state.ideas[said.idea], claim=held, campaign=found, known=said.known)


def release(start: Path, idea: str, by: str, campaign: str = "", reason: str = "") -> str:
    """Give an idea back, and remove its tree; returns the idea's id.

    Raises:
        NotReady: it is not theirs.
    """
    found = open_campaign(start, _campaign(start, campaign))
    name = find(found.state, idea or _here(start)).id
    held = found.state.claims.get(name)
    said = ask(start, Release(by=by, idea=name, reason=reason),
               RunOptions(campaign=found.state.name))  # fmt: skip
    if held is not None:
        _remove(found, held)
    return said.idea


def submit(
    start: Path, idea: str, by: str, campaign: str = "", *, hypothesis: str = ""
) -> Submitted:  # fmt: skip
    """Have what was made of a claimed idea judged; returns at once.

    The files are taken as they lie in the tree: its git, its ignore files and its attributes
    decide nothing, and nothing in it is run.

    Args:
        start: a folder in the repository, or in the claimed tree.
        idea: its id; empty where `start` is in its tree.
        by: who asks.
        campaign: by default the one worked on last.
        hypothesis: what the change does and why that is faster, in words.

    Raises:
        NotReady: the idea is not theirs, or nobody can measure.
        UserError: nothing is changed, or the hypothesis is too long.
        LimitReached: the campaign may have no more experiments.
    """
    said = hypothesis.strip()
    if len(said) > _LONGEST:
        raise UserError(f"a hypothesis has at most {_LONGEST} characters",
                        hint='whet submit --hypothesis "one pass, not two"')  # fmt: skip
    found = open_campaign(start, _campaign(start, campaign))
    name = find(found.state, idea or _here(start)).id
    held = found.state.claims.get(name)
    if held is None:
        raise NotReady(f"{name} is not claimed", hint=f"whet claim {name}")
    if held.by != by:
        raise NotReady(f"{name} is claimed by {held.by}, and you are {by}", hint="whet claim")
    if not Path(held.tree).is_dir():
        raise NotReady(f"{held.tree} is gone", hint=f"whet claim {name}")
    measuring.may_attach(found)
    tree = open_objects(found.repo).take(Path(held.tree), held.commit)
    options = RunOptions(campaign=found.state.name)
    answer = ask(start, Submit(by=by, idea=name, tree=tree, hypothesis=said), options)
    one = open_campaign(start, found.state.name).state.experiments[answer.experiment]
    started = one.verdict is None and measuring.attach(found)
    return Submitted(
        experiment=answer.experiment, idea=name, campaign=answer.campaign, known=answer.known,
        remark=answer.remark, started=started,
    )  # fmt: skip


def cancel(start: Path, name: str, by: str, campaign: str = "", reason: str = "") -> str:
    """Take back what has no verdict yet; returns its id.

    Raises:
        UnknownId: there is no such experiment.
        NotReady: somebody else has submitted it.
        UserError: it has its verdict.
    """
    found = open_campaign(start, _campaign(start, campaign))
    one = experiment(found, name)
    ask(start, Withdraw(by=by, experiment=one.id, reason=reason),
        RunOptions(campaign=found.state.name))  # fmt: skip
    return one.id


def remark(start: Path, name: str, by: str, text: str, campaign: str = "") -> str:
    """Keep what whoever submitted an experiment wants others to know of it; returns its id.

    Raises:
        UnknownId: there is no such experiment.
        NotReady: somebody else has submitted it.
    """
    found = open_campaign(start, _campaign(start, campaign))
    one = experiment(found, name)
    said = cut(text, _LONGEST)
    ask(start, Remark(by=by, experiment=one.id, text=said), RunOptions(campaign=found.state.name))
    return one.id


def wait(
    start: Path, name: str, campaign: str = "", *, timeout: float = 0.0,
    told: Callable[[Watched], None] = lambda _: None,
) -> tuple[Watched, ExperimentState]:  # fmt: skip
    """Follow an experiment until it has a verdict; whoever measures is started if there is none.

    Args:
        start: a folder in the repository.
        name: the experiment.
        campaign: by default the one worked on last.
        timeout: seconds; 0 waits as long as it takes.
        told: is given the campaign now and then.

    Raises:
        UnknownId: there is no such experiment.
        LimitReached: there is no verdict in time; the experiment goes on.
        NotReady: nobody measures, and why.
    """
    waiting = Waiting(start, name, campaign)
    deadline = time.monotonic() + timeout if timeout else float("inf")
    while not waiting.done():
        told(waiting.seen)
        if time.monotonic() > deadline:
            raise LimitReached(f"{waiting.id} has no verdict yet", hint=f"whet wait {waiting.id}")
        time.sleep(min(_LOOK, max(0.0, deadline - time.monotonic())))
    return waiting.seen, waiting.seen.state.experiments[waiting.id]


class Waiting:
    """An experiment that is followed; whoever measures is started when there is none."""

    def __init__(self, start: Path, name: str, campaign: str = "") -> None:
        """Raises UnknownId where there is no such experiment."""
        self.campaign = open_campaign(start, _campaign(start, campaign))
        self.id = experiment(self.campaign, name).id
        self.seen = Watched(start, self.campaign.state.name)
        self._attached = False

    def done(self, *, goes_on: bool = True) -> bool:
        """Look, and say whether there is a verdict; with `goes_on` somebody is let measure.

        Raises:
            NotReady: nobody measures, and why.
        """
        self.seen.look()
        one = self.seen.state.experiments[self.id]
        if one.verdict is not None and not (_joins(one) and self.seen.holder):
            return True
        if goes_on and not self.seen.holder:
            _go_on(self.campaign, self.seen, attached=self._attached)
            self._attached = True
        return False


def _joins(one: ExperimentState) -> bool:
    """Whether a change was kept and is about to join the stack."""
    kept = one.verdict is not None and one.verdict.kind == "kept"
    return kept and not one.alone and not one.in_stack


def _go_on(found: Campaign, seen: Watched, *, attached: bool) -> None:
    """Let somebody measure; who was started once and has ended will not do better."""
    stopped = seen.state.stopped
    if attached and stopped is not None and stopped.code == "error":
        raise NotReady(f"nothing can be measured: {stopped.reason}", hint="whet doctor --quick")
    measuring.attach(found)
    seen.look()


def _campaign(start: Path, name: str) -> str:
    if name:
        return name
    home = read_claim(find_repo(start))
    return home.campaign if home is not None else working_on(start)


def _here(start: Path) -> str:
    """The idea whose tree a folder is in."""
    home = read_claim(find_repo(start))
    if home is None:
        raise UserError("which idea? This is not the tree of one", hint="whet claim")
    return home.idea


def _idea(new: Wanted) -> Idea:
    if not new.title.strip():
        raise UserError("an idea needs a title", hint='whet claim --new "one pass, not two"')
    return Idea(id="", title=new.title.strip(), mechanism=new.mechanism.strip(),
                predicted=new.predicted, source="agent")  # fmt: skip


def _empty(at: Path) -> Path:
    folder = at.absolute()
    if folder.is_symlink() or (folder.exists() and (not folder.is_dir() or any(folder.iterdir()))):
        raise UserError(f"{at} is not an empty folder", hint="whet claim --at ../another-folder")
    return folder


def _furnish(campaign: Campaign, held: IdeaClaimed) -> None:
    """The files of the tree, unless they are there; never half of them."""
    tree = Path(held.tree)
    if tree.is_dir() and any(tree.iterdir()):
        return
    store = open_objects(campaign.repo)
    draft = tree.with_name(f".{tree.name}.{os.getpid()}")
    try:
        draft.parent.mkdir(parents=True, exist_ok=True)
        store.checkout(store.snapshot(held.commit), draft)
        begin(draft, f"where {held.idea} starts")
        write_claim(draft, Home(root=campaign.repo.root, campaign=campaign.state.name,
                                idea=held.idea))  # fmt: skip
        with contextlib.suppress(FileNotFoundError):
            tree.rmdir()
        draft.rename(tree)
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def _remove(campaign: Campaign, held: IdeaClaimed) -> None:
    """Remove a tree, if it is the one that was made for this claim."""
    tree = Path(held.tree)
    with contextlib.suppress(NotReady):
        home = read_claim(find_repo(tree)) if tree.is_dir() else None
        if home is not None and (home.root, home.idea) == (campaign.repo.root, held.idea):
            shutil.rmtree(tree, ignore_errors=True)
