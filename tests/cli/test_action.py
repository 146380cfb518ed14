"""The steps of `action.yml`, run as a runner runs them, against a GitHub on this machine."""

import json
import os
import re
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlparse

import pytest
import yaml

from support.repos import commit, user_git

ROOT = Path(__file__).parent.parent.parent
ACTION = yaml.safe_load((ROOT / "action.yml").read_text())
STEP = next(step for step in ACTION["runs"]["steps"] if step.get("id") == "compare")


class GitHub(HTTPServer):
    """Comments of one pull request; `refuses` is a status for whoever wants to write."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.comments = [{"id": n, "body": f"comment {n}"} for n in range(130)]
        self.refuses = 0
        self.calls = []

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_port}"


class Handler(BaseHTTPRequestHandler):
    def log_message(self, *_):
        pass

    def _handle(self):
        size = int(self.headers.get("Content-Length") or 0)
        data = json.loads(self.rfile.read(size)) if size else None
        path = urlparse(self.path)
        self.server.calls.append((self.command, path.path))
        if self.headers["Authorization"] != "Bearer secret-token":
            return self._answer(401, {})
        if self.server.refuses and self.command != "GET":
            return self._answer(self.server.refuses, {})
        one = re.fullmatch(r"/repos/o/r/issues/comments/(\d+)", path.path)
        if self.command == "GET" and path.path == "/repos/o/r/issues/7/comments":
            page = int(parse_qs(path.query)["page"][0])
            return self._answer(200, self.server.comments[100 * (page - 1) : 100 * page])
        if self.command == "POST" and path.path == "/repos/o/r/issues/7/comments":
            self.server.comments.append({"id": 1000, **data})
            return self._answer(201, self.server.comments[-1])
        if self.command == "PATCH" and one:
            row = next(row for row in self.server.comments if row["id"] == int(one[1]))
            row.update(data)
            return self._answer(200, row)
        return self._answer(404, {})

    def _answer(self, status, data):
        body = json.dumps(data).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST = do_PATCH = _handle  # noqa: N815 (the names http.server looks for)


@pytest.fixture
def github():
    server = GitHub()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


class Runner:
    """What a runner gives to a step, and what it reads back."""

    def __init__(self, folder, github, root):
        self.folder, self.github, self.root = folder, github, root
        self.event = folder / "event.json"
        self.event.write_text(json.dumps({"pull_request": {"number": 7}}))

    def run(self, base, head, **inputs):
        given = {name: str(one.get("default", "")) for name, one in ACTION["inputs"].items()}
        given |= {"base": base, "head": head, "token": "secret-token", "pairs": "6",
                  **{name.replace("_", "-"): value for name, value in inputs.items()}}  # fmt: skip
        env = {name: self._evaluated(str(text), given) for name, text in STEP["env"].items()}
        for name in ("output", "summary"):
            (self.folder / name).write_text("")
        runner = {
            "GITHUB_OUTPUT": str(self.folder / "output"), "GITHUB_REPOSITORY": "o/r",
            "GITHUB_STEP_SUMMARY": str(self.folder / "summary"), "CI": "true",
            "GITHUB_EVENT_PATH": str(self.event), "GITHUB_API_URL": self.github.url,
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        }  # fmt: skip
        # `shell: bash` of a composite action
        argv = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", STEP["run"]]
        done = subprocess.run(argv, cwd=self.root, env={**os.environ, **runner, **env},
                              capture_output=True, text=True, check=False)  # fmt: skip
        self.code, self.out, self.err = done.returncode, done.stdout, done.stderr
        self.outputs = dict(
            line.split("=", 1) for line in (self.folder / "output").read_text().splitlines()
        )
        self.summary = (self.folder / "summary").read_text()
        return self

    @staticmethod
    def _evaluated(text, given):
        return re.sub(r"\$\{\{ inputs\.([\w-]+) \}\}", lambda match: given[match[1]], text)


@pytest.fixture
def runner(tmp_path, github, root):
    return Runner(tmp_path, github, root)


@pytest.fixture
def commits(root):
    """The base, a faster commit on it and a slower one."""
    base = user_git(root, "rev-parse", "HEAD")
    made = []
    for speed in ("120\n", "80\n"):
        user_git(root, "checkout", "--quiet", "--detach", base)
        made.append(commit(root, {"speed": speed}))
    return base, *made


def test_a_gain_is_told_in_the_summary_the_outputs_and_one_comment(runner, github, commits):
    base, faster, slower = commits
    runner.run(base, faster)
    assert runner.code == 0, runner.err
    assert runner.outputs["answer"] == "faster"
    assert 0.1 < float(runner.outputs["low"]) < float(runner.outputs["gain"]) < 0.3
    assert runner.summary.startswith("### Speed: Better: ops +")
    assert f"| Metric | {base[:7]} | {faster[:7]} | Gain [95% CI] | |" in runner.summary
    assert "::notice title=Speed::Better" in runner.out
    assert [row["id"] for row in github.comments[130:]] == [1000]
    assert github.comments[-1]["body"] == f"<!-- whet compare: Speed -->\n{runner.summary}"

    runner.run(base, slower)
    assert runner.code == 7
    assert len(github.comments) == 131
    assert "Worse" in github.comments[-1]["body"]
    assert github.calls[-1] == ("PATCH", "/repos/o/r/issues/comments/1000")
    assert "error: regression" in runner.err


@pytest.mark.slow
def test_a_loss_may_be_told_without_failing(runner, commits):
    base, _, slower = commits
    runner.run(base, slower, fail_on="never", comment="false", title="Parser 100%: x")
    assert runner.code == 0
    assert runner.outputs["answer"] == "slower"
    assert "::warning title=Parser 100%25%3A x::Worse" in runner.out


def test_a_runner_that_is_too_noisy_says_so_and_fails_nothing(runner, github, root):
    (root / "bench.sh").write_text(
        "#!/bin/sh\nnoise=$(od -An -N2 -tu2 /dev/urandom)\n"
        "echo METRIC ops=$(($(cat speed) * (100 + noise % 400)))\necho METRIC memory=50\n"
    )
    base = commit(root)
    slower = commit(root, {"speed": "20\n"})
    runner.run(base, slower, pairs="20")
    assert runner.code == 0, runner.err
    assert runner.outputs["answer"] == "too_noisy"
    assert "This runner is too noisy to say anything" in runner.summary
    assert "::warning title=Speed::This runner is too noisy" in runner.out
    assert "too noisy" in github.comments[-1]["body"]


def test_a_fork_without_the_right_to_comment_still_has_its_summary(runner, github, commits):
    base, faster, _ = commits
    github.refuses = 403
    runner.run(base, faster)
    assert runner.code == 0
    assert "::warning title=Speed::No comment was written: the token may not" in runner.out
    assert "Better" in runner.summary
    assert len(github.comments) == 130


@pytest.mark.slow
def test_a_push_has_no_comment_and_a_dead_api_fails_nothing(runner, github, commits):
    base, faster, _ = commits
    runner.event.write_text(json.dumps({"before": base}))
    runner.run(base, faster)
    assert (runner.code, github.calls) == (0, [])
    runner.event.write_text(json.dumps({"pull_request": {"number": 7}}))
    github.refuses = 500
    runner.run(base, faster)
    assert runner.code == 0
    assert "GitHub answered 500" in runner.out


@pytest.mark.slow
def test_only_what_the_pull_request_changed_is_compared(runner, root, commits):
    base, faster, _ = commits
    user_git(root, "checkout", "--quiet", "--detach", base)
    gone_on = commit(root, {"speed": "500\n"}, "the base branch has gone on")
    runner.run(gone_on, faster)
    assert runner.outputs["answer"] == "faster"
    assert base[:7] in runner.summary


def test_a_shallow_checkout_is_told_what_it_needs(runner, commits):
    runner.run("0" * 40, commits[1])
    assert runner.code == 3
    assert "fetch-depth: 0" in runner.out


@pytest.mark.slow
def test_without_a_configuration_the_inputs_are_enough(runner, root):
    (root / "whet.toml").unlink()
    base = commit(root)
    faster = commit(root, {"speed": "120\n"})
    runner.run(base, faster, bench="./bench.sh", metric="ops", direction="higher")
    assert runner.code == 0, runner.err
    assert runner.outputs["answer"] == "faster"


def test_an_input_is_never_a_part_of_a_script(runner, root, commits):
    base, faster, _ = commits
    trap = runner.folder / "ran"
    runner.run(base, faster, title=f'"; touch {trap}; $(touch {trap})', comment="false")
    assert runner.code == 0
    assert not trap.exists()
    for step in ACTION["runs"]["steps"]:
        assert "${{" not in step.get("run", "")


def test_every_output_that_is_promised_is_written(runner, commits):
    base, faster, _ = commits
    runner.run(base, faster, comment="false")
    assert set(ACTION["outputs"]) <= set(runner.outputs)
