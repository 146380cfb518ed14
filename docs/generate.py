"""Write the reference pages that say what the code says, and what the README shows of others.

`python docs/generate.py` writes them, `--check` only tells which of them are out of date.

In the README, what is between `<!-- table of FILE: HEADING -->` and `<!-- end -->` is the first
table below that heading of that page, and with `words` in place of `table` its first paragraph.
"""

import ast
import dataclasses
import importlib
import inspect
import json
import re
import sys
import textwrap
import typing
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import takewhile
from pathlib import Path
from types import NoneType, UnionType

import click

from whet.config import presets
from whet.model import config, event

ROOT = Path(__file__).parent.parent
REFERENCE = Path(__file__).parent / "reference"
SHOWN = re.compile(
    r"(?P<begin><!-- (?P<what>table|words) of (?P<file>\S+): (?P<heading>[^\n]+?) -->\n?)"
    r".*?(?P<end>\n?<!-- end -->)",
    re.DOTALL,
)
PAGES = ("config.md", "events.md", "cli.md", "presets.md")
MARK = "<!-- Written by docs/generate.py from {source}. Do not edit. -->"

CONFIG_INTRO = """\
`whet.toml`, at the top of the repository, says what to measure and how far a change may go.
Only `metric` in `[goal]` and `command` in `[bench]` are needed.
A key that is not in this list is an error, and all errors are told at once.

Times are seconds, or a text with a unit: `90`, `"90s"`, `"15m"`, `"1h30m"`.
Sizes are bytes, or a text with a unit: `17200000`, `"17.2MB"`, `"590MiB"`.
Gains, losses and shares are fractions, or percentages: `0.02`, `"2%"`.
CPU lists are written as Linux writes them: `"0-3,6"`.
Patterns in `[scope]` are gitignore patterns.

A value can come from several places, the strongest first: the command line, a variable such as
`WHET_GOAL_MIN_EFFECT`, `whet.toml`, `[tool.whet]` in `pyproject.toml`, and `whet/config.toml` in
your own configuration folder.

```toml
[goal]
metric = "time_s"

[bench]
command = "./bench.sh"
```
"""

EVENTS_INTRO = """\
The ledger of a campaign, `events.jsonl`, is a list of these, oldest first, one on each line.
It is only ever appended to, and everything whet says about a campaign is computed from it.
How a line is protected is told in [the ledger](../concepts/ledger.md).

`at` is in seconds since the epoch (UTC), by the clock of the machine that drives the campaign.
Ids are counted for each kind and never used again: `S07` is evidence, `I07` an idea, `E20` an
experiment.
"""

PRESETS_INTRO = """\
Projects whose build, benchmark and tests are known.
`whet init` finds them by their files; `whet init --preset NAME` takes one by name.
What is written is an ordinary `whet.toml`: change it as you like, then ask `whet doctor`.
"""

PLAIN: Mapping[type, str] = {
    str: "text",
    float: "number",
    int: "whole number",
    bool: "boolean",
    NoneType: "null",
    object: "anything",
}

CLI_STUB = """\
The command line is not in this version yet.
`whet --help` is the reference once it is.
"""


def main(arguments: Sequence[str]) -> int:
    """Write the pages, or with `--check` return 1 when one differs from the code."""
    only_check = "--check" in arguments
    wanted = {REFERENCE / name: page(name) for name in PAGES}
    wanted[ROOT / "README.md"] = readme()
    stale = [path for path, text in wanted.items() if text != _read(path)]
    for path in stale:
        if not only_check:
            path.write_text(wanted[path], encoding="utf-8")
        print(path.name, "is out of date" if only_check else "written")
    return 1 if stale and only_check else 0


def page(name: str) -> str:
    """What a generated page has to be."""
    makers = (config_page, events_page, lambda: cli_page(find_app()), presets_page)
    return dict(zip(PAGES, makers, strict=True))[name]()


def readme() -> str:
    """The README, with what it shows of other pages as they are now."""
    return SHOWN.sub(_shown, _read(ROOT / "README.md"))


def _shown(place: re.Match[str]) -> str:
    found = first_below(place["file"], place["heading"], table=place["what"] == "table")
    return f"{place['begin']}{found}{place['end']}"


def first_below(file: str, heading: str, *, table: bool) -> str:
    """The first table below a heading of a page, or the first paragraph.

    Raises:
        ValueError: there is no such heading, or no such thing before the next one.
    """
    lines = _read(ROOT / file).splitlines()
    rest = lines[lines.index(heading) + 1 :] if heading in lines else []
    part = "\n".join(takewhile(lambda line: not line.startswith("#"), rest))
    blocks = (block for block in part.split("\n\n") if block.strip())
    found = next((block for block in blocks if block.strip().startswith("|") == table), None)
    if found is None:
        raise ValueError(f"{file} has no {'table' if table else 'words'} below `{heading}`")
    return found.strip("\n")


def _read(path: Path) -> str:
    return path.read_text(encoding="utf-8") if path.exists() else ""


# --- whet.toml --------------------------------------------------------------------------------


def config_page() -> str:
    """Every table of `whet.toml`, in the order of `whet.model.config.Config`."""
    tables = typing.get_type_hints(config.Config)
    parts = [_config_table(name, hint) for name, hint in tables.items()]
    return _page(
        "Configuration", "src/whet/model/config.py, metric.py and worker.py", CONFIG_INTRO, *parts
    )


def _config_table(name: str, hint: object) -> str:
    repeated = typing.get_origin(hint) is tuple
    kind = typing.cast("type", typing.get_args(hint)[0] if repeated else hint)
    heading = f"[[{name}]]" if repeated else f"[{name}]"
    many = "May be given several times." if repeated else ""
    rows = [
        (f"`{field.name}`", type_words(field_hint).removesuffix(" or null"), _default(field), doc)
        for field, field_hint, doc in _fields(kind)
    ]
    return _section(
        f"`{heading}`", _docstring(kind), many, _table("Key|Type|Default|Meaning", rows)
    )


def _default(field: "dataclasses.Field[object]") -> str:
    value = field.default
    if field.default_factory is not dataclasses.MISSING:
        value = field.default_factory()
    if value is dataclasses.MISSING:
        return "needed"
    return "not set" if value is None else f"`{_toml(value)}`"


def _toml(value: object) -> str:
    if isinstance(value, float):
        return f"{value:g}"
    if isinstance(value, tuple):
        return f"[{', '.join(map(_toml, value))}]"
    return json.dumps(value)


# --- the ledger -------------------------------------------------------------------------------


def events_page() -> str:
    """Every event, then every value that events are made of."""
    kinds = typing.cast("tuple[type, ...]", typing.get_args(event.Event))
    values = [kind for kind in _reachable(kinds) if kind.__module__ != config.__name__]
    parts = [_section(f"`{_event_type(kind)}`", _docstring(kind), _rows(kind)) for kind in kinds]
    parts.append("## Values inside events\n")
    parts += [_section(f"#{kind.__name__}", _docstring(kind), _rows(kind)) for kind in values]
    return _page("Events", "src/whet/model/event.py", EVENTS_INTRO, *parts)


def _event_type(kind: type) -> str:
    return next(str(field.default) for field, _, _ in _fields(kind) if field.name == "type")


def _rows(kind: type) -> str:
    named = [entry for entry in _fields(kind) if entry[0].name != "type"]
    rows = [(f"`{field.name}`", type_words(hint), doc) for field, hint, doc in named]
    return _table("Field|Type|Meaning", rows)


def _reachable(kinds: Iterable[type]) -> list[type]:
    """The dataclasses inside `kinds`, each once, in the order they are met."""
    found: list[type] = []
    waiting = list(kinds)
    while waiting:
        for _, hint, _ in _fields(waiting.pop(0)):
            new = [kind for kind in _dataclasses_in(hint) if kind not in found]
            found += new
            waiting += [kind for kind in new if kind.__module__ != config.__name__]
    return found


def _dataclasses_in(hint: object) -> Iterator[type]:
    if isinstance(hint, type) and dataclasses.is_dataclass(hint):
        yield hint
    for inner in typing.get_args(hint):
        yield from _dataclasses_in(inner)


# --- the command line -------------------------------------------------------------------------


def find_app() -> click.Command | None:
    """The command line, once there is one."""
    try:
        module = importlib.import_module("whet.cli.app")
    except ModuleNotFoundError as error:
        if error.name not in {"whet.cli", "whet.cli.app"}:
            raise
        return None
    return typing.cast("click.Command", module.app)


def cli_page(app: click.Command | None) -> str:
    """Every command of `app`, or a stub while there is none."""
    if app is None:
        return _page("Command line", "src/whet/cli", CLI_STUB)
    context = click.Context(app, info_name="whet", **app.context_settings)
    return _page("Command line", "src/whet/cli", *map(_command, _commands(context)))


def _commands(context: click.Context) -> Iterator[click.Context]:
    yield context
    if isinstance(context.command, click.Group):
        for name in context.command.list_commands(context):
            command = context.command.get_command(context, name)
            if command is not None and not command.hidden:
                yield from _commands(click.Context(command, info_name=name, parent=context))


def _command(context: click.Context) -> str:
    command = context.command
    usage = " ".join([context.command_path, *command.collect_usage_pieces(context)])
    options = [p for p in command.get_params(context) if isinstance(p, click.Option)]
    rows = [(f"`{_option(p)}`", p.help or "") for p in options if not p.hidden]
    help_text = _help(command.help or command.short_help or "")
    heading = f"`{context.command_path}`"
    return _section(heading, f"```text\n{usage}\n```", help_text, _table("Option|Meaning", rows))


def _option(option: click.Option) -> str:
    names = " / ".join([", ".join(option.opts), *option.secondary_opts])
    if option.is_flag or option.count:
        return names
    choices = option.type.choices if isinstance(option.type, click.Choice) else ()
    return f"{names} {option.metavar or '|'.join(choices) or option.type.name.upper()}"


def _help(text: str) -> str:
    """Click's marks as Markdown: a backspace keeps lines as they are, a form feed ends the text."""
    paragraphs = inspect.cleandoc(text.partition("\f")[0]).split("\n\n")
    return "\n\n".join(
        f"```text\n{paragraph.strip(chr(8)).strip()}\n```" if "\b" in paragraph else paragraph
        for paragraph in paragraphs
    )


# --- words ------------------------------------------------------------------------------------


def type_words(hint: object) -> str:
    """A type hint as a reader of JSON or TOML would say it."""
    if isinstance(hint, type):
        return PLAIN.get(hint) or _link(hint)
    arguments = typing.get_args(hint)
    origin = typing.get_origin(hint)
    if origin is typing.Literal:
        return _choice([f"`{json.dumps(value)}`" for value in arguments])
    if origin in {UnionType, typing.Union}:
        return _choice([type_words(argument) for argument in arguments])
    if origin is Mapping:
        return f"table of {type_words(arguments[1])}"
    assert origin is tuple, f"no words for {hint}"
    if arguments[-1] is ...:
        return f"list of {type_words(arguments[0])}"
    return f"[{', '.join(map(type_words, arguments))}]"


def _choice(words: Sequence[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} or {words[-1]}"


def _link(kind: type) -> str:
    if kind.__module__ == config.__name__:
        return f"[{'the configuration' if kind is config.Config else kind.__name__}](config.md)"
    return f"[{kind.__name__}](#{kind.__name__.lower()})"


# --- source and Markdown ----------------------------------------------------------------------


def _fields(kind: type) -> list[tuple["dataclasses.Field[object]", object, str]]:
    """Each field with its type and the string that stands below it in the source."""
    hints = typing.get_type_hints(kind)
    docs = _field_docs(kind)
    return [(f, hints[f.name], docs.get(f.name, "")) for f in dataclasses.fields(kind)]


def _field_docs(kind: type) -> dict[str, str]:
    body = ast.parse(textwrap.dedent(inspect.getsource(kind))).body[0]
    assert isinstance(body, ast.ClassDef)
    return {
        field.target.id: inspect.cleandoc(note.value.value)
        for field, note in zip(body.body, body.body[1:], strict=False)
        if isinstance(field, ast.AnnAssign)
        and isinstance(field.target, ast.Name)
        and isinstance(note, ast.Expr)
        and isinstance(note.value, ast.Constant)
        and isinstance(note.value.value, str)
    }


def _docstring(kind: type) -> str:
    """The class's own words; dataclasses invent a signature where there are none."""
    text = inspect.cleandoc(kind.__doc__ or "")
    return "" if text.startswith(f"{kind.__name__}(") else text


# --- presets ----------------------------------------------------------------------------------


def presets_page() -> str:
    """Every preset, with what it needs and what it writes."""
    parts = [_preset(presets.preset(name)) for name in presets.names()]
    return _page("Presets", "src/whet/config/presets", PRESETS_INTRO, *parts)


def _preset(known: presets.Preset) -> str:
    needs = ", ".join(f"`{program}`" for program in known.needs)
    first = "".join(f"{number}. {said}\n" for number, said in enumerate(known.first, 1))
    return _section(
        f"{known.title} (`{known.name}`)",
        f"Measures {known.about}.\nNeeds {needs}.",
        f"Before the first run:\n\n{first}" if first else "",
        f"```toml\n{known.text.rstrip()}\n```",
    )


def _page(title: str, source: str, *parts: str) -> str:
    body = "\n".join(part.rstrip("\n") + "\n" for part in parts)
    return f"# {title}\n\n{MARK.format(source=source)}\n\n{body}"


def _section(heading: str, *paragraphs: str) -> str:
    text = "\n\n".join(paragraph.strip("\n") for paragraph in paragraphs if paragraph)
    level = "###" if heading.startswith("#") else "##"
    return f"{level} {heading.lstrip('#')}\n\n{text}\n" if text else f"{level} {heading}\n"


def _table(header: str, rows: Sequence[tuple[str, ...]]) -> str:
    if not rows:
        return ""
    columns = header.split("|")
    lines = [columns, ["---"] * len(columns), *([_cell(cell) for cell in row] for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |".replace("  |", " |") for line in lines)


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
