"""A bare repository of whet's own, where every commit it makes is written.

It borrows the user's objects (alternates), so nothing is copied, and it never writes to theirs.
Commits that travel to a worker are snapshots: one tree, no parent, fixed dates. One tree is one
snapshot, a shallow clone is as good as a full one, and no history leaves the machine.
"""

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from whet.git.call import GitError, git, succeeds
from whet.model.idea import Change

_EMPTY_TREE = "4b825dc642cb6eb9a060e54bf8d69288fbee4904"


class DoesNotApply(Exception):
    """A patch or a change does not fit on the commit it was meant for."""


@dataclass(frozen=True, slots=True)
class Store:
    """A bare repository; `path` is its folder."""

    path: Path

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
        """A parentless commit with the same files."""
        return self.commit(self.tree(commit), "snapshot\n")

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
        with self._index(onto) as index:
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

    def diff(self, old: str, new: str) -> bytes:
        """The patch from one commit to another, complete and byte-exact."""
        return self.git(
            "diff", "--binary", "--full-index", "--no-renames", "--no-ext-diff", "--no-textconv",
            "--no-color", "--src-prefix=a/", "--dst-prefix=b/", old, new,
        )  # fmt: skip

    def changes(self, old: str, new: str) -> tuple[Change, ...]:
        """What happened to each file between two commits."""
        flags = ("--no-renames", "--no-ext-diff", "--no-textconv", "-z")
        raw = self.git("diff", "--raw", "--full-index", *flags, old, new)
        counts = _counts(self.git("diff", "--numstat", *flags, old, new))
        fields = raw.decode(errors="surrogateescape").split("\0")
        return tuple(
            self._change(meta, path, counts)
            for meta, path in zip(fields[::2], fields[1::2], strict=False)
        )

    def _change(self, meta: str, path: str, counts: Mapping[str, tuple[int, int]]) -> Change:
        old_mode, new_mode, _, blob, status = meta[1:].split(" ")
        added, removed = counts.get(path, (-1, -1))
        link = ""
        if new_mode == "120000":
            link = self.git("cat-file", "blob", blob).decode(errors="surrogateescape")
        return Change(
            path=path,
            status=status[:1],
            old_mode=old_mode,
            new_mode=new_mode,
            added=max(added, 0),
            removed=max(removed, 0),
            binary=added < 0,
            link=link,
        )

    def matching(self, commit: str, patterns: Sequence[str]) -> frozenset[str]:
        """Files of a commit that gitignore patterns match, by git's own rules."""
        if not patterns:
            return frozenset()
        with self._index(commit) as index:
            return self.listed(index, patterns)

    def listed(self, index: Path, patterns: Sequence[str]) -> frozenset[str]:
        """Files of an index that gitignore patterns match."""
        rules = index.with_name("patterns")
        rules.write_text("\n".join(patterns) + "\n", encoding="utf-8")
        # the command wants a work tree to stand in, and looks at nothing in it
        out = git("ls-files", "-z", "--cached", "--ignored", f"--exclude-from={rules}",
                  git_dir=self.path, index=index, tree=index.parent)  # fmt: skip
        return frozenset(out.decode(errors="surrogateescape").split("\0")) - {""}

    def files(self, commit: str) -> tuple[str, ...]:
        """Every file of a commit."""
        out = self.git("ls-tree", "-r", "-z", "--name-only", commit)
        return tuple(out.decode(errors="surrogateescape").split("\0")[:-1])

    def submodules(self, commit: str) -> Mapping[str, str]:
        """Path and commit of every submodule."""
        lines = self.git("ls-tree", "-r", "-z", commit).decode(errors="surrogateescape")
        entries = (line.partition("\t") for line in lines.split("\0") if line.startswith("160000"))
        return {path: meta.split()[2] for meta, _, path in entries}

    def show(self, commit: str, path: str) -> bytes | None:
        """A file's bytes at a commit, or None."""
        try:
            return self.git("cat-file", "blob", f"{commit}:{path}")
        except GitError:
            return None

    def checkout(self, commit: str, folder: Path, only: frozenset[str] | None = None) -> None:
        """Write a commit's files into a folder; no filter or hook runs."""
        folder.mkdir(parents=True, exist_ok=True)
        with self._index(commit) as index:
            if only is None:
                git("checkout-index", "--all", "--force", "--quiet",
                    git_dir=self.path, index=index, tree=folder)  # fmt: skip
            elif only:
                names = "\0".join(sorted(only)).encode(errors="surrogateescape")
                git("checkout-index", "--force", "--quiet", "-z", "--stdin",
                    git_dir=self.path, index=index, tree=folder, stdin=names)  # fmt: skip

    def take(self, folder: Path, base: str) -> str:
        """The tree a folder holds now, with the ignore rules of `base`; its own .git is not read.

        An agent may have rewritten its `.gitignore` or its `.git`: neither decides what is seen.
        """
        with self._index(base) as index:
            git("add", "--all", "--force", "--", ".", *_not_ours(folder, base, self),
                git_dir=self.path, index=index, tree=folder)  # fmt: skip
            return self.git("write-tree", index=index).decode().strip()

    def bundle(self, commits: Mapping[str, str], at: Path) -> None:
        """Write snapshots of some commits to one file; refs/whet/travel/NAME inside."""
        refs = []
        for name, commit in commits.items():
            ref = f"refs/whet/travel/{name}"
            self.point(ref, commit)
            refs.append(ref)
        self.git("bundle", "create", "--quiet", str(at), *refs)

    @contextmanager
    def _index(self, commit: str) -> Iterator[Path]:
        with tempfile.TemporaryDirectory(prefix="whet-index-") as folder:
            index = Path(folder) / "index"
            self.git("read-tree", commit, index=index)
            yield index


def open_store(path: Path, *, borrow: Path | None = None) -> Store:
    """Open a store, making it first where needed; `borrow` is another repository's git folder."""
    if not (path / "HEAD").exists():
        path.mkdir(parents=True, exist_ok=True)
        git("init", "--quiet", "--bare", str(path), git_dir=path)
    if borrow is not None:
        alternates = path / "objects" / "info" / "alternates"
        line = f"{(borrow / 'objects').resolve()}\n"
        if not alternates.exists() or alternates.read_text(encoding="utf-8") != line:
            alternates.write_text(line, encoding="utf-8")
        if (borrow / "shallow").exists():
            (path / "shallow").write_bytes((borrow / "shallow").read_bytes())
    return Store(path)


def receive(store: Store, source: Path) -> None:
    """Bring travelling snapshots into a worker's store, from a bundle or from a store beside it."""
    if source.is_dir():
        open_store(store.path, borrow=source)
        return
    store.git("fetch", "--quiet", "--no-tags", "--no-write-fetch-head", str(source),
              "+refs/whet/travel/*:refs/whet/travel/*")  # fmt: skip


def _not_ours(folder: Path, base: str, store: Store) -> list[str]:
    """Pathspecs that leave out what the base ignores and this folder holds untracked."""
    with store._index(base) as index:  # noqa: SLF001 (the same module)
        rules = folder / ".gitignore"
        shipped = store.show(base, ".gitignore")
        if shipped is None and not rules.exists():
            return []
        ignore = index.with_name("ignore")
        ignore.write_bytes(shipped or b"")
        out = git("ls-files", "-z", "--others", "--ignored", "--directory",
                  f"--exclude-from={ignore}", git_dir=store.path, index=index,
                  tree=folder)  # fmt: skip
    names = out.decode(errors="surrogateescape").split("\0")[:-1]
    return [f":(exclude,literal){name}" for name in names]


def _counts(numstat: bytes) -> dict[str, tuple[int, int]]:
    found = {}
    for entry in numstat.decode(errors="surrogateescape").split("\0"):
        if entry:
            added, removed, path = entry.split("\t", 2)
            found[path] = (-1, -1) if added == "-" else (int(added), int(removed))
    return found


def _first_error(said: str) -> str:
    lines = [line.removeprefix("error: ") for line in said.splitlines() if "error:" in line]
    return lines[0].removeprefix("git apply: error: ") if lines else said.splitlines()[0]
