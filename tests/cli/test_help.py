"""Help shows an example first and fits a screen; it and the Tab key are quick."""

import re
import shutil
import subprocess
import sys

import click
import pytest

from support.typing_in import can_be_typed, whet
from whet.cli.app import ENTRIES, app

WIDTH, LINES = 92, 24


def commands():
    """Every command with the words that reach it."""
    ctx = click.Context(app, info_name="whet")
    for name in ENTRIES:
        command = app.get_command(ctx, name)
        yield (name,), command
        if isinstance(command, click.Group):
            yield from (((name, below), command.commands[below]) for below in command.commands)


COMMANDS = dict(commands())


def test_the_first_screen_names_what_to_do_first(tmp_path, say):
    answer = say(tmp_path, "--help")
    lines = answer.out.splitlines()
    assert answer.code == 0
    assert len(lines) <= LINES
    assert max(map(len, lines)) <= WIDTH
    for name in ("init", "doctor", "run", "report", "demo", "try"):
        assert any(line.startswith(f"  whet {name}") for line in lines)
    shown = set(re.findall(r"[a-z]+", "\n".join(lines)))
    assert set(ENTRIES) <= shown


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_help_shows_an_example_before_anything_else(words, tmp_path, say, monkeypatch):
    monkeypatch.setenv("COLUMNS", "200")
    answer = say(tmp_path, *words, "--help")
    assert answer.code == 0
    lines = answer.out.splitlines()
    assert max(map(len, lines)) <= WIDTH
    usage, blank, sentence, gap, example = lines[:5]
    assert usage.startswith(f"Usage: whet {' '.join(words)}")
    assert (blank, gap) == ("", "")
    assert sentence.startswith("  ")
    assert example.startswith(f"  whet {' '.join(words)}")
    assert "-h, --help" in answer.out


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_examples_of_help_can_be_typed(words):
    block = re.search(r"\x08\n(.*?)(?:\n\n|\Z)", COMMANDS[words].help, re.DOTALL)
    for line in filter(str.strip, block[1].splitlines()):
        typed = re.split(r" {3,}| > | >> ", line.strip())[0]
        can_be_typed(typed.replace("`", ""))


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_every_option_says_what_it_does(words):
    for param in COMMANDS[words].params:
        if isinstance(param, click.Option):
            assert param.help or isinstance(param.type, click.Choice), param.name


def test_alone_it_says_what_to_do_next(tmp_path, root, judged, say):
    assert "whet init" in say(tmp_path).out
    assert "whet doctor" in say(root).out
    assert "whet init" not in say(root).out
    assert say(judged).out == say(judged, "status").out


def test_show_is_another_word_for_why(judged, say):
    assert say(judged, "show", "E01").out == say(judged, "why", "e1").out


def test_the_version_is_one_line(tmp_path, say):
    assert re.fullmatch(r"whet \d+\.\d+\S*\n", say(tmp_path, "--version").out)


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_completion_script_is_accepted_by_its_shell(shell, tmp_path, say):
    answer = say(tmp_path, "completion", shell)
    assert answer.code == 0
    assert "_WHET_COMPLETE" in answer.out
    program = shutil.which(shell)
    if program is not None:
        script = tmp_path / "script"
        script.write_text(answer.out)
        assert subprocess.run([program, "-n", str(script)], check=False).returncode == 0


def offered(root, *words):
    """What the Tab key offers after these words."""
    line, at = " ".join(("whet", *words)), str(len(words))
    env = {"COMP_WORDS": line, "COMP_CWORD": at, "_WHET_COMPLETE": "bash_complete"}
    answer = whet(root, **env)
    return [entry.partition(",")[2] for entry in answer.out.splitlines() if entry]


def test_the_tab_key_knows_commands_experiments_ideas_and_campaigns(judged):
    name = next((judged / ".whet" / "campaigns").iterdir()).name
    assert offered(judged, "re") == ["research", "resume", "retry", "replay", "report"]
    assert offered(judged, "why", "E0") == [f"E0{n}" for n in range(1, 8)]
    assert offered(judged, "retry", "e07") == ["E07"]
    assert offered(judged, "diff", "s") == ["stack"]
    assert offered(judged, "ideas", "drop", "I02") == ["I02"]
    assert offered(judged, "status", "--campaign", "") == [name]
    assert offered(judged, "list", "--verdict", "ke") == ["kept"]


def test_the_tab_key_offers_nothing_where_there_is_nothing(tmp_path):
    assert offered(tmp_path, "why", "E") == []


@pytest.mark.parametrize("module", ["app", "look", "decide", "judge", "hand", "ideas", "house"])
def test_help_and_completion_import_nothing_heavy(module):
    code = f"import sys, whet.cli.{module}; print(*sorted(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    heavy = {"scipy", "numpy", "pydantic", "rich", "anyio", "jinja2", "tomlkit"}
    assert not heavy & set(done.stdout.split())
