"""JSON Schemas from Python types and from names: what a document may hold, said in few words.

A value of the model becomes the schema of what `whet.report.jsonable` makes of it.
"""

import dataclasses
import types
import typing
from collections.abc import Mapping, Sequence
from typing import Any, Literal

Shape = dict[str, Any]

TEXT: Shape = {"type": "string"}
NUMBER: Shape = {"type": "number"}
COUNT: Shape = {"type": "integer", "minimum": 0}
YES: Shape = {"type": "boolean"}
ANYTHING: Shape = {}
TIME: Shape = {"type": "string", "format": "date-time", "pattern": "Z$"}


def record(fields: Mapping[str, Shape], optional: Sequence[str] = ()) -> Shape:
    """An object; every field is there, but for the optional ones."""
    return {
        "type": "object",
        "properties": dict(fields),
        "required": [name for name in fields if name not in optional],
    }


def listed(item: Shape) -> Shape:
    """An array of these."""
    return {"type": "array", "items": item}


def named(item: Shape) -> Shape:
    """An object whose keys are names or ids, each with one of these."""
    return {"type": "object", "additionalProperties": item}


def maybe(shape: Shape) -> Shape:
    """This, or null where there is nothing."""
    return {"anyOf": [shape, {"type": "null"}]}


def one_of(*values: str) -> Shape:
    """One of these words."""
    return {"enum": list(values)}


def ref(name: str) -> Shape:
    """A shape that is defined by its name."""
    return {"$ref": f"#/$defs/{name}"}


def of(kind: Any, defs: dict[str, Shape]) -> Shape:
    """The schema of a type of the model as it is in a document.

    Args:
        kind: a dataclass, or whatever the field of one may be.
        defs: every dataclass that is met is defined here, by its name.

    Raises:
        TypeError: no JSON is made of such a type.
    """
    if kind in _PLAIN:
        return dict(_PLAIN[kind])
    if dataclasses.is_dataclass(kind) and isinstance(kind, type):
        return _dataclass(kind, defs)
    origin, args = typing.get_origin(kind), typing.get_args(kind)
    if origin is Literal:
        return {"enum": list(args)}
    if origin in (typing.Union, types.UnionType):
        return {"anyOf": [of(one, defs) for one in args]}
    if origin in (tuple, list):
        return _sequence(args, defs)
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return named(of(args[1], defs))
    raise TypeError(f"no JSON Schema for {kind}")


_PLAIN: Mapping[Any, Shape] = {
    str: TEXT,
    bool: YES,
    int: {"type": "integer"},
    float: {"type": ["number", "null"]},  # null where it is not finite
    type(None): {"type": "null"},
    Any: ANYTHING,
    object: ANYTHING,
}


def _dataclass(kind: type, defs: dict[str, Shape]) -> Shape:
    name = kind.__name__
    if name not in defs:
        defs[name] = {}  # before its fields, one of which may be of the same type
        hints = typing.get_type_hints(kind)
        defs[name] = record({f.name: of(hints[f.name], defs) for f in dataclasses.fields(kind)})
    return ref(name)


def _sequence(args: tuple[Any, ...], defs: dict[str, Shape]) -> Shape:
    if len(args) == 1 or args[1:] == (...,):
        return listed(of(args[0], defs))
    items = [of(one, defs) for one in args]
    return {"type": "array", "prefixItems": items, "minItems": len(items), "maxItems": len(items)}
