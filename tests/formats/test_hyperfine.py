"""hyperfine."""

import json

import pytest

from whet.formats import parse


def test_a_command_is_the_median_of_its_times(recorded):
    readings = parse("hyperfine", recorded("hyperfine-1.15.0-one.json"))
    result = json.loads(recorded("hyperfine-1.15.0-one.json"))["results"][0]
    assert list(readings) == ["true", "true:user", "true:system"]
    assert readings["true"].value == pytest.approx(result["median"])
    assert readings["true"].samples == tuple(result["times"])
    assert readings["true:user"].value == result["user"]
    assert {(r.unit, r.direction) for r in readings.values()} == {("s", "lower")}


def test_a_command_is_named_with_its_parameter_filled_in(recorded):
    readings = parse("hyperfine", recorded("hyperfine-1.15.0-parameters.json"))
    assert [name for name in readings if ":" not in name] == ["seq 1000", "seq 4000"]


def test_results_of_one_name_are_told_apart_by_their_parameters(recorded, change):
    text = recorded("hyperfine-1.15.0-parameters.json")
    text = change(text, "results", 0, "command", to="seq")
    text = change(text, "results", 1, "command", to="seq")
    readings = parse("hyperfine", text)
    assert [name for name in readings if ":" not in name] == ["seq[n=1000]", "seq[n=4000]"]


def test_two_results_that_nothing_tells_apart_are_refused(recorded, change, refusal):
    text = recorded("hyperfine-1.15.0-parameters.json")
    text = change(text, "results", 0, "parameters", "n", to="4000")
    text = change(text, "results", 0, "command", to="seq 4000")
    assert "two results are named `seq 4000[n=4000]`" in refusal("hyperfine", text)


def test_one_command_twice_is_refused(change, recorded, refusal):
    result = json.loads(recorded("hyperfine-1.15.0-one.json"))["results"][0]
    text = change("hyperfine-1.15.0-one.json", "results", to=[result, result])
    assert "two results are named `true`" in refusal("hyperfine", text)


def test_a_single_run_is_enough(recorded):
    readings = parse("hyperfine", recorded("hyperfine-1.15.0-single-run.json"))
    assert readings["single"].samples == (readings["single"].value,)


def test_a_command_that_failed_is_refused(recorded, refusal):
    message = refusal("hyperfine", recorded("hyperfine-1.15.0-failed.json"))
    assert "result 1 failed: run 1 exited with 3 (`exit_codes`)" in message
    assert "`--ignore-failure`" in message


def test_a_command_that_was_killed_is_refused(change, refusal):
    text = change("hyperfine-1.15.0-one.json", "results", 0, "exit_codes", 4, to=None)
    assert "run 5 was killed" in refusal("hyperfine", text)


@pytest.mark.parametrize("key", ["mean", "median", "min", "max"])
def test_a_summary_that_its_times_do_not_give_is_refused(key, change, refusal):
    text = change("hyperfine-1.15.0-one.json", "results", 0, key, to=0.0005)
    assert f"result 1 says `{key}` 0.0005 s" in refusal("hyperfine", text)


@pytest.mark.parametrize("key", ["command", "times", "mean", "median", "min", "max", "user"])
def test_a_missing_field_is_named(key, change, refusal):
    text = change("hyperfine-1.15.0-one.json", "results", 0, key)
    assert f"hyperfine: result 1 has no `{key}`" in refusal("hyperfine", text)


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        (("results",), [], "the output holds no result"),
        (("results",), {}, "`results` is an object, not a list"),
        (("results", 0, "times"), [], "`times` of result 1 is empty"),
        (("results", 0, "times", 2), "fast", 'item 3 of `times` of result 1 is the string "fast"'),
        (("results", 0, "times", 2), -1, "item 3 of `times` of result 1 is -1"),
        (("results", 0, "command"), 3, "`command` of result 1 is a number, not a string"),
    ],
)
def test_a_wrong_shape_is_refused(path, value, message, change, refusal):
    text = change("hyperfine-1.15.0-one.json", *path, to=value)
    assert message in refusal("hyperfine", text)
