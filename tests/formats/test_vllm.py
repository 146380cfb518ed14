"""vLLM's benchmarks. The data follow the code that writes them."""

import json
import statistics

import pytest

from whet.formats import parse

SERVE = "vllm-serve-009e6d4a1-shape.json"
THROUGHPUT = "vllm-throughput-020283147-shape.json"
LATENCY = "vllm-latency-00cae0753-shape.json"


def test_serve_gives_every_documented_number_by_its_key(recorded):
    readings = parse("vllm", recorded(SERVE))
    document = json.loads(recorded(SERVE))
    assert {name: r.value for name, r in readings.items()} == {n: document[n] for n in readings}
    assert {"output_throughput", "request_throughput", "p99_ttft_ms", "completed"} < set(readings)
    assert (readings["output_throughput"].unit, readings["output_throughput"].direction) == (
        "tok/s",
        "higher",
    )
    assert (readings["median_tpot_ms"].unit, readings["median_tpot_ms"].direction) == (
        "ms",
        "lower",
    )
    assert readings["std_itl_ms"].direction is None


def test_settings_of_the_run_are_no_metrics(recorded):
    readings = parse("vllm", recorded(SERVE))
    assert set(readings).isdisjoint({"num_prompts", "burstiness", "request_goodput", "latencies"})


def test_a_latency_that_was_never_seen_is_left_out_and_not_zero(change):
    readings = parse("vllm", change(SERVE, "median_tpot_ms", to=0.0))
    assert "median_tpot_ms" not in readings
    assert "mean_tpot_ms" in readings


def test_goodput_is_read_under_both_of_its_spellings(change):
    text = change(SERVE, "request_goodput:", to=8.5)
    assert parse("vllm", change(text, "request_goodput"))["request_goodput"].value == 8.5
    assert parse("vllm", change(SERVE, "request_goodput", to=8.5))["request_goodput"].value == 8.5


def test_versions_that_count_no_failures_are_held_to_the_number_of_prompts(change, refusal):
    text = change(SERVE, "failed")
    assert parse("vllm", text)["completed"].value == 200.0
    message = refusal("vllm", change(text, "num_prompts", to=220))
    assert "20 requests failed and 200 were completed (`num_prompts`, `completed`)" in message


def test_pooling_requests_produce_no_output_tokens(change):
    text = change(SERVE, "total_output_tokens")
    text = change(text, "output_throughput")
    text = change(text, "total_token_throughput", to=25600 / json.loads(text)["duration"])
    assert "total_token_throughput" in parse("vllm", text)


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("failed", 3, "3 requests failed and 200 were completed (`failed`, `completed`)"),
        ("completed", 0, "0 requests failed and 0 were completed"),
        (
            "output_throughput",
            1300.0,
            "says `output_throughput` 1300, but total_output_tokens over",
        ),
        ("total_output_tokens", 12000, "says `output_throughput` 1188.87, but"),
        ("request_throughput", 14.0, "says `request_throughput` 14, but completed over `duration`"),
        ("total_token_throughput", 14.0, "but total_input_tokens + total_output_tokens over"),
        ("duration", 0, "`duration` is 0, where a number above 0 belongs"),
        ("p99_ttft_ms", "slow", '`p99_ttft_ms` is the string "slow"'),
        ("completed", 1.5, "`completed` is 1.5, where a count belongs"),
    ],
)
def test_serve_that_contradicts_itself_is_refused(key, value, message, change, refusal):
    assert message in refusal("vllm", change(SERVE, key, to=value))


@pytest.mark.parametrize("key", ["duration", "request_throughput", "total_token_throughput"])
def test_a_missing_field_is_named(key, change, refusal):
    assert f"the document has no `{key}`" in refusal("vllm", change(SERVE, key))


def test_a_missing_output_throughput_is_named(change, refusal):
    message = refusal("vllm", change(SERVE, "output_throughput"))
    assert "the document has no `output_throughput`" in message


def test_throughput_is_checked_against_its_work_and_time(recorded, change, refusal):
    readings = parse("vllm", recorded(THROUGHPUT))
    assert readings["tokens_per_second"].value == pytest.approx(256000 / 12.604)
    message = refusal("vllm", change(THROUGHPUT, "tokens_per_second", to=14.0))
    assert (
        "says `tokens_per_second` 14, but total_num_tokens over `elapsed_time` is 20311" in message
    )


def test_latency_is_the_mean_of_its_batches_with_percentiles_beside_it(recorded, change, refusal):
    readings = parse("vllm", recorded(LATENCY))
    times = json.loads(recorded(LATENCY))["latencies"]
    assert readings["avg_latency"].value == pytest.approx(statistics.fmean(times))
    assert readings["avg_latency"].samples == tuple(times)
    assert readings["percentiles.99"].unit == "s"
    message = refusal("vllm", change(LATENCY, "avg_latency", to=0.1))
    assert "says `avg_latency` 0.1 s, but its `latencies` average" in message


def test_several_results_in_one_file_are_refused(recorded, refusal):
    text = recorded(SERVE) + recorded(SERVE)
    assert "more follows the JSON document" in refusal("vllm", text)


def test_another_document_is_refused(refusal):
    assert "no `completed`, no `elapsed_time` and no `avg_latency`" in refusal("vllm", "{}")
