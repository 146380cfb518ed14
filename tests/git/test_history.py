"""Histories in bulk: what a patch looks like means nothing, only what its heads count."""

import random

import pytest

from support.forks import change, start
from support.repos import user_git
from whet.git import history
from whet.git.call import git


@pytest.fixture
def root(tmp_path):
    path = tmp_path / "root"
    start(path, {"a.c": "int a;\n"})
    return path


def test_commits_are_read_as_they_are(root):
    change(
        root,
        {"a.c": "int b;\n"},
        "subject \u202e\x1f\n\nbody\nof two lines",
        "2021-05-06",
        "Ä \x1f",
    )
    newest, _ = history.commits(root / ".git", "HEAD")
    assert (newest.subject, newest.body) == ("subject \u202e", "body\nof two lines")
    assert newest.authored == 1620302400
    assert newest.email == "user@example.org"
    assert newest.tree == user_git(root, "rev-parse", "HEAD^{tree}")


def test_lines_that_look_like_heads_are_lines(root):
    trap = "-- a/x.c\n++ b/x.c\n@@ -1 +1 @@\ndiff --git a/y.c b/y.c\n" + "0" * 40 + "\n\\ No\n"
    made = change(root, {"a.c": trap}, "trap")
    gone = change(root, {"a.c": "int a;\n"}, "back")
    found = dict(history.patches(root / ".git", [made, gone]))
    assert [one.path for files in found.values() for one in files] == ["a.c", "a.c"]
    assert found[made][0].added == trap.splitlines()
    assert found[gone][0].removed == trap.splitlines()


@pytest.mark.parametrize("name", ["with space.c", "ä.c", "tab\there.c", 'quo"te.c', "new\nline.c"])
def test_names_of_every_kind_are_read(root, name):
    made = change(root, {name: "int odd;\n"}, "odd")
    [(_, [one])] = history.patches(root / ".git", [made])
    assert (one.path, one.status, one.added) == (name, "A", ["int odd;"])
    [(_, (row,))] = history.entries(root / ".git", [made]).items()
    assert row.path == name


def test_a_rename_adds_nothing(root):
    text = "".join(f"int line_{n};\n" for n in range(20))
    change(root, {"long.c": text}, "long")
    user_git(root, "mv", "long.c", "longer.c")
    made = change(root, {}, "rename")
    [(_, [one])] = history.patches(root / ".git", [made])
    assert (one.old, one.path, one.added) == ("long.c", "longer.c", [])


def test_of_a_long_patch_the_head_is_kept_and_the_next_is_whole(root):
    one = change(root, {"a.c": "".join(f"int x{n};\n" for n in range(900))}, "long")
    two = change(root, {"b.c": "int b;\n"}, "short")
    found = dict(history.patches(root / ".git", [one, two], lines=100))
    assert len(found[one][0].added) + len(found[one][0].removed) == 100
    assert found[two][0].added == ["int b;"]


def test_contents_come_by_id_and_what_is_large_or_absent_does_not(root):
    blobs = {name: git("hash-object", "-w", "--stdin", git_dir=root / ".git",
                       stdin=random.Random(name).randbytes(size)).decode().strip()
             for name, size in {"a": 10, "b": 5 << 20, "c": 3 << 20, "d": 0}.items()}  # fmt: skip
    found = history.contents(root / ".git", [*blobs.values(), "0" * 40], largest=4 << 20)
    assert {len(data) for data in found.values()} == {10, 3 << 20, 0}


def test_a_list_of_nothing_is_nothing(root):
    assert dict(history.patches(root / ".git", [])) == {}
    assert history.contents(root / ".git", []) == {}


def test_a_file_that_is_not_text_is_named(root):
    made = change(root, {"a.bin": bytes(range(256))}, "in")
    gone = change(root, {"a.c": "int z;\n"}, "out", remove=("a.bin",))
    found = dict(history.patches(root / ".git", [made, gone]))
    assert [(one.path, one.binary, one.status) for one in found[made]] == [("a.bin", True, "A")]
    assert ("a.bin", True, "D") in [(one.path, one.binary, one.status) for one in found[gone]]
