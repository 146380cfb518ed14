"""Projects in which another loop was at work: taken over in one step, and theirs all the while."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from support.repos import commit, contents, write
from support.typing_in import BENCH, CHECK, FILES, patch

pytestmark = pytest.mark.slow

LOG = [
    {"type": "config", "name": "Faster", "metricName": "ops", "metricUnit": "op/s",
     "bestDirection": "higher"},
    {"run": 1, "commit": "a1b2c3d", "metric": 100, "metrics": {}, "status": "keep",
     "description": "baseline", "timestamp": 1, "segment": 0, "confidence": None},
]  # fmt: skip
PROMPT = "# Faster\n\n## Files in Scope\n- `speed`\n- `extra`\n- `memory`\n- `answer`\n"
SPEED = {"speed": "110\n"}
WRONG = {"answer": "41\n"}
THEIRS = """
import { readFileSync } from "node:fs";
const { reconstructJsonlState } = await import(process.argv[1]);
console.log(JSON.stringify(reconstructJsonlState(readFileSync(0, "utf8"))));
"""


def project(root, files):
    """The target without whet.toml, with the scripts of another loop."""
    plain = {name: text for name, text in FILES.items() if name not in ("whet.toml", "bench.sh")}
    write(root, plain | files)
    for script in root.rglob("*.sh"):
        script.chmod(0o755)
    subprocess.run(["git", "init", "-q", root], check=True)
    commit(root)
    return root


def taken_over(root, say, *settings):
    """`whet init`, and what the user then commits; the files that were there before."""
    before = {path: found for path, found in contents(root).items() if not path.startswith(".git/")}
    assert say(root, "init", "--yes").code == 0
    for key, value in settings:
        assert say(root, "config", "set", key, value).code == 0
    commit(root, message="whet.toml")
    return before


def judge(root, say):
    changes = {"faster": SPEED, "wrong": WRONG}
    files = [patch(root, name, change) for name, change in changes.items()]
    done = say(root, "try", "--stack", "-q", *map(str, files))
    assert done.code == 0, done.err


def untouched(root, before, but=()):
    after = contents(root)
    return {path for path, found in before.items() if after.get(path) != found} == set(but)


def theirs(text):
    """What pi-autoresearch itself makes of a log."""
    runner = shutil.which("tsx")
    reader = Path("pi-autoresearch", "extensions", "pi-autoresearch", "jsonl.ts")
    path = Path(runner).resolve() if runner else Path()
    package = next((up / reader for up in path.parents if (up / reader).is_file()), None)
    if runner is None or package is None:
        pytest.skip("pi-autoresearch and tsx are not installed")
    words = [runner, "--input-type=module", "-e", THEIRS, str(package)]
    done = subprocess.run(words, input=text, capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def test_the_dashboard_of_pi_autoresearch_goes_on_with_whets_verdicts(tmp_path, say):
    session = {
        ".auto/measure.sh": BENCH, ".auto/checks.sh": CHECK, ".auto/prompt.md": PROMPT,
        ".auto/log.jsonl": "".join(json.dumps(line) + "\n" for line in LOG),
    }  # fmt: skip
    root = project(tmp_path / "pi", session)
    before = taken_over(root, say, ("compat.mirror_log", "true"), ("measure.pairs_max", "12"))
    judge(root, say)
    assert untouched(root, before, {".auto/log.jsonl"})
    ran = subprocess.run([root / ".auto/measure.sh"], cwd=root, capture_output=True, check=True)
    assert ran.stdout.startswith(b"METRIC ops=1")
    seen = theirs((root / ".auto" / "log.jsonl").read_text())
    assert (seen["metricName"], seen["bestDirection"]) == ("ops", "higher")
    assert [run["description"] for run in seen["results"]] == [
        "baseline", "the base, nothing changed", "faster", "wrong",
    ]  # fmt: skip
    kept = say(root, "status", "--json").document["counts"]["kept"]
    ours = [run["status"] for run in seen["results"] if "whet" in run.get("asi", {})]
    assert (ours.count("keep"), ours[-1]) == (kept, "checks_failed")


def test_karpathys_training_and_table_stay_as_they_are(tmp_path, say):
    training = 'SPEED = 100\nprint(f"val_bpb:          {1 / SPEED}")\n'
    files = {
        "program.md": "Lower val_bpb.\n", "prepare.py": "", "train.py": training,
        "results.tsv": "commit\tval_bpb\tmemory_gb\tstatus\tdescription\n"
        "a1b2c3d\t0.010000\t44.0\tkeep\tbaseline\n",
    }  # fmt: skip
    root = project(tmp_path / "karpathy", files)
    before = taken_over(root, say, ("goal.exact", "true"))
    assert say(root, "import", "results.tsv", "--metric", "val_bpb").code == 0
    file = patch(root, "faster", {"train.py": training.replace("100", "125")})
    assert say(root, "try", "-q", str(file)).code == 0
    assert say(root, "status", "--json").document["counts"]["kept"] == 1
    assert untouched(root, before)
    ran = subprocess.run(["python3", "train.py"], cwd=root, capture_output=True, check=True)
    assert ran.stdout == b"val_bpb:          0.01\n"


TASK = """\
resources:
  cpus: 2+
workdir: .
envs:
  EXPERIMENT_ID: none
  BUILD_CMD: ./build.sh
  BENCH_TIMEOUT: 30
  CHECK_TIMEOUT: 20
run: |
  eval "$BUILD_CMD" || { echo "EXPERIMENT_STATUS: crash"; exit 0; }
  timeout "$BENCH_TIMEOUT" ./autoresearch.sh || { echo "EXPERIMENT_STATUS: crash"; exit 0; }
  timeout "$CHECK_TIMEOUT" ./autoresearch.checks.sh || failed=checks_failed
  echo "EXPERIMENT_STATUS: ${failed:-done}"
"""


def test_the_task_of_skypilots_example_runs_as_before(tmp_path, say):
    script = TASK.partition("run: |\n")[2].replace("\n  ", "\n")
    files = {
        "autoresearch.sh": BENCH, "autoresearch.checks.sh": CHECK, "autoresearch.md": PROMPT,
        "instructions.md": "Make it faster.\n", "experiment.yaml": TASK,
        "autoresearch.jsonl": json.dumps(LOG[0]) + "\n",
    }  # fmt: skip
    root = project(tmp_path / "sky", files)
    before = taken_over(root, say)
    judge(root, say)
    assert untouched(root, before)
    given = {"PATH": os.environ["PATH"], "BUILD_CMD": "./build.sh",
             "BENCH_TIMEOUT": "30", "CHECK_TIMEOUT": "20"}  # fmt: skip
    ran = subprocess.run(["bash", "-c", script], cwd=root, env=given, capture_output=True,
                         check=True)  # fmt: skip
    assert ran.stdout.endswith(b"EXPERIMENT_STATUS: done\n")
