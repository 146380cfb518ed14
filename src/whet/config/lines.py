"""On which lines of a TOML file things are: for complaints, and to add a key where it belongs."""

import tomllib
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

_LONGEST_STATEMENT = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """A header or an assignment, from line `first` to line `last`, in the table `table`.

    `table` is dotted, with an index where it is one of several: `guard.0`.
    """

    first: int
    last: int
    table: str
    keys: tuple[str, ...] = ()


def statements(text: str) -> Iterator[Statement]:
    """The statements of a text that is valid TOML; comments and empty lines are left out.

    A statement ends where the lines so far are TOML by themselves. After one of more than 200
    lines the rest is left out.
    """
    count: Counter[str] = Counter()
    table = ""
    for first, last, statement in _chunks(text):
        data = tomllib.loads(statement)
        if statement.lstrip().startswith("["):
            table, several = _header(data)
            if several:
                count[table] += 1
                table = f"{table}.{count[table] - 1}"
            yield Statement(first=first, last=last, table=table)
        elif data:
            yield Statement(first=first, last=last, table=table, keys=tuple(_keys(data)))


def locate(text: str) -> Mapping[str, int]:
    """The line of every table and key, dotted."""
    found: dict[str, int] = {}
    for statement in statements(text):
        for key in statement.keys or ("",):
            dotted = ".".join(filter(None, (statement.table, key)))
            found.setdefault(dotted, statement.first)
    return found


def _chunks(text: str) -> Iterator[tuple[int, int, str]]:
    first, waiting = 1, ""
    for number, line in enumerate(text.split("\n"), 1):
        waiting += line + "\n"
        if _is_toml(waiting):
            yield first, number, waiting
            first, waiting = number + 1, ""
        elif number - first >= _LONGEST_STATEMENT:
            return


def _is_toml(text: str) -> bool:
    try:
        tomllib.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


def _header(table: Mapping[str, object]) -> tuple[str, bool]:
    """The dotted name of a header, and whether it is one of several: `[[guard]]`."""
    names: list[str] = []
    value: object = table
    while isinstance(value, dict) and value:
        name, value = next(iter(value.items()))
        names.append(name)
    return ".".join(names), isinstance(value, list)


def _keys(table: Mapping[str, object]) -> Iterator[str]:
    """Every dotted key of a statement: `a.b = 1` has a and a.b, `a = {b = 1}` as well."""
    for name, value in table.items():
        yield name
        if isinstance(value, dict):
            yield from (f"{name}.{key}" for key in _keys(value))
        elif isinstance(value, list):
            for index, item in enumerate(value):
                if isinstance(item, dict):
                    yield from (f"{name}.{index}.{key}" for key in _keys(item))
