"""Patches: those that fit, those that fit elsewhere, those that do not, those that must not."""

import pytest

from support.repos import commit, contents, place, user_git, write
from whet.git.store import DoesNotApply


def patch(path, old, new, at=1):
    return (
        f"--- a/{path}\n+++ b/{path}\n@@ -{at},{len(old)} +{at},{len(new)} @@\n"
        + "".join(f"-{line}\n" for line in old)
        + "".join(f"+{line}\n" for line in new)
    ).encode()


def test_a_patch_makes_a_tree(here):
    tree = here.store.apply(patch("src/b.c", ["int b;"], ["int b = 2;"]), here.base)
    assert here.store.show(tree, "src/b.c") == b"int b = 2;\n"
    assert here.store.show(tree, "run.sh") == here.store.show(here.base, "run.sh")


def test_a_diff_applied_is_what_it_was_made_from(here, tmp_path):
    tree = tmp_path / "tree"
    here.store.checkout(here.base, tree)
    write(tree, {"data.bin": b"\0\r\n\1" * 100, "crlf.txt": b"one\r\n2\r\n", "no newline": "end"})
    write(tree, {"sub dir/ä.c": "x\n", "empty": ""})
    (tree / "run.sh").chmod(0o644)
    (tree / "src" / "b.c").unlink()
    (tree / "link").unlink()
    (tree / "link").symlink_to("run.sh")
    made = here.store.commit(here.store.take(tree, here.base), "x\n", (here.base,))
    diff = here.store.diff(here.base, made)
    assert here.store.apply(diff, here.base) == here.store.tree(made)


def test_a_patch_fits_where_lines_moved(root, tmp_path):
    at = place(root, tmp_path / "store.git")
    made = at.store.apply(patch("src/a.c", ["int last;"], ["int last = 1;"], at=25), at.base)
    diff = at.store.diff(at.base, at.store.commit(made, "x\n"))
    moved = commit(root, {"src/a.c": "// new\n" * 9 + (root / "src/a.c").read_text()})
    text = at.store.show(at.store.apply(diff, moved), "src/a.c").decode()
    assert text.startswith("// new\n")
    assert text.endswith("int last = 1;\n")


def test_a_patch_is_merged_where_its_context_changed(root, tmp_path):
    # the line beside the change differs, so only a merge of three versions can tell
    old = "".join(f"line {n}\n" for n in range(12))
    base = commit(root, {"src/m.c": old})
    at = place(root, tmp_path / "store.git")
    edited = old.replace("line 6\n", "line six\n")
    tree = tmp_path / "tree"
    at.store.checkout(base, tree)
    write(tree, {"src/m.c": edited})
    diff = at.store.diff(base, at.store.commit(at.store.take(tree, base), "x\n"))
    onto = commit(root, {"src/m.c": old.replace("line 3\n", "line three\n")})
    merged = at.store.show(at.store.apply(diff, onto), "src/m.c").decode()
    assert merged == edited.replace("line 3\n", "line three\n")


def test_a_conflict_is_told_in_gits_words(root, tmp_path):
    at = place(root, tmp_path / "store.git")
    made = at.store.commit(at.store.apply(patch("src/b.c", ["int b;"], ["int b1;"]), at.base), "x")
    diff = at.store.diff(at.base, made)
    onto = commit(root, {"src/b.c": "int b2;\n"})
    with pytest.raises(DoesNotApply, match=r"^patch failed: src/b\.c:1$"):
        at.store.apply(diff, onto)


@pytest.mark.parametrize(("text", "said"), [
    (patch("src/b.c", ["int nothing;"], ["x"]), r"^patch failed: src/b\.c:1$"),
    (patch("no/such.c", ["a"], ["b"]), r"^no/such\.c: does not exist in index$"),
    (b"", "^No valid patches in input"),
    (b"this is prose\n", "^No valid patches in input"),
    (b"--- a/src/b.c\n+++ b/src/b.c\n@@ -1 +1 @@\n-int b;\n", r"^corrupt patch at line \d+$"),
    (patch("src/b.c", ["int b;"], ["int b;"])[:-4], "^corrupt patch"),
])  # fmt: skip
def test_what_does_not_fit_is_told_in_gits_words(here, text, said):
    with pytest.raises(DoesNotApply, match=said):
        here.store.apply(text, here.base)


def new_file(path, mode="100644", content="x"):
    return (
        f"diff --git a/{path} b/{path}\nnew file mode {mode}\n--- /dev/null\n+++ b/{path}\n"
        f"@@ -0,0 +1 @@\n+{content}\n"
    ).encode()


@pytest.mark.parametrize("path", [
    "../outside", "src/../../outside", "/etc/outside", ".git/config", ".git/hooks/pre-commit",
    "sub/.git/config", ".GIT/config", "src/.git",
])  # fmt: skip
def test_a_patch_cannot_leave_the_tree_or_write_into_a_git_folder(here, path, tmp_path):
    before = contents(tmp_path)
    with pytest.raises(DoesNotApply):
        here.store.apply(new_file(path), here.base)
    after = contents(tmp_path)
    assert {key for key in before.keys() ^ after.keys() if "/objects/" not in key} == set()


def test_a_patch_cannot_write_through_a_link(here):
    link = new_file("door", "120000", "/tmp") + b"\\ No newline at end of file\n"
    assert here.store.apply(link, here.base)
    with pytest.raises(DoesNotApply, match="'door/x' is beyond a symbolic link"):
        here.store.apply(link + new_file("door/x"), here.base)


def test_a_patch_of_several_files_fits_as_a_whole_or_not_at_all(here):
    both = patch("src/b.c", ["int b;"], ["int b1;"]) + patch("run.sh", ["no"], ["yes"])
    with pytest.raises(DoesNotApply, match=r"^patch failed: run\.sh:1$"):
        here.store.apply(both, here.base)


def test_a_patch_as_mail_is_a_patch(root, tmp_path):
    commit(root, {"src/b.c": "int b = 3;\n"}, message="Make b three")
    mail = user_git(root, "format-patch", "--stdout", "-1") + "\n"
    at = place(root, tmp_path / "store.git")
    tree = at.store.apply(mail.encode(), at.repo.resolve("HEAD~1"))
    assert tree == at.store.tree(at.base)


def test_trailing_white_space_is_kept(here):
    tree = here.store.apply(patch("src/b.c", ["int b;"], ["int b;  \t"]), here.base)
    assert here.store.show(tree, "src/b.c") == b"int b;  \t\n"
