"""What may import what, seen in the source; `make layers` checks the directions as well."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "src" / "whet"
SOURCES = sorted(PACKAGE.rglob("*.py"))
CORE = ("errors", "model", "judge", "plan", "formats", "report", "page")
OUTSIDE = {
    *("os", "time", "socket", "subprocess", "shutil", "tempfile", "urllib", "http"),
    *("threading", "multiprocessing", "asyncio", "anyio", "rich", "click"),
}
STARTS_A_PROCESS = {
    *("os.system", "os.popen", "os.fork", "os.forkpty", "os.posix_spawn", "os.execv", "os.execvp"),
    *("anyio.run_process", "anyio.open_process"),
    *("asyncio.create_subprocess_exec", "asyncio.create_subprocess_shell"),
}


def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def place(path: Path) -> str:
    """The layer a file belongs to: the first name below `whet`."""
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imports(path: Path) -> set[str]:
    """The top-level names a file imports, anywhere in it."""
    found: set[str] = set()
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module is not None:
            found.add(node.module.partition(".")[0])
    return found


def calls(path: Path) -> Iterator[str]:
    """Calls by name: `print`, or `os.system`."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Call):
            yield ast.unparse(node.func)


def those(*places: str) -> list[Path]:
    return [path for path in SOURCES if place(path) in places]


def others(*places: str) -> list[Path]:
    return [path for path in SOURCES if place(path) not in places]


def test_the_core_is_there_to_be_looked_at():
    assert {place(path) for path in those(*CORE)} >= {"errors", "model"}


def test_only_three_modules_start_processes():
    # waiting for the end, while other things go on, and not at all
    files = others("proc", "child", "detached")
    # these are processes themselves, in a jail: one runs commands, two become one
    alone = {PACKAGE / "agents" / "hands.py", PACKAGE / "agents" / "inside.py",
             PACKAGE / "landlock.py"}  # fmt: skip
    files = [path for path in files if path not in alone]
    assert [str(path) for path in files if imports(path) & {"subprocess", "pty"}] == []
    assert [str(path) for path in files if STARTS_A_PROCESS & set(calls(path))] == []


@pytest.mark.parametrize("path", those(*CORE), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_the_core_touches_nothing_outside(path):
    assert imports(path) & OUTSIDE == set()
    assert set(calls(path)) & {"open", "print", "input"} == set()


def test_only_the_command_line_knows_the_terminal():
    files = others("cli", "__main__")
    assert [str(path) for path in files if imports(path) & {"rich", "click"}] == []


def test_imports_are_absolute():
    relative = [
        f"{path}:{node.lineno}"
        for path in SOURCES
        for node in ast.walk(tree(path))
        if isinstance(node, ast.ImportFrom) and node.level
    ]
    assert relative == []
