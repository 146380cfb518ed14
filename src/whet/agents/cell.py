"""The jail of one run of an agent: what it sees, what it may write, and its one way out.

It writes its tree and a home of its own. Protected files inside the tree are read-only, homes and
what other agents write are hidden, and the network is the relay to its model or, for an agent that
signs in by itself, the machine's.
"""

import os
import shutil
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Literal

from whet import landlock, sandbox
from whet.agents import inside
from whet.model.agent import Jailed
from whet.sandbox import Jail

Wanted = Literal["auto", "bubblewrap", "landlock", "none"]

PORT = 8700
"""Where the model is found inside bubblewrap."""

_SOCKET = Path("/run/whet-model")
_SECRETS = (".cargo/credentials.toml", ".cargo/credentials", ".gem/credentials")
"""What lies among the toolchains of a home and is nobody's business."""


def best(wanted: Wanted) -> Jailed | None:
    """The jail there is for what is wanted, or None where that does not work here."""
    if wanted in ("auto", "bubblewrap") and sandbox.detect() == "bubblewrap":
        return "bubblewrap"
    if wanted in ("auto", "landlock") and landlock.version():
        return "landlock"
    return "none" if wanted in ("auto", "none") else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """Where an agent runs.

    `socket` and `port` are the relay's: inside bubblewrap it is reached through the socket, else on
    the port. Without either, the agent has the machine's network.
    """

    kind: Jailed
    tree: Path
    state: Path
    programs: tuple[str, ...]
    """What is run: names on PATH or whole paths, each with the folder that it is installed in."""
    protected: tuple[Path, ...] = ()
    """Files and folders of the tree that cannot be written."""
    visible: tuple[Path, ...] = ()
    """What the agent may read although its surroundings are hidden: the repository's toolchains."""
    homes: tuple[Path, ...] = ()
    """Its own configuration, which it may write."""
    hidden: tuple[Path, ...] = ()
    socket: Path | None = None
    port: int = 0
    offline: bool = False
    """It has no network at all."""

    @property
    def base(self) -> str:
        """The address of the model, as the agent sees it."""
        port = PORT if self.kind == "bubblewrap" else self.port
        return f"http://127.0.0.1:{port}" if self.socket is not None else ""

    def wrap(self, argv: Sequence[str]) -> list[str]:
        """The command that runs `argv` in here, in the tree."""
        if self.kind == "bubblewrap":
            return sandbox.wrap(self._jail(), self._with_a_way_out(argv))
        if self.kind == "landlock":
            ports = (self.port,) if self.socket is not None else () if self.offline else None
            writable = (*self._writable(), Path("/dev"))
            return landlock.command(landlock.Rules(writable=writable, ports=ports), argv)
        return list(argv)

    def _writable(self) -> tuple[Path, ...]:
        return (self.tree, self.state, *(path for path in self.homes if path.exists()))

    def _jail(self) -> Jail:
        home = Path.home()
        masked = tuple((Path(os.devnull), home / name) for name in _SECRETS
                       if (home / name).is_file())  # fmt: skip
        way_out = ((self.socket, _SOCKET),) if self.socket is not None else ()
        others = tuple(path for path in (Path("/home"), Path("/root")) if path != home)
        # not what one of these is a part of: it would be empty
        hidden = (*self.hidden, *others, home / ".local/share", self.tree.parent)
        return Jail(
            kind="bubblewrap",
            writable=self._writable(),
            read_only=(*self.visible, *self.protected, *_installations(self.programs)),
            network=self.socket is None and not self.offline,
            home=home,
            hidden=(*hidden, Path("/run")) if way_out else hidden,
            placed=(*way_out, *masked),
        )

    def _with_a_way_out(self, argv: Sequence[str]) -> Sequence[str]:
        if self.socket is None:
            return argv
        return [*interpreted(inside), str(_SOCKET), str(PORT), *argv]


def interpreted(module: ModuleType) -> list[str]:
    """The command that runs a module which needs the standard library only, without whet."""
    source = Path(str(module.__file__)).read_text(encoding="utf-8")
    return [os.path.realpath(sys.executable), "-I", "-S", "-c", source]


def _installations(programs: Sequence[str]) -> tuple[Path, ...]:
    """The folders programs need to run, when what they lie in is hidden."""
    found = [shutil.which(one) or (one if Path(one).is_absolute() else "") for one in programs]
    places = [path for one in found if one
              for path in (Path(one).absolute(), Path(os.path.realpath(one)))]  # fmt: skip
    interpreter = [Path(os.path.realpath(sys.executable)), Path(sys.base_prefix) / "bin/python"]
    return tuple(dict.fromkeys(_installation(path) for path in (*places, *interpreter)))


def _installation(path: Path) -> Path:
    if path.is_dir():
        return path
    if "node_modules" in path.parts:
        return Path(*path.parts[: path.parts.index("node_modules") + 1])
    folder = path.parent
    prefix = folder.parent
    if folder.name == "bin" and prefix not in (Path("/"), Path("/usr"), Path.home()):
        return prefix
    return path if folder in (Path.home(), Path("/tmp")) else folder  # noqa: S108
