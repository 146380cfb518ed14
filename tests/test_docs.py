"""The documentation says what the code does: links, generated pages, examples, codes, commands."""

import importlib.util
import re
import tomllib
import typing
from dataclasses import fields
from functools import cache
from pathlib import Path
from types import ModuleType

import click
import pytest

from whet import errors
from whet.model.config import Config

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
PAGES = sorted([*DOCS.rglob("*.md"), *ROOT.glob("*.md")])
FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\[[^\]\n]*\]\(([^)\s]+)\)")


def ids(page: Path) -> str:
    return str(page.relative_to(ROOT))


every_page = pytest.mark.parametrize("page", PAGES, ids=ids)


def text_of(page: Path) -> str:
    return page.read_text(encoding="utf-8")


def blocks(page: Path, language: str) -> list[str]:
    return [code for tag, code in FENCE.findall(text_of(page)) if tag == language]


@cache
def anchors(page: Path) -> set[str]:
    """The names headings can be reached by, made as the site makes them."""
    prose = FENCE.sub("", text_of(page))
    headings = re.findall(r"^#+ (.+)$", prose, re.MULTILINE)
    words = (re.sub(r"[^\w\s-]", "", heading).strip().lower() for heading in headings)
    return {re.sub(r"[-\s]+", "-", word) for word in words}


@cache
def generator() -> ModuleType:
    spec = importlib.util.spec_from_file_location("docs_generate", DOCS / "generate.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def is_broken(page: Path, target: str) -> bool:
    if target.startswith(("https://", "http://", "mailto:")):
        return False
    path, _, anchor = target.partition("#")
    at = (page.parent / path).resolve() if path else page
    if not at.exists():
        return True
    return bool(anchor) and at.suffix == ".md" and anchor not in anchors(at)


@every_page
def test_every_link_leads_somewhere(page):
    links = LINK.findall(FENCE.sub("", text_of(page)))
    assert [target for target in links if is_broken(page, target)] == []


def test_a_link_to_nowhere_is_seen():
    page = DOCS / "index.md"
    assert is_broken(page, "nowhere.md")
    assert is_broken(page, "start.md#nowhere")
    assert not is_broken(page, "start.md#read")


def test_every_page_is_in_the_navigation_once():
    listed = re.findall(r":\s+(\S+\.md)$", text_of(ROOT / "mkdocs.yml"), re.MULTILINE)
    assert sorted(listed) == sorted(str(page.relative_to(DOCS)) for page in DOCS.rglob("*.md"))


@pytest.mark.parametrize("name", ["config.md", "events.md", "cli.md"])
def test_a_generated_page_says_what_the_code_says(name):
    said = text_of(DOCS / "reference" / name)
    assert said == generator().page(name), "run python docs/generate.py"


def test_the_command_line_page_lists_options_and_hides_what_is_hidden():
    @click.group()
    def app() -> None:
        """Sharpen."""

    @app.command()
    @click.option("--fail-on", type=click.Choice(["loss", "gain"]), help="Which way | closes.")
    @click.option("--secret", hidden=True)
    def compare() -> None:
        """Compare two commits."""

    page = generator().cli_page(app)
    assert "## `whet compare`" in page
    assert r"| `--fail-on loss\|gain` | Which way \| closes. |" in page
    assert "secret" not in page


def unknown_keys(table: dict[str, object], kind: type) -> list[str]:
    """Keys of a decoded whet.toml that no dataclass has."""
    hints = typing.get_type_hints(kind)
    found = []
    for key, value in table.items():
        if key not in {field.name for field in fields(kind)}:
            found.append(key)
        elif kind is Config:
            inner = typing.get_args(hints[key])[0] if isinstance(value, list) else hints[key]
            rows = value if isinstance(value, list) else [value]
            found += [f"{key}.{name}" for row in rows for name in unknown_keys(row, inner)]
    return found


@every_page
def test_every_toml_example_is_a_configuration_that_whet_knows(page):
    for example in blocks(page, "toml"):
        assert unknown_keys(tomllib.loads(example), Config) == []


def test_a_misspelt_key_in_an_example_is_seen():
    assert unknown_keys(tomllib.loads("[bench]\ncomand = 'x'"), Config) == ["bench.comand"]
    assert unknown_keys(tomllib.loads("[[guard]]\nmax_los = 1"), Config) == ["guard.max_los"]
    assert unknown_keys(tomllib.loads("[benhc]\ncommand = 'x'"), Config) == ["benhc"]


def family(kind: type[errors.WhetError]) -> list[type[errors.WhetError]]:
    return [kind, *(member for child in kind.__subclasses__() for member in family(child))]


def whets_own() -> list[type[errors.WhetError]]:
    return [kind for kind in family(errors.WhetError) if kind.__module__ == errors.__name__]


def test_every_exit_code_is_explained():
    rows = re.findall(r"^\| (\d+) \|", text_of(DOCS / "reference" / "exit-codes.md"), re.MULTILINE)
    assert {int(row) for row in rows} == {0, 143, *(kind.exit_code for kind in whets_own())}


def test_every_error_is_explained_with_its_code():
    rows = re.findall(
        r"^\| `(\w+)` \| (\d+) \|", text_of(DOCS / "reference" / "errors.md"), re.MULTILINE
    )
    assert {(name, int(code)) for name, code in rows} == {
        (kind.__name__, kind.exit_code) for kind in whets_own()
    }


def commands_in(code: str) -> list[list[str]]:
    """The words of every line that calls whet, without comments."""
    bare = (line.strip().removeprefix("$ ").removeprefix("- run: ") for line in code.splitlines())
    lines = (line.partition("#")[0].split() for line in bare)
    return [words[1:] for words in lines if words[:1] == ["whet"]]


@every_page
def test_every_command_shown_exists(page):
    app = generator().find_app()
    shown = [words for tag in ("sh", "console", "yaml") for code in blocks(page, tag)
             for words in commands_in(code) if words]  # fmt: skip
    for words in shown if app is not None else ():
        context = click.Context(app, info_name="whet")
        command = app.get_command(context, words[0])
        assert command is not None, " ".join(words)
        for word in words[1:]:
            if isinstance(command, click.Group) and word in command.commands:
                command = command.commands[word]
        known = {name for param in command.get_params(context) for name in param.opts}
        asked = {word.partition("=")[0] for word in words if word.startswith("--")}
        assert asked <= known, " ".join(words)


def test_a_table_that_the_readme_shows_is_the_one_of_its_page(tmp_path, monkeypatch):
    made = generator()
    (tmp_path / "page.md").write_text(
        "# A\n\n| no |\n\n## B\n\ntext\n\n| x |\n| - |\n| 1 |\n\nmore\n"
    )
    shown = "a\n<!-- table of page.md: ## B -->\nold\n<!-- end -->\nz\n"
    (tmp_path / "README.md").write_text(shown)
    monkeypatch.setattr(made, "ROOT", tmp_path)
    once = "a\n<!-- table of page.md: ## B -->\n| x |\n| - |\n| 1 |\n<!-- end -->\nz\n"
    assert made.readme() == once
    (tmp_path / "README.md").write_text(once)
    assert made.readme() == once
    words = "a <!-- words of page.md: ## B -->old<!-- end --> z\n"
    (tmp_path / "README.md").write_text(words)
    assert made.readme() == words.replace("old", "text")
    (tmp_path / "README.md").write_text(shown.replace("## B", "## C"))
    with pytest.raises(ValueError, match=r"page\.md has no table below `## C`"):
        made.readme()
