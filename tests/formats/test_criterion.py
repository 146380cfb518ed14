"""Criterion.rs."""

import json
import statistics

import pytest

from whet.formats import parse

SAMPLE = "criterion-0.3.6-sample.json"
ESTIMATES = "criterion-0.3.6-estimates.json"
MESSAGES = "cargo-criterion-shape.jsonl"


def test_a_sample_is_the_median_of_time_per_iteration(recorded):
    readings = parse("criterion", recorded(SAMPLE))
    sample = json.loads(recorded(SAMPLE))
    per_iteration = [t / n for t, n in zip(sample["times"], sample["iters"], strict=True)]
    assert list(readings) == ["time"]
    assert readings["time"].value == pytest.approx(statistics.median(per_iteration))
    assert readings["time"].samples == pytest.approx(per_iteration)
    assert (readings["time"].unit, readings["time"].direction) == ("ns", "lower")
    # A tenth of a nanosecond, shared by the iterations of the longest sample.
    assert readings["time"].resolution == pytest.approx(0.1 / max(sample["iters"]))


def test_the_estimates_give_the_same_median(recorded):
    estimate = parse("criterion", recorded(ESTIMATES))["time"]
    assert estimate.value == pytest.approx(parse("criterion", recorded(SAMPLE))["time"].value)
    assert estimate.samples == ()


def test_a_comparison_with_a_stored_baseline_is_refused(recorded, refusal):
    message = refusal("criterion", recorded("criterion-0.3.6-change-estimates.json"))
    assert "change/estimates.json, a comparison with a stored baseline" in message
    assert "new/sample.json" in message


def test_bencher_lines_are_read_between_warnings(recorded):
    readings = parse("criterion", recorded("criterion-0.3.6-bencher.txt"))
    assert {name: r.value for name, r in readings.items()} == {
        "fib 10": 105.0,
        "fib/rec/5": 9.0,
        "fib/rec/12": 288.0,
    }
    assert readings["fib 10"].resolution == 1.0


def test_bencher_lines_may_group_digits_and_add_a_throughput():
    text = (
        "test parse::tests::long ... ignored\n"
        "test copy ... bench:   1,234,567.25 ns/iter (+/- 1,234.5) = 3,319 MB/s\n"
    )
    readings = parse("criterion", text)
    assert readings["copy"].value == 1234567.25
    assert readings["copy:MB/s"].value == 3319.0
    assert readings["copy:MB/s"].direction == "higher"


def test_messages_name_their_benchmark_and_are_converted_to_nanoseconds(recorded):
    readings = parse("criterion", recorded(MESSAGES))
    assert list(readings) == ["fib/rec/12"]
    sample = parse("criterion", recorded(SAMPLE))["time"]
    assert readings["fib/rec/12"].value == pytest.approx(sample.value)


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("iters", [1.0], "`times` has 10 values, but `iters` has 1"),
        ("iters", [0.0] * 10, "item 1 of `iters` is 0"),
        ("times", [], "`times` is empty"),
        ("times", [-1.0] * 10, "item 1 of `times` is -1"),
        ("iters", [5e-324] * 10, "`time` comes out as inf"),
        ("times", "slow", '`times` is the string "slow", not a list'),
    ],
)
def test_a_broken_sample_is_refused(key, value, message, change, refusal):
    assert message in refusal("criterion", change(SAMPLE, key, to=value))


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('"unit":"us","throughput"', '"unit":"cycles","throughput"', "line 1 has the `unit`"),
        ('"id":', '"name":', "line 1 has no `id`"),
        ('"iteration_count":[', '"iteration_count":[3,', "`measured_values` of line 1 has 10"),
        ('{"reason":"group-complete"', '{"motive":"group-complete"', "line 2 has no `reason`"),
        ('"reason":"benchmark-complete"', '"reason":"other"', "the output holds no result"),
    ],
)
def test_broken_messages_are_refused(old, new, message, recorded, refusal):
    text = recorded(MESSAGES)
    assert old in text
    assert message in refusal("criterion", text.replace(old, new, 1))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("test a ... bench: 5 ms/iter (+/- 1)\n", "line 1 is not `test NAME ... bench:"),
        ("test a ... bench: 5 ns/iter\n", "line 1 is not `test NAME ... bench:"),
        ("x\ntest a ... FAILED\n", "line 2 says `test a ... FAILED`"),
        (f"test a ... bench: {'9' * 200} ns/iter (+/- 1)\n", "is too large for a measurement"),
        ("fib 10   time:   [1 ns 2 ns 3 ns]\n", "neither JSON nor bencher lines"),
        ("", "neither JSON nor bencher lines"),
        (
            "test a ... bench: 5 ns/iter (+/- 1)\ntest a ... bench: 6 ns/iter (+/- 1)\n",
            "two results are named `a`",
        ),
    ],
)
def test_text_that_is_not_understood_is_refused(text, message, refusal):
    assert message in refusal("criterion", text)
