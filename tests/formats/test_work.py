"""Which printed numbers say how much was done."""

import pytest

from whet.formats.work import work


@pytest.mark.parametrize("name", [
    "items", "tokens", "n_tokens", "num_requests", "total_output_tokens", "total_input_tokens",
    "rows_processed", "completed", "total_num_tokens", "Frames",
])  # fmt: skip
def test_names_of_counts_are_known(name):
    assert work({name: 3.0, "t_ms": 1.0}, (), ("t_ms",)) == {name: 3.0}


@pytest.mark.parametrize("name", [
    "tokens_per_s", "t_ms", "rss_bytes", "latency_p99", "allocs", "instructions", "tok_s",
])  # fmt: skip
def test_rates_times_and_sizes_are_no_counts(name):
    assert work({name: 3.0}, (), ()) == {}


def test_what_is_judged_is_no_count_of_work():
    assert work({"tokens": 3.0}, (), ("tokens",)) == {}


def test_the_configuration_may_name_more():
    assert work({"boards": 3.0, "x": 1.0}, ("boards",), ()) == {"boards": 3.0}


def test_an_output_of_hundreds_of_counts_is_not_kept_whole():
    many = dict.fromkeys(_names(40), 1.0)
    assert len(work(many, (), ())) == 16


def _names(count):
    words = ("items", "tokens", "rows", "files", "steps", "frames", "lines", "images")
    ends = ("", "_total", "_count", "_done", "_processed")
    return [word + end for word in words for end in ends][:count]
