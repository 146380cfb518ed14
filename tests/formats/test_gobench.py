"""go test -bench."""

import pytest

from whet.formats import parse


def test_every_unit_of_a_line_is_a_metric(recorded):
    readings = parse("gobench", recorded("go-1.19.8-count.txt"))
    assert [name for name in readings if name.startswith("BenchmarkCount")] == [
        "BenchmarkCount",
        "BenchmarkCount:MB/s",
        "BenchmarkCount:B/op",
        "BenchmarkCount:allocs/op",
    ]
    assert {name: r.direction for name, r in readings.items() if "words-64" in name} == {
        "BenchmarkJoin/words-64": "lower",
        "BenchmarkJoin/words-64:words/op": None,
        "BenchmarkJoin/words-64:B/op": "lower",
        "BenchmarkJoin/words-64:allocs/op": "lower",
    }
    assert readings["BenchmarkCount:MB/s"].direction == "higher"
    assert readings["BenchmarkCount:MB/s"].unit == "MB/s"


def test_count_repeats_are_samples_and_their_median_the_value(recorded):
    reading = parse("gobench", recorded("go-1.19.8-count.txt"))["BenchmarkCount"]
    assert reading.samples == (1660.0, 1719.0, 1597.0)
    assert reading.value == 1660.0
    assert reading.resolution == 1.0


def test_the_processor_count_is_stripped_and_the_name_of_a_part_is_not(recorded):
    readings = parse("gobench", recorded("go-1.19.8-count.txt"))
    assert {name.split(":")[0] for name in readings} == {
        "BenchmarkCount", "BenchmarkJoin/words-4", "BenchmarkJoin/words-64", "BenchmarkLogged",
    }  # fmt: skip


def test_without_a_processor_count_nothing_is_stripped(recorded):
    readings = parse("gobench", recorded("go-1.19.8-one-processor.txt"))
    assert readings["BenchmarkJoin/words-4"].samples == (24.71,)
    assert readings["BenchmarkJoin/words-64"].samples == (281.4,)


def test_several_processor_counts_stay_apart(recorded):
    readings = parse("gobench", recorded("go-1.19.8-cpu-1-2.txt"))
    assert readings["BenchmarkJoin/words-4"].samples == (24.86,)
    assert readings["BenchmarkJoin/words-4-2"].samples == (25.5,)


def test_names_on_their_own_lines_are_no_results(recorded):
    readings = parse("gobench", recorded("go-1.19.8-verbose.txt"))
    assert "BenchmarkJoin" not in readings
    assert readings["BenchmarkLogged"].value == 0.2488


def test_the_same_name_in_two_packages_starts_with_the_package():
    text = (
        "pkg: a/x\nBenchmarkA-8 1 2.5 ns/op\n"
        "pkg: a/y\nBenchmarkA-8 1 3.5 ns/op\nBenchmarkB-8 1 1 ns/op\n"
    )
    readings = parse("gobench", text)
    assert {name: r.value for name, r in readings.items()} == {
        "a/x.BenchmarkA": 2.5,
        "a/y.BenchmarkA": 3.5,
        "BenchmarkB": 1.0,
    }


def test_text_that_starts_like_a_benchmark_is_let_through():
    text = "Benchmarking the parser\nBenchmarks 3 4\nBenchmarkA 5 6 ns/op\r\n"
    assert list(parse("gobench", text)) == ["BenchmarkA"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("BenchmarkA-8 100 5 ns/op\n--- FAIL: BenchmarkB-8\n", "line 2 says `--- FAIL: Bench"),
        ("BenchmarkA-8 100 5 ns/op\nFAIL\ta/x\t0.1s\n", "line 2 says `FAIL"),
        ("panic: index out of range\n", "line 1 says `panic: index"),
        ("BenchmarkA-8 hello\n", "line 1: `BenchmarkA-8` is followed by `hello`, not by a count"),
        ("BenchmarkA-8 0x10 5 ns/op\n", "followed by `0x10`"),
        ("BenchmarkA-8 100\n", "line 1: `BenchmarkA-8` does not end in pairs"),
        ("BenchmarkA-8 100 5 ns/op 3\n", "line 1: `BenchmarkA-8` does not end in pairs"),
        ("BenchmarkA-8 100 NaN ns/op\n", "line 1: ns/op of `BenchmarkA-8` is `NaN`"),
        ("BenchmarkA-8 100 5 ns/op 6 ns/op\n", "`BenchmarkA-8` has `ns/op` twice"),
        ("PASS\nok  \ta/x\t0.1s\n", "the output has no benchmark line"),
        ("", "the output has no benchmark line"),
    ],
)
def test_what_is_not_understood_is_refused_with_its_line(text, message, refusal):
    assert message in refusal("gobench", text)
