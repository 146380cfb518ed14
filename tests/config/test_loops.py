"""Repositories that another loop has worked in: read in place, and left as they are."""

import hashlib
import json
import os
import subprocess

import pytest

from whet.config.detect import detect
from whet.config.load import load
from whet.config.start import start

MEASURE = "#!/bin/bash\nset -euo pipefail\necho METRIC total_ms=12\necho METRIC rss_kb=9\n"
CHECKS = "#!/bin/bash\nmake test\n"
PROMPT = """\
# Autoresearch: faster parsing

## Metrics
- **Primary**: total_ms (ms, lower is better), the optimisation target
- **Secondary**: rss_kb

## Files in Scope
- `src/parse.c`: the parser
- `lib/`: helpers
- src/scan.c, the scanner
- `src/gone.c` was removed
- `../outside.c`

## Off Limits
- `src/main.c`
"""
LOG = [
    {"type": "config", "name": "old", "metricName": "old", "bestDirection": "higher"},
    {"run": 1, "metric": 20, "metrics": {}, "status": "keep"},
    {
        "type": "config",
        "name": "Faster parsing",
        "metricName": "total_ms",
        "metricUnit": "ms",
        "bestDirection": "lower",
    },
    {"run": 2, "metric": 19, "metrics": {}, "status": "discard"},
]
SOURCES = {"src/parse.c": "", "src/scan.c": "", "src/main.c": "", "lib/a.c": "", "Makefile": ""}
CURRENT = {
    "log": ".auto/log.jsonl",
    "prompt": ".auto/prompt.md",
    "measure": ".auto/measure.sh",
    "checks": ".auto/checks.sh",
    "config": ".auto/config.json",
}
LEGACY = {
    "log": "autoresearch.jsonl",
    "prompt": "autoresearch.md",
    "measure": "autoresearch.sh",
    "checks": "autoresearch.checks.sh",
    "config": "autoresearch.config.json",
}


def session(names, **changed):
    texts = {
        "log": "".join(json.dumps(line) + "\n" for line in LOG),
        "prompt": PROMPT,
        "measure": MEASURE,
        "checks": CHECKS,
        "config": '{"maxIterations": 50}',
    } | changed
    return {names[kind]: text for kind, text in texts.items() if text is not None}


def fingerprint(root):
    return {
        str(path.relative_to(root)): (
            path.stat().st_mode,
            hashlib.sha256(path.read_bytes()).digest(),
        )
        for path in root.rglob("*")
        if path.is_file()
    }


@pytest.mark.parametrize(
    ("names", "measure", "checks", "protected"),
    [
        (CURRENT, ".auto/measure.sh", ".auto/checks.sh", ".auto/**"),
        (LEGACY, "./autoresearch.sh", "./autoresearch.checks.sh", "/autoresearch.sh"),
    ],
    ids=["current", "legacy"],
)
def test_init_needs_no_question_and_changes_no_file(
    names, measure, checks, protected, repository, nobody
):
    root = repository(SOURCES | session(names))
    before = fingerprint(root)
    started = start(root)
    after = fingerprint(root)
    assert after.pop("whet.toml")
    assert after == before
    config = load(root, environ=nobody).config
    assert (config.bench.command, config.checks.command) == (measure, checks)
    assert (config.goal.metric, config.goal.unit, config.goal.direction) == (
        "total_ms",
        "ms",
        "lower",
    )
    assert config.scope.allow == ("src/parse.c", "lib/**", "src/scan.c")
    assert protected in config.scope.protect
    assert config.run.max_experiments == 50
    assert (config.campaign.title, config.campaign.notes) == ("Faster parsing", names["prompt"])
    assert any("2 earlier runs of pi-autoresearch" in note for note in started.notes)


def test_where_a_newer_file_is_the_older_ones_are_not_looked_at(repository):
    root = repository(SOURCES | session(LEGACY) | {".auto/measure.sh": MEASURE})
    found = detect(root)
    assert found.bench.command == ".auto/measure.sh"
    assert (found.loop.checks, found.loop.notes, found.loop.runs) == (None, "", 0)


def test_hooks_alone_make_it_the_newer_layout(repository):
    root = repository(SOURCES | session(LEGACY) | {".auto/hooks/before.sh": "#!/bin/sh\n"})
    assert detect(root).loop is None


def test_without_a_log_the_goal_is_read_from_the_prompt(repository):
    goal = detect(repository(SOURCES | session(CURRENT, log=None))).goal
    assert (goal.metric, goal.unit, goal.direction) == ("total_ms", "ms", "lower")
    assert goal.where == ".auto/prompt.md"


def test_without_log_and_prompt_one_metric_is_the_goal_and_two_are_a_question(repository):
    root = repository(SOURCES | session(CURRENT, log=None, prompt=None))
    assert detect(root).goal is None
    (root / ".auto/measure.sh").write_text("#!/bin/sh\necho METRIC total_ms=1\n")
    assert detect(root).goal.metric == "total_ms"


def test_a_script_that_is_not_executable_is_run_by_bash(repository):
    root = repository(SOURCES | session(CURRENT, measure=MEASURE.removeprefix("#!/bin/bash\n")))
    assert detect(root).bench.command == "bash .auto/measure.sh"


def test_a_session_that_git_does_not_know_is_found_and_told(repository):
    files = SOURCES | session(CURRENT)
    root = repository(files, untracked=[name for name in files if name.startswith(".auto/")])
    found = detect(root)
    assert found.bench.command == ".auto/measure.sh"
    assert found.remarks[0] == (
        "not committed, so no trial can see it: "
        "git add -f .auto/measure.sh .auto/checks.sh && git commit"
    )


def test_a_working_folder_below_is_entered(repository, nobody):
    inside = {f"sub dir/{name}": text for name, text in session(CURRENT, config=None).items()}
    settings = {".auto/config.json": '{"workingDir": "./sub dir"}'}
    root = repository(SOURCES | inside | settings)
    start(root)
    config = load(root, environ=nobody).config
    assert config.bench.command == "cd 'sub dir' && .auto/measure.sh"
    assert "sub dir/.auto/**" in config.scope.protect


@pytest.mark.parametrize("folder", ["/etc", "../elsewhere", 5])
def test_a_working_folder_outside_is_not_followed(folder, repository):
    settings = json.dumps({"workingDir": folder})
    found = detect(repository(SOURCES | session(CURRENT, config=settings)))
    assert found.bench.command == ".auto/measure.sh"


@pytest.mark.parametrize(
    "log",
    ["", "nonsense\n", "[1]\n\n", '{"type": "config"}\n', '{"type": "config", "metricName": 5}\n',
     '{"type": "config", "metricName": "a b"}\n', "[" * 9000],
)  # fmt: skip
def test_a_log_that_says_nothing_is_as_good_as_none(log, repository):
    assert detect(repository(SOURCES | session(CURRENT, log=log))).goal.where == ".auto/prompt.md"


@pytest.mark.parametrize(
    ("lines", "allow"),
    [
        (
            "| `src/parse.c` | the parser |\n| `src/scan.c` | and this |",
            ("src/parse.c", "src/scan.c"),
        ),
        ("1. src/parse.c\n2) src/", ("src/parse.c", "src/**")),
        ("```text\nsrc/parse.c\n```", ("src/parse.c",)),
        ("- `src/*.c`", ("src/*.c",)),
        ("- everything", ()),
        ("- `Makefile`", ("/Makefile",)),
    ],
)
def test_files_in_scope_are_read_however_they_are_listed(lines, allow, repository):
    prompt = f"# x\n\n## Files in Scope\n{lines}\n\n## Constraints\n- `src/main.c`\n"
    loop = detect(repository(SOURCES | session(CURRENT, prompt=prompt))).loop
    assert loop.allow == allow


def test_karpathys_repository_needs_no_question(repository, nobody):
    root = repository(
        {
            "program.md": "Run `uv run train.py`, then grep the val_bpb.\n",
            "train.py": "print(f'val_bpb: {x}')\n",
            "prepare.py": "",
            "pyproject.toml": '[project]\nname = "a"\n',
            "uv.lock": "",
            "results.tsv": "commit\tval_bpb\nabc\t0.99\ndef\t0.98\n",
        }
    )
    started = start(root)
    config = load(root, environ=nobody).config
    assert (config.goal.metric, config.goal.direction) == ("val_bpb", "lower")
    assert config.scope.allow == ("/train.py",)
    assert {"/prepare.py", "/program.md"} <= set(config.scope.protect)
    assert (config.bench.timeout, config.measure.pairs_max) == (900.0, 12)
    assert any("2 earlier runs" in note for note in started.notes)


def test_the_command_for_karpathys_repository_prints_a_metric_and_fails_with_the_training(
    repository, nobody
):
    root = repository({"program.md": "val_bpb\n", "train.py": "print('val_bpb:   0.9979')\n"})
    start(root)
    command = load(root, environ=nobody).config.bench.command
    done = subprocess.run(
        ["sh", "-c", command], cwd=root, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (0, "METRIC val_bpb=0.9979\n")
    (root / "train.py").write_text("print('val_bpb: 0.1')\nraise SystemExit('out of memory')\n")
    done = subprocess.run(
        ["sh", "-c", command], cwd=root, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert "out of memory" in done.stdout
    assert "METRIC" not in done.stdout


TRAINING = """\
import torch
torch.manual_seed(42)
torch.cuda.manual_seed(42)
print(f"val_bpb: {torch.drawn()}")
"""
TORCH = """\
import random, types
def manual_seed(seed): random.seed(seed)
def drawn(): return random.random()
cuda = types.SimpleNamespace(manual_seed=manual_seed, manual_seed_all=manual_seed)
"""


def test_with_karpathys_training_a_change_of_the_seed_changes_nothing(repository, nobody):
    root = repository({"program.md": "val_bpb\n", "train.py": TRAINING, "torch.py": TORCH})
    start(root)
    command = load(root, environ=nobody).config.bench.command

    def printed(seed):
        given = nobody | {"WHET_SEED": seed, "PATH": os.environ["PATH"]}
        words = ["sh", "-c", command]
        return subprocess.run(words, cwd=root, env=given, capture_output=True, check=True).stdout

    first = printed("7")
    assert printed("8") != first
    (root / "train.py").write_text(TRAINING.replace("42", "43"))
    assert printed("7") == first


def test_skypilots_template_names_the_build(repository, nobody):
    template = (
        "resources:\n  cpus: 4+\nenvs:\n  BUILD_CMD: make fast\n  BENCH_TIMEOUT: 120\n"
        "  CHECK_TIMEOUT: 90\nrun: |\n  ./autoresearch.sh\n"
    )
    root = repository(SOURCES | session(LEGACY) | {"experiment.yaml": template})
    start(root)
    config = load(root, environ=nobody).config
    assert config.build.command == "make fast"
    assert (config.bench.timeout, config.checks.timeout) == (120, 90)
    assert "experiment.yaml" in config.scope.protect
