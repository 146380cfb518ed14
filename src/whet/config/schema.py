"""The JSON Schema of `whet.toml`, for editors: made from the same types that read the file."""

import ast
import functools
import inspect
from collections.abc import Iterator, Mapping
from typing import Any

from whet.config import keys
from whet.config.load import adapter
from whet.config.quantities import KINDS, Kind
from whet.model import config, metric, worker

_UNITS: Mapping[Kind, str] = {
    "duration": 'Seconds, or a duration such as "15m".',
    "share": 'A fraction, or a percentage such as "2%".',
    "hours": 'Hours, or a duration such as "8h".',
    "size": 'Bytes, or a size such as "590MiB".',
    "money": 'US dollars: 40, or "40usd".',
}
_PATTERNS: Mapping[Kind, str] = {
    "duration": r"^\s*([0-9]+(\.[0-9]+)?\s*(ms|s|sec|m|min|h|d)\s*)+$",
    "share": r"^\s*\+?[0-9]+(\.[0-9]+)?\s*%\s*$",
    "money": r"^\s*(\$\s*[0-9]+(\.[0-9]+)?|[0-9]+(\.[0-9]+)?\s*(usd|USD|\$))\s*$",
    "hours": r"^\s*([0-9]+(\.[0-9]+)?\s*(ms|s|sec|m|min|h|d)\s*)+$",
    "size": r"^\s*[0-9]+(\.[0-9]+)?\s*(B|kB|KB|MB|GB|TB|KiB|MiB|GiB|TiB)\s*$",
}


def schema() -> dict[str, Any]:
    """A JSON Schema (2020-12) of the whole file; unknown keys are refused, as `load` does."""
    found = adapter().json_schema()
    found["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    found["title"] = "whet.toml"
    for table, kind in keys.tables().items():
        _annotate(table, found["$defs"][kind.__name__])
    found["additionalProperties"] = False
    return found


def _annotate(table: str, definition: dict[str, Any]) -> None:
    definition["additionalProperties"] = False
    for key in (key for key in keys.known().values() if key.table == table):
        entry = definition["properties"][key.name]
        entry.pop("title", None)
        kind = KINDS.get(key.pattern)
        said = [_UNITS[kind]] if kind else []
        if doc := documentation().get(f"{table}.{key.name}", ""):
            said.insert(0, doc)
        if said:
            entry["description"] = " ".join(said)
        if kind:
            each = entry["additionalProperties"] if key.pattern.endswith(".*") else entry
            each.pop("type", None)
            each["anyOf"] = [{"type": "number"}, {"type": "string", "pattern": _PATTERNS[kind]}]


@functools.cache
def documentation() -> Mapping[str, str]:
    """What the model says about a field, by `table.field`: the text below it in the source."""
    names = {kind.__name__: table for table, kind in keys.tables().items()}
    return {
        f"{names[node.name]}.{field}": text
        for module in (config, metric, worker)
        for node in ast.parse(inspect.getsource(module)).body
        if isinstance(node, ast.ClassDef) and node.name in names
        for field, text in _texts(node)
    }


def _texts(node: ast.ClassDef) -> Iterator[tuple[str, str]]:
    for statement, following in zip(node.body, node.body[1:], strict=False):
        if (
            isinstance(statement, ast.AnnAssign)
            and isinstance(statement.target, ast.Name)
            and isinstance(following, ast.Expr)
            and isinstance(following.value, ast.Constant)
        ):
            yield statement.target.id, " ".join(str(following.value.value).split())
