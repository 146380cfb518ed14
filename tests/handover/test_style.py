"""Commit messages like the ones a project has."""

import pytest

from whet.report.handover.style import Style, area_of, learn, subject

CONVENTIONAL = ["fix(parser): close the file", "feat: read tabs", "perf(parser): skip blanks",
                "docs: say how", "Merge things"] * 3  # fmt: skip
AREAS = ["ggml : add a kernel (#12)", "cuda : fix the build (#13)", "ggml : tidy (#14)",
         "readme"] * 3  # fmt: skip
BRACKETS = ["[core] keep the order", "[core] drop a copy", "[gui] paint once"] * 3
PLAIN = ["Keep the order of rows", "Drop a copy", "Paint once, not twice"] * 3


@pytest.mark.parametrize(
    ("log", "written"),
    [
        (CONVENTIONAL, "perf: fuse two loops"),
        (AREAS, "ggml : fuse two loops"),
        (BRACKETS, "[core] fuse two loops"),
        (PLAIN, "Fuse two loops"),
        ([text.lower() for text in PLAIN], "fuse two loops"),
        ([], "Fuse two loops"),
    ],
    ids=["conventional", "area", "bracket", "plain", "lower", "none"],
)
def test_a_subject_begins_as_the_others_do(log, written):
    assert subject("Fuse two loops", learn(log)) == written


def test_the_area_is_the_one_that_commits_to_these_files_name():
    style = learn(AREAS)
    assert area_of(["cuda : x", "cuda : y"], style, ("ggml/cuda/a.cu",)) == "cuda"
    assert area_of([], style, ("src/cuda/a.cu",)) == "cuda"
    assert area_of([], style, ("src/other.c",)) == "other"
    assert area_of([], learn(PLAIN), ("src/other.c",)) == ""
    assert subject("Fuse", style, "cuda") == "cuda : fuse"
    assert subject("Fuse", learn(CONVENTIONAL), "parser") == "perf(parser): fuse"


def test_a_long_title_is_cut_at_a_word_that_can_end_a_line():
    title = "fuse the scale and the mask into one pass over the whole tile of the input"
    cut = subject(title, Style(subject=60))
    assert cut == "Fuse the scale and the mask into one pass over the whole"
    assert subject(title, Style(subject=51)) == "Fuse the scale and the mask into one pass"
    assert len(subject("x" * 200, Style())) == 72


def test_names_and_code_keep_their_letters():
    assert subject("NEON path for dots", Style(capital=False)) == "NEON path for dots"
    assert subject("ggml_vec_dot() twice", Style()) == "ggml_vec_dot() twice"
    assert subject("Fuse.\n\nInjected: yes", Style()) == "Fuse. Injected: yes"


def test_a_log_that_is_signed_says_so():
    signed = [f"{text}\n\nBecause.\n\nSigned-off-by: A User <a@example.org>" for text in PLAIN]
    assert learn(signed).signs_off
    assert not learn(PLAIN).signs_off


def test_bodies_are_wrapped_where_the_project_wraps_them():
    body = "\n\n" + "x" * 78 + "\nhttps://example.org/" + "y" * 100 + "\n    code " + "z" * 100
    assert learn([text + body for text in PLAIN]).width == 78
    assert learn(PLAIN).width == 72
