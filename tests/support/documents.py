"""Whether a document is what its schema says, and has nothing that the schema does not say."""

import functools
from typing import Any

from jsonschema import Draft202012Validator

from whet.report.schema import schema


def conforming(found: object) -> dict[str, Any]:
    """The document, if it is one."""
    assert isinstance(found, dict)
    wrong = [f"{list(error.absolute_path)}: {error.message[:300]}" for error in complaints(found)]
    assert wrong == [], f"{found.get('kind')} is not as described"
    return found


def complaints(found: object) -> list[Any]:
    """What is wrong with a document, the first that is met first."""
    return list(_validator().iter_errors(found))


@functools.cache
def _validator() -> Draft202012Validator:
    closed = schema()
    for definition in closed["$defs"].values():
        _close(definition)
    return Draft202012Validator(closed, format_checker=Draft202012Validator.FORMAT_CHECKER)


def _close(shape: object) -> None:
    """Whoever reads a document must bear new fields; whoever adds one must describe it."""
    if isinstance(shape, dict):
        if "properties" in shape:
            shape.setdefault("additionalProperties", False)
        for part in shape.values():
            _close(part)
    elif isinstance(shape, list):
        for part in shape:
            _close(part)
