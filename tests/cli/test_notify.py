"""Who does not look is told: once for each event, with the verdict in the title."""

import json

import pytest

from report.campaign import whole
from support.repos import commit
from support.typing_in import patch, refused
from whet.model.config import Notify
from whet.plan.replay import apply
from whet.plan.state import State
from whet.report.notice import notice
from whet.steps.notify import notify


def told_of(events):
    """What a person would be told of a story, in order."""
    state, found = State(), []
    for event in events:
        apply(state, event)
        found.append(notice(state, event))
    return [one for one in found if one]


def test_a_story_is_told_by_its_verdicts():
    found = told_of(whole().events)
    kept = [one for one in found if one["event"] == "kept"]
    assert kept[2]["experiment"] == "E08"
    assert "E08 kept +6.4% [" in kept[2]["title"]
    assert kept[2]["verdict"] == "kept"
    held = [one["experiment"] for one in found if one["event"] == "attention"]
    assert "E18" in held
    assert found[-1]["event"] == "finished"
    assert "finished: +12.8% [+12.4, +13.2], 5 of 20 experiments kept" in found[-1]["title"]


@pytest.fixture
def heard(tmp_path, monkeypatch):
    """What a command of one's own was given, line by line."""
    path = tmp_path / "heard.jsonl"
    monkeypatch.setenv("WHET_NOTIFY_COMMAND", f"cat >> '{path}'")
    return lambda: [json.loads(line) for line in path.read_text().splitlines()]


def test_a_run_tells_each_event_once_and_records_no_command(root, say, heard):
    faster = patch(root, "faster", {"speed": "110\n"})
    same = patch(root, "same", {"memory": "49\n"})
    assert say(root, "try", "--stack", "-q", str(faster), str(same)).code == 0
    assert [(one["event"], one["experiment"]) for one in heard()] == [
        ("kept", "E01"), ("finished", None),
    ]  # fmt: skip
    assert "E01 kept +" in heard()[0]["title"]
    assert {one["schema"] for one in heard()} == {"whet/1"}
    ledger = next((root / ".whet" / "campaigns").glob("*/events.jsonl")).read_text()
    assert "heard.jsonl" not in ledger


def test_a_repository_cannot_name_the_command(root, say, tmp_path):
    text = (root / "whet.toml").read_text()
    (root / "whet.toml").write_text(f'{text}\n[notify]\ncommand = "touch {tmp_path}/ran"\n')
    commit(root)
    answer = say(root, "try", "-q", str(patch(root, "faster", {"speed": "110\n"})))
    refused(answer, 2, "runs outside the jail", "WHET_NOTIFY_COMMAND")
    assert not (tmp_path / "ran").exists()


def test_only_what_was_asked_for_is_told_and_a_failure_stops_nothing(tmp_path):
    events, failures, state = whole().events, [], State()
    wanted = Notify(command="cat >> heard; exit 3", on=("finished",))
    for event in events:
        apply(state, event)
        notify(wanted, tmp_path, state, failures.append, event)
    assert len((tmp_path / "heard").read_text().splitlines()) == 1
    assert failures == [f for f in failures if "exited with 3" in f]
    assert len(failures) == 1
