"""`whet verify`: every flipped byte is found and named, and a report alone is enough elsewhere."""

import hashlib
import json
import shutil

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from support.repos import user_git
from support.typing_in import patch, refused, target
from whet.errors import IntegrityError, LedgerCorrupt
from whet.report import seal


@pytest.fixture(scope="session")
def reported(tmp_path_factory, _home):
    """A campaign with two kept changes and its report; look at it, and change a copy only."""
    from support.typing_in import whet

    root = target(tmp_path_factory.mktemp("reported") / "target")
    files = [patch(root, "faster", {"speed": "110\n"}), patch(root, "extra", {"extra": "20\n"})]
    assert whet(root, "try", "--stack", "-q", *map(str, files)).code == 0
    assert whet(root, "report", "--format", "json", "--format", "md").code == 0
    return root


@pytest.fixture
def copied(reported, tmp_path):
    return shutil.copytree(reported, tmp_path / "copied", symlinks=True)


@pytest.fixture
def elsewhere(reported, tmp_path):
    """A fresh clone with only the report: no campaign, no objects of whet's."""
    clone = tmp_path / "clone"
    user_git(tmp_path, "clone", "--quiet", "--no-local", str(reported), str(clone))
    report = tmp_path / "report.json"
    shutil.copy(reported / "whet-report" / "report.json", report)
    assert not (clone / ".whet").exists()
    return clone, report


def rewritten(report, change):
    """The report with something changed by somebody who makes the seal fit."""
    data = seal.read(report.read_text())
    del data[seal.KEY]
    change(data)
    report.write_text(seal.sealed(data))
    return report


def files_of(root):
    """Everything that a flipped byte can be in: ledger, blobs, report."""
    ledger = next((root / ".whet" / "campaigns").glob("*/events.jsonl"))
    blobs = sorted((ledger.parent / "blobs").rglob("*"))
    report = sorted((root / "whet-report").iterdir())
    return [ledger, *(path for path in blobs if path.is_file()), *report]


@settings(max_examples=60, deadline=None,
          suppress_health_check=[HealthCheck.function_scoped_fixture])  # fmt: skip
@given(which=st.integers(0, 10**6), where=st.floats(0, 1, exclude_max=True), bit=st.integers(0, 7))
def test_a_flipped_bit_anywhere_is_found_and_its_file_named(reported, which, where, bit):
    from whet.api.verifying import verify

    files = files_of(reported)
    path = files[which % len(files)]
    before = path.read_bytes()
    at = int(where * len(before))
    path.write_bytes(before[:at] + bytes([before[at] ^ 1 << bit]) + before[at + 1 :])
    try:
        with pytest.raises((IntegrityError, LedgerCorrupt)) as raised:
            verify(reported, measure=False)
    finally:
        path.write_bytes(before)
    names = {path.name, path.parent.name + path.name}
    if path.name == "SHA256SUMS":
        names |= {other.name for other in files}
    assert any(name in str(raised.value) for name in names), str(raised.value)


@settings(max_examples=300, deadline=None,
          suppress_health_check=[HealthCheck.function_scoped_fixture])  # fmt: skip
@given(where=st.floats(0, 1, exclude_max=True), bit=st.integers(0, 7))
def test_a_flipped_bit_in_a_report_alone_is_found(reported, where, bit):
    data = bytearray((reported / "whet-report" / "report.json").read_bytes())
    data[int(where * len(data))] ^= 1 << bit
    try:
        text = data.decode()
    except UnicodeDecodeError:
        return
    assert seal.complaint(text)


def test_no_bit_of_the_digests_can_be_flipped_unseen(reported):
    from whet.api.verifying import _reported
    from whet.api.workspace import open_campaign

    path, campaign = reported / "whet-report" / "SHA256SUMS", open_campaign(reported)
    before = path.read_bytes()
    try:
        for at in range(8 * len(before)):
            flipped = bytearray(before)
            flipped[at // 8] ^= 1 << at % 8
            path.write_bytes(flipped)
            with pytest.raises(IntegrityError):
                _reported(campaign)
    finally:
        path.write_bytes(before)
    assert _reported(campaign) == 2


def test_the_part_that_was_changed_is_named(elsewhere, say):
    clone, report = elsewhere
    text = report.read_text()
    report.write_text(text.replace('"id": "E02"', '"id": "E03"', 1))
    refused(
        say(clone, "verify", "--from", str(report)), 6, "report.json: experiments[1] E03 is not"
    )
    report.write_text(text.replace(" ", "  ", 1))
    refused(say(clone, "verify", "--from", str(report)), 6, "line 2 is not as it was written")
    report.write_text(text[:-9])
    refused(say(clone, "verify", "--from", str(report)), 6, "it is no JSON")
    report.write_bytes(b"\xff" + text.encode())
    refused(say(clone, "verify", "--from", str(report)), 6, "byte 0 is not what was written")


def test_the_digests_are_what_sha256sum_reads(reported):
    folder = reported / "whet-report"
    for line in (folder / "SHA256SUMS").read_text().splitlines():
        digest, _, name = line.partition("  ")
        assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == digest


def test_a_report_alone_is_enough_to_reproduce_a_number(elsewhere, say):
    clone, report = elsewhere
    done = say(clone, "verify", "--from", str(report))
    assert done.code == 0, done.err
    assert "3 effects follow from their samples" in done.out
    assert "the stack builds from" in done.out
    assert done.out.endswith("Reproduced.\n")
    said = say(clone, "verify", "--from", str(report), "--json").document
    assert said["answer"] == "reproduced"
    assert said["again"]["ci"][0] <= said["recorded"]["ci"][1]


def test_a_number_that_does_not_come_out_again_is_not_reproduced(elsewhere, say):
    clone, report = elsewhere

    def doubled(data):
        for row in data["stack_measurements"]:
            for pair in row["outcome"]["pairs"]:
                pair["b"]["values"]["ops"] *= 2
            effect = row["effect"]
            scale = 2 * (1 + effect["estimate"])
            effect.update(estimate=scale - 1, ci=[scale - 1.01, scale - 0.99], b=2 * effect["b"])
        data["headline"] = {**data["stack_measurements"][-1]}

    answer = say(clone, "verify", "--from", str(rewritten(report, doubled)))
    refused(answer, 7, "not reproduced: the gain is smaller here")


def test_a_number_that_its_samples_do_not_give_is_named(elsewhere, say):
    clone, report = elsewhere

    def better(data):
        data["experiments"][0]["effect"]["estimate"] += 0.01

    answer = say(clone, "verify", "--from", str(rewritten(report, better)))
    refused(answer, 6, "E01: its samples give")


def test_where_it_cannot_be_told_it_says_so(elsewhere, say, tmp_path):
    clone, report = elsewhere
    other = target(tmp_path / "other")
    (other / "more").write_text("x")
    user_git(other, "add", "more")
    user_git(other, "commit", "--amend", "-q", "-m", "another")
    refused(say(other, "verify", "--from", str(report)), 3, "cannot tell here: the base")

    def without_patches(data):
        data["patches"] = {}

    rewritten(report, without_patches)
    refused(say(clone, "verify", "--from", str(report)), 3, "no stack that was measured")


def test_commands_that_only_the_report_names_are_not_run_unasked(elsewhere, say, tmp_path):
    clone, report = elsewhere
    trap = tmp_path / "ran"

    def foreign(data):
        data["config"]["build"]["command"] = f"touch {trap}; ./build.sh"
        data["config"]["integrity"]["sandbox"] = "none"

    rewritten(report, foreign)
    answer = say(clone, "verify", "--from", str(report))
    refused(answer, 3, "commands that this project does not", "--yes")
    assert f"touch {trap}" in answer.err
    assert not trap.exists()


def test_a_patch_that_is_another_is_refused(elsewhere, say):
    clone, report = elsewhere

    def other(data):
        digest = data["experiments"][0]["patch_sha256"]
        data["patches"][digest] = data["patches"][digest].replace("110", "190")

    answer = say(clone, "verify", "--from", str(rewritten(report, other)))
    refused(answer, 6, "the patch of E01 is not what was stored")


def test_one_experiment_of_a_report_can_be_repeated(elsewhere, say):
    clone, report = elsewhere
    done = say(clone, "verify", "--from", str(report), "--experiment", "e01")
    assert done.code == 0, done.err
    assert "E01 builds from" in done.out
    assert done.out.endswith("Reproduced.\n")
    other = say(clone, "verify", "--from", str(report), "--experiment", "E99")
    refused(other, 2, "no experiment E99", "whet verify")
    refused(say(clone, "verify", "--experiment", "E01"), 2, "is for `--from`", "whet replay E01")


def test_a_report_in_which_nothing_was_kept_is_checked_as_well(root, say, tmp_path):
    same = patch(root, "same", {"memory": "49\n"})
    assert say(root, "try", "--stack", "-q", str(same)).code == 0
    assert say(root, "report", "--format", "json").code == 0
    report = root / "whet-report" / "report.json"
    done = say(root, "verify", "--from", str(report))
    refused(done, 3, "nothing was kept, so the report claims no gain", "whet")
    assert "effects follow from their samples" in done.out
    done = say(root, "verify", "--from", str(report), "--experiment", "E01")
    assert done.code == 0, done.err


def test_what_is_no_report_is_said_to_be_none(elsewhere, say, tmp_path):
    clone, _ = elsewhere
    refused(say(clone, "verify", "--from", str(tmp_path / "none")), 2, "cannot read")
    other = tmp_path / "x.json"
    other.write_text(seal.sealed({"kind": "list"}))
    refused(say(clone, "verify", "--from", str(other)), 2, "is no report", "whet report")
    other.write_text(json.dumps({"kind": "report"}))
    refused(say(clone, "verify", "--from", str(other)), 6, "it has no seal")


def test_a_ledger_whose_last_end_was_overwritten_is_found(copied, say):
    ledger = next((copied / ".whet" / "campaigns").glob("*/events.jsonl"))
    data = ledger.read_bytes()
    ledger.write_bytes(data[:-1] + b"x")
    refused(say(copied, "verify", "--no-measure"), 6, "was not written to its end")


def test_without_measuring_the_rest_is_still_checked(elsewhere, say):
    clone, report = elsewhere
    said = say(clone, "verify", "--from", str(report), "--no-measure")
    assert said.code == 0
    assert said.out.endswith("Report, samples and patches hold.\n")
