"""JMH. The data follow its JSON writer."""

import statistics

import pytest

from whet.formats import parse

SHAPE = "jmh-1.37-shape.json"
JOIN = "org.example.Strings.join[size=10]"


def test_throughput_is_the_mean_of_fork_means_in_operations_per_second(recorded):
    reading = parse("jmh", recorded(SHAPE))[JOIN]
    forks = [1000 * statistics.fmean(f) for f in ([812.4, 815.1, 809.8], [820.3, 822.9, 819.2])]
    assert reading.samples == pytest.approx(forks)
    assert reading.value == pytest.approx(statistics.fmean(forks))
    assert (reading.unit, reading.direction) == ("ops/s", "higher")
    assert reading.resolution == pytest.approx(100.0)


def test_average_time_is_read_in_nanoseconds_per_operation(recorded):
    reading = parse("jmh", recorded(SHAPE))["org.example.Sort.sort"]
    assert reading.value == pytest.approx(4270.0)
    assert (reading.unit, reading.direction) == ("ns/op", "lower")


def test_sampled_times_count_as_often_as_they_were_seen(recorded):
    reading = parse("jmh", recorded(SHAPE))["org.example.Sort.parallel"]
    forks = [(4.1 * 10 + 4.2 * 30 + 4.15 * 40) / 80, (4.3 * 20 + 4.4 * 20) / 40]
    assert reading.value == pytest.approx(1000 * statistics.fmean(forks))


def test_parameters_and_secondary_metrics_are_in_the_names(recorded):
    readings = parse("jmh", recorded(SHAPE))
    assert list(readings) == [
        JOIN,
        f"{JOIN}:gc.alloc.rate.norm",
        "org.example.Strings.join[size=100]",
        "org.example.Sort.sort",
        "org.example.Sort.parallel",
    ]
    assert readings[f"{JOIN}:gc.alloc.rate.norm"].unit == "B/op"


def test_a_benchmark_in_several_modes_names_the_mode(change):
    text = change(SHAPE, 3, "benchmark", to="org.example.Sort.sort")
    names = list(parse("jmh", text))
    assert names[-2:] == ["org.example.Sort.sort:avgt", "org.example.Sort.sort:sample"]


def test_without_raw_data_the_score_is_the_value(change):
    reading = parse("jmh", change(SHAPE, 2, "primaryMetric", "rawData", to=[]))
    assert reading["org.example.Sort.sort"].value == pytest.approx(4270.0)
    assert reading["org.example.Sort.sort"].samples == ()


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        ((2, "primaryMetric", "score"), 9.9, "says `score` 9.9, but its raw data average 4.27"),
        ((2, "primaryMetric", "score"), "NaN", "`score` of `primaryMetric` of entry 3 is"),
        ((2, "primaryMetric", "scoreUnit"), "ops/s", "`scoreUnit` `ops/s`, which does not fit"),
        ((0, "primaryMetric", "scoreUnit"), "ops/eon", "`scoreUnit` `ops/eon`, which"),
        ((2, "primaryMetric", "rawData", 1), [], "item 2 of `rawData` of `primaryMetric`"),
        ((3, "primaryMetric", "rawDataHistogram", 0), [], "is empty"),
        ((3, "primaryMetric", "rawDataHistogram", 0, 0, 0), [1], "is not a pair"),
        ((3, "primaryMetric", "rawDataHistogram", 0, 0, 0, 1), 0, "where a number above 0 belongs"),
        ((2, "mode"), "fast", "entry 3 has the `mode` `fast`"),
        ((1, "params", "size"), "10", f"two results are named `{JOIN}`"),
        ((0, "params", "size"), 10, "`size` of `params` of entry 1 is a number, not a string"),
    ],
)  # fmt: skip
def test_a_result_that_is_not_understood_is_refused(path, value, message, change, refusal):
    assert message in refusal("jmh", change(SHAPE, *path, to=value))


@pytest.mark.parametrize("key", ["benchmark", "mode", "primaryMetric"])
def test_a_missing_field_is_named(key, change, refusal):
    assert f"jmh: entry 1 has no `{key}`" in refusal("jmh", change(SHAPE, 0, key))


@pytest.mark.parametrize("key", ["score", "scoreUnit", "rawData"])
def test_a_missing_field_of_the_metric_is_named(key, change, refusal):
    message = refusal("jmh", change(SHAPE, 0, "primaryMetric", key))
    assert f"`primaryMetric` of entry 1 has no `{key}`" in message


def test_a_run_without_results_is_refused(refusal):
    assert "the output holds no result" in refusal("jmh", "[]")
