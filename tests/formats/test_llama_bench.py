"""llama-bench. The data follow the printers of its source, number by number."""

import json

import pytest

from whet.formats import parse

SHAPE = "llama-bench-0104b151c-shape"
TESTS = ["pp512", "tg128", "pp512+tg128", "tg128@d4096"]


def test_each_test_is_named_as_in_the_table_and_read_in_tokens_per_second(recorded):
    readings = parse("llama-bench", recorded(f"{SHAPE}.json"))
    assert list(readings) == TESTS
    entries = json.loads(recorded(f"{SHAPE}.json"))
    assert [r.value for r in readings.values()] == [entry["avg_ts"] for entry in entries]
    assert readings["tg128"].samples == tuple(entries[1]["samples_ts"])
    assert {(r.unit, r.direction) for r in readings.values()} == {("t/s", "higher")}
    assert readings["tg128"].resolution == pytest.approx(1e-6)


@pytest.mark.parametrize(("suffix", "digits"), [("jsonl", 1e-9), ("csv", 1e-9), ("md", 1e-3)])
def test_every_output_of_the_tool_gives_the_same_numbers(suffix, digits, recorded):
    expected = parse("llama-bench", recorded(f"{SHAPE}.json"))
    readings = parse("llama-bench", recorded(f"{SHAPE}.{suffix}"))
    assert list(readings) == TESTS
    for name, reading in readings.items():
        assert reading.value == pytest.approx(expected[name].value, rel=digits)


def test_the_table_shows_hundredths(recorded):
    assert parse("llama-bench", recorded(f"{SHAPE}.md"))["pp512"].resolution == 0.01


def test_a_test_under_several_settings_names_those_that_differ(recorded):
    readings = parse("llama-bench", recorded(f"{SHAPE}-threads.json"))
    assert list(readings) == ["tg32[n_threads=2]", "tg32[n_threads=4]"]


def test_models_are_told_apart_by_file_name_and_not_by_folder(recorded, change):
    text = recorded(f"{SHAPE}-threads.json")
    text = change(text, 0, "n_threads", to=4)
    text = change(text, 0, "model_filename", to="/trees/a/models/other.gguf")
    text = change(text, 0, "model_size", to=1)
    assert list(parse("llama-bench", text)) == [
        "tg32[model_filename=other.gguf]",
        "tg32[model_filename=tiny.gguf]",
    ]


def test_models_in_the_table_are_told_apart_by_name_alone(recorded):
    text = recorded(f"{SHAPE}.md")
    row = next(line for line in text.split("\n") if "tg128 |" in line)
    other = row.replace("llama", "other").replace("29.53 MiB", "31.53 MiB")
    readings = parse("llama-bench", text.replace(row, f"{row}\n{other}"))
    assert [name for name in readings if name.startswith("tg128[")] == [
        "tg128[model=llama ?B Q8_0]",
        "tg128[model=other ?B Q8_0]",
    ]


def test_the_same_test_twice_is_refused(change, refusal):
    text = change(f"{SHAPE}-threads.json", 0, "n_threads", to=4)
    assert "two results are named `tg32`" in refusal("llama-bench", text)


def test_versions_without_depth_start_at_depth_0(change):
    assert "tg128" in parse("llama-bench", change(f"{SHAPE}.json", 1, "n_depth"))


@pytest.mark.parametrize(
    "key", ["avg_ts", "avg_ns", "n_prompt", "n_gen", "samples_ts", "samples_ns"]
)
def test_a_missing_field_is_named_and_never_zero(key, change, refusal):
    text = change(f"{SHAPE}.json", 1, key)
    assert f"llama-bench: entry 2 has no `{key}`" in refusal("llama-bench", text)


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        ((1, "avg_ts"), 14.0, "entry 2 says `avg_ts` 14, but its samples average"),
        ((1, "avg_ns"), 1, "entry 2 says `avg_ns` 1, but its samples average"),
        ((1, "n_gen"), 64, "entry 2 contradicts itself: sample 1 is"),
        ((1, "samples_ts", 3), 14.0, "entry 2 contradicts itself: sample 4 is 14 t/s"),
        ((1, "samples_ns"), [1], "entry 2 has 5 `samples_ts` but 1 `samples_ns`"),
        ((1, "samples_ns"), [], "`samples_ns` of entry 2 is empty"),
        ((1, "avg_ts"), 0, "`avg_ts` of entry 2 is 0, where a number above 0 belongs"),
        ((1, "avg_ts"), "52", '`avg_ts` of entry 2 is the string "52", not a number'),
        ((1, "avg_ts"), True, "`avg_ts` of entry 2 is true, not a number"),
        ((1, "avg_ts"), None, "`avg_ts` of entry 2 is null, not a number"),
        ((1, "n_gen"), 1.5, "`n_gen` of entry 2 is 1.5, where a count belongs"),
        ((1, "n_gen"), 0, "entry 2 has `n_prompt` 0 and `n_gen` 0"),
        ((1,), 7, "entry 2 is a number, not an object"),
    ],
)
def test_a_contradiction_is_refused(path, value, message, change, refusal):
    assert message in refusal("llama-bench", change(f"{SHAPE}.json", *path, to=value))


def test_samples_of_a_busy_machine_may_spread_as_far_as_they_like(recorded):
    [entry] = [
        one
        for one in json.loads(recorded(f"{SHAPE}.json"))
        if one["n_gen"] == 128 and not one["n_prompt"]
    ][:1]
    times = [1_000_000_000, 100_000_000_000]
    rates = [128e9 / time for time in times]
    entry |= {"samples_ns": times, "samples_ts": rates}
    entry |= {"avg_ns": sum(times) // 2, "avg_ts": sum(rates) / 2}
    assert parse("llama-bench", json.dumps([entry]))["tg128"].value == pytest.approx(64.64)


def test_a_csv_rate_that_does_not_fit_its_time_is_refused(recorded, refusal):
    text = recorded(f"{SHAPE}.csv")
    rate = text.strip().split("\n")[2].split(",")[-2]
    message = refusal("llama-bench", text.replace(rate, '"14.000000"'))
    assert "row 2 says `avg_ts` 14, which does not fit its `avg_ns`" in message


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('"128","0","2026', '"128","2026', "row 2 has 39 fields, the header has 40"),
        ('00:00:00Z","5', '00:00:00Z","x5', "`avg_ns` of row 1 is `x5"),
        ("n_prompt,n_gen", "n_gen,n_gen", "neither"),
        ("n_batch,n_ubatch", "n_batch,n_batch", "names a column twice"),
        ('"auto"', '"au"to"', "the CSV is broken"),
        ("n_gen,n_depth", "n_tokens,n_depth", "row 1 has no `n_gen`"),
    ],
)
def test_broken_csv_is_refused(old, new, message, recorded, refusal):
    text = recorded(f"{SHAPE}.csv")
    changed = text.replace(old, new, 1)
    assert changed != text
    if message == "neither":
        message = "the output is not JSON; it starts `build_commit"
    assert message in refusal("llama-bench", changed)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("tg128 |", "gg128 |", "`test` of row 2 is `gg128`"),
        ("       4 |           pp512 |", "pp512 |", "row 1 has 6 cells, the header has 7"),
        ("938.00 ±", "nan ±", "`t/s` of row 1 is `nan`"),
        ("938.00 ±", "0.00 ±", "`t/s` of row 1 is 0"),
    ],
)
def test_a_broken_table_is_refused(old, new, message, recorded, refusal):
    text = recorded(f"{SHAPE}.md")
    assert old in text
    assert message in refusal("llama-bench", text.replace(old, new, 1))


def test_a_run_that_was_cut_short_is_refused(recorded, refusal):
    text = recorded(f"{SHAPE}.json")
    assert "the JSON stops in the middle" in refusal("llama-bench", text[: len(text) // 2])
    assert "the output holds no result" in refusal("llama-bench", "[\n\n]\n")
    lines = recorded(f"{SHAPE}.jsonl")
    assert "line 4: the JSON stops" in refusal("llama-bench", lines[:-40])
