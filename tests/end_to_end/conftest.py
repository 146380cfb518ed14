"""A project to run campaigns in. Whatever a test did to it, it must be as the user left it."""

import pytest

from end_to_end.footprint import footprint, left_running
from end_to_end.target import project


@pytest.fixture
def untouched():
    """Takes projects; at the end of the test each must be as it was when its user left it."""
    taken = []

    def take(found):
        taken.append(found)
        return found

    yield take
    for found in taken:
        assert left_running(found.root) == []
        assert footprint(found.root).differences(found.before[-1]) == []


@pytest.fixture
def target(tmp_path, untouched):
    """A project with a folder name that has to be quoted everywhere."""
    return untouched(project(tmp_path, 'mein "Ziel" ä 日本\'s'))
