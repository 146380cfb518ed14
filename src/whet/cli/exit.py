"""The edge: every error becomes one line, one hint and an exit code."""

import json
import platform
import sys
import time
import traceback
from pathlib import Path

import click

from whet.errors import WhetError
from whet.places import crash_log
from whet.version import version

SIGTERM_CODE = 143


def run(args: list[str]) -> int:
    """Run a command line; returns the exit code."""
    from whet.cli.app import app  # noqa: PLC0415

    as_json = "--json" in args
    try:
        code = app.main(args=args, prog_name="whet", standalone_mode=False)
    except click.UsageError as error:
        message, _, hint = error.format_message().partition("\nhint: ")
        path = error.ctx.command_path if error.ctx else "whet"
        return _say(message.rstrip("."), hint or f"{path} --help", 2, as_json=as_json)
    except click.exceptions.Abort:
        return 130
    except click.exceptions.Exit as done:
        return done.exit_code
    except click.ClickException as error:
        return _say(error.format_message(), "whet --help", 2, as_json=as_json)
    except WhetError as error:
        return _say(error.message, error.hint, error.exit_code, error.details, as_json=as_json)
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        # whoever read the output has seen enough
        sys.stderr.close()
        return 0
    except Exception as error:  # noqa: BLE001 (the only place that turns a bug into a sentence)
        where = _crash(error, args)
        return _say(f"a bug in whet: {error!r}", f"send {where} with your report", 1)
    return code if isinstance(code, int) else 0


def _say(
    message: str, hint: str, code: int, details: tuple[str, ...] = (), *, as_json: bool = False
) -> int:
    if as_json:
        document = {
            "schema": "whet/1",
            "kind": "error",
            "message": message,
            "hint": hint or None,
            "details": list(details),
            "exit_code": code,
        }
        click.echo(json.dumps(document, indent=1))
        return code
    click.echo(click.style("error", fg="red", bold=True) + f": {message}", err=True)
    for line in details:
        click.echo(f"  {line}", err=True)
    if hint:
        click.echo("\n" + click.style("hint", fg="cyan") + f": {hint}", err=True)
    return code


def _crash(error: Exception, args: list[str]) -> Path:
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
