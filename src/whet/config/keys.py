"""Every key that a configuration may hold, read off the dataclasses of `whet.model.config`.

A key is dotted: `goal.metric`, `guard.0.max_loss`, `bench.env.NAME`. Its pattern is the same with
`*` for the part that is free: `guard.*.max_loss`, `bench.env.*`.
"""

import dataclasses
import difflib
import functools
import typing
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from whet.model.config import Config


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """One key: the table it is in, its name there, and the type of its value."""

    pattern: str
    table: str
    name: str
    hint: object
    required: bool
    default: object = None

    @property
    def words(self) -> tuple[object, ...]:
        """The values it may take, where these are few; else empty."""
        return typing.get_args(self.hint) if typing.get_origin(self.hint) is typing.Literal else ()


@functools.cache
def tables() -> Mapping[str, type]:
    """The dataclass of every table, by name."""
    hints = typing.get_type_hints(Config)
    return {name: typing.get_args(hint)[0] if _is_list(hint) else hint
            for name, hint in hints.items()}  # fmt: skip


@functools.cache
def repeated() -> frozenset[str]:
    """Tables that may be given several times: `[[guard]]`."""
    return frozenset(name for name, hint in typing.get_type_hints(Config).items() if _is_list(hint))


@functools.cache
def known() -> Mapping[str, Key]:
    """Every key by pattern, in the order of the file."""
    found = (key for table, kind in tables().items() for key in _of_table(table, kind))
    return {key.pattern: key for key in found}


def find(dotted: str) -> Key | None:
    """The key of that name; an index or the name of a variable stands for itself."""
    return known().get(pattern(dotted))


def pattern(dotted: str) -> str:
    """`guard.0.max_loss` to `guard.*.max_loss`; a name that is no key comes back as it is."""
    table, _, rest = dotted.partition(".")
    if table in repeated():
        index, _, name = rest.partition(".")
        if not (index.isdecimal() and index.isascii()):
            return dotted
        head, dot, _ = name.partition(".")
        free = f"{table}.*.{head}.*"
        return free if dot and free in known() else f"{table}.*.{name}"
    name, dot, _ = rest.partition(".")
    free = f"{table}.{name}.*"
    return free if dot and free in known() else dotted


def place(dotted: str) -> str:
    """How a sentence names a key: "[goal] `metric`", "[[guard]] 2 `max_loss`"."""
    parts = dotted.split(".")
    if parts[0] in repeated():
        number = f" {int(parts[1]) + 1}" if len(parts) > 1 and parts[1].isdecimal() else ""
        head, rest = f"[[{parts[0]}]]{number}", parts[2:]
    else:
        head, rest = f"[{'.'.join(parts[:-1])}]", parts[-1:]
    return f"{head} `{'.'.join(rest)}`" if rest else head


def nearest(word: str, choices: Iterable[str]) -> str:
    """The known word that was probably meant, or nothing."""
    names = list(choices)
    plain = word.lower().replace("-", "_").replace(" ", "_")[:60]
    if plain in names:
        return plain
    return next(iter(difflib.get_close_matches(plain, names, n=1, cutoff=0.6)), "")


def usual(key: Key) -> float:
    """The number that a key has where nobody says another; a tenth where it has none."""
    return key.default if isinstance(key.default, int | float) else 0.1


def _of_table(table: str, kind: type) -> Iterable[Key]:
    hints = typing.get_type_hints(kind)
    star = ".*" if table in repeated() else ""
    for field in dataclasses.fields(kind):
        hint = hints[field.name]
        free = typing.get_origin(hint) is Mapping
        yield Key(
            pattern=f"{table}{star}.{field.name}" + (".*" if free else ""),
            table=table,
            name=field.name,
            hint=typing.get_args(hint)[1] if free else hint,
            required=field.default is field.default_factory is dataclasses.MISSING,
            default=None if field.default is dataclasses.MISSING else field.default,
        )


def _is_list(hint: object) -> bool:
    return typing.get_origin(hint) is tuple
