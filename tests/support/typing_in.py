"""A target whose speed is a number in a file, and command lines typed in it."""

import contextlib
import io
import json
import os
import shlex
import shutil
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import click
import pytest

from support.documents import conforming
from support.repos import commit, user_git, write
from whet.cli import app as command_line
from whet.cli.exit import run

BENCH = """\
#!/bin/sh
noise=$(od -An -N2 -tu2 /dev/urandom)
printf 'METRIC ops=%d.%03d\\n' $(($(cat speed) + $(cat extra))) $((noise % 1000))
printf 'METRIC memory=%d.%03d\\n' "$(cat memory)" $((noise % 100))
"""

CHECK = """\
#!/bin/sh
[ "$(cat answer)" = 42 ] || { echo "FAIL: the answer is $(cat answer)"; exit 1; }
echo "1 test passed"
"""

BUILD = """\
#!/bin/sh
grep -q '^[0-9]*$' answer || { echo "answer:1: error: not a number"; exit 1; }
cat speed extra memory answer > built
"""

CONFIG = """\
[goal]
metric = "ops"
unit = "op/s"
direction = "higher"
min_effect = "2%"

[[guard]]
metric = "memory"
direction = "lower"
max_loss = "2%"

[build]
command = "./build.sh"

[bench]
command = "./bench.sh"
warmup = 0

[checks]
command = "./check.sh"

[scope]
protect = ["*.sh"]

[measure]
pairs_max = 12
aa_pairs = 4
stack_pairs = 4
"""

FILES = {
    "bench.sh": BENCH,
    "check.sh": CHECK,
    "build.sh": BUILD,
    "whet.toml": CONFIG,
    "speed": "100\n",
    "extra": "0\n",
    "memory": "50\n",
    "answer": "42\n",
    ".gitignore": "built\n",
}


def target(root: Path) -> Path:
    """The target, in a repository of its own with one commit."""
    root.mkdir(parents=True, exist_ok=True)
    write(root, FILES)
    for script in root.glob("*.sh"):
        script.chmod(0o755)
    user_git(root, "init", "--quiet")
    commit(root)
    return root


def patch(root: Path, name: str, changes: dict[str, str]) -> Path:
    """A patch file beside the repository, which stays as it was."""
    write(root, changes)
    user_git(root, "add", "--all", "--intent-to-add")
    text = user_git(root, "diff", "--binary") + "\n\n"
    user_git(root, "reset", "--quiet", "--hard")
    user_git(root, "clean", "--quiet", "-fd")
    path = root.parent / f"{name}.patch"
    path.write_text(text, encoding="utf-8")
    return path


def edit(root: Path, old: str, new: str) -> None:
    """Change whet.toml and commit it."""
    path = root / "whet.toml"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")
    commit(root)


@dataclass(frozen=True, slots=True)
class Result:
    """What a command line answered."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> dict[str, object]:
        """The one JSON document on standard output."""
        found = json.loads(self.out)
        return conforming(found)

    def line(self, label: str) -> str:
        """The one line of standard error with this label."""
        start = f"{label}: "
        lines = [line for line in self.err.splitlines() if line.startswith(start)]
        assert len(lines) == 1, f"{len(lines)} lines `{label}:` in\n{self.err}"
        return lines[0].removeprefix(start)


def whet(root: Path, *args: str, **env: str) -> Result:
    """A command line as a process of its own."""
    argv = [sys.executable, "-m", "whet", *args]
    full = {**os.environ, "NO_COLOR": "1", **env}
    done = subprocess.run(argv, cwd=root, env=full, capture_output=True, check=False)
    return Result(done.returncode, done.stdout.decode(), done.stderr.decode())


def without(tmp_path: Path, *missing: str) -> str:
    """A PATH that has everything the machine's has, but some programs."""
    folder = tmp_path / "programs"
    folder.mkdir()
    for entry in os.environ["PATH"].split(os.pathsep):
        for program in Path(entry).glob("*"):
            link = folder / program.name
            if program.name not in missing and not link.is_symlink():
                link.symlink_to(program)
    return str(folder)


def typed(hint: str) -> list[str]:
    """The command lines in a hint: those in backticks, or else the whole of it."""
    parts = hint.split("`")
    assert len(parts) % 2, f"an open backtick in: {hint}"
    return parts[1::2] or [hint]


def can_be_typed(hint: str) -> None:
    """Fail unless a hint says something that a person can type as it stands."""
    assert hint.isprintable(), hint
    for line in typed(hint):
        words = shlex.split(line)
        assert words, hint
        for command in _commands(words):
            _parse(command, hint)
        if hint == line:
            first = words[0]
            assert first == "whet" or shutil.which(first) or first in _BUILTINS, hint


def refused(answer: Result, code: int, says: str, hint: str = "") -> None:
    """Fail unless there is one error, one hint that can be typed, this code, and no traceback."""
    message, hinted = answer.line("error"), answer.line("hint")
    assert answer.code == code, message
    assert says in message
    assert hint in hinted
    assert "Traceback" not in answer.out + answer.err
    can_be_typed(hinted)


_BUILTINS = ("cd", "export", "unset", "ulimit")


def _commands(words: list[str]) -> list[list[str]]:
    found: list[list[str]] = [[]]
    for word in words:
        if word in ("&&", "|", ";"):
            found.append([])
        else:
            found[-1].append(word)
    return found


def _parse(words: list[str], hint: str) -> None:
    """Every `whet …` resolves to a command that takes these options and arguments."""
    if words[:1] != ["whet"]:
        return
    try:
        with contextlib.redirect_stdout(io.StringIO()), contextlib.suppress(click.exceptions.Exit):
            _resolve(words[1:])  # --help exits after it has been printed
    except click.ClickException as error:
        raise AssertionError(f"`{' '.join(words)}` in `{hint}`: {error.format_message()}") from None


def _resolve(args: list[str]) -> None:
    group: click.Group = command_line.app
    ctx = group.make_context("whet", args)
    rest = [*ctx._protected_args, *ctx.args]
    while rest:
        _, command, rest = group.resolve_command(ctx, rest)
        assert command is not None
        ctx = command.make_context(command.name, rest, parent=ctx)
        if not isinstance(command, click.Group):
            return
        group, rest = command, [*ctx._protected_args, *ctx.args]


def sayer(capsys, monkeypatch):
    """A command line in this process: `say(folder, "why", "E01")`."""

    def said(folder, *args):
        monkeypatch.chdir(folder)
        handler = signal.getsignal(signal.SIGTERM)
        try:
            code = run([*args])
        finally:
            signal.signal(signal.SIGTERM, handler)
        shown = capsys.readouterr()
        return Result(code, shown.out, shown.err)

    return said


@contextlib.contextmanager
def at_home(home, *more):
    """Caches, crash logs and settings stay in a folder, and nothing of ours colours or sizes."""
    with pytest.MonkeyPatch.context() as environment:
        for name in ("CACHE", "STATE", "CONFIG"):
            environment.setenv(f"XDG_{name}_HOME", str(home / name.lower()))
        environment.setenv("NO_COLOR", "1")
        for name in ("FORCE_COLOR", "CI", "COLUMNS", "LINES", *more):
            environment.delenv(name, raising=False)
        yield environment
