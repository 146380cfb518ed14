"""One proof for all who look at one, and a machine of its own for what it builds."""

import pytest

from whet.proof.run import Options, prove


@pytest.fixture(scope="session", autouse=True)
def caches(tmp_path_factory):
    """Where the trees are built, so that a test can see whether anything is left."""
    folder = tmp_path_factory.mktemp("caches")
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("XDG_CACHE_HOME", str(folder))
        yield folder


@pytest.fixture(scope="session")
def told():
    return []


@pytest.fixture(scope="session")
def proof(told, caches):
    """A whole proof: 8 candidates alone and 8 stacked, on a quiet machine."""
    return prove(Options(machines=("quiet",), candidates=8, seeds=(4,)), told.append)
