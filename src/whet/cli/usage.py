"""What was typed wrongly, with the line that was probably meant."""

import difflib
import shlex
from collections.abc import Sequence
from dataclasses import dataclass

import click

from whet.report.escape import visible


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What is left to say when a command ends early."""

    message: str
    hint: str
    code: int
    details: tuple[str, ...] = ()
    label: str = "error"


class Group(click.Group):
    """Commands below a command; the one called `default` runs when none is named."""

    default = "list"

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parse the line, with the default put in where it is meant."""
        asks = {"-h", "--help"} & set(args)
        if not asks and not set(args) & self.commands.keys() and not _words(args):
            args = [self.default, *args]
        return super().parse_args(ctx, args)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command a line names, or say which was meant."""
        known_or_near(ctx, args[0], list(self.commands))
        return super().resolve_command(ctx, args)


def known_or_near(ctx: click.Context, name: str, known: Sequence[str]) -> None:
    """Let a known command pass.

    Raises:
        NoSuchCommand: it is none; the nearest is named.
    """
    if name not in known and not name.startswith("-"):
        near = difflib.get_close_matches(name, known, 1, 0.5)
        raise NoSuchCommand(name, near[0] if near else "", ctx)


def _words(args: list[str]) -> bool:
    return bool(args) and not args[0].startswith("-")


class NoSuchCommand(click.UsageError):
    """A word that is no command; `meant` is the nearest one, or nothing."""

    def __init__(self, name: str, meant: str, ctx: click.Context) -> None:
        super().__init__(f"no command `{name}`", ctx)
        self.name = name
        self.meant = meant


def said_of(error: click.ClickException, args: list[str]) -> Said:
    """Click's complaint in the voice of ours, with a hint that can be typed.

    Args:
        error: the complaint.
        args: the command line, without its program.
    """
    ctx = error.ctx if isinstance(error, click.UsageError) else None
    path = ctx.command_path if ctx is not None else _path(args)
    message, hint = _sentence(error.format_message()), ""
    match error:
        case NoSuchCommand():
            message = error.message
            hint = _instead(args, error.name, error.meant) if error.meant else ""
        case click.NoSuchOption():
            message = f"`{path}` has no option `{error.option_name}`"
            near = difflib.get_close_matches(error.option_name, error.possibilities or (), 1, 0.0)
            hint = _instead(args, error.option_name, near[0]) if near else ""
        case click.MissingParameter(param=click.Argument() as missing, ctx=click.Context() as ctx):
            message = f"`{path}` needs {missing.make_metavar(ctx).removesuffix('...')}"
            hint = example(ctx.command)
        case click.BadParameter(param=click.Parameter() as param):
            hint = _in_range(args, param)
    return Said(message=visible(message), hint=hint or f"{path} --help", code=2)


def example(command: click.Command) -> str:
    """The first line of the examples in a command's help."""
    _, _, block = (command.help or "").partition("\b\n")
    first = block.strip().split("\n")[0].strip()
    return first.split("   ")[0] if first.startswith("whet ") else ""


def _in_range(args: list[str], param: click.Parameter) -> str:
    """The command line with a value that the parameter takes, or nothing."""
    typed = _typed(args, param)
    near = _near(param.type, typed)
    return _instead(args, typed, near) if typed and near else ""


def _typed(args: list[str], param: click.Parameter) -> str:
    """What was typed for a parameter; of an argument, the last word that is no option."""
    if isinstance(param, click.Argument):
        return next((arg for arg in reversed(args) if not arg.startswith("-")), "")
    for arg, following in zip(args, [*args[1:], ""], strict=True):
        name, equals, value = arg.partition("=")
        if name in param.opts:
            return value if equals else following
    return ""


def _near(kind: object, typed: str) -> str:
    """The value nearest to a wrong one, or nothing."""
    if isinstance(kind, click.Choice):
        choices = [str(choice) for choice in kind.choices]
        return difflib.get_close_matches(typed, choices, 1, 0.0)[0]
    if not isinstance(kind, click.IntRange | click.FloatRange):
        return ""
    low, high = kind.min, kind.max
    try:
        above = high is not None and float(typed) > high
    except ValueError:
        above = False
    if above:
        return f"{high:g}"
    return "1" if kind.min_open or low is None else f"{low:g}"


def _instead(args: list[str], wrong: str, right: str) -> str:
    """The command line with one word replaced, also in `--wrong=value` and `--key=wrong`."""
    mended, done = [], False
    for arg in args:
        name, equals, value = arg.partition("=")
        if done or wrong not in (arg, name, value):
            mended.append(arg)
            continue
        done = True
        whole = right if arg == wrong else f"{right}{equals}{value}"
        mended.append(whole if wrong in (arg, name) else f"{name}={right}")
    return shlex.join(["whet", *mended])


def _path(args: list[str]) -> str:
    return " ".join(["whet", *[arg for arg in args if not arg.startswith("-")][:1]])


def _sentence(message: str) -> str:
    plain = visible(message).rstrip(".")
    return plain[:1].lower() + plain[1:]
