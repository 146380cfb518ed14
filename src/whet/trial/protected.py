"""The files that judge a candidate: taken from the base commit, sealed, and hashed."""

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

HASHED_EACH_TIME = 4 * 1024 * 1024
"""Up to this many bytes the contents are hashed before and after every invocation. Above it the
size, times and inode stand for the contents: a change time cannot be set back by a program."""

SEALED_FILES = 64
"""More files than this are not mounted one by one; their hash guards them."""


@dataclass(frozen=True, slots=True)
class Protected:
    """Protected files of one tree, by path relative to it."""

    root: Path
    names: frozenset[str]

    def sealed(self) -> tuple[Path, ...]:
        """Files to mount read-only."""
        if len(self.names) > SEALED_FILES:
            return ()
        return tuple(self.root / name for name in sorted(self.names))

    def state(self) -> dict[str, str]:
        """What every protected file is now, by name."""
        paths = {name: self.root / name for name in sorted(self.names)}
        sizes = {name: _size(path) for name, path in paths.items()}
        full = sum(sizes.values()) <= HASHED_EACH_TIME
        return {
            name: _contents(path) if full else identity(str(path)) for name, path in paths.items()
        }

    def changed(self, before: dict[str, str]) -> tuple[str, ...]:
        """Names that are not what they were."""
        now = self.state()
        return tuple(name for name in sorted(now.keys() | before.keys())
                     if now.get(name) != before.get(name))  # fmt: skip


def _size(path: Path) -> int:
    try:
        return path.lstat().st_size
    except OSError:
        return 0


def _contents(path: Path) -> str:
    try:
        if path.is_symlink():
            return f"link {path.readlink()}"
        if not path.is_file():
            return "no file"
        mode = path.stat().st_mode & 0o777
        return f"{mode:o} {hashlib.sha256(path.read_bytes()).hexdigest()}"
    except OSError:
        return "gone"


def identity(path: str) -> str:
    """Everything about a file but its contents; a change of them cannot hide from its times."""
    try:
        stat = os.lstat(path)
    except OSError:
        return "gone"
    return f"{stat.st_mode:o} {stat.st_size} {stat.st_mtime_ns} {stat.st_ctime_ns} {stat.st_ino}"
