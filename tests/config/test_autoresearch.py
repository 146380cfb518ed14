"""The preset for karpathy's loop, on a copy that a processor trains in half a second."""

import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from whet.config.presets import preset
from whet.formats import parse

COPY = Path(__file__).parents[2] / "benchmarks" / "systems" / "autoresearch"
STEPS = "150"

pytestmark = pytest.mark.skipif(not COPY.exists(), reason="an sdist has no benchmarks")


@pytest.fixture
def tree(tmp_path):
    shutil.copytree(COPY, tmp_path / "tree")
    return tmp_path / "tree"


def value(tree, seed):
    """What the preset's command makes of a training of so many steps."""
    command = tomllib.loads(preset("autoresearch").text)["bench"]["command"]
    done = subprocess.run(
        command.replace("uv run python", sys.executable), shell=True, cwd=tree, check=False,
        env={**os.environ, "WHET_SEED": seed, "STEPS": STEPS}, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return parse("metric-lines", done.stdout)["val_bpb"].value


def alone(tree):
    """What the training says when nobody sets its seed."""
    done = subprocess.run(
        [sys.executable, "train.py"], cwd=tree, env={**os.environ, "STEPS": STEPS}, check=True,
        capture_output=True, text=True,
    )  # fmt: skip
    return next(line for line in done.stdout.splitlines() if line.startswith("val_bpb"))


def test_a_change_of_the_seed_is_no_change(tree):
    before, said = [value(tree, seed) for seed in ("3", "4")], alone(tree)
    assert before[0] != before[1]
    path = tree / "train.py"
    path.write_text(path.read_text().replace("manual_seed(42)", "manual_seed(1337)"))
    assert alone(tree) != said
    assert [value(tree, seed) for seed in ("3", "4")] == before


def test_every_pair_is_another_training():
    assert tomllib.loads(preset("autoresearch").text)["bench"]["new_seeds"] is True


def test_a_training_that_fails_gives_no_number(tree):
    (tree / "train.py").write_text("raise SystemExit('out of memory')")
    with pytest.raises(AssertionError, match="out of memory"):
        value(tree, "3")
