"""A clone is there whole or not at all, and nothing of the other side runs."""

import subprocess

import pytest

from support.repos import commit, user_git
from whet.errors import InfraError, UserError
from whet.git.address import address
from whet.git.clone import clone
from whet.git.transfer import Limits


@pytest.fixture
def theirs(tmp_path):
    root = tmp_path / "theirs"
    root.mkdir()
    user_git(root, "init", "-q", "-b", "trunk")
    commit(root, {"a.c": "int a;\n", "deep/b.c": "int b;\n"})
    user_git(root, "tag", "v1")
    user_git(root, "branch", "other")
    return root


def test_the_default_branch_is_checked_out_and_follows_its_origin(theirs, tmp_path):
    made = clone(address(str(theirs), tmp_path), tmp_path / "ours", Limits())
    assert (made.branch, made.fresh) == ("trunk", True)
    assert (tmp_path / "ours/deep/b.c").read_text() == "int b;\n"
    said = subprocess.run(
        ["git", "status", "--short", "--branch"], cwd=made.folder, capture_output=True, text=True,
        check=True,
    ).stdout  # fmt: skip
    assert said == "## trunk...origin/trunk\n"
    assert user_git(made.folder, "tag").split() == ["v1"]
    assert "origin/other" in user_git(made.folder, "branch", "-r")


def test_a_second_call_takes_what_is_there(theirs, tmp_path):
    where = address(str(theirs), tmp_path)
    clone(where, tmp_path / "ours", Limits())
    (tmp_path / "ours/a.c").write_text("changed\n")
    assert not clone(where, tmp_path / "ours", Limits()).fresh
    assert (tmp_path / "ours/a.c").read_text() == "changed\n"


def test_a_folder_of_somebody_else_is_not_touched(theirs, tmp_path):
    (tmp_path / "ours").mkdir()
    (tmp_path / "ours/mine.txt").write_text("mine")
    with pytest.raises(UserError, match="is not a clone of"):
        clone(address(str(theirs), tmp_path), tmp_path / "ours", Limits())
    assert [path.name for path in (tmp_path / "ours").iterdir()] == ["mine.txt"]


def test_nothing_is_left_of_a_clone_that_failed(theirs, tmp_path):
    where = address(str(theirs), tmp_path)
    with pytest.raises(InfraError):
        clone(where, tmp_path / "ours", Limits(bytes=10))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["theirs"]


def test_a_repository_without_a_commit_is_no_start(tmp_path):
    empty = tmp_path / "empty"
    empty.mkdir()
    user_git(empty, "init", "-q")
    with pytest.raises(UserError, match="no commit"):
        clone(address(str(empty), tmp_path), tmp_path / "ours", Limits())
    assert not (tmp_path / "ours").exists()


def test_their_filters_and_hooks_do_not_run(theirs, tmp_path, monkeypatch):
    ran = tmp_path / "ran"
    config = tmp_path / "gitconfig"
    config.write_text(f'[filter "x"]\n\tsmudge = touch {ran}; cat\n\trequired = true\n')
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(config))
    commit(theirs, {".gitattributes": "*.c filter=x\n"})
    clone(address(str(theirs), tmp_path), tmp_path / "ours", Limits())
    assert (tmp_path / "ours/a.c").read_text() == "int a;\n"
    assert not ran.exists()
