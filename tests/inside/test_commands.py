"""Working from inside one's own agent, by plain commands: next, claim, submit, wait, cancel."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from inside.conftest import events
from support.repos import commit, user_git
from support.typing_in import refused, whet
from whet.api import inside
from whet.api.workspace import open_campaign
from whet.errors import NotReady
from whet.ledger import log
from whet.model.idea import Idea
from whet.model.request import AddIdea, Claim


def claimed(say, root, *words, who="one"):
    answer = say(root, "claim", *words, "--as", who, "--json")
    assert answer.code == 0, answer.err
    return answer.document


def test_two_claimers_never_get_one_idea(say, asked):
    first, second = claimed(say, asked), claimed(say, asked, who="two")
    assert (first["idea"], second["idea"]) == ("I01", "I02")
    assert first["tree"] != second["tree"]
    refused(say(asked, "claim", "I01", "--as", "two"), 3, "I01 is claimed by one", "whet claim")


def test_a_claim_that_is_repeated_is_the_same_tree_with_what_was_done_in_it(say, asked):
    tree = Path(claimed(say, asked)["tree"])
    (tree / "speed").write_text("111\n")
    again = claimed(say, asked, "I01")
    assert (again["tree"], again["known"]) == (str(tree), True)
    assert (tree / "speed").read_text() == "111\n"
    assert len(events(asked, "idea.claimed")) == 1


def test_nothing_begins_the_campaign_again_and_cleaning_leaves_work_alone(say, asked):
    tree = Path(claimed(say, asked)["tree"])
    assert len(events(asked, "campaign.opened")) == 1
    assert say(asked, "clean").code == 0
    assert (tree / "speed").is_file()


def test_standard_output_of_claim_is_the_folder_and_nothing_else(say, asked):
    answer = say(asked, "claim", "--as", "one")
    assert Path(answer.out.strip()).is_dir()
    assert sorted(p.name for p in Path(answer.out.strip()).iterdir() if p.name != ".git") == [
        ".gitignore", "answer", "bench.sh", "build.sh", "check.sh", "extra", "memory", "speed",
        "whet.toml",
    ]  # fmt: skip


def test_an_idea_of_ones_own_is_claimed_once(say, asked):
    words = ("--new", "one pass", "--hypothesis", "half the loads", "--predict", "2%..5%")
    first, again = claimed(say, asked, *words), claimed(say, asked, *words)
    assert (first["idea"], first["tree"]) == ("I04", again["tree"])
    (idea,) = [event["idea"] for event in events(asked, "idea.added")][3:]
    assert (idea["source"], idea["mechanism"]) == ("agent", "half the loads")
    assert idea["predicted"] == [0.02, 0.05]


def test_a_claim_whose_time_ran_out_is_anybodys_and_no_work_is_thrown_away(asked):
    first = inside.claim(asked, "one", idea="I01", seconds=0.0)
    work = Path(first.claim.tree) / "speed"
    work.write_text("111\n")
    second = inside.claim(asked, "two", idea="I01")
    assert second.claim.tree != first.claim.tree
    assert work.read_text() == "111\n"
    with pytest.raises(NotReady, match="is claimed by two"):
        inside.submit(asked, "I01", "one")


def test_a_released_idea_is_free_and_its_tree_is_gone(say, asked):
    tree = Path(claimed(say, asked)["tree"])
    refused(say(asked, "claim", "I01", "--release", "--as", "two"), 3, "and you are two")
    assert tree.is_dir()
    assert say(asked, "claim", "I01", "--release", "--as", "one").code == 0
    assert not tree.exists()
    assert claimed(say, asked, who="two")["idea"] == "I01"


def test_the_queue_of_a_run_has_no_claimed_idea(say, asked):
    claimed(say, asked)
    listed = say(asked, "ideas", "list", "--json").document["ideas"]
    assert [idea["id"] for idea in listed] == ["I02", "I03"]


def test_a_tree_where_somebody_wants_it_must_be_a_new_folder(say, asked, tmp_path):
    (tmp_path / "full").mkdir()
    (tmp_path / "full/file").write_text("mine\n")
    refused(say(asked, "claim", "--at", str(tmp_path / "full")), 2, "is not an empty folder")
    assert claimed(say, asked, "--at", str(tmp_path / "mine"))["tree"] == str(tmp_path / "mine")
    assert (tmp_path / "mine/speed").is_file()


def test_whet_in_a_claimed_tree_speaks_of_the_repository_it_was_made_from(say, asked):
    tree = Path(claimed(say, asked)["tree"])
    assert "I01" in say(tree, "next", "--as", "one").out
    refused(say(tree, "submit", "--as", "one"), 2, "no file is changed")
    refused(say(asked, "submit", "--as", "one"), 2, "which idea?", "whet claim")


def test_numbers_and_verdicts_are_not_taken(say, asked):
    claimed(say, asked)
    for words in (("--metric", "12"), ("--verdict", "kept"), ("--status", "keep")):
        answer = say(asked, "submit", "I01", "--as", "one", *words)
        refused(answer, 2, "takes no numbers and no verdicts", "whet submit I01")
    assert events(asked, "experiment.opened") == []


def test_only_who_claimed_an_idea_submits_it(say, asked):
    refused(say(asked, "submit", "I02", "--as", "one"), 3, "I02 is not claimed", "whet claim I02")
    claimed(say, asked)
    refused(say(asked, "submit", "I01", "--as", "two"), 3, "is claimed by one", "whet claim")


HELD = (
    "import ctypes, sys; ctypes.CDLL(None).prctl(38, 1, 0, 0, 0);"
    "from whet.cli.exit import run; sys.exit(run(sys.argv[1:]))"
)


def test_from_inside_a_jail_nothing_is_started_and_a_hint_says_who_must(say, asked):
    tree = Path(claimed(say, asked)["tree"])
    (tree / "speed").write_text("111\n")
    argv = [sys.executable, "-c", HELD, "submit", "I01", "--as", "one"]
    done = subprocess.run(argv, cwd=asked, capture_output=True, text=True, check=False)
    assert done.returncode == 3
    assert "cannot be started from inside a jail" in done.stderr
    assert "whet measure --campaign ops" in done.stderr
    assert events(asked, "experiment.opened") == []


def test_what_is_submitted_waits_until_it_is_measured_and_can_be_taken_back(say, asked, held):
    tree = Path(claimed(say, asked)["tree"])
    (tree / "speed").write_text("111\n")
    user_git(tree, "config", "core.fsmonitor", "touch PWNED")
    (tree / ".gitattributes").write_text("* filter=evil\n")
    with held(asked):
        said = say(asked, "submit", "I01", "--as", "one", "-m", "more speed", "--json").document
        again = say(asked, "submit", "I01", "--as", "one", "--json").document
        refused(say(asked, "cancel", "E01", "--as", "two"), 3, "E01 was submitted by one")
        assert say(asked, "cancel", "E01", "--as", "one").out == "E01 is withdrawn\n"
    assert (said["experiment"], again["experiment"]) == ("E01", "E01")
    assert (said["known"], again["known"]) == (False, True)
    assert "tells git what to look at" in said["will_be_rejected"]
    (opened,) = events(asked, "experiment.opened")
    assert (opened["by"], opened["hypothesis"], opened["wave"]) == ("one", "more speed", 0)
    assert [change["path"] for change in opened["candidate"]["changes"]] == [
        ".gitattributes", "speed"
    ]  # fmt: skip
    assert list(asked.rglob("PWNED")) == list(tree.rglob("PWNED")) == []
    assert "Withdrawn" in say(asked, "why", "E01").out
    refused(say(asked, "wait", "E02"), 2, "no experiment E02")


@pytest.fixture
def held():
    """Somebody who has the ledger and does what letters ask, and measures nothing."""

    @contextlib.contextmanager
    def holding(root):
        from whet.api.asking import frozen
        from whet.steps.desk import serve
        from whet.wiring import open_world

        campaign, over = open_campaign(root), threading.Event()
        with open_world(campaign.repo, frozen(campaign)) as world:
            serving = threading.Thread(target=lambda: until(over, lambda: serve(world)))
            serving.start()
            try:
                yield world
            finally:
                over.set()
                serving.join()

    def until(over, work):
        while not over.wait(0.01):
            work()

    return holding


def test_ideas_are_steered_while_somebody_else_has_the_ledger(say, asked, held):
    with held(asked):
        assert say(asked, "ideas", "add", "a fourth").code == 0
        assert say(asked, "ideas", "move", "I04", "1").code == 0
        assert say(asked, "ideas", "drop", "I02", "--reason", "no").code == 0
        assert say(asked, "ideas", "open", "I02", "--reason", "yes").code == 0
        refused(say(asked, "ideas", "drop", "I09"), 2, "no idea I09 waits")
    listed = say(asked, "ideas", "list", "--json").document["ideas"]
    assert [idea["id"] for idea in listed] == ["I04", "I01", "I02", "I03"]


def test_a_letter_that_nobody_understands_is_refused_and_nothing_stops(asked, held):
    from whet.ledger import mail

    folder = open_campaign(asked).folder
    with held(asked):
        inbox = folder / "inbox"
        inbox.mkdir(exist_ok=True)
        (inbox / "0-bad.json").write_text('{"type": "keep", "experiment": "E01"}')
        name = mail.send(folder, AddIdea(idea=Idea(id="", title="good")))
        said = [None]
        while said[-1] is None:
            said.append(mail.fetch(folder, name))
        refusal = mail.fetch(folder, "0-bad")
    assert said[-1].idea == "I04"
    assert refusal.error == "UserError"
    assert "nobody understands" in refusal.message


def test_a_letter_is_withdrawn_or_taken_never_both(tmp_path):
    from whet.ledger import mail

    name = mail.send(tmp_path, Claim(by="one", seconds=1.0, tree="t"))
    (letter,) = mail.letters(tmp_path)
    assert letter.request.by == "one"
    assert not mail.withdraw(tmp_path, name)
    assert mail.withdraw(tmp_path, mail.send(tmp_path, Claim(by="one", seconds=1.0, tree="t")))
    assert list(mail.letters(tmp_path)) == []


@pytest.mark.slow
def test_the_whole_way_by_plain_commands_in_a_script(asked):
    user_git(asked, "add", "--all")  # not by force: the store is ignored
    user_git(asked, "commit", "--quiet", "--allow-empty", "-m", "change")
    script = """
    set -e
    whet() { "$PYTHON" -m whet "$@"; }
    whet next | grep -q 'whet claim'
    tree=$(whet claim)
    echo 110 >"$tree/speed"
    whet submit I01 --hypothesis 'more speed' >experiment
    whet wait "$(cat experiment)" --timeout 600 --fail-if-none --json >verdict.json
    cd "$tree"; echo 1 >bench.sh; e=$(whet submit); whet wait "$e" --timeout 600 --json >../second
    cd "$OLDPWD"; whet claim I01 --release >/dev/null
    whet next --json
    """
    env = {**os.environ, "PYTHON": sys.executable, "WHET_AGENT": "script"}
    done = subprocess.run(["bash", "-c", script], cwd=asked, env=env, capture_output=True,
                          text=True, check=False, timeout=900)  # fmt: skip
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert [(one["verdict"], one["code"]) for one in found["verdicts"]] == [
        ("rejected", "scope"), ("kept", "faster")
    ]  # fmt: skip
    assert found["state"]["gain"] == pytest.approx(0.10, abs=0.02)
    assert json.loads((asked / "verdict.json").read_text())["verdict"] == "kept"
    assert user_git(asked, "status", "--porcelain", "--untracked-files=no") == ""


@pytest.mark.slow
def test_a_measurer_that_was_killed_is_started_again_by_whoever_waits(say, asked):
    tree = Path(claimed(say, asked)["tree"])
    (tree / "speed").write_text("110\n")
    assert say(asked, "submit", "I01", "--as", "one").code == 0
    lock = next(asked.glob(".whet/campaigns/*/run.lock"))
    os.kill(json.loads(lock.read_bytes())["pid"], signal.SIGKILL)
    answer = say(asked, "wait", "E01", "--timeout", "600", "--json")
    assert answer.document["verdict"] == "kept"
    assert len(events(asked, "experiment.opened")) == 1


@pytest.mark.slow
def test_a_target_that_does_not_build_is_told_to_whoever_waits(say, root):
    (root / "build.sh").write_text("#!/bin/sh\nexit 1\n")
    commit(root)
    tree = Path(claimed(say, root, "--new", "more speed")["tree"])
    (tree / "speed").write_text("110\n")
    assert say(root, "submit", "I01", "--as", "one").code == 0
    answer = say(root, "wait", "E01", "--timeout", "600")
    refused(answer, 3, "nothing can be measured", "whet doctor --quick")


@pytest.mark.slow
def test_four_that_claim_at_once_get_four_ideas(asked):
    whet(asked, "ideas", "add", "a fourth")
    found, threads = [], []
    for number in range(4):

        def one(name=f"agent-{number}"):
            found.append(whet(asked, "claim", "--as", name, "--json"))

        threads.append(threading.Thread(target=one))
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [one.err for one in found if one.code] == []
    assert len({one.document["idea"] for one in found}) == 4
    assert len({one.document["tree"] for one in found}) == 4


@pytest.mark.slow
def test_a_run_under_way_takes_what_is_submitted(say, asked):
    tree = Path(claimed(say, asked)["tree"])
    (tree / "speed").write_text("110\n")
    argv = [sys.executable, "-m", "whet", "measure", "--idle", "30s", "--display", "plain"]
    with subprocess.Popen(argv, cwd=asked, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as run:
        while not log.holder(open_campaign(asked).folder):
            pass
        said = say(asked, "submit", "I01", "--as", "one")
        verdict = say(asked, "wait", "E01", "--timeout", "600", "--json").document
        run.send_signal(signal.SIGINT)
        assert run.wait(120) == 130
    assert said.code == 0
    assert (verdict["verdict"], verdict["in_stack"]) == ("kept", True)
    assert not next(asked.glob(".whet/campaigns/*")).joinpath("measure.log").exists()


def test_all_ideas_say_what_became_of_them(say, asked):
    claimed(say, asked)
    assert say(asked, "ideas", "drop", "I03", "--reason", "no").code == 0
    rows = [line.split("  ") for line in say(asked, "ideas", "--all").out.splitlines()]
    assert [(row[0], row[-1].strip()) for row in rows] == [
        ("I01", "claimed by one"), ("I02", "waiting"), ("I03", "dropped")
    ]  # fmt: skip


@pytest.mark.slow
def test_a_person_allows_more_than_the_campaign_began_with(say, root):
    config = root / "whet.toml"
    config.write_text(config.read_text() + "\n[run]\nmax_experiments = 1\n")
    commit(root)
    for number, title in enumerate(("raise it", "raise it more"), start=1):
        tree = Path(claimed(say, root, "--new", title)["tree"])
        (tree / "speed").write_text(f"{110 + 10 * number}\n")
        if number == 1:
            assert say(root, "submit", "I01", "--as", "one").code == 0
            assert say(root, "wait", "E01", "--timeout", "600").code == 0
    spent = say(root, "submit", "I02", "--as", "one")
    assert (spent.code, spent.line("hint")) == (5, "whet measure --experiments 2")
    # the one in the background waits for more, and makes room
    argv = [sys.executable, "-m", "whet", "measure", "--experiments", "2", "--idle", "60s"]
    with subprocess.Popen(argv, cwd=root, stdout=subprocess.DEVNULL,
                          stderr=subprocess.DEVNULL) as more:  # fmt: skip
        while say(root, "submit", "I02", "--as", "one").code:
            assert more.poll() is None
        assert say(root, "wait", "E02", "--timeout", "600", "--json").document["verdict"] == "kept"
        # it waits for a minute more, and not when a person decides
        dropped = say(root, "drop", "E02", "--reason", "who needs it")
        assert dropped.out.startswith("E02: taken out of the stack by a person")
        assert more.wait(120) == 130
