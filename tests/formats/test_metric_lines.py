"""METRIC lines."""

import pytest

from whet.formats import FormatError, parse


def values(text, **options):
    return {name: r.value for name, r in parse("metric-lines", text, **options).items()}


def test_metrics_are_found_between_other_lines():
    text = "building\nMETRIC p50_ms=12.5\nnote: METRIC in a sentence=1\nMETRIC rss_mb=310\ndone\n"
    assert values(text) == {"p50_ms": 12.5, "rss_mb": 310.0}


def test_the_last_line_of_a_name_wins():
    reading = parse("metric-lines", "METRIC t=3\nMETRIC t=1\nMETRIC t=2\n")["t"]
    assert reading.value == 2.0
    assert reading.samples == (3.0, 1.0, 2.0)  # how often it was printed is looked at


def test_all_lines_of_a_name_can_be_samples_of_one_invocation():
    reading = parse("metric-lines", "METRIC t=3\nMETRIC t=1\nMETRIC t=1.25\n", samples="all")["t"]
    assert reading.value == 1.25
    assert reading.samples == (3.0, 1.0, 1.25)
    assert reading.resolution == 0.01


def test_lines_may_end_as_on_windows():
    assert values("METRIC a=1\r\nMETRIC b=2e3\r\n") == {"a": 1.0, "b": 2000.0}


@pytest.mark.parametrize(
    ("name", "unit"),
    [
        ("p50_µs", "µs"), ("µs", "µs"), ("p50_us", "µs"), ("p50_ms", "ms"), ("total_s", "s"),
        ("total_sec", "s"), ("step_ns", "ns"), ("rss_kb", "kb"), ("rss_mb", "mb"),
        ("tg128", ""), ("tokens_per_s", ""), ("requests_per_sec", ""), ("ms", ""),
    ],
)  # fmt: skip
def test_the_unit_is_the_suffix_of_the_name(name, unit):
    assert parse("metric-lines", f"METRIC {name}=1")[name].unit == unit


@pytest.mark.parametrize(
    ("text", "step"),
    [("41.25", 0.01), ("41", 1.0), ("4e3", 1000.0), ("1.5e-3", 0.0001), (".5", 0.1), ("7.", 1.0)],
)
def test_the_resolution_is_the_last_printed_digit(text, step):
    assert parse("metric-lines", f"METRIC a={text}")["a"].resolution == pytest.approx(step)


@pytest.mark.parametrize(
    ("line", "message", "hint"),
    [
        ("METRIC a=0x1F", "line 1: `a` is 0x1F, a hexadecimal number", "decimal"),
        ("METRIC a=nan", "line 1: `a` is `nan`, not a finite decimal number", "print a number"),
        ("METRIC a=-Infinity", "`a` is `-Infinity`, not a finite", "print a number"),
        ("METRIC a=1e999", "`a` is `1e999`, too large", "print a number"),
        ("METRIC a=12ms", "`a` is `12ms`, not a finite decimal number", "print a number"),
        ("METRIC a=1_000", "`a` is `1_000`, not a finite decimal number", "print a number"),
        ("METRIC a=１２", "`a` is `１２`, not a finite decimal number", "print a number"),  # noqa: RUF001
        ("METRIC p50-ms=1", "`METRIC p50-ms=1`", "`METRIC p50_ms=...`"),
        ("METRIC bench/sort=1", "`METRIC bench/sort=1`", "`METRIC bench_sort=...`"),
        ("METRIC a = 1", "`METRIC a = 1`", "no space around `=`"),
        ("METRIC a=", "`METRIC a=`", "no space around `=`"),
        ("METRIC p 50=1", "`METRIC p 50=1`", "print one line a metric"),
        ("METRIC __proto__=1", "`__proto__` cannot be the name", "another name"),
        ("METRIC constructor=1", "`constructor` cannot be the name", "another name"),
        ("METRIC prototype=1", "`prototype` cannot be the name", "another name"),
        ("METRIC tg128 41.4", "line 1 is not `METRIC name=value`: `METRIC tg128 41.4`", "one line"),
        ("  METRIC a=1", "line 1 is not `METRIC name=value`: `METRIC a=1`", "one line"),
        ("METRICS a=1", "line 1 is not `METRIC name=value`", "one line"),
        ("done", "the output has no METRIC line", "`METRIC name=12.5`"),
        ("", "the output is empty", "`METRIC name=12.5`"),
    ],
)
def test_what_is_no_metric_is_refused_with_its_line(line, message, hint, refusal):
    said, hinted = refusal("metric-lines", line).split("\n")
    assert message in said
    assert hint in hinted


def test_a_bad_line_is_refused_even_when_a_good_one_follows():
    with pytest.raises(FormatError, match="line 2: `a` is `inf`"):
        parse("metric-lines", "METRIC a=1\nMETRIC a=inf\nMETRIC a=2\n")


def test_a_sentence_that_starts_with_metric_is_let_through():
    assert values("METRIC lines follow\nMETRIC a=1") == {"a": 1.0}


def test_control_characters_do_not_reach_the_message():
    with pytest.raises(FormatError) as caught:
        parse("metric-lines", "METRIC a=\x1b[2Jboom")
    assert "\x1b" not in caught.value.message
