"""What somebody left in a folder, whatever they did to hide or to mark it."""

import os

import pytest

from support.repos import commit, contents, place, user_git, write
from whet.errors import NotReady
from whet.git.call import begin


@pytest.fixture
def tree(here, tmp_path):
    """An agent's private copy, with a repository of its own."""
    path = tmp_path / "agent"
    here.store.checkout(here.base, path)
    begin(path, "incumbent")
    return path


def taken(at, tree):
    """Paths that differ from the base, with their kind of change."""
    made = at.store.commit(at.store.take(tree, at.base), "x\n", (at.base,))
    return {change.path: change.status for change in at.store.changes(at.base, made)}


def test_a_folder_nobody_touched_is_the_base(here, tree):
    assert taken(here, tree) == {}


def test_new_changed_and_removed_files_are_seen(here, tree):
    write(tree, {"src/a.c": "changed\n", "new/deep/x.c": "x\n"})
    (tree / "src" / "b.c").unlink()
    assert taken(here, tree) == {"src/a.c": "M", "src/b.c": "D", "new/deep/x.c": "A"}


def test_what_the_agent_committed_or_staged_is_seen_all_the_same(here, tree):
    commit(tree, {"src/a.c": "changed\n"})
    write(tree, {"staged.c": "x\n"})
    user_git(tree, "add", "staged.c")
    assert taken(here, tree) == {"src/a.c": "M", "staged.c": "A"}


def test_the_ignore_rules_of_the_base_hold_in_every_folder(root, tmp_path):
    commit(root, {
        "src/.gitignore": "/gen.c\ntmp/\n!keep.o\n", "lib/a.c": "x\n", "kept.o": b"tracked",
        ".gitignore": "*.o\nbuild/\n/top.c\n# a comment\n\n*.log\n!important.log\n",
    })  # fmt: skip
    at = place(root, tmp_path / "store.git")
    tree = tmp_path / "tree"
    at.store.checkout(at.base, tree)
    left_out = ("a.o", "build/x", "deep/build/y/z", "top.c", "src/gen.c", "src/tmp/x", "x.log")
    seen = ("deep/top.c", "src/keep.o", "lib/gen.c", "lib/tmp/x", "important.log", "buildx")
    write(tree, dict.fromkeys((*left_out, *seen), "x\n"))
    write(tree, {"kept.o": b"tracked and changed"})
    assert taken(at, tree) == {**dict.fromkeys(seen, "A"), "kept.o": "M"}


def test_rewritten_ignore_rules_hide_nothing_and_show_nothing(here, tree):
    write(
        tree, {".gitignore": "*\n!*.o\n", "src/.gitignore": "*\n", "a.o": b"x", "hidden.c": "x\n"}
    )
    write(tree, {".git/info/exclude": "*\n"})
    user_git(tree, "config", "core.excludesFile", str(tree / ".gitignore"))
    assert taken(here, tree) == {".gitignore": "M", "src/.gitignore": "A", "hidden.c": "A"}


def test_a_removed_ignore_file_still_holds(here, tree):
    (tree / ".gitignore").unlink()
    write(tree, {"a.o": b"x"})
    assert taken(here, tree) == {".gitignore": "D"}


def test_a_base_without_ignore_rules_ignores_nothing(root, tmp_path):
    (root / ".gitignore").unlink()
    commit(root)
    at = place(root, tmp_path / "store.git")
    tree = tmp_path / "tree"
    at.store.checkout(at.base, tree)
    write(tree, {"a.o": b"x", ".gitignore": "*\n"})
    assert taken(at, tree) == {"a.o": "A", ".gitignore": "A"}


def test_files_marked_as_unchanged_are_looked_at(here, tree):
    user_git(tree, "update-index", "--assume-unchanged", "src/a.c")
    user_git(tree, "update-index", "--skip-worktree", "src/b.c")
    write(tree, {"src/a.c": "changed\n", "src/b.c": "changed\n"})
    assert taken(here, tree) == {"src/a.c": "M", "src/b.c": "M"}


@pytest.mark.parametrize("commits", [0, 1])
def test_a_repository_inside_is_files_like_any_other(here, tree, commits):
    inner = tree / "third_party" / "lib"
    write(inner, {"lib.c": "x\n", "deeper/y.c": "y\n"})
    for folder in (inner, inner / "deeper", tree / "src"):
        user_git(folder, "init", "--quiet")
        if commits:
            commit(folder)
    write(tree, {"src/a.c": "changed\n"})
    assert taken(here, tree) == {
        "third_party/lib/lib.c": "A", "third_party/lib/deeper/y.c": "A", "src/a.c": "M",
    }  # fmt: skip


def test_a_file_called_git_is_not_taken(here, tree):
    write(tree, {"sub/.git": "gitdir: /elsewhere\n", "sub/x.c": "x\n"})
    assert taken(here, tree) == {"sub/x.c": "A"}


def test_a_folder_in_place_of_a_file_and_the_reverse(here, tree):
    (tree / "run.sh").unlink()
    write(tree, {"run.sh/inside": "x\n"})
    for name in ("a.c", "b.c"):
        (tree / "src" / name).unlink()
    (tree / "src").rmdir()
    write(tree, {"src": "a file\n"})
    assert taken(here, tree) == {
        "run.sh": "D", "run.sh/inside": "A", "src": "A", "src/a.c": "D", "src/b.c": "D",
    }  # fmt: skip


def test_links_are_taken_as_links(here, tree, tmp_path):
    (tmp_path / "outside").mkdir()
    write(tmp_path / "outside", {"secret": "x"})
    (tree / "to_folder").symlink_to(tmp_path / "outside")
    (tree / "dangling").symlink_to("nowhere")
    assert taken(here, tree) == {"to_folder": "A", "dangling": "A"}
    made = here.store.take(tree, here.base)
    assert here.store.show(made, "to_folder") == str(tmp_path / "outside").encode()


def test_a_mode_is_taken(here, tree):
    (tree / "run.sh").chmod(0o644)
    (tree / "src" / "b.c").chmod(0o755)
    assert taken(here, tree) == {"run.sh": "M", "src/b.c": "M"}


def test_pipes_and_sockets_are_left_out(here, tree):
    os.mkfifo(tree / "pipe")
    assert taken(here, tree) == {}


def test_submodules_stay_as_they_were(root, tmp_path):
    user_git(root, "update-index", "--add", "--cacheinfo", f"160000,{'1' * 40},sub")
    user_git(root, "commit", "--quiet", "-m", "sub")
    at = place(root, tmp_path / "store.git")
    tree = tmp_path / "tree"
    at.store.checkout(at.base, tree)
    write(tree, {"sub/inside.c": "x\n", "src/b.c": "changed\n"})
    assert taken(at, tree) == {"src/b.c": "M"}


def test_a_folder_that_cannot_be_read_is_an_error(here, tree):
    (tree / "src").chmod(0)
    if os.access(tree / "src", os.R_OK):
        pytest.skip("whoever runs this may read everything")
    try:
        with pytest.raises(NotReady, match="src cannot be read: Permission denied"):
            here.store.take(tree, here.base)
    finally:
        (tree / "src").chmod(0o755)


def test_a_folder_that_is_not_there_is_an_error(here, tmp_path):
    with pytest.raises(NotReady, match="nowhere cannot be read: No such file"):
        here.store.take(tmp_path / "nowhere", here.base)


def test_the_agents_repository_works_and_begins_clean(here, tree):
    assert user_git(tree, "status", "--porcelain") == ""
    write(tree, {"src/b.c": "changed\n"})
    assert user_git(tree, "diff", "--name-only") == "src/b.c"
    assert user_git(tree, "log", "--format=%s") == "incumbent"


def test_taking_changes_nothing_in_the_folder(here, tree):
    write(tree, {"new.c": "x\n", "a.o": b"x"})
    before = contents(tree)
    here.store.take(tree, here.base)
    assert contents(tree) == before
