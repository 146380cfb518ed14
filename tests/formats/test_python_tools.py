"""pytest-benchmark and pyperf."""

import json
import statistics

import pytest

from whet.formats import parse

PYTEST = "pytest-benchmark-5.3.1.json"
SUITE = "pyperf-2.10.0-suite.json"


def test_a_pytest_benchmark_is_the_median_of_its_rounds(recorded):
    readings = parse("pytest-benchmark", recorded(PYTEST))
    assert list(readings) == ["test_sort[100]", "test_sort[1000]", "test_join"]
    data = json.loads(recorded(PYTEST))["benchmarks"][2]["stats"]["data"]
    assert readings["test_join"].value == statistics.median(data)
    assert readings["test_join"].samples == tuple(data)
    assert 0 < readings["test_join"].resolution < 1e-18
    assert (readings["test_join"].unit, readings["test_join"].direction) == ("s", "lower")


def test_without_data_the_median_of_the_stats_is_taken(change):
    text = change(PYTEST, "benchmarks", 2, "stats", "data")
    reading = parse("pytest-benchmark", text)["test_join"]
    assert reading.value == json.loads(text)["benchmarks"][2]["stats"]["median"]
    assert reading.samples == ()
    assert reading.resolution == pytest.approx(1e-21)


def test_tests_of_one_name_in_two_files_get_their_full_names(change):
    text = change(PYTEST, "benchmarks", 0, "name", to="test_join")
    assert list(parse("pytest-benchmark", text)) == [
        "test_bench.py::test_sort[100]",
        "test_sort[1000]",
        "test_bench.py::test_join",
    ]


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("mean", 2e-5, "says `ops` 72841.8, but `mean` and `rounds` give 50000"),
        ("median", 1.4e-5, "says `median` 1.4e-05, but `data` give 1.36173e-05"),
        ("min", 1e-5, "says `min` 1e-05, but `data`"),
        ("max", 1e-5, "says `max` 1e-05, but `data`"),
        ("total", 1.0, "says `total` 1, but `mean` and `rounds`"),
        ("ops", 14.0, "says `ops` 14, but `mean` and `rounds`"),
        ("rounds", 0, "says `total` 6.86419e-05, but `mean` and `rounds` give 0"),
        ("data", [1.0], "says `mean` 1.37284e-05, but `data` give 1"),
        ("median", 0, "`median` of `stats` of benchmark 3 is 0"),
    ],
)
def test_stats_that_their_data_do_not_give_are_refused(key, value, message, change, refusal):
    text = change(PYTEST, "benchmarks", 2, "stats", key, to=value)
    said = refusal("pytest-benchmark", text)
    assert message in said
    assert "`stats` of benchmark 3" in said


def test_data_with_a_round_too_few_are_refused(recorded, change, refusal):
    text = recorded(PYTEST)
    stats = {"mean": 2.0, "median": 2.0, "min": 2.0, "max": 2.0, "ops": 0.5, "total": 6.0,
             "rounds": 3, "data": [2.0, 2.0]}  # fmt: skip
    text = change(text, "benchmarks", 2, "stats", to=stats)
    assert "says 3 `rounds`, but `data` has 2" in refusal("pytest-benchmark", text)


def test_a_run_without_benchmarks_is_refused(change, refusal):
    text = change(PYTEST, "benchmarks", to=[])
    assert "--benchmark-disable" in refusal("pytest-benchmark", text)


@pytest.mark.parametrize("key", ["mean", "median", "ops", "total", "rounds", "min", "max"])
def test_a_missing_statistic_is_named(key, change, refusal):
    text = change(PYTEST, "benchmarks", 0, "stats", key)
    assert f"`stats` of benchmark 1 has no `{key}`" in refusal("pytest-benchmark", text)


def test_a_pyperf_benchmark_is_the_mean_of_its_run_means(recorded):
    readings = parse("pyperf", recorded(SUITE))
    runs = json.loads(recorded(SUITE))["benchmarks"][1]["runs"]
    means = [statistics.fmean(run["values"]) for run in runs if "values" in run]
    assert list(readings) == ["sort", "join"]
    assert readings["join"].samples == pytest.approx(means)
    assert len(means) == 3
    assert readings["join"].value == pytest.approx(statistics.fmean(means))
    assert (readings["join"].unit, readings["join"].direction) == ("s", "lower")


def test_a_run_with_more_values_does_not_weigh_more(change):
    text = change(SUITE, "benchmarks", 0, "runs", 1, "values", to=[2.0] * 9)
    text = change(text, "benchmarks", 0, "runs", 2, "values", to=[4.0])
    text = change(text, "benchmarks", 0, "runs", 3, "values", to=[6.0, 6.0])
    assert parse("pyperf", text)["sort"].value == 4.0


def test_a_single_benchmark_has_its_name_beside_the_list(recorded):
    assert list(parse("pyperf", recorded("pyperf-2.10.0-timeit.json"))) == ["reverse"]


def test_memory_is_read_in_bytes(recorded):
    reading = parse("pyperf", recorded("pyperf-2.10.0-memory.json"))["mem"]
    assert (reading.unit, reading.resolution) == ("B", 1.0)
    assert reading.value == pytest.approx(12445696)


def test_the_unit_is_seconds_when_none_is_named(change):
    text = change("pyperf-2.10.0-memory.json", "metadata", "unit")
    assert parse("pyperf", text)["mem"].unit == "s"


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        (("version",), "2.0", "`version` is `2.0`; 1.0 is understood"),
        (("metadata", "unit"), "parsec", "benchmark 1 has the `unit` `parsec`"),
        (("benchmarks", 0, "metadata", "name"), None, "benchmark 1 has no `name`"),
        (("benchmarks", 0, "metadata", "name"), "join", "two results are named `join`"),
        (("benchmarks", 0, "runs", 1, "values"), [0.0], "`values` of run 2 of benchmark 1 is 0"),
        (("benchmarks", 0, "runs", 1, "values"), [], "`values` of run 2 of benchmark 1 is empty"),
        (("benchmarks", 0, "runs"), [], "benchmark 1 has no run with `values`"),
        (("benchmarks",), [], "the output holds no result"),
    ],
)
def test_a_suite_that_is_not_understood_is_refused(path, value, message, change, refusal):
    assert message in refusal("pyperf", change(SUITE, *path, to=value))


def test_a_run_without_values_and_warmups_is_refused(change, refusal):
    text = change(SUITE, "benchmarks", 0, "runs", 1, to={"metadata": {}})
    assert "run 2 of benchmark 1 has no `values`" in refusal("pyperf", text)
