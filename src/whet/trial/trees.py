"""Source trees and their builds on a worker.

Every tree lies at WORK/t/KEY with keys of one length: paths of different length move the stack and
with it the speed. A tree that was built cleanly is kept for its commit, so the incumbent is built
once. `.ready` beside a tree says that its build came to its end; one without is thrown away.
"""

import hashlib
import json
import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from whet.git.store import Store
from whet.trial.protected import Protected, identity

SOURCES = frozenset({
    ".py", ".pyc", ".js", ".mjs", ".cjs", ".ts", ".rb", ".pl", ".pm", ".lua", ".php", ".sh", ".so",
    ".jar", ".class", ".wasm", ".node", ".dll", ".dylib", ".bc", ".r", ".R", ".jl", ".tcl", ".el",
})  # fmt: skip
"""Files that are run without being executable."""

_FORMAT = "2"
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

    @property
    def built(self) -> bool:
        return self.ready.exists()

    def seal(self) -> None:
        """Note that the build is complete, durably, and what the tree holds now."""
        note = {"dirs": _folders(self.path), "files": _identities(self.path)}
        temporary = self.ready.with_suffix(".new")
        temporary.write_text(json.dumps(note), encoding="utf-8")
        temporary.replace(self.ready)

    def sweep(self) -> None:
        """Remove what invocations left in the tree: a result cache must not survive."""
        before: dict[str, list[str]] = self._note()["dirs"]
        for name in list(_walk(self.path)):
            folder = self.path / name
            known = before.get(name)
            if known is None:
                shutil.rmtree(folder, ignore_errors=True)
            elif _stamp(folder) != known[0]:
                _remove_new(folder, set(known[1:]))

    def altered(self) -> frozenset[str]:
        """Sources and programs that are not what they were when the build was complete."""
        before: dict[str, str] = self._note()["files"]
        return frozenset(name for name, was in before.items() if identity(self.path / name) != was)

    def _note(self) -> Any:
        return json.loads(self.ready.read_text(encoding="utf-8"))


def place(
    store: Store, work: Path, *, commit: str, base: str, protect: tuple[str, ...], recipe: str
) -> Tree:
    """A tree for a commit, checked out; an earlier build of the same recipe is used again.

    Args:
        store: has the commit and the base.
        work: the worker's folder for this target.
        commit: whose files.
        base: whose protected files.
        protect: gitignore patterns of protected files.
        recipe: everything else that decides what the build makes: commands, fingerprint, side.
    """
    text = "\0".join((_FORMAT, commit, base, *protect, recipe))
    key = hashlib.sha256(text.encode()).hexdigest()[:16]
    path = work / "t" / key
    ready = work / "t" / f"{key}.ready"
    names = store.matching(base, protect)
    tree = Tree(key=key, path=path, ready=ready, protected=Protected(path, names))
    if tree.built and tree.altered():
        ready.unlink()  # an earlier trial's run rewrote it
    if not tree.built:
        shutil.rmtree(path, ignore_errors=True)
        store.checkout(commit, path)
        strays = store.matching(commit, protect) - names
        for stray in strays:
            (path / stray).unlink(missing_ok=True)
        store.checkout(base, path, only=names)
    else:
        os.utime(ready)
    return tree


def prune(work: Path, spare: set[str]) -> None:
    """Forget the trees that were not used for longest, and every unfinished one."""
    folder = work / "t"
    if not folder.is_dir():
        return
    marks = sorted(folder.glob("*.ready"), key=lambda mark: mark.stat().st_mtime, reverse=True)
    alive = spare | {mark.stem for mark in marks[:KEPT]}
    for entry in folder.iterdir():
        if entry.name.partition(".")[0] not in alive:
            if entry.is_dir():
                shutil.rmtree(entry, ignore_errors=True)
            else:
                entry.unlink(missing_ok=True)


def _walk(root: Path) -> list[str]:
    found = []
    for folder, _, _ in os.walk(root):
        found.append(os.path.relpath(folder, root))
    return found


def _identities(root: Path) -> dict[str, str]:
    """Every file that is run or read as code: what else a run rewrites is its own affair."""
    found = {}
    for folder, _, names in os.walk(root):
        for name in names:
            path = Path(folder) / name
            if path.suffix in SOURCES or os.access(path, os.X_OK):
                found[str(path.relative_to(root))] = identity(path)
    return found


def _folders(root: Path) -> dict[str, list[str]]:
    return {
        name: [_stamp(root / name), *(p.name for p in (root / name).iterdir())]
        for name in _walk(root)
    }


def _stamp(folder: Path) -> str:
    try:
        return str(folder.stat().st_mtime_ns)
    except OSError:
        return "gone"


def _remove_new(folder: Path, known: set[str]) -> None:
    if not folder.is_dir():
        return
    for entry in folder.iterdir():
        if entry.name in known:
            continue
        if entry.is_dir() and not entry.is_symlink():
            shutil.rmtree(entry, ignore_errors=True)
        else:
            entry.unlink(missing_ok=True)
