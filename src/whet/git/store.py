"""A bare repository of whet's own, where every commit it makes is written.

It borrows the user's objects (alternates), so nothing is copied, and it never writes to theirs.
Commits that travel to a worker are snapshots: one tree, no parent, fixed dates. One tree is one
snapshot, a shallow clone is as good as a full one, and no history leaves the machine.
"""

import contextlib
import os
import re
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from whet import whole
from whet.errors import NotReady
from whet.git.call import GitError, git, succeeds
from whet.model.idea import Change

_SUBMODULE, _LINK = "160000", "120000"

_ID = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")

_RAW = "* -text -ident -filter !working-tree-encoding\n"
"""Attributes of every file, stronger than any .gitattributes: bytes in are bytes out."""


class DoesNotApply(Exception):
    """A patch or a change does not fit on the commit it was meant for."""


@dataclass(frozen=True, slots=True)
class Store:
    """A bare repository; `path` is its folder."""

    path: Path
    _snapshots: dict[str, str] = field(default_factory=dict, repr=False, compare=False)
    """A commit never changes, and asking git again costs three processes."""

    def git(self, *args: str, index: Path | None = None, stdin: bytes = b"") -> bytes:
        """Run git in this store."""
        return git(*args, git_dir=self.path, index=index, stdin=stdin)

    def has(self, commit: str) -> bool:
        """Whether an object is here, or borrowed."""
        return succeeds("cat-file", "-e", f"{commit}^{{tree}}", git_dir=self.path)

    def tree(self, commit: str) -> str:
        """The tree of a commit."""
        return self.git("rev-parse", "--verify", f"{commit}^{{tree}}").decode().strip()

    def commit(self, tree: str, message: str, parents: Sequence[str] = ()) -> str:
        """A commit of a tree with whet's fixed identity and date."""
        named = [word for parent in parents for word in ("-p", parent)]
        return self.git("commit-tree", tree, *named, stdin=message.encode()).decode().strip()

    def snapshot(self, commit: str) -> str:
        """A parentless commit with the same files, those of its submodules among them.

        Raises:
            NotReady: the files of a submodule are not on this machine.
        """
        known = self._snapshots.get(commit)
        if known is None:
            tree = self._grafted(commit) if self.submodules(commit) else f"{commit}^{{tree}}"
            known = self.commit(tree, "snapshot\n")
            if _ID.fullmatch(commit):  # a ref moves
                self._snapshots[commit] = known
        return known

    def _grafted(self, commit: str) -> str:
        """The tree of a commit with the files of its submodules in their places."""
        with self.index_of(commit) as index:
            while links := self._links(index):  # a submodule may have submodules
                for path, inner in links.items():
                    self._graft(index, path, inner)
            return self.git("write-tree", index=index).decode().strip()

    def _links(self, index: Path) -> dict[str, str]:
        """Path and commit of every submodule in an index."""
        entries = (line.partition("\t") for line in _words(
            self.git("ls-files", "--stage", "-z", index=index)
        ))  # fmt: skip
        return {path: meta.split()[1] for meta, _, path in entries if meta.startswith(_SUBMODULE)}

    def _graft(self, index: Path, path: str, inner: str) -> None:
        if not self.has(inner):
            raise NotReady(
                f"the files of the submodule {path} are not here",
                hint="git submodule update --init --recursive",
            )
        # the command wants a work tree to stand in, and looks at nothing in it
        git("update-index", "--force-remove", "-z", "--stdin", git_dir=self.path, index=index,
            tree=index.parent, stdin=_stdin([path]))  # fmt: skip
        self.git("read-tree", "-i", f"--prefix={path}/", inner, index=index)

    def merge_base(self, a: str, b: str) -> str:
        """Where two commits parted; the first of them when they share no history."""
        try:
            return self.git("merge-base", a, b).decode().strip()
        except GitError:
            return a

    def point(self, ref: str, commit: str) -> None:
        """Create or move a ref."""
        self.git("update-ref", ref, commit)

    def apply(self, patch: bytes, onto: str) -> str:
        """The tree that a patch makes of a commit; falls back to a three-way merge.

        Raises:
            DoesNotApply: it does not fit, with git's words.
        """
        with self.index_of(onto) as index:
            try:
                self.git("apply", "--cached", "--whitespace=nowarn", "-", index=index, stdin=patch)
            except GitError as plain:
                try:
                    self.git(
                        "apply", "--cached", "--3way", "--whitespace=nowarn", "-",
                        index=index, stdin=patch,
                    )  # fmt: skip
                except GitError as merged:
                    raise DoesNotApply(_first_error(str(plain))) from merged
                if self.git("ls-files", "--unmerged", index=index):
                    raise DoesNotApply(_first_error(str(plain))) from plain
            return self.git("write-tree", index=index).decode().strip()

    def overlay(self, commit: str, source: str, paths: Iterable[str]) -> str:
        """A commit with some files of another one in place of its own; no parent."""
        with self.index_of(commit) as index:
            out = self.git("ls-tree", "-r", "-z", source)
            entries = (line.partition("\t") for line in _words(out))
            lines = {path: meta.split(" ") for meta, _, path in entries}
            told = [f"{mode} {blob}\t{path}" for path in paths if path in lines
                    for mode, _, blob in [lines[path]]]  # fmt: skip
            self.git("update-index", "-z", "--index-info", index=index, stdin=_stdin(told))
            tree = self.git("write-tree", index=index).decode().strip()
        return self.commit(tree, "snapshot\n")

    def diff(self, old: str, new: str) -> bytes:
        """The patch from one commit to another, complete and byte-exact."""
        return self.git(
            "diff", "--binary", "--full-index", "--no-renames", "--no-ext-diff", "--no-textconv",
            "--no-color", "--src-prefix=a/", "--dst-prefix=b/", old, new,
        )  # fmt: skip

    def changes(self, old: str, new: str) -> tuple[Change, ...]:
        """What happened to each file between two commits."""
        out = self.git(
            "diff", "--raw", "--numstat", "--full-index", "-z",
            "--no-renames", "--no-ext-diff", "--no-textconv", old, new,
        )  # fmt: skip
        fields = _words(out)
        end = next((i for i in range(0, len(fields), 2) if fields[i][0] != ":"), len(fields))
        counts = dict(_count(field) for field in fields[end:])
        return tuple(
            self._change(meta, path, counts[path])
            for meta, path in zip(fields[0:end:2], fields[1:end:2], strict=True)
        )

    def _change(self, meta: str, path: str, count: tuple[int, int] | None) -> Change:
        old_mode, new_mode, _, blob, status = meta[1:].split(" ")
        link = self.git("cat-file", "blob", blob) if new_mode == _LINK else b""
        return Change(
            # only for reading: a name that is not UTF-8 could not be written to a ledger
            path=path.encode(errors="surrogateescape").decode(errors="backslashreplace"),
            status=status[:1],
            old_mode=old_mode,
            new_mode=new_mode,
            added=count[0] if count else 0,
            removed=count[1] if count else 0,
            binary=count is None,
            link=link.decode(errors="backslashreplace"),
        )

    def matching(self, commit: str, patterns: Sequence[str]) -> frozenset[str]:
        """Files of a commit that gitignore patterns match, by git's own rules."""
        if not patterns:
            return frozenset()
        with self.index_of(commit) as index:
            rules = index.with_name("patterns")
            rules.write_bytes(os.fsencode("\n".join(patterns) + "\n"))
            # the command wants a work tree to stand in, and looks at nothing in it
            out = git("ls-files", "-z", "--cached", "--ignored", f"--exclude-from={rules}",
                      git_dir=self.path, index=index, tree=index.parent)  # fmt: skip
            return frozenset(_words(out))

    def matched(self, paths: Iterable[str], patterns: Sequence[str]) -> frozenset[str]:
        """Which of some paths gitignore patterns match, whether the files exist or not."""
        names = list(paths)
        if not (names and patterns):
            return frozenset()
        with tempfile.TemporaryDirectory(prefix="whet-index-") as folder:
            rules = Path(folder, "patterns")
            rules.write_bytes(os.fsencode("\n".join(patterns) + "\n"))
            (empty := Path(folder, "tree")).mkdir()
            out = git("check-ignore", "--no-index", "-z", "--stdin", git_dir=self.path, tree=empty,
                      settings={"core.excludesFile": str(rules)},
                      stdin=_stdin(names), codes=(0, 1))  # fmt: skip
        return frozenset(_words(out))

    def files(self, commit: str) -> tuple[str, ...]:
        """Every file of a commit."""
        return tuple(_words(self.git("ls-tree", "-r", "-z", "--name-only", commit)))

    def submodules(self, commit: str) -> Mapping[str, str]:
        """Path and commit of every submodule."""
        entries = (line.partition("\t") for line in _words(self.git("ls-tree", "-r", "-z", commit)))
        return {path: meta.split()[2] for meta, _, path in entries if meta.startswith(_SUBMODULE)}

    def show(self, commit: str, path: str) -> bytes | None:
        """A file's bytes at a commit, or None."""
        try:
            return self.git("cat-file", "blob", f"{commit}:{path}")
        except GitError:
            return None

    def checkout(self, commit: str, folder: Path, only: frozenset[str] | None = None) -> None:
        """Write a commit's files into a folder; no filter or hook runs."""
        folder.mkdir(parents=True, exist_ok=True)
        with self.index_of(commit) as index:
            if only is None:
                git("checkout-index", "--all", "--force", "--quiet",
                    git_dir=self.path, index=index, tree=folder)  # fmt: skip
            elif only:
                git("checkout-index", "--force", "--quiet", "-z", "--stdin",
                    git_dir=self.path, index=index, tree=folder, stdin=_stdin(only))  # fmt: skip

    def take(self, folder: Path, base: str) -> str:
        """The tree a folder holds now, less what the ignore rules of `base` leave out.

        Whoever worked there may have rewritten its `.gitignore` or `.gitattributes`, and may have
        made repositories in it: none of these decides what is seen. Submodules stay as in `base`.

        Raises:
            NotReady: a part of the folder cannot be read.
        """
        with self.index_of(base) as index:
            lines = _words(self.git("ls-files", "--stage", "-z", index=index))
            modes = {path: meta[:6] for meta, _, path in (line.partition("\t") for line in lines)}
            modules = {path for path, mode in modes.items() if mode == _SUBMODULE}
            here = set(_files(folder, modules))
            here -= self._ignored(here - modes.keys(), modes, index)
            gone = modes.keys() - here - modules
            for flags, names in (("--force-remove",), gone), (("--add", "--replace"), here):
                git("update-index", *flags, "-z", "--stdin", git_dir=self.path, index=index,
                    tree=folder, stdin=_stdin(names))  # fmt: skip
            return self.git("write-tree", index=index).decode().strip()

    def _ignored(self, names: set[str], tracked: Iterable[str], index: Path) -> set[str]:
        """Which untracked files the ignore files of an index leave out, in all its folders."""
        rules = [name for name in tracked if name.rpartition("/")[2] == ".gitignore"]
        if not (rules and names):
            return set()
        with tempfile.TemporaryDirectory(prefix="whet-index-") as folder:
            # a work tree that holds the ignore files and nothing else
            git("checkout-index", "--quiet", "-z", "--stdin",
                git_dir=self.path, index=index, tree=Path(folder), stdin=_stdin(rules))  # fmt: skip
            out = git("check-ignore", "-z", "--stdin", git_dir=self.path, index=index,
                      tree=Path(folder), stdin=_stdin(names), codes=(0, 1))  # fmt: skip
        return set(_words(out))

    def bundle(self, commits: Mapping[str, str], at: Path) -> None:
        """Write snapshots of some commits to one file; refs/whet/travel/NAME inside."""
        refs = []
        for name, commit in commits.items():
            ref = f"refs/whet/travel/{name}"
            self.point(ref, commit)
            refs.append(ref)
        self.git("bundle", "create", "--quiet", str(at), *refs)

    @contextmanager
    def index_of(self, commit: str) -> Iterator[Path]:
        """An index of its own with a commit's files, as long as the block lasts."""
        with tempfile.TemporaryDirectory(prefix="whet-index-") as folder:
            index = Path(folder) / "index"
            self.git("read-tree", commit, index=index)
            yield index


def open_store(
    path: Path, *, borrow: Path | None = None, also: Sequence[Path] = (), objects: str = ""
) -> Store:
    """Open a store, making it first where needed.

    Args:
        path: its folder.
        borrow: the git folder of a repository whose objects are read in place.
        also: more such folders, those of its submodules.
        objects: sha1 or sha256, if not that of `borrow`.
    """
    if not (path / "HEAD").exists():
        _make(path, objects or (_object_format(borrow) if borrow is not None else "sha1"))
    attributes = path / "info" / "attributes"
    if not attributes.exists():
        attributes.parent.mkdir(exist_ok=True)
        attributes.write_text(_RAW, encoding="utf-8")
    if borrow is not None:
        lines = [_alternate(folder / "objects") for folder in (borrow, *also)]
        _write(path / "objects" / "info" / "alternates", b"".join(lines))
        if (borrow / "shallow").exists():
            _write(path / "shallow", (borrow / "shallow").read_bytes())
        else:
            (path / "shallow").unlink(missing_ok=True)
    return Store(path)


def _make(path: Path, objects: str) -> None:
    """Make an empty store in one step: two processes may want the same one at once."""
    path.parent.mkdir(parents=True, exist_ok=True)
    init = ("init", "--quiet", "--bare", "--template=", f"--object-format={objects}")
    new = path.with_name(f".{path.name}.{os.getpid()}")
    new.mkdir()
    try:
        git(*init, git_dir=new)
        with contextlib.suppress(OSError):  # another process was first, or there is half of one
            new.rename(path)
        if not (path / "HEAD").exists():
            git(*init, git_dir=path)
    finally:
        shutil.rmtree(new, ignore_errors=True)


def receive(path: Path, source: Path | None) -> Store:
    """The store of a worker with travelling snapshots, from a bundle or a store beside it.

    Without a source they were sent before.
    """
    if source is None:
        return open_store(path)
    if source.is_dir():
        return open_store(path, borrow=source)
    with source.open("rb") as file:
        # a bundle with other hashes than SHA-1 says so in its second line
        objects = "sha256" if b"sha256" in file.readline() + file.readline() else "sha1"
    store = open_store(path, objects=objects)
    store.git("fetch", "--quiet", "--no-tags", "--no-write-fetch-head", str(source.absolute()),
              "+refs/whet/travel/*:refs/whet/travel/*")  # fmt: skip
    return store


def _object_format(repository: Path) -> str:
    return git("rev-parse", "--show-object-format", git_dir=repository).decode().strip()


def _alternate(objects: Path) -> bytes:
    path = os.fsencode(objects.resolve())
    quoted = path.replace(b"\\", b"\\\\").replace(b'"', b'\\"').replace(b"\n", b"\\n")
    return b'"' + quoted + b'"\n'


def _write(path: Path, data: bytes) -> None:
    """Replace a file in one step, if it does not hold this already."""
    if not path.exists() or path.read_bytes() != data:
        whole.write(path, data)


def _files(folder: Path, modules: set[str]) -> Iterator[str]:
    """Files and symbolic links below a folder, outside of submodules and of any `.git`."""

    def unreadable(error: OSError) -> None:
        raise NotReady(f"{error.filename} cannot be read: {error.strerror}") from error

    for at, folders, names in os.walk(folder, onerror=unreadable):
        where = os.path.relpath(at, folder)
        under = "" if where == "." else f"{where}/"
        links = [name for name in folders if Path(at, name).is_symlink()]
        folders[:] = [
            name for name in folders if name != ".git" and f"{under}{name}" not in modules
        ]
        for name in (*links, *names):
            path = Path(at, name)
            if name != ".git" and (path.is_symlink() or path.is_file()):
                yield under + name


def _words(out: bytes) -> list[str]:
    """What git separates by NUL; names that are not UTF-8 keep their bytes."""
    return out.decode(errors="surrogateescape").split("\0")[:-1]


def _stdin(names: Iterable[str]) -> bytes:
    return "".join(f"{name}\0" for name in sorted(names)).encode(errors="surrogateescape")


def _count(field: str) -> tuple[str, tuple[int, int] | None]:
    """Path, and lines added and removed, or None for a binary file."""
    added, removed, path = field.split("\t", 2)
    return path, None if added == "-" else (int(added), int(removed))


def _first_error(said: str) -> str:
    lines = [line.removeprefix("error: ") for line in said.splitlines() if "error:" in line]
    return lines[0].removeprefix("git apply: error: ") if lines else said.splitlines()[0]
