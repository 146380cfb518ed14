"""The verb itself: from a folder with a whet.toml to an answer."""

import pytest
from small_targets import Target, errors, git, of

from whet.api.doctoring import DoctorOptions, doctor
from whet.errors import NotReady, UserError

TOML = """
[goal]
metric = "time_ms"
unit = "ms"
[build]
command = "make"
[bench]
command = "sh bench.sh"
[checks]
command = "build/tests"
[scope]
allow = ["src/**"]
"""


@pytest.fixture
def target(make, tmp_path, monkeypatch) -> Target:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "user-cache"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "user-config"))
    return make({"whet.toml": TOML})


def test_a_target_that_is_ready(target):
    told, moved = [], []
    options = DoctorOptions(quick=True, moved=lambda what, progress: moved.append(what))
    diagnosis = doctor(target.root / "src", options, told.append)
    assert diagnosis.ready, errors(diagnosis)
    assert told == list(diagnosis.findings)
    assert "build and first run" in moved
    assert git("status", "--porcelain", cwd=target.root) == ""
    assert git("for-each-ref", "--format=%(refname)", cwd=target.root) == "refs/heads/main"


def test_another_commit_than_the_last(target):
    first = git("rev-parse", "HEAD", cwd=target.root)
    (target.root / "bench.sh").write_text("#!/bin/sh\nexit 1\n")
    git("commit", "-q", "-a", "-m", "broken", cwd=target.root)
    assert not doctor(target.root, DoctorOptions(quick=True)).ready
    diagnosis = doctor(target.root, DoctorOptions(quick=True, base="HEAD~1"))
    assert diagnosis.ready, errors(diagnosis)
    assert of(diagnosis, "Repository")[0].text.endswith(f"base {first[:7]} (HEAD~1)")


def test_a_word_of_the_command_line_holds(target):
    options = DoctorOptions(quick=True, overrides={"goal.metric": "other"})
    assert "no metric `other`; it has time_ms" in errors(doctor(target.root, options))


def test_no_repository_and_no_such_commit(target, tmp_path):
    with pytest.raises(UserError):
        doctor(target.root, DoctorOptions(quick=True, base="nothing"))
    (tmp_path / "empty").mkdir()
    with pytest.raises(NotReady):
        doctor(tmp_path / "empty", DoctorOptions(quick=True))
