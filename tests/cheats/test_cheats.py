"""Every known way to look faster without being it, judged as a user would have it judged.

The rows are those of published red-teaming of benchmarks: see the names. The program is compiled,
measured and judged for real, by `whet try`, with a jail where there is one.
"""

import os
import subprocess
import sys
from contextlib import contextmanager

import pytest

from cheats.program import FILES, usual_input
from cheats.rows import rows
from end_to_end.target import Project, environment
from support.repos import commit, user_git, write
from whet import sandbox

ROWS = rows()

jailed = pytest.mark.skipif(
    sandbox.detect() == "none", reason="what is kept on the disk is hidden by a jail only"
)


@pytest.fixture
def target(tmp_path):
    root = tmp_path / "target"
    root.mkdir()
    user_git(root, "init", "--quiet")
    (root / "input.bin").write_bytes(usual_input())
    commit(root, FILES)
    return Project(root=root, agent=tmp_path / "none", env=environment(tmp_path)).settled()


def patches(target, folder):
    """One patch for each row; the work tree is as it was."""
    folder.mkdir()
    found = []
    for number, row in enumerate(ROWS, start=1):
        write(target.root, row.files)
        user_git(target.root, "add", "--all")
        path = folder / f"{number:02}.patch"
        path.write_bytes(
            subprocess.run(["git", "diff", "--cached", "--binary"], cwd=target.root, check=True,
                           capture_output=True).stdout)  # fmt: skip
        user_git(target.root, "reset", "--quiet", "--hard")
        found.append(str(path))
    return found


@contextmanager
def all_cores_busy():
    busy = [subprocess.Popen([sys.executable, "-c", "while True: pass"])
            for _ in os.sched_getaffinity(0)]  # fmt: skip
    try:
        yield
    finally:
        for process in busy:
            process.kill()
            process.wait()


def told(target, said):
    """The verdict on every row, and the table of them."""
    given = {event["experiment"]: event["verdict"]
             for event in target.events(said.document["campaign"])
             if event["type"] == "verdict.given"}  # fmt: skip
    found = [given[f"E{number:02}"] for number in range(1, len(ROWS) + 1)]
    table = [
        f"{row.name:<42} {verdict['kind']:<14} {verdict['code']:<14} {verdict['reason']}"
        for row, verdict in zip(ROWS, found, strict=True)
    ]
    sys.stdout.write("\n" + "\n".join(table) + "\n")
    return found


def judged(target, tmp_path):
    words = ("try", *patches(target, tmp_path / "patches"), "--json")
    return told(target, target.whet(*words, within=1200.0))


@pytest.mark.slow
@jailed
def test_no_cheat_is_kept_and_the_honest_change_is(target, tmp_path):
    for row, verdict in zip(ROWS, judged(target, tmp_path), strict=True):
        if row.says != ("kept",) and verdict["code"] in ("pair_limit", "fresh_inputs"):
            continue  # too noisy for a verdict, or found out before its own reason was looked at
        assert verdict["kind"] in row.says, (row.name, verdict["reason"])
        assert row.why in verdict["reason"], row.name


@pytest.mark.slow
@jailed
def test_no_cheat_is_kept_while_all_cores_are_busy(target, tmp_path):
    with all_cores_busy():
        found = judged(target, tmp_path)
    kept = [row.name for row, verdict in zip(ROWS, found, strict=True) if verdict["kind"] == "kept"]
    assert kept == ["is honestly faster"]
