"""From files, variables and flags to one frozen `Config`, or every complaint at once."""

import dataclasses
import functools
import json
import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

from pydantic import TypeAdapter, ValidationError

from whet.config import keys, rules, sources, words
from whet.config.complaints import Complaint, Complaints, error, short
from whet.config.quantities import KINDS, NotAQuantity, read
from whet.config.sources import Layer
from whet.model.config import Config

DEFAULT = "default"
_ITSELF = "/whet.toml"
_LARGEST = 2**63 - 1
_DEEPEST = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """A configuration, and for each dotted key where its value is from.

    An origin is `flag`, the name of a variable, `whet.toml`, `pyproject.toml`, the path of the
    user's own file, or `default`. `path` is the project's file: None when all comes from elsewhere.
    """

    config: Config
    origins: Mapping[str, str]
    path: Path | None


def load(
    root: Path,
    *,
    overrides: Mapping[str, str] = MappingProxyType({}),
    environ: Mapping[str, str] = os.environ,
) -> Loaded:
    """The configuration of the project in `root`.

    `whet.toml` itself is protected whatever `scope.protect` says, and so is `pyproject.toml` where
    the configuration is in it: a candidate must not move its own goal.

    Args:
        root: the top of the repository.
        overrides: values of the command line by dotted key, as text: `{"goal.min_effect": "1%"}`.
        environ: where `WHET_GOAL_MIN_EFFECT=1%` and the like are looked for.

    Raises:
        ConfigError: something is wrong; `details` has every complaint with its file and line.
        UserError: nothing says what to measure.
    """
    complaints = Complaints()
    files = sources.projects(root)
    layers = [file.layer(complaints) for file in files]
    own = sources.home(environ, complaints)
    layers += [own] if own else []
    layers[:0] = [
        *sources.flags(overrides, complaints),
        *sources.environment(environ, complaints),
    ]
    if not files and not _says_what(layers):
        complaints.raise_if_any()
        raise sources.nothing_here(root)
    return decode(layers, files[0].path if files else None, complaints)


def decode(layers: Iterable[Layer], path: Path | None, complaints: Complaints) -> Loaded:
    """Put layers together, the strongest first, and read them as a `Config`.

    Raises:
        ConfigError: with these complaints and all that are found on the way.
    """
    values, owners = _merge(layers)
    if path is not None and not values and not complaints.found:
        raise error([Complaint(where=path.name, text="says nothing to whet", hint="whet init")])
    home = Layer(label=path.name if path else sources.FILE)
    _check_indices(values, owners, complaints)
    _tame(values, owners, complaints)
    values = _measure(values, owners, complaints)
    config = _typed(values, owners, home, complaints)
    _obey(values, owners, complaints)
    complaints.raise_if_any()
    assert config is not None
    config = _protect_itself(config, path)
    origins = {key: owners[key].label if key in owners else DEFAULT for key in leaves(config)}
    return Loaded(config=config, origins=MappingProxyType(origins), path=path)


def leaves(config: Config) -> Mapping[str, object]:
    """Every value of a configuration by dotted key, in the order of the file."""
    found: dict[str, object] = {}
    for table in keys.tables():
        value = getattr(config, table)
        if isinstance(value, tuple):
            for index, item in enumerate(value):
                found |= _fields(f"{table}.{index}", item)
        else:
            found |= _fields(table, value)
    return found


def _fields(at: str, value: object) -> Iterator[tuple[str, object]]:
    assert dataclasses.is_dataclass(value)
    for field in dataclasses.fields(value):
        entry = getattr(value, field.name)
        if isinstance(entry, Mapping):
            yield from ((f"{at}.{field.name}.{name}", item) for name, item in entry.items())
        else:
            yield f"{at}.{field.name}", entry


def _says_what(layers: Iterable[Layer]) -> bool:
    given = {key for layer in layers for key in layer.values}
    return {"goal.metric", "bench.command"} <= given


def _merge(layers: Iterable[Layer]) -> tuple[dict[str, object], dict[str, Layer]]:
    """Values by dotted key, and the layer each is from."""
    values: dict[str, object] = {}
    owners: dict[str, Layer] = {}
    closed: set[str] = set()
    for layer in layers:
        for key, value in layer.values.items():
            if key not in values and key.partition(".")[0] not in closed:
                values[key], owners[key] = value, layer
        closed |= layer.lists  # of [[guard]] and [[workers]] the strongest file has all of them
    return values, owners


def _check_indices(
    values: dict[str, object], owners: Mapping[str, Layer], complaints: Complaints
) -> None:
    """Refuse `guard.3.max_loss` on the command line where there are two guards."""
    for table in keys.repeated():
        named = {key: _index(key, table) for key in values}
        given = set(named.values())
        count = next(index for index in range(len(given) + 1) if index not in given)
        for key in [key for key, index in named.items() if index > count]:
            text = f"{keys.place(key)} comes after a gap"
            hint = f"the next one is `{table}.{count}`"
            complaints.add(owners[key].complaint(key, text, hint))
            del values[key]


def _index(key: str, table: str) -> int:
    """The 3 of `guard.3.max_loss`, -1 for keys of other tables."""
    parts = key.split(".")
    return int(parts[1]) if parts[0] == table and len(parts) > 1 else -1


def _tame(values: dict[str, object], owners: Mapping[str, Layer], complaints: Complaints) -> None:
    """Refuse numbers of thousands of digits and lists in lists in lists: no decoder takes them."""
    for dotted, value in values.items():
        if wild := _wild(value):
            text = f"{keys.place(dotted)} {wild}"
            key = keys.find(dotted)
            hint = f"write `{words.example(dotted, key, '')}`" if key else "whet config show"
            complaints.add(owners[dotted].complaint(dotted, text, hint))
            values[dotted] = 0


def _wild(value: object, depth: int = 0) -> str:
    if depth > _DEEPEST:
        return "is nested too deeply"
    if isinstance(value, int) and abs(value) > _LARGEST:
        return "is too large a number"
    items = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return next(filter(None, (_wild(item, depth + 1) for item in items)), "")


def _measure(
    values: Mapping[str, object], owners: Mapping[str, Layer], complaints: Complaints
) -> dict[str, object]:
    """Durations, shares and hours as numbers; an empty text unsets what may be missing."""
    measured: dict[str, object] = {}
    for dotted, value in values.items():
        key = keys.find(dotted)
        if key is None or not words.accepts_nothing(key) or value != "":
            measured[dotted] = value
        kind = KINDS.get(key.pattern) if key else None
        if key is None or kind is None or dotted not in measured:
            continue
        try:
            measured[dotted] = read(kind, value)
        except NotAQuantity as problem:
            text = f"{keys.place(dotted)} {problem}"
            hint = _unit(key, value) or f"write `{words.example(dotted, key, value)}`"
            complaints.add(owners[dotted].complaint(dotted, text, hint))
    return measured


def _unit(key: keys.Key, value: object) -> str:
    text = str(value).strip()
    if isinstance(value, str) and text.replace(".", "", 1).isdecimal():
        kind = KINDS[key.pattern]
        unit = {"duration": "s", "share": "%", "hours": "h", "size": "MB", "money": "usd"}[kind]
        return f'write `{key.name} = "{short(text)}{unit}"`'
    return ""


@functools.cache
def adapter() -> TypeAdapter[Config]:
    """Decodes the tables of a configuration; made once, and only when asked for."""
    return TypeAdapter(Config)


def _typed(
    values: Mapping[str, object], owners: Mapping[str, Layer], home: Layer, complaints: Complaints
) -> Config | None:
    """The configuration, or None with complaints about every type."""
    try:
        text = json.dumps(_nest(values), default=_date)
        return adapter().validate_json(text, strict=True)
    except ValidationError as refused:
        for found in refused.errors(include_url=False, include_input=False, include_context=False):
            _complain(found["type"], found["loc"], values, owners, home, complaints)
    return None


def _complain(
    kind: str,
    loc: tuple[int | str, ...],
    values: Mapping[str, object],
    owners: Mapping[str, Layer],
    home: Layer,
    complaints: Complaints,
) -> None:
    """One of pydantic's errors as a sentence about what stands in the file."""
    dotted = ".".join(str(part) for part in loc)
    while dotted not in values and keys.find(dotted) is None and "." in dotted:
        dotted = dotted.rpartition(".")[0]  # an item of a list, an arm of a union
    if kind == "missing":
        _missing(dotted, owners, home, complaints)
        return
    key = keys.find(dotted)
    assert key is not None, f"{dotted}: {kind}"
    value = values[dotted]
    said = f"`{short(value)}`" if key.words else _kind_inside(value)
    text = f"{keys.place(dotted)} is {said}; it must be {words.wanted(key)}"
    hint = f"write `{words.example(dotted, key, value)}`"
    complaints.add(owners[dotted].complaint(dotted, text, hint))


def _kind_inside(value: object) -> str:
    if isinstance(value, list):
        odd = next((item for item in value if not isinstance(item, str)), "")
        return f"a list with {words.kind_of(odd)} in it"
    return words.kind_of(value)


def _missing(dotted: str, owners: Mapping[str, Layer], home: Layer, complaints: Complaints) -> None:
    """Name every needed key of a table that is not there, or the one key."""
    for key in keys.known().values():
        inside = key.table == dotted if "." not in dotted else keys.pattern(dotted) == key.pattern
        full = dotted if "." in dotted else key.pattern
        table = full.rpartition(".")[0]
        # a key that is there under a wrong name is one mistake, and told already
        if key.required and inside and not complaints.meant(full) and not complaints.meant(table):
            head = keys.place(full).partition(" `")[0]
            example = _EXAMPLES[key.name]
            layer = owners.get(table, home)
            text = f"{head} has no `{key.name}`"
            complaints.add(layer.complaint(full, text, f"write below {head}: `{example}`"))


_EXAMPLES = {"metric": 'metric = "p50_ms"', "command": 'command = "./bench.sh"'}


def _date(value: object) -> dict[str, str]:
    # a table where none is allowed: the complaint is then about the type
    return {"date": str(value)}


def _nest(values: Mapping[str, object]) -> dict[str, object]:
    """Dotted keys as tables, lists of tables and values."""
    nested: dict[str, Any] = {}
    for dotted, value in values.items():
        table, _, rest = dotted.partition(".")
        if table in keys.repeated():
            rows = nested.setdefault(table, {})
            if rest:
                index, _, name = rest.partition(".")
                row = rows.setdefault(int(index), {})
                head, dot, free = name.partition(".")
                if dot:
                    row.setdefault(head, {})[free] = value
                elif name:
                    row[name] = value
        elif keys.find(dotted) and keys.pattern(dotted).endswith(".*"):
            name, _, free = rest.partition(".")
            nested.setdefault(table, {}).setdefault(name, {})[free] = value
        else:
            nested.setdefault(table, {})[rest] = value
    for table in keys.repeated() & nested.keys():
        nested[table] = [nested[table][index] for index in sorted(nested[table])]
    return nested


def _obey(
    values: Mapping[str, object], owners: Mapping[str, Layer], complaints: Complaints
) -> None:
    """Rules beyond types, for values whose type is right."""
    for dotted, value in values.items():
        problem = rules.of_one(dotted, value)
        if problem:
            _object(dotted, problem, owners, complaints)
    for dotted, problem in rules.of_many(values):
        _object(dotted, problem, owners, complaints)


def _object(
    dotted: str, problem: rules.Problem, owners: Mapping[str, Layer], complaints: Complaints
) -> None:
    text, hint = problem
    complaints.add(owners[dotted].complaint(dotted, f"{keys.place(dotted)} {text}", hint))


def _protect_itself(config: Config, path: Path | None) -> Config:
    scope = config.scope
    own = [_ITSELF]
    if path is not None and path.name == sources.PYPROJECT:
        own.append(f"/{sources.PYPROJECT}")
    new = [name for name in own if not {name, name[1:]} & set(scope.protect)]
    return dataclasses.replace(
        config, scope=dataclasses.replace(scope, protect=(*new, *scope.protect))
    )
