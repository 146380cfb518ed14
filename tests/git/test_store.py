"""Files in, files out, byte for byte; patterns; bundles."""

import os
import subprocess
import sys

import pytest

from support.repos import ODD_NAMES, commit, contents, place, plain, user_git, write
from whet.git.call import GitError, git
from whet.git.store import Store, open_store, receive


def checked_out(at, ref, tmp_path, **options):
    folder = tmp_path / "out"
    at.store.checkout(ref, folder, **options)
    return folder


def test_a_checkout_is_what_the_user_has(here, tmp_path):
    out = checked_out(here, here.base, tmp_path)
    assert contents(out) == plain(here.root)
    assert os.access(out / "run.sh", os.X_OK)
    assert (out / "link").is_symlink()


def test_names_of_every_kind_survive(root, tmp_path):
    write(root, dict.fromkeys(ODD_NAMES, "x\n"))
    commit(root)
    at = place(root, tmp_path / "store.git")
    assert contents(checked_out(at, at.base, tmp_path)) == plain(root)
    assert set(ODD_NAMES) <= set(at.store.files(at.base))
    assert set(ODD_NAMES) <= at.store.matching(at.base, ["**"])
    assert at.store.take(root, at.base) == at.store.tree(at.base)


@pytest.mark.parametrize("attributes", [
    "* text=auto eol=crlf\n", "* text eol=lf\n", "*.txt working-tree-encoding=UTF-16\n",
    "* export-subst ident\n", "src export-ignore\n", "* filter=lfs diff=lfs merge=lfs -text\n",
    "* -diff\n* binary\n", "[attr]odd text eol=crlf\n* odd\n",
])  # fmt: skip
def test_attributes_change_neither_what_is_written_nor_what_is_taken(root, attributes, tmp_path):
    files = {
        "crlf.txt": b"one\r\ntwo\r\n", "mixed.txt": b"a\nb\r\n", "id.c": "$Id$ $Format:%H$\n",
        "big.dat": "version https://git-lfs.github.com/spec/v1\n", "src/a.c": "int a;\n",
    }  # fmt: skip
    tree = root / "raw"
    write(tree, {**files, ".gitattributes": attributes})
    at = place(root, tmp_path / "store.git")
    base = at.store.commit(at.store.take(tree, at.base), "raw\n")
    assert contents(checked_out(at, base, tmp_path)) == contents(tree)
    for name, text in files.items():
        assert at.store.show(base, name) == (text if isinstance(text, bytes) else text.encode())
    # what was one line is seen as one line, whatever the attributes say of it
    write(tree, {"crlf.txt": b"one\r\nTWO\r\n"})
    made = at.store.commit(at.store.take(tree, base), "changed\n")
    (change,) = at.store.changes(base, made)
    assert (change.path, change.added, change.removed, change.binary) == ("crlf.txt", 1, 1, False)
    assert b"+TWO\r\n" in at.store.diff(base, made)
    assert at.store.apply(at.store.diff(base, made), base) == at.store.tree(made)


def test_a_checkout_replaces_what_is_in_the_way(here, tmp_path):
    out = tmp_path / "out"
    write(out, {"src": "a file where a folder belongs", "link/deep/file": "x"})
    here.store.checkout(here.base, out)
    assert contents(out) == plain(here.root)


def test_a_checkout_does_not_write_through_links(here, tmp_path):
    out, outside = tmp_path / "out", tmp_path / "outside"
    outside.mkdir()
    out.mkdir()
    (out / "src").symlink_to(outside)
    (out / "run.sh").symlink_to(outside / "run.sh")
    here.store.checkout(here.base, out)
    assert list(outside.iterdir()) == []
    assert contents(out) == plain(here.root)


def test_only_the_files_asked_for_are_written(here, tmp_path):
    out = checked_out(here, here.base, tmp_path, only=frozenset({"src/b.c", "run.sh"}))
    assert set(contents(out)) == {"src/b.c", "run.sh"}


def test_of_no_files_nothing_is_written(here, tmp_path):
    assert contents(checked_out(here, here.base, tmp_path, only=frozenset())) == {
        "./": ("empty", "")
    }


def test_a_submodule_is_an_empty_folder_in_a_checkout(root, tmp_path):
    user_git(root, "update-index", "--add", "--cacheinfo", f"160000,{'1' * 40},sub")
    user_git(root, "commit", "--quiet", "-m", "sub")
    at = place(root, tmp_path / "store.git")
    out = checked_out(at, at.base, tmp_path)
    assert list((out / "sub").iterdir()) == []
    assert at.store.submodules(at.base) == {"sub": "1" * 40}


# Patterns are git's own.


@pytest.mark.parametrize(("patterns", "expected"), [
    (["**"], "all"),
    (["*.c"], {"src/a.c", "src/b.c", "lib/x/a.c"}),
    (["/src/"], {"src/a.c", "src/b.c"}),
    (["src"], {"src/a.c", "src/b.c", "lib/src"}),
    (["src/**", "!src/b.c"], {"src/a.c"}),
    (["/*.c"], set()),
    (["a.c"], {"src/a.c", "lib/x/a.c"}),
    (["lib/**/a.c"], {"lib/x/a.c"}),
    (["# comment", "", "run.sh  "], {"run.sh"}),
    (["x/"], {"lib/x/a.c"}),
    ([], set()),
])  # fmt: skip
def test_patterns_mean_what_they_mean_in_a_gitignore(root, patterns, expected, tmp_path):
    commit(root, {"lib/x/a.c": "int x;\n", "lib/src": "a file called src\n"})
    at = place(root, tmp_path / "store.git")
    files = frozenset(at.store.files(at.base))
    found = at.store.matching(at.base, patterns)
    assert found == (files if expected == "all" else expected)
    assert at.store.matched(files, patterns) == found


def test_patterns_do_not_depend_on_ignore_files(root, tmp_path):
    commit(root, {".gitignore": "*\n!*.c\n", "src/.gitignore": "!run.sh\n"})
    (root / ".git" / "info" / "exclude").write_text("*.c\n")
    at = place(root, tmp_path / "store.git")
    assert at.store.matching(at.base, ["*.sh"]) == {"run.sh"}
    assert at.store.matched(at.store.files(at.base), ["*.sh"]) == {"run.sh"}


# Changes.


def changed(at, tmp_path, edit):
    tree = tmp_path / "tree"
    at.store.checkout(at.base, tree)
    edit(tree)
    made = at.store.commit(at.store.take(tree, at.base), "edit\n", (at.base,))
    return {change.path: change for change in at.store.changes(at.base, made)}


def test_every_kind_of_change_is_seen(here, tmp_path):
    def edit(tree):
        write(tree, {"src/a.c": "one\ntwo\n", "new.c": "x\ny\nz\n", "data.bin": b"\0\1", "e": b""})
        (tree / "src" / "b.c").unlink()
        (tree / "crlf.txt").chmod(0o755)
        (tree / "out").symlink_to("/etc/passwd")
        (tree / "link").unlink()
        write(tree, {"link": "no link any more\n"})

    found = changed(here, tmp_path, edit)
    seen = {
        path: (c.status, c.old_mode, c.new_mode, c.added, c.removed, c.binary, c.link)
        for path, c in found.items()
    }
    assert seen == {
        "crlf.txt": ("M", "100644", "100755", 0, 0, False, ""),
        "data.bin": ("M", "100644", "100644", 0, 0, True, ""),
        "e": ("A", "000000", "100644", 0, 0, False, ""),
        "link": ("T", "120000", "100644", 1, 1, False, ""),
        "new.c": ("A", "000000", "100644", 3, 0, False, ""),
        "out": ("A", "000000", "120000", 1, 0, False, "/etc/passwd"),
        "src/a.c": ("M", "100644", "100644", 2, 25, False, ""),
        "src/b.c": ("D", "100644", "000000", 0, 1, False, ""),
    }


def test_names_in_changes_can_be_written_as_utf8(root, tmp_path):
    at = place(root, tmp_path / "store.git")
    found = changed(at, tmp_path, lambda tree: write(tree, dict.fromkeys(ODD_NAMES, "x\n")))
    names = {name for name in ODD_NAMES if name.isascii() or "latin" not in name}
    assert names <= found.keys()
    assert "latin-\\xe4" in found
    assert all(path.encode() for path in found)


def test_a_moved_file_is_one_less_and_one_more(here, tmp_path):
    found = changed(here, tmp_path, lambda tree: (tree / "src" / "a.c").rename(tree / "moved.c"))
    assert {path: change.status for path, change in found.items()} == {
        "moved.c": "A", "src/a.c": "D",
    }  # fmt: skip


def test_nothing_changed_is_no_change(here, tmp_path):
    assert changed(here, tmp_path, lambda _: None) == {}


# Commits that travel.


def test_a_snapshot_depends_on_the_files_alone(here):
    same = here.store.commit(here.store.tree(here.base), "other words\n", (here.base,))
    assert here.store.snapshot(same) == here.store.snapshot(here.base)
    assert here.store.git("rev-list", here.store.snapshot(same)).split() == [
        here.store.snapshot(same).encode()
    ]


def test_commits_are_the_same_whoever_makes_them_and_whenever(here, monkeypatch):
    monkeypatch.setenv("GIT_AUTHOR_NAME", "Somebody")
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    made = here.store.commit(here.store.tree(here.base), "x\n")
    assert b"author whet <whet@localhost> 946684800 +0000" in here.store.git("cat-file", "-p", made)


def test_a_bundle_brings_the_files_and_no_history(root, tmp_path):
    secret = commit(root, {"secret.txt": "removed later\n"})
    (root / "secret.txt").unlink()
    commit(root)
    at = place(root, tmp_path / "store.git")
    a, b = at.store.snapshot(at.base), at.store.snapshot(at.store.apply(EDIT, at.base))
    at.store.bundle({"a": a, "b": b}, tmp_path / "it.bundle")
    there = receive(tmp_path / "there" / "objects.git", tmp_path / "it.bundle")
    for commit_ in (a, b):
        there.checkout(commit_, tmp_path / "out")
    assert (tmp_path / "out" / "src" / "b.c").read_text() == "int b = 2;\n"
    assert there.show(a, "src/b.c") == b"int b;\n"
    assert not there.has(secret)
    assert not there.has(at.base)


EDIT = b"--- a/src/b.c\n+++ b/src/b.c\n@@ -1 +1 @@\n-int b;\n+int b = 2;\n"


def test_a_second_bundle_may_say_something_else(here, tmp_path):
    a = here.store.snapshot(here.base)
    b = here.store.snapshot(here.store.apply(EDIT, here.base))
    for name, commits in (("1", {"a": a}), ("2", {"a": b})):
        here.store.bundle(commits, tmp_path / name)
        there = receive(tmp_path / "objects.git", tmp_path / name)
    assert there.has(a)
    assert there.has(b)


def test_a_bundle_of_a_repository_with_sha256_names(tmp_path):
    root = tmp_path / "long"
    root.mkdir()
    user_git(root, "init", "--quiet", "--object-format=sha256")
    commit(root, {"src/b.c": "int b;\n"})
    at = place(root, tmp_path / "store.git")
    at.store.bundle({"a": at.store.snapshot(at.base)}, tmp_path / "it.bundle")
    there = receive(tmp_path / "there.git", tmp_path / "it.bundle")
    assert there.show(at.store.snapshot(at.base), "src/b.c") == b"int b;\n"


def test_a_store_beside_is_borrowed_from_and_never_written(here, tmp_path):
    snapshot = here.store.snapshot(here.base)
    before = contents(here.store.path)
    there = receive(tmp_path / "objects.git", here.store.path)
    there.checkout(snapshot, tmp_path / "out")
    there.commit(there.tree(snapshot), "new\n")
    assert contents(tmp_path / "out") == plain(here.root)
    assert contents(here.store.path) == before


def test_a_store_copies_nothing(here):
    assert here.store.git("count-objects").startswith(b"0 objects")


def test_a_store_is_opened_again_without_a_process(here, monkeypatch):
    monkeypatch.setenv("PATH", "/nonexistent")
    assert open_store(here.store.path) == Store(here.store.path)
    assert open_store(here.store.path, borrow=here.repo.common) == Store(here.store.path)


def test_a_store_has_no_hooks(here):
    assert not (here.store.path / "hooks").exists()


def test_a_file_that_is_not_there_is_none(here):
    assert here.store.show(here.base, "no/such") is None
    assert here.store.show(here.base, "src") is None


def test_a_commit_that_is_not_there_is_an_error_in_gits_words(here):
    with pytest.raises(GitError, match="git rev-parse: fatal: Needed a single revision"):
        here.store.tree("no-such")
    assert not here.store.has("1" * 40)


def test_a_missing_repository_is_an_error_that_names_it(tmp_path):
    with pytest.raises(GitError, match=r"nowhere\.git is not there"):
        git("rev-parse", "HEAD", git_dir=tmp_path / "nowhere.git")


def test_a_machine_without_git_is_told_so(here, monkeypatch):
    monkeypatch.setenv("PATH", "/nonexistent")
    with pytest.raises(Exception, match="git is not installed"):
        here.store.tree(here.base)


def test_where_two_commits_parted(root, tmp_path):
    first = commit(root, {"x": "1"})
    second = commit(root, {"x": "2"})
    at = place(root, tmp_path / "store.git")
    assert at.store.merge_base(first, second) == first
    apart = at.store.snapshot(second)
    assert at.store.merge_base(first, apart) == first


def test_the_objects_of_a_store_are_sound(here, tmp_path):
    made = here.store.apply(EDIT, here.base)
    here.store.point("refs/whet/x", here.store.commit(made, "x\n", (here.base,)))
    done = subprocess.run(
        ["git", "fsck", "--strict"], cwd=here.store.path, capture_output=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_two_processes_make_one_store_at_once(root, tmp_path):
    script = (
        "import sys; from pathlib import Path; from whet.git.store import open_store\n"
        "sys.stdin.read()\n"
        "open_store(Path(sys.argv[1]), borrow=Path(sys.argv[2])).tree(sys.argv[3])"
    )
    for number in range(6):
        words = [sys.executable, "-c", script, str(tmp_path / f"{number}.git"), str(root / ".git"),
                 user_git(root, "rev-parse", "HEAD").strip()]  # fmt: skip
        makers = [subprocess.Popen(words, stdin=subprocess.PIPE) for _ in range(4)]
        for maker in makers:  # all at once, when their standard input closes
            assert maker.stdin is not None
            maker.stdin.close()
        assert [maker.wait() for maker in makers] == [0, 0, 0, 0]
        assert [path.name for path in tmp_path.glob(f".{number}.git.*")] == []


def test_the_snapshot_of_a_ref_follows_the_ref(root, tmp_path):
    at = place(root, tmp_path / "store.git")
    ref = "refs/heads/moving"
    found = []
    for number in range(2):
        made = commit(root, {"a.txt": f"{number}\n"})
        at.store.point(ref, made)
        found.append(at.store.snapshot(ref))
        assert at.store.snapshot(made) == found[-1]
    assert found[0] != found[1]
