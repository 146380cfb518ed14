"""A real Slurm of two nodes on this machine, and a real SkyPilot that rents them."""

import os
import shutil
import subprocess
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parent.parent.parent / ".ci" / "slurm"
CACHE = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache"))
WANTED = "WHET_TEST_SLURM"
VENV = Path(os.environ.get("WHET_SKY_VENV", CACHE / "whet-ci" / "sky"))


@dataclass(frozen=True)
class Slurm:
    """The cluster; `env` is what a user of SkyPilot there has."""

    env: dict[str, str]

    def jobs(self) -> dict[str, str]:
        """Jobs of Slurm by SkyPilot's name for the cluster that each of them is."""
        out = subprocess.run(["squeue", "-h", "-o", "%i %j"], capture_output=True, text=True,
                             check=True)  # fmt: skip
        return {name: number for number, name in map(str.split, out.stdout.splitlines())}

    def take_away(self, cluster: str) -> None:
        """What a pre-emption does: the node's allocation is gone, with everything on it."""
        number = next(job for name, job in self.jobs().items() if name.startswith(cluster))
        subprocess.run(["scancel", "--full", "-s", "KILL", number], check=True)
        subprocess.run(["scancel", number], check=True)


def missing() -> str:
    """Why there can be no Slurm here, or nothing."""
    if os.environ.get(WANTED) != "1":
        return f"a Slurm, a SkyPilot and many minutes: {WANTED}=1 asks for them"
    if os.getuid() != 0:
        return "bringing up a Slurm needs root"
    programs = ("slurmctld", "slurmd", "munged", "rsync", "sshd")
    path = f"{os.environ['PATH']}:/usr/sbin"
    gone = [name for name in programs if shutil.which(name, path=path) is None]
    if gone:
        return f"not installed: {', '.join(gone)}"
    if not (VENV / "bin" / "uv").exists():
        return f"no SkyPilot in {VENV}"
    return ""


@contextmanager
def running():
    """A Slurm that is taken down again."""
    if why := missing():
        pytest.skip(f"{why}; `.ci/run` installs what is needed")
    # the nodes' user must be able to come here, and pytest's folders are root's own
    root = Path(tempfile.mkdtemp(prefix="whet-slurm-", dir="/var/tmp"))
    try:
        subprocess.run([SCRIPT, "up", root, VENV], check=True, stdout=subprocess.DEVNULL)
        yield Slurm({
            **os.environ, "HOME": str(root / "client"), "WHET_SKY_PYTHON": f"{VENV}/bin/python",
            "SKYPILOT_DISABLE_USAGE_COLLECTION": "1", "SKYPILOT_API_SERVER_LOCAL_PORT": "46680",
        })  # fmt: skip
    finally:
        subprocess.run([SCRIPT, "down", root], check=True)
