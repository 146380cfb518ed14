"""A whole campaign: from a queue of ideas to a stack, through the command line alone."""

import re
import shlex

from end_to_end.target import EDITS, experiments
from support.repos import commit, user_git

LOOKING = ("status", "list", "why E01", "ideas", "ideas list", "version", "verify --no-measure",
           "config show", "report --out ../r", "clean")  # fmt: skip


def test_every_kind_of_change_gets_the_verdict_it_deserves(target):
    target.whet("ideas", "add", next(iter(EDITS)))
    target.ideas(*list(EDITS)[1:])
    said = target.whet("run", "--json").document

    state = experiments(target.events())
    assert {name: state[f"I{number:02}"] for number, name in enumerate(EDITS, 1)} == {
        "fast-left": ["kept"],
        "fast-right": ["kept"],
        "slow": ["discarded"],
        "wrong": ["checks_failed"],
        "unbuildable": ["failed"],
        "crashing": ["failed"],
        "hanging": ["failed"],
        "cheating": ["rejected"],
        "nothing": ["failed"],
    }
    codes = [e["verdict"]["code"] for e in target.events() if e["type"] == "verdict.given"]
    assert sorted(codes) == sorted(
        ["faster", "faster", "slower", "checks", "build", "crash", "timeout", "scope", "no_change"]
    )
    stacks = [e for e in target.events() if e["type"] == "stack.measured"]
    assert [(e["experiments"], e["holds"]) for e in stacks] == [(["E01", "E02"], True)]
    # 3 + 3 passes became 2 + 2: the stack is half as fast again, whatever its parts were said to be
    assert stacks[0]["effect"]["low"] < 0.5 < 1.2 * stacks[0]["effect"]["high"]
    assert said["headline"]["effect"]["estimate"] == stacks[0]["effect"]["estimate"]
    assert target.whet("verify", "--no-measure").code == 0
    assert kept_patch_is_what_the_agent_did(target)

    again = target.whet("run", code=3)
    assert "the queue of ideas is empty" in again.err
    assert "whet ideas add" in again.err.partition("hint: ")[2]
    assert experiments(target.events()) == state
    assert sorted(p.name for p in (target.root.parent / "tmp").iterdir()) == []


def kept_patch_is_what_the_agent_did(target):
    user_git(target.root, "worktree", "add", "--quiet", "../stack", "refs/whet/t_ms/stack")
    names = ("left.c", "right.c")
    texts = [(target.root.parent / "stack" / name).read_text() for name in names]
    user_git(target.root, "worktree", "remove", "../stack")
    return all("passes = 2" in text for text in texts)


def test_every_command_that_looks_prints_one_json_document(target):
    target.ideas("nothing")
    target.whet("run")
    for words in LOOKING:
        said = target.whet(*words.split(), "--json")
        assert said.document["kind"] != "error", words


def test_from_a_project_without_whet_to_a_kept_change(target):
    toml = target.root / "whet.toml"
    toml.unlink()
    commit(target.root)
    target.settled()
    target.whet("init", "--yes", "--build", "make -s", "--bench", "./bench", "--metric", "t_ms",
                "--lower", "--checks", "./check")  # fmt: skip
    for setting in ("measure.aa_pairs 4", "measure.stack_pairs 4", "judge.suspicious_above 5"):
        target.whet("config", "set", *setting.split())
    target.whet("ideas", "add", "fast-left")
    said = target.whet("run", "--agent", f"sh {shlex.quote(str(target.agent))}")
    assert re.search(r"E01 fast-left .* kept ", said.out)
    toml.unlink()  # the one file that init has written


def test_an_agent_that_is_not_there_costs_no_idea(target):
    target.ideas("fast-left")
    said = target.whet("run", "--agent", "no-such-agent --do it", code=3)
    assert "the agent ended with exit 127" in said.err
    assert "no-such-agent: not found" in said.err
    assert experiments(target.events()) == {}
    target.whet("run")
    assert experiments(target.events()) == {"I01": ["kept"]}


def test_an_agent_that_fails_at_everything_is_stopped(target):
    target.ideas(*(f"try {number}" for number in range(5)))
    said = target.whet("run", "--agent", "echo 'not signed in' >&2; exit 1", code=4)
    assert "the agent ended with exit 1: not signed in; it failed 3 times in a row" in said.err
    assert len(target.whet("ideas", "--json").document["ideas"]) == 0  # all are in the wave
    assert "3 ideas left in the wave" in target.whet("status").out
