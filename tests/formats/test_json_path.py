"""json:PATH."""

import json

import pytest

from whet.formats import FormatError, check, parse

DOCUMENT = {
    "name": "nightly",
    "ok": True,
    "ms_spec": 12.5,
    "results": {"p50_ms": 3.25, "times_s": [3.0, 1.0, 2.5, 1.5], "rss_mb": 310},
    "cases": [{"ms": 1.0}, {"ms": 2.0}],
    "dotted.key": 7,
    "empty": [],
    "nothing": None,
}
TEXT = json.dumps(DOCUMENT)


def values(spec, text=TEXT):
    return {name: r.value for name, r in parse(f"json:{spec}", text).items()}


def test_a_number_is_found_at_its_path():
    assert values("ms_spec") == {"ms_spec": 12.5}
    assert values("results.p50_ms") == {"results.p50_ms": 3.25}


def test_several_paths_are_separated_by_commas():
    assert values("ms_spec, results.rss_mb") == {"ms_spec": 12.5, "results.rss_mb": 310.0}


@pytest.mark.parametrize(
    ("choice", "value"),
    [("", 2.0), ("@median", 2.0), ("@mean", 2.0), ("@min", 1.0), ("@last", 1.5), ("@sum", 8.0)],
)
def test_a_list_is_samples_of_one_invocation(choice, value):
    reading = parse(f"json:results.times_s{choice}", TEXT)["results.times_s"]
    assert reading.value == value
    assert reading.samples == (3.0, 1.0, 2.5, 1.5)
    assert (reading.unit, reading.direction) == ("s", None)
    assert reading.resolution == pytest.approx(0.1)


def test_a_star_takes_every_number():
    assert values("*") == {
        "ms_spec": 12.5,
        "results.p50_ms": 3.25,
        "results.times_s": 2.0,
        "results.rss_mb": 310.0,
        "cases.0.ms": 1.0,
        "cases.1.ms": 2.0,
        "dotted.key": 7.0,
    }


def test_a_star_at_the_end_takes_every_number_below():
    assert values("results.*@min") == {
        "results.p50_ms": 3.25,
        "results.times_s": 1.0,
        "results.rss_mb": 310.0,
    }


def test_every_name_that_a_star_gives_is_a_path():
    for name, value in values("*").items():
        assert values(name) == {name: value}


def test_a_place_in_a_list_is_a_number():
    assert values("cases.1.ms") == {"cases.1.ms": 2.0}
    assert values("results.times_s.0") == {"results.times_s.0": 3.0}


@pytest.mark.parametrize(
    ("spec", "message", "hint"),
    [
        ("results.p50", "the document has no `results.p50`", "`results.p50_ms`"),
        ("cases.2.ms", "the document has no `cases.2.ms`", "`cases.1.ms`"),
        ("cases.-1.ms", "the document has no `cases.-1.ms`", "`cases.1.ms`"),
        ("name", '`name` is the string "nightly", not a number', "name a number"),
        ("ok", "`ok` is true, not a number", "name a number"),
        ("nothing", "`nothing` is null, not a number", "name a number"),
        ("results", "`results` is an object, not a number", "`results.p50_ms`"),
        ("cases", "`cases` is a list with an object in it", "`cases.0.ms`"),
        ("empty", "`empty` is empty", ""),
        ("ms_spec,ms_spec", "two results are named `ms_spec`", ""),
        ("name.*", "`name` holds no number", "not as strings"),
        ("ms_spec.*", "`ms_spec` has no names inside", "print an object"),
    ],
)
def test_a_path_without_a_number_is_refused(spec, message, hint, refusal):
    said, hinted = refusal(f"json:{spec}", TEXT).split("\n")
    assert message in said
    assert hint in hinted


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ("", "`` is not a dotted path"),
        ("a,,b", "`` is not a dotted path"),
        ("a..b", "`a..b` is not a dotted path"),
        ("@min", "`@min` is not a dotted path"),
        ("a@max", "`@max` is none of @median, @mean, @min, @last, @sum"),
    ],
)
def test_a_path_that_means_nothing_is_refused_before_anything_runs(spec, message, refusal):
    assert message in refusal(f"json:{spec}", TEXT)
    with pytest.raises(FormatError):
        check(f"json:{spec}")


def test_a_path_that_can_be_read_in_two_ways_is_refused(refusal):
    text = json.dumps({"a.b": 1, "a": {"b": 2}})
    assert "`a.b` can be read in 2 ways" in refusal("json:a.b", text)
    assert "two results are named `a.b`" in refusal("json:*", text)


@pytest.mark.parametrize("text", ["[1, 2, 3]", "7"])
def test_numbers_without_a_name_are_refused(text, refusal):
    assert "the document has no names inside" in refusal("json:*", text)


def test_a_document_without_numbers_is_refused(refusal):
    assert "the document holds no number" in refusal("json:*", '{"ms": "12.5"}')


def test_a_deep_document_is_walked():
    depth = 300
    text = '{"a":' * depth + "1" + "}" * depth
    assert list(values("*", text).values()) == [1.0]
