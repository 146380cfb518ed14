"""A machine of their own, a target, and an end for whoever measures in the background."""

import json
import os
import signal

import pytest

from support.typing_in import Result, target
from whet.api import measuring
from whet.cli.exit import run
from whet.ledger import log


@pytest.fixture(scope="session", autouse=True)
def _home(tmp_path_factory):
    """Caches and crash logs of the tests stay among the tests."""
    home = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as environment:
        for name in ("CACHE", "STATE", "CONFIG"):
            environment.setenv(f"XDG_{name}_HOME", str(home / name.lower()))
        environment.setenv("HOME", str(home))
        environment.setenv("NO_COLOR", "1")
        for name in ("FORCE_COLOR", "CI", "COLUMNS", "LINES", "WHET_AGENT"):
            environment.delenv(name, raising=False)
        yield home


@pytest.fixture
def say(capsys, monkeypatch):
    """A command line in this process: `say(folder, "why", "E01")`."""

    def said(folder, *args):
        monkeypatch.chdir(folder)
        handler = signal.getsignal(signal.SIGTERM)
        try:
            code = run([*args])
        finally:
            signal.signal(signal.SIGTERM, handler)
        shown = capsys.readouterr()
        return Result(code, shown.out, shown.err)

    return said


@pytest.fixture
def root(tmp_path, monkeypatch):
    """The target, fresh; what was started in the background ends with the test."""
    monkeypatch.setattr(measuring, "IDLE", 1.0)
    made = target(tmp_path / "target")
    yield made
    for lock in made.glob(".whet/campaigns/*/run.lock"):
        if log.holder(lock.parent):
            os.kill(json.loads(lock.read_bytes())["pid"], signal.SIGKILL)


@pytest.fixture
def asked(say, root):
    """The target with three ideas in its queue."""
    for title in ("raise the speed", "use less memory", "answer sooner"):
        assert say(root, "ideas", "add", title).code == 0
    return root


def events(root, kind):
    """What of one kind is in the ledger."""
    lines = next(root.glob(".whet/campaigns/*/events.jsonl")).read_text().splitlines()
    found = [json.loads(line)["event"] for line in lines]
    return [event for event in found if event["type"] == kind]
