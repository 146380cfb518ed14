"""One cluster, and blocks that run on it as jobs, one at a time."""

import base64
import binascii
import secrets
import shutil
import tempfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import anyio

from whet.errors import WhetError, WorkerLost
from whet.executors.deadline import longest
from whet.executors.parcels import Parcel, commits_of, packed
from whet.executors.sky.talk import Bridge
from whet.executors.words import Ear, checked
from whet.model.trial import Block, Fingerprint, TrialOutcome
from whet.model.worker import WorkerConfig
from whet.ports import Clock, Watch
from whet.trial.parcel import Here, Slip

ENDED = (0, 100, 103)
"""Exit codes of a job that came to its end, and was not lost with its machine."""
_STOPPING = 60.0
_LEAST = 60.0
"""Seconds that a block has at least, however old its machine is."""


@dataclass(slots=True, kw_only=True)
class Cluster:
    """A machine that is up."""

    name: str
    config: WorkerConfig
    slip: Slip
    here: Here
    ready: float
    where: str
    price: float | None
    known: set[str]
    lock: anyio.Lock = field(default_factory=anyio.Lock)

    def left(self, now: float) -> float:
        """Seconds until the machine has lived as long as it may."""
        return self.ready + self.config.max_hours * 3600 - now


@dataclass(frozen=True, slots=True, kw_only=True)
class SkyWorker:
    """Runs blocks on one cluster."""

    name: str
    cluster: Cluster
    bridge: Bridge
    clock: Clock

    @property
    def fingerprint(self) -> Fingerprint:
        """What that machine is."""
        return self.cluster.here.fingerprint

    async def run(self, block: Block, bundle: Path, watch: Watch) -> tuple[TrialOutcome, ...]:
        """Send one block as a job, follow it, and take its result from what it says."""
        cluster, base = self.cluster, self.cluster.slip
        slip = Slip(
            key=base.key, run=secrets.token_hex(8), label=base.label, env=base.env,
            deadline=max(_LEAST, min(longest(block), cluster.left(self.clock.now()))),
        )  # fmt: skip
        async with cluster.lock:
            with packed(slip, block, bundle, commits_of(block), cluster.known) as sent:
                try:
                    ear = await self._job(sent, slip.run, watch)
                except BaseException:
                    with anyio.CancelScope(shield=True), anyio.move_on_after(_STOPPING):
                        await self._stop()
                    raise
                cluster.known |= sent.commits
        told = ear.result
        if told is None:
            raise WorkerLost(
                f"the trial on {self.name} ended without a result: {ear.failed or ear.noise}",
                hint=f"whet workers test {self.name}",
            )
        return checked(_unpacked(ear), told, slip.run, block)

    async def _job(self, sent: Parcel, run: str, watch: Watch) -> Ear:
        """Run a parcel as a job; a stream that breaks is taken up once more."""
        python = self.cluster.config.python
        with staged(sent) as folder:
            task = job(run, folder, sent.opened(python, "job", lies=f"~/sky_workdir/{run}.pyz"))
            (folder / f"{run}.pyz").hardlink_to(sent.path)
            found = await self.bridge.call("exec", cluster=self.cluster.name, task=task)
        number, ear, code = found["job"], Ear(watch), -1
        for _ in range(2):
            ear = Ear(watch, skip=ear.count)
            told = await self.bridge.call("follow", ear.take, cluster=self.cluster.name, job=number)
            code = told["code"]
            if ear.over or code in ENDED:
                break
        if (ear.result is not None and not _whole(ear)) or (ear.result is None and code == 0):
            ear = Ear(lambda _: None)  # lines were lost on the way: the file has them
            await self.bridge.call("logs", ear.take, cluster=self.cluster.name, job=number)
        if not ear.over and code not in ENDED:
            raise WorkerLost(f"{self.name} was lost in the middle of a trial (code {code})",
                             hint="whet workers")  # fmt: skip
        return ear

    async def _stop(self) -> None:
        """End every job there: all of them are ours."""
        try:
            await self.bridge.call("cancel", cluster=self.cluster.name)
        except WhetError:
            return  # it is gone, and its jobs with it


@contextmanager
def staged(sent: Parcel) -> Iterator[Path]:
    """A folder that SkyPilot copies to the machine as it is."""
    # beside the parcel, so that it can be linked; SkyPilot would leave out what .gitignore names
    folder = Path(tempfile.mkdtemp(prefix="stage-", dir=sent.path.parent))
    (folder / ".skyignore").write_text(".skyignore\n", encoding="utf-8")
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def job(name: str, folder: Path, run: str) -> Mapping[str, object]:
    """A task of SkyPilot's that runs one command."""
    return {
        "name": f"whet-{name}",
        "workdir": str(folder),
        "run": f"unset OMP_NUM_THREADS\nexec {run}",  # SkyPilot sets it to 1
        "api_server_access": False,  # what runs there was written by an agent
    }


def _whole(ear: Ear) -> bool:
    return ear.result is not None and len(_unpacked(ear)) == ear.result.bytes


def _unpacked(ear: Ear) -> bytes:
    try:
        return zlib.decompress(base64.b64decode("".join(ear.parts)))
    except (binascii.Error, zlib.error):
        return b""
