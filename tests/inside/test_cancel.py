"""An experiment is taken back while it is measured."""

import subprocess
import sys
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from inside.conftest import events
from support.repos import commit
from support.typing_in import refused

pytestmark = pytest.mark.slow

HANGS = """\
#!/bin/sh
[ "$(cat extra)" != 999 ] || exec sleep 3617
exec ./bench.sh
"""
SLOW = "#!/bin/sh\nsleep 0.3\nexec ./bench.sh\n"


def submitted(say, root, idea, **files):
    tree = Path(say(root, "claim", idea, "--as", "one", "--json").document["tree"])
    for name, text in files.items():
        (tree / name).write_text(f"{text}\n")
    return tree


@contextmanager
def measured(root):
    """Somebody who measures, until the end of the block."""
    argv = [sys.executable, "-m", "whet", "measure", "--idle", "300s", "--display", "none"]
    with subprocess.Popen(argv, cwd=root, stderr=subprocess.DEVNULL) as process:
        try:
            yield process
        finally:
            process.terminate()


def slowly(root, script):
    (root / "slow.sh").write_text(script)
    (root / "slow.sh").chmod(0o755)
    config = root / "whet.toml"
    config.write_text(config.read_text().replace('"./bench.sh"', '"./slow.sh"\ntimeout = "2h"'))
    commit(root)


def _command_lines():
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(OSError):
            yield path.read_bytes()


def reached(root, kind, number):
    while len(events(root, kind)) < number:
        pass


def test_what_hangs_ends_when_it_is_cancelled_and_the_next_one_is_measured(say, root):
    slowly(root, HANGS)
    for title in ("hang", "raise the speed"):
        say(root, "ideas", "add", title)
    submitted(say, root, "I01", extra=999)
    assert say(root, "submit", "I01", "--as", "one").code == 0
    with measured(root):
        reached(root, "experiment.started", 1)
        refused(say(root, "cancel", "E01", "--as", "two"), 3, "E01 was submitted by one")
        assert say(root, "cancel", "E01", "--as", "one").out == "E01 is withdrawn\n"
        refused(say(root, "cancel", "E01", "--as", "two"), 3, "E01 was submitted by one")
        submitted(say, root, "I02", speed=120)
        assert say(root, "submit", "I02", "--as", "one").code == 0
        assert say(root, "wait", "E02", "--timeout", "600", "--json").document["verdict"] == "kept"
    assert "Withdrawn" in say(root, "why", "E01").out
    assert not any(b"3617" in line for line in _command_lines())
    assert [e["experiment"] for e in events(root, "experiment.measured")] == ["E02"]


def test_what_is_measured_beside_it_loses_nothing(say, root):
    slowly(root, SLOW)
    for title in ("one thing", "another"):
        say(root, "ideas", "add", title)
    for idea, speed in (("I01", 120), ("I02", 130)):
        submitted(say, root, idea, speed=speed)
    with measured(root):
        for idea in ("I01", "I02"):
            assert say(root, "submit", idea, "--as", "one").code == 0
        reached(root, "experiment.started", 2)
        assert say(root, "cancel", "E02", "--as", "one", "--reason", "wrong").code == 0
        assert say(root, "wait", "E01", "--timeout", "600", "--json").document["verdict"] == "kept"
    started = events(root, "experiment.started")
    assert [one["experiment"] for one in started] == ["E01", "E02"]
    assert events(root, "experiment.requeued") == []
    verdicts = {e["experiment"]: e["verdict"]["code"] for e in events(root, "verdict.given")}
    assert verdicts == {"E01": "faster", "E02": "withdrawn"}
