"""A process that goes on when whoever started it has ended, and whether one may be started."""

import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

_STATUS = Path("/proc/self/status")


def start(argv: Sequence[str], *, cwd: Path, env: Mapping[str, str], log: Path) -> None:
    """Start a command that goes on by itself; its output is appended to a file.

    Only for what ends by itself: nobody waits for it. A shell stands between, so that it has
    another parent from the beginning, and leaves no dead child here.

    Raises:
        OSError: nothing can be started, or the log cannot be written.
    """
    with log.open("ab") as out:
        subprocess.run(
            ["/bin/sh", "-c", '"$@" &', "sh", *argv],
            cwd=cwd, env=dict(env), stdin=subprocess.DEVNULL, stdout=out, stderr=out,
            start_new_session=True, check=True, timeout=30.0,
        )  # fmt: skip


def jailed(status: Path = _STATUS) -> bool:
    """Whether this process gave up, for good, what a jail takes away.

    bubblewrap, Landlock and seccomp without root need `no_new_privs`, which no process can get rid
    of and every child has. A container may set it as well: then a person starts what measures.
    """
    try:
        lines = status.read_text(encoding="ascii", errors="replace").splitlines()
    except OSError:
        return False
    return any(line.split() == ["NoNewPrivs:", "1"] for line in lines)
