"""`python -m whet.landlock …`: a command held by Landlock, where no namespaces can be made.

It writes below some folders only, opens TCP connections to some ports only (kernel 6.7), and sends
no signals out (kernel 6.12). It hides nothing, has no processes of its own, and UDP stays open: it
is weaker than bubblewrap. Needs Linux 5.13 and no privilege.
"""

import ctypes
import os
import struct
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

_CREATE, _ADD, _RESTRICT = 444, 445, 446
_PR_SET_NO_NEW_PRIVS = 38
_READ = 1 | 4 | 8  # execute, read a file, read a folder
_ON_FILES = 1 | 2 | 4 | (1 << 14) | (1 << 15)  # what a rule on a plain file may say
_RIGHTS = {1: (1 << 13) - 1, 2: (1 << 14) - 1, 3: (1 << 15) - 1, 4: (1 << 15) - 1,
           5: (1 << 16) - 1}  # fmt: skip
"""Everything that a version of the interface can forbid in the file system."""
_TCP = 1 | 2  # bind, connect
_CONNECT = 2
_SCOPES = 1 | 2  # abstract sockets, signals
NETWORK = 4
"""The version that can forbid TCP."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What is allowed; `ports` None leaves the network open."""

    writable: tuple[Path, ...]
    readable: tuple[Path, ...] = (Path("/"),)
    ports: tuple[int, ...] | None = None


def version() -> int:
    """The version of the kernel's interface; 0 where there is none."""
    try:
        return _call(_CREATE, None, ctypes.c_size_t(0), 1)
    except OSError:
        return 0


def command(rules: Rules, argv: Sequence[str], python: str = sys.executable) -> list[str]:
    """The command that runs `argv` under these rules."""
    words = [python, "-P", "-m", "whet.landlock"]
    for path in rules.writable:
        words += ["--write", str(path)]
    for path in rules.readable:
        words += ["--read", str(path)]
    if rules.ports is not None:
        words += ["--no-tcp", *(word for port in rules.ports for word in ("--tcp", str(port)))]
    return [*words, "--", *argv]


def restrict(rules: Rules) -> None:
    """Hold this process, and whatever it starts, to the rules; there is no way back.

    Raises:
        OSError: the kernel cannot.
    """
    found = version()
    if not found:
        raise OSError("this kernel has no Landlock")
    rights = _RIGHTS[min(found, 5)]
    tcp = _TCP if found >= NETWORK and rules.ports is not None else 0
    attributes = struct.pack("QQQ", rights, tcp, _SCOPES if found >= 6 else 0)
    attributes = attributes[: 8 if found < NETWORK else 16 if found < 6 else 24]
    ruleset = _call(_CREATE, attributes, ctypes.c_size_t(len(attributes)), 0)
    for paths, allowed in ((rules.readable, _READ), (rules.writable, rights)):
        for path in paths:
            _allow(ruleset, path, allowed & rights)
    for port in rules.ports or () if tcp else ():
        _call(_ADD, ruleset, 2, struct.pack("QQ", _CONNECT, port), 0)
    if ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0):
        raise OSError("this process cannot give up privileges")
    _call(_RESTRICT, ruleset, 0)
    os.close(ruleset)


def _allow(ruleset: int, path: Path, allowed: int) -> None:
    try:
        place = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except FileNotFoundError:
        return
    try:
        bits = allowed if path.is_dir() else allowed & _ON_FILES
        _call(_ADD, ruleset, 1, struct.pack("=Qi", bits, place), 0)
    finally:
        os.close(place)


def _call(number: int, *arguments: object) -> int:
    libc = ctypes.CDLL(None, use_errno=True)
    done = int(libc.syscall(number, *arguments))
    if done < 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))
    return done


def _rules(words: Sequence[str]) -> Rules:
    pairs = [(words[at], words[at + 1]) for at in range(len(words) - 1)]
    ports = tuple(int(value) for option, value in pairs if option == "--tcp")
    return Rules(
        writable=tuple(Path(value) for option, value in pairs if option == "--write"),
        readable=tuple(Path(value) for option, value in pairs if option == "--read"),
        ports=ports if "--no-tcp" in words else None,
    )


def main() -> None:
    """Take the rules from the arguments and become the command behind `--`."""
    at = sys.argv.index("--")
    argv = sys.argv[at + 1 :]
    restrict(_rules(sys.argv[1:at]))
    try:
        os.execvp(argv[0], argv)  # noqa: S606
    except OSError as problem:
        sys.stderr.write(f"{argv[0]}: {problem.strerror}\n")
        sys.exit(127 if isinstance(problem, FileNotFoundError) else 126)


if __name__ == "__main__":
    main()
