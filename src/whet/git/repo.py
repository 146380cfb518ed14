"""The user's repository, read only."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from whet.errors import NotReady, UserError
from whet.git.call import GitError, git, succeeds

_SUBMODULE = b"160000"


@dataclass(frozen=True, slots=True, kw_only=True)
class Repo:
    """Where a repository's work tree and its `.git` are.

    `common` is the folder shared by all its work trees; objects and refs are there.
    """

    root: Path
    git_dir: Path
    common: Path

    def resolve(self, ref: str) -> str:
        """The commit a ref names.

        Raises:
            UserError: there is no such commit.
        """
        try:
            out = git("rev-parse", "--verify", "--quiet", f"{ref}^{{commit}}", git_dir=self.git_dir)
        except GitError as error:
            if ref == "HEAD":
                raise NotReady(
                    f"{self.root.name} has no commit yet",
                    hint="git add -A && git commit -m 'start'",
                ) from error
            raise UserError(f"no commit is called `{ref}`", hint="git log --oneline") from error
        return out.decode().strip()

    def is_commit(self, ref: str) -> bool:
        """Whether a word names a commit here."""
        return not ref.startswith("-") and succeeds(
            "rev-parse", "--verify", "--quiet", f"{ref}^{{commit}}", git_dir=self.git_dir
        )

    def files(self, commit: str) -> frozenset[str]:
        """Every file of a commit."""
        out = git("ls-tree", "-r", "-z", "--name-only", "--full-tree", commit,
                  git_dir=self.git_dir)  # fmt: skip
        return frozenset(out.decode(errors="surrogateescape").split("\0")) - {""}

    def head(self) -> str:
        """The branch that is checked out, or `detached HEAD`."""
        try:
            name = git("symbolic-ref", "--short", "-q", "HEAD", git_dir=self.git_dir)
        except GitError:
            return "detached HEAD"
        return name.decode().strip()

    def dirty(self) -> tuple[str, ...]:
        """Tracked files that differ from HEAD. Untracked files are not looked at."""
        out = git(
            "status", "--porcelain", "-z", "--untracked-files=no", "--no-renames",
            # to look into a submodule, git would run what that one's configuration names
            "--ignore-submodules=dirty",
            git_dir=self.git_dir, tree=self.root, settings=self._no_filters(),
        )  # fmt: skip
        return tuple(entry[3:] for entry in out.decode(errors="surrogateescape").split("\0")[:-1])

    def _no_filters(self) -> dict[str, str]:
        """Settings that keep this repository's filters from running when files are compared."""
        out = git("config", "--null", "--name-only", "--get-regexp", r"^filter\..*\.",
                  git_dir=self.git_dir, codes=(0, 1))  # fmt: skip
        names = out.decode(errors="surrogateescape").split("\0")
        drivers = {name.rpartition(".")[0] for name in names}
        return {
            f"{driver}.{key}": "false" if key == "required" else ""
            for driver in drivers - {""}
            for key in ("clean", "smudge", "process", "required")
        }

    def modules(self) -> tuple[Path, ...]:
        """Git folders of submodules whose objects are on this machine, in a stable order."""
        folders = {_common(found) for found in self._checked_out()}
        for place in {self.common, self.git_dir}:
            folders |= set(_kept(place / "modules"))
        return tuple(sorted(folders))

    def _checked_out(self) -> Iterator[Path]:
        out = git("ls-files", "--stage", "-z", git_dir=self.git_dir, tree=self.root)
        for entry in out.split(b"\0"):
            meta, _, path = entry.partition(b"\t")
            marker = self.root / os.fsdecode(path) / ".git"
            if meta.startswith(_SUBMODULE) and marker.exists():
                git_dir = _git_dir(marker)
                if git_dir is not None:
                    yield git_dir

    def exclude(self, pattern: str) -> None:
        """Ignore a path through `.git/info/exclude`, which is the user's own and not committed."""
        path = self.common / "info" / "exclude"
        text = path.read_text(encoding="utf-8", errors="replace") if path.exists() else ""
        if pattern not in text.splitlines():
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("a", encoding="utf-8") as file:
                file.write(("" if not text or text.endswith("\n") else "\n") + pattern + "\n")

    def fetch(self, store: Path, refspec: str) -> None:
        """Take refs and their objects from a store; only names under refs/whet/ are allowed."""
        assert refspec.rpartition(":")[2].startswith("refs/whet/")
        git(
            "fetch", "--quiet", "--no-tags", "--no-write-fetch-head", "--no-auto-gc", "--prune",
            "--no-recurse-submodules", str(store), f"+{refspec}", git_dir=self.git_dir,
        )  # fmt: skip

    def delete_refs(self, prefix: str) -> int:
        """Delete whet's refs under a prefix; returns how many there were."""
        assert prefix.startswith("refs/whet/")
        listed = git("for-each-ref", "--format=%(refname)", prefix, git_dir=self.git_dir)
        names = listed.decode().split()
        orders = "".join(f"delete {name}\n" for name in names)
        if orders:
            git("update-ref", "--stdin", git_dir=self.git_dir, stdin=orders.encode())
        return len(names)


def find(start: Path) -> Repo:
    """The repository a folder is in.

    Raises:
        NotReady: it is in none, or in a bare one.
    """
    here = start.absolute()
    for folder in (here, *here.parents):
        marker = folder / ".git"
        if marker.exists():
            git_dir = _git_dir(marker)
            if git_dir is not None:
                return Repo(root=folder, git_dir=git_dir, common=_common(git_dir))
    raise NotReady(
        f"{here} is not in a git repository",
        hint="git init && git add -A && git commit -m 'start'",
    )


def unlock(git_dir: Path, prefix: str) -> None:
    """Remove the locks that a power cut left on refs under a prefix: nobody may be writing them."""
    assert prefix.startswith("refs/whet/")
    for lock in (git_dir / prefix).rglob("*.lock"):
        lock.unlink(missing_ok=True)


def _git_dir(marker: Path) -> Path | None:
    if marker.is_dir():
        return marker if (marker / "HEAD").exists() else None
    # a linked work tree or a submodule: the file names the folder
    text = marker.read_text(encoding="utf-8", errors="surrogateescape").strip()
    name, _, value = text.partition(":")
    return (marker.parent / value.strip()).resolve() if name == "gitdir" else None


def _kept(folder: Path) -> Iterator[Path]:
    """Repositories below a `modules` folder, where a submodule's name may have slashes."""
    if (folder / "HEAD").exists() and (folder / "objects").is_dir():
        yield folder
        folder = folder / "modules"
    if folder.is_dir():
        for entry in folder.iterdir():
            if entry.is_dir() and not entry.is_symlink():
                yield from _kept(entry)


def _common(git_dir: Path) -> Path:
    pointer = git_dir / "commondir"
    if pointer.exists():
        return (git_dir / pointer.read_text(encoding="utf-8").strip()).resolve()
    return git_dir
