"""`whet prove`, typed."""

import json
import os
import signal
import subprocess
import sys

import pytest

from whet.cli.exit import run


def test_it_prints_one_document_and_writes_what_was_asked_for(tmp_path, capsys):
    out = tmp_path / "proof"
    asked = ["--machine", "quiet", "--candidates", "2", "--effect", "10%"]
    assert run(["prove", *asked, "--json", "--out", str(out)]) == 0
    shown = capsys.readouterr()
    data = json.loads(shown.out)
    assert (data["effect"], data["mix"], data["machines"][0]["stacks"]) == (0.1, None, [])
    assert data["machines"][0]["rules"][0]["found"]["kept"] == 2
    assert data["machines"][0]["rules"][0]["claimed"] is None
    assert json.loads((out / "proof.json").read_text()) == data
    assert sorted(path.suffix for path in out.iterdir()) == [".json", ".md", ".svg", ".svg"]


@pytest.mark.parametrize(
    "asked", [("--effect", "much"), ("--effect", "-2%"), ("--set", "judge.alpha=0.5"),
              ("--machine", "moon"), ("--candidates", "0")]
)  # fmt: skip
def test_what_cannot_be_proved_is_refused_with_a_hint(asked, capsys):
    assert run(["prove", *asked]) == 2
    assert "hint: " in capsys.readouterr().err


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_proof_that_is_stopped_leaves_nothing_behind(number, code, tmp_path):
    places = {"TMPDIR": tmp_path / "tmp", "XDG_CACHE_HOME": tmp_path / "cache"}
    for place in places.values():
        place.mkdir()
    process = subprocess.Popen(
        [sys.executable, "-m", "whet", "prove", "--candidates", "50", "--display", "plain"],
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, **{name: str(place) for name, place in places.items()}},
    )
    with process.stderr as errors:
        assert any(", 1 of 50 judged" in line for line in errors)
        process.send_signal(number)
        said = errors.read()
    assert (process.wait(), "nothing of it is left" in said) == (code, True)
    assert [*places["TMPDIR"].iterdir(), *places["XDG_CACHE_HOME"].glob("whet/*")] == []
