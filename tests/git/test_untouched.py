"""The user's repository is byte for byte what it was, whatever whet asks of it."""

import os
import stat

import pytest

from support.repos import (
    commit,
    contents,
    everything_that_reads,
    place,
    plain,
    user_git,
    with_submodule,
    write,
)
from whet.errors import NotReady
from whet.git.repo import find


def unsettle(root):
    """Leave the checkout as people leave theirs: staged, changed, stashed, untracked, ignored."""
    write(root, {"src/b.c": "int stashed;\n"})
    user_git(root, "stash")
    write(root, {"staged.c": "int s;\n", "untracked.txt": "u", "x.o": b"\0", "build/y": "i"})
    user_git(root, "add", "staged.c")
    write(root, {"src/a.c": "changed\n"})
    user_git(root, "branch", "other")
    user_git(root, "tag", "v1")
    os.utime(root / "run.sh", (1, 1))  # the index does not know this file any more


def test_reading_changes_nothing_at_all(here, tmp_path):
    unsettle(here.root)
    before = contents(here.root)
    everything_that_reads(here, tmp_path)
    assert contents(here.root) == before


def test_reading_needs_no_right_to_write(here, tmp_path):
    folders = [here.root, *(path for path in here.root.rglob("*") if path.is_dir())]
    for path in folders:
        path.chmod(stat.S_IRUSR | stat.S_IXUSR)
    if os.access(here.root, os.W_OK):
        pytest.skip("whoever runs this may write everywhere; the test before shows the same")
    try:
        everything_that_reads(here, tmp_path)
    finally:
        for path in folders:
            path.chmod(0o755)


def test_taking_refs_adds_refs_of_whet_and_their_objects_and_nothing_else(here, tmp_path):
    unsettle(here.root)
    user_git(here.root, "config", "core.logAllRefUpdates", "always")
    user_git(here.root, "config", "fetch.writeCommitGraph", "true")
    made = everything_that_reads(here, tmp_path)
    here.store.point("refs/whet/camp/E01", made)
    before = contents(here.root)
    here.repo.fetch(here.store.path, "refs/whet/camp/E01:refs/whet/camp/E01")
    after = contents(here.root)
    assert {key: after[key] for key in before} == before
    new = set(after) - set(before)
    assert ".git/refs/whet/camp/E01" in new
    assert {key for key in new if not key.startswith((".git/objects/", ".git/refs/whet/"))} == set()
    assert user_git(here.root, "rev-parse", "refs/whet/camp/E01") == made
    assert user_git(here.root, "branch", "--list").split() == ["*", "main", "other"]


def test_deleting_takes_away_refs_of_whet_and_no_others(here):
    before = user_git(here.root, "for-each-ref")
    for name in ("a/1", "a/2", "b/1"):
        ref = f"refs/whet/{name}"
        here.store.point(ref, here.base)
        here.repo.fetch(here.store.path, f"{ref}:{ref}")
    assert here.repo.delete_refs("refs/whet/a/") == 2
    assert here.repo.delete_refs("refs/whet/a/") == 0
    assert here.repo.delete_refs("refs/whet/") == 1
    assert user_git(here.root, "for-each-ref") == before


def test_a_ref_can_be_taken_again_after_it_moved_anywhere(here):
    ref = "refs/whet/camp/stack"
    for files in ({"src/b.c": "1"}, {"src/b.c": "2"}):
        commit(here.root, files)
        head = here.repo.resolve("HEAD")
        here.store.point(ref, head)
        here.repo.fetch(here.store.path, f"{ref}:{ref}")
    here.store.point(ref, here.base)
    here.repo.fetch(here.store.path, f"{ref}:{ref}")
    assert here.repo.resolve(ref) == here.base


def test_no_other_ref_can_be_taken_or_deleted(here):
    with pytest.raises(AssertionError):
        here.repo.fetch(here.store.path, "refs/whet/x:refs/heads/main")
    with pytest.raises(AssertionError):
        here.repo.delete_refs("refs/heads/")


def test_a_file_of_the_users_own_is_what_ignores_whet(here):
    before = plain(here.root)
    here.repo.exclude("/.whet/")
    here.repo.exclude("/.whet/")
    write(here.root, {".whet/events.jsonl": "x"})
    assert user_git(here.root, "status", "--porcelain") == ""
    exclude = here.root / ".git" / "info" / "exclude"
    assert exclude.read_text().count("/.whet/") == 1
    (here.root / ".whet" / "events.jsonl").unlink()
    (here.root / ".whet").rmdir()
    assert plain(here.root) == before


# Repositories of every kind.


def test_a_shallow_clone_is_as_good_as_a_full_one(root, tmp_path):
    for number in range(3):
        commit(root, {"src/new.c": f"int n{number};\n"})
    shallow = tmp_path / "shallow"
    user_git(tmp_path, "clone", "--quiet", "--depth=1", root.as_uri(), str(shallow))
    at = place(shallow, tmp_path / "store.git")
    before = contents(shallow)
    made = everything_that_reads(at, tmp_path)
    assert contents(shallow) == before
    at.store.point("refs/whet/c/E01", made)
    at.repo.fetch(at.store.path, "refs/whet/c/E01:refs/whet/c/E01")
    assert user_git(shallow, "show", "refs/whet/c/E01:src/b.c") == "int b = 2;"
    after = contents(shallow)
    assert {key: after[key] for key in before} == before


def test_a_clone_that_was_deepened_is_read_whole(root, tmp_path):
    first = user_git(root, "rev-parse", "HEAD")
    commit(root, {"src/new.c": "int n;\n"})
    shallow = tmp_path / "shallow"
    user_git(tmp_path, "clone", "--quiet", "--depth=1", root.as_uri(), str(shallow))
    place(shallow, tmp_path / "store.git")
    user_git(shallow, "fetch", "--quiet", "--unshallow")
    at = place(shallow, tmp_path / "store.git")
    assert at.store.merge_base(first, at.base) == first


def test_a_linked_work_tree_is_a_repository_of_its_own(here, tmp_path):
    linked = tmp_path / "linked"
    user_git(here.root, "worktree", "add", "--quiet", "-b", "side", str(linked))
    head = commit(linked, {"src/side.c": "int side;\n"})
    before = contents(here.root), contents(linked)
    at = place(linked, tmp_path / "other.git")
    assert (at.base, at.repo.head(), at.repo.root) == (head, "side", linked)
    assert at.repo.common == here.repo.common
    everything_that_reads(at, tmp_path)
    assert (contents(here.root), contents(linked)) == before


def test_a_repository_with_a_submodule(root, tmp_path):
    inside = with_submodule(root, tmp_path)
    write(inside, {"inner.c": "int changed;\n", "untracked": "u"})
    at = place(root, tmp_path / "store.git")
    before = contents(root)
    made = everything_that_reads(at, tmp_path)
    assert contents(root) == before
    assert list(at.store.submodules(made)) == ["third party/inner"]
    assert at.store.tree(at.base) == at.store.take(root, at.base)


def test_inside_a_submodule_the_submodule_is_the_repository(root, tmp_path):
    inside = with_submodule(root, tmp_path)
    at = place(inside, tmp_path / "store.git")
    assert at.repo.root == inside
    assert at.store.files(at.base) == ("inner.c",)
    assert at.repo.dirty() == ()


def test_a_detached_head(here, tmp_path):
    user_git(here.root, "checkout", "--quiet", "--detach")
    assert here.repo.head() == "detached HEAD"
    before = contents(here.root)
    everything_that_reads(here, tmp_path)
    assert contents(here.root) == before


def test_a_branch_without_a_commit_is_said_in_words(tmp_path):
    user_git(tmp_path, "init", "--quiet")
    repo = find(tmp_path)
    assert repo.head() == "main"
    assert repo.dirty() == ()
    with pytest.raises(NotReady, match="has no commit yet"):
        repo.resolve("HEAD")


def test_a_repository_with_sha256_names(tmp_path):
    root = tmp_path / "long"
    root.mkdir()
    user_git(root, "init", "--quiet", "--object-format=sha256")
    commit(root, {"src/b.c": "int b;\n", "src/a.c": "int a;\n"})
    at = place(root, tmp_path / "store.git")
    assert len(at.base) == 64
    before = contents(root)
    made = everything_that_reads(at, tmp_path)
    assert contents(root) == before
    at.store.point("refs/whet/c/E01", made)
    at.repo.fetch(at.store.path, "refs/whet/c/E01:refs/whet/c/E01")
    assert at.repo.resolve("refs/whet/c/E01") == made


def test_a_repository_that_borrows_its_own_objects(root, tmp_path):
    user_git(tmp_path, "clone", "--quiet", "--shared", str(root), str(tmp_path / "shared"))
    at = place(tmp_path / "shared", tmp_path / "store.git")
    assert at.store.show(at.base, "src/b.c") == b"int b;\n"


@pytest.mark.parametrize("name", ["#5", 'a "quoted" one', "back\\slash", "new\nline", "{x}"])
def test_a_folder_with_an_awkward_name(name, tmp_path):
    root = tmp_path / name
    root.mkdir()
    user_git(root, "init", "--quiet")
    commit(root, {"src/b.c": "int b;\n", "src/a.c": "int a;\n"})
    everything_that_reads(place(root, root / ".whet" / "store.git"), tmp_path)


def test_a_folder_below_the_root_finds_the_root(here):
    assert find(here.root / "src").root == here.root


def test_a_folder_that_is_in_no_repository_is_said_in_words(tmp_path):
    with pytest.raises(NotReady, match="is not in a git repository"):
        find(tmp_path)


# What differs from HEAD.


def test_files_that_differ_from_head_are_listed_and_untracked_ones_are_not(here):
    write(here.root, {"src/a.c": "changed\n", "untracked.txt": "u", "new name.c": "int n;\n"})
    user_git(here.root, "mv", "src/b.c", "moved.c")
    user_git(here.root, "add", "--intent-to-add", "new name.c")
    assert set(here.repo.dirty()) == {"src/a.c", "src/b.c", "moved.c", "new name.c"}


def test_a_file_that_was_only_touched_does_not_differ(here):
    os.utime(here.root / "src" / "a.c", (1, 1))
    assert here.repo.dirty() == ()


def test_a_changed_mode_differs(here):
    (here.root / "src" / "a.c").chmod(0o755)
    assert here.repo.dirty() == ("src/a.c",)


def test_a_name_that_names_no_commit_is_the_users_mistake(here):
    for word in ("no-such-branch", "HEAD~99", "-x", "--all", "", "HEAD:src"):
        with pytest.raises(Exception, match=f"no commit is called `{word}`"):
            here.repo.resolve(word)
        assert not here.repo.is_commit(word)
