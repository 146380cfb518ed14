"""Who asks: a name that one agent has in all its commands, and no other agent has."""

import hashlib
import os
from collections.abc import Sequence
from pathlib import Path

NAME = "WHET_AGENT"
"""Variable that says who this is."""

_LONGEST = 60
_SHELLS = frozenset({"sh", "bash", "dash", "zsh", "ksh", "fish", "ash"})
_WRAPPERS = frozenset({"env", "timeout", "nice", "nohup", "time", "stdbuf", "sudo", "uv", "uvx"})
_DEEP = 40


def claimant(given: str = "", *, pid: int = 0) -> str:
    """The name that was given, that of the environment, or one made of who started this.

    Args:
        given: a name, if somebody gave one.
        pid: the process that is asked about; by default the parent of this one.
    """
    said = " ".join((given or os.environ.get(NAME, "")).split())
    if said:
        return "".join(letter for letter in said if letter.isprintable())[:_LONGEST]
    return _of(pid or os.getppid())


def _of(pid: int) -> str:
    """The first ancestor that is more than the shell of one command: the agent itself."""
    for _ in range(_DEEP):
        argv, parent = _argv(pid), _parent(pid)
        if parent <= 1 or not _is_passing(argv):
            break
        pid = parent
    name = _named(_argv(pid)) or "process"
    born = hashlib.sha256(f"{_boot()} {_born(pid)}".encode()).hexdigest()[:4]
    return f"{name}-{pid}-{born}"[-_LONGEST:]


def _is_passing(argv: Sequence[str]) -> bool:
    """Whether this process exists for one command only, such as `bash -lc 'whet next'`."""
    if not argv:
        return False
    program = Path(argv[0]).name.lstrip("-")
    if program in _WRAPPERS:
        return True
    return program in _SHELLS and any(
        word.startswith("-") and not word.startswith("--") and "c" in word for word in argv[1:3]
    )


def _named(argv: Sequence[str]) -> str:
    if not argv:
        return ""
    program = Path(argv[0]).name.lstrip("-")
    runs = program.startswith(("python", "node")) or program in _SHELLS
    script = next((word for word in argv[1:] if not word.startswith("-")), "") if runs else ""
    chosen = Path(script).stem if script else program
    return "".join(c for c in chosen if c.isalnum() or c in "._")[:24]


def _argv(pid: int) -> list[str]:
    try:
        data = Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return []
    return data.decode(errors="replace").split("\0")[:-1]


def _stat(pid: int) -> list[str]:
    """Fields after the command's name, which may hold anything: state, parent and more."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return []
    return text.rpartition(")")[2].split()


def _parent(pid: int) -> int:
    fields = _stat(pid)
    return int(fields[1]) if len(fields) > 1 else 0


def _born(pid: int) -> str:
    fields = _stat(pid)
    return fields[19] if len(fields) > 19 else ""


def _boot() -> str:
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii")
    except OSError:
        return ""
