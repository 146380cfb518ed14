"""`whet workers`: what is configured, what is up, and what it costs."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from support.repos import commit, user_git

FAKE = Path(__file__).parent.parent / "support" / "fake_sky"
TOML = """\
# kept as it is
[goal]
metric = "t"
direction = "lower"

[bench]
command = "echo METRIC t=1"
"""


@pytest.fixture
def repo(tmp_path):
    root = tmp_path / "repo"
    root.mkdir()
    user_git(root, "init", "-q")
    commit(root, {"whet.toml": TOML})
    return root


def whet(root, *words, code=0, **env):
    done = subprocess.run([sys.executable, "-m", "whet", *words], cwd=root, capture_output=True,
                          text=True, check=False, env={**os.environ, **env})  # fmt: skip
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout


@pytest.mark.slow
def test_workers_are_added_and_listed(repo):
    assert "this machine" in whet(repo, "workers")
    whet(repo, "workers", "add", "ssh", "user@box:2222")
    whet(repo, "workers", "add", "sky", "aws/us-east-1", "--count", "2", "--name", "cloud")
    assert (repo / "whet.toml").read_text().startswith(TOML)
    rows = json.loads(whet(repo, "workers", "--json"))["workers"]
    assert [(one["name"], one["kind"], one["host"]) for one in rows] == [
        ("box", "ssh", "user@box:2222"), ("cloud-1", "sky", ""), ("cloud-2", "sky", ""),
    ]  # fmt: skip
    before = (repo / "whet.toml").read_text()
    whet(repo, "workers", "add", "ssh", "user@box", code=2)  # the name is taken
    assert (repo / "whet.toml").read_text() == before


@pytest.mark.slow
def test_workers_are_tested_and_what_is_wrong_is_said(repo, tmp_path):
    text = (
        TOML
        + f"""
[[workers]]
name = "good"
kind = "ssh"
host = "root@127.0.0.1:1"

[[workers]]
name = "cloud"
kind = "sky"
python = "{sys.executable}"
resources = {{ cpus = 2 }}
"""
    )
    (repo / "whet.toml").write_text(text)
    (tmp_path / "sky" / "clusters").mkdir(parents=True)
    env = {"FAKE_SKY": str(tmp_path / "sky"), "PYTHONPATH": str(FAKE),
           "WHET_SKY_PYTHON": sys.executable}  # fmt: skip
    said = whet(repo, "workers", "test", code=4, **env)
    assert "✗ good" in said
    assert "no ssh server answers" in said
    assert "✓ cloud" in said
    assert "$0.50 an hour" in said
    assert list((tmp_path / "sky" / "clusters").iterdir()) == []


@pytest.mark.slow
def test_machines_that_nobody_knows_are_found_by_their_name_and_ended(repo, tmp_path):
    from whet.executors.sky.names import of_repository

    (repo / "whet.toml").write_text(TOML + '\n[[workers]]\nname = "c"\nkind = "sky"\n')
    clusters = tmp_path / "sky" / "clusters"
    ours, theirs = clusters / f"{of_repository(repo)}abcd-c-0001", clusters / "somebody-else"
    for one in (ours, theirs):
        one.mkdir(parents=True)
    env = {"FAKE_SKY": str(tmp_path / "sky"), "PYTHONPATH": str(FAKE),
           "WHET_SKY_PYTHON": sys.executable}  # fmt: skip
    assert ours.name in whet(repo, "clean", "--dry-run", **env)
    assert ours.exists()
    assert ours.name in whet(repo, "clean", **env)
    assert (ours.exists(), theirs.exists()) == (False, True)
