"""Model values as JSON: dataclasses become objects with the same names, so they decode again."""

import math
from collections.abc import Mapping
from dataclasses import fields, is_dataclass

Document = dict[str, object]
"""Plain values only: `json.dumps(document, allow_nan=False)` never fails."""


def jsonable(value: object) -> object:
    """Plain values of a model value. A number that is not finite is null: JSON has no other.

    Raises:
        TypeError: there is something in it that is no value of the model.
    """
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if is_dataclass(value):
        return {f.name: jsonable(getattr(value, f.name)) for f in fields(value)}
    if isinstance(value, Mapping):
        return {str(key): jsonable(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [jsonable(item) for item in value]
    raise TypeError(f"no JSON for {type(value).__name__}")
