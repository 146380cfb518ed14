"""What every command has in common: where it works, how it speaks, what it may ask."""

import functools
import gc
import json
import os
import shutil
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TextIO

import click

from whet.cli.complete import CAMPAIGN
from whet.errors import UserError
from whet.report.span import Line, Span, plain

PRINTED = "document"
"""Set in the context when there is a document on standard output: there must be one only."""

_COLOURS: Mapping[str, dict[str, Any]] = {
    "kept": {"fg": "green"},
    "retired": {"fg": "yellow"},
    "inconclusive": {"fg": "yellow"},
    "checks_failed": {"fg": "red"},
    "failed": {"fg": "red"},
    "rejected": {"fg": "magenta"},
    "dim": {"dim": True},
    "strong": {"bold": True},
    "id": {"bold": True},
    "command": {"fg": "green"},
    "good": {"fg": "green"},
    "bad": {"fg": "red"},
    "warn": {"fg": "yellow"},
    "active": {"fg": "blue"},
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Face:
    """One command's ear and mouth. Standard output is data, standard error is progress."""

    start: Path
    campaign: str
    as_json: bool
    colour: bool
    note_colour: bool
    """Of progress, which may go elsewhere than the data."""
    display: Literal["rich", "plain", "none"]
    yes: bool
    overrides: Mapping[str, str]
    width: int
    """Columns that a line may have."""

    @property
    def has_shown(self) -> bool:
        """Whether the reader of the data has seen the progress, on the same terminal."""
        return self.display == "rich" and sys.stdout.isatty()

    def say(self, *lines: Line | str) -> None:
        """Print lines of data."""
        for line in lines:
            # the stream by name: a terminal view may stand before it, and click looks past that
            click.echo(_text(line, self.colour), sys.stdout, color=self.colour)

    def note(self, text: Line | str) -> None:
        """Print a line of progress."""
        if self.display != "none":
            click.echo(_text(text, self.note_colour), sys.stderr, color=self.note_colour)

    def document(self, data: Mapping[str, object]) -> None:
        """Print the one JSON document of this command."""
        ascii_only = "utf" not in (sys.stdout.encoding or "").lower()
        click.echo(json.dumps(data, indent=1, ensure_ascii=ascii_only))
        click.get_current_context().ensure_object(dict)[PRINTED] = True


def _text(line: Line | str, colour: bool) -> str:
    if isinstance(line, str):
        return line
    return paint(line) if colour else plain(line)


def paint(line: Iterable[Span]) -> str:
    """A line with ANSI colours."""
    return "".join(
        click.style(span.text, **_COLOURS[span.style]) if span.style in _COLOURS else span.text
        for span in line
    ).rstrip(" ")


@contextmanager
def at_once() -> Iterator[None]:
    """Around what reads, answers and ends, or begins: cycles are a third of an import."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def common(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the options every command has, and a `Face` as its first argument."""

    @click.option("-C", "directory", metavar="DIR", help="Work in this folder.")
    @click.option(
        "--campaign",
        default="",
        metavar="NAME",
        shell_complete=CAMPAIGN,
        help="Not the one worked on last.",
    )
    @click.option("--json", "as_json", is_flag=True, help="One JSON document on standard output.")
    @click.option("--set", "changed", multiple=True, metavar="KEY=VALUE",
                  help="Override a key of whet.toml, e.g. goal.min_effect=1%.")  # fmt: skip
    @click.option("--color", type=click.Choice(["auto", "always", "never"]), default="auto",
                  show_default=True)  # fmt: skip
    @click.option("--display", type=click.Choice(["auto", "rich", "plain", "none"]),
                  default="auto", show_default=True, help="How progress is shown.")  # fmt: skip
    @click.option("-q", "--quiet", is_flag=True, help="No progress.")
    @click.option("-y", "--yes", is_flag=True, help="Take every default, ask nothing.")
    @click.pass_context
    @functools.wraps(command)
    def with_face(ctx: click.Context, /, **options: Any) -> Any:
        above = (ctx.find_root().obj or {}).get("directory")
        wanted, display = options.pop("color"), options.pop("display")
        if options.pop("quiet"):
            if display in ("rich", "plain"):
                raise UserError(f"`--quiet` and `--display {display}` exclude each other",
                                hint=f"{ctx.command_path} --quiet")  # fmt: skip
            display = "none"
        face = Face(
            start=Path(options.pop("directory") or above or "."),
            campaign=options.pop("campaign"),
            as_json=options.pop("as_json"),
            colour=in_colour(sys.stdout, wanted),
            note_colour=in_colour(sys.stderr, wanted),
            display=_display(display),
            yes=options.pop("yes"),
            overrides=_overrides(options.pop("changed")),
            width=_width(),
        )
        return command(face, **options)

    return with_face


def _overrides(pairs: tuple[str, ...]) -> dict[str, str]:
    found = {}
    for pair in pairs:
        key, equals, value = pair.partition("=")
        if not equals or not key:
            raise UserError(
                f"`--set {pair}` is not KEY=VALUE", hint="write `--set goal.min_effect=1%`"
            )
        found[key.strip()] = value.strip()
    return found


def in_colour(stream: TextIO, wanted: str = "auto") -> bool:
    """Whether what goes there is coloured; NO_COLOR, FORCE_COLOR, CI and TERM=dumb are heard."""
    if wanted != "auto":
        return wanted == "always"
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR") or os.environ.get("CLICOLOR_FORCE", "0") != "0":
        return True
    return stream.isatty() and os.environ.get("TERM") != "dumb" and "CI" not in os.environ


def _display(wanted: str) -> Literal["rich", "plain", "none"]:
    if wanted == "none":
        return "none"
    if wanted in ("rich", "plain"):
        return "rich" if wanted == "rich" else "plain"
    # a moving line needs escape bytes, and who wants no colour sees none of them
    refused = "CI" in os.environ or bool(os.environ.get("NO_COLOR"))
    fit = sys.stderr.isatty() and os.environ.get("TERM") != "dumb" and not refused
    return "rich" if fit else "plain"


def _width() -> int:
    """The terminal's, within reason; 80 where output goes into a file or a pipe."""
    return min(120, max(40, shutil.get_terminal_size((80, 24)).columns))


def shown(path: Path) -> str:
    """A path as short as it can be typed here."""
    here, whole = Path.cwd(), path.resolve()
    return str(whole.relative_to(here) if whole.is_relative_to(here) else whole)


def is_interactive() -> bool:
    """Whether a person can be asked something."""
    return sys.stdin.isatty() and sys.stderr.isatty() and "CI" not in os.environ
