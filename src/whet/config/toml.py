"""A TOML file from disk to a dict, or one sentence about what is wrong with it."""

import re
import tomllib
from pathlib import Path

from whet.config.complaints import Complaint, error, short
from whet.errors import ConfigError

_LARGEST = 1024 * 1024
_PLACE = re.compile(r"\s*\(at (?:line (\d+), column (\d+)|end of document)\)\s*$")
_BARE = re.compile(r"""\s*([A-Za-z0-9_-]+)\s*=\s*([^"'\[{#\s][^"#]*?)\s*(?:#.*)?""")
_COLON = re.compile(r"\s*([A-Za-z0-9_-]+)\s*:\s*(.*?)\s*")
_LINE_OPEN = re.compile(r"""\s*([A-Za-z0-9_-]+)\s*=\s*["']([^"']*)""")


def read(path: Path, label: str) -> str:
    """The text of a configuration file.

    Raises:
        ConfigError: it is no file, cannot be read, is too large, or is not UTF-8.
    """
    try:
        if path.is_dir():
            raise _refuse(label, "is a folder, not a file", f"`rmdir {label}`, then `whet init`")
        with path.open("rb") as file:
            data = file.read(_LARGEST + 1)
    except OSError as problem:
        why = (problem.strerror or "cannot be read").lower()
        raise _refuse(label, f"cannot be read: {why}", f"ls -l {label}") from problem
    if len(data) > _LARGEST:
        raise _refuse(label, "has more than 1 MiB", "keep no more than `whet config show` lists")
    try:
        # editors on Windows begin a file with a mark that TOML does not know
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as problem:
        line = data[: problem.start].count(b"\n") + 1
        other = "UTF-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "ISO-8859-1"
        raise _refuse(
            label,
            "is not UTF-8",
            f"save it as UTF-8: `iconv -f {other} -t UTF-8 -o {label}.new {label}`",
            line,
        ) from problem


def parse(text: str, label: str) -> dict[str, object]:
    """The tables of a TOML text.

    Raises:
        ConfigError: with the line and column, and what to write there.
    """
    try:
        return tomllib.loads(text)
    except RecursionError:
        raise _refuse(
            label, "is nested too deeply", 'write lists of texts: `allow = ["src/**"]`'
        ) from None
    except ValueError as problem:
        raise _syntax(text, label, str(problem)) from None


def _syntax(text: str, label: str, said: str) -> ConfigError:
    place = _PLACE.search(said)
    what = _PLACE.sub("", said) if place else said
    lines = text.split("\n")
    number = int(place[1]) if place and place[1] else len(text.rstrip().split("\n"))
    at = f"column {place[2]}" if place and place[2] else "the end of the file"
    line = lines[number - 1].strip("\r")[:300] if number <= len(lines) else ""
    what = what[:1].lower() + what[1:]
    is_open = at == "the end of the file" and not what.startswith(("expected '='", "cannot"))
    hint = "close what is open: a quote, a `]` or a `}`" if is_open else _repair(line, what)
    return _refuse(label, f"{at}: {short(what)}", hint, number)


def _repair(line: str, said: str) -> str:
    if "overwrite" in said or "twice" in said or "declare" in said or "redefine" in said:
        return f"give each key and each table once: `{short(line.strip())}` is there twice"
    if colon := _COLON.fullmatch(line):
        return f"write `{colon[1]} = {_quoted(colon[2])}`"
    bare = _BARE.fullmatch(line)
    if bare and not bare[2].endswith(("]", "}")):
        return f'write `{bare[1]} = "{short(bare[2])}"`: text needs quotes'
    if opened := _LINE_OPEN.fullmatch(line):
        return f'write `{opened[1]} = "{short(opened[2])}"`: a quote is missing at the end'
    return f"repair `{short(line.strip())}`; a line is `key = value` or `[table]`"


def _quoted(text: str) -> str:
    plain = text.strip("\"'")
    return plain if re.fullmatch(r"[0-9.]+|true|false", plain) else f'"{short(plain)}"'


def _refuse(label: str, text: str, hint: str, line: int = 0) -> ConfigError:
    return error([Complaint(where=label, text=text, hint=hint, line=line)])
