"""`whet pr`: facts always, a draft where everything speaks for it, and a refusal that says why."""

import json
import os
import pty
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from support import gh as stand_in
from support.handing_over import ORIGIN, project, upstream, without_harness
from support.loopback import Says, serving
from support.repos import user_git
from support.typing_in import CONFIG, patch, refused, without

POLICY = "# Contributing\n\nDo not use AI to write\npull request descriptions. Thanks.\n"
AGENT = "echo 110 > speed"


@pytest.fixture(scope="session")
def handed(tmp_path_factory, _home):
    """A campaign whose change an agent wrote, with its branch measured and pushed."""
    from support.typing_in import whet

    root = project(tmp_path_factory.mktemp("handed") / "target")
    user_git(root, "remote", "add", "origin", "https://github.com/someone/project.git")
    whet(root, "ideas", "add", "go faster", "--mechanism", "Fewer steps for the same answer.")
    done = whet(root, "run", "-q", "--agent", AGENT)
    assert done.code == 0, done.err
    assert whet(root, "branches", "-q").code == 0
    push(root)
    return root


def push(root):
    """What `git push` leaves behind here."""
    for line in user_git(root, "for-each-ref", "--format=%(refname)", "refs/heads/whet").split():
        user_git(root, "update-ref", line.replace("refs/heads/", "refs/remotes/origin/"), line)


@pytest.fixture(autouse=True)
def nothing_else_is_open(monkeypatch):
    """A GitHub on this machine, whose repositories have no open pull request."""
    with serving(Says(b"[]")) as github:
        monkeypatch.setenv("GITHUB_API_URL", github.url)
        yield github


@pytest.fixture
def place(handed, tmp_path):
    return shutil.copytree(handed, tmp_path / "target", symlinks=True)


@pytest.fixture
def gh(tmp_path, monkeypatch):
    """The folder of a recording `gh` that is first on PATH."""
    folder = tmp_path / "gh"
    (folder / "bin").mkdir(parents=True)
    program = folder / "bin" / "gh"
    program.write_text(f'#!/bin/sh\nexec {sys.executable} {stand_in.__file__} "$@"\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder / 'bin'}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("GH_STAND_IN", str(folder))
    return folder


def calls(gh):
    path = gh / "calls.jsonl"
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def on_terminal(root, answers, *args):
    """A command line on a terminal of 6 lines, with what a person types."""
    ours, theirs = pty.openpty()
    os.write(ours, answers.encode())
    env = {**os.environ, "LINES": "6", "COLUMNS": "80", "TERM": "xterm", "NO_COLOR": "1"}
    env.pop("CI", None)
    done = subprocess.Popen(
        [sys.executable, "-m", "whet", *args], cwd=root, env=env, stdin=theirs,
        stdout=subprocess.PIPE, stderr=theirs, close_fds=True,
    )  # fmt: skip
    os.close(theirs)
    seen = b""
    while True:
        try:
            chunk = os.read(ours, 4096)
        except OSError:
            break
        if not chunk:
            break
        seen += chunk
    out = done.stdout.read().decode()
    done.stdout.close()
    return done.wait(), out, seen.decode()


DRAFT = ("pr", "1", "--create", "--reviewed")


def test_the_facts_have_the_numbers_of_the_ledger_and_commands_for_everyone(place, say):
    answer = say(place, "pr", "1", "--json")
    text = answer.document["text"]
    ledger = next((place / ".whet" / "campaigns").glob("*/events.jsonl")).read_text()
    measured = [json.loads(line)["event"] for line in ledger.splitlines()]
    effect = next(e for e in measured if e["type"] == "branch.measured")["effect"]
    assert f"**{100 * effect['estimate']:+.1f}%**" in text
    assert "| Metric | base | this change | Gain [95% CI] | Pairs |" in text
    assert "git worktree add ../base" in text
    assert "whet compare ../base ../change" in text
    assert "Fewer steps for the same answer." in text
    assert "AI: a coding agent wrote this change." in text
    assert Path(answer.document["path"]).read_text() == text
    assert calls_of_network(text) == []


def calls_of_network(text):
    return re.findall(r"@\w|#\d|https?://", text)


def test_the_numbers_are_those_of_the_report(place, say, tmp_path):
    say(place, "report", "--format", "json", "--out", str(tmp_path / "r"))
    report = json.loads((tmp_path / "r" / "report.json").read_text())
    seen = next(row for row in report["branch_measurements"] if row["role"] == "alone")
    low, high = (f"{100 * end:+.1f}" for end in seen["effect"]["ci"])
    text = say(place, "pr", "1", "-q").out
    assert f"**{100 * seen['effect']['estimate']:+.1f}%** [{low}, {high}]" in text
    assert [row["branch"] for row in report["branches"]] == ["whet/ops/1-go-faster"]
    assert report["branches"][0]["commit"] in text


@pytest.mark.parametrize("style", ["llama-bench", "benchstat", "plain"])
def test_the_table_has_the_style_that_is_asked_for(place, say, style):
    text = say(place, "pr", "--table", style).out
    heads = {"llama-bench": "| Test | t/s base", "benchstat": "gain", "plain": "| Metric | base"}
    assert heads[style] in text


def test_where_prose_is_unwelcome_there_are_facts_only_and_no_draft(handed, tmp_path, say, gh):
    place = project(tmp_path / "target", **{"CONTRIBUTING.md": POLICY})
    user_git(place, "remote", "add", "origin", "https://github.com/someone/project.git")
    say(place, "ideas", "add", "go faster", "--mechanism", "Fewer steps for the same answer.")
    assert say(place, "run", "-q", "--agent", AGENT).code == 0
    assert "CONTRIBUTING.md:3 says of AI" in say(place, "branches").out.replace("\n", " ")
    push(place)
    answer = say(place, "pr", "1")
    assert 'CONTRIBUTING.md:3: "Do not use AI to write pull request descriptions."' in answer.err
    assert "measurements and commands only" in answer.err
    assert "Fewer steps" not in answer.out
    branch = say(place, "pr", "--json").document["branch"]
    assert "Fewer steps" not in user_git(place, "log", "-1", "--format=%B", branch)
    refused(say(place, *DRAFT), 7, "This project restricts AI-written contributions", "whet pr 1")
    assert calls(gh) == []


def test_a_draft_is_opened_after_the_diff_was_paged_through(place, gh):
    code, out, seen = on_terminal(place, "\n\ny\n", *DRAFT)
    assert (code, out) == (0, "Draft opened: https://github.com/someone/project/pull/77\n"), seen
    assert "+110" in seen
    assert "Open it?" in seen
    asked = calls(gh)
    assert [call["command"] for call in asked] == ["auth status", "pr list", "pr create"]
    made = asked[2]
    assert made["--draft"] is True
    assert (made["--base"], made["--repo"]) == ("main", "someone/project")
    assert made["--head"].startswith("whet/ops/1-go-faster")
    assert made["--title"] == "Go faster"
    assert "AI: a coding agent wrote this change." in made["body"]


@pytest.mark.parametrize("typed", ["\nq\n", "\n\nn\n"])
def test_who_stops_reading_or_says_no_opens_nothing(place, gh, typed):
    code, out, _ = on_terminal(place, typed, *DRAFT)
    assert (code, out) == (7, "")
    assert "pr create" not in [call["command"] for call in calls(gh)]


def test_without_a_terminal_nobody_has_read_the_diff(place, say, gh):
    refused(say(place, *DRAFT), 7, "nobody has paged through the diff", "--create --reviewed")
    assert "pr create" not in [call["command"] for call in calls(gh)]


def test_a_fourth_pull_request_is_not_opened(place, say, gh):
    rows = [{"number": n, "title": f"t{n}", "url": f"https://github.com/x/y/pull/{n}",
             "headRefName": f"b{n}"} for n in range(3)]  # fmt: skip
    (gh / "open.json").write_text(json.dumps(rows))
    refused(say(place, *DRAFT), 7, "3 pull requests of yours are open there", "gh pr list")
    rows[0]["headRefName"] = "whet/ops/1-go-faster"
    (gh / "open.json").write_text(json.dumps(rows[:1]))
    refused(say(place, *DRAFT), 7, "it is open already: https://github.com/x/y/pull/0")


def test_a_branch_that_was_not_measured_on_todays_base_is_refused(place, say, gh):
    name = "whet/ops/1-go-faster"
    user_git(place, "update-ref", "-d", f"refs/remotes/origin/{name}")
    refused(say(place, *DRAFT), 3, "is not pushed, and whet never pushes", "git push")
    push(place)
    base = user_git(place, "rev-parse", ORIGIN)
    upstream(place, {"notes.txt": "news\n"})
    refused(say(place, *DRAFT), 7, "was measured on", "whet branches --only 1")
    user_git(place, "update-ref", ORIGIN, base)
    user_git(place, "update-ref", f"refs/heads/{name}", base)
    refused(say(place, *DRAFT), 7, "has changes that nobody has measured")
    assert say(place, "branches", "--no-measure", "-q").code == 0
    user_git(place, "branch", "-q", "-D", name)
    assert say(place, "branches", "--no-measure", "-q").code == 0
    refused(say(place, *DRAFT), 7, "was made without measuring it", "whet branches --only 1")
    assert calls(gh) == []


def test_without_gh_or_a_sign_in_it_ends_with_4(place, say, gh, tmp_path, monkeypatch):
    (gh / "signed-out").touch()
    refused(say(place, *DRAFT), 4, "gh is not signed in to github.com", "gh auth login")
    monkeypatch.setenv("PATH", without(tmp_path, "gh"))
    refused(say(place, *DRAFT), 4, "gh is not installed")


def test_what_is_missing_is_said(place, say, root):
    refused(say(place, "pr", "1", "--create"), 2, "a person who has reviewed", "--reviewed")
    refused(say(place, "pr", "1", "--reviewed"), 2, "`--reviewed` is for `--create`")
    refused(say(place, "pr", "9"), 2, "there is no branch 9: 1 (whet/ops/1-go-faster)", "whet pr 1")
    done = say(root, "try", "-q", str(patch(root, "faster", {"speed": "110\n"})))
    assert done.code == 0
    refused(say(root, "pr"), 3, "there is no branch yet", "whet branches")


def opened(number, title, files):
    """A pull request as GitHub lists it, and the answer about its files."""
    url = f"https://github.com/someone/project/pull/{number}"
    listed = {"number": number, "title": title, "html_url": url, "draft": number == 9}
    return listed, [{"filename": name, "patch": patch} for name, patch in files.items()]


def github(*pulls):
    """Answers of GitHub about these pull requests."""

    def says(heard):
        path = heard.path.split("?")[0]
        if path.endswith("/pulls"):
            return Says(json.dumps([listed for listed, _ in pulls]).encode())
        number = int(path.split("/")[-2])
        return Says(json.dumps(next(f for one, f in pulls if one["number"] == number)).encode())

    return says


HUNK = "@@ -1 +1 @@ int speed(void)\n-100\n+1"


def test_open_pull_requests_that_touch_the_same_file_are_named(place, say, nothing_else_is_open):
    nothing_else_is_open.says = github(
        opened(7, "Another <b>speed\x1b[2J", {"speed": HUNK, "z": ""}),
        opened(8, "Docs", {"docs.md": HUNK}), opened(9, "Move it", {"speed": "@@ -1 +1 @@\n-1"}),
    )  # fmt: skip
    answer = say(place, "pr", "1")
    told = answer.err.partition("Open")[2]
    assert "#7 Another <b>speed" in told
    assert "\x1b" not in answer.err
    assert "Open as a draft, the same file: speed\n  #9 Move it" in answer.err
    assert "Docs" not in answer.err
    assert "#7" not in answer.out, "what is sent names no other pull request"
    others = say(place, "pr", "1", "--json").document["others"]
    assert [one["number"] for one in others["overlaps"]] == [7, 9]
    assert (others["looked"], others["open"], others["problem"]) == (3, 3, "")
    offline = say(place, "pr", "1", "--offline", "--json").document["others"]
    assert offline["overlaps"] == others["overlaps"], "what GitHub has said is kept"
    assert "no network was used" in offline["problem"]


def test_a_forge_that_does_not_answer_is_said_and_the_facts_are_there(
    place, say, nothing_else_is_open
):
    assert "None of 0 open pull requests touches the same files." in say(place, "pr", "1").err
    shutil.rmtree(os.environ["XDG_CACHE_HOME"], ignore_errors=True)
    nothing_else_is_open.says = lambda _: Says(b'{"message": "Not Found"}', 404)
    answer = say(place, "pr", "1")
    assert answer.code == 0
    assert "Not all open pull requests were looked at" in answer.err
    assert "| Metric | base" in answer.out


REACHED: list[str] = []


def _listen(event, given):
    if event in ("socket.connect", "socket.getaddrinfo", "socket.sendto"):
        REACHED.append(f"{event} {given[1:]}")


def test_for_a_project_that_wants_facts_alone_no_socket_is_opened(
    place, say, gh, nothing_else_is_open
):
    sys.addaudithook(_listen)
    REACHED.clear()
    assert say(place, "pr", "1").code == 0
    assert REACHED, "a project that takes prose is asked for what is open"
    upstream(place, {"CONTRIBUTING.md": POLICY})
    assert say(place, "branches", "-q").code == 0
    nothing_else_is_open.heard.clear()
    REACHED.clear()
    answer = say(place, "pr", "1")
    assert "measurements and commands only" in answer.err
    assert "no network was used" in answer.err
    assert REACHED == []
    assert nothing_else_is_open.heard == []
    assert calls(gh) == []


def test_the_commands_for_everyone_run_without_whet(place, say, tmp_path):
    text = say(place, "pr", "1", "-q").out
    block = re.search(r"```sh\n(.*?)```", text, re.DOTALL)
    *lines, last = block[1].strip().split("\n")
    assert last.startswith("whet compare")
    script = "set -e\n" + "\n".join(lines)
    env = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "PYTHONPATH": ""}
    done = subprocess.run(["sh", "-c", script], cwd=place, env=env, capture_output=True, text=True,
                          check=False)  # fmt: skip
    assert done.returncode == 0, done.stderr
    ops = [float(number) for number in re.findall(r"METRIC ops=(\S+)", done.stdout)]
    assert [round(number) // 10 for number in ops] == [10, 11]
    compared = say(place, *shlex.split(last)[1:], "--json")
    assert compared.code == 0, compared.err
    assert compared.document["metrics"][0]["ci"][0] > 0


def test_what_judges_and_is_not_in_the_project_is_asked_for(tmp_path, say):
    root = project(tmp_path / "target", **{"whet.toml": CONFIG.replace(
        'command = "./build.sh"', 'setup = "mkdir -p x && cd x"\ncommand = "./build.sh"'
    )})  # fmt: skip
    without_harness(root)
    assert say(root, "try", "-q", str(patch(root, "faster", {"speed": "110\n"}))).code == 0
    assert say(root, "branches", "-q", "--no-measure").code == 0
    answer = say(root, "pr", "1")
    told = answer.err.partition("The project does not have ")[2]
    assert "bench.sh" in told.partition(": attach")[0]
    assert "--build '(mkdir -p x && cd x) && ./build.sh'" in answer.out


@pytest.mark.skipif(shutil.which("gh") is None, reason="gh is not installed")
def test_the_stand_in_takes_no_flag_that_gh_does_not_have():
    for command, flags in stand_in.VALUE.items():
        done = subprocess.run(
            ["gh", *command, "--help"], capture_output=True, text=True, check=True
        )
        for short, name in [*flags.items(), *stand_in.SWITCH[command].items()]:
            assert f"{name} " in done.stdout, (command, name)
            assert short.startswith("--") or f"{short}," in done.stdout, (command, short)
