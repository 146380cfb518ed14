"""What all formats have in common: names, guesses, and how they refuse."""

import pytest

from whet.errors import NotReady
from whet.formats import FORMATS, FormatError, check, parse
from whet.formats.guessing import guess

GUESSES = {
    "hyperfine-1.15.0-one.json": "hyperfine",
    "hyperfine-1.15.0-failed.json": "hyperfine",
    "pytest-benchmark-5.3.1.json": "pytest-benchmark",
    "pyperf-2.10.0-suite.json": "pyperf",
    "pyperf-2.10.0-memory.json": "pyperf",
    "google-benchmark-1.7.1-debug.json": "google-benchmark",
    "google-benchmark-1.9.5.json": "google-benchmark",
    "go-1.19.8-count.txt": "gobench",
    "go-1.19.8-verbose.txt": "gobench",
    "criterion-0.3.6-sample.json": "criterion",
    "criterion-0.3.6-estimates.json": "criterion",
    "criterion-0.3.6-bencher.txt": "criterion",
    "cargo-criterion-shape.jsonl": "criterion",
    "jmh-1.37-shape.json": "jmh",
    "llama-bench-0104b151c-shape.json": "llama-bench",
    "llama-bench-0104b151c-shape.jsonl": "llama-bench",
    "llama-bench-0104b151c-shape.csv": "llama-bench",
    "llama-bench-0104b151c-shape.md": "llama-bench",
    "vllm-serve-009e6d4a1-shape.json": "vllm",
    "vllm-throughput-020283147-shape.json": "vllm",
    "vllm-latency-00cae0753-shape.json": "vllm",
}
JSON_FORMATS = [name for name in FORMATS if name not in {"metric-lines", "gobench", "json:PATH"}]
BROKEN = [
    "", "   \n", "{", "[", "{}", "[]", "null", "true", "3", '"text"', "not json at all",
    '{"results": [', '{"a": NaN}', '{"a": Infinity}', '{"a": -Infinity}', '{"a": 1e400}',
    '{"a": 1, "a": 2}', '{"a": 1} trailing', "[" * 100_000, '{"a":' * 100_000,
    '{"a": ' + "9" * 5000 + "}", '{"a": 0e' + "9" * 5000 + "}", '{"a": "unfinished', "\x00",
]  # fmt: skip
STRANGE = ['[{"a": 1}, {"b": {}}, 3]', '{"benchmarks": 3, "results": "x", "runs": null}']


@pytest.mark.parametrize(("file", "name"), GUESSES.items())
def test_the_format_of_recorded_output_is_guessed(file, name, recorded):
    assert guess(recorded(file)) == name


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("make: done\nMETRIC p50_ms=12.5\n", "metric-lines"),
        ('{"p50": {"ms": 12.5}}', "json:*"),
        ('{"ms": "12.5"}', None),
        ("[1, 2]", None),
        ("Throughput: 12.5 requests/s", None),
        ('{"results": [], "benchmarks": []}', None),
        ("| a table | with a test |\n", None),
        ("", None),
    ],
)
def test_the_format_of_other_output_is_guessed(text, name):
    assert guess(text) == name


def test_a_guess_can_be_parsed():
    assert (
        parse(str(guess('{"p50": {"ms": 12.5}}')), '{"p50": {"ms": 12.5}}')["p50.ms"].value == 12.5
    )


@pytest.mark.parametrize(
    ("wrong", "right"),
    [
        ("pytest_benchmark", "pytest-benchmark"),
        ("METRIC lines", "metric-lines"),
        ("llamabench", "llama-bench"),
        ("gobenchs", "gobench"),
        ("json", "json:PATH"),
    ],
)
def test_an_unknown_format_is_refused_with_a_close_match(wrong, right, refusal):
    assert f"`{wrong}` is no format; did you mean `{right}`?" in refusal(wrong, "METRIC a=1")
    with pytest.raises(FormatError):
        check(wrong)


def test_a_name_like_nothing_known_is_refused_with_the_list(refusal):
    message = refusal("xyzzy", "")
    assert message.startswith("`xyzzy` is no format\n")
    assert "metric-lines, llama-bench" in message


@pytest.mark.parametrize("name", [name for name in FORMATS if name != "json:PATH"])
def test_known_formats_are_accepted(name):
    check(name)


def test_a_refusal_says_that_the_benchmark_is_not_ready():
    with pytest.raises(NotReady):
        parse("metric-lines", "")


@pytest.mark.parametrize("name", JSON_FORMATS)
@pytest.mark.parametrize("text", BROKEN + STRANGE)
def test_no_tool_is_read_from_what_is_not_its_result(name, text):
    with pytest.raises(FormatError):
        parse(name, text)


@pytest.mark.parametrize("text", BROKEN)
def test_no_number_is_read_from_broken_json(text):
    with pytest.raises(FormatError):
        parse("json:*", text)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "hyperfine: the output is empty"),
        ("building...\n{}", "the output is not JSON; it starts `building...`"),
        ('{"results": [{"command"', "the JSON stops in the middle, at line 1"),
        ('{"results": NaN}', "the JSON holds NaN, which is not a measurement"),
        ('{"results": 1e101}', "the number 1e101 is too large for a measurement"),
        ('{"results": 1, "results": 2}', "the key `results` is there twice in one object"),
        ('{"results": []}\ndone', "more follows the JSON document: `done`"),
        ("{'results': []}", "the JSON is broken at line 1, column 2"),
        ("[" * 100_000, "the JSON is nested too deeply"),
    ],
)
def test_json_that_cannot_be_read_is_refused_with_the_reason(text, message, refusal):
    assert message in refusal("hyperfine", text)


def test_a_long_line_is_shortened_in_the_message(refusal):
    message = refusal("hyperfine", "building " * 40).split("\n")[0]
    assert message.endswith("…`")
    assert len(message) < 120


def test_a_byte_order_mark_is_let_through():
    assert parse("json:ms", '\ufeff{"ms": 1}')["ms"].value == 1.0


def test_output_without_end_is_refused(refusal):
    assert "the output has 67108865 characters" in refusal("metric-lines", "x" * (64 * 2**20 + 1))
