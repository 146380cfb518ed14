"""Any command as an agent: what it sees, what is kept of it, and that it ends."""

import signal
from dataclasses import replace
from pathlib import Path

import anyio
import pytest

from support.repos import write
from whet import family
from whet.agents.cell import best
from whet.agents.choosing import choose
from whet.agents.command import any_command
from whet.agents.running import RAW_LIMIT
from whet.child import MARK
from whet.model.config import Agent, Bench, Config
from whet.model.metric import Goal
from whet.ports import Brief

UNTIL_UP = "until [ -e up ]; do sleep 0.01; done"

BRIEF = Brief(idea="I07", text="# I07: größer\n\nDo it.\n")


@pytest.fixture
def tree(tmp_path):
    folder = tmp_path / "the tree"
    folder.mkdir()
    return folder


def work(tree, command, timeout=60.0, jail="none", root=None, homes=()):
    agent = any_command(
        command, timeout=timeout, root=root or tree.parent, label=str(tree), jail=jail,
        homes=homes,
    )  # fmt: skip
    return anyio.run(agent.work, BRIEF, tree)


def marked(tree):
    return family.marked(MARK, f"{tree}:", beginning=True)


def test_it_works_in_the_tree_and_reads_its_brief(tree):
    report = work(tree, 'cat "$WHET_BRIEF" > read; echo "$WHET_IDEA $WHET_TREE $WHET_REPO"; pwd')
    assert (tree / "read").read_text() == BRIEF.text
    assert report.transcript == f"I07 {tree} {tree.parent}\n{tree}\n"
    assert (report.outcome, report.detail) == ("finished", "")


def test_its_brief_is_gone_afterwards_and_never_in_the_tree(tree):
    work(tree, "ls -a > seen")
    assert (tree / "seen").read_text().split() == [".", "..", "seen"]
    assert list(tree.parent.iterdir()) == [tree]


def test_both_of_its_streams_are_kept(tree):
    report = work(tree, "echo one; echo two >&2")
    assert sorted(report.transcript.split()) == ["one", "two"]


def test_bytes_that_are_no_text_are_kept_as_far_as_they_go(tree):
    assert work(tree, r"printf 'a\377b\000c'").transcript == "a\ufffdb\0c"


def test_the_end_of_a_long_transcript_is_kept(tree):
    report = work(tree, f"head -c {RAW_LIMIT} /dev/zero; echo the end")
    assert len(report.transcript) == RAW_LIMIT
    assert report.transcript.endswith("\0the end\n")


def test_it_has_no_input(tree):
    assert work(tree, "cat; echo read").transcript == "read\n"


def test_a_failure_is_noted_with_its_last_line(tree):
    report = work(tree, "echo first; echo last; exit 3")
    assert (report.outcome, report.detail) == ("failed", "the agent ended with exit 3: last")


def test_a_death_by_signal_is_noted(tree):
    report = work(tree, "kill -SEGV $$")
    assert report.outcome == "failed"
    assert f"exit {128 + signal.SIGSEGV}" in report.detail


def test_one_that_takes_too_long_is_ended_with_its_family(tree):
    report = work(tree, "echo begun; sleep 600 & setsid sleep 600 & wait", timeout=1.0)
    assert (report.outcome, report.transcript) == ("timeout", "begun\n")
    assert report.detail == "the agent took longer than 1 s"
    assert marked(tree) == []


def test_what_it_leaves_behind_is_ended_and_not_waited_for(tree):
    report = work(tree, f"(setsid sh -c 'sleep 600 & echo left; touch up' &); {UNTIL_UP}")
    assert (report.outcome, report.transcript) == ("finished", "left\n")
    assert marked(tree) == []


def test_a_daemon_without_its_environment_is_ended_too(tree):
    daemon = "setsid env -i sh -c 'echo $$; touch up; exec sleep 600'"
    report = work(tree, f"({daemon} &); {UNTIL_UP}")
    assert not Path(f"/proc/{int(report.transcript)}").exists()


def test_one_that_is_cancelled_is_ended_with_its_family(tree):
    async def cancelled():
        agent = any_command("sleep 600 & touch begun; wait", timeout=60.0, root=tree.parent,
                            label=str(tree), jail="none")  # fmt: skip
        async with anyio.create_task_group() as group:
            group.start_soon(agent.work, BRIEF, tree)
            while not (tree / "begun").exists():
                await anyio.lowlevel.checkpoint()
            group.cancel_scope.cancel()

    anyio.run(cancelled)
    assert marked(tree) == []
    assert list(tree.parent.iterdir()) == [tree]


bubblewrap = pytest.mark.skipif(best("bubblewrap") is None, reason="bubblewrap does not work here")


@bubblewrap
def test_in_a_jail_it_sees_its_own_files_and_what_of_the_home_it_is_given(tree, monkeypatch):
    home = tree.parent / "home"
    more = "cat ~/.mine/key ~/.ssh/id; echo x > ~/.mine/new; mktemp"
    write(home, {".mine/key": "own", ".ssh/id": "secret", "bin/more.sh": more,
                 "bin/agent.sh": ". ${0%/*}/more.sh\n"})  # fmt: skip
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("TMPDIR", str(tree.parent / "gone"))
    report = work(tree, "sh ~/bin/agent.sh", jail="bubblewrap", root=tree, homes=[".mine"])
    assert "own" in report.transcript
    assert "secret" not in report.transcript
    assert "No such file" in report.transcript
    assert f"{tree}.state/tmp." in report.transcript
    assert (home / ".mine/new").read_text() == "x\n"
    assert (report.jail, report.network) == ("bubblewrap", "host")


@pytest.mark.parametrize(
    "command", ["cd / && grep -r hunter2 {home}", "cd ~ && grep -r hunter2 {home}"]
)
@bubblewrap
def test_a_command_that_names_everything_is_not_shown_everything(tree, monkeypatch, command):
    home = tree.parent / "home"
    write(home, {".ssh/id": "hunter2"})
    monkeypatch.setenv("HOME", str(home))
    report = work(tree, command.format(home=home), jail="bubblewrap", root=tree)
    assert f"{home}/.ssh" not in report.transcript


def test_a_command_of_the_users_is_jailed_as_well_as_this_machine_can():
    bench = Bench(command="./bench")
    agent = Agent(kind="command", command="./my-agent")
    config = Config(goal=Goal(metric="t"), bench=bench, agent=agent)
    assert choose(config, Path("/r"), "label").setting.jail == best("auto")
    loose = replace(config, agent=replace(agent, sandbox="none"))
    assert choose(loose, Path("/r"), "label").setting.jail == "none"
