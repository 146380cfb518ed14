import os
import subprocess
import sys

import pytest

from whet.model.worker import cores as cores_of
from whet.trial.locks import available, cores_held


@pytest.mark.parametrize(("text", "cores"), [
    ("", set()), ("0", {0}), ("0-3", {0, 1, 2, 3}), ("0-1,6", {0, 1, 6}),
    (" 2 , 4 - 5 ", {2, 4, 5}),
    (",", set()),
])  # fmt: skip
def test_a_list_of_cores_is_read(text, cores):
    assert cores_of(text) == cores


@pytest.mark.parametrize("text", ["a", "1-", "-1", "1-2-3", "0x1", "1.5"])
def test_what_is_no_list_of_cores_is_an_error(text):
    with pytest.raises(ValueError):
        cores_of(text)


def test_cores_that_are_not_there_are_named():
    with pytest.raises(ValueError, match="core 4000 of `4000` is not available here"):
        available("4000")
    assert available("") == frozenset()
    assert available(str(min(os.sched_getaffinity(0))))


TRY = """
import fcntl, sys
try:
    fcntl.flock(open(sys.argv[1], "w"), fcntl.LOCK_EX | fcntl.LOCK_NB)
    print("free")
except OSError:
    print("held")
"""


def test_held_cores_are_held_against_other_processes_and_given_back(tmp_path):
    def state(core):
        argv = [sys.executable, "-c", TRY, str(tmp_path / f"core-{core}.lock")]
        return subprocess.run(argv, capture_output=True, text=True, check=True).stdout.strip()

    with cores_held(tmp_path, frozenset({0, 1})):
        assert [state(core) for core in (0, 1, 2)] == ["held", "held", "free"]
    assert [state(core) for core in (0, 1)] == ["free", "free"]
