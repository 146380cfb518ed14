"""The files of a repository, as `init` looks at them: a list from git, and small texts."""

import os
import posixpath
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from whet import proc
from whet.errors import NotReady

_SECONDS = 30.0
_LARGEST = 256 * 1024
_MOST_SEARCHED = 300
_HARMLESS = (
    *("-c", "core.fsmonitor=false", "-c", "core.untrackedCache=false"),
    *("-c", "safe.directory=*", "-c", "core.quotePath=false"),
)
_QUIET = {
    "LC_ALL": "C",
    "GIT_CONFIG_GLOBAL": "/dev/null",
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_OPTIONAL_LOCKS": "0",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Tree:
    """Files that git tracks below `root`, with their modes; submodules are left out."""

    root: Path
    modes: Mapping[str, str]

    def tracks(self, path: str) -> bool:
        """Whether git knows the file, so that it is in a commit or will be."""
        return path in self.modes

    def exists(self, path: str) -> bool:
        """Whether the file is on disk, tracked or not."""
        return (self.root / path).is_file()

    def runs(self, path: str) -> bool:
        """Whether the file is executable, as git sees it or, untracked, as it is on disk."""
        if path in self.modes:
            return self.modes[path] == "100755"
        return os.access(self.root / path, os.X_OK)

    def read(self, path: str, largest: int = _LARGEST) -> str:
        """The text of a file on disk, its first 256 KiB; nothing for what cannot be read."""
        file = self.root / path
        try:
            if not file.is_file() or not file.resolve().is_relative_to(self.root.resolve()):
                return ""
            with file.open("rb") as stream:
                return stream.read(largest).decode(errors="replace")
        except OSError:
            return ""

    def has_folder(self, path: str) -> bool:
        """Whether tracked files are below this path."""
        return any(name.startswith(f"{path}/") for name in self.modes)

    def folders(self) -> tuple[str, ...]:
        """Folders at the top that hold tracked files."""
        return tuple(sorted({name.split("/", 1)[0] for name in self.modes if "/" in name}))

    def named(self, *names: str) -> Iterator[str]:
        """Tracked files at the top with one of these names, in this order."""
        return (name for name in names if name in self.modes)

    def ending(self, *suffixes: str, below: str = "") -> list[str]:
        """Tracked files with one of these endings, at most 300 of them."""
        prefix = f"{below}/" if below else ""
        found = (name for name in self.modes if name.startswith(prefix) and name.endswith(suffixes))
        return sorted(found, key=lambda name: (name.count("/"), name))[:_MOST_SEARCHED]

    def at_top(self, *suffixes: str) -> list[str]:
        """Tracked files at the top with one of these endings."""
        return [name for name in self.ending(*suffixes) if not posixpath.dirname(name)]


def listing(root: Path) -> Tree:
    """What git tracks in a folder.

    Raises:
        NotReady: git does not know the folder, or is not there.
    """
    env = {"PATH": os.environ.get("PATH", os.defpath), "HOME": "/nonexistent", **_QUIET}
    command = ["git", *_HARMLESS, "ls-files", "--stage", "-z"]
    try:
        done = proc.run(command, cwd=root, env=env, timeout=_SECONDS)
    except FileNotFoundError as error:
        raise NotReady(
            "git is not installed", hint="install 2.34 or later, then look: `git --version`"
        ) from error
    if not done.ok:
        raise NotReady(
            f"{root} is not in a git repository",
            hint="git init && git add -A && git commit -m 'start'",
        )
    modes = dict(map(_entry, done.stdout.split(b"\0")[:-1]))
    # names that are not UTF-8 cannot be written into a TOML file
    return Tree(root=root, modes={path: mode for path, mode in modes.items()
                                  if mode.startswith("10") and "\ufffd" not in path})  # fmt: skip


def pattern_of(path: str) -> str:
    """The gitignore pattern that matches one file and no other."""
    escaped = re.sub(r"([\\*?\[])", r"\\\1", path)
    if escaped.endswith(" "):
        escaped = f"{escaped[:-1]}\\ "
    # without a slash it would match in every folder
    return escaped if "/" in escaped else f"/{escaped}"


def _entry(line: bytes) -> tuple[str, str]:
    meta, _, path = line.partition(b"\t")
    return path.decode(errors="replace"), meta.split(b" ", 1)[0].decode()
