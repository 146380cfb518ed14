"""Notes of other loops in, numbers for other tools out, and a log that their dashboard reads."""

import csv
import importlib.util
import io
import json
import shutil
import sqlite3

import pytest

from support.repos import commit, user_git
from support.typing_in import BENCH, edit, patch, refused

PI = [
    {"type": "config", "name": "Faster", "metricName": "ops", "metricUnit": "op/s",
     "bestDirection": "higher"},
    {"run": 1, "commit": "a1b2c3d", "metric": 100, "metrics": {}, "status": "keep",
     "description": "baseline", "timestamp": 1, "segment": 0, "confidence": None},
    {"run": 2, "commit": "b2c3d4e", "metric": 104.5, "metrics": {}, "status": "keep",
     "description": "unroll", "timestamp": 2, "segment": 0, "confidence": 2.5},
    {"run": 3, "commit": "c3d4e5f", "metric": 0, "metrics": {}, "status": "crash",
     "description": "fp16 <script>", "timestamp": 3, "segment": 0, "confidence": None},
    {"run": 4, "commit": "c3d4e5f", "metric": 99, "metrics": {}, "status": "checks_failed",
     "description": "skip a block", "timestamp": 4, "segment": 0, "confidence": None},
]  # fmt: skip
TSV = (
    "commit\tval_bpb\tmemory_gb\tstatus\tdescription\n"
    'a1b2c3d\t0.997900\t44.0\tkeep\tbase"line\n'
    "b2c3d4e\t0.993200\t44.2\tkeep\tincrease LR to 0.04\n"
    "c3d4e5f\t1.005000\t44.0\tdiscard\tswitch to GeLU, again\n"
    "d4e5f6a\t0.000000\t0.0\tcrash\tdouble the width (OOM)\n"
)


def pi_log(folder, rows=PI):
    path = folder / "log.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def evidence(root):
    ledger = next((root / ".whet" / "campaigns").glob("*/events.jsonl"))
    found = [json.loads(line)["event"] for line in ledger.read_text().splitlines()]
    return [event["evidence"] for event in found if event["type"] == "evidence.found"]


def test_a_pi_log_becomes_notes_and_no_measurement(root, say, tmp_path):
    path = pi_log(tmp_path)
    answer = say(root, "import", str(path), "--json")
    assert answer.code == 0, answer.err
    said = answer.document
    assert (said["runs"], said["new"], said["verified"]) == (4, 4, 0)
    assert said["counts"] == {"keep": 2, "crash": 1, "checks_failed": 1}
    found = evidence(root)
    assert [one["id"] for one in found] == ["S01", "S02", "S03", "S04"]
    assert found[1]["title"] == "unroll (kept before, unverified: keep)"
    assert found[2]["title"] == "fp16 <script> (failed before, unverified: crash)"
    assert found[3]["locator"] == "log.jsonl line 5"
    text = path.read_bytes()
    for one in found:
        assert text[slice(*one["span"])].decode() == one["quote"]
    status = say(root, "status", "--json").document
    assert (status["judged"], status["headline"], status["counts"]) == (0, None, {})

    again = say(root, "import", str(path))
    assert "0 notes added to ops, 4 were there" in again.out
    assert "whet has verified 0 of them" in again.out
    assert len(evidence(root)) == 4


def sixty_runs():
    """A log of 60 runs at 41.37 whose best right one is +15.1%, and a wrong one is +18.2%."""
    config = {**PI[0], "metricName": "tg128", "metricUnit": "t/s"}
    rows = [{**PI[1], "run": n, "metric": 41.37 * (1 + 0.151 * n / 60),
             "status": "keep" if n % 10 == 0 else "discard"} for n in range(1, 61)]  # fmt: skip
    rows[29] = {**rows[29], "metric": 41.37 * 1.182, "status": "checks_failed"}
    rows[0] = {**rows[0], "metric": 41.37, "status": "keep", "description": "baseline"}
    return [config, *rows]


def test_no_surface_makes_a_headline_of_runs_that_nobody_measured_in_pairs(root, say, tmp_path):
    edit(root, 'metric = "ops"', 'metric = "tg128"')
    said = say(root, "import", str(pi_log(tmp_path, sixty_runs())), "--json").document
    assert (said["runs"], said["verified"]) == (60, 0)
    report = tmp_path / "report"
    assert say(root, "report", "--out", str(report)).code == 0
    assert json.loads((report / "report.json").read_text())["headline"] is None
    first = (report / "report.md").read_text().partition("\n")[0]
    shown = say(root, "status").out + first + hero((report / "index.html").read_text())
    assert "No verdict yet" in shown
    assert "18." not in shown
    assert "15." not in shown


def hero(page):
    """What stands on top of a page."""
    return page.partition('id="hero"')[2].partition("</section>")[0]


def test_row_and_keep_counts_of_a_table_are_those_of_the_file(root, say, tmp_path):
    path = tmp_path / "results.tsv"
    path.write_text(TSV)
    said = say(root, "import", str(path), "--metric", "val_bpb", "--json").document
    assert said["runs"] == 4
    assert said["counts"] == {"keep": 2, "discard": 1, "crash": 1}
    path.write_text(TSV.replace(",", ";").replace("\t", ","))
    assert say(root, "import", str(path), "--json").document["runs"] == 4


def test_what_is_no_log_is_refused_and_nothing_is_written(root, say, tmp_path):
    path = tmp_path / "notes.md"
    path.write_text("# Notes\n")
    refused(say(root, "import", str(path)), 2, "notes.md is neither pi-autoresearch's log nor")
    path.write_text(TSV)
    refused(say(root, "import", str(path), "--metric", "loss"), 2, "there is no column `loss`",
            "--metric val_bpb")  # fmt: skip
    path.write_text("commit\tstatus\tdescription\n")
    refused(say(root, "import", str(path)), 2, "notes.md has no run in it")
    refused(say(root, "import", str(tmp_path / "none")), 2, "cannot read")
    assert not (root / ".whet" / "campaigns").exists()


# export


def test_every_sample_is_in_the_table(judged, say):
    rows = list(csv.DictReader(io.StringIO(say(judged, "export").out)))
    kinds = {row["kind"] for row in rows}
    assert kinds == {"calibration", "experiment", "stack"}
    ledger = next((judged / ".whet" / "campaigns").glob("*/events.jsonl")).read_text()
    events = [json.loads(line)["event"] for line in ledger.splitlines()]
    pairs = [pair for event in events for pair in (event.get("outcome") or {}).get("pairs", [])]
    values = [v for pair in pairs for side in "ab" for v in pair[side]["values"].values()]
    assert sorted(float(row["value"]) for row in rows) == sorted(values)
    kept = [row for row in rows if row["experiment"] == "E01"]
    assert {row["verdict"] for row in kept} == {"kept"}
    assert {row["side"] for row in kept} == {"a", "b"}


def test_sqlite_has_the_same_samples(judged, say, tmp_path):
    out = tmp_path / "x" / "samples.sqlite"
    assert say(judged, "export", "--format", "sqlite", "--out", str(out)).code == 0
    table = say(judged, "export").out.count("\n") - 1
    with sqlite3.connect(out) as found:
        assert found.execute("SELECT COUNT(*) FROM samples").fetchone() == (table,)
        kinds = found.execute("SELECT typeof(value), typeof(pair) FROM samples LIMIT 1").fetchone()
    found.close()
    assert kinds == ("real", "integer")


def test_parquet_needs_pyarrow_and_says_so(judged, say, tmp_path):
    if importlib.util.find_spec("pyarrow") is not None:
        pytest.skip("pyarrow is here")
    out = tmp_path / "samples.parquet"
    answer = say(judged, "export", "--format", "parquet", "--out", str(out))
    refused(answer, 3, "parquet needs pyarrow", "pip install 'whet[parquet]'")
    assert not out.exists()


def test_parquet_has_the_same_samples_with_types(judged, say, tmp_path):
    parquet = pytest.importorskip("pyarrow.parquet", reason="needs the extra `parquet`")
    out = tmp_path / "samples.parquet"
    answer = say(judged, "export", "--format", "parquet", "--out", str(out))
    assert answer.code == 0, answer.err
    table = parquet.read_table(out)
    rows = list(csv.DictReader(io.StringIO(say(judged, "export").out)))
    assert table.column_names == list(rows[0])
    assert [str(value) for value in table["value"].to_pylist()] == [row["value"] for row in rows]
    types = {
        name: str(table.schema.field(name).type) for name in ("pair", "first", "value", "side")
    }
    assert types == {"pair": "int64", "first": "bool", "value": "double", "side": "string"}


def test_bencher_and_the_benchmark_action_get_the_stack(judged, say):
    top = say(judged, "status", "--json").document["headline"]["effect"]
    [(name, measures)] = json.loads(say(judged, "export", "--format", "bencher").out).items()
    assert name.startswith("try-")
    ops = measures["ops"]
    assert ops["value"] == top["b"]
    assert ops["lower_value"] < ops["value"] < ops["upper_value"]
    assert set(measures) == {"ops", "memory"}
    rows = json.loads(say(judged, "export", "--format", "github-action-benchmark").out)
    assert [row["name"] for row in rows] == ["ops"]
    assert rows[0]["value"] == top["b"]
    assert {"name", "unit", "value"} <= rows[0].keys()


@pytest.mark.slow
def test_llama_bench_gets_one_row_for_each_invocation(root, say, tmp_path):
    (root / "bench.sh").write_text(BENCH.replace("ops", "tg128").replace("memory", "pp512"))
    edit(root, 'metric = "ops"', 'metric = "tg128"')
    edit(root, 'metric = "memory"\ndirection = "lower"', 'metric = "pp512"\ndirection = "lower"')
    (root / "bench.sh").write_text(
        (root / "bench.sh").read_text().replace("cat pp512", "cat memory")
    )
    commit(root)
    assert say(root, "try", "--stack", "-q", str(patch(root, "f", {"speed": "110\n"}))).code == 0
    out = tmp_path / "llama-bench.sqlite"
    answer = say(root, "export", "--format", "llama-bench", "--out", str(out))
    assert answer.code == 0, answer.err
    with sqlite3.connect(out) as found:
        rows = found.execute(
            "SELECT build_commit, n_prompt, n_gen, AVG(avg_ts), COUNT(*) FROM llama_bench "
            "GROUP BY 1, 2, 3 ORDER BY 3, 4"
        ).fetchall()
    found.close()
    assert [row[1:3] for row in rows] == [(512, 0), (512, 0), (0, 128), (0, 128)]
    assert all(row[4] == 4 for row in rows)
    base = user_git(root, "rev-parse", "HEAD")[:8]
    assert rows[2][0] == base
    assert rows[3][3] > 1.05 * rows[2][3]


def test_without_a_number_there_is_nothing_to_give_on(root, say, judged, tmp_path):
    assert say(root, "try", "-q", str(patch(root, "slower", {"speed": "90\n"}))).code == 0
    refused(say(root, "export", "--format", "bencher"), 3, "no stack was measured", "--format csv")
    out = tmp_path / "x.sqlite"
    answer = say(judged, "export", "--format", "llama-bench", "--out", str(out))
    refused(answer, 2, "no metric here is a test of llama-bench")
    assert not out.exists()


# mirror_log


def runs(root):
    path = root / ".auto" / "log.jsonl"
    return [json.loads(line) for line in path.read_text().splitlines()]


@pytest.fixture
def mirrored(root):
    (root / "whet.toml").write_text(
        (root / "whet.toml").read_text() + "\n[compat]\nmirror_log = true\n"
    )
    commit(root)
    return root


def test_a_dashboard_that_reads_their_log_goes_on(mirrored, say, tmp_path):
    changes = {
        "faster": {"speed": "110\n"},
        "wrong": {"answer": "41\n"},
        "broken": {"answer": "many\n"},
        "cheat": {"check.sh": "#!/bin/sh\n"},
        "same": {"memory": "49\n"},
    }
    files = [patch(mirrored, name, change) for name, change in changes.items()]
    (mirrored / ".auto").mkdir()
    shutil.copy(pi_log(tmp_path), mirrored / ".auto" / "log.jsonl")
    before = (mirrored / ".auto" / "log.jsonl").read_text()
    assert say(mirrored, "try", "--stack", "-q", *map(str, files)).code == 0
    text = (mirrored / ".auto" / "log.jsonl").read_text()
    assert text.startswith(before)
    ours = [run for run in runs(mirrored) if "whet" in run.get("asi", {})]
    assert ours[0]["description"] == "the base, nothing changed"
    assert {run["description"]: (run["status"], run["metric"] > 0) for run in ours[1:]} == {
        "faster": ("keep", True),
        "wrong": ("checks_failed", False),
        "broken": ("crash", False),
        "cheat": ("crash", False),
        "same": ("discard", True),
    }
    assert [run["run"] for run in ours] == [5, 6, 7, 8, 9, 10]

    assert say(mirrored, "drop", "E01", "--reason", "too clever").code == 0
    ours = [run for run in runs(mirrored) if run.get("description") == "faster"]
    assert [run["status"] for run in ours] == ["discard"]
    assert len(runs(mirrored)) == 11


@pytest.mark.slow
def test_a_log_that_does_not_exist_is_begun_and_may_be_committed(mirrored, say):
    file = patch(mirrored, "faster", {"speed": "110\n"})
    assert say(mirrored, "try", "-q", str(file)).code == 0
    first = runs(mirrored)
    assert first[0] == {"type": "config", "name": first[0]["name"], "metricName": "ops",
                        "metricUnit": "op/s", "bestDirection": "higher"}  # fmt: skip
    user_git(mirrored, "add", "-f", ".auto/log.jsonl")
    user_git(mirrored, "commit", "-q", "-m", "log")
    other = patch(mirrored, "other", {"extra": "20\n"})
    assert say(mirrored, "try", "-q", str(other)).code == 0
    again = say(mirrored, "try", "-q", "--campaign", "another", str(other))
    assert again.code == 0, again.err


def test_without_the_setting_nothing_of_theirs_is_written(judged):
    assert not (judged / ".auto").exists()
