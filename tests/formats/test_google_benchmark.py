"""Google Benchmark."""

import json
import statistics

import pytest

from whet.formats import parse

RELEASE = "google-benchmark-1.9.5.json"


def test_a_benchmark_is_the_median_of_its_repetitions_in_nanoseconds(recorded):
    readings = parse("google-benchmark", recorded(RELEASE))
    entries = json.loads(recorded(RELEASE))["benchmarks"]
    times = [e["real_time"] for e in entries if e["name"] == "BM_sort/64"]
    assert [entry["time_unit"] for entry in entries if entry["name"] == "BM_sort/64"] == ["us"] * 3
    assert readings["BM_sort/64"].value == pytest.approx(1000 * statistics.median(times))
    assert len(readings["BM_sort/64"].samples) == 3
    assert readings["BM_join"].value == pytest.approx(
        statistics.median(e["real_time"] for e in entries if e["name"] == "BM_join")
    )
    assert (readings["BM_join"].unit, readings["BM_join"].direction) == ("ns", "lower")


def test_cpu_time_and_counters_are_metrics_beside_it(recorded):
    readings = parse("google-benchmark", recorded(RELEASE))
    assert [name for name in readings if name.startswith("BM_sort/64")] == [
        "BM_sort/64",
        "BM_sort/64:cpu_time",
        "BM_sort/64:elements",
        "BM_sort/64:items_per_second",
    ]
    rate = readings["BM_sort/64:items_per_second"]
    assert (rate.unit, rate.direction) == ("items/s", "higher")
    assert readings["BM_sort/64:elements"].value == 64.0


def test_a_single_repetition_has_one_sample(recorded, change):
    text = change(RELEASE, "benchmarks", to=json.loads(recorded(RELEASE))["benchmarks"][:1])
    readings = parse("google-benchmark", text)
    assert readings["BM_sort/64"].samples == (readings["BM_sort/64"].value,)


@pytest.mark.parametrize(
    ("unit", "nanoseconds"), [("ns", 1.0), ("us", 1e3), ("ms", 1e6), ("s", 1e9)]
)
def test_every_time_unit_becomes_nanoseconds(unit, nanoseconds, recorded, change):
    first = json.loads(recorded(RELEASE))["benchmarks"][0]
    text = change(RELEASE, "benchmarks", to=[{**first, "time_unit": unit, "real_time": 2.5}])
    assert parse("google-benchmark", text)["BM_sort/64"].value == 2.5 * nanoseconds


def test_a_debug_build_of_the_library_is_refused(recorded, refusal):
    message = refusal("google-benchmark", recorded("google-benchmark-1.7.1-debug.json"))
    assert "`library_build_type` is `debug`" in message
    assert "CMAKE_BUILD_TYPE=Release" in message


def test_aggregates_alone_are_refused(recorded, refusal):
    message = refusal("google-benchmark", recorded("google-benchmark-1.9.5-aggregates.json"))
    assert "no entry has the `run_type` `iteration`" in message
    assert "--benchmark_report_aggregates_only" in message


def test_a_benchmark_that_reports_an_error_is_refused(recorded, refusal):
    message = refusal("google-benchmark", recorded("google-benchmark-1.9.5-error.json"))
    assert "`BM_broken` failed: no input file (`error_occurred`)" in message


def test_a_skipped_benchmark_has_no_reading(change):
    text = change(RELEASE, "benchmarks", 0, "skipped", to=True)
    assert len(parse("google-benchmark", text)["BM_sort/64"].samples) == 2


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        (("benchmarks", 0, "time_unit"), "min", "entry 1 has the `time_unit` `min`"),
        (("benchmarks", 0, "real_time"), 0, "`real_time` of entry 1 is 0"),
        (("benchmarks", 0, "iterations"), 0, "`iterations` of entry 1 is 0"),
        (("benchmarks", 1, "repetition_index"), 0, "two benchmarks are named `BM_sort/64`"),
        (("benchmarks", 1, "elements"), "few", "`elements` of entry 2 is the string"),
        (("benchmarks",), [], "the output holds no result"),
    ],
)
def test_a_result_that_is_not_understood_is_refused(path, value, message, change, refusal):
    assert message in refusal("google-benchmark", change(RELEASE, *path, to=value))


@pytest.mark.parametrize("key", ["name", "run_type", "real_time", "cpu_time", "time_unit"])
def test_a_missing_field_is_named(key, change, refusal):
    text = change(RELEASE, "benchmarks", 0, key)
    assert f"entry 1 has no `{key}`" in refusal("google-benchmark", text)


def test_a_library_that_does_not_say_how_it_was_built_is_refused(change, refusal):
    text = change(RELEASE, "context", "library_build_type")
    assert "`context` has no `library_build_type`" in refusal("google-benchmark", text)
