"""Files of submodules travel with the commit that names them."""

import shutil

import pytest

from support.repos import commit, place, plain, user_git, with_submodule
from whet.errors import NotReady
from whet.git.store import open_store, receive


def travelled(at, tmp_path):
    """The files that a worker gets of the base."""
    at.store.point("refs/whet/travel/base", at.store.snapshot(at.base))
    worker = receive(tmp_path / "worker.git", at.store.path)
    worker.checkout(at.store.snapshot(at.base), tmp_path / "tree")
    return plain(tmp_path / "tree")


def test_the_files_of_a_submodule_travel(root, tmp_path):
    inside = with_submodule(root, tmp_path)
    files = travelled(place(root, tmp_path / "store.git"), tmp_path)
    assert files["third party/inner/inner.c"] == plain(inside)["inner.c"]
    assert files["src/a.c"] == plain(root)["src/a.c"]


def test_the_files_of_a_submodule_of_a_submodule_travel(root, tmp_path):
    inside = with_submodule(root, tmp_path)
    deep = tmp_path / "deep"
    deep.mkdir()
    user_git(deep, "init", "--quiet")
    commit(deep, {"deep.c": "int deep;\n"})
    user_git(inside, "submodule", "--quiet", "add", str(deep), "more/deep")
    commit(inside)
    commit(root)
    files = travelled(place(root, tmp_path / "store.git"), tmp_path)
    assert "third party/inner/more/deep/deep.c" in files


def test_what_is_edited_in_a_submodule_does_not_travel(root, tmp_path):
    inside = with_submodule(root, tmp_path)
    committed = plain(inside)["inner.c"]
    (inside / "inner.c").write_text("int edited;\n")
    files = travelled(place(root, tmp_path / "store.git"), tmp_path)
    assert files["third party/inner/inner.c"] == committed


def test_a_repository_inside_another_is_found_where_it_lies(root, tmp_path):
    inner = root / "vendored"
    inner.mkdir()
    user_git(inner, "init", "--quiet")
    commit(inner, {"inner.c": "int inner;\n"})
    commit(root)
    assert "vendored/inner.c" in travelled(place(root, tmp_path / "store.git"), tmp_path)


def test_a_submodule_that_is_kept_but_not_checked_out_travels(root, tmp_path):
    with_submodule(root, tmp_path)
    user_git(root, "submodule", "--quiet", "deinit", "--all", "--force")
    files = travelled(place(root, tmp_path / "store.git"), tmp_path)
    assert "third party/inner/inner.c" in files


def test_a_submodule_of_a_linked_work_tree_travels(root, tmp_path):
    with_submodule(root, tmp_path)
    shutil.rmtree(root / ".git" / "modules")
    user_git(root, "worktree", "add", "--quiet", str(tmp_path / "linked"))
    user_git(tmp_path / "linked", "submodule", "--quiet", "update", "--init")
    files = travelled(place(tmp_path / "linked", tmp_path / "store.git"), tmp_path)
    assert "third party/inner/inner.c" in files


def test_a_submodule_that_is_not_here_is_said_to_be_missing(root, tmp_path):
    with_submodule(root, tmp_path)
    clone = tmp_path / "clone"
    user_git(tmp_path, "clone", "--quiet", str(root), str(clone))
    at = place(clone, tmp_path / "store.git")
    with pytest.raises(NotReady, match="submodule third party/inner are not here") as caught:
        at.store.snapshot(at.base)
    assert caught.value.hint == "git submodule update --init --recursive"


def test_without_submodules_a_snapshot_has_the_tree_of_its_commit(here):
    store = open_store(here.store.path, borrow=here.repo.common)
    assert store.tree(store.snapshot(here.base)) == store.tree(here.base)
