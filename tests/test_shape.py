"""Sizes that are signals to redesign, and names that say nothing."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
SOURCES = sorted((ROOT / "src").rglob("*.py"))
VAGUE = {"utils", "util", "common", "helpers", "core", "manager", "base", "misc"}


def length(path: Path) -> int:
    return len(path.read_text(encoding="utf-8").splitlines())


def functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def lines_of(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    assert function.end_lineno is not None
    return function.end_lineno - function.lineno + 1


def test_there_is_source_to_look_at():
    assert ROOT / "src" / "whet" / "errors.py" in SOURCES


def test_no_file_is_longer_than_400_lines():
    assert [f"{path.name}: {length(path)}" for path in SOURCES if length(path) > 400] == []


def test_no_function_is_longer_than_60_lines():
    found = [(path, function) for path in SOURCES for function in functions(path)]
    assert [
        f"{path.name}:{function.lineno} {function.name}: {lines_of(function)}"
        for path, function in found
        if lines_of(function) > 60
    ] == []


def test_no_module_or_folder_has_a_vague_name():
    package = ROOT / "src" / "whet"
    parts = {(path, part) for path in SOURCES for part in path.relative_to(package).parts}
    assert [str(path) for path, part in parts if part.removesuffix(".py") in VAGUE] == []


@pytest.mark.parametrize(("name", "limit"), [("README.md", 60), ("AGENTS.md", 100)])
def test_what_is_read_first_stays_short(name, limit):
    assert 0 < length(ROOT / name) <= limit
