"""The toy target, in every kind of jail there is here."""

import ctypes
import shutil

import pytest

from support import toy as toys
from whet import sandbox

PR_SET_CHILD_SUBREAPER = 36
KINDS = ["none", pytest.param("bubblewrap", marks=pytest.mark.skipif(
    sandbox.detect() == "none", reason="bubblewrap is not installed or not permitted here"
))]  # fmt: skip


@pytest.fixture(scope="session")
def ready_made(tmp_path_factory):
    """The repository and the store, and a worker that has built the base already."""
    folder = tmp_path_factory.mktemp("toy")
    return (folder, *toys.make(folder))


@pytest.fixture(scope="package", autouse=True)
def orphans_are_adopted():
    """As in the process of a trial; given back, since other tests live in this process too."""
    libc = ctypes.CDLL(None)
    libc.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    yield
    libc.prctl(PR_SET_CHILD_SUBREAPER, 0, 0, 0, 0)


@pytest.fixture
def toy(ready_made, tmp_path):
    """The target without a jail."""
    folder, _, base = ready_made
    shutil.copytree(folder / "store.git", tmp_path / "store.git")
    return toys.Toy(store=toys.Store(tmp_path / "store.git"), base=base, folder=tmp_path)


@pytest.fixture(params=KINDS)
def jailed(toy, request):
    """The target in each kind of jail."""
    toy.kind = request.param
    return toy
