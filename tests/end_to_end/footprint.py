"""What a user has in a repository, and what whet has running for it."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from support.repos import contents, user_git
from whet import family

WHET = ".whet/"
EXCLUDE = ".git/info/exclude"


@dataclass(frozen=True)
class Footprint:
    """Every file of a work tree and of its .git but whet's own, by digest."""

    files: Mapping[str, object]
    exclude: tuple[str, ...]
    described: str

    def differences(self, before: "Footprint") -> list[str]:
        """What is not as it was; new objects and one line in the exclude file are allowed."""
        names = sorted(self.files.keys() | before.files.keys())
        found = [name for name in names if self._differs(name, before)]
        new = self.exclude[len(before.exclude) :]
        if self.exclude[: len(before.exclude)] != before.exclude or new not in ((), ("/.whet/",)):
            found.append(f"{EXCLUDE}: {new}")
        if self.described != before.described:
            found.append(f"{before.described}\n-- became --\n{self.described}")
        return found

    def _differs(self, name: str, before: "Footprint") -> bool:
        if name not in before.files and name.startswith(".git/objects/"):
            return False
        return self.files.get(name) != before.files.get(name)


def footprint(root: Path) -> Footprint:
    """Everything in a repository that is the user's; `root` may be a linked work tree."""
    path = root / EXCLUDE
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    found = {
        name: digest
        for name, digest in contents(root).items()
        if not name.startswith((WHET, ".git/refs/whet", ".git/logs/refs/whet")) and name != EXCLUDE
    }
    return Footprint(found, tuple(lines), described(root))


def described(root: Path) -> str:
    """What git says of a repository, by itself and without whet's refs."""
    asked = (
        ("status", "--porcelain=v2", "--branch", "--ignored", "--untracked-files=all"),
        ("for-each-ref", "--format=%(refname) %(objectname)"),
        ("stash", "list"),
        ("config", "--local", "--list"),
        ("worktree", "list"),
    )
    said = (user_git(root, *words, GIT_OPTIONAL_LOCKS="0", check=False) for words in asked)
    lines = [line for text in said for line in text.splitlines()]
    return "\n".join(line for line in lines if "refs/whet/" not in line and ".whet/" not in line)


def left_running(root: Path, seconds: float = 10.0) -> list[str]:
    """Command lines of processes that belong to a repository and do not end in time."""
    deadline = time.monotonic() + seconds
    while True:
        found = family.marked("WHET_TRIAL", str(root.resolve()), beginning=True)
        if not found or time.monotonic() > deadline:
            return [_command(pid) for pid in found]


def _command(pid: int) -> str:
    try:
        words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except OSError:
        return f"{pid}, gone"
    return f"{pid} {b' '.join(words).decode(errors='replace')}"
