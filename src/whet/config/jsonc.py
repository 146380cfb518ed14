"""Changing one entry of a JSON file of somebody else's, comments and all the rest as they were.

Comments (`//` and `/* */`) and commas before a closing bracket are read as editors read them.
"""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, field

_BLANK = re.compile(r"(?:\s+|//[^\n]*|/\*.*?\*/)*", re.DOTALL)
_STRING = re.compile(r'"(?:[^"\\\x00-\x1f]|\\.)*"')
_PLAIN = re.compile(r"-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null")
_DEEPEST = 100


class Malformed(ValueError):
    """The text is no JSON; the message says where."""


@dataclass(slots=True)
class _Node:
    """A value and where it stands; members of an object as key, where the key begins, value."""

    start: int
    end: int = 0
    is_object: bool = False
    members: list[tuple[str, int, "_Node"]] = field(default_factory=list)

    def member(self, key: str) -> tuple[int, "_Node"] | None:
        return next(((at, node) for name, at, node in self.members if name == key), None)


def put(text: str, path: Sequence[str], value: object) -> str:
    """The text with a value at a path of keys; objects on the way are made where there are none.

    Raises:
        Malformed: it is no JSON object, or something on the way is none.
    """
    if _is_crlf(text):
        return put(text.replace("\r\n", "\n"), path, value).replace("\n", "\r\n")
    text = text if text.strip() else "{}\n"
    node, depth = _root(text), 0
    while depth < len(path):
        found = node.member(path[depth])
        if found is None:
            break
        if depth == len(path) - 1:
            return _replaced(text, found[1], value)
        node, depth = found[1], depth + 1
        if not node.is_object:
            raise Malformed(f"{'.'.join(path[:depth])} is no object")
    for key in reversed(path[depth + 1 :]):
        value = {key: value}
    return _inserted(text, node, path[depth], value)


def take(text: str, path: Sequence[str]) -> str:
    """The text without what is at a path, and without objects that are empty then.

    Raises:
        Malformed: it is no JSON object.
    """
    if _is_crlf(text):
        return take(text.replace("\r\n", "\n"), path).replace("\n", "\r\n")
    nodes = [_root(text)] if text.strip() else []
    for key in path:
        found = nodes[-1].member(key) if nodes else None
        if found is None:
            return text
        nodes.append(found[1])
    last = len(path) - 1
    while last > 0 and len(nodes[last].members) == 1:
        last -= 1
    return _without(text, nodes[last], path[last])


def _is_crlf(text: str) -> bool:
    return "\r\n" in text and text.count("\r\n") == text.count("\n")


def _replaced(text: str, node: _Node, value: object) -> str:
    if _value(text[node.start : node.end]) == value:
        return text
    shown = _shown(value, _indent_at(text, node.start), _unit(text))
    return text[: node.start] + shown + text[node.end :]


def _inserted(text: str, node: _Node, key: str, value: object) -> str:
    unit, name = _unit(text), json.dumps(key, ensure_ascii=False)
    if node.members:
        _, at, last = node.members[-1]
        indent = _indent_at(text, at)
        alone = "\n" in text[node.start : at]
        gap = f"\n{indent}" if alone else " "
        comma = "" if _comma(text, last.end) else ","
        place = _comma(text, last.end) or last.end
        if alone:  # what is said about the last one stays on its line
            said = re.compile(r"(?:[ \t]|//[^\n]*|/\*[^\n]*?\*/)*(?=\n)").match(text, place)
            place = said.end() if said else place
        tail = "," if not comma else ""
        new = f"{gap}{name}: {_shown(value, indent, unit if alone else None)}{tail}"
        return text[: last.end] + comma + text[last.end : place] + new + text[place:]
    outer = _indent_at(text, node.start)
    indent = outer + unit
    new = f"\n{indent}{name}: {_shown(value, indent, unit)}"
    rest = text[node.start + 1 : node.end - 1]
    end = "" if "\n" in rest else f"\n{outer}"
    return text[: node.start + 1] + new + rest.rstrip(" \t") + end + text[node.end - 1 :]


def _without(text: str, node: _Node, key: str) -> str:
    number = next(n for n, (name, _, _) in enumerate(node.members) if name == key)
    _, start, value = node.members[number]
    end = _comma(text, value.end) or value.end
    if number == len(node.members) - 1 and number and end == value.end:
        previous = node.members[number - 1][2].end
        comma = text.index(",", _past(text, previous))
        text = text[:comma] + text[comma + 1 :]
        start, end = start - 1, end - 1
    inside = text[node.start + 1 : start] + text[end : node.end - 1]
    if len(node.members) == 1 and not inside.strip():
        return text[: node.start + 1] + text[node.end - 1 :]
    before = len(text[:start].rstrip(" \t"))
    if text[before - 1 : before] == "\n" and text[end:].lstrip(" \t")[:1] in ("\n", ""):
        return text[: before - 1] + text[end:]
    return text[:start].rstrip(" \t") + text[end:]


def _shown(value: object, indent: str, unit: str | None) -> str:
    if unit is None:
        return json.dumps(value, ensure_ascii=False)
    return json.dumps(value, ensure_ascii=False, indent=unit).replace("\n", f"\n{indent}")


def _unit(text: str) -> str:
    found = re.search(r"\n([ \t]+)\S", text)
    return found.group(1) if found else "  "


def _indent_at(text: str, at: int) -> str:
    line = text[text.rfind("\n", 0, at) + 1 : at]
    return line[: len(line) - len(line.lstrip())]


def _comma(text: str, at: int) -> int:
    """Where the comma after a value ends, or 0."""
    place = _past(text, at)
    return place + 1 if text[place : place + 1] == "," else 0


def _value(text: str) -> object:
    try:
        return json.loads(text)
    except ValueError:
        return None  # it has comments


def _root(text: str) -> _Node:
    node = _read(text, _past(text, 1 if text.startswith("\ufeff") else 0), 0)
    if not node.is_object:
        raise Malformed("it is no object")
    end = _past(text, node.end)
    if end != len(text):
        raise Malformed(f"{_where(text, end)}: something follows the end")
    return node


def _read(text: str, at: int, depth: int) -> _Node:
    if depth > _DEEPEST:
        raise Malformed("it is nested too deeply")
    sign = text[at : at + 1]
    if sign == "{":
        return _object(text, at, depth)
    if sign == "[":
        return _list(text, at, depth)
    found = (_STRING if sign == '"' else _PLAIN).match(text, at)
    if found is None:
        raise Malformed(f"{_where(text, at)}: a value is expected")
    return _Node(at, found.end())


def _object(text: str, at: int, depth: int) -> _Node:
    node = _Node(at, is_object=True)
    place = _past(text, at + 1)
    while text[place : place + 1] != "}":
        key = _STRING.match(text, place)
        if key is None:
            raise Malformed(f"{_where(text, place)}: a key in quotes is expected")
        colon = _past(text, key.end())
        if text[colon : colon + 1] != ":":
            raise Malformed(f"{_where(text, colon)}: a colon is expected")
        value = _read(text, _past(text, colon + 1), depth + 1)
        try:
            node.members.append((json.loads(key.group()), place, value))
        except ValueError as error:
            raise Malformed(f"{_where(text, place)}: {error}") from error
        place = _next(text, value.end, "}")
    node.end = place + 1
    return node


def _list(text: str, at: int, depth: int) -> _Node:
    place = _past(text, at + 1)
    while text[place : place + 1] != "]":
        place = _next(text, _read(text, place, depth + 1).end, "]")
    return _Node(at, place + 1)


def _next(text: str, at: int, closing: str) -> int:
    place = _past(text, at)
    if text[place : place + 1] == ",":
        return _past(text, place + 1)
    if text[place : place + 1] != closing:
        raise Malformed(f"{_where(text, place)}: a comma or {closing} is expected")
    return place


def _past(text: str, at: int) -> int:
    found = _BLANK.match(text, at)
    return found.end() if found else at


def _where(text: str, at: int) -> str:
    return f"line {text.count(chr(10), 0, at) + 1}"
