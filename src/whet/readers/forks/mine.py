"""A fork's commits, read and ranked. Nothing of the fork is checked out, built or run."""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from whet.git.call import git
from whet.git.history import (
    Commit,
    Entry,
    FilePatch,
    contents,
    entries,
    log_patches,
    patches,
    sizes,
)
from whet.readers.forks import lines
from whet.readers.forks.features import Features, features, place
from whet.readers.forks.lineage import Lineage, lineage
from whet.readers.forks.lines import Births

_HUGE = 1 << 20
"""Files larger than this are no source code."""
_MANY = 300
"""A commit that changes more files is an import or a reformatting."""
_UPSTREAM = 10000
"""Upstream commits that are read to see who had a line first, the newest."""
_NEEDS = 24
"""Earlier changes of the same files that a commit may be taken over with."""
_SOURCES = frozenset({"code", "build", "vendored"})
_OFF_PATH = 0.15
_NEAR_PATH = 0.6


@dataclass(frozen=True, slots=True, kw_only=True)
class Mined:
    """One commit of a fork, with everything that decides whether it is worth a try."""

    commit: Commit
    entries: tuple[Entry, ...]
    features: Features
    status: lines.Status
    share: float
    """Of its lines, those that say so."""
    hot: tuple[str, ...] = ()
    """Functions on the profiled path that it changes."""
    relevance: float = 1.0
    binaries: frozenset[str] = frozenset()
    """Those of its files that are not text."""
    undone: str = ""
    """A later commit of the fork that takes it back."""
    needs: tuple[str, ...] = ()
    """Earlier commits of the fork that changed the same files, the newest first."""

    @property
    def score(self) -> float:
        """From 0 to 1."""
        return self.features.score * self.relevance


@dataclass(frozen=True, slots=True, kw_only=True)
class Mine:
    """What was found in a fork."""

    lineage: Lineage
    commits: tuple[Mined, ...]
    """The best first."""
    profiled: bool
    """Whether the ranking knows where the time goes."""
    counts: Mapping[str, int]
    """Commits by what became of them; together they are all of the fork's own."""
    problems: tuple[str, ...] = ()
    absent: tuple[str, ...] = ()
    """Paths that could not be read: their contents are not here, or huge."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What a fork is mined for."""

    base: str
    tips: tuple[str, ...]
    until: int = 0
    since: int = 0
    most: int = 5000
    exclude: tuple[str, ...] = ()
    hot: Mapping[str, float] = field(default_factory=dict)
    """Share of the time by function; empty when nothing was profiled."""
    hot_files: frozenset[str] = frozenset()


def mine(git_dir: Path, terms: Terms, told: Callable[[str], None] = lambda _: None) -> Mine:
    """Read what a fork has of its own.

    Args:
        git_dir: a repository with the objects of both sides; see `git.joint`.
        terms: what is looked for.
        told: hears what takes long.

    Raises:
        NotReady: the fork has nothing in common with the base.
    """
    found = lineage(git_dir, terms.base, terms.tips, until=terms.until, since=terms.since,
                    most=terms.most, excluded=terms.exclude)  # fmt: skip
    told(f"{len(found.own)} commits of its own since {found.point[:10]}")
    changed = entries(git_dir, [one.id for one in found.own])
    absent, small = _readable(git_dir, found.own, changed)
    read = dict(patches(git_dir, small, absent))
    told(f"{len(read)} commits read, looking who had them first")
    marks = {name: lines.added(_sources(files)) for name, files in read.items()}
    births, at_point, today = _upstream(git_dir, found, terms, marks.values())
    undone = _undone(found.own)
    mined = []
    for one in found.own:
        files = read.get(one.id, [])
        where, share = lines.status(
            marks.get(one.id, frozenset()),
            lines.whole(_sources(files)),
            one.authored,
            births,
            at_point,
            today,
        )
        where = "ported" if where == "fork-only" and _SAYS_PORTED.search(one.subject) else where
        hot, relevance = _on_path(files, terms)
        mined.append(
            Mined(
                commit=one, entries=changed.get(one.id, ()), status=where, share=share,
                features=features(one.subject, one.body, files), hot=hot, relevance=relevance,
                undone=undone.get(one.id, ""),
                binaries=frozenset(each.path for each in files if each.binary),
            )
        )  # fmt: skip
    mined.sort(key=lambda m: (-m.score, -m.features.points, m.commit.id))
    large = len(found.own) - len(small)
    problems = [f"{large} commits change more than {_MANY} files: not read"] if large else []
    return Mine(
        lineage=found, commits=tuple(_with_needs(found.own, mined)), profiled=bool(terms.hot),
        counts=_counted(mined), problems=tuple(problems), absent=tuple(sorted(absent)),
    )  # fmt: skip


def promising(one: Mined, least: int = 4) -> str:
    """Why a commit is not worth a try, or nothing. One word or two, to be counted."""
    if one.status != "fork-only":
        return {"ported": "taken from upstream", "later-upstream": "already upstream",
                "in-base": "nothing new"}[one.status]  # fmt: skip
    if one.undone:
        return "taken back"
    if one.features.points < 0:
        return "no code" if one.features.why == ("no code",) else "not about speed"
    return "" if one.features.points >= least else "not about speed"


def _counted(mined: Iterable[Mined]) -> Mapping[str, int]:
    return dict(Counter(promising(one) or "promising" for one in mined).most_common())


def _readable(
    git_dir: Path, own: Sequence[Commit], changed: Mapping[str, tuple[Entry, ...]]
) -> tuple[frozenset[str], list[str]]:
    """Paths that cannot be read, and commits that are small enough to be one change."""
    small = [one.id for one in own if len(changed.get(one.id, ())) <= _MANY]
    rows = [row for name in small for row in changed.get(name, ())]
    blobs = {
        blob for row in rows for blob, mode in ((row.old, row.old_mode), (row.new, row.new_mode))
        if mode not in ("000000", "160000")
    }  # fmt: skip
    known = sizes(git_dir, sorted(blobs))
    bad = {blob for blob in blobs if known.get(blob, _HUGE + 1) > _HUGE}
    return frozenset(row.path for row in rows if row.old in bad or row.new in bad), small


def _upstream(
    git_dir: Path, found: Lineage, terms: Terms, marks: Iterable[frozenset[int]]
) -> tuple[Births, frozenset[int], frozenset[int]]:
    """Who had which line: upstream's history since, its files then, and its files today."""
    wanted = frozenset().union(*marks)
    births = Births(wanted=wanted)
    span = [f"--max-count={_UPSTREAM}", terms.base, f"^{found.counterpart}"]
    dates = _dates(git_dir, span)
    for name, files in log_patches(git_dir, *span, lines=20000):
        births.take(dates.get(name, 0), _sources(files))
    return (
        births,
        in_tree(git_dir, found.counterpart, wanted),
        in_tree(git_dir, terms.base, wanted),
    )


def _sources(files: Iterable[FilePatch]) -> list[FilePatch]:
    return [one for one in files if place(one.path) in _SOURCES]


def _dates(git_dir: Path, span: Sequence[str]) -> Mapping[str, int]:
    out = git("log", "--format=%H %at", *span, "--", git_dir=git_dir).decode().split()
    return {name: int(when) for name, when in zip(out[::2], out[1::2], strict=True)}


def in_tree(git_dir: Path, commit: str, wanted: frozenset[int]) -> frozenset[int]:
    """Which of some lines stand in the code of a commit."""
    out = git("ls-tree", "-r", "-z", "--full-tree", commit, git_dir=git_dir)
    blobs = []
    for entry in out.decode(errors="surrogateescape").split("\0")[:-1]:
        meta, _, path = entry.partition("\t")
        if meta.startswith("100") and place(path) in _SOURCES:
            blobs.append(meta.split()[2])
    found: set[int] = set()
    for start in range(0, len(blobs), 500):
        for data in contents(git_dir, blobs[start : start + 500]).values():
            marks = {lines.fingerprint(line) for line in data.decode(errors="replace").splitlines()}
            found |= marks & wanted
    return frozenset(found)


_SAYS_PORTED = re.compile(
    r"(?i)\b((back)?port(ed)?|sync(ed)?|cherry[- ]?pick(ed)?)\b.{0,30}\b"
    r"(mainline|upstream|master)\b"
)


_REVERTS = re.compile(r"This reverts commit ([0-9a-f]{7,40})")


def _undone(own: Sequence[Commit]) -> Mapping[str, str]:
    """Commits that a later one of the fork takes back, and which."""
    found: dict[str, str] = {}
    by_subject = {one.subject: one for one in reversed(own)}
    for one in own:
        named = _REVERTS.search(one.message)
        quoted = re.fullmatch(r'Revert "(.+)"', one.subject)
        target = ""
        if named is not None:
            target = next((c.id for c in own if c.id.startswith(named[1])), "")
        elif quoted is not None and quoted[1] in by_subject:
            target = by_subject[quoted[1]].id
        if target:
            found[target] = one.id
    # a revert that was itself reverted stands
    return {name: by for name, by in found.items() if by not in found}


def _on_path(files: Sequence[FilePatch], terms: Terms) -> tuple[tuple[str, ...], float]:
    """Functions of the profile that a change is in, and how much that counts.

    Every hot function counts the same: by its share of the time, the largest one would bury the
    others, which are where a change is possible.
    """
    if not terms.hot:
        return (), 1.0
    text = "\n".join(
        [*(head for one in files for head in one.functions),
         *(line for one in files for line in one.removed),
         *(line for one in files for line in one.added)]
    )  # fmt: skip
    words = set(re.findall(r"[A-Za-z_]\w+", text))
    hot = tuple(name for name in terms.hot if _plain(name) in words and _telling(_plain(name)))
    if hot:
        return hot, 1.0
    near = any(one.path in terms.hot_files or one.old in terms.hot_files for one in files)
    return (), _NEAR_PATH if near else _OFF_PATH


_COMMON_NAMES = frozenset({
    "main", "read", "write", "call", "update", "copy", "next", "get", "set", "push", "pop",
    "free", "malloc", "init", "run", "open", "close", "size", "begin", "end", "insert", "find",
    "erase", "data", "apply", "process", "parse", "print",
})  # fmt: skip


def _plain(name: str) -> str:
    """`ns::Class::method(int)` is `method`; compilers add .part.0 and the like."""
    bare = re.split(r"[(<\[]", name, maxsplit=1)[0]
    return re.split(r"[.:@]", re.sub(r"\.(part|constprop|isra|cold|lto_priv)\b.*", "", bare))[-1]


def _telling(name: str) -> bool:
    return len(name) > 3 and name.lower() not in _COMMON_NAMES


def _with_needs(own: Sequence[Commit], mined: Sequence[Mined]) -> Iterable[Mined]:
    """Name the fork's earlier changes of the same code: one that conflicts may need them."""
    known = {one.commit.id: one for one in mined}
    history = [known[one.id] for one in own]  # the newest first
    places = {one.id: number for number, one in enumerate(own)}
    code = {one.commit.id: _code(one) for one in mined}
    for one in mined:
        if promising(one):
            yield one
            continue
        files = code[one.commit.id]
        needs: list[str] = []
        for other in history[places[one.commit.id] + 1 :]:
            if len(needs) == _NEEDS:
                break
            if not files.isdisjoint(code[other.commit.id]):
                needs.append(other.commit.id)
                files |= code[other.commit.id]
        yield replace(one, needs=tuple(needs))


def _code(one: Mined) -> frozenset[str]:
    return frozenset(row.path for row in one.entries if place(row.path) in ("code", "build"))
