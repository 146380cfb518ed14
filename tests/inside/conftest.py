"""A machine of their own, a target, and an end for whoever measures in the background."""

import json
import os
import signal

import pytest

from support.typing_in import at_home, sayer, target
from whet.api import measuring
from whet.ledger import log


@pytest.fixture(scope="session", autouse=True)
def _home(tmp_path_factory):
    """Caches and crash logs of the tests stay among the tests."""
    home = tmp_path_factory.mktemp("home")
    with at_home(home, "WHET_AGENT") as environment:
        environment.setenv("HOME", str(home))
        yield home


@pytest.fixture
def say(capsys, monkeypatch):
    """A command line in this process: `say(folder, "why", "E01")`."""
    return sayer(capsys, monkeypatch)


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
