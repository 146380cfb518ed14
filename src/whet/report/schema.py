"""The JSON Schema of every document: what `--json` prints, and `report.json`."""

from whet.report import answers, described
from whet.report.document import SCHEMA
from whet.report.shapes import Shape, record, ref

_ABOUT = (
    "What whet prints with --json, and report.json. Ratios and gains are fractions, times are "
    "ISO 8601 in UTC, durations are seconds; what is missing is null, never 0. Fields may be "
    "added; none is taken away or changes its meaning under this name."
)


def schema() -> Shape:
    """A JSON Schema (2020-12); `kind` says which of the definitions a document follows."""
    defs: dict[str, Shape] = {}
    described.define(defs)
    kinds = {**described.documents(defs), **answers.documents(defs)}
    for kind, fields in kinds.items():
        head = {"schema": {"const": SCHEMA}, "kind": {"const": kind}}
        optional = answers.optional(kind, fields)
        defs[f"document:{kind}"] = record({**head, **fields}, optional)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": SCHEMA,
        "description": _ABOUT,
        "type": "object",
        "required": ["schema", "kind"],
        "properties": {"schema": {"const": SCHEMA}, "kind": {"enum": list(kinds)}},
        "allOf": [
            {
                "if": {"properties": {"kind": {"const": kind}}},
                "then": ref(f"document:{kind}"),
            }
            for kind in kinds
        ],
        "$defs": dict(sorted(defs.items())),
    }
