"""Changes of others, brought into whet's own store as they are: bytes and modes, nothing else.

Of a foreign commit only the files it changes are copied, as two commits: what they were, and what
they became. So a change can be merged onto any commit of the target later, offline, and without a
single reference to where it came from.
"""

import os
import re
import tempfile
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from whet.git.call import GitError, git
from whet.git.generated import generated
from whet.git.history import Entry, contents
from whet.git.store import DoesNotApply, Store

_LARGEST = 4 << 20
_NONE = "000000"
_TOGETHER = 8
"""Changes that one is taken with at most: with more of them it is another change."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Foreign:
    """A part of somebody's commit."""

    name: str
    """For its ref in the store: letters, digits and hyphens."""
    entries: tuple[Entry, ...]
    author: str
    email: str
    authored: int
    message: str


def bring(store: Store, source: Path, changes: Sequence[Foreign]) -> Mapping[str, str]:
    """Write changes into the store; one process for all of them.

    Args:
        store: where to; a ref below refs/whet/foreign/ keeps each alive.
        source: the repository with their objects.
        changes: what to take.

    Returns:
        The commit of each by name: its difference from its parent is the change. One whose files
        are absent or huge is left out.
    """
    wanted = {blob for change in changes for row in change.entries for blob in _blobs(row)}
    found = contents(source, sorted(wanted), largest=_LARGEST)
    whole = [c for c in changes if all(b in found for row in c.entries for b in _blobs(row))]
    if not whole:
        return {}
    used = sorted({blob for change in whole for row in change.entries for blob in _blobs(row)})
    marks = {blob: number for number, blob in enumerate(used, 1)}
    stream = [b"blob\nmark :%d\ndata %d\n%s\n" % (marks[blob], len(found[blob]), found[blob])
              for blob in used]  # fmt: skip
    for number, change in enumerate(whole):
        stream.append(_commits(change, marks, len(used) + 2 * number + 1))
    git("fast-import", "--quiet", "--force", "--done", git_dir=store.path,
        stdin=b"".join([*stream, b"done\n"]))  # fmt: skip
    refs = [_ref(change.name) for change in whole]
    out = git("rev-parse", *refs, git_dir=store.path).decode().split()
    return {change.name: commit for change, commit in zip(whole, out, strict=True)}


class Conflict(DoesNotApply):
    """A change meets other lines than it was made for, in these files."""

    def __init__(self, files: Sequence[str]) -> None:
        super().__init__(f"conflicts in {', '.join(files[:3])}")
        self.files = frozenset(files)


@dataclass(frozen=True, slots=True, kw_only=True)
class Picked:
    """A tree with a change merged into it."""

    tree: str
    first: tuple[str, ...] = ()
    """The changes that had to go before it."""
    left: tuple[str, ...] = ()
    """Generated files that conflict, and stayed as they were."""


def pick(
    store: Store, commit: str, onto: str, after: Sequence[str] = (),
    patterns: Sequence[str] = (),
) -> Picked:  # fmt: skip
    """A commit's tree with a change merged into it.

    A generated file that conflicts stays as it is in `onto`: the build makes it, not a merge.

    Args:
        store: holds them all.
        commit: as `bring` has made it: its difference from its parent is the change.
        onto: what it is merged into.
        after: changes it may build on, oldest first. Where something conflicts, the newest of them
            that changes one of these files is taken along, until all fits.
        patterns: files that are generated, beside those that say so themselves.

    Raises:
        DoesNotApply: it conflicts in every way; the files are named.
    """
    chosen: list[int] = []
    alone: Conflict | None = None
    while True:
        first = tuple(after[number] for number in sorted(chosen))
        tree, met, left = onto, len(after), set[str]()
        try:
            for number, one in (*zip(sorted(chosen), first, strict=True), (len(after), commit)):
                met = number
                tree, gone = _merged(store, one, tree, patterns)
                left |= gone
        except Conflict as conflict:
            alone = alone or conflict
            needed = _needed(store, after[:met], conflict.files, chosen)
            if needed is None or len(chosen) >= _TOGETHER:
                raise alone from None
            chosen.append(needed)
        else:
            return Picked(tree=tree, first=first, left=tuple(sorted(left)))


def _needed(
    store: Store, after: Sequence[str], files: frozenset[str], chosen: Sequence[int]
) -> int | None:
    """The newest of some changes that touches one of these files and is not chosen yet."""
    for number in reversed(range(len(after))):
        if number not in chosen and files & _files(store, after[number]):
            return number
    return None


def _files(store: Store, commit: str) -> frozenset[str]:
    out = store.git("diff-tree", "-r", "-z", "--name-only", f"{commit}^", commit)
    return frozenset(out.decode(errors="surrogateescape").split("\0")) - {""}


def _merged(
    store: Store, commit: str, onto: str, patterns: Sequence[str]
) -> tuple[str, frozenset[str]]:
    """The tree that a change makes of a commit or tree, and the generated files left as they were.

    Raises:
        Conflict: it does not fit; files that are generated are not among those named.
    """
    before, after = _sides(store, commit, onto)
    try:
        return _joined(store, before, after, onto), frozenset()
    except Conflict as conflict:
        left = generated(store, onto, conflict.files, patterns)
        if not left:
            raise
        rest = _without(store, after, before, left)
        if rest == before:
            raise  # the change is about nothing else
        if conflict.files - left:
            raise Conflict(sorted(conflict.files - left)) from None
        return _joined(store, before, rest, onto), left


def _without(store: Store, after: str, before: str, paths: Collection[str]) -> str:
    """The tree after a change, some files as they were before it."""
    with store.index_of(after) as index:
        rows = store.git("ls-tree", "-r", "-z", before).decode(errors="surrogateescape").split("\0")
        old = {path: meta for meta, _, path in (row.partition("\t") for row in rows if row)}
        lines = [f"{old[path]}\t{path}\0" if path in old else f"0 {'0' * 40}\t{path}\0"
                 for path in sorted(paths)]  # fmt: skip
        store.git("update-index", "-z", "--index-info", index=index,
                  stdin="".join(lines).encode(errors="surrogateescape"))  # fmt: skip
        return store.git("write-tree", index=index).decode().strip()


def _joined(store: Store, before: str, after: str, onto: str) -> str:
    """The tree of a merge of `onto` with what a change makes of `before`.

    Raises:
        Conflict: it does not fit.
    """
    # the files before the change are made the common ancestor of both sides
    ancestor = store.commit(before, "before\n")
    ours = store.commit(f"{onto}^{{tree}}", "onto\n", (ancestor,))
    theirs = store.commit(after, "after\n", (ancestor,))
    try:
        out = git(
            "merge-tree", "--write-tree", "--name-only", "--no-messages", "-z", ours, theirs,
            git_dir=store.path, codes=(0, 1),
            # all other files look new on our side: any of them could be taken for a renamed one
            settings={"merge.renames": "false"},
        )  # fmt: skip
        tree, *conflicts = out.decode(errors="surrogateescape").split("\0")
        names = sorted({name for name in conflicts if name})
        if not names:
            return tree.strip()
    except GitError:
        names = sorted(_files(store, theirs))  # git before 2.38 has no such merge
    try:
        return store.apply(store.diff(ancestor, theirs), ours)
    except DoesNotApply:
        raise Conflict(names) from None


def _sides(store: Store, commit: str, onto: str) -> tuple[str, str]:
    """The trees before and after a change, its files where they are in what it is merged into.

    A file that is not there has moved if there is exactly one of its name.
    """
    sides = (store.tree(f"{commit}^"), store.tree(commit))
    here = store.files(onto)
    gone = set(store.files(f"{commit}^")) - set(here)
    if not gone:
        return sides
    named: dict[str, list[str]] = {}
    for path in here:
        named.setdefault(path.rpartition("/")[2], []).append(path)
    moved = {path: found[0] for path in gone
             if len(found := named.get(path.rpartition("/")[2], [])) == 1}  # fmt: skip
    return (_renamed(store, sides[0], moved), _renamed(store, sides[1], moved)) if moved else sides


def _renamed(store: Store, tree: str, moved: Mapping[str, str]) -> str:
    rows = store.git("ls-tree", "-r", "-z", tree).decode(errors="surrogateescape").split("\0")
    lines = []
    for row in filter(None, rows):
        meta, _, path = row.partition("\t")
        lines.append(f"{meta}\t{moved.get(path, path)}\0")
    with tempfile.TemporaryDirectory(prefix="whet-index-") as folder:
        index = Path(folder, "index")
        store.git("update-index", "-z", "--index-info", index=index,
                  stdin="".join(lines).encode(errors="surrogateescape"))  # fmt: skip
        return store.git("write-tree", index=index).decode().strip()


def credited(store: Store, commit: str, after: Sequence[str] = (), left: Sequence[str] = ()) -> str:
    """The message of a change that is taken over: whose it is, and whose it is built on."""
    text = message(store, commit)
    if not after and not left:
        return text
    head, trailers = _trailers(text)
    gone = [f"Left out: {_shown(path)} (generated, and in conflict)" for path in left]
    if not after:
        return "\n\n".join([head, "\n".join(gone), "\n".join(trailers)])
    others = [_trailers(message(store, one)) for one in after]
    subjects = [f"- {other.partition(chr(10))[0]}" for other, _ in others]
    lines = dict.fromkeys(line for group in (trailers, *(t for _, t in others)) for line in group)
    told = ["\n".join(["Together with:", *subjects]), *(["\n".join(gone)] if gone else [])]
    return "\n\n".join([head, *told, "\n".join(lines)])


def trailers(store: Store, commit: str) -> tuple[str, ...]:
    """Where a change that was taken over is from, and who wrote it, as lines of its message."""
    lines = _trailers(message(store, commit))[1]
    return tuple(line for line in lines if line.startswith(("Origin: ", "Co-authored-by: ")))


def _trailers(text: str) -> tuple[str, list[str]]:
    head, _, last = text.rpartition("\n\n")
    return head.strip(), last.strip().splitlines()


def message(store: Store, commit: str) -> str:
    """The message of a commit."""
    return store.git("show", "--no-patch", "--format=%B", commit).decode(errors="replace").strip()


def _commits(change: Foreign, marks: Mapping[str, int], mark: int) -> bytes:
    ref = _ref(change.name).encode()
    who = f"{_plain(change.author)} <{_plain(change.email)}> {change.authored} +0000".encode()
    ours = b"whet <whet@localhost> 946684800 +0000"
    head = b"commit %s\nmark :%d\nauthor %s\ncommitter %s\n"
    text = change.message.encode(errors="replace")
    before = [_file(row.path, row.old_mode, marks.get(row.old, 0)) for row in change.entries]
    after = [
        _file(row.path, row.new_mode, marks.get(row.new, 0))
        if row.new_mode != _NONE else b"D %s\n" % _quoted(row.path)
        for row in change.entries
    ]  # fmt: skip
    return b"".join([
        b"reset %s\n\n" % ref,  # else the next commit would have the ref's old one as its parent
        head % (ref, mark, ours, ours),
        b"data 7\nbefore\n\n",
        *(line for line in before if line),
        b"\n",
        head % (ref, mark + 1, who, ours),
        b"data %d\n%s\nfrom :%d\n" % (len(text), text, mark),
        *(line for line in after if line),
        b"\n",
    ])  # fmt: skip


def _file(path: str, mode: str, mark: int) -> bytes:
    return b"M %s :%d %s\n" % (mode.encode(), mark, _quoted(path)) if mark else b""


def _blobs(row: Entry) -> list[str]:
    return [b for b, mode in ((row.old, row.old_mode), (row.new, row.new_mode)) if mode != _NONE]


def _ref(name: str) -> str:
    return f"refs/whet/foreign/{name}"


def _quoted(path: str) -> bytes:
    data = os.fsencode(path)
    return b'"' + re.sub(rb"[^ !#-\[\]-~]", lambda m: b"\\%03o" % m.group()[0], data) + b'"'


def _shown(path: str) -> str:
    return "".join(c if c.isprintable() else f"<U+{ord(c):04X}>" for c in path)


def _plain(name: str) -> str:
    """A name that git takes, with nothing in it that could start another field."""
    return re.sub(r"[<>\x00-\x1f\x7f]+", " ", name).strip() or "unknown"
