"""From a fork's address to what may be taken of it, with the reason for everything that may not."""

import hashlib
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from whet.errors import UserError
from whet.git.address import Address, address
from whet.git.history import Entry, contents
from whet.git.joint import join
from whet.git.mirror import HEADS, Mirror, mirror
from whet.git.taking import Foreign, bring
from whet.git.transfer import Limits
from whet.model.config import Scope
from whet.model.idea import CopyOk
from whet.places import mirrors
from whet.plan.scope import MANIFESTS, PLUMBING, steers
from whet.readers.forks import licences
from whet.readers.forks.features import place
from whet.readers.forks.mine import Mine, Mined, Terms, mine, promising
from whet.readers.tools import Tools
from whet.report.escape import cut, verbatim, visible

_LINK = ("120000", "160000")
_MESSAGE = 4000


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftOut:
    """A file of a commit that is not taken, and why."""

    path: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """A promising commit: what of it would be taken, or why nothing."""

    mined: Mined
    fork: Address
    licence: str
    copy_ok: CopyOk
    taken: tuple[Entry, ...]
    left_out: tuple[LeftOut, ...] = ()
    refused: str = ""
    gate: Literal["", "licence", "scope"] = ""
    commit: str = ""
    """The change in whet's store, once it was brought there."""
    needs: tuple["Offer", ...] = ()
    """The fork's earlier changes of the same code, oldest first: it may not fit without them."""
    after: tuple[str, ...] = ()
    """These in whet's store."""

    @property
    def key(self) -> str:
        """What the commit is called in evidence, on every machine."""
        return f"git:{self.fork.name}@{self.mined.commit.id[:12]}"

    @property
    def code(self) -> tuple[str, ...]:
        """The files that are taken, source code first."""
        paths = [row.path for row in self.taken]
        return tuple(sorted(paths, key=lambda path: place(path) != "code"))

    @property
    def title(self) -> str:
        """Its subject, safe to be shown."""
        return cut(self.mined.commit.subject, 100) or self.mined.commit.id[:12]


@dataclass(frozen=True, slots=True, kw_only=True)
class Survey:
    """One fork."""

    mirror: Mirror
    source: Path
    """A repository with the objects of both sides."""
    mine: Mine
    offers: tuple[Offer, ...]
    """The promising commits, the best first."""
    licence: str
    """Of the base."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What is asked of a survey."""

    base: str
    scope: Scope
    offline: bool = False
    until: int = 0
    since: int = 0
    exclude: tuple[str, ...] = ()
    hot: Mapping[str, float]
    hot_files: frozenset[str] = frozenset()
    licences: tuple[str, ...] = ()
    """SPDX ids that the user says may be copied; `none` for what has no known one."""
    limits: Limits = Limits()


def survey(
    tools: Tools, text: str, wish: Wish, told: Callable[[str], None] = lambda _: None
) -> Survey:
    """Fetch a fork, read it and say what may be taken of it. Nothing of it runs.

    Args:
        tools: of the readers.
        text: the fork as a person names it; `#branch` at its end for one branch.
        wish: what is looked for.
        told: hears what takes long.

    Raises:
        UserError: it is no repository, or has no such branch.
        NotReady: it has nothing in common with the base, or there is no mirror while offline.
        InfraError: it cannot be reached.
    """
    where, _, branch = text.partition("#")
    fork = address(where, tools.repo.root)
    found = mirror(fork, mirrors(), now=tools.clock.now(), wanted=HEADS,
                   offline=wish.offline, limits=wish.limits, told=told)  # fmt: skip
    source = join(tools.cache / "joint" / _digest(found.path, tools.store.path),
                  (found.path, tools.store.path))  # fmt: skip
    terms = Terms(
        base=wish.base, tips=_tips(found, branch), until=wish.until, since=wish.since,
        exclude=_commits(wish.exclude), hot=wish.hot, hot_files=wish.hot_files,
    )  # fmt: skip
    mined = mine(source, terms, told)
    known = {one.commit.id: one for one in mined.commits}
    best = [one for one in mined.commits if not promising(one)]
    needed = {name: known[name] for one in best for name in one.needs if name in known}
    chosen = {one.commit.id: one for one in (*best, *needed.values())}
    ours, theirs = _licences(source, tools.store.tree(wish.base), list(chosen.values()))
    rules = _rules(tools, wish.scope, list(chosen.values()))
    offers = {
        name: _offer(one, fork, theirs[one.commit.tree], ours, wish, rules)
        for name, one in chosen.items()
    }
    return Survey(
        mirror=found, source=source, mine=mined, licence=ours,
        offers=tuple(_needing(offers, one) for one in best if offers[one.commit.id].key
                     not in wish.exclude),
    )  # fmt: skip


def _needing(offers: Mapping[str, Offer], one: Mined) -> Offer:
    before = [offers[name] for name in reversed(one.needs) if name in offers]
    return replace(offers[one.commit.id], needs=tuple(o for o in before if not o.refused))


def taken(tools: Tools, found: Survey, offers: Sequence[Offer]) -> tuple[Offer, ...]:
    """The offers with their changes in whet's store; those that were refused stay as they are."""
    wanted = [one for one in offers if not one.refused]
    every = {_name(o): o for one in wanted for o in (one, *one.needs)}
    brought = bring(tools.store, found.source, [_foreign(one) for one in every.values()])
    return tuple(_with_commit(one, brought) for one in offers)


def _with_commit(one: Offer, brought: Mapping[str, str]) -> Offer:
    commit = brought.get(_name(one), "")
    if one.refused or commit:
        after = (brought.get(_name(other), "") for other in one.needs)
        return replace(one, commit=commit, after=tuple(name for name in after if name))
    return replace(one, refused="some of its files are not there, or huge", gate="scope")


def _tips(found: Mirror, branch: str) -> tuple[str, ...]:
    refs = found.refs("refs/heads")
    if branch:
        if f"refs/heads/{branch}" not in refs:
            raise UserError(f"{found.where.name} has no branch {branch}",
                            hint=f"git ls-remote --heads {found.where.url}")  # fmt: skip
        return (refs[f"refs/heads/{branch}"],)
    first = [refs[found.head]] if found.head in refs else []
    return tuple(dict.fromkeys([*first, *(refs[name] for name in sorted(refs))]))


def _commits(exclude: Iterable[str]) -> tuple[str, ...]:
    """Commit ids, or their beginnings, among what is excluded: bare, in a key or in an address."""
    found = [re.search(r"(?:^|@|/commit/)([0-9a-f]{7,64})$", one) for one in exclude]
    return tuple(match[1] for match in found if match is not None)


def _licences(source: Path, base: str, chosen: Sequence[Mined]) -> tuple[str, Mapping[str, str]]:
    """The licence of the base's tree, and of the tree of each commit."""
    trees = dict.fromkeys([base, *(one.commit.tree for one in chosen)])
    files = {tree: dict(_root(data, len(tree) // 2))
             for tree, data in contents(source, trees).items()}  # fmt: skip
    blobs = contents(source, {blob for named in files.values() for blob in named.values()})
    found = {tree: _licence(files.get(tree, {}), blobs) for tree in trees}
    return found[base], found


def _root(data: bytes, size: int) -> Iterable[tuple[str, str]]:
    """Names and ids of the files in a tree that may speak of a licence."""
    at = 0
    while at < len(data):
        end = data.index(b"\0", at)
        mode, _, name = data[at:end].partition(b" ")
        at = end + 1 + size
        text = name.decode(errors="replace")
        if mode.startswith(b"100") and (licences.FILES.match(text) or licences.READMES.match(text)):
            yield text, data[end + 1 : at].hex()


def _licence(files: Mapping[str, str], blobs: Mapping[str, bytes]) -> str:
    own = sorted(name for name in files if licences.FILES.match(name))
    texts = [(name, blobs[files[name]].decode(errors="replace")) for name in own
             if files[name] in blobs]  # fmt: skip
    known = dict.fromkeys(found for _, text in texts if (found := licences.detect(text)))
    known.pop("unknown", None)
    if known:
        return " AND ".join(known) if len(known) > 1 else next(iter(known))
    if texts:
        return f"LicenseRef-{files[own[0]][:12]}"
    for name in files:
        found = licences.detect(blobs.get(files[name], b"").decode(errors="replace"))
        if found not in ("", "unknown", "proprietary"):
            return found
    return ""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Rules:
    scope: Scope
    allowed: frozenset[str]
    protected: frozenset[str]


def _rules(tools: Tools, scope: Scope, chosen: Sequence[Mined]) -> _Rules:
    paths = {row.path for one in chosen for row in one.entries}
    return _Rules(
        scope=scope,
        allowed=tools.store.matched(paths, scope.allow),
        protected=tools.store.matched(paths, scope.protect),
    )


def _offer(one: Mined, fork: Address, theirs: str, ours: str, wish: Wish, rules: _Rules) -> Offer:
    left = [
        LeftOut(path=row.path, why=why) for row in one.entries if (why := _out(row, rules, one))
    ]
    gone = {item.path for item in left}
    taken = tuple(_same_mode(row, rules) for row in one.entries if row.path not in gone)
    copy_ok = licences.may_copy(theirs, ours, wish.licences)
    if not theirs and "none" in wish.licences:
        copy_ok = "yes"
    offer = Offer(mined=one, fork=fork, licence=theirs, copy_ok=copy_ok, taken=taken,
                  left_out=tuple(left))  # fmt: skip
    if copy_ok != "yes":
        why = f"licence: {theirs or 'none found'} may not be copied into {ours or 'none found'}"
        return replace(offer, refused=why, gate="licence")
    code = [row for row in taken if place(row.path) in ("code", "build", "vendored")]
    if not code:
        first = next((item for item in left if place(item.path) in ("code", "build")), left[0])
        return replace(offer, refused=f"out of scope: {first.path} is {first.why}", gate="scope")
    return offer


def _same_mode(row: Entry, rules: _Rules) -> Entry:
    """A change of mode that is not allowed stays behind, and that of the text is taken."""
    if rules.scope.modes or "000000" in (row.old_mode, row.new_mode):
        return row
    return replace(row, new_mode=row.old_mode)


def _out(row: Entry, rules: _Rules, one: Mined) -> str:
    """Why a file of a commit is not taken, or nothing."""
    name = row.path.rpartition("/")[2]
    if row.path in rules.protected:
        return "protected"
    if name in PLUMBING or steers(row.path):
        return "not code"
    if row.old_mode in _LINK or row.new_mode in _LINK:
        return "a link or a submodule"
    if row.path in one.binaries and not rules.scope.binaries:
        return "a binary file"
    kind = place(row.path)
    if kind in ("test", "bench", "docs"):
        return {"test": "a test", "bench": "a benchmark", "docs": "documentation"}[kind]
    if name in MANIFESTS and not rules.scope.new_dependencies:
        return "a list of dependencies"
    return "" if row.path in rules.allowed else "not among the files that may change"


def _foreign(one: Offer) -> Foreign:
    commit = one.mined.commit
    text = verbatim(commit.message)[:_MESSAGE].strip()
    trailers = [
        f"Origin: {one.fork.commit_url(commit.id)}",
        f"Origin-licence: {one.licence or 'none'}",
        f"Co-authored-by: {_name_of(commit.author)} <{_name_of(commit.email)}>",
    ]
    left = [f"Left out: {visible(item.path)} ({item.why})" for item in one.left_out]
    parts = [text, "\n".join(left), "\n".join(trailers)]
    return Foreign(
        name=_name(one), entries=one.taken, author=commit.author, email=commit.email,
        authored=min(commit.authored, 4102444800), message="\n\n".join(p for p in parts if p),
    )  # fmt: skip


def _name_of(text: str) -> str:
    return re.sub(r"[<>]", "", visible(text))


def _name(one: Offer) -> str:
    """Of its ref: the same commit taken in another scope is another change."""
    what = "\0".join(row.path for row in one.taken)
    digest = hashlib.sha256(what.encode(errors="surrogateescape")).hexdigest()
    return f"{one.mined.commit.id[:16]}-{digest[:8]}"


def _digest(*paths: Path) -> str:
    return hashlib.sha256("\0".join(map(str, paths)).encode()).hexdigest()[:16] + ".git"
