"""No escape byte where none is wanted, on a real terminal."""

import os
import pty
import shlex
import subprocess

import pytest

PLAIN = ({"NO_COLOR": "1"}, {"TERM": "dumb"}, {"CI": "1"})

LOOKING = ("run", "status", "list", "why E01", "log")


def typed(target, *words, **env):
    """What a command writes to a terminal."""
    ours, theirs = pty.openpty()
    with os.fdopen(ours, "rb", buffering=0) as terminal:
        process = subprocess.Popen(
            target.command(*words), cwd=target.root, stdin=theirs, stdout=theirs, stderr=theirs,
            env={**target.env, "TERM": "xterm-256color", **env}, start_new_session=True,
        )  # fmt: skip
        os.close(theirs)
        said = bytearray()
        try:
            while data := terminal.read(4096):
                said += data
        except OSError:
            pass  # the other end is closed
        process.wait()
        return bytes(said)


def test_a_terminal_is_written_to_with_colours(target):
    assert b"\x1b[" in typed(target, "run")


@pytest.mark.parametrize("env", PLAIN, ids=str)
def test_no_escape_byte_on_a_terminal_that_wants_none(target, env):
    error = typed(target, "run", **env)
    assert b"the queue of ideas is empty" in error
    assert b"\x1b" not in error + typed(target, "version", **env)


def test_no_escape_byte_in_a_run_on_a_terminal_without_colour(target):
    target.ideas("nothing")
    run = typed(target, "run", NO_COLOR="1")
    assert b"E01" in run
    assert b"\x1b" not in run + typed(target, "status", NO_COLOR="1")


def test_no_escape_byte_in_a_pipe(target):
    target.ideas("nothing", "cheating")
    said = [target.whet(*words.split(), TERM="xterm-256color") for words in LOOKING]
    assert all("\x1b" not in one.out + one.err for one in said)
    assert "rejected" in said[2].out


@pytest.mark.parametrize("closed", [">&-", "<&- >&- 2>&-"])
def test_a_closed_stream_is_no_failure(target, closed):
    command = f"{shlex.join(target.command('ideas', 'add', 'slow'))} {closed}"
    done = subprocess.run(["sh", "-c", command], cwd=target.root, env=target.env, check=False)
    assert done.returncode == 0
    assert [event["type"] for event in target.events()] == ["campaign.opened", "idea.added"]


def test_a_terminal_that_cannot_show_a_character_gets_another(target):
    target.ideas("größer → schneller")
    latin = {"PYTHONIOENCODING": "latin-1"}
    assert "größer ? schneller" in target.whet("ideas", **latin, encoding="latin-1").out
    said = target.whet("ideas", "--json", **latin)
    assert said.document["ideas"][0]["title"] == "größer → schneller"
