"""Kept changes on another commit: which apply, and which need which."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from whet.git.store import DoesNotApply, Store
from whet.model.config import Scope
from whet.model.idea import Candidate
from whet.plan.handover import closure
from whet.plan.state import ExperimentState

_OURS = (".whet/", ".auto/", "whet.toml", "autoresearch.")
"""How paths begin that are no part of anybody's change."""


@dataclass(slots=True, kw_only=True)
class Rebased:
    """Changes on top of `base`: what each needs, and why some are left out."""

    store: Store
    base: str
    candidates: Mapping[str, Candidate]
    needs: dict[str, tuple[str, ...]] = field(default_factory=dict)
    left_out: dict[str, str] = field(default_factory=dict)

    def on(self, names: Sequence[str]) -> str:
        """The base with some changes, one commit each.

        Raises:
            DoesNotApply: one of them does not fit.
        """
        commit = self.base
        for name in names:
            commit = self.put(name, commit)
        return commit

    def put(self, name: str, commit: str) -> str:
        """One change on top of a commit; equal input is the same commit.

        Raises:
            DoesNotApply: it does not fit.
        """
        one = self.candidates[name]
        patch = self.store.diff(one.parent, one.commit)
        return self.store.commit(self.store.apply(patch, commit), f"{name}\n", (commit,))

    def below(self, name: str) -> tuple[str, ...]:
        """All that a change needs, directly or not."""
        return tuple(other for other in closure([name], self.needs) if other != name)

    def fits(self, names: Sequence[str]) -> bool:
        """Whether changes apply one after the other."""
        try:
            self.on(names)
        except DoesNotApply:
            return False
        return True

    def drop(self, name: str, why: str) -> None:
        """Leave a change out, and with it those that need it."""
        self.left_out[name] = why
        for other, needed in tuple(self.needs.items()):
            if name in needed and other not in self.left_out:
                self.drop(other, f"needs {name}, which is left out")
        self.needs.pop(name, None)


def rebase(store: Store, base: str, changes: Sequence[ExperimentState]) -> Rebased:
    """Put changes on a base, each with as few of the earlier ones below it as it applies with."""
    found = Rebased(store=store, base=base, candidates={one.id: one.candidate for one in changes})
    for one in changes:
        try:
            found.needs[one.id] = _needs(found, one.id)
            problem = _problem(found, one.id)
        except DoesNotApply as error:
            problem = f"conflicts with the project as it is today: {error}"
        if problem:
            found.needs.pop(one.id, None)
            found.left_out[one.id] = problem
    return found


def _needs(found: Rebased, name: str) -> tuple[str, ...]:
    """The fewest earlier changes that this one applies on.

    Raises:
        DoesNotApply: it applies with none and with all of them.
    """
    if found.fits((name,)):
        return ()
    wanted = tuple(found.needs)
    found.on((*wanted, name))
    return fewest(found, wanted, lambda fewer: found.fits((*fewer, name)))


def fewest(
    found: Rebased, wanted: tuple[str, ...], enough: Callable[[tuple[str, ...]], bool]
) -> tuple[str, ...]:
    """What is left of `wanted` after leaving out, newest first, whatever is not needed."""
    for other in reversed(wanted):
        if other not in wanted:
            continue
        fewer = tuple(one for one in wanted if one != other and other not in found.below(one))
        if enough(fewer):
            wanted = fewer
    return wanted


def _problem(found: Rebased, name: str) -> str:
    """Why a change that applies is none for this project, or nothing."""
    below = found.on(found.below(name))
    commit = found.put(name, below)
    changes = found.store.changes(below, commit)
    if not changes:
        return "the project has it already"
    ours = [change.path for change in changes if change.path.startswith(_OURS)]
    return f"changes {ours[0]}, which is no part of the project" if ours else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Judging:
    """The upstream with what the campaign's benchmark and checks added to it."""

    commit: str
    more: tuple[str, ...] = ()
    """Files to be protected besides those that the configuration protects."""


def judging(store: Store, campaign_base: str, upstream: str, scope: Scope) -> Judging:
    """What judges changes on today's upstream.

    Protected files that the campaign's base has changed since it left the upstream, or has and
    the upstream has not, are taken from there. So is every file that the base has added and no
    change may touch: a script that checks may call another one. All others are today's.
    """
    fork = store.merge_base(campaign_base, upstream)
    if fork == campaign_base:
        return Judging(commit=upstream)
    own = {change.path for change in store.changes(fork, campaign_base)}
    judges = own & store.matching(campaign_base, scope.protect)
    new = own & {one.path for one in store.changes(upstream, campaign_base) if one.status == "A"}
    more = sorted(new - judges - store.matching(campaign_base, scope.allow))
    if not (judges or more):
        return Judging(commit=upstream)
    commit = store.overlay(upstream, campaign_base, judges.union(more))
    return Judging(commit=commit, more=tuple(more))
