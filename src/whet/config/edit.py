"""What `whet config` does: look at a value, change one, list all, check the file."""

import contextlib
import os
import re
import shlex
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import tomlkit
from tomlkit.exceptions import TOMLKitError

from whet import whole
from whet.config import keys, sources, toml, words
from whet.config.complaints import Complaints, short
from whet.config.lines import Statement, statements
from whet.config.load import Loaded, decode, leaves, load
from whet.config.sources import Project
from whet.errors import ConfigError, UserError


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A key, its value as text, and where the value is from."""

    key: str
    value: str
    origin: str


def get(loaded: Loaded, key: str) -> str:
    """The value of a key as text, as `set_value` takes it; of a table, `key = value` lines.

    Raises:
        UserError: there is no such key.
    """
    rows = show(loaded)
    for row in rows:
        if row.key == key:
            return row.value
    below = [row for row in rows if row.key.startswith(f"{key}.")]
    if below or _may_be_empty(key):
        return "\n".join(f"{row.key} = {row.value}" for row in below)
    raise _unknown(key, [row.key for row in rows], "whet config get {}")


def show(loaded: Loaded) -> tuple[Row, ...]:
    """Every key with its value and origin, in the order of the file."""
    return tuple(
        Row(key=dotted, value=_text(dotted, value), origin=loaded.origins[dotted])
        for dotted, value in leaves(loaded.config).items()
    )


def check(root: Path, *, environ: Mapping[str, str] = os.environ) -> tuple[str, ...]:
    """Every complaint about the configuration of a project, one a line; empty when it is fine.

    Raises:
        UserError: there is no configuration at all.
    """
    try:
        load(root, environ=environ)
    except ConfigError as error:
        return error.details or (error.message,)
    return ()


def set_value(root: Path, key: str, value: str) -> str:
    """Change one value in the project's file, and nothing else of it; returns the new line.

    The whole file is validated before anything is written, and the write is atomic. A list is
    written as in TOML or with commas, and `guard.N.metric` with the next free N adds a guard.

    Raises:
        UserError: there is no such key, or no file.
        ConfigError: the file would not be valid.
    """
    known = keys.find(key)
    if known is None:
        again = shlex.quote(short(value)).replace("{", "{{").replace("}", "}}")
        raise _unknown(key, list(keys.known()), f"whet config set {{}} {again}")
    files = sources.projects(root)
    if not files:
        raise sources.nothing_here(root)
    complaints = Complaints()
    files[0].layer(complaints)
    complaints.raise_if_any()  # a file of another shape has no place for the value
    written = words.from_text(known, value)
    changed = replace(files[0], text=_changed(files[0], key, written))
    layers = [file.layer(complaints) for file in (changed, *files[1:])]
    decode(layers, changed.path, complaints)
    # a link stays a link
    whole.write(changed.path.resolve(), changed.text, durable=True)
    return f"{key} = {tomlkit.item(written).as_string()}"


def _text(dotted: str, value: object) -> str:
    key = keys.find(dotted)
    assert key is not None
    return words.show(key, value)


def _may_be_empty(key: str) -> bool:
    return key in keys.tables() or keys.find(f"{key}.NAME") is not None


def _unknown(key: str, choices: list[str], command: str) -> UserError:
    near = keys.nearest(key, choices).replace("*", "0")
    hint = command.format(near) if near else "whet config show"
    return UserError(f"`{short(key)}` is not a key of the configuration", hint=hint)


def _changed(file: Project, key: str, value: object) -> str:
    """The text of the file with one value changed; everything else stays, byte for byte."""
    path = [*(file.prefix.split(".") if file.prefix else ()), *_path(key)]
    expected = toml.parse(file.text, file.label)
    with contextlib.suppress(TOMLKitError, ValueError, TypeError):
        _assign(expected, path, value)
        text = _edited(file.text, path, value)
        if tomllib.loads(text) == expected:
            return text
    # better no change than another one
    name, text = key.rpartition(".")[2], tomlkit.item(value).as_string()
    raise ConfigError(
        f"{file.label} cannot be edited here", hint=f"write `{name} = {text}` with an editor"
    )


def _edited(text: str, path: list[str | int], value: object) -> str:
    """Change the statement that has the key, or its table; else add a line to the table."""
    names = [".".join(map(str, path[:end])) for end in range(len(path), 0, -1)]
    known = list(statements(text))
    for name in names:
        for found in known:
            below = [f"{found.table}.{key}" if found.table else key for key in found.keys]
            if name in below:
                depth = len(found.table.split(".")) if found.table else 0
                return _in_statement(text, found, path[depth:], value)
        own = [found.last for found in known if found.table == name]
        if own and name == names[1]:
            return _added(text, own[-1], str(path[-1]), value)
    return _appended(text, path, value)


def _in_statement(text: str, where: Statement, path: list[str | int], value: object) -> str:
    lines = _lines(text)
    document = tomlkit.parse("".join(lines[where.first - 1 : where.last]))
    _assign(document, path, value)
    return "".join([*lines[: where.first - 1], document.as_string(), *lines[where.last :]])


def _added(text: str, after: int, name: str, value: object) -> str:
    lines = _lines(text)
    ending = "\r\n" if "\r\n" in text else "\n"
    if not lines[after - 1].endswith("\n"):
        lines[after - 1] += ending
    lines.insert(after, f"{_bare(name)} = {tomlkit.item(value).as_string()}{ending}")
    return "".join(lines)


def _appended(text: str, path: list[str | int], value: object) -> str:
    """The text with the key in a new table at its end."""
    *table, name = path
    ending = "\r\n" if "\r\n" in text else "\n"
    header = ".".join(_bare(part) for part in table if isinstance(part, str))
    header = f"[[{header}]]" if isinstance(table[-1], int) else f"[{header}]"
    gap = "" if not text else ending if text.endswith("\n") else ending * 2
    line = f"{_bare(str(name))} = {tomlkit.item(value).as_string()}"
    return f"{text}{gap}{header}{ending}{line}{ending}"


def _lines(text: str) -> list[str]:
    return re.findall(r"[^\n]*\n|[^\n]+", text)


def _bare(name: str) -> str:
    return tomlkit.key(name).as_string()


def _path(key: str) -> list[str | int]:
    parts = key.split(".")
    if parts[0] in keys.repeated():
        return [parts[0], int(parts[1]), *parts[2:]]
    head, star, _ = keys.pattern(key).partition(".*")
    return [*head.split("."), key.removeprefix(f"{head}.")] if star else [*parts]


def _assign(document: Any, path: list[str | int], value: object) -> None:
    """Set a value below tables that are made where they are missing."""
    here = document
    for part, following in pairwise(path):
        if isinstance(part, int):
            if part == len(here):
                here.append({})
            elif part > len(here):
                head = ".".join(map(str, path[: path.index(part)]))
                raise UserError(
                    f"`{head}.{part}` comes after a gap",
                    hint=f"the next one is `{head}.{len(here)}`",
                )
        elif part not in here:
            here[part] = [] if isinstance(following, int) else {}
        here = here[part]
    here[path[-1]] = value
