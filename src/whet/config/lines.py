"""On which line of a TOML file a key is; for complaints only."""

import tomllib
from collections import Counter
from collections.abc import Iterator, Mapping

_LONGEST_STATEMENT = 200


def locate(text: str) -> Mapping[str, int]:
    """The line of every table and key, dotted, of a text that is valid TOML.

    A statement ends where the lines so far are TOML by themselves. After a statement of more than
    200 lines the rest is left out.
    """
    found: dict[str, int] = {}
    count: Counter[str] = Counter()
    here = ""
    for line, statement in _statements(text):
        head, nested = _first(tomllib.loads(statement))
        if not head:
            continue
        if statement.lstrip().startswith("["):
            here = head
            if nested:  # an array of tables: each is known by its place
                here = f"{head}.{count[head]}"
                count[head] += 1
            found.setdefault(here, line)
        else:
            for key in _keys(tomllib.loads(statement)):
                found.setdefault(f"{here}.{key}" if here else key, line)
    return found


def _statements(text: str) -> Iterator[tuple[int, str]]:
    start, waiting = 0, ""
    for number, line in enumerate(text.split("\n")):
        waiting += line + "\n"
        if _is_toml(waiting):
            yield start + 1, waiting
            start, waiting = number + 1, ""
        elif number - start >= _LONGEST_STATEMENT:
            return


def _is_toml(text: str) -> bool:
    try:
        tomllib.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


def _first(table: Mapping[str, object]) -> tuple[str, bool]:
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
