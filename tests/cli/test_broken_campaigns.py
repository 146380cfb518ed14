"""A campaign that is not what it was, and decisions that it does not allow."""

import fcntl
import json
import re
from pathlib import Path

import pytest

from support.repos import commit
from support.typing_in import edit, patch, refused


def ledger(root):
    return next((root / ".whet" / "campaigns").glob("*/events.jsonl"))


def lines(root):
    return ledger(root).read_bytes().splitlines(keepends=True)


def rewrite(root, changed):
    ledger(root).write_bytes(b"".join(changed))


def stored(root, digest):
    """The file of a stored patch."""
    files = (path for path in ledger(root).parent.rglob("*") if path.is_file())
    return next(path for path in files if digest.endswith(path.name))


def id_of(say, root, title):
    """The experiment of that title."""
    found = say(root, "list", "--json").document["experiments"]
    return next(one["id"] for one in found if one["title"] == title)


READERS = (["status"], ["list"], ["why", "E01"], ["log"], ["report"], ["verify", "--no-measure"])


@pytest.mark.parametrize("args", READERS, ids=lambda args: args[0])
def test_a_flipped_byte_is_found_by_whoever_reads(args, copied, say):
    changed = lines(copied)
    changed[3] = changed[3].replace(b'"title":"', b'"title":"X', 1)
    assert changed != lines(copied)
    rewrite(copied, changed)
    refused(say(copied, *args), 6, "line 4 is not what was written", "whet run --campaign")


def test_a_removed_line_is_found(copied, say):
    changed = lines(copied)
    rewrite(copied, [*changed[:2], *changed[3:]])
    refused(say(copied, "status"), 6, "a line was removed")


def test_a_line_that_is_no_json_is_found(copied, say):
    changed = lines(copied)
    rewrite(copied, [*changed[:5], b"oops\n", *changed[5:]])
    refused(say(copied, "status"), 6, "line 6")


def test_a_newer_ledger_asks_for_a_newer_whet(copied, say):
    changed = lines(copied)
    changed[-1] = re.sub(rb'"v":\d+', b'"v":99', changed[-1], count=1)
    rewrite(copied, changed)
    refused(say(copied, "status"), 6, "newer", "pip install --upgrade whet")


def test_a_half_last_line_is_left_out_and_told_when_it_is_removed(copied, say):
    with ledger(copied).open("ab") as file:
        file.write(b'{"n":99,"v":1,"ha')
    assert say(copied, "status").code == 0
    refused(say(copied, "verify", "--no-measure"), 6, "was not written to its end")
    answer = say(copied, "retry", id_of(say, copied, "cheat"))
    assert "never written whole" in answer.err
    assert ledger(copied).read_bytes().endswith(b"}\n")


def test_a_stored_patch_that_is_gone_is_named(copied, say):
    digest = say(copied, "why", "E01", "--json").document["patch_sha256"]
    stored(copied, digest).unlink()
    refused(say(copied, "diff", "E01"), 6, "is gone")
    refused(say(copied, "verify", "--no-measure"), 6, "is gone")


def test_a_stored_patch_that_was_changed_is_named(copied, say):
    digest = say(copied, "why", "E01", "--json").document["patch_sha256"]
    blob = stored(copied, digest)
    blob.chmod(0o644)
    blob.write_bytes(b"diff --git a/x b/x\n")
    refused(say(copied, "verify", "--no-measure"), 6, "is not what was stored")


def test_two_runs_at_once_are_refused(copied, say):
    with (ledger(copied).parent / "run.lock").open("r+") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        lock.write(json.dumps({"pid": 4711, "host": "box"}))
        lock.flush()
        answer = say(copied, "run", "--campaign", ledger(copied).parent.name)
        refused(answer, 3, "process 4711 on box", "whet status")
        refused(say(copied, "clean"), 3, "is running", "whet status")


def test_another_configuration_is_another_campaign(copied, say):
    edit(
        copied, 'direction = "higher"\nmin_effect = "2%"', 'direction = "lower"\nmin_effect = "2%"'
    )
    answer = say(copied, "retry", id_of(say, copied, "same"))
    refused(answer, 3, "[goal] in whet.toml is not what", "--campaign")


def test_a_judge_with_other_defaults_says_how_to_go_on_as_before(copied, say):
    experiment = id_of(say, copied, "same")
    answer = say(copied, "retry", experiment, "--set", "judge.futility=0.2")
    refused(answer, 3, "judge.futility is 0.2, and campaign", "--set judge.futility=0.04")
    assert say(copied, "retry", experiment, "--set", "judge.futility=0.04").code == 0


def test_another_base_is_another_campaign(copied, say):
    edit(copied, 'metric = "ops"', 'metric = "ops" # the goal')
    name = ledger(copied).parent.name
    assert say(copied, "ideas", "add", "x", "--campaign", name).code == 0  # it goes to its own base
    answer = say(copied, "run", "--base", "HEAD", "--campaign", name)
    refused(answer, 3, "the base is", "--base")


def test_an_unknown_campaign_is_refused_with_those_that_are_there(copied, say):
    name = ledger(copied).parent.name
    refused(say(copied, "status", "--campaign", "nope"), 2, name, f"--campaign {name}")


@pytest.mark.parametrize("command", ["why", "diff", "log", "retry", "replay", "drop", "show"])
def test_an_unknown_experiment_is_refused_with_the_range(command, judged, say):
    refused(say(judged, command, "E99"), 2, "no experiment E99 in", "whet why E07")


def test_what_was_kept_is_not_retried(judged, say):
    refused(say(judged, "retry", id_of(say, judged, "faster")), 2, "in the stack", "whet replay")


def test_what_never_came_to_a_trial_is_not_replayed(judged, say):
    refused(say(judged, "replay", id_of(say, judged, "cheat")), 2, "never came to a trial", "why")


def test_what_nobody_holds_is_not_kept_by_hand(judged, say):
    answer = say(judged, "keep", id_of(say, judged, "wrong"), "--reason", "I like it")
    refused(answer, 2, "does not wait for a person", "whet why")


def test_a_decision_needs_a_reason(judged, say):
    answer = say(judged, "keep", id_of(say, judged, "huge"))
    refused(answer, 2, "needs a reason", "--reason")


def test_an_idea_that_does_not_wait_is_not_dropped(copied, say):
    name = ledger(copied).parent.name
    answer = say(copied, "ideas", "drop", "I99", "--campaign", name)
    refused(answer, 2, "I99", "whet ideas")


def test_nothing_in_the_stack_is_no_patch(root, say):
    file = patch(root, "same", {"memory": "49\n"})
    assert say(root, "try", "-q", str(file)).code == 0
    refused(say(root, "diff", "stack"), 2, "nothing is in the stack", "whet list")
    verified = say(root, "verify")
    assert verified.code == 0
    assert "nothing is in the stack" in verified.out


def test_a_report_that_cannot_be_written_is_told(judged, say):
    refused(say(judged, "report", "--out", "/proc/nowhere/at/all"), 3, "cannot write", "--out")
    refused(say(judged, "report", "--out", "speed"), 3, "cannot write", "--out")


def test_a_demo_is_not_run_over_another(tmp_path, say):
    (tmp_path / "whet-demo" / ".whet" / "campaigns").mkdir(parents=True)
    refused(say(tmp_path, "demo"), 2, "holds a demo already", "whet demo --again")


def test_a_campaign_that_never_measured_may_begin_again(root, say):
    edit(root, "./bench.sh", "./nowhere.sh")
    file = patch(root, "faster", {"speed": "120\n"})
    refused(say(root, "try", "-q", str(file)), 3, "nowhere.sh")
    (root / "whet.toml").write_text((root / "whet.toml").read_text().replace("nowhere", "bench"))
    answer = say(root, "try", "-q", "--base", "HEAD", str(file))
    assert answer.code == 0, answer.err
    assert re.findall(r"E\d\d faster", answer.out) == ["E01 faster"]


def test_the_users_files_are_as_they_were(copied, say):
    commit(copied)
    before = {path: path.read_bytes() for path in Path(copied).glob("*") if path.is_file()}
    for args in (["status"], ["report"], ["diff", "stack"], ["verify", "--no-measure"]):
        assert say(copied, *args).code == 0
    assert {path: path.read_bytes() for path in Path(copied).glob("*") if path.is_file()} == before


def test_a_campaign_that_never_began_is_none(copied, say):
    ledger(copied).write_bytes(b"")
    refused(say(copied, "status"), 3, "no campaign here yet")
    ledger(copied).write_bytes(b'{"n":1,"v":1,"ha')
    refused(say(copied, "status"), 3, "no campaign here yet")
