"""The demo's C project, patches and campaign data do what `campaign.json` says of them."""

import itertools
import json
import os
import re
import shutil
import subprocess
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import get_args

import pytest

from whet.demo import CAMPAIGN, DATA, FORK, PATCHES, TARGET
from whet.model.verdict import ReasonCode, VerdictKind

CAMPAIGN_DATA = json.loads(CAMPAIGN.read_text())
IDEAS = [idea for wave in CAMPAIGN_DATA["waves"] for idea in wave["ideas"]]
KEPT = [idea["patch"] for idea in IDEAS if idea["expect"] == ["kept"]]
SETTINGS = tomllib.loads((TARGET / "whet.toml").read_text())
METRICS = {"tok_s", "prompt_ms", "rss_mb"}

needs_compiler = pytest.mark.skipif(
    not (shutil.which("make") and shutil.which("cc")), reason="no C compiler"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """How a command ended."""

    status: int
    output: str


def run(tree: Path, *command: str, timeout: float = 60.0, seed: str = "7") -> Result:
    done = subprocess.run(
        command,
        cwd=tree,
        check=False,
        timeout=timeout,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env={**os.environ, "WHET_SEED": seed, "GIT_CEILING_DIRECTORIES": str(tree.parent)},
    )
    return Result(status=done.returncode, output=done.stdout)


def patched(tree: Path, folder: Path, patches: list[str]) -> Path:
    """A copy of `tree` with `patches` on top."""
    shutil.copytree(tree, folder, symlinks=True)
    if patches:
        result = run(folder, "git", "apply", *(str(PATCHES / name) for name in patches))
        assert result.status == 0, result.output
    return folder


def tokens(tree: Path, seed: str) -> str:
    result = run(tree, "build/bench", "--tokens", seed=seed)
    assert result.status == 0, result.output
    return result.output


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The base, built."""
    tree = patched(TARGET, tmp_path_factory.mktemp("demo") / "base", [])
    result = run(tree, "make")
    assert result.status == 0, result.output
    return tree


def test_campaign_is_well_formed() -> None:
    known = {entry["id"] for entry in CAMPAIGN_DATA["evidence"]}
    assert len(known) == len(CAMPAIGN_DATA["evidence"])
    assert len(CAMPAIGN_DATA["waves"]) == 3
    assert 13 <= len(IDEAS) <= 16
    assert len({idea["title"] for idea in IDEAS}) == len(IDEAS)
    for idea in IDEAS:
        assert set(idea["evidence"]) <= known
        assert idea["mechanism"]
        assert set(idea["expect"]) <= set(get_args(VerdictKind))
        assert set(idea["codes"]) <= set(get_args(ReasonCode))
        assert idea["predicted"] is None or 0 < idea["predicted"][0] < idea["predicted"][1] < 1


def test_every_evidence_is_cited() -> None:
    cited = {name for idea in IDEAS for name in idea["evidence"]}
    assert cited == {entry["id"] for entry in CAMPAIGN_DATA["evidence"]}


def test_every_patch_belongs_to_one_idea() -> None:
    listed = [idea["patch"] for idea in IDEAS]
    assert listed == sorted(path.name for path in PATCHES.iterdir())


def test_the_campaign_shows_every_kind_of_end() -> None:
    codes = {code for idea in IDEAS for code in idea["codes"]}
    ends = {"faster", "no_gain", "guard_lost", "checks", "build", "crash", "timeout"}
    assert ends | {"protected", "fresh_inputs"} <= codes
    assert len(KEPT) >= 3


@pytest.mark.parametrize("entry", CAMPAIGN_DATA["evidence"], ids=lambda entry: entry["id"])
def test_quotes_are_in_the_files_they_name(entry: dict[str, str]) -> None:
    path, _, lines = entry["locator"].partition(":")
    text = ((TARGET if path.startswith("src/") else DATA) / path).read_text()
    assert entry["quote"] in text
    if lines:
        first = text[: text.index(entry["quote"])].count("\n") + 1
        start, _, end = lines.partition("-")
        assert int(start) <= first <= int(end or start)


def test_profile_lines_point_at_the_lines_they_mean() -> None:
    attention = (TARGET / "src/cpu/attention.c").read_text().splitlines()
    assert "values[position * KEY_WIDTH + j]" in attention[58 - 1]
    assert "(float)stored[i]" in attention[18 - 1]
    matvec = (TARGET / "src/cpu/matvec.c").read_text().splitlines()
    assert "lanes[j] +=" in matvec[12 - 1]


def test_only_the_protected_patch_leaves_the_scope() -> None:
    assert SETTINGS["scope"]["allow"] == ["src/**"]
    for idea in IDEAS:
        touched = re.findall(
            r"^\+\+\+ b/(.*)$", (PATCHES / idea["patch"]).read_text(), re.MULTILINE
        )
        assert touched
        if "protected" in idea["codes"]:
            # a new file: one that is there already cannot be written in an agent's jail
            assert touched == ["bench/warm.c"]
            assert not (TARGET / "bench/warm.c").exists()
        else:
            assert all(path.startswith("src/") for path in touched)


def test_patches_apply_on_any_set_of_kept_ones_before_them(tmp_path: Path) -> None:
    for count in range(len(KEPT) + 1):
        for chosen in itertools.combinations(KEPT, count):
            tree = patched(
                TARGET, tmp_path / ("-".join(n[:2] for n in chosen) or "base"), [*chosen]
            )
            for idea in IDEAS:
                if not chosen or idea["patch"] > chosen[-1]:
                    result = run(tree, "git", "apply", "--check", str(PATCHES / idea["patch"]))
                    assert result.status == 0, (chosen, result.output)


@needs_compiler
def test_base_passes_its_tests_and_reports_its_metrics(base: Path) -> None:
    assert run(base, "build/tests") == Result(status=0, output="41 tests passed\n")
    result = run(base, "build/bench")
    assert result.status == 0
    assert set(re.findall(r"^METRIC (\w+)=\d+\.\d+$", result.output, re.MULTILINE)) == METRICS


@needs_compiler
def test_a_fresh_prompt_is_read_once(base: Path) -> None:
    written = run(base, "sh", "-c", SETTINGS["bench"]["fresh_inputs"])
    assert written.status == 0
    prompt = base / "build/prompt.txt"
    default = (base / "bench/prompt.txt").read_text()
    assert prompt.read_text() != default
    assert len(prompt.read_text().split()) == len(default.split())
    assert run(base, "build/bench").status == 0
    assert not prompt.exists()


@needs_compiler
def test_tokens_depend_on_the_seed_alone(base: Path) -> None:
    assert tokens(base, "7") == tokens(base, "7")
    assert tokens(base, "7") != tokens(base, "8")


@needs_compiler
def test_the_embedded_backend_answers_the_same(base: Path, tmp_path: Path) -> None:
    tree = patched(base, tmp_path / "embedded", [])
    assert run(tree, "make", "BACKEND=embedded", "OUT=build/embedded").status == 0
    assert run(tree, "build/embedded/tests").output == "41 tests passed\n"
    assert run(tree, "build/embedded/bench", "--tokens").output == tokens(base, "7")


@needs_compiler
def test_the_fork_applies_and_answers_the_same(base: Path, tmp_path: Path) -> None:
    tree = patched(base, tmp_path / "fork", [])
    for patch in sorted(FORK.iterdir()):
        assert "From: Demo Fork <fork@example.invalid>" in patch.read_text()
        assert run(tree, "git", "apply", str(patch)).status == 0
    assert run(tree, "make").status == 0
    assert run(tree, "build/tests").output == "41 tests passed\n"
    assert tokens(tree, "7") == tokens(base, "7")


@needs_compiler
@pytest.mark.slow
@pytest.mark.parametrize("idea", IDEAS, ids=lambda idea: idea["patch"][:2])
def test_patch_ends_as_the_campaign_expects(idea: dict, base: Path, tmp_path: Path) -> None:
    before = [name for name in KEPT if name < idea["patch"]]
    tree = patched(base, tmp_path / "tree", [*before, idea["patch"]])
    built = run(tree, "make")
    if "build" in idea["codes"]:
        assert built.status != 0
        assert "alignas" in built.output
        return
    assert built.status == 0, built.output
    assert "warning" not in built.output
    checks = run(tree, "build/tests")
    if "checks" in idea["codes"]:
        assert checks.status == 1
        assert re.search(
            r"^FAIL softmax row \d+, number \d+: \S+ differs from \S+$", checks.output, re.MULTILINE
        )
        return
    assert checks == Result(status=0, output="41 tests passed\n")
    assert tokens(tree, "7") == tokens(base, "7")
    if "timeout" in idea["codes"]:
        with pytest.raises(subprocess.TimeoutExpired):
            run(tree, "build/bench", timeout=4.0)
        return
    result = run(tree, "build/bench")
    if "crash" in idea["codes"]:
        assert result.status < 0
        return
    assert result.status == 0
    assert set(re.findall(r"^METRIC (\w+)=", result.output, re.MULTILINE)) == METRICS


@needs_compiler
@pytest.mark.slow
def test_kept_patches_hold_for_the_embedded_backend(base: Path, tmp_path: Path) -> None:
    tree = patched(base, tmp_path / "stack", KEPT)
    assert run(tree, "make", "BACKEND=embedded", "OUT=build/embedded").status == 0
    assert run(tree, "build/embedded/tests").output == "41 tests passed\n"
    assert run(tree, "build/embedded/bench", "--tokens").output == tokens(base, "7")
