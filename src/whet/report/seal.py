"""A document that says of itself whether it is what was written, part by part.

The seal has the SHA-256 of every part in its canonical form (sorted keys, no spaces), and the
document has one layout only, so that a flipped byte is found wherever it is. It guards against
accidents and careless edits. Whoever wants to can make another seal; the head of the ledger, which
is in it, cannot be made to fit.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping

from whet.report.jsonable import Document

KEY = "seal"
_NAMED = {"experiments": "id", "ideas": "id", "evidence": "id", "calibrations": "worker"}
"""Lists whose items have a name of their own."""


def sealed(data: Mapping[str, object]) -> str:
    """The text of a document with its seal at the end."""
    return _text({**data, KEY: {name: _digest(part) for name, part in _parts(data)}})


def complaint(text: str) -> str:
    """What is wrong with a sealed text and where, or nothing.

    A text without a seal is wrong as well.
    """
    try:
        data = json.loads(text)
    except (ValueError, RecursionError) as error:
        return f"it is no JSON: {error}"
    seal = data.pop(KEY, None) if isinstance(data, dict) else None
    if not isinstance(seal, dict):
        return "it has no seal"
    parts = dict(_parts(data))
    for name in [*parts, *seal]:
        if name not in parts or seal.get(name) != _digest(parts[name]):
            return f"{name} is not what was written"
    return _moved(text, _text({**data, KEY: seal}))


def read(text: str) -> Document:
    """The document of a text that has passed."""
    data = json.loads(text)
    assert isinstance(data, dict)
    return data


def _text(data: Mapping[str, object]) -> str:
    return json.dumps(data, indent=1, ensure_ascii=False) + "\n"


def _moved(text: str, written: str) -> str:
    if text == written:
        return ""
    lines = zip(f"{text}\n".split("\n"), f"{written}\n".split("\n"), strict=False)
    at = next((n for n, (now, before) in enumerate(lines, 1) if now != before), 0)
    return f"line {at} is not as it was written"


def _parts(data: Mapping[str, object]) -> Iterator[tuple[str, object]]:
    """Every part that gets a digest of its own; with the order of parts, which is one as well."""
    for name, value in data.items():
        key = _NAMED.get(name)
        if key is not None and isinstance(value, list):
            yield f"{name} (their number)", len(value)
            for number, item in enumerate(value):
                called = item.get(key) if isinstance(item, dict) else None
                yield f"{name}[{number}] {called}", item
        elif name == "patches" and isinstance(value, dict):
            yield "patches (their number)", len(value)
            yield from ((f"patch {digest}", text) for digest, text in value.items())
        else:
            yield name, value


def _digest(part: object) -> str:
    canonical = json.dumps(part, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()
