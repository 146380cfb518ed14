"""Values as words: for sentences, for the command line, and back."""

import json
import tomllib
import types
import typing
from collections.abc import Mapping

from whet.config.keys import Key, nearest
from whet.config.quantities import EXAMPLES, KINDS, Kind
from whet.config.quantities import show as show_quantity

_TRUE, _FALSE = ("true", "yes", "on", "1"), ("false", "no", "off", "0")
_KINDS: Mapping[type, str] = {
    bool: "true or false",
    int: "a whole number",
    float: "a number",
    str: "text",
    list: "a list",
    dict: "a table",
}
_EXAMPLES: Mapping[type, str] = {bool: "true", int: "8", float: "0.5"}
_QUANTITIES: Mapping[Kind, str] = {
    "duration": 'seconds, or a duration such as "15m"',
    "share": 'a share such as "2%" or 0.02',
    "money": 'US dollars, such as 40 or "40usd"',
    "hours": 'hours, or a duration such as "8h"',
    "size": 'bytes, or a size such as "590MiB"',
}


def kind_of(value: object) -> str:
    """What a TOML value is: `text`, `a list`."""
    return _KINDS.get(type(value), "a date")


def wanted(key: Key) -> str:
    """What the value of a key has to be, to follow "must be"."""
    if key.pattern in KINDS:
        return _QUANTITIES[KINDS[key.pattern]]
    if key.words:
        return " or ".join(f"`{word}`" for word in key.words)
    return "a list of texts" if _is_list(key) else _KINDS[_plain(key)]


def example(dotted: str, key: Key, value: object) -> str:
    """A line that could stand in the file instead, as near to what was written as can be."""
    return f"{dotted.rpartition('.')[2]} = {_example(key, value)}"


def _example(key: Key, value: object) -> str:
    if key.words:
        return json.dumps(_word_like(key, value))
    if _is_list(key):
        items = value if isinstance(value, list) else [value]
        texts = [item for item in items if isinstance(item, str) and item] or ["src/**"]
        return json.dumps(texts[:3], ensure_ascii=False)
    if key.pattern in KINDS:
        return EXAMPLES[KINDS[key.pattern]]
    if _plain(key) is str:
        text = "..." if isinstance(value, list | dict) else str(value)
        return json.dumps(text[:40], ensure_ascii=False)
    return _EXAMPLES[_plain(key)]


def accepts_nothing(key: Key) -> bool:
    """Whether the value may be missing: `""` says so, since TOML has no word for it."""
    return isinstance(key.hint, types.UnionType)


def from_text(key: Key, text: str) -> object:
    """The TOML value that a text on the command line or in the environment stands for.

    A list is written as in TOML, or as words with commas between them. An empty text unsets a
    number that may be missing. What is no value of this key comes back as it is: whoever reads
    the configuration complains about it with all the rest.
    """
    if key.words:
        return int(text) if text.isdecimal() and text.isascii() else text
    if _is_list(key):
        return _items(text)
    if key.pattern in KINDS or _plain(key) in (int, float):
        return _number(text)
    if key.hint is object:
        return _anything(text)
    if _plain(key) is bool:
        word = text.strip().lower()
        return True if word in _TRUE else False if word in _FALSE else text
    return text


def show(key: Key, value: object) -> str:
    """A value as `from_text` reads it; a list as TOML."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, tuple | list):
        return f"[{', '.join(json.dumps(item, ensure_ascii=False) for item in value)}]"
    if key.pattern in KINDS and isinstance(value, int | float):
        return show_quantity(KINDS[key.pattern], value)
    return f"{value:g}" if isinstance(value, float) and value == float(f"{value:g}") else str(value)


_MEANT: Mapping[str, str] = {
    **dict.fromkeys(("up", "max", "maximize", "maximise", "more", "bigger", "high"), "higher"),
    **dict.fromkeys(("down", "min", "minimize", "minimise", "less", "smaller", "low"), "lower"),
}


def _word_like(key: Key, value: object) -> object:
    words = {str(word): word for word in key.words}
    text = str(value).lower()
    meant = _MEANT.get(text, "") if "higher" in words else ""
    if isinstance(value, int) and not isinstance(value, bool):
        numbers = [word for word in key.words if isinstance(word, int)]
        return min(numbers, key=lambda word: abs(word - value), default=key.words[0])
    return words.get(meant or nearest(text, words), key.words[0])


def _items(text: str) -> object:
    if text.lstrip().startswith("["):
        try:
            return tomllib.loads(f"list = {text}\n")["list"]
        except (ValueError, RecursionError):
            return text
    return [item.strip() for item in text.split(",")] if text.strip() else []


def _anything(text: str) -> object:
    """A TOML value, or the text itself where it is none: `8`, `true`, `{ H100 = 1 }`, `aws`."""
    try:
        return tomllib.loads(f"value = {text}\n")["value"]
    except (ValueError, RecursionError):
        return text


def _number(text: str) -> object:
    plain = text.strip()
    for read in (int, float):
        try:
            return read(plain)
        except ValueError:
            continue
    return text


def _is_list(key: Key) -> bool:
    return typing.get_origin(key.hint) is tuple


def _plain(key: Key) -> type:
    """The type of a value that is neither a list nor a choice; `X | None` is X."""
    arms = typing.get_args(key.hint) if isinstance(key.hint, types.UnionType) else (key.hint,)
    return next(arm for arm in arms if isinstance(arm, type) and arm is not types.NoneType)
