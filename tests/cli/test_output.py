"""What goes where: data and progress, documents, colours, exit codes, and a real terminal."""

import fcntl
import io
import json
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import threading
from pathlib import Path

import pytest

from support.repos import commit
from support.typing_in import patch, whet
from whet.cli import app, live
from whet.cli.face import Face
from whet.ports import Progress

ESCAPE = "\x1b"
PROGRESS = re.compile(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ ", re.MULTILINE)

DOCUMENTS = {
    ("status",): "campaign",
    ("list",): "list",
    ("list", "--verdict", "kept"): "list",
    ("why", "E01"): "experiment",
    ("diff", "E01"): "diff",
    ("log",): "log",
    ("log", "E01"): "account",
    ("verify", "--no-measure"): "verify",
    ("report", "--out", "../report"): "files",
    ("ideas",): "ideas",
    ("config",): "config",
    ("config", "get", "goal.metric"): "config",
    ("config", "check"): "config",
    ("clean", "--dry-run"): "clean",
    ("version",): "version",
    ("run", "--dry-run"): "plan",
}


@pytest.mark.parametrize("args", DOCUMENTS, ids=" ".join)
def test_every_answer_is_one_document(args, judged, say):
    answer = say(judged, *args, "--json")
    assert answer.code == 0, answer.err
    assert answer.err == ""
    assert answer.document["kind"] == DOCUMENTS[args]


@pytest.mark.parametrize("args", DOCUMENTS, ids=" ".join)
def test_no_answer_has_colour_in_a_pipe_or_a_line_too_long(args, judged, say):
    answer = say(judged, *args)
    assert answer.code == 0
    assert answer.out
    assert ESCAPE not in answer.out + answer.err
    if args[0] not in ("log", "config", "report", "clean", "version", "diff"):
        assert max(map(len, answer.out.splitlines())) <= 80


def test_the_schemas_are_printed(judged, say):
    found = {what: json.loads(say(judged, "config", "schema", *what).out)
             for what in ((), ("config",), ("documents",))}  # fmt: skip
    assert found[()] == found["config",] != found["documents",]
    assert "goal" in found[()]["required"]
    assert found["documents",]["properties"]["schema"] == {"const": "whet/1"}


def test_colour_is_given_where_it_is_asked_for(judged, say, monkeypatch):
    monkeypatch.delenv("NO_COLOR")
    assert ESCAPE in say(judged, "list", "--color", "always").out
    assert ESCAPE not in say(judged, "list").out
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert ESCAPE in say(judged, "list").out
    monkeypatch.setenv("NO_COLOR", "1")
    assert ESCAPE not in say(judged, "list").out


def test_data_goes_to_one_stream_and_progress_to_the_other(root, say):
    file = patch(root, "faster", {"speed": "120\n"})
    answer = say(root, "try", str(file), "--color", "never")
    assert answer.code == 0
    assert "E01 faster" in answer.out
    assert not PROGRESS.search(answer.out)
    assert PROGRESS.search(answer.err)
    assert "verdict=kept" in answer.err
    assert ESCAPE not in answer.out + answer.err
    quiet = say(root, "retry", "E01", "-q")
    assert (quiet.code, quiet.err) == (0, "")


def test_a_reader_that_stops_reading_is_no_failure(judged):
    argv = [sys.executable, "-m", "whet", "log", "--json"]
    ours, theirs = os.pipe()
    os.close(ours)
    done = subprocess.run(argv, cwd=judged, stdout=theirs, stderr=subprocess.PIPE, check=False)
    os.close(theirs)
    assert (done.returncode, done.stderr) == (0, b"")


# exit codes


def test_0_done(judged, say):
    assert say(judged, "status").code == 0


def test_1_a_bug_leaves_its_traceback_in_a_file(judged, say, monkeypatch):
    monkeypatch.setitem(app.ENTRIES, "status", app.Entry("no_such_module", ""))
    answer = say(judged, "status", "--json")
    assert answer.code == 1
    assert answer.line("error").startswith("a bug in whet: ")
    path = Path(re.search("`cat (.*)`", answer.line("hint"))[1])
    assert "Traceback" in path.read_text()
    assert answer.document["exit_code"] == 1


def test_2_wrong_usage(judged, say):
    assert say(judged, "nonsense").code == 2


def test_3_not_ready(root, say):
    assert say(root, "status").code == 3


def test_4_a_machine_that_cannot_be_used(root, say, monkeypatch):
    file = patch(root, "faster", {"speed": "120\n"})
    monkeypatch.setenv("XDG_CACHE_HOME", "/dev/null/cache")
    answer = say(root, "try", str(file), "-q")
    assert answer.code == 4
    assert "XDG_CACHE_HOME" in answer.line("hint")


def test_5_a_limit_and_one_document_all_the_same(root, say):
    assert say(root, "ideas", "add", "one").code == 0
    assert say(root, "ideas", "add", "two").code == 0
    answer = say(root, "run", "--agent", "true", "--experiments", "1", "--json")
    assert answer.code == 5
    assert answer.document["kind"] == "campaign"
    assert "1 experiment" in answer.line("stopped")
    assert answer.line("hint") == "whet run --campaign ops --experiments 2"


def test_6_integrity(copied, say):
    file = next((copied / ".whet" / "campaigns").glob("*/events.jsonl"))
    file.write_bytes(file.read_bytes().replace(b'"kept"', b'"lost"', 1))
    assert say(copied, "status").code == 6


def test_7_a_gate_said_no(root, say):
    answer = say(root, "compare", "HEAD", "HEAD", "--pairs", "4", "--fail-on", "no-gain", "--json")
    assert answer.code == 7
    assert answer.document["kind"] == "comparison"
    assert answer.line("error").startswith("no gain")


def test_8_nothing_kept_where_that_was_asked(root, say):
    file = patch(root, "wrong", {"answer": "41\n"})
    assert say(root, "try", str(file), "-q", "--fail-if-none").code == 8


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_130_and_143_when_stopped_with_nothing_left_running(number, code, root):
    os.mkfifo(root.parent / "begun")
    commit(root, {"bench.sh": f"#!/bin/sh\necho > {root.parent}/begun\nsleep 1000\n"})
    file = patch(root, "faster", {"speed": "120\n"})
    argv = [sys.executable, "-m", "whet", "try", str(file), "--set", "integrity.sandbox=none"]
    with subprocess.Popen(argv, cwd=root, stderr=subprocess.PIPE, text=True) as process:
        (root.parent / "begun").read_text()  # opens when the benchmark does
        process.send_signal(number)
        if number == signal.SIGINT:
            assert any("stopping" in line.lower() for line in process.stderr)
            process.send_signal(number)
        rest = process.stderr.read()
    assert process.returncode == code
    assert len(re.findall("^stopped: ", rest, re.MULTILINE)) == 1
    assert "hint: whet run --campaign try-" in rest


# a plain log


class Heard(io.StringIO):
    """A stream that can be waited for."""

    def __init__(self):
        super().__init__()
        self.lines = threading.Semaphore(0)

    def write(self, text):
        written = super().write(text)
        self.lines.release(text.count("\n"))
        return written


def test_a_plain_log_says_what_is_going_on_while_nothing_happens(monkeypatch):
    assert live.HEARTBEAT <= 60
    heard = Heard()
    monkeypatch.setattr(sys, "stderr", heard)
    face = Face(
        start=Path(), campaign="", as_json=False, colour=False, note_colour=False, width=80,
        display="plain", yes=False, overrides={},
    )  # fmt: skip
    with live.PlainView(face, beat=0.01) as view:
        view.moved("E07", Progress(stage="measure", pairs=7, cap=40))
        for _ in range(3):
            assert heard.lines.acquire(timeout=30)
    assert "Z exp=E07 stage=measure pairs=7/40\n" in heard.getvalue()


# a terminal


RESIZED = "\r\n<resized>\r\n"


def on_a_terminal(root, *args, columns=80, lines=24, data=None, then=0):
    """What a terminal of that size is shown, as pieces of text between its control sequences.

    `then`: it gets so many columns once something is under way, and an empty line marks that.
    """
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))
    env = {key: value for key, value in os.environ.items() if key not in ("CI", "NO_COLOR")}
    process = subprocess.Popen(
        [sys.executable, "-m", "whet", *args], cwd=root, env={**env, "TERM": "xterm-256color"},
        stdin=theirs, stdout=data or theirs, stderr=theirs,
    )  # fmt: skip
    os.close(theirs)
    shown = b""
    while True:
        select.select([ours], [], [])
        try:
            piece = os.read(ours, 65536)
        except OSError:  # the other end is closed
            break
        shown += piece
        if then and "◌".encode() in shown:
            fcntl.ioctl(ours, termios.TIOCSWINSZ, struct.pack("HHHH", lines, then, 0, 0))
            shown, then = shown + RESIZED.encode(), 0
    os.close(ours)
    text = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", shown.decode())
    return process.wait(), [line for line in re.split(r"[\r\n]+", text) if line.strip()]


@pytest.mark.parametrize("columns", [40, 100])
def test_a_terminal_is_shown_what_is_under_way_and_no_line_twice(columns, root):
    changes = {"faster": {"speed": "120\n"}, "a much longer name than fits": {"answer": "41\n"}}
    files = [str(patch(root, name, change)) for name, change in changes.items()]
    code, lines = on_a_terminal(root, "try", "--stack", *files, columns=columns)
    assert code == 0
    assert max(map(len, lines)) <= columns
    assert any("◌" in line for line in lines)
    assert sum("● E01 faster" in line for line in lines) == 1
    assert sum("■ E02" in line for line in lines) == 1


@pytest.mark.parametrize(("columns", "then"), [(100, 50), (40, 120)])
def test_a_terminal_that_is_resized_while_it_runs_gets_lines_of_its_new_width(
    columns, then, root
):  # fmt: skip
    changes = {"faster": {"speed": "120\n"}, "a much longer name than fits": {"answer": "41\n"}}
    files = [str(patch(root, name, change)) for name, change in changes.items()]
    code, lines = on_a_terminal(root, "try", "--stack", *files, columns=columns, then=then)
    at = lines.index(RESIZED.strip())
    # a line that was on its way is as wide as the terminal was
    assert code == 0
    assert max(map(len, lines[: at + 2])) <= max(columns, then)
    assert max(map(len, lines[at + 2 :])) <= then
    assert sum("● E01 faster" in line for line in lines) == 1
    assert any("■ E02" in line for line in lines[at:])


@pytest.mark.parametrize("args", [("status",), ("list",), ("why", "E01"), ("log",)], ids=" ".join)
def test_looking_fits_a_terminal_of_any_width(args, judged):
    for columns in (40, 100):
        code, lines = on_a_terminal(judged, *args, columns=columns)
        assert code == 0
        assert max(map(len, lines)) <= columns


def test_findings_stand_whole_above_what_is_under_way(root):
    code, lines = on_a_terminal(root, "doctor", "--quick")
    assert code == 0
    assert max(map(len, lines)) <= 80
    assert any("◌" in line for line in lines)
    found = [line for line in lines if "✓" in line and "◌" not in line]
    assert found
    assert all(line.startswith("  ✓ ") for line in found)


def test_a_file_gets_the_data_though_a_terminal_shows_the_progress(judged, tmp_path):
    with (tmp_path / "data").open("wb") as data:
        code, lines = on_a_terminal(judged, "verify", "--no-measure", data=data)
    assert code == 0
    assert "hash chain intact" in (tmp_path / "data").read_text()
    assert not any("hash chain intact" in line for line in lines)


def test_the_document_of_an_error_is_the_line_of_an_error(root):
    answer = whet(root, "why", "E01", "--json")
    assert json.loads(answer.out)["message"] == answer.line("error")
