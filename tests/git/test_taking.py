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
    tree, first = pick(at.store, commit, at.base)
    assert first == ()
    assert shown(at, tree) == "/* a new\n   head */\n" + edited(3, "int three;\n").replace(
        "int line_20;", "int faster;"
    )


def test_a_file_that_upstream_has_moved_is_found(upstream, other, taken):
    made = change(other, {"old/b.c": edited(20, "int faster;\n")}, "faster")
    user_git(upstream, "mv", "old", "new")
    change(upstream, {}, "move")
    at, [commit] = taken(made)
    assert "int faster;" in shown(at, pick(at.store, commit, at.base)[0], "new/b.c")


def test_names_modes_bytes_and_deletions_are_as_they_were(other, taken):
    made = change(other, {ODD: "int even;\n", "data.bin": bytes(range(256)), "new\nline.c": "x\n"},
                  "odd", remove=("old/b.c",))  # fmt: skip
    (other / "run.sh").write_text("#!/bin/sh\n")
    (other / "run.sh").chmod(0o755)
    second = change(other, {}, "script")
    at, commits = taken(made, second)
    tree = at.base
    for commit in commits:
        tree, _ = pick(at.store, commit, tree)
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
    tree, with_it = pick(at.store, commit, at.base, (first, second))
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
    assert pick(at.store, commit, at.base)[0] == at.store.tree(at.base)


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
