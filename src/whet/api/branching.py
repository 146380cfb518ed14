"""One clean branch for each kept change, on top of the project as it is today."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import anyio

from whet.api.running import Watcher
from whet.api.workspace import Campaign, open_campaign
from whet.config.tree import pattern_of
from whet.errors import NotReady, UserError
from whet.git import branches as refs
from whet.git.branches import Occupied, Person
from whet.git.store import Store
from whet.git.taking import trailers
from whet.model.config import Config
from whet.model.event import BranchMade, BranchMeasured, CampaignStopped
from whet.model.verdict import Effect
from whet.plan.handover import branch_name, kept, stack_name
from whet.plan.state import ExperimentState
from whet.report.handover.message import commit_message, said_title
from whet.report.handover.policy import Policy, policy_files, read_policy
from whet.report.handover.style import Style, area_of, learn
from whet.steps import candidates
from whet.steps.handover.branches import measure
from whet.steps.handover.measure import Desk
from whet.steps.handover.rebase import Rebased, judging, rebase
from whet.steps.world import World
from whet.wiring import Opening, open_world


@dataclass(frozen=True, slots=True, kw_only=True)
class Upstream:
    """What changes are put on. `ahead` are its commits since the campaign's base."""

    name: str
    commit: str
    ahead: int
    own: int
    """Commits of the campaign's base that it has not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """How much of the project a change touches."""

    files: int
    lines_added: int
    lines_removed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Branch:
    """A change on a branch of its own; `number` is its place among all that was kept."""

    number: int
    experiment: str
    title: str
    name: str
    commit: str
    size: Size
    needs: tuple[int, ...]
    effect: Effect | None
    problem: str = ""
    """Why the branch was not written, or nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftOut:
    """A kept change that is not handed over."""

    number: int
    experiment: str
    title: str
    why: str
    effect: Effect | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Branches:
    """What was made."""

    campaign: str
    base: str
    upstream: Upstream
    measured: bool
    branches: tuple[Branch, ...]
    stack: Branch | None
    left_out: tuple[LeftOut, ...]
    policy: Policy
    style: Style


@dataclass(frozen=True, slots=True, kw_only=True)
class BranchOptions:
    """What a command line may say about branches."""

    campaign: str = ""
    base: str = ""
    only: tuple[str, ...] = ()
    measured: bool = True
    again: bool = False
    overrides: Mapping[str, str] | None = None


def make_branches(
    start: Path, options: BranchOptions, watcher: Watcher | None = None
) -> Branches:  # fmt: skip
    """Rebase, build, check and measure kept changes, and make branches of those that hold.

    The ledger has every measurement, so that a second call goes on where the first one ended.

    Raises:
        NotReady: nothing was kept, git knows no author, or the project itself does not build.
        UserError: `only` names a change that was not kept.
    """
    campaign = open_campaign(start, options.campaign)
    everything = kept(campaign.state)
    if not everything:
        raise NotReady("nothing was kept, so there is nothing to hand over", hint="whet list")
    chosen = _chosen(everything, options.only)
    who = refs.person(campaign.repo)
    if who is None:
        raise NotReady(
            "git does not know who the author of these branches is",
            hint='git config user.name "Your Name" && git config user.email you@example.org',
        )
    config = today(campaign, options.overrides or {})
    upstream = find_upstream(campaign, config, options.base)
    assert campaign.state.config is not None
    opening = Opening(
        name=campaign.state.name, base=campaign.state.base, config=campaign.state.config, asks=False
    )
    with open_world(campaign.repo, opening) as world:
        world.config = config
        _listen(world, watcher or Watcher())
        try:
            rebased = rebase(world.store, upstream.commit, chosen)
            if options.measured:
                anyio.run(_measured, world, upstream, rebased, options.again)
            maker = _Maker(world, config, upstream, who, options.measured, everything)
            return maker.make(rebased)
        finally:
            as_before(world, campaign.state.stopped)


def _chosen(
    everything: Sequence[ExperimentState], only: Sequence[str]
) -> tuple[ExperimentState, ...]:
    numbers = {str(number): one.id for number, one in enumerate(everything, 1)}
    wanted = {numbers.get(word, word.upper()) for word in only}
    unknown = wanted - {one.id for one in everything}
    if unknown:
        shown = ", ".join(f"{number} {name}" for number, name in numbers.items())
        raise UserError(
            f"{min(unknown)} is no kept change; there is {shown}",
            hint="whet branches --only 1",
        )
    return tuple(one for one in everything if not only or one.id in wanted)


def today(campaign: Campaign, overrides: Mapping[str, str]) -> Config:
    """The campaign's configuration with today's word on pull requests and on how long to wait.

    Raises:
        UserError: something else is overridden, which would be another measurement.
    """
    from whet.api.workspace import configuration  # noqa: PLC0415 (slow to import)

    frozen = campaign.state.config
    assert frozen is not None
    for key in overrides:
        if not key.startswith("pr.") and key not in _WAITS:
            raise UserError(
                f"`{key}` is as the campaign had it: branches are measured as it measured",
                hint=f"whet config get {key}",
            )
    try:
        found = configuration(campaign.repo, overrides).config
    except UserError:
        if overrides:
            raise
        return frozen
    return replace(
        frozen, pr=found.pr,
        build=replace(frozen.build, timeout=found.build.timeout),
        bench=replace(frozen.bench, timeout=found.bench.timeout),
        checks=replace(frozen.checks, timeout=found.checks.timeout),
    )  # fmt: skip


_WAITS = frozenset({"build.timeout", "bench.timeout", "checks.timeout"})
"""What may be longer on another day without changing what is measured."""


def find_upstream(campaign: Campaign, config: Config, named: str) -> Upstream:
    """What the user names, what the configuration names, or the remote's default branch.

    Raises:
        UserError: there is no such commit.
    """
    repo, base, remote = campaign.repo, campaign.state.base, config.pr.remote
    name = named
    if not name and config.pr.base != "auto":
        there = f"{remote}/{config.pr.base}"
        name = there if repo.is_commit(there) else config.pr.base
    if not name:
        default = refs.default_branch(repo, remote)
        name = f"{remote}/{default}" if default else base[:7]
    commit = repo.resolve(name)
    return Upstream(
        name=name,
        commit=commit,
        ahead=refs.between(repo, base, commit),
        own=refs.between(repo, commit, base),
    )


def policy_at(store: Store, commit: str) -> Policy:
    """What the project says about AI at a commit."""
    names = policy_files(store.files(commit))
    texts = {name: (store.show(commit, name) or b"").decode(errors="replace") for name in names}
    return read_policy(texts)


def as_before(world: World, stopped: CampaignStopped | None) -> None:
    """A campaign that had ended has not begun again because branches were made of it."""
    if stopped is not None:
        world.record(replace(stopped, at=world.clock.now()))


def _listen(world: World, watcher: Watcher) -> None:
    world.told.append(lambda event: watcher.happened(world.state, event))
    world.moved.append(watcher.moved)
    watcher.opened(world.state)


async def _measured(world: World, upstream: Upstream, rebased: Rebased, again: bool) -> None:
    found = judging(world.store, world.state.base, upstream.commit, world.config.scope)
    desk = Desk(
        world=world, upstream=upstream.name, base=upstream.commit, judges=found.commit,
        sealed=tuple(map(pattern_of, found.more)), again=again,
    )  # fmt: skip
    async with world.lending():
        async for event in measure(desk, rebased):
            assert isinstance(event, BranchMeasured)
            if world.state.on_branch.get((event.role, event.experiment)) is not event:
                world.record(event)


@dataclass(slots=True)
class _Maker:
    world: World
    config: Config
    upstream: Upstream
    who: Person
    measured: bool
    everything: tuple[ExperimentState, ...]

    def make(self, rebased: Rebased) -> Branches:
        """Write the commits and the branches of what is left of the changes."""
        state = self.world.state
        policy = policy_at(self.world.store, self.upstream.commit)
        log = refs.messages(self.world.repo, self.upstream.commit)
        style = learn(log)
        messages = {name: self._message(name, style, policy) for name in rebased.needs}
        numbers = {one.id: number for number, one in enumerate(self.everything, 1)}
        made = tuple(
            self._branch(rebased, name, numbers, messages) for name in rebased.needs
        )  # fmt: skip
        return Branches(
            campaign=state.name,
            base=state.base,
            upstream=self.upstream,
            measured=self.measured,
            branches=made,
            stack=self._stack(rebased, numbers, messages) if len(made) > 1 else None,
            left_out=tuple(
                LeftOut(number=numbers[name], experiment=name, why=why,
                        title=said_title(state, state.experiments[name]),
                        effect=self._effect(name))
                for name, why in rebased.left_out.items()
            ),
            policy=policy,
            style=style,
        )  # fmt: skip

    def _message(self, name: str, style: Style, policy: Policy) -> str:
        state = self.world.state
        one = state.experiments[name]
        files = tuple(change.path for change in one.candidate.changes)
        near = refs.messages(self.world.repo, self.upstream.commit, files, 40)
        seen = state.on_branch.get(("alone", name)) if self.measured else None
        area = area_of(near, style, files)
        text = commit_message(state, one, seen, style, policy, area=area)
        if one.candidate.author != "fork":
            return text
        return text + "".join(
            f"{line}\n" for line in trailers(self.world.store, one.candidate.commit)
        )

    def _effect(self, name: str) -> Effect | None:
        seen = self.world.state.on_branch.get(("alone", name))
        fresh = seen is not None and seen.base == self.upstream.commit and self.measured
        return seen.effect if fresh and seen is not None else None

    def _chain(
        self, rebased: Rebased, names: Sequence[str], messages: Mapping[str, str]
    ) -> str:  # fmt: skip
        """The user's commits with these changes, one on top of the other."""
        store, commit, plain = self.world.store, self.upstream.commit, rebased.base
        for name in names:
            plain = rebased.put(name, plain)
            at = self.world.state.experiments[name].decided or 0.0
            commit = refs.authored(store, store.tree(plain), commit, messages[name], self.who, at)
        return commit

    def _branch(
        self, rebased: Rebased, name: str, numbers: Mapping[str, int], messages: Mapping[str, str]
    ) -> Branch:
        below = rebased.below(name)
        commit = self._chain(rebased, (*below, name), messages)
        title = said_title(self.world.state, self.world.state.experiments[name])
        branch = branch_name(
            self.config.pr.branch, self.world.state.name, numbers[name], title
        )  # fmt: skip
        base = rebased.on(below)
        return self._place(
            Branch(
                number=numbers[name], experiment=name, title=title, name=branch, commit=commit,
                needs=tuple(numbers[other] for other in below), effect=self._effect(name),
                size=self._size(base, commit),
            )
        )  # fmt: skip

    def _stack(
        self, rebased: Rebased, numbers: Mapping[str, int], messages: Mapping[str, str]
    ) -> Branch:
        names = tuple(rebased.needs)
        commit = self._chain(rebased, names, messages)
        seen = self.world.state.on_branch.get(("stack", "")) if self.measured else None
        fresh = seen is not None and seen.base == self.upstream.commit
        return self._place(
            Branch(
                number=0, experiment="", title="all of them", commit=commit,
                name=stack_name(self.config.pr.branch, self.world.state.name),
                needs=tuple(numbers[name] for name in names),
                effect=seen.effect if fresh and seen is not None else None,
                size=self._size(self.upstream.commit, commit),
            )
        )  # fmt: skip

    def _size(self, base: str, commit: str) -> Size:
        changes = self.world.store.changes(base, commit)
        return Size(
            files=len(changes),
            lines_added=sum(change.added for change in changes),
            lines_removed=sum(change.removed for change in changes),
        )

    def _place(self, branch: Branch) -> Branch:
        """Write the branch into the user's repository and remember where it was put."""
        state = self.world.state
        key = hashlib.sha256(branch.name.encode()).hexdigest()[:12]
        candidates.publish(self.world, f"branch/{key}", branch.commit)
        last = state.branches.get(branch.name)
        try:
            refs.place(self.world.repo, branch.name, branch.commit, [last.commit] if last else [])
        except Occupied as error:
            return replace(branch, problem=str(error))
        if last is None or (last.commit, last.measured) != (branch.commit, self.measured):
            self.world.record(
                BranchMade(
                    at=self.world.clock.now(), number=branch.number, branch=branch.name,
                    experiment=branch.experiment, base=self.upstream.commit,
                    commit=branch.commit, measured=self.measured,
                )
            )  # fmt: skip
        return branch
