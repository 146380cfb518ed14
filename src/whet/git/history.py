"""Commits and patches of any repository in bulk: a process for a list, never one for a commit.

Everything is read with `git.call`, so nothing of the repository's runs. Output goes into a file
that is read line by line, so a long history costs disk and no memory.
"""

import re
import tempfile
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from whet.git.call import GitError, git

_FORMAT = "%H%x1f%P%x1f%T%x1f%at%x1f%ct%x1f%ae%x1f%an%x1f%B"
_MESSAGE = 1 << 16
_BLOBS = 8 << 20
"""Bytes of blobs asked for at once."""
_EXCLUDED = 400
"""Paths that one process can leave out; commits with more of them are not read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Commit:
    """A commit; times are seconds since the epoch, as it says itself."""

    id: str
    parents: tuple[str, ...]
    tree: str
    authored: int
    committed: int
    email: str
    author: str
    message: str

    @property
    def subject(self) -> str:
        """The first line of the message."""
        return next((line.strip() for line in self.message.splitlines() if line.strip()), "")

    @property
    def body(self) -> str:
        """All but the first line."""
        return self.message.partition("\n")[2].strip()

    @property
    def origin(self) -> tuple[str, int, str]:
        """What a copy of it in a rewritten history has in common with it."""
        return self.email, self.authored, self.subject


@dataclass(slots=True, kw_only=True)
class FilePatch:
    """What a commit does to one file; `added` and `removed` without their marks."""

    path: str
    old: str = ""
    """Where it was before, if elsewhere."""
    status: str = "M"
    added: list[str] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)
    functions: set[str] = field(default_factory=set)
    """What git names in the heads of hunks: the line above each that looks like a definition."""
    binary: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A file that a commit changes, without its contents."""

    path: str
    status: str
    old_mode: str
    new_mode: str
    old: str
    new: str


def commits(git_dir: Path, *revisions: str, most: int = 0) -> Iterator[Commit]:
    """Commits of `git log`, the newest first; `revisions` are its arguments."""
    limit = [f"--max-count={most}"] if most else []
    with _output("log", "-z", f"--format={_FORMAT}", *limit, *revisions, "--",
                 git_dir=git_dir) as file:  # fmt: skip
        for record in _records(file):
            fields = record.decode(errors="replace").split("\x1f", 7)
            if len(fields) == 8:
                yield Commit(
                    id=fields[0], parents=tuple(fields[1].split()), tree=fields[2],
                    authored=_time(fields[3]), committed=_time(fields[4]), email=fields[5],
                    author=fields[6], message=fields[7][:_MESSAGE].strip("\n"),
                )  # fmt: skip


def entries(git_dir: Path, ids: Sequence[str]) -> Mapping[str, tuple[Entry, ...]]:
    """The files each commit changes against its first parent; renames are two files."""
    found: dict[str, list[Entry]] = {}
    with _output("diff-tree", "--stdin", "-r", "-z", "--root", "--no-renames", "--full-index",
                 git_dir=git_dir, stdin=_lines(ids)) as file:  # fmt: skip
        current: list[Entry] = []
        meta: list[str] = []
        for record in _records(file):
            text = record.decode(errors="surrogateescape")
            if meta:
                current.append(
                    Entry(path=text, status=meta[4][:1], old_mode=meta[0], new_mode=meta[1],
                          old=meta[2], new=meta[3])
                )  # fmt: skip
                meta = []
            elif text.startswith(":"):
                meta = text[1:].split(" ")
            else:
                current = found.setdefault(text.strip(), [])
    return {name: tuple(changed) for name, changed in found.items()}


def sizes(git_dir: Path, names: Iterable[str]) -> Mapping[str, int]:
    """Bytes of every object that is here; what is absent is not in the answer."""
    asked = list(dict.fromkeys(names))
    with _output("cat-file", "--batch-check=%(objectname) %(objectsize)", git_dir=git_dir,
                 stdin=_lines(asked)) as file:  # fmt: skip
        answers = [line.decode(errors="surrogateescape").split() for line in file]
    return {
        name: int(answer[1])
        for name, answer in zip(asked, answers, strict=True)
        if len(answer) == 2 and answer[1].isdigit()
    }


def contents(git_dir: Path, ids: Iterable[str], largest: int = 1 << 20) -> Mapping[str, bytes]:
    """Objects by id, less those that are absent or larger than `largest` bytes."""
    known = {name: size for name, size in sizes(git_dir, ids).items() if size <= largest}
    found: dict[str, bytes] = {}
    for batch in _batches(known):
        with _output("cat-file", "--batch", git_dir=git_dir, stdin=_lines(batch)) as file:
            for name in batch:
                head = file.readline().split()
                found[name] = file.read(int(head[2]))
                file.readline()
    return found


def patches(
    git_dir: Path, ids: Sequence[str], without: Collection[str] = (), *, lines: int = 4000
) -> Iterator[tuple[str, list[FilePatch]]]:
    """What each commit does to each file, in the order given.

    Args:
        git_dir: the repository.
        ids: commits; merges show nothing.
        without: paths that are left out, because their contents are absent or huge.
        lines: added and removed lines that are kept of one commit; the rest is dropped.
    """
    if not ids:
        return
    excluded = [f":(exclude,literal,top){path}" for path in sorted(without)[:_EXCLUDED]]
    with _output("diff-tree", "--stdin", "-r", "--root", "-p", "-U0", "-M", "-l200",
                 "--no-ext-diff", "--no-textconv", "--no-color", "--full-index",
                 "--src-prefix=a/", "--dst-prefix=b/", "--", ".", *excluded,
                 git_dir=git_dir, stdin=_lines(ids)) as file:  # fmt: skip
        yield from _parsed(file, lines)


def log_patches(
    git_dir: Path, *revisions: str, paths: Sequence[str] = (), lines: int = 4000
) -> Iterator[tuple[str, list[FilePatch]]]:
    """The same for all commits of a range, oldest first, merges left out."""
    ids = git("rev-list", "--reverse", "--no-merges", *revisions, "--", *paths, git_dir=git_dir)
    yield from patches(git_dir, ids.decode().split(), lines=lines)


_HUNK = re.compile(rb"@@ -\d+(?:,(\d+))? \+\d+(?:,(\d+))? @@ ?(.*)")
_COMMIT = re.compile(rb"[0-9a-f]{40}(?:[0-9a-f]{24})?")


def _parsed(file: BinaryIO, most: int) -> Iterator[tuple[str, list[FilePatch]]]:  # noqa: C901
    name, files, room = "", list[FilePatch](), most
    current = FilePatch(path="")
    for line in file:
        if line.startswith(b"@@"):
            head = _HUNK.match(line)
            if head is None:
                continue
            old, new = (int(count) if count is not None else 1 for count in head.group(1, 2))
            where = head[3].decode(errors="replace").strip()
            if where:
                current.functions.add(where[:160])
            room = _hunk(file, old + new, current, room)
        elif line.startswith(b"diff --git "):
            current = FilePatch(path="")
            files.append(current)
        elif line.startswith((b"--- ", b"+++ ", b"rename from ", b"rename to ")):
            _named(current, line.rstrip(b"\n"))
        elif line.startswith((b"new file", b"deleted file")):
            current.status = "A" if line.startswith(b"new") else "D"
        elif line.startswith(b"Binary files "):
            _binary(current, line.rstrip(b"\n"))
        elif _COMMIT.fullmatch(line.rstrip(b"\n")):
            if name:
                yield name, [one for one in files if one.path]
            name, files, room = line.decode().strip(), [], most
    if name:
        yield name, [one for one in files if one.path]


def _hunk(file: BinaryIO, count: int, current: FilePatch, room: int) -> int:
    """Read as many lines as the head says: what they look like means nothing."""
    while count:
        line = file.readline()
        if not line:
            break
        if line.startswith(b"\\"):
            continue
        count -= 1
        if room > 0:
            room -= 1
            text = line[1:400].decode(errors="replace").rstrip("\r\n")
            (current.added if line.startswith(b"+") else current.removed).append(text)
    return room


def _named(current: FilePatch, line: bytes) -> None:
    word, _, rest = line.partition(b" ")
    if word == b"rename":
        direction, _, rest = rest.partition(b" ")
        if direction == b"from":
            current.old = _unquoted(rest)
        else:
            current.path = _unquoted(rest)
        return
    path = _unquoted(rest)
    if path != "/dev/null" and (word == b"+++" or not current.path):
        current.path = path[2:]


def _binary(current: FilePatch, line: bytes) -> None:
    """A file that is not text has no other line with its name."""
    current.binary = True
    both = line.removeprefix(b"Binary files ").removesuffix(b" differ")
    names = [_unquoted(name) for name in both.split(b" and ")]
    if len(names) == 2 and not current.path:  # a name may hold the word between the two
        new = names[1] if names[1] != "/dev/null" else names[0]
        current.path = new[2:]


def _unquoted(name: bytes) -> str:
    """A path as git writes it in a patch: in C's quotes where it has odd characters."""
    name = name.removesuffix(b"\t")
    if name.startswith(b'"') and name.endswith(b'"'):
        name = re.sub(rb"\\([0-7]{3}|.)", _escaped, name[1:-1], flags=re.DOTALL)
    return name.decode(errors="surrogateescape")


_ESCAPES = {b"n": b"\n", b"t": b"\t", b"r": b"\r", b"a": b"\a", b"b": b"\b", b"f": b"\f",
            b"v": b"\v"}  # fmt: skip


def _escaped(found: re.Match[bytes]) -> bytes:
    code = found[1]
    return bytes([int(code, 8) & 255]) if len(code) == 3 else _ESCAPES.get(code, code)


def _batches(known: Mapping[str, int]) -> Iterator[list[str]]:
    batch: list[str] = []
    total = 0
    for name, size in known.items():
        if batch and total + size > _BLOBS:
            yield batch
            batch, total = [], 0
        batch.append(name)
        total += size
    if batch:
        yield batch


@contextmanager
def _output(*args: str, git_dir: Path, stdin: bytes = b"") -> Iterator[BinaryIO]:
    with tempfile.TemporaryFile(prefix="whet-git-") as file:
        git(*args, git_dir=git_dir, stdin=stdin, into=file, timeout=1800.0)
        file.seek(0)
        yield file


def _records(file: BinaryIO) -> Iterator[bytes]:
    """What stands between NULs."""
    left = b""
    while chunk := file.read(1 << 20):
        *whole, left = (left + chunk).split(b"\0")
        yield from whole
    if left.strip():
        yield left


def _lines(names: Iterable[str]) -> bytes:
    return "".join(f"{name}\n" for name in names).encode(errors="surrogateescape")


def _time(text: str) -> int:
    try:
        return max(0, min(int(text), 1 << 40))
    except ValueError:
        return 0


def merge_base(git_dir: Path, a: str, b: str) -> str:
    """Where two commits parted; empty when they share no history."""
    try:
        return git("merge-base", a, b, git_dir=git_dir).decode().strip()
    except GitError:
        return ""
