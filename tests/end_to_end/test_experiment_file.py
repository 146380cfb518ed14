"""A project with the `experiment.yaml` of SkyPilot's example: taken as it is, and judged."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from support.experiment import FILES, TASK, source
from support.repos import commit, user_git, write

FAKE = Path(__file__).parent.parent / "support" / "fake_sky"
CHANGES = {
    "faster": source(80.0),
    "wrong": source(50.0, answer=41),
    "same": source(100.0, prints="(void)argv;"),
    "crash": source(50.0, prints='puts("EXPERIMENT_ERROR: no fuel\\nEXPERIMENT_STATUS: crash");'),
    "failed": source(50.0, prints='puts("EXPERIMENT_STATUS: checks_failed");'),
}


@pytest.fixture
def project(tmp_path):
    root = tmp_path / "target"
    root.mkdir()
    user_git(root, "init", "-q", "-b", "main")
    commit(root, FILES | source(100.0))
    for name, files in CHANGES.items():
        write(root, files)
        (tmp_path / f"{name}.patch").write_text(user_git(root, "diff") + "\n")
        user_git(root, "checkout", "-q", "--", "work.c")
    (tmp_path / "sky" / "clusters").mkdir(parents=True)
    return root


def whet(root, *words):
    env = {**os.environ, "FAKE_SKY": str(root.parent / "sky"), "PYTHONPATH": str(FAKE),
           "WHET_SKY_PYTHON": sys.executable}  # fmt: skip
    done = subprocess.run([sys.executable, "-m", "whet", *words], cwd=root, env=env,
                          capture_output=True, text=True, check=False)  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.slow
@pytest.mark.parametrize("where", ["here", "rented"])
def test_the_file_is_taken_unchanged_and_its_lines_are_understood(project, where):
    whet(project, "init", "--metric", "cost", "--lower")
    if where == "rented":
        whet(project, "workers", "add", "sky", "experiment.yaml", "--name", "cloud")
        text = (project / "whet.toml").read_text()
        (project / "whet.toml").write_text(text.replace(
            'name = "cloud"', f'name = "cloud"\npython = "{sys.executable}"'
        ))  # fmt: skip
    config = json.loads(whet(project, "config", "show", "--json"))
    assert "make -j$(nproc)" in json.dumps(config)
    patches = [str(project.parent / f"{name}.patch") for name in CHANGES]
    whet(project, "try", *patches, "--campaign", "t", "-q", "--set", "measure.aa_pairs=4",
         "--set", "integrity.sandbox=none", "--set", "measure.layouts=1",
         "--set", "measure.pairs_max=12")  # fmt: skip
    lines = (project / ".whet/campaigns/t/events.jsonl").read_text().splitlines()
    events = [json.loads(line)["event"] for line in lines]
    given = {one["experiment"]: one["verdict"] for one in events if one["type"] == "verdict.given"}
    kinds = [(given[name]["kind"], given[name]["code"]) for name in sorted(given)]
    assert [kind for kind, _ in kinds] == [
        "kept", "checks_failed", "discarded", "failed", "checks_failed",
    ]  # fmt: skip
    assert kinds[3][1] == "crash"
    assert "no fuel" in given["E04"]["reason"]
    assert "EXPERIMENT_STATUS: checks_failed" in given["E05"]["reason"]
    assert (project / "experiment.yaml").read_text() == TASK
    workers = {one["worker"] for one in events if one["type"] == "experiment.started"}
    assert workers == {"cloud" if where == "rented" else "local"}
    assert list((project.parent / "sky" / "clusters").iterdir()) == []
