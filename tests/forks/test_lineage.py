"""Where forks left, and which commits are their own."""

import pytest

from support.forks import KERNEL, SIMD, UNROLLED, change, fork, start
from support.repos import user_git
from whet.errors import NotReady
from whet.readers.forks.mine import promising


def subjects(found, state=""):
    return sorted(m.commit.subject for m in found.commits if not state or m.status == state)


def test_a_fork_left_where_its_last_common_commit_is(upstream, other, mined):
    shared = user_git(upstream, "rev-parse", "HEAD")
    change(other, {"src/kernel.c": SIMD}, "faster sum")
    change(upstream, {"README.md": "changed\n"}, "say more")
    found = mined(upstream, other)
    assert (found.lineage.how, found.lineage.point) == ("merge-base", shared)
    assert subjects(found) == ["faster sum"]


def test_a_rewritten_history_is_joined_where_all_files_are_equal(upstream, tmp_path, mined):
    change(upstream, {"src/kernel.h": "int more;\n"}, "more", "2020-02-01")
    last = user_git(upstream, "rev-parse", "HEAD")
    other = tmp_path / "rewritten"
    start(other, when="2020-01-02")
    same = change(other, {"src/kernel.h": "int more;\n"}, "more, again", "2020-02-02")
    change(other, {"src/kernel.c": SIMD}, "faster sum")
    found = mined(upstream, other)
    assert (found.lineage.how, found.lineage.point) == ("tree", same)
    assert found.lineage.counterpart == last
    assert subjects(found) == ["faster sum"]


def test_a_stranger_is_refused(upstream, tmp_path, mined):
    other = tmp_path / "stranger"
    start(other, {"main.c": "int main(void) { return 0; }\n"})
    with pytest.raises(NotReady, match="neither a commit nor a state"):
        mined(upstream, other)


def test_two_empty_beginnings_are_nothing_in_common(tmp_path, mined):
    one, two = tmp_path / "one", tmp_path / "two"
    start(one, {})
    start(two, {}, when="2020-05-05")
    change(two, {"a.c": KERNEL}, "a")
    with pytest.raises(NotReady):
        mined(one, two)


def test_upstreams_commits_under_other_names_are_no_harvest(upstream, other, mined):
    change(other, {"src/own.c": "int own;\n"}, "own work", "2020-06-01")
    for number in range(3):
        files = {f"src/part{number}.c": SIMD.replace("kernel", f"part{number}")}
        change(upstream, files, f"faster part {number}", f"2020-07-0{number + 1}")
        change(other, files, f"faster part {number}", f"2020-07-0{number + 1}")
    found = mined(upstream, other)
    assert found.lineage.copied == 3
    assert subjects(found) == ["own work"]


def test_one_commit_on_two_branches_is_one_commit(upstream, other, mined):
    change(other, {"src/kernel.c": SIMD}, "faster sum", "2021-03-03")
    user_git(other, "checkout", "--quiet", "-b", "release", "main~1")
    change(other, {"VERSION": "2\n"}, "release 2", "2021-03-04")
    change(other, {"src/kernel.c": SIMD}, "faster sum", "2021-03-03")
    found = mined(upstream, other)
    assert subjects(found) == ["faster sum", "release 2"]
    assert found.lineage.doubles == 1


def test_what_was_taken_from_upstream_and_what_upstream_took_are_told_apart(upstream, other, mined):
    """With shifted context, squashed, and adopted later: patch ids differ in all three."""
    header = "/* a header of the fork\n * over several lines\n */\n"
    change(other, {"src/kernel.c": header + KERNEL}, "header of our own", "2020-03-01")
    change(upstream, {"src/kernel.c": SIMD}, "use wide registers", "2020-04-01")
    both = SIMD.replace(KERNEL[KERNEL.index("int kernel_scale"):],
                        UNROLLED[UNROLLED.index("int kernel_scale"):])  # fmt: skip
    change(upstream, {"src/kernel.c": both}, "unroll", "2020-04-02")
    change(other, {"src/kernel.c": header + both}, "sync performance work", "2020-05-01")
    ours = "int kernel_product_of_everything(void) { return __builtin_ctz(8) + prefetch_far(); }\n"
    change(other, {"src/more.c": ours}, "faster product", "2020-06-01")
    change(upstream, {"src/elsewhere.c": "int first_line_of_it;\n" + ours}, "product", "2020-09-01")
    found = mined(upstream, other)
    assert subjects(found, "ported") == ["sync performance work"]
    assert subjects(found, "later-upstream") == ["faster product"]
    assert subjects(found, "fork-only") == ["header of our own"]
    assert all(promising(one) for one in found.commits)


def test_what_the_common_base_had_already_is_nothing_new(upstream, tmp_path, mined):
    change(upstream, {"src/old.c": SIMD}, "old", "2020-01-05")
    other = fork(upstream, tmp_path / "other")
    moved = {"src/renamed_by_the_fork.c": SIMD}
    change(other, moved, "faster: copy of old.c", "2021-01-01")
    assert subjects(mined(upstream, other), "in-base") == ["faster: copy of old.c"]


def test_nothing_later_than_the_date_exists(upstream, other, mined):
    change(other, {"src/kernel.c": SIMD}, "early", "2021-01-01")
    late = change(other, {"src/late.c": SIMD.replace("kernel", "late")}, "late", "2022-01-01")
    end = 1640995200  # 2022-01-01
    assert subjects(mined(upstream, other, until=end)) == ["early"]
    assert subjects(mined(upstream, other, exclude=(late[:12],))) == ["early"]
    assert subjects(mined(upstream, other, since=end)) == ["late"]


def test_a_copied_history_of_a_date_is_read_by_both_dates(upstream, other, mined):
    at = {"GIT_AUTHOR_DATE": "2019-01-01T00:00:00Z", "GIT_COMMITTER_DATE": "2023-01-01T00:00:00Z"}
    (other / "src/kernel.c").write_text(SIMD)
    user_git(other, "commit", "--quiet", "-a", "-m", "rebased", **at)
    assert subjects(mined(upstream, other, until=1640995200)) == []


def test_a_commit_without_code_is_not_what_upstream_did_without_code(upstream, other, mined):
    change(other, {"README.md": "x\n"}, "readme", "2020-03-01")
    change(upstream, {"NEWS.md": "y\n"}, "news", "2020-04-01")
    assert subjects(mined(upstream, other), "fork-only") == ["readme"]
