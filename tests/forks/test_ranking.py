"""What looks like speed: code counts, words alone do not."""

import pytest

from support.forks import FILES, KERNEL, SIMD, UNROLLED, change
from support.repos import user_git
from whet.git.history import FilePatch
from whet.plan.techniques import TECHNIQUES
from whet.readers.forks.features import _ADDED, _REMOVED, features, place
from whet.readers.forks.mine import promising


def ranked(found):
    return [one.commit.subject for one in found.commits if not promising(one)]


def test_code_counts_and_bait_does_not(upstream, other, mined):
    change(
        other, {"README.md": "10x faster than ever, optimized, SIMD\n"}, "10x faster", "2021-01-01"
    )
    change(other, {"src/kernel.c": SIMD}, "WIP", "2021-01-02")
    change(other, {"tests/test_kernel.c": "// speed up test\nint main(void) { return 1; }\n"},
           "Speed up the tests", "2021-01-03")  # fmt: skip
    change(other, {"bench/bench_sum.c": SIMD}, "faster benchmark with AVX2", "2021-01-04")
    change(other, {"src/typo.h": "/* optimised */\n"}, "typo: optimized performance", "2021-01-05")
    user_git(other, "mv", "src/kernel.h", "src/fast_kernel.h")
    change(other, {}, "rename to fast_kernel", "2021-01-06")
    change(
        other, {"src/a.c": "int memory_of_last_result_cached;\n"}, "Update version", "2021-01-07"
    )
    assert ranked(mined(upstream, other)) == ["WIP"]


def test_a_commit_that_was_taken_back_is_not_tried(upstream, other, mined):
    bad = change(other, {"src/kernel.c": SIMD}, "faster sum", "2021-01-01")
    change(other, {"src/kernel.c": KERNEL}, f'Revert "faster sum"\n\nThis reverts commit {bad}.',
           "2021-02-01")  # fmt: skip
    change(other, {"src/two.c": UNROLLED.replace("index", "place")}, "faster scale", "2021-03-01")
    found = mined(upstream, other)
    assert ranked(found) == ["faster scale"]
    undone = next(one for one in found.commits if one.commit.id == bad)
    assert promising(undone) == "taken back"


def test_the_profile_decides_between_two_that_look_alike(upstream, other, mined):
    both = SIMD.replace(KERNEL[KERNEL.index("int kernel_scale"):],
                        UNROLLED[UNROLLED.index("int kernel_scale"):])  # fmt: skip
    change(other, {"src/kernel.c": SIMD}, "wide registers for the sum", "2021-01-01")
    change(other, {"src/kernel.c": both}, "prefetch in scale", "2021-01-02")
    by_sum = mined(upstream, other, hot={"kernel_sum": 0.6})
    by_scale = mined(upstream, other, hot={"lib::kernel_scale(int*, int)": 0.6})
    assert ranked(by_sum)[0] == "wide registers for the sum"
    assert ranked(by_scale)[0] == "prefetch in scale"
    assert by_scale.commits[0].hot == ("lib::kernel_scale(int*, int)",)
    assert by_sum.profiled
    assert not mined(upstream, other).profiled


def test_a_name_that_is_a_common_word_makes_nothing_hot(upstream, other, mined):
    change(
        other, {"src/kernel.c": SIMD.replace("lanes_of_total", "read")}, "read wide", "2021-01-01"
    )
    assert mined(upstream, other, hot={"read": 0.9}).commits[0].hot == ()


def test_all_commits_are_accounted_for(upstream, other, mined):
    change(other, {"src/kernel.c": SIMD}, "WIP", "2021-01-01")
    change(other, {"README.md": "x\n"}, "readme", "2021-01-02")
    found = mined(upstream, other)
    assert dict(found.counts) == {"promising": 1, "no code": 1}


def test_every_technique_is_one_that_ideas_have():
    assert {sign.technique for sign in (*_ADDED, *_REMOVED)} <= TECHNIQUES.keys()


def test_what_only_moves_is_no_sign():
    lines = ["    __builtin_prefetch(values + 64);", "int total_of_everything = 0;"]
    moved = FilePatch(path="src/a.c", added=lines, removed=lines)
    assert "prefetch" not in features("move it", "", [moved]).why


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("src/deflate.c", "code"), ("CMakeLists.txt", "build"), ("configure", "build"),
        ("tests/a.c", "test"), ("pkg/test_deflate.py", "test"), ("bench/run.c", "bench"),
        ("docs/a.py", "docs"), ("README.md", "docs"), ("third_party/x/a.c", "vendored"),
        ("data/table.bin", "other"), ("src/attestation.c", "code"),
    ],
)  # fmt: skip
def test_the_kind_of_a_file_is_told_by_its_name(path, kind):
    assert place(path) == kind


def test_files_of_the_fixture_have_no_sign_of_speed():
    patches = [FilePatch(path=name, added=text.splitlines()) for name, text in FILES.items()]
    assert features("start", "", patches).points == 0


def test_a_line_made_to_keep_a_pattern_busy_does_not():
    """Each of these took minutes with a pattern that may read one word in two ways."""
    for piece in ("static a ", "const ", "a  ", "% ", "faster 1", "lut ", "__m256 "):
        line = piece * (400 // len(piece))
        files = [FilePatch(path="a.c", added=[line] * 1000, removed=[line] * 1000)]
        assert features(line, f"{line} " * 100, files).points < 30
