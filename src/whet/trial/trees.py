"""Source trees and their builds on a worker.

Every tree lies at WORK/t/KEY with keys of one length: paths of different length move the stack and
with it the speed. A tree that was built cleanly is kept for its commit, so the incumbent is built
once. `.ready` beside a tree says that its build came to its end; one without is thrown away.
"""

import hashlib
import json
import os
import shutil
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from whet.git.store import Store
from whet.trial.protected import Protected, identity

SOURCES = frozenset({
    ".py", ".pyc", ".js", ".mjs", ".cjs", ".ts", ".rb", ".pl", ".pm", ".lua", ".php", ".sh", ".so",
    ".jar", ".class", ".wasm", ".node", ".dll", ".dylib", ".bc", ".r", ".R", ".jl", ".tcl", ".el",
})  # fmt: skip
"""Files that are run without being executable."""

_FORMAT = "3"
"""Of what is noted beside a tree; another number never reads what this one wrote."""

KEPT = 6
"""Built trees kept on a worker, the most recently used ones."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tree:
    """A place for one commit's files. `ready` is a file that exists once the build is complete."""

    key: str
    path: Path
    ready: Path
    protected: Protected
    store: Store
    commit: str
    base: str
    sources: Mapping[str, str] = field(default_factory=dict)
    """What every file of the commit was before the build, if there is one to come."""
    noted: dict[str, Any] = field(default_factory=dict)
    """What `ready` says, read once."""

    @property
    def built(self) -> bool:
        return self.ready.exists()

    def seal(self) -> None:
        """Note that the build is complete, durably, and what the tree holds now."""
        now = _identities(self.path, self.sources)
        built = {name for name, was in self.sources.items() if now[name] != was}
        files = _identities(self.path, {*_code(self.path), *built})
        data = {name: state for name, state in now.items() if name not in files}
        self._write({"dirs": _folders(self.path), "files": files, "data": data})

    def sweep(self) -> None:
        """Undo what an invocation did to the tree: a result must not survive to the next one.

        New files are removed and data files of the commit are restored. Programs stay as they are
        for `altered` to find, and what the build made of data is its own affair.
        """
        note = self._note()
        here = _folders(self.path)
        locked = [self.path / name for name in sorted(note["dirs"].keys() - here.keys())]
        for folder in locked:
            if folder.is_dir() and not folder.is_symlink():
                folder.chmod(0o755)
        for name, now in (_folders(self.path) if locked else here).items():
            known = note["dirs"].get(name)
            if known is not None and now != known:
                _remove(self.path / name, set(now) - set(known))
        changed = self._changed(note["data"])
        if changed:
            ours = self.protected.names
            self.store.checkout(self.commit, self.path, only=changed - ours)
            self.store.checkout(self.base, self.path, only=changed & ours)
            note["data"] |= _identities(self.path, changed)
            self._write(note)

    def altered(self) -> frozenset[str]:
        """Sources and programs that are not what they were when the build was complete."""
        return self._changed(self._note()["files"])

    def _changed(self, before: Mapping[str, str]) -> frozenset[str]:
        now = _identities(self.path, before)
        return frozenset(name for name, was in before.items() if now[name] != was)

    def _note(self) -> Any:
        if not self.noted:
            self.noted.update(json.loads(self.ready.read_text(encoding="utf-8")))
        return self.noted

    def _write(self, note: Any) -> None:
        self.noted.update(note)
        temporary = self.ready.with_suffix(".new")
        temporary.write_text(json.dumps(note), encoding="utf-8")
        temporary.replace(self.ready)


def place(
    store: Store,
    work: Path,
    *,
    commit: str,
    base: str,
    protect: tuple[str, ...],
    names: frozenset[str],
    recipe: str,
) -> Tree:
    """A tree for a commit, checked out; an earlier build of the same recipe is used again.

    Args:
        store: has the commit and the base.
        work: the worker's folder for this target.
        commit: whose files.
        base: whose protected files.
        protect: gitignore patterns of protected files.
        names: the files of the base that they match.
        recipe: everything else that decides what the build makes: commands, fingerprint, side.
    """
    text = "\0".join((_FORMAT, commit, base, *protect, recipe))
    key = hashlib.sha256(text.encode()).hexdigest()[:16]
    path = work / "t" / key
    ready = work / "t" / f"{key}.ready"
    tree = Tree(
        key=key, path=path, ready=ready, protected=Protected(path, names), store=store,
        commit=commit, base=base,
    )  # fmt: skip
    if tree.built and tree.altered():
        ready.unlink()  # an earlier trial's run rewrote it
    if tree.built:
        tree.sweep()  # an earlier trial may have ended in the middle of a run
        os.utime(ready)
        return tree
    shutil.rmtree(path, ignore_errors=True)
    store.checkout(commit, path)
    strays = store.matching(commit, protect) - names
    for stray in strays:
        (path / stray).unlink(missing_ok=True)
    store.checkout(base, path, only=names)
    files = {*store.files(commit), *names} - strays
    # where a protected folder took the place of a link, the link's name is that folder's
    folders = {name for name in files if path.joinpath(name).is_dir()}
    links = {name for name in folders if path.joinpath(name).is_symlink()}
    return replace(tree, sources=_identities(path, files - folders | links))


def prune(work: Path, spare: set[str]) -> None:
    """Forget the trees that were not used for longest, and every unfinished one."""
    folder = work / "t"
    if not folder.is_dir():
        return
    marks = sorted(folder.glob("*.ready"), key=lambda mark: mark.stat().st_mtime, reverse=True)
    alive = spare | {mark.stem for mark in marks[:KEPT]}
    for entry in folder.iterdir():
        if entry.name.partition(".")[0] not in alive:
            remove(entry)


def _identities(root: Path, names: Iterable[str]) -> dict[str, str]:
    # asked of every file after every invocation, so without a Path for each
    return {name: identity(f"{root}/{name}") for name in names}


def _code(root: Path) -> Iterator[str]:
    """Every file that is run or read as code: what else a run rewrites is its own affair."""
    for folder, _, names in os.walk(root):
        for name in names:
            path = Path(folder) / name
            if path.suffix in SOURCES or os.access(path, os.X_OK):
                yield str(path.relative_to(root))


def _folders(root: Path) -> dict[str, list[str]]:
    """What every folder holds, by its path relative to the root."""
    return {
        os.path.relpath(folder, root): sorted(folders + files)
        for folder, folders, files in os.walk(root)
    }


def _remove(folder: Path, names: Iterable[str]) -> None:
    for name in names:
        folder.chmod(folder.stat().st_mode | 0o700)
        remove(folder / name)


def remove(path: Path) -> None:
    """Remove whatever is there, if anything is, also where whoever made it locked it."""
    if path.is_dir() and not path.is_symlink():
        path.chmod(0o700)
        for entry in path.iterdir():
            remove(entry)
        path.rmdir()
    else:
        path.unlink(missing_ok=True)
