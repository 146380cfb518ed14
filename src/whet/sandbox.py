"""The jail around build, checks and benchmark: bubblewrap when it is there, else nothing.

Inside: own processes, no network unless asked for, the machine read-only, the user's home hidden
except for the toolchains in it, and only the tree and a private home and temporary folder to write.
"""

import functools
import os
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from whet import proc

Kind = Literal["bubblewrap", "none"]

TOOL_HOMES: Mapping[str, str] = {
    "CARGO_HOME": ".cargo",
    "RUSTUP_HOME": ".rustup",
    "PYENV_ROOT": ".pyenv",
    "PYTHONUSERBASE": ".local",
    "GOPATH": "go",
    "GOCACHE": ".cache/go-build",
    "NVM_DIR": ".nvm",
    "RBENV_ROOT": ".rbenv",
    "SDKMAN_DIR": ".sdkman",
    "JULIA_DEPOT_PATH": ".julia",
    "GHCUP_INSTALL_BASE_PREFIX": ".ghcup",
    "OPAMROOT": ".opam",
}
"""Toolchains that look for themselves in the home folder: a private home needs to name them."""

_DEVICES = ("nvidia*", "dri", "kfd")


@dataclass(frozen=True, slots=True, kw_only=True)
class Jail:
    """What one command may touch."""

    kind: Kind
    writable: tuple[Path, ...]
    read_only: tuple[Path, ...] = ()
    network: bool = False
    home: Path | None = None
    """The user's real home, hidden inside."""
    hidden: tuple[Path, ...] = ()
    """More folders that are empty inside."""
    placed: tuple[tuple[Path, Path], ...] = ()
    """What lies elsewhere inside: where it is, and where it is seen."""


@functools.cache
def detect() -> Kind:
    """`bubblewrap` if it is installed and works for this user here."""
    if shutil.which("bwrap") is None:
        return "none"
    try:
        done = proc.run(wrap(Jail(kind="bubblewrap", writable=()), ["true"]), timeout=10)
    except OSError:
        return "none"
    return "bubblewrap" if done.ok else "none"


def wrap(jail: Jail, argv: Sequence[str]) -> list[str]:
    """The command that runs `argv` inside the jail."""
    if jail.kind == "none":
        return list(argv)
    command = ["bwrap", "--die-with-parent", "--unshare-pid", "--unshare-ipc", "--unshare-uts"]
    command += ["--cap-drop", "ALL"]  # root could mount everything writable again
    if not jail.network:
        command.append("--unshare-net")
    command += ["--ro-bind", "/", "/", "--dev", "/dev", "--proc", "/proc"]
    command += ["--tmpfs", "/dev/shm", "--tmpfs", "/tmp", "--tmpfs", "/var/tmp"]  # noqa: S108
    for device in sorted(path for name in _DEVICES for path in Path("/dev").glob(name)):
        command += ["--dev-bind-try", str(device), str(device)]
    if jail.home is not None and jail.home != Path("/"):
        command += ["--tmpfs", str(jail.home)]
        for tool in toolchains(jail.home):
            command += ["--ro-bind-try", str(tool), str(tool)]
    command += _mounts(jail)
    for here, there in jail.placed:
        command += ["--bind", str(here), str(there)]
    return [*command, "--", *argv]


def _mounts(jail: Jail) -> list[str]:
    """What is hidden, written and only read: the deeper path decides, then the later of these."""
    found = [("--tmpfs", path) for path in jail.hidden if path.is_dir()]
    found += [("--bind", path) for path in jail.writable]
    found += [("--ro-bind-try", path) for path in jail.read_only]
    found.sort(key=lambda mount: len(mount[1].parts))
    return [
        word
        for option, path in found
        for word in ((option, str(path)) if option == "--tmpfs" else (option, str(path), str(path)))
    ]


def toolchains(home: Path) -> tuple[Path, ...]:
    """Folders under `home` that commands need to find their tools: never the home itself."""
    found = {home / name for name in TOOL_HOMES.values()}
    for variable in TOOL_HOMES:
        value = os.environ.get(variable, "")
        if value and home in Path(value).parents:
            found.add(Path(value))
    for entry in os.environ.get("PATH", "").split(os.pathsep):
        folder = Path(entry)
        if home in folder.parents:
            found.add(folder if folder.parent == home else folder.parent)
    return tuple(sorted(path for path in found if path.is_dir()))
