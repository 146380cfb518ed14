"""Changes of others: brought into the store byte for byte, merged, credited."""

import pytest

from support.forks import change, fork, start
from support.repos import place, user_git
from whet.git import history
from whet.git.joint import join
from whet.git.store import DoesNotApply
from whet.git.taking import Foreign, bring, credited, message, pick

LINES = "".join(f"int line_{number};\n" for number in range(30))
ODD = 'sub dir/ä "quoted"\\back.c'


@pytest.fixture
def upstream(tmp_path):
    path = tmp_path / "upstream"
    start(path, {"a.c": LINES, "old/b.c": LINES, ODD: "int odd;\n"})
    return path


@pytest.fixture
def other(upstream, tmp_path):
    return fork(upstream, tmp_path / "other")


@pytest.fixture
def taken(upstream, other, tmp_path):
    """Brings commits of the fork into a store of upstream's."""

    def done(*ids):
        at = place(upstream, tmp_path / "store.git")
        source = join(tmp_path / "joint.git", (upstream / ".git", other / ".git"))
        changed = history.entries(source, ids)
        known = {one.id: one for one in history.commits(source, *ids)}
        wanted = [
            Foreign(name=name[:16], entries=changed[name], author=known[name].author,
                    email="a@b.example", authored=known[name].authored,
                    message=f"{known[name].message}\n\nOrigin: here@{name[:8]}")
            for name in ids
        ]  # fmt: skip
        brought = bring(at.store, source, wanted)
        return at, [brought[name[:16]] for name in ids]

    return done


def edited(number, text, source=LINES):
    return source.replace(f"int line_{number};\n", text)


def shown(at, tree, path="a.c"):
    return at.store.git("cat-file", "blob", f"{tree}:{path}").decode()


def test_a_change_is_merged_where_the_lines_have_moved(upstream, other, taken):
    made = change(other, {"a.c": edited(20, "int faster;\n")}, "faster")
    change(upstream, {"a.c": "/* a new\n   head */\n" + edited(3, "int three;\n")}, "head")
    at, [commit] = taken(made)
    picked = pick(at.store, commit, at.base)
    tree, first = picked.tree, picked.first
    assert first == ()
    assert shown(at, tree) == "/* a new\n   head */\n" + edited(3, "int three;\n").replace(
        "int line_20;", "int faster;"
    )


def test_a_file_that_upstream_has_moved_is_found(upstream, other, taken):
    made = change(other, {"old/b.c": edited(20, "int faster;\n")}, "faster")
    user_git(upstream, "mv", "old", "new")
    change(upstream, {}, "move")
    at, [commit] = taken(made)
    assert "int faster;" in shown(at, pick(at.store, commit, at.base).tree, "new/b.c")


def test_names_modes_bytes_and_deletions_are_as_they_were(other, taken):
    made = change(other, {ODD: "int even;\n", "data.bin": bytes(range(256)), "new\nline.c": "x\n"},
                  "odd", remove=("old/b.c",))  # fmt: skip
    (other / "run.sh").write_text("#!/bin/sh\n")
    (other / "run.sh").chmod(0o755)
    second = change(other, {}, "script")
    at, commits = taken(made, second)
    tree = at.base
    for commit in commits:
        tree = pick(at.store, commit, tree).tree
    theirs = user_git(other, "rev-parse", f"{second}^{{tree}}")
    assert tree == theirs


def test_a_conflict_names_the_files(upstream, other, taken):
    made = change(other, {"a.c": edited(20, "int faster;\n")}, "faster")
    change(upstream, {"a.c": edited(20, "int slower;\n")}, "slower")
    at, [commit] = taken(made)
    with pytest.raises(DoesNotApply, match=r"^conflicts in a\.c$"):
        pick(at.store, commit, at.base)


def test_what_a_change_builds_on_is_taken_with_it_and_no_more(other, taken):
    ground = change(other, {"a.c": edited(20, "int ground;\n")}, "the ground", author="Ada")
    beside = change(other, {"old/b.c": edited(3, "int beside;\n")}, "beside")
    top = change(other, {"a.c": edited(20, "int on_top_of_the_ground;\n")}, "the top", author="Bob")
    at, [first, second, commit] = taken(ground, beside, top)
    with pytest.raises(DoesNotApply):
        pick(at.store, commit, at.base)
    picked = pick(at.store, commit, at.base, (first, second))
    tree, with_it = picked.tree, picked.first
    assert with_it == (first,)
    assert "int on_top_of_the_ground;" in shown(at, tree)
    assert "beside" not in shown(at, tree, "old/b.c")
    text = credited(at.store, commit, with_it)
    assert text.startswith("the top\n\nTogether with:\n- the ground\n\nOrigin: here@")
    assert text.count("Origin: ") == 2


def test_what_is_there_already_changes_nothing(upstream, other, taken):
    made = change(other, {"a.c": edited(20, "int faster;\n")}, "faster")
    change(upstream, {"a.c": edited(20, "int faster;\n")}, "the same")
    at, [commit] = taken(made)
    assert pick(at.store, commit, at.base).tree == at.store.tree(at.base)


def test_a_name_or_message_that_looks_like_a_command_is_only_text(other, taken):
    text = "faster\n\ndone\nreset refs/heads/main\n\ncommit refs/heads/evil\ndata 0\n"
    made = change(other, {"a.c": edited(20, "int faster;\n")}, text, author="A > B\n<c")
    at, [commit] = taken(made)
    refs = at.store.git("for-each-ref", "--format=%(refname)").decode().split()
    assert refs == [f"refs/whet/foreign/{made[:16]}"]
    assert message(at.store, commit).startswith("faster\n\ndone\nreset")


def test_bringing_twice_gives_the_same_commit(other, taken):
    made = change(other, {"a.c": edited(20, "int faster;\n")}, "faster")
    assert taken(made)[1] == taken(made)[1]


def test_a_change_whose_contents_are_not_here_is_left_out(upstream, other, tmp_path):
    made = change(other, {"a.c": edited(20, "int faster;\n")}, "faster")
    at = place(upstream, tmp_path / "store.git")
    source = join(tmp_path / "joint.git", (upstream / ".git", other / ".git"))
    [(_, rows)] = history.entries(source, [made]).items()
    lost = Foreign(name="x", entries=rows, author="A", email="a", authored=0, message="m")
    alone = join(tmp_path / "alone.git", (upstream / ".git",))
    assert bring(at.store, alone, [lost]) == {}


MADE = "# Generated by GNU Autoconf 2.71.\n" + LINES


def conflicting(upstream, other, more, name="configure", text=MADE, attributes=""):
    """A commit whose generated file conflicts with upstream's, and one file that does not."""
    files = {name: text} | ({".gitattributes": attributes} if attributes else {})
    change(upstream, files, "a configure script", "2021-01-01")
    user_git(other, "fetch", "--quiet", str(upstream))
    user_git(other, "reset", "--quiet", "--hard", "FETCH_HEAD")
    made = change(other, {name: edited(5, "int theirs;\n", text), **more}, "faster", "2021-01-02")
    change(upstream, {name: edited(5, "int ours;\n", text)}, "again", "2021-01-03")
    return made


@pytest.mark.parametrize(("name", "text", "attributes", "patterns"), [
    ("configure", MADE, "", ()),
    ("api_pb.py", "# -*- coding: utf-8 -*-\n# DO NOT EDIT!\n" + LINES, "", ()),
    ("table.inc", LINES, "*.inc linguist-generated\n", ()),
    ("sub/Makefile.in", LINES, "", ("Makefile.in",)),
])  # fmt: skip
def test_a_generated_file_in_conflict_stays_as_it_is_and_is_named(
    upstream, other, taken, name, text, attributes, patterns
):
    made = conflicting(
        upstream, other, {"a.c": edited(20, "int faster;\n")}, name, text, attributes
    )
    at, [commit] = taken(made)
    picked = pick(at.store, commit, at.base, (), patterns)
    assert picked.left == (name,)
    assert "int ours;" in shown(at, picked.tree, name)
    assert "int faster;" in shown(at, picked.tree)
    told = credited(at.store, commit, (), picked.left)
    assert f"Left out: {name} (generated, and in conflict)" in told
    assert told.splitlines()[-1].startswith("Origin: ")


def test_a_file_that_somebody_writes_is_never_left_out(upstream, other, taken):
    made = conflicting(upstream, other, {"a.c": edited(20, "int f;\n")}, "configure", LINES)
    at, [commit] = taken(made)
    with pytest.raises(DoesNotApply, match="conflicts in configure"):
        pick(at.store, commit, at.base)


def test_a_change_of_nothing_but_generated_files_conflicts(upstream, other, taken):
    at, [commit] = taken(conflicting(upstream, other, {}))
    with pytest.raises(DoesNotApply, match="conflicts in configure"):
        pick(at.store, commit, at.base)


def test_beside_a_generated_file_the_conflict_that_counts_is_named(upstream, other, taken):
    made = conflicting(upstream, other, {"a.c": edited(20, "int f;\n")})
    change(upstream, {"a.c": edited(20, "int g;\n")}, "other")
    at, [commit] = taken(made)
    with pytest.raises(DoesNotApply, match=r"conflicts in a\.c$"):
        pick(at.store, commit, at.base)
