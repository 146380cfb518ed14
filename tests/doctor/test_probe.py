"""What the probe sees from outside: compilers' options, builds that are alike, what ran."""

import shutil
import subprocess

import pytest

from whet.model.config import Bench
from whet.steps.doctor import probe, traced

SOURCE = """
int add(int a, int b) { return a + b; }
int twice(int a) { return add(a, a); }
int main(int argc, char **argv) { return argv == 0 ? twice(argc) : 0; }
"""


@pytest.mark.parametrize("compiler", ["cc", "clang"])
@pytest.mark.parametrize(
    ("flags", "answer"),
    [
        ("-O0", False),
        ("-O0 -g", False),
        ("", False),
        ("-g", False),
        ("-O1", True),
        ("-O2 -g", True),
        ("-O2 -fno-omit-frame-pointer", True),
        ("-O3 -s", True),
    ],
)
def test_optimisation_shows_in_a_program(tmp_path, compiler, flags, answer):
    if shutil.which(compiler) is None:
        pytest.skip(f"{compiler} is not installed")
    (tmp_path / "a.c").write_text(SOURCE)
    command = [compiler, *flags.split(), "-o", "a.out", "a.c"]
    subprocess.run(command, cwd=tmp_path, check=True)
    assert probe.optimised((tmp_path / "a.out").read_bytes()) is answer


def test_what_is_no_program_tells_nothing():
    assert probe.optimised(b"#!/bin/sh\n") is None
    assert probe.optimised(b"\x7fELF\x02\x01\x01" + bytes(11) + b"\xb7\x00") is None  # another CPU


def build(tree, text):
    (tree / "src").mkdir(parents=True)
    (tree / "src" / "a.c").write_text(text)
    command = ["cc", "-O2", f'-DWHERE="{tree}"', "-o", "a.out", str(tree / "src" / "a.c")]
    subprocess.run(command, cwd=tree, check=True)


def test_two_builds_of_one_source_are_the_same_program(tmp_path):
    text = SOURCE + "const char *where = WHERE;\n"
    for name in ("t/aaaaaaaaaaaaaaaa", "t/bbbbbbbbbbbbbbbb"):
        build(tmp_path / name, text)
    build(tmp_path / "t/cccccccccccccccc", text.replace("a + b", "a - b"))
    first, second, third = sorted((tmp_path / "t").iterdir())
    assert probe.same(first, second) is True
    assert probe.same(first, third) is False
    assert probe.same(first, first) is None


def test_the_kind_of_a_cmake_build_is_found_with_its_line(tmp_path):
    cache = tmp_path / "out" / "CMakeCache.txt"
    cache.parent.mkdir()
    cache.write_text("# a comment\nX:STRING=1\nCMAKE_BUILD_TYPE:STRING=Debug\n")
    assert probe.cmake(tmp_path) == [["out/CMakeCache.txt", 3, "Debug"]]


def test_modules_of_the_tree_that_came_from_elsewhere(tmp_path, monkeypatch):
    tree = tmp_path / "tree"
    (tmp_path / "err").write_text(
        "# code object from '/usr/lib/python3/json/__init__.py'\n"
        "# /site/__pycache__/work.cpython-311.pyc matches /site/work.py\n"
        f"# code object from '{tree}/pkg/a.py'\n"
        "# code object from '/site/pkg/a.py'\nother words\n"
    )
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    assert probe.modules(tree, ["pkg", "work"]) == ["/site/pkg/a.py", "/site/work.py"]
    assert probe.modules(tree, []) == []


@pytest.mark.parametrize(
    ("counts", "usual"),
    [
        ([], 0),
        ([0, 0], 0),
        ([1, 1, 2], 1),
        ([1] * 9 + [2], 1),
        ([2] * 5 + [1] * 5, 2),
        ([4] * 9, 4),
    ],
)
def test_threads_count_when_they_stay(tmp_path, counts, usual):
    seen = probe.Seen(tmp_path)
    seen.running = counts
    assert seen.usual() == usual


def test_the_command_that_watches_is_one_that_sh_can_read():
    bench = Bench(command="echo 'a b' \"$X\"", prepare="true", env={"X": "it's"})
    done = subprocess.run(
        ["/bin/sh", "-n"], input=traced.command(bench, ("p",)).encode(), check=False
    )
    assert done.returncode == 0
