import sys

import pytest

from support.sshd import serving
from whet.clock import SystemClock
from whet.executors.ssh import SshExecutor
from whet.model.config import Integrity
from whet.model.worker import WorkerConfig
from whet.ports import Terms
from whet.testing.ground import ground


@pytest.fixture(scope="session")
def target(tmp_path_factory):
    return ground(tmp_path_factory.mktemp("ground"))


@pytest.fixture(scope="session")
def server(tmp_path_factory):
    with serving(tmp_path_factory.mktemp("sshd")) as found:
        yield found


@pytest.fixture
def box(server, tmp_path):
    """An executor with one host, and what it told."""

    def make(told, up=(), base=None, **more):
        config = {"host": server.address, "python": sys.executable, "price": None, **more}
        terms = Terms(
            campaign="try", workers=(WorkerConfig(name="local", kind="ssh", **config),),
            root=tmp_path, folder=tmp_path, label=str(tmp_path), base=base,
            integrity=Integrity(sandbox="none"), clock=SystemClock(), tell=told.append, up=up,
        )  # fmt: skip
        return SshExecutor(terms, server.options)

    return make
