"""A machine of their own for the command lines of these tests."""

import shutil

import pytest

from support.typing_in import at_home, patch, sayer, target
from whet.cli.exit import run


@pytest.fixture(scope="session", autouse=True)
def _home(tmp_path_factory):
    """Caches and crash logs of the tests stay among the tests."""
    home = tmp_path_factory.mktemp("home")
    with at_home(home):
        yield home


@pytest.fixture
def say(capsys, monkeypatch):
    """A command line in this process: `say(folder, "why", "E01")`."""
    return sayer(capsys, monkeypatch)


@pytest.fixture
def root(tmp_path):
    """The target, fresh."""
    return target(tmp_path / "target")


@pytest.fixture(scope="session")
def judged(tmp_path_factory, _home):
    """A campaign with one of everything; look at it, and change a copy only."""
    root = target(tmp_path_factory.mktemp("judged") / "target")
    changes = {
        "faster": {"speed": "110\n"},
        "same": {"memory": "49\n"},
        "huge": {"extra": "300\n"},
        "wrong": {"answer": "41\n"},
        "broken": {"answer": "many\n"},
        "cheat": {"check.sh": "#!/bin/sh\n"},
        "odd": {"no such file": "x\n"},
    }
    files = [patch(root, name, change) for name, change in changes.items()]
    files[-1].write_text(files[0].read_text().replace("-100", "-999"), encoding="utf-8")
    with pytest.MonkeyPatch.context() as here:
        here.chdir(root)
        assert run(["try", "--stack", "-q", *map(str, files)]) == 0
    return root


@pytest.fixture
def copied(judged, tmp_path):
    """A copy of that campaign, to break."""
    return shutil.copytree(judged, tmp_path / "copied", symlinks=True)
