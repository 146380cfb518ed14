"""A worker more in whet.toml."""

import re
from pathlib import Path

import tomlkit

from whet.api.workspace import configuration, repository
from whet.errors import UserError, WhetError
from whet.executors.sky.experiment import read

_FILE = "whet.toml"


def added(start: Path, kind: str, what: str, *, name: str = "", count: int = 1) -> str:
    """Write a worker into whet.toml, and nothing where that would not be valid; its name.

    Raises:
        UserError: there is no whet.toml, or what it would say is wrong.
    """
    root = repository(start).root
    path = root / _FILE
    if not path.exists():
        raise UserError("there is no whet.toml here", hint="whet init")
    before = path.read_text(encoding="utf-8")
    document = tomlkit.parse(before)
    rows = document.get("workers")
    if rows is None:
        rows = document["workers"] = tomlkit.aot()
    row = tomlkit.table()
    made = name or _name(kind, what)
    row["name"], row["kind"] = made, kind
    if kind == "ssh":
        row["host"] = what
    elif what.endswith((".yaml", ".yml")):
        read(root / what)  # said now, not in the night
        row["experiment"] = what
    else:
        row["resources"] = tomlkit.inline_table()
        row["resources"]["infra"] = what
    if count != 1:
        row["count"] = count
    rows.append(row)
    path.write_text(tomlkit.dumps(document), encoding="utf-8")
    try:
        configuration(repository(start))
    except WhetError:
        path.write_text(before, encoding="utf-8")
        raise
    return made


def _name(kind: str, what: str) -> str:
    """A name made of a host or a place."""
    plain = what.rpartition("@")[2].partition(":")[0] if kind == "ssh" else what.partition("/")[0]
    plain = plain.removesuffix(".yaml").removesuffix(".yml")
    return re.sub(r"[^\w.-]+", "-", plain, flags=re.ASCII).strip("-.") or kind
