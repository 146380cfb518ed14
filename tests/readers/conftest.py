import pytest

from support.loopback import HandClock
from whet.readers.answers import Answers
from whet.readers.door import Door, Limits
from whet.readers.manners import Manners
from whet.readers.services import NAMES, services


@pytest.fixture
def clock():
    return HandClock()


@pytest.fixture
def a_door(tmp_path, clock):
    """Makes doors that share answers and manners; every service is the given address."""
    made = []

    def make(url, *, mode="live", environ=None, limits=None, recorded=None, trusted=False):
        environ = dict(environ or {})
        if trusted:
            environ["GITHUB_API_URL"] = url
        found = services(environ, {name: url for name in NAMES if name != "github" or not trusted})
        door = Door(
            answers=Answers(tmp_path / "cache"),
            manners=Manners(folder=tmp_path / "hosts", clock=clock, pause=clock.pause),
            clock=clock,
            services=found,
            mode=mode,
            limits=limits or Limits(timeout=5.0, deadline=20.0),
            recorded={line.key: line for line in recorded or ()},
            pause=clock.pause,
        )
        made.append(door)
        return door

    yield make
    for door in made:
        door.close()
