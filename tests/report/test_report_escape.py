import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from whet.report.escape import code, columns, cut, fenced, pad, safe, verbatim, visible

NASTY = (
    "<script>alert(1)</script>",
    "<!-- hidden -->",
    "</details></table>",
    "a | b | c",
    "`code` ``` more",
    "**bold** __init__ *x* ~~gone~~",
    "[click](javascript:alert(1)) ![x](http://x.example/y.png)",
    "<https://x.example>",
    "https://x.example/a?b=c www.x.example mail@x.example",
    "@someone thanks, fixes #12 and GH-13",
    "$\\frac{1}{2}$",
    ":tada: done",
    "# heading",
    "- item",
    "1. item",
    "> quote",
    "=====",
    "---",
    "| --- | --- |",
    "back\\slash",
    "one\ntwo\r\n\r\nthree",
    "&lt;b&gt; &amp; &#64;",
    "admin\u202egnp.exe",
    "\u2066isolated\u2069",
    "zero\u200bwidth\ufeff",
    "esc\x1b[31mred\x07\x00",
    "\u05e9\u05dc\u05d5\u05dd",
    "z" + "\u0301" * 50,
    "x" * 10_000,
    "\ud800",
    "</template>\"'",
)

MARKDOWN = MarkdownIt("commonmark").enable(["table", "strikethrough"])


def texts(source: str) -> list[tuple[str, str]]:
    """(token type, content) of everything inside the cells of a table."""
    tokens = MARKDOWN.parse(f"| h | i |\n| --- | --- |\n| {source} | end |\n")
    found = [(child.type, child.content) for token in tokens for child in token.children or ()]
    return found[2:]


def shown(source: str) -> str:
    """What a reader sees of a cell."""
    return "".join(text for kind, text in texts(source)[:-1] if kind != "html_inline")


@pytest.mark.parametrize("text", NASTY)
def test_nasty_text_is_shown_as_it_is(text):
    found = texts(safe(text))
    assert found[-1] == ("text", "end"), "the cell was left"
    assert {kind for kind, _ in found} <= {"text", "text_special", "html_inline"}
    harmless = {"<!-- -->", "<span>", "</span>"}
    assert {content for kind, content in found if kind == "html_inline"} <= harmless
    assert shown(safe(text)).strip("\u2068\u2069") == cut(text, 300)


@given(st.text(max_size=60))
def test_any_text_stays_in_its_cell(text):
    found = texts(safe(text))
    assert found[-1] == ("text", "end")
    assert {kind for kind, _ in found} <= {"text", "text_special", "html_inline"}
    assert shown(safe(text)).strip("\u2068\u2069 ") == cut(text, 300).strip("\u2068\u2069 ")


@pytest.mark.parametrize("text", NASTY)
def test_nasty_text_begins_no_block(text):
    tokens = [token.type for token in MARKDOWN.parse(safe(text))]
    assert tokens == ["paragraph_open", "inline", "paragraph_close"]


@pytest.mark.parametrize("text", NASTY)
def test_nasty_text_stays_inside_a_code_block(text):
    tokens = MARKDOWN.parse(fenced(text, "text") + "\n\nafter\n")
    assert [token.type for token in tokens[:2]] == ["fence", "paragraph_open"]


@pytest.mark.parametrize("text", NASTY)
def test_nasty_text_stays_inside_a_code_span(text):
    kinds = {kind for kind, _ in texts(code(text))}
    assert kinds <= {"code_inline", "text", "text_special", "html_inline"}
    assert texts(code(text))[-1] == ("text", "end")


@pytest.mark.parametrize("text", NASTY)
def test_a_terminal_gets_nothing_it_obeys(text):
    assert visible(text).isprintable()


def test_control_and_direction_marks_are_named():
    assert visible("a\x1b[0m") == "a<U+001B>[0m"
    assert visible("a\u202eb") == "a<U+202E>b"
    assert visible("a\u3164b") == "a<U+3164>b"


def test_white_space_becomes_single_spaces():
    assert visible("  one\n\ttwo\u00a0three ") == "one two three"


def test_a_letter_carries_at_most_three_marks():
    assert visible("z" + "\u0301" * 50) == "z" + "\u0301" * 3


def test_a_word_written_from_right_to_left_is_isolated():
    assert safe("\u05e9\u05dc") == "\u2068\u05e9\u05dc\u2069"


def test_cutting_counts_columns():
    assert cut("abcdef", 6) == "abcdef"
    assert cut("abcdefg", 6) == "abcde…"
    assert cut("日本語です", 6) == "日本…"
    assert columns(cut("日本語です", 6)) == 5
    assert cut("ab cdef", 4) == "ab…"


@given(st.text(max_size=40), st.integers(min_value=1, max_value=30))
def test_what_is_cut_fits(text, width):
    assert columns(cut(text, width)) <= width
    assert columns(pad(cut(text, width), width)) == width


def test_lines_of_a_block_stay_lines():
    assert verbatim("a\n\tb\r\nc\x1b") == "a\n    b\nc<U+001B>"


def test_nothing_at_all_is_no_code():
    assert code("") == ""
