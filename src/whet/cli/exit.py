"""The edge: every error becomes one line, one hint and an exit code."""

import errno
import io
import json
import os
import platform
import shlex
import signal
import sys
import threading
import time
import traceback
from pathlib import Path

import click

from whet.cli import usage
from whet.cli.face import PRINTED, in_colour
from whet.cli.usage import Said
from whet.errors import InfraError, Interrupted, LimitReached, NotReady, UserError, WhetError
from whet.git.call import GitError
from whet.places import crash_log
from whet.report.escape import verbatim, visible
from whet.version import version

_NOT_OURS = {
    errno.EACCES: "look at the folder's permissions: `ls -ld {}`",
    errno.EPERM: "look at the folder's permissions: `ls -ld {}`",
    errno.EROFS: "use a copy you can write to: `git clone . ../copy`",
    errno.ENOSPC: "free some space: `whet clean`",
    errno.EDQUOT: "free some space: `whet clean`",
    errno.EMFILE: "allow more open files: `ulimit -n 4096`",
    errno.ENOMEM: "give it more memory, or build with less of it: `whet config get build.command`",
}
"""What the system can refuse without a fault of ours, and what helps."""


class Terminated(KeyboardInterrupt):
    """SIGTERM: everything is ended in the same way as by Ctrl-C."""


def run(args: list[str]) -> int:
    """Run a command line; returns the exit code."""
    session: dict[str, object] = {}
    try:
        _open_streams()
        _hear_sigterm()
        from whet.cli.app import app

        code = app.main(args=args, prog_name="whet", standalone_mode=False, obj=session)
    except click.exceptions.Exit as done:
        return done.exit_code
    except BrokenPipeError:
        # whoever read the output has seen enough; what is still buffered goes nowhere
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except SystemExit:
        return 0  # click's answer to a closed pipe, too
    except BaseException as error:  # noqa: BLE001 (the only place that makes sentences of all)
        said = _of(error, args)
        _say(said, as_json="--json" in args and PRINTED not in session)
        return said.code
    return code if isinstance(code, int) else 0


def _open_streams() -> None:
    """A closed stream swallows what is written to it, and none refuses a character."""
    for name in ("stdin", "stdout", "stderr"):
        if getattr(sys, name) is None:
            # left free, its number would go to the next file that is opened, a ledger perhaps
            number = os.open(os.devnull, os.O_RDWR)
            setattr(sys, name, os.fdopen(number, "r" if name == "stdin" else "w"))
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")


def _hear_sigterm() -> None:
    def stop(*_: object) -> None:
        raise Terminated

    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGTERM, stop)


def _of(error: BaseException, args: list[str]) -> Said:
    while isinstance(error, BaseExceptionGroup) and len(error.exceptions) == 1:
        error = error.exceptions[0]  # one task of several failed, and it is that one's failure
    match error:
        case click.ClickException():
            return usage.said_of(error, args)
        case WhetError():
            stopped = isinstance(error, Interrupted | LimitReached)
            return Said(
                message=error.message,
                hint=error.hint,
                code=error.exit_code,
                details=error.details,
                label="stopped" if stopped else "error",
            )
        case KeyboardInterrupt() | click.exceptions.Abort():
            ended = isinstance(error, Terminated) or isinstance(error.__cause__, Terminated)
            by, code = ("SIGTERM", 143) if ended else ("Ctrl-C", 130)
            hint = shlex.join(["whet", *args])
            return Said(message=f"by {by}", hint=hint, code=code, label="stopped")
        case GitError():
            return Said(message=str(error), hint="git fsck", code=NotReady.exit_code)
        case FileNotFoundError() if not _is_somewhere():
            return Said(
                message="the folder you are in is gone", hint="cd", code=UserError.exit_code
            )
        case OSError() if error.errno in _NOT_OURS:
            place = Path(str(error.filename or "."))
            folder = place if place.is_dir() else place.parent
            hint = _NOT_OURS[error.errno].format(shlex.quote(str(folder)))
            return Said(message=f"{place}: {error.strerror}", hint=hint, code=InfraError.exit_code)
        case _:
            hint = f"send this file with your report: `cat {shlex.quote(str(_crash(error, args)))}`"
            return Said(message=f"a bug in whet: {error!r}", hint=hint, code=1)


def _is_somewhere() -> bool:
    try:
        return Path.cwd().is_dir()
    except FileNotFoundError:
        return False


def _say(said: Said, *, as_json: bool) -> None:
    if as_json:
        document = {
            "schema": "whet/1",
            "kind": "error",
            "message": said.message,
            "hint": said.hint or None,
            "details": list(said.details),
            "exit_code": said.code,
        }
        click.echo(json.dumps(document, indent=1))
    colour = in_colour(sys.stderr)
    label = click.style(said.label, fg="yellow" if said.label == "stopped" else "red", bold=True)
    click.echo(f"{label}: {visible(said.message)}", err=True, color=colour)
    for line in _new(said):
        click.echo(f"  {line}", err=True)
    if said.hint:
        hint = click.style("hint", fg="cyan")
        click.echo(f"\n{hint}: {visible(said.hint)}", err=True, color=colour)


def _new(said: Said) -> list[str]:
    """The details, unless there is one and it says what the message has said."""
    lines = [line for detail in said.details for line in verbatim(detail).split("\n")]
    return [] if len(lines) == 1 and lines[0].startswith(said.message) else lines


def _crash(error: BaseException, args: list[str]) -> Path:
    path = crash_log()
    text = "".join(traceback.format_exception(error))
    head = f"whet {version()}, Python {platform.python_version()}, {platform.platform()}"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        stamp = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        path.write_text(f"{stamp}\n{head}\nwhet {' '.join(args)}\n\n{text}", encoding="utf-8")
    except OSError:
        click.echo(text, err=True)
    return path
