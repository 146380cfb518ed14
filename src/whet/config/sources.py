"""Where values come from: each place as a layer of dotted keys.

From the strongest to the weakest: the command line, `WHET_*`, `whet.toml`, `[tool.whet]` of
`pyproject.toml`, `whet/config.toml` in the user's configuration folder.
"""

import re
import shlex
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import platformdirs

from whet.config import keys, toml, words
from whet.config.complaints import Complaint, Complaints, short
from whet.config.lines import locate
from whet.errors import UserError

FILE = "whet.toml"
PYPROJECT = "pyproject.toml"
PREFIX = "WHET_"
FLAG = "flag"
_LINE = re.compile(r"`\w+ = (.+?)`")


@dataclass(frozen=True, slots=True, kw_only=True)
class Layer:
    """What one place says, by dotted key; `lines` is empty for what is no file.

    `lists` are the repeated tables it gives: those of a weaker file are then forgotten.
    """

    label: str
    values: Mapping[str, object] = field(default_factory=dict)
    lines: Mapping[str, int] = field(default_factory=dict)
    lists: frozenset[str] = frozenset()

    def complaint(self, key: str, text: str, hint: str, meant: str = "") -> Complaint:
        """A complaint about a key of this layer, on the line where it or its table is."""
        at, line = key, 0
        while at and not line:
            line = self.lines.get(at, 0)
            at = at.rpartition(".")[0]
        where = "command line" if self.label == FLAG else self.label
        way = hint if self.lines else self._typed(key, hint)
        return Complaint(where=where, text=text, hint=way, key=key, line=line, meant=meant)

    def _typed(self, key: str, hint: str) -> str:
        """A hint that shows a line of a file, for what is no file."""
        shown = _LINE.search(hint)
        if shown is None or not (self.label == FLAG or self.label.startswith(PREFIX)):
            return hint
        try:
            value = tomllib.loads(f"value = {shown[1]}")["value"]
        except ValueError:
            return hint
        text = ",".join(map(str, value)) if isinstance(value, list) else str(value)
        name = f"{key}=" if self.label == FLAG else f"{self.label}="
        line = shlex.quote(f"{name}{text}") if self.label == FLAG else name + shlex.quote(text)
        typed = f"--set {line}" if self.label == FLAG else f"export {line}"
        return hint[: shown.start()] + f"`{typed}`" + hint[shown.end() :]


@dataclass(frozen=True, slots=True, kw_only=True)
class Project:
    """The file of a project that holds its configuration; `prefix` is where in it."""

    path: Path
    label: str
    prefix: str
    text: str

    def layer(self, complaints: Complaints) -> Layer:
        """The file as a layer."""
        return _layer(self.text, self.label, self.prefix, complaints)


def projects(root: Path) -> tuple[Project, ...]:
    """The files of a project that say something to whet, the strongest first.

    Raises:
        ConfigError: one of them cannot be read.
    """
    found = []
    if is_there(root / FILE):
        text = toml.read(root / FILE, FILE)
        found.append(Project(path=root / FILE, label=FILE, prefix="", text=text))
    path = root / PYPROJECT
    if is_there(path):
        text = toml.read(path, PYPROJECT)
        # a pyproject.toml without a word to whet is nobody's business here, broken or not
        if "whet" in text and _section(toml.parse(text, PYPROJECT), "tool.whet") is not None:
            found.append(Project(path=path, label=PYPROJECT, prefix="tool.whet", text=text))
    return tuple(found)


def home(environ: Mapping[str, str], complaints: Complaints) -> Layer | None:
    """The user's own file, for every project."""
    named = Path(environ.get("XDG_CONFIG_HOME", ""))
    folder = named / "whet" if named.is_absolute() else platformdirs.user_config_path("whet")
    path = folder / "config.toml"
    if not is_there(path):
        return None
    return _layer(toml.read(path, str(path)), str(path), "", complaints)


def environment(environ: Mapping[str, str], complaints: Complaints) -> Iterator[Layer]:
    """One layer for each `WHET_TABLE_KEY` variable; an empty one is as good as none."""
    known = {_variable(pattern): pattern for pattern in keys.known() if "*" not in pattern}
    tables = tuple(_variable(f"{table}.") for table in keys.tables())
    for name in sorted(environ):
        # other names that begin with WHET_ are not configuration: WHET_BRIEF, WHET_SEED
        if not environ[name] or not name.startswith(tables):
            continue
        if key := known.get(name) or _indexed(name):
            yield _one(name, key, environ[name], complaints)
            continue
        head = next(table for table in tables if name.startswith(table))
        names = [variable.removeprefix(head).lower() for variable in known if head in variable]
        near = keys.nearest(name.removeprefix(head), names).upper()
        # the value may be a secret, so it is named and not shown
        hint = f'export {head}{near}="${name}"' if near else f"unset {short(name)}"
        text = "is not a variable whet knows"
        complaints.add(Complaint(where=short(name), text=text, hint=hint, key=name))


def flags(overrides: Mapping[str, str], complaints: Complaints) -> Iterator[Layer]:
    """One layer for each override of the command line."""
    for key, text in overrides.items():
        if keys.find(key) is None:
            near = keys.nearest(key, keys.known())
            meant = shlex.quote(f"{near.replace('*', '0')}={short(text)}")
            hint = f"write `--set {meant}`" if near else "whet config show"
            text_of = f"`{short(key)}` is not a key"
            complaints.add(Complaint(where="command line", text=text_of, hint=hint, key=key))
        else:
            yield _one(FLAG, key, text, complaints)


def nothing_here(root: Path) -> UserError:
    """What to say where no file says what to measure."""
    found = (root / ".auto" / "measure.sh").exists() or (root / "autoresearch.sh").exists()
    hint = "whet init" if found else "whet init --bench './bench.sh' --metric p50_ms"
    return UserError(f"no benchmark: there is no `{FILE}` here", hint=hint)


def _layer(text: str, label: str, prefix: str, complaints: Complaints) -> Layer:
    lines = _below(locate(text), prefix)
    table = _section(toml.parse(text, label), prefix)
    empty = Layer(label=label, lines=lines)
    if not isinstance(table, dict):
        why = f"`{prefix}` is {words.kind_of(table)}, not a table"
        complaints.add(
            empty.complaint(prefix, why, f"write `[{prefix}.goal]` and `[{prefix}.bench]`")
        )
        return empty
    values: dict[str, object] = {}
    for name, value in table.items():
        values |= dict(_table(name, value, empty, complaints))
    return Layer(label=label, values=values, lines=lines, lists=keys.repeated() & table.keys())


def _table(
    name: str, value: object, layer: Layer, complaints: Complaints
) -> Iterator[tuple[str, object]]:
    """The keys of one table of the file."""
    if name not in keys.tables():
        complaints.add(layer.complaint(name, *_no_table(name, value)))
    elif name not in keys.repeated():
        if isinstance(value, dict):
            yield from _entries(name, value, layer, complaints)
        else:
            complaints.add(layer.complaint(name, *_not_a_table(name, value)))
    elif isinstance(value, list) and all(isinstance(item, dict) for item in value):
        for index, item in enumerate(value):
            yield from _entries(f"{name}.{index}", item, layer, complaints)
            yield f"{name}.{index}", {}
        if not value:
            yield name, []
    else:
        text = f"`{name}` is a list of tables"
        complaints.add(layer.complaint(name, text, f"write `[[{name}]]`, once for each"))


def _entries(
    at: str, table: Mapping[str, object], layer: Layer, complaints: Complaints
) -> Iterator[tuple[str, object]]:
    for name, value in table.items():
        dotted = f"{at}.{name}"
        if keys.find(dotted):
            yield dotted, value
        elif keys.find(f"{dotted}.NAME"):  # a table whose names are free: `bench.env`
            if isinstance(value, dict):
                yield from ((f"{dotted}.{free}", item) for free, item in value.items())
            else:
                hint = f'write `{name} = {{ NAME = "value" }}`'
                text = f"{keys.place(dotted)} is {words.kind_of(value)}, not a table"
                complaints.add(layer.complaint(dotted, text, hint))
        else:
            complaints.add(layer.complaint(dotted, *_no_key(at, name)))


def _no_key(at: str, name: str) -> tuple[str, str, str]:
    table = at.partition(".")[0]
    head = keys.place(at) if table in keys.repeated() else f"[{at}]"
    names = [key.name for key in keys.known().values() if key.table == table]
    near = keys.nearest(name, names)
    elsewhere = [key.table for key in keys.known().values() if key.name == name]
    if near:
        hint = f"write `{near}` instead of `{short(name)}`"
    elif elsewhere:
        hint = f"write it below `{_header(elsewhere[0])}`"
    else:
        hint = f"{_header(table)} takes {', '.join(f'`{known}`' for known in names)}"
    return f"{head} `{short(name)}` is not a key", hint, f"{at}.{near}" if near else ""


def _no_table(name: str, value: object) -> tuple[str, str, str]:
    owners = [key for key in keys.known().values() if key.name == name]
    near = keys.nearest(name, keys.tables())
    if owners and not isinstance(value, dict | list):
        hint = f"write `{_header(owners[0].table)}` on a line above it"
        return f"`{short(name)}` is in no table", hint, owners[0].pattern
    said = f"[{short(name)}]" if isinstance(value, dict | list) else f"`{short(name)}`"
    known = ", ".join(f"`{_header(table)}`" for table in keys.tables())
    wrong = said.strip("`")
    hint = f"write `{_header(near)}` instead of `{wrong}`" if near else f"tables are {known}"
    return f"{said} is not a table whet knows", hint, near


def _not_a_table(name: str, value: object) -> tuple[str, str]:
    if isinstance(value, list):
        return f"[[{name}]] can be given once only", f"write `[{name}]`"
    return (
        f"`{name}` is {words.kind_of(value)}, not a table",
        f"write `[{name}]` on a line of its own",
    )


def _header(table: str) -> str:
    return f"[[{table}]]" if table in keys.repeated() else f"[{table}]"


def _one(label: str, dotted: str, text: str, complaints: Complaints) -> Layer:
    key = keys.find(dotted)
    assert key is not None
    layer = Layer(label=label)
    try:
        text.encode()
    except UnicodeEncodeError:
        text = f"{keys.place(dotted)} is not UTF-8"
        hint = f"write `{words.example(dotted, key, '')}`"
        complaints.add(layer.complaint(dotted, text, hint))
        return layer
    return Layer(label=label, values={dotted: words.from_text(key, text)})


def _variable(pattern: str) -> str:
    return PREFIX + pattern.replace(".", "_").upper()


def _indexed(name: str) -> str:
    """`WHET_GUARD_0_MAX_LOSS` to `guard.0.max_loss`, `WHET_BENCH_ENV_X` to `bench.env.X`."""
    for pattern in keys.known():
        before, star, after = pattern.partition("*")
        head, tail = _variable(before), after.replace(".", "_").upper()
        if star and name.startswith(head) and name.endswith(tail):
            free = name[len(head) : len(name) - len(tail)]
            if free.isdecimal() or (free and not tail):
                return f"{before}{free}{after}"
    return ""


def is_there(path: Path) -> bool:
    """Whether there is anything of that name: a link to nowhere is worth a sentence too."""
    return path.is_symlink() or path.exists()


def _section(data: object, prefix: str) -> object:
    for name in prefix.split(".") if prefix else ():
        if not isinstance(data, dict) or name not in data:
            return None
        data = data[name]
    return data


def _below(lines: Mapping[str, int], prefix: str) -> Mapping[str, int]:
    dotted = f"{prefix}." if prefix else ""
    return {key.removeprefix(dotted): line for key, line in lines.items() if key.startswith(dotted)}
