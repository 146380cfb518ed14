"""`whet branches`: clean branches on today's project, measured again, and nothing else touched."""

import json
import os
from pathlib import Path

import pytest

from end_to_end.footprint import footprint
from support.handing_over import ORIGIN, added, project, upstream, without_harness
from support.repos import user_git
from support.typing_in import BENCH, CHECK, patch, refused


@pytest.fixture
def place(tmp_path):
    return project(tmp_path / "target")


def kept(say, root, *files, stack=True):
    """A campaign over patch files."""
    done = say(root, "try", *(["--stack"] if stack else []), "-q", *map(str, files))
    assert done.code == 0, done.err


def two(root):
    """Two changes that have nothing to do with each other."""
    return (
        patch(root, "go-faster", {"speed": "110\n"}),
        patch(root, "extra", {"extra": "20\n"}),
    )


def events(root, kind):
    ledger = next((root / ".whet" / "campaigns").glob("*/events.jsonl"))
    found = [json.loads(line)["event"] for line in ledger.read_text().splitlines()]
    return [event for event in found if event["type"] == kind]


def diff(root, a, b):
    return user_git(root, "diff", "--stat", "--name-only", a, b).split()


def tree(root, commit):
    return user_git(root, "rev-parse", f"{commit}^{{tree}}")


def branches(say, root, *args):
    done = say(root, "branches", "--json", *args)
    assert done.code == 0, done.err
    return done.document


def test_every_kept_change_becomes_a_branch_and_nothing_else_is_touched(place, say):
    wrong = patch(place, "wrong", {"answer": "41\n"})
    kept(say, place, *two(place), wrong)
    upstream(place, {"notes.txt": "news\n"})
    before = footprint(place)
    said = branches(say, place)
    names = [row["branch"] for row in said["branches"]]
    assert [name.rpartition("/")[2] for name in names] == ["1-go-faster", "2-extra"]
    assert [row["needs"] for row in said["branches"]] == [[], []]
    assert all(row["effect"]["ci"][0] > 0 for row in said["branches"])
    assert said["upstream"]["ahead"] == 1
    assert [diff(place, ORIGIN, name) for name in names] == [["speed"], ["extra"]]
    assert diff(place, ORIGIN, said["stack"]["branch"]) == ["extra", "speed"]
    changed = footprint(place).differences(before)
    made = [*names, said["stack"]["branch"]]
    assert [name for name in changed if not any(name.endswith(one) for one in made)] == changed[-1:]
    new = set(footprint(place).described.splitlines()) - set(before.described.splitlines())
    assert {line.split()[0].removeprefix("refs/heads/") for line in new} == set(made)

    user_git(place, "checkout", "--quiet", "--detach", ORIGIN)
    for name in names:
        user_git(place, "merge", "--quiet", "--no-edit", name)
    assert tree(place, "HEAD") == tree(place, said["stack"]["branch"])
    ours = (".whet", ".auto", "whet-report", "report.md", "report.json")
    for name in made:
        there = user_git(place, "ls-tree", "-r", "--name-only", name).split()
        assert [path for path in there if path.split("/")[0] in ours] == []


@pytest.mark.slow
def test_a_second_call_measures_nothing_again(place, say):
    kept(say, place, *two(place))
    first = branches(say, place, "--only", "1")
    assert [row["number"] for row in first["branches"]] == [1]
    assert first["stack"] is None
    assert len(events(place, "branch.measured")) == 1
    second = branches(say, place)
    assert second["branches"][0] == first["branches"][0]
    asked = [(e["role"], e["experiment"]) for e in events(place, "branch.measured")]
    assert asked == [("alone", "E01"), ("alone", "E02"), ("without", "E01"), ("without", "E02"),
                     ("stack", "")]  # fmt: skip
    assert branches(say, place) == second
    assert len(events(place, "branch.measured")) == 5
    assert len(events(place, "branch.made")) == 3


@pytest.mark.slow
def test_a_change_that_only_applies_on_another_one_stands_on_it(place, say):
    for title in ("first", "second"):
        say(place, "ideas", "add", title)
        done = say(place, "run", "-q", "--agent", "echo $(($(cat speed) + 10)) > speed")
        assert done.code == 0, done.err
    said = branches(say, place)
    assert [row["needs"] for row in said["branches"]] == [[], [1]]
    names = [row["branch"] for row in said["branches"]]
    assert user_git(place, "rev-parse", f"{names[1]}~1") == user_git(place, "rev-parse", names[0])
    assert 0.05 < said["branches"][1]["effect"]["estimate"] < 0.15


@pytest.mark.slow
def test_a_change_that_fails_without_another_one_stands_on_it(tmp_path, say):
    check = CHECK + '[ "$(cat extra)" = 0 ] || [ "$(cat speed)" != 100 ] || exit 1\n'
    place = project(tmp_path / "target", **{"check.sh": check})
    for title, edit in {"speed": "echo 103 > speed", "extra": "echo 20 > extra"}.items():
        say(place, "ideas", "add", title)
        assert say(place, "run", "-q", "--agent", edit).code == 0
    said = branches(say, place)
    assert [row["needs"] for row in said["branches"]] == [[], [1]]


def test_what_the_project_has_or_does_not_take_any_more_is_left_out(place, say):
    kept(say, place, patch(place, "has-it", {"speed": "110\n"}),
         patch(place, "conflicts", {"extra": "20\n"}), patch(place, "stays", {"memory": "45\n",
         "new": "1\n"}), stack=False)  # fmt: skip
    upstream(place, {"speed": "110\n", "extra": "7\n"})
    done = say(place, "branches")
    assert "1 (has it): the project has it already." in done.out
    assert "whet branches --again" in done.out
    assert "2 (conflicts): conflicts with the project as it is today" in done.out.replace("\n", " ")


@pytest.mark.slow
def test_a_gain_that_is_gone_today_is_left_out(tmp_path, say):
    bench = BENCH.replace("$(cat extra)", "$([ -e news ] && echo 20 || cat extra)")
    place = project(tmp_path / "target", **{"bench.sh": bench})
    kept(say, place, patch(place, "extra", {"extra": "20\n"}))
    upstream(place, {"news": "the same, done otherwise\n"})
    said = branches(say, place)
    assert said["branches"] == []
    assert said["left_out"][0]["effect"]["ci"][0] < 0.02


@pytest.mark.slow
def test_dead_weight_among_the_others_is_left_out(tmp_path, say):
    bench = BENCH.replace("$(($(cat speed) + $(cat extra)))",
                          '$([ "$(cat extra)" = 0 ] && cat speed || echo 120)')  # fmt: skip
    place = project(tmp_path / "target", **{"bench.sh": bench})
    kept(say, place, patch(place, "speed", {"speed": "110\n"}),
         patch(place, "extra", {"extra": "20\n"}), stack=False)  # fmt: skip
    said = branches(say, place)
    assert [row["title"] for row in said["branches"]] == ["extra"]
    assert [row["why"] for row in said["left_out"]] == ["worth nothing among the others"]


@pytest.mark.slow
def test_a_project_that_never_heard_of_whet_gets_nothing_of_it(tmp_path, say):
    place = project(tmp_path / "target")
    without_harness(place)
    kept(say, place, patch(place, "go-faster", {"speed": "110\n"}))
    upstream(place, {"memory": "49\n"})
    said = branches(say, place)
    name = said["branches"][0]["branch"]
    assert diff(place, ORIGIN, name) == ["speed"]
    assert "whet.toml" not in user_git(place, "ls-tree", "-r", "--name-only", name)
    assert said["branches"][0]["effect"]["estimate"] > 0.05
    assert "1 commit of" in say(place, "branches").out


@pytest.mark.slow
def test_a_branch_that_is_no_longer_whets_stays_where_it_is(place, say):
    kept(say, place, patch(place, "go-faster", {"speed": "110\n"}))
    name = branches(say, place)["branches"][0]["branch"]
    user_git(place, "checkout", "--quiet", name)
    mine = added(place, {"notes": "mine\n"})
    user_git(place, "checkout", "--quiet", "main")
    upstream(place, {"notes.txt": "news\n"})
    said = branches(say, place)
    assert said["branches"][0]["problem"] == "it has commits that are not whet's"
    assert user_git(place, "rev-parse", name) == mine

    user_git(place, "branch", "--quiet", "--delete", "--force", name)
    assert branches(say, place)["branches"][0]["problem"] is None
    user_git(place, "checkout", "--quiet", name)
    upstream(place, {"notes.txt": "more news\n"})
    assert branches(say, place)["branches"][0]["problem"] == "it is checked out"
    assert user_git(place, "status", "--porcelain") == ""


def test_without_measuring_it_says_so(place, say):
    kept(say, place, patch(place, "go-faster", {"speed": "110\n"}))
    done = say(place, "branches", "--no-measure")
    assert "Nothing was built, checked or measured" in done.out
    assert say(place, "status", "--json").document["stopped"]["code"] == "done"
    assert events(place, "branch.measured") == []
    assert branches(say, place, "--no-measure")["branches"][0]["effect"] is None
    text = user_git(place, "log", "-1", "--format=%B", "whet/try-" + user_git(
        place, "rev-parse", "--short=7", "main") + "-stack/1-go-faster")  # fmt: skip
    assert "%" not in text


@pytest.mark.slow
def test_messages_are_like_those_of_the_project(place, say):
    for number in range(4):
        upstream(place, {"notes.txt": f"{number}\n"},
                 f"engine: go on {number}\n\nSigned-off-by: A User <user@example.org>")  # fmt: skip
    kept(say, place, patch(place, "go-faster", {"speed": "110\n"}))
    done = say(place, "branches")
    assert "git rebase --signoff" in done.out
    name = branches(say, place)["branches"][0]["branch"]
    text = user_git(place, "log", "-1", "--format=%an%n%B", name)
    head, subject = text.splitlines()[:2]
    assert (head, subject) == ("A User", "engine: go faster")
    assert "this change   gain" in text
    assert f"Whet-Base: {user_git(place, 'rev-parse', ORIGIN)}" in text
    assert "Signed-off-by" not in text


def test_refusals_name_what_helps(place, say, monkeypatch):
    kept(say, place, patch(place, "slower", {"speed": "90\n"}))
    refused(say(place, "branches"), 3, "nothing was kept", "whet list")
    kept(say, place, patch(place, "go-faster", {"speed": "110\n"}))
    refused(say(place, "branches", "--only", "7"), 2, "7 is no kept change", "--only 1")
    refused(say(place, "branches", "--base", "nowhere"), 2, "no commit is called `nowhere`")
    user_git(place, "config", "--unset", "user.name")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", "/dev/null")
    refused(say(place, "branches"), 3, "git does not know who the author", "git config user.name")


def test_limits_are_todays_and_everything_else_is_the_campaigns(place, say):
    kept(say, place, patch(place, "go-faster", {"speed": "110\n"}))
    refused(say(place, "branches", "--set", "goal.metric=memory"), 2, "`goal.metric` is as the",
            "whet config get goal.metric")  # fmt: skip
    refused(say(place, "branches", "--set", "checks.timeout=1ms"), 3,
            "origin/main itself, nothing changed: the checks took longer than 0.001 s",
            "--base COMMIT")  # fmt: skip
    assert branches(say, place)["left_out"] == []


@pytest.mark.slow
def test_an_upstream_that_does_not_build_is_said_to_be_at_fault(place, say):
    kept(say, place, patch(place, "go-faster", {"speed": "110\n"}))
    upstream(place, {"answer": "many\n"})
    refused(say(place, "branches"), 3, "origin/main itself failed")


@pytest.mark.slow
def test_checks_that_fail_on_todays_project_are_not_the_changes_fault(place, say):
    kept(say, place, patch(place, "go-faster", {"speed": "110\n"}))
    upstream(place, {"answer": "41\n"})
    refused(say(place, "branches"), 3, "origin/main itself, nothing changed", "--base COMMIT")


@pytest.mark.slow
def test_a_script_that_the_checks_call_comes_along(tmp_path, say):
    place = project(tmp_path / "target")
    without_harness(place)
    helper = "#!/bin/sh\n" + CHECK.partition("\n")[2]
    added(place, {"tools/compare": helper, "check.sh": "#!/bin/sh\nsh tools/compare\n"})
    scope = '[scope]\nallow = ["speed"]\n'
    text = (place / "whet.toml").read_text().replace("[scope]\n", scope)
    added(place, {"whet.toml": text})
    kept(say, place, patch(place, "go-faster", {"speed": "110\n"}))
    upstream(place, {"memory": "49\n"})
    said = branches(say, place)
    assert [row["title"] for row in said["branches"]] == ["go faster"]
    assert diff(place, ORIGIN, said["branches"][0]["branch"]) == ["speed"]


def test_branches_and_decisions_need_no_agent_on_this_machine(place, say, monkeypatch):
    bin_ = place.parent / "bin"
    bin_.mkdir()
    (bin_ / "goose").write_text("#!/bin/sh\necho 1.0\n")
    (bin_ / "goose").chmod(0o755)
    agent = ("--set", "agent.kind=command", "--set", "agent.name=goose")
    # a real one may be installed here: "it is gone" must hold there as well
    others = [one for one in os.get_exec_path() if not Path(one, "goose").exists()]
    monkeypatch.setenv("PATH", os.pathsep.join(others))
    with monkeypatch.context() as here:
        here.setenv("PATH", os.pathsep.join([str(bin_), *others]))
        file = patch(place, "go-faster", {"speed": "110\n"})
        done = say(place, "try", "--stack", "-q", *agent, str(file))
        assert done.code == 0, done.err
    assert say(place, "try", "-q", *agent, str(file)).code == 3  # it is gone
    assert len(branches(say, place)["branches"]) == 1
    assert say(place, "drop", "E01", *agent).code == 0
