"""Are two builds the same program? Then there is nothing to measure.

Asked only where the change is to files that a compiler reads: a changed script or data file can
change what runs without changing what was built.
"""

import hashlib
import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from whet.trial.trees import Tree

COMPILED = frozenset({
    ".c", ".h", ".cc", ".cpp", ".cxx", ".hpp", ".hh", ".inl", ".inc", ".m", ".mm", ".s", ".S",
    ".rs", ".go", ".zig", ".f", ".f90", ".f95", ".cu", ".cuh", ".hs", ".ml", ".swift",
})  # fmt: skip

_ELF = b"\x7fELF"
_BUILD_ID = b"\x04\x00\x00\x00\x14\x00\x00\x00\x03\x00\x00\x00GNU\x00"


def same_program(a: Tree, b: Tree) -> bool:
    """Whether only compiled sources differ and every program and library built is the same."""
    changes = a.store.changes(a.commit, b.commit)
    if not changes:
        return True
    if any(Path(change.path).suffix not in COMPILED for change in changes):
        return False
    return _same(a, b)


def same_in_all(trees: Sequence[Tree]) -> bool:
    """Whether the builds of one commit in several layouts are one program, or none is known."""
    return not _programs(trees[0]) or all(_same(trees[0], tree) for tree in trees[1:])


def _same(a: Tree, b: Tree) -> bool:
    left, right = _programs(a), _programs(b)
    return bool(left) and left == right


def _programs(tree: Tree) -> dict[str, str]:
    known = frozenset(tree.store.files(tree.commit))
    return {
        name: _digest(path.read_bytes(), tree)
        for name, path in _files(tree.path)
        if name not in known and _is_program(path)
    }


def _files(root: Path) -> Iterator[tuple[str, Path]]:
    for folder, _, names in os.walk(root):
        for name in names:
            path = Path(folder) / name
            yield str(path.relative_to(root)), path


def _is_program(path: Path) -> bool:
    """Linked programs and shared libraries; object files carry debug paths and are left out."""
    if path.is_symlink() or not path.is_file():
        return False
    try:
        with path.open("rb") as file:
            head = file.read(18)
    except OSError:
        return False
    return head[:4] == _ELF and head[16:18] in (b"\x02\x00", b"\x03\x00")


def _digest(data: bytes, tree: Tree) -> str:
    # both trees have paths of one length, so a path inside a program can be levelled in place
    data = data.replace(tree.key.encode(), b"0" * len(tree.key))
    at = data.find(_BUILD_ID)
    if at >= 0:
        start = at + len(_BUILD_ID)
        data = data[:start] + bytes(20) + data[start + 20 :]
    return hashlib.sha256(data).hexdigest()
