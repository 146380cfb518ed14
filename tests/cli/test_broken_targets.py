"""A build, benchmark or check that does not work: the base is blamed, and the way out is told."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from support.repos import commit
from support.typing_in import edit, patch, refused, target, whet, without


@dataclass(frozen=True, slots=True)
class Wrong:
    """A target, and what is said about it."""

    name: str
    break_it: Callable[[Path], object]
    says: str
    hint: str


def script(name, body):
    return lambda root: commit(root, {name: f"#!/bin/sh\n{body}\n"})


def config(old, new):
    return lambda root: edit(root, old, new)


def bench(body):
    return script("bench.sh", body)


def printing(text, form):
    """A benchmark that prints a text of its own, in a format."""

    def make(root):
        commit(root, {"printed": text})
        edit(root, 'command = "./bench.sh"', f'command = "cat printed"\nformat = "{form}"')

    return make


def plain_file(root):
    (root / "bench.sh").chmod(0o644)
    commit(root)


LLAMA = json.dumps([{"n_prompt": 0, "n_gen": 128, "model_type": "tiny"}])

WRONG = [
    Wrong("no such benchmark", config("./bench.sh", "./nowhere.sh"), "nowhere.sh", "./nowhere.sh"),
    Wrong("not executable", plain_file, "bench.sh", "./bench.sh"),
    Wrong("it fails", bench("echo 'error: no model'; exit 1"), "no model", "./bench.sh"),
    Wrong("it prints nothing", bench("true"), "metric-lines", "METRIC"),
    Wrong("it prints no number", bench("echo METRIC ops=fast"), "ops", "./bench.sh"),
    Wrong("it prints NaN", bench("echo METRIC ops=nan"), "nan", "./bench.sh"),
    Wrong("it prints a hexadecimal", bench("echo METRIC ops=0x1f"), "0x1f", "./bench.sh"),
    Wrong("it prints zero", bench("echo METRIC ops=0; echo METRIC memory=1"), "above 0", "whet"),
    Wrong("it prints a negative", bench("echo METRIC ops=-3; echo METRIC memory=1"), "above 0",
          "whet"),
    Wrong("it prints a constant", bench("echo METRIC ops=7.12345; echo METRIC memory=1"), "same",
          "whet doctor"),
    Wrong("it takes too long", lambda r: (bench("sleep 20")(r), edit(r, "warmup = 0",
          'warmup = 0\ntimeout = "300ms"')), "within", "bench.timeout"),
    Wrong("another metric", config('metric = "ops"', 'metric = "opz"'), "no metric `opz`",
          "whet config set goal.metric ops"),
    Wrong("another guard", config('metric = "memory"', 'metric = "rss"'), "no metric `rss`",
          "whet config set guard.0.metric"),
    Wrong("no file", config("warmup = 0", 'warmup = 0\noutput = "out.json"'), "out.json",
          "./bench.sh"),
    Wrong("llama-bench without its number", printing(LLAMA, "llama-bench"), "samples_ts",
          "cat printed"),
    Wrong("another path in JSON", printing('{"results": {"ms": 3}}', "json:result.ms"),
          "result.ms", "results.ms"),
    Wrong("JSON with a tail", printing('{"ms": 3}\nbye', "json:ms"), "bye", "cat printed"),
    Wrong("no such compiler", config("./build.sh", "nocc -O2 x.c"), "nocc", "nocc -O2 x.c"),
    Wrong("the build fails", script("build.sh", "echo 'x.c:3: error: no type'; exit 2"),
          "x.c:3: error: no type", "./build.sh"),
    Wrong("the build takes too long", config('"./build.sh"', '"sleep 20"\ntimeout = "300ms"'),
          "took longer", "build.timeout"),
    Wrong("the build changes a script", script("build.sh", "echo true >> check.sh"), "check.sh",
          "scope.protect"),
    Wrong("the checks fail", script("check.sh", "echo 'FAIL: one of 3'; exit 1"),
          "FAIL: one of 3", "./check.sh"),
    Wrong("the checks take too long", config('"./check.sh"', '"sleep 20"\ntimeout = "300ms"'),
          "took longer", "checks.timeout"),
    Wrong("output that differs from itself", config('"./check.sh"',
          '"./check.sh"\nequivalence = "od -An -N8 -tu8 /dev/urandom"'), "equal", "od -An"),
]  # fmt: skip


@pytest.mark.parametrize("wrong", WRONG, ids=lambda wrong: wrong.name)
def test_a_target_that_does_not_work_is_told_how(wrong, tmp_path, say):
    root = target(tmp_path / "target")
    wrong.break_it(root)
    file = patch(root, "faster", {"speed": "110\n"})
    answer = say(root, "try", str(file), "--set", "integrity.sandbox=none", "--json")
    refused(answer, 3, wrong.says, wrong.hint)
    assert answer.document["hint"] == answer.line("hint")


def test_doctor_ends_with_what_is_worst_and_one_document(root, say):
    commit(root, {"check.sh": "#!/bin/sh\necho 'FAIL: one of 3'; exit 1\n"})
    answer = say(root, "doctor", "--quick", "--json")
    refused(answer, 3, "not ready: fail on base", "whet doctor")
    assert answer.document["kind"] == "diagnosis"
    assert answer.document["ready"] is False
    told = say(root, "doctor", "--quick")
    refused(told, 3, "not ready: fail on base", "whet doctor")
    assert "✗ fail on base" in told.out


def test_compare_names_the_side_that_does_not_work(root, say):
    file = patch(root, "broken", {"answer": "many\n"})
    answer = say(root, "compare", "HEAD", str(file), "--pairs", "4")
    refused(answer, 3, "broken: answer:1: error: not a number", "./build.sh")


def test_an_agent_that_is_not_there_stops_the_run(root, say):
    assert say(root, "ideas", "add", "think").code == 0
    answer = say(root, "run", "--agent", "no-such-agent", "--experiments", "1", "-q")
    assert answer.code == 3
    assert "no-such-agent" in answer.err


def test_ideas_without_an_agent_are_refused_with_a_way_to_name_one(root, say):
    assert say(root, "ideas", "add", "think").code == 0
    refused(say(root, "run"), 3, "no agent", "whet run --agent")


def test_without_git_nothing_is_possible(root, tmp_path):
    answer = whet(root, "run", PATH=without(tmp_path, "git"))
    refused(answer, 3, "git is not installed", "git --version")


def test_a_jail_that_is_asked_for_and_not_there_is_told(root, tmp_path):
    file = patch(root, "faster", {"speed": "110\n"})
    path = without(tmp_path, "bwrap")
    answer = whet(root, "try", str(file), "--set", "integrity.sandbox=bubblewrap", PATH=path)
    refused(answer, 3, "bubblewrap", "integrity.sandbox")


def test_a_bad_change_is_a_verdict_and_no_error(root, say):
    changes = {
        "protected": ({"check.sh": "#!/bin/sh\n"}, "rejected", "protected"),
        "binary": ({"blob": "\0\1\2\n"}, "rejected", "binary"),
        "wrong": ({"answer": "41\n"}, "checks_failed", "the answer is 41"),
        "broken": ({"answer": "many\n"}, "failed", "not a number"),
    }
    files = [str(patch(root, name, change)) for name, (change, _, _) in changes.items()]
    answer = say(root, "try", *files, "--json")
    assert (answer.code, answer.err) == (0, "")
    found = {one["title"]: one for one in say(root, "list", "--json").document["experiments"]}
    for name, (_, verdict, why) in changes.items():
        assert found[name]["verdict"] == verdict
        assert why in found[name]["reason"]


def test_a_patch_that_leaves_the_tree_changes_nothing(root, say):
    files = []
    for number, place in enumerate(("../outside", "/etc/outside", ".git/config", ".whet/x")):
        files.append(root.parent / f"{number}.patch")
        files[-1].write_text(
            f"diff --git a/{place} b/{place}\nnew file mode 100644\n"
            f"--- /dev/null\n+++ b/{place}\n@@ -0,0 +1 @@\n+x\n"
        )
    assert say(root, "try", *map(str, files), "-q").code == 0
    found = say(root, "list", "--json").document["experiments"]
    assert {one["verdict"] for one in found} <= {"failed", "rejected"}
    assert len(found) == len(files)
    assert not (root.parent / "outside").exists()
