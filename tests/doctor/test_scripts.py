"""The scripts behind a command are found, and the lines in them that matter."""

import pytest

from whet.model.metric import Goal
from whet.steps.doctor import scripts
from whet.steps.doctor.edited import named
from whet.steps.doctor.measured import timed
from whet.steps.doctor.program import packages

TREE = {
    "bench.sh": b'#!/bin/sh\n. tools/env.sh\nexec "$(dirname "$0")/tools/run.py" -t 4\n',
    "tools/env.sh": b"export OMP_NUM_THREADS=2\n",
    "tools/run.py": b"import os\n",
    "Makefile": b"bench:\n\t./deep/bench2.sh\n",
    "deep/bench2.sh": b"./other.sh\n",
    "deep/other.sh": b"# ./bench.sh is not called\n/usr/local/bin/tool --jobs=3\n",
    "data.bin": b"\0\1",
    "text.txt": b"what we make of deep/other.sh\n",
}


def gathered(command: str) -> tuple[scripts.Script, ...]:
    return scripts.gather([("[bench] command", command)], frozenset(TREE), TREE.get)


@pytest.mark.parametrize(
    ("command", "labels"),
    [
        ("sh bench.sh", ["bench.sh", "tools/env.sh", "tools/run.py"]),
        ("cd . && ./bench.sh | tail -1", ["bench.sh", "tools/env.sh", "tools/run.py"]),
        ("make bench", ["Makefile", "deep/bench2.sh", "deep/other.sh"]),
        ("$WHET_TREE/tools/run.py data.bin", ["tools/run.py"]),
        ("build/bench text.txt", []),
        ("make -C build bench", []),
        ("env deep/bench2.sh", ["deep/bench2.sh", "deep/other.sh"]),
    ],
)
def test_scripts_are_followed(command, labels):
    found = gathered(command)
    assert [script.label for script in found][1:4] == labels
    assert not found[0].is_file


def test_a_place_is_a_file_and_a_line_or_the_command():
    found = gathered("sh bench.sh --jobs=1")
    places = [place.where for place in scripts.places(found, r"-t (\d+)|--jobs=(\d+)")]
    assert places == ["[bench] command", "bench.sh line 3"]


def test_comments_say_nothing():
    found = gathered("make bench")
    assert scripts.first(found, "is not called") is None


@pytest.mark.parametrize("text", ["a.b", "x+y*(z)", "[0]", "a|b\\c", "{2}", "^$"])
def test_an_escaped_text_matches_itself_alone(text):
    assert scripts.first([scripts.Script(label="f", text=text, is_file=True)], scripts.escape(text))
    other = scripts.Script(label="f", text="aXb", is_file=True)
    assert scripts.first([other], scripts.escape(text)) is None


def test_packages_are_what_can_be_imported():
    files = (
        "src/mistune/__init__.py", "src/mistune/plugins/__init__.py", "src/single.py", "top.py",
        "tests/__init__.py", "setup.py", "docs/conf.py", "README.md",
    )  # fmt: skip
    assert packages(files) == ("mistune", "single", "top")


@pytest.mark.parametrize(
    ("metric", "unit", "answer"),
    [
        ("tok_s", "tok/s", True),
        ("p50_ms", "", True),
        ("rss_mb", "MB", False),
        ("binary_size", "", False),
        ("x", "KiB", False),
        ("instructions", "", False),
    ],
)
def test_a_time_is_told_from_a_size(metric, unit, answer):
    assert timed(Goal(metric=metric, unit=unit)) is answer


def test_nothing_is_named_by_no_words():
    assert named(()) == ""
