"""The table of agents: those that come with whet, and the user's own above them."""

import functools
import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, Literal, get_args

import platformdirs

from whet.agents.parsers import PARSERS
from whet.errors import ConfigError, UserError

FILE = "agents.toml"

Prefer = Literal["acp", "command"]
Prompt = Literal["argument", "stdin", "file"]
Wire = Literal["", "chat", "responses", "messages", "gemini"]

_NONE: Mapping[str, str] = {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """How one agent is started; the keys are those of `agents.toml`, which explains them."""

    name: str
    program: str
    argv: tuple[str, ...] = ()
    title: str = ""
    acp: tuple[str, ...] = ()
    acp_program: str = ""
    prefer: Prefer = "command"
    prompt: Prompt = "argument"
    parser: str = "text"
    trajectory: str = ""
    """A file below its state that says what it did, for an agent that prints no events."""
    wire: Wire = ""
    homes: tuple[str, ...] = ()
    keys: tuple[str, ...] = ()
    priced: bool = False
    version: tuple[str, ...] = ("--version",)
    env: Mapping[str, str] = field(default_factory=dict)
    folders: tuple[str, ...] = ()
    blocks: bool = False
    """It has no tools: it reads edits from the model's words."""
    goodbye: str = ""
    """The command by which its model says that it is done."""
    model_argv: tuple[str, ...] = ()
    served_model: str = "{model}"
    served_argv: tuple[str, ...] = ()
    served_env: Mapping[str, str] = field(default_factory=dict)
    served_files: Mapping[str, str] = field(default_factory=dict)

    @property
    def can_be_served(self) -> bool:
        """Whether it can be told where its model is."""
        return bool(self.wire and (self.served_env or self.served_argv or self.served_files))


def own_file() -> Path:
    """Where the user's own table lies."""
    return Path(platformdirs.user_config_dir("whet")) / FILE


def agents(own: Path | None = None) -> Mapping[str, Entry]:
    """Every agent by name, those of whet first.

    Raises:
        ConfigError: the user's table is not as it must be; all complaints at once.
    """
    path = own or own_file()
    tables = {name: dict(table) for name, table in _packaged().items()}
    complaints: list[str] = []
    for name, table in _read(path).items():
        if not isinstance(table, dict):
            complaints.append(f"{path}: `{name}` is not a table: write `[{name}]`")
        else:
            tables[name] = {**tables.get(name, {}), **table}
    found: dict[str, Entry] = {}
    for name, table in tables.items():
        wrong = list(_complaints(name, table))
        complaints += [f"{path}: {text}" for text in wrong]
        if not wrong:
            found[name] = _entry(name, table)
    if complaints:
        raise ConfigError(f"{path.name} has {len(complaints)} mistakes" if complaints[1:]
                          else complaints[0], hint="whet agents --path",
                          details=complaints if complaints[1:] else ())  # fmt: skip
    return found


def agent(name: str, own: Path | None = None) -> Entry:
    """One agent.

    Raises:
        UserError: there is none of that name.
    """
    known = agents(own)
    if name not in known:
        raise UserError(f"no agent `{name}` is known; there is {', '.join(known)}",
                        hint="whet agents")  # fmt: skip
    return known[name]


@functools.cache
def _packaged() -> Mapping[str, Mapping[str, Any]]:
    return tomllib.loads(Path(__file__).with_name(FILE).read_text(encoding="utf-8"))


def _read(path: Path) -> Mapping[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as problem:
        raise ConfigError(
            f"{path} cannot be read: {problem}", hint="whet agents --path"
        ) from problem


_KEYS = {one.name: one for one in fields(Entry) if one.name != "name"}
_CHOICES: Mapping[str, Iterable[str]] = {
    "prefer": get_args(Prefer),
    "prompt": get_args(Prompt),
    "wire": get_args(Wire),
    "parser": tuple(PARSERS),
}


def _complaints(name: str, table: Mapping[str, Any]) -> Iterable[str]:
    for key, value in table.items():
        if key not in _KEYS:
            yield f"[{name}] `{key}` is not a key; keys are {', '.join(_KEYS)}"
        elif not _fits(key, value):
            yield f"[{name}] `{key}` is not {_shape(key)}"
        elif key in _CHOICES and value not in _CHOICES[key]:
            known = ", ".join(filter(None, _CHOICES[key]))
            yield f"[{name}] `{key}` is `{value}`, not one of {known}"
    if not table.get("program"):
        yield f'[{name}] has no `program`: write `program = "my-agent"`'
    if not (table.get("argv") or table.get("acp")):
        yield f'[{name}] has neither `argv` nor `acp`: write `argv = ["my-agent", "{{prompt}}"]`'
    elif table.get("prefer") == "acp" and not table.get("acp"):
        yield f'[{name}] prefers ACP and has no `acp`: write `acp = ["my-agent", "acp"]`'


def _fits(key: str, value: object) -> bool:
    shape = _shape(key)
    if shape == "a text":
        return isinstance(value, str)
    if shape == "true or false":
        return isinstance(value, bool)
    if shape == "a list of texts":
        return isinstance(value, list) and all(isinstance(item, str) for item in value)
    return isinstance(value, dict) and all(isinstance(item, str) for item in value.values())


def _shape(key: str) -> str:
    kind = str(_KEYS[key].type)
    for sign, shape in (("tuple", "a list of texts"), ("Mapping", "a table of texts"),
                        ("bool", "true or false")):  # fmt: skip
        if sign in kind:
            return shape
    return "a text"


def _entry(name: str, table: Mapping[str, Any]) -> Entry:
    values: dict[str, Any] = {
        key: tuple(value) if isinstance(value, list) else value for key, value in table.items()
    }
    return Entry(name=name, **values)


def fill(text: str, values: Mapping[str, str]) -> str:
    """A text with its `{names}` replaced, once: what is put in is not looked at again."""
    names = "|".join(map(re.escape, values))
    return re.sub(rf"\{{({names})\}}", lambda match: values[match[1]], text)


def filled(
    argv: Iterable[str], values: Mapping[str, str], lists: Mapping[str, Iterable[str]] = {}
) -> list[str]:
    """A command with its `{names}` replaced; a word that is a list's name becomes its words."""
    found: list[str] = []
    for word in argv:
        name = word[1:-1] if word.startswith("{") and word.endswith("}") else ""
        words = lists.get(name)
        found += [word] if words is None else list(words)
    return [fill(word, values) for word in found]


def own_names() -> frozenset[str]:
    """The agents that the user's own table speaks of."""
    return frozenset(_read(own_file()))
