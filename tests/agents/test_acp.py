"""The Agent Client Protocol, with an agent whose every habit is chosen."""

import sys
from pathlib import Path

import pytest

from whet.agents.acp import AcpAgent
from whet.agents.table import Entry
from whet.model.agent import Caps

FAKE = str(Path(__file__).parent.parent / "support" / "fake_acp.py")
CALM = Caps(seconds=20.0)


def work(stage, mode, *, policy="allow", caps=CALM):
    program = [sys.executable, "-u", FAKE, mode]
    entry = Entry(name="fake", program=sys.executable, acp=tuple(program), title="fake")
    setting = stage.setting(entry, None, caps=caps, jail="none")
    return stage.work(AcpAgent(setting=setting, policy=policy))


def test_a_turn_ends_with_its_last_words(stage):
    report = work(stage, "plain")
    assert (report.outcome, report.answer, report.problem) == ("finished", "done", "")


def test_a_permission_that_is_given_lets_it_write(stage):
    work(stage, "asks")
    assert stage.changed == {"slow.py": "fast\n"}


def test_a_permission_that_is_denied_leaves_everything_as_it_was(stage):
    report = work(stage, "asks", policy="deny")
    assert (report.outcome, stage.changed) == ("finished", {})


def test_no_file_system_is_lent_to_it(stage):
    assert "method not found: fs/read_text_file" in work(stage, "wants").transcript


def test_a_line_of_ten_megabytes_is_read(stage):
    assert work(stage, "large").outcome == "finished"


def test_junk_and_updates_of_an_unknown_kind_are_noise(stage):
    report = work(stage, "junk")
    assert report.outcome == "finished"
    assert "hello, I am a banner" in report.transcript
    assert "brand_new_kind" in report.transcript


def test_much_on_standard_error_does_not_stop_it(stage):
    assert work(stage, "stderr").outcome == "finished"


def test_one_that_dies_in_its_turn_is_an_error_with_its_last_words(stage):
    report = work(stage, "dies")
    assert (report.outcome, report.problem) == ("failed", "agent")
    assert "out of memory" in report.detail


def test_a_refusal_in_the_protocol_says_what_kind_of_problem_it_is(stage):
    report = work(stage, "refuses")
    assert (report.outcome, report.problem) == ("failed", "auth")


def test_a_limit_of_its_own_is_a_budget(stage):
    assert work(stage, "limit").outcome == "budget"


def test_at_its_time_it_is_asked_to_stop(stage):
    report = work(stage, "waits", caps=Caps(seconds=1.0))
    assert (report.outcome, report.answer) == ("timeout", "working")


@pytest.mark.slow
def test_one_that_does_not_hear_is_ended_all_the_same(stage):
    report = work(stage, "deaf", caps=Caps(seconds=1.0))
    assert report.outcome == "timeout"


def test_a_program_that_is_not_there_is_said(stage):
    entry = Entry(name="fake", program="no-such-agent", acp=("no-such-agent",), title="fake")
    report = stage.work(AcpAgent(setting=stage.setting(entry, None, caps=CALM)))
    assert report.outcome == "failed"
    assert Path("no-such-agent").name in report.transcript + report.detail
