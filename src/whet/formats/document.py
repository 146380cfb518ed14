"""A decoded JSON document whose every complaint says where it is."""

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from whet.formats import number
from whet.formats.number import Number
from whet.formats.reading import FormatError, show

_ROOT = "the document"
_ONLY_JSON = (
    "print the JSON alone on stdout and everything else on stderr, "
    "or name the file the tool writes: `[bench] output = ...`"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """A value inside a document; `where` is how a sentence names it."""

    tool: str
    value: object
    where: str = _ROOT

    def fail(self, problem: str, hint: str = "") -> FormatError:
        """An error to raise: `problem` continues a sentence that starts with this place."""
        return FormatError(f"{self.tool}: {self.where} {problem}", hint=hint)

    def mapping(self) -> dict[str, object]:
        """The object itself, or an error when this is none."""
        if isinstance(self.value, dict):
            return self.value
        raise self.fail(f"is {kind(self.value)}, not an object")

    def has(self, key: str) -> bool:
        """Whether the object has `key`, whatever its value."""
        return key in self.mapping()

    def names(self) -> list[str]:
        """The keys of the object, in its order."""
        return list(self.mapping())

    def get(self, key: str) -> "Node":
        """The value of `key`, which must be there."""
        found = self.mapping()
        if key not in found:
            have = ", ".join(f"`{show(name)}`" for name in list(found)[:8])
            raise self.fail(f"has no `{show(key)}`", hint=f"it has {have}" if have else "")
        return self._child(f"`{show(key)}`", found[key])

    def maybe(self, key: str) -> "Node | None":
        """The value of `key`; None when it is missing or null."""
        return self.get(key) if self.mapping().get(key) is not None else None

    def items(self, noun: str = "", *, of: str = "") -> list["Node"]:
        """The members of a list, named `noun` 1, 2, 3 … (`of` something)."""
        behind = f" of {of}" if of else ""
        return [
            Node(tool=self.tool, value=value, where=f"{noun} {place}{behind}")
            if noun
            else self._child(f"item {place}", value)
            for place, value in enumerate(self._array(), 1)
        ]

    def number(self) -> Number:
        """A number; true and false are none."""
        if isinstance(self.value, Number):
            return self.value
        raise self.fail(f"is {kind(self.value)}, not a number")

    def positive(self) -> Number:
        """A number above 0."""
        value = self.number()
        if value > 0:
            return value
        raise self.fail(f"is {value:g}, where a number above 0 belongs")

    def count(self) -> int:
        """A whole number, 0 or more."""
        value = self.number()
        if value >= 0 and value.is_integer():
            return int(value)
        raise self.fail(f"is {value:g}, where a count belongs")

    def text(self) -> str:
        """A string."""
        if isinstance(self.value, str):
            return self.value
        raise self.fail(f"is {kind(self.value)}, not a string")

    def numbers(self) -> tuple[Number, ...]:
        """A list of numbers, at least one."""
        found = tuple(v for v in self._array() if isinstance(v, Number))
        if len(found) != len(self._array()):
            for item in self.items():
                item.number()
        if not found:
            raise self.fail("is empty")
        return found

    def positives(self) -> tuple[Number, ...]:
        """A list of numbers above 0, at least one."""
        found = self.numbers()
        if min(found) <= 0:
            for item in self.items():
                item.positive()
        return found

    def _array(self) -> list[object]:
        if isinstance(self.value, list):
            return self.value
        raise self.fail(f"is {kind(self.value)}, not a list")

    def _child(self, name: str, value: object) -> "Node":
        where = name if self.where == _ROOT else f"{name} of {self.where}"
        return Node(tool=self.tool, value=value, where=where)


def kind(value: object) -> str:
    """What a decoded JSON value is, in words."""
    match value:
        case dict():
            return "an object"
        case list():
            return "a list"
        case str():
            return f'the string "{show(value, limit=30)}"'
        case None:
            return "null"
        case True | False:
            return "true" if value else "false"
    return "a number"


def load(tool: str, text: str) -> Node:
    """Decode one JSON document strictly: no NaN, no Infinity, no key twice.

    Raises:
        FormatError: the text is empty, cut short, not JSON, or not JSON alone.
    """
    return Node(tool=tool, value=decode(tool, text))


def load_lines(tool: str, text: str) -> Iterator[Node]:
    """Decode one JSON document a line; empty lines are skipped."""
    for place, line in enumerate(text.split("\n"), 1):
        if line.strip():
            where = f"line {place}"
            yield Node(tool=tool, value=decode(f"{tool}: {where}", line), where=where)


def decode(tool: str, text: str) -> object:
    """The plain value of a JSON text; numbers are `Number`."""
    body = text.removeprefix("\ufeff").strip()
    if not body:
        raise FormatError(f"{tool}: the output is empty", hint=_ONLY_JSON)
    try:
        return json.loads(
            body,
            parse_int=_number,
            parse_float=_number,
            parse_constant=_constant,
            object_pairs_hook=_object,
        )
    except json.JSONDecodeError as error:
        raise _not_json(tool, body, error) from None
    except RecursionError:
        raise FormatError(f"{tool}: the JSON is nested too deeply") from None
    except ValueError as error:
        raise FormatError(f"{tool}: {error}") from None


def _not_json(tool: str, body: str, error: json.JSONDecodeError) -> FormatError:
    if body[0] not in "{[":
        first = show(body.split("\n", 1)[0])
        return FormatError(f"{tool}: the output is not JSON; it starts `{first}`", hint=_ONLY_JSON)
    if error.pos >= len(body) or error.msg.startswith("Unterminated string"):
        return FormatError(
            f"{tool}: the JSON stops in the middle, at line {error.lineno}",
            hint="the tool was stopped while it wrote; run the benchmark command by hand",
        )
    if error.msg.startswith("Extra data"):
        line = show(body[error.pos :].split("\n", 1)[0])
        return FormatError(f"{tool}: more follows the JSON document: `{line}`", hint=_ONLY_JSON)
    return FormatError(
        f"{tool}: the JSON is broken at line {error.lineno}, column {error.colno}: {error.msg}",
        hint=_ONLY_JSON,
    )


def _number(text: str) -> Number:
    try:
        return number.read(text)
    except ValueError as error:
        raise ValueError(f"the number {show(text, limit=30)} is {error}") from None


def _constant(text: str) -> Number:
    raise ValueError(f"the JSON holds {text}, which is not a measurement")


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) < len(pairs):
        twice = Counter(name for name, _ in pairs).most_common(1)[0][0]
        raise ValueError(f"the key `{show(twice)}` is there twice in one object")
    return found
