"""Dataclasses to JSON and back with the standard library, for both ends of a trial."""

import dataclasses
import functools
import json
import types
import typing
from collections.abc import Mapping
from typing import Any, Literal, TypeVar, Union

T = TypeVar("T")


class WireError(Exception):
    """A message is not of the shape that was agreed."""


def encode(value: Any) -> str:
    """One line of JSON. Of text that is no Unicode, such as odd file names, bytes are lost."""
    text = json.dumps(
        dataclasses.asdict(value), separators=(",", ":"), allow_nan=False, ensure_ascii=False
    )
    return text.encode(errors="replace").decode()


def decode(kind: type[T], text: str | bytes) -> T:
    """The dataclass that `encode` made a line of.

    Raises:
        WireError: the text is not JSON, or not of that shape; the message names the field.
    """
    try:
        data = json.loads(text, parse_constant=_no_number)
    except ValueError as error:
        raise WireError(f"not JSON: {error}") from error
    return typing.cast("T", _build(kind, data, kind.__name__))


def _no_number(word: str) -> float:
    raise ValueError(f"{word} is no number")


def _build(kind: Any, data: Any, where: str) -> Any:
    if dataclasses.is_dataclass(kind):
        return _record(kind, data, where)
    generic = _GENERIC.get(typing.get_origin(kind))
    if generic is not None:
        return generic(kind, data, where)
    # JSON has one kind of number, and for Python truth is one too
    number = isinstance(data, int | float) and not isinstance(data, bool)
    if kind is float:
        try:
            return float(_expect(number, data, where))
        except OverflowError as error:
            raise WireError(f"{where} cannot be {data!r:.80}") from error
    return _expect(isinstance(data, kind) and (number or kind is not int), data, where)


def _expect(fine: bool, data: Any, where: str) -> Any:
    if not fine:
        raise WireError(f"{where} cannot be {data!r:.80}")
    return data


def _record(kind: Any, data: Any, where: str) -> Any:
    _expect(isinstance(data, dict), data, where)
    hints = _hints(kind)
    unknown = data.keys() - hints.keys()
    if unknown:
        raise WireError(f"{where} has no field {min(unknown)}")
    try:
        return kind(**{k: _build(hints[k], v, f"{where}.{k}") for k, v in data.items()})
    except TypeError as error:
        raise WireError(f"{where}: {error}") from error


@functools.cache
def _hints(kind: Any) -> dict[str, Any]:
    return typing.get_type_hints(kind)


def _literal(kind: Any, data: Any, where: str) -> Any:
    return _expect(data in typing.get_args(kind), data, where)


def _either(kind: Any, data: Any, where: str) -> Any:
    options = typing.get_args(kind)
    if data is None and type(None) in options:
        return None
    for option in options:
        if option is not type(None):
            try:
                return _build(option, data, where)
            except WireError:
                continue
    raise WireError(f"{where} cannot be {data!r:.80}")


def _tuple(kind: Any, data: Any, where: str) -> Any:
    _expect(isinstance(data, list), data, where)
    inner = typing.get_args(kind)
    if len(inner) == 2 and inner[1] is Ellipsis:
        return tuple(_build(inner[0], item, f"{where}[{i}]") for i, item in enumerate(data))
    _expect(len(inner) == len(data), data, where)
    return tuple(
        _build(t, item, f"{where}[{i}]")
        for i, (t, item) in enumerate(zip(inner, data, strict=True))
    )


def _mapping(kind: Any, data: Any, where: str) -> Any:
    _expect(isinstance(data, dict), data, where)
    key, value = typing.get_args(kind)
    return {_key(key, k, where): _build(value, v, f"{where}.{k}") for k, v in data.items()}


def _key(kind: Any, text: str, where: str) -> Any:
    """A key, which JSON can only write as text."""
    if kind is int:
        return int(_expect(text.removeprefix("-").isdecimal(), text, where))
    return _build(kind, text, where)


_GENERIC = {
    Literal: _literal,
    Union: _either,
    types.UnionType: _either,
    tuple: _tuple,
    Mapping: _mapping,
}
