"""Two versions, whatever they are: refs, patches, folders; in every style people read."""

import shutil

import pytest

from support.repos import commit, user_git
from support.typing_in import edit, patch

FEW = ("--pairs", "4", "-q")


@pytest.fixture
def versions(root):
    """Every way to name a version that is 20 % faster than the base."""
    file = patch(root, "faster", {"speed": "120\n"})
    folder = shutil.copytree(root, root.parent / "edited", ignore=shutil.ignore_patterns(".git"))
    (folder / "speed").write_text("120\n")
    user_git(root, "branch", "start")
    commit(root, {"speed": "120\n"})
    return {"ref": "HEAD", "patch": str(file), "folder": str(folder)}


@pytest.mark.parametrize("kind", ["ref", "patch", "folder"])
def test_a_faster_version_is_seen_however_it_is_named(kind, root, versions, say):
    answer = say(root, "compare", "start", versions[kind], *FEW)
    assert answer.code == 0, answer.err
    assert "better" in answer.out
    assert answer.err == ""


@pytest.mark.parametrize(("style", "said"), [
    ("md", "| ops | 100."),
    ("benchstat", "(n=4)"),
    ("llama-bench", "| Test | start | HEAD | Speedup |"),
])  # fmt: skip
def test_the_table_is_in_the_style_that_is_asked_for(style, said, root, versions, say):
    answer = say(root, "compare", "start", versions["ref"], *FEW, "--format", style)
    assert answer.code == 0
    assert said in answer.out


def test_a_regression_closes_the_gate_that_was_asked_for(root, versions, say):
    assert say(root, "compare", "start", versions["ref"], *FEW, "--fail-on", "regression").code == 0
    back = say(root, "compare", versions["ref"], "start", *FEW, "--fail-on", "regression")
    assert back.code == 7
    assert back.line("error").startswith("regression: slower")


def test_what_cannot_be_told_says_what_it_would_take(root, say):
    wild = "#!/bin/sh\nn=$(od -An -N2 -tu2 /dev/urandom)\necho METRIC ops=$((1000 + n % 900))\n"
    commit(root, {"bench.sh": wild + "echo METRIC memory=50.$((n % 1000))\n"})
    sure = ("--set", "measure.confidence=99.99%")
    commit(root, {"notes": "no change of meaning\n"})
    answer = say(root, "compare", "HEAD~1", "HEAD", *FEW, *sure)
    assert "cannot tell" in answer.out
    assert "pairs would: --pairs " in answer.out
    again = say(root, "compare", "HEAD", "HEAD", *FEW, *sure)
    assert "the same program on both sides: what differs is noise" in again.out
    assert "no difference" in again.out
    assert "--pairs" not in again.out


def test_a_version_that_does_less_is_doubted_and_is_no_gain(root, say):
    text = (root / "bench.sh").read_text() + 'echo "METRIC items=$(cat extra)"\n'
    edit(root, 'protect = ["*.sh"]', "protect = []")
    commit(root, {"bench.sh": text, "extra": "8\n"})
    file = patch(root, "less", {"extra": "4\n", "speed": "140\n"})
    answer = say(root, "compare", "HEAD", str(file), *FEW, "--fail-on", "no-gain", "--json")
    assert answer.code == 7
    assert "no gain to believe: does other work: items was 8 and is 4" in answer.err
    assert answer.document["doubts"][0].startswith("does other work: items was 8 and is 4")
