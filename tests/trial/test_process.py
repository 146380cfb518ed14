"""`python -m whet.trial`: what it prints, and that it takes everything with it when it goes."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from support.toy import FASTER
from whet.model.trial import Block, TrialOutcome
from whet.trial import wire
from whet.trial.__main__ import ABANDONED


def argv(toy, spec, **more):
    path = toy.folder / "spec.json"
    block = spec if isinstance(spec, str) else wire.encode(Block(trials=(spec,)))
    path.write_text(block, encoding="utf-8")
    options = {"--spec": path, "--source": toy.store.path, "--work": toy.work, **more}
    words = [str(word) for option in options.items() for word in option]
    return [sys.executable, "-P", "-m", "whet.trial", *words]


def start(toy, spec, **more):
    return subprocess.Popen(
        argv(toy, spec, **more), stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )  # fmt: skip


def finish(toy, spec, **more):
    with start(toy, spec, **more) as process:
        out = process.stdout.read()
        process.stdin.close()
        err = process.stderr.read()
    return process.returncode, out, err.decode()


def test_a_trial_prints_its_progress_and_its_outcome_as_json_lines(jailed):
    code, out, err = finish(jailed, jailed.spec(FASTER))
    assert (code, err) == (0, "")
    *lines, last = [json.loads(line) for line in out.splitlines()]
    assert all(set(line) == {"progress"} for line in lines)
    assert lines[0] == {
        "progress": {"stage": "checkout", "pairs": 0, "cap": 12, "done": None, "trial": "E01"}
    }
    done = [line["progress"]["done"]["name"] for line in lines if line["progress"]["done"]]
    outcome = wire.decode(TrialOutcome, json.dumps(last["outcome"]))
    assert done == [stage.name for stage in outcome.stages]
    assert outcome.id == "E01"
    assert outcome.pairs


def test_what_a_trial_starts_can_be_interrupted_as_by_hand(toy):
    # the second bit of the mask is SIGINT: whoever sends it to itself would fail
    heeds = "! grep -q '^SigIgn:.*[2367abef]$' /proc/self/status && ./prog --check"
    code, out, err = finish(toy, toy.spec(FASTER, checks={"command": heeds}))
    assert (code, err) == (0, "")
    last = json.loads(out.splitlines()[-1])
    assert wire.decode(TrialOutcome, json.dumps(last["outcome"])).fault is None


def test_nothing_that_the_target_prints_gets_between_the_lines(toy):
    noisy = {"checks": {"command": "echo '{\"outcome\":1}'; echo x >&2; ./prog --check"}}
    _, out, err = finish(toy, toy.spec(FASTER, **noisy))
    assert all(set(json.loads(line)) < {"progress", "outcome"} for line in out.splitlines())
    assert err == ""


def test_a_bundle_is_as_good_as_a_store_beside(toy, tmp_path):
    spec = toy.spec(FASTER, mode="fixed", pairs=1)
    bundle = tmp_path / "bundle"
    toy.store.bundle({"base": spec.base, "a": spec.a, "b": spec.b}, bundle)
    code, out, err = finish(toy, spec, **{"--source": bundle})
    assert (code, err) == (0, "")
    outcome = wire.decode(TrialOutcome, json.dumps(json.loads(out.splitlines()[-1])["outcome"]))
    assert len(outcome.pairs) == 1


def test_a_name_that_is_no_unicode_does_not_break_a_line(toy):
    odd = b"data/odd-\xe4".decode(errors="surrogateescape")
    base = toy.candidate({odd: "x\n"})
    changes = 'for f in data/odd-*; do echo >> "$$f"; done'
    b = toy.candidate({odd: "x\n", "Makefile": f"prog:\n\t{changes}\n"})
    code, out, err = finish(toy, toy.spec(base=base, a=base, b=b))
    assert (code, err) == (0, "")
    stage = json.loads(out.splitlines()[-1])["outcome"]["stages"][-1]
    assert stage["detail"] == "the build changed data/odd-?"


# A spec that cannot be run.


@pytest.mark.parametrize(("change", "said"), [
    ("not json", "not JSON"),
    ("{}", "Block: "),
    ('{"trials": []}', "a block needs a trial"),
    ('{"trials": [{"id": 1}]}', "Block.trials[0].id cannot be 1"),
    ({"cpus": "999"}, "cpus: core 999 of `999` is not available here"),
    ({"cpus": "one"}, "cpus: "),
    ({"design": None}, "mode judge needs a design"),
    ({"mode": "fixed"}, "mode fixed needs pairs"),
    ({"metrics": ()}, "there is no metric to read"),
])  # fmt: skip
def test_a_spec_that_cannot_be_run_is_refused_in_one_line(change, said, toy):
    spec = change if isinstance(change, str) else toy.spec(FASTER, **change)
    code, out, err = finish(toy, spec)
    assert (code, out) == (2, b"")
    assert err.startswith("whet.trial: the spec is no good: ")
    assert said in err
    assert len(err.splitlines()) == 1


def test_a_missing_spec_is_refused_in_one_line(toy):
    words = argv(toy, toy.spec(FASTER), **{"--spec": "/no/such/file"})
    done = subprocess.run(words, input=b"", capture_output=True, check=False)
    assert done.returncode == 2
    assert done.stderr.count(b"\n") == 1


def test_a_commit_that_did_not_travel_is_named(toy):
    code, _, err = finish(toy, toy.spec(b="1" * 40))
    assert code == 1
    assert "1" * 40 in err.splitlines()[-1]


# The end.


LONG = (
    "mkfifo up; setsid sh -c 'trap \"\" TERM INT HUP; setsid sleep 600 & echo $! $$ >up; wait' & "
    "read a b <up; rm up; echo $a $b $$ >{}.new; mv {}.new {}; sleep 600"
)


SOON = 5.0
"""Seconds: two would do where nothing else runs."""


def alive(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()[0] != b"Z"
    except OSError:
        return False


def family(mark):
    """Living processes that carry a trial's mark, whatever numbers they have in their jail."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if f"WHET_TRIAL={mark}".encode() in (entry / "environ").read_bytes().split(b"\0"):
                found.append(int(entry.name))
    return [pid for pid in found if alive(pid)]


def until(condition, seconds):
    """Whether something becomes true in time."""
    deadline = time.monotonic() + seconds
    while not (met := condition()) and time.monotonic() < deadline:
        os.sched_yield()
    return met


@pytest.fixture
def busy(jailed):
    """A trial in the middle of its checks, with children that do not want to go."""
    note = jailed.folder / "busy"
    checks = {"command": LONG.replace("{}", "busy"), "timeout": 600.0}
    spec = jailed.spec(FASTER, id=f"busy-{os.getpid()}-{note}", checks=checks)
    process = start(jailed, spec)
    trees = jailed.work / "t"
    assert until(lambda: list(trees.glob("*/busy")), 60)
    assert len(family(spec.id)) >= 3
    yield process, spec.id
    with contextlib.suppress(ProcessLookupError):
        process.kill()
    for pid in family(spec.id):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    process.wait()
    for pipe in (process.stdin, process.stdout, process.stderr):
        pipe.close()


def test_when_its_input_closes_everything_is_gone(busy):
    process, mark = busy
    process.stdin.close()
    assert process.wait(SOON) == ABANDONED
    assert until(lambda: not family(mark), SOON)
    assert b'"outcome"' not in process.stdout.read()
    assert process.stderr.read() == b""


def test_when_it_is_told_to_end_everything_is_gone(busy):
    process, mark = busy
    process.terminate()
    assert process.wait(SOON) == ABANDONED
    assert until(lambda: not family(mark), SOON)
    assert b'"outcome"' not in process.stdout.read()


def test_ctrl_c_is_the_drivers_to_decide(busy):
    process, mark = busy
    process.send_signal(signal.SIGINT)
    process.send_signal(signal.SIGINT)
    with pytest.raises(subprocess.TimeoutExpired):
        process.wait(0.2)
    assert family(mark)


def test_when_it_is_killed_its_jail_goes_with_it(busy, jailed):
    process, mark = busy
    process.kill()
    process.wait()
    if jailed.kind == "none":
        assert family(mark)  # a later start finds them by their mark
    else:
        assert until(lambda: not family(mark), SOON)


def test_after_a_killed_trial_the_next_one_runs(busy, jailed):
    process, mark = busy
    process.kill()
    process.wait()
    for pid in family(mark):
        with contextlib.suppress(ProcessLookupError):  # its jail may end by itself
            os.kill(pid, signal.SIGKILL)
    outcome = jailed.run(FASTER, mode="fixed", pairs=1)
    assert outcome.fault is None
    assert {path.name for path in jailed.work.iterdir()} == {"objects.git", "t"}
    assert not list((jailed.work / "t").glob("*/busy"))
