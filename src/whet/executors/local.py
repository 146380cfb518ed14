"""This machine: every trial is a process of its own."""

import os
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from anyio.abc import ByteReceiveStream

from whet import sandbox
from whet.child import attended
from whet.errors import InfraError, WorkerLost
from whet.executors.words import lines, message
from whet.model.config import Integrity
from whet.model.machine import MachineEnd
from whet.model.trial import Block, Fingerprint, TrialOutcome
from whet.ports import Watch
from whet.trial import wire
from whet.trial.fingerprint import fingerprint


@dataclass
class LocalWorker:
    """Runs trials below one folder of this machine."""

    name: str
    work: Path
    repo: Path
    integrity: Integrity

    @cached_property
    def fingerprint(self) -> Fingerprint:
        """What this machine is."""
        wanted = self.integrity.sandbox
        return fingerprint(sandbox.detect() if wanted == "auto" else wanted)

    async def run(self, block: Block, bundle: Path, watch: Watch) -> tuple[TrialOutcome, ...]:
        """Run one block as a process and follow it to its end."""
        try:
            self.work.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise InfraError(
                f"cannot build in {self.work}: {error.strerror}",
                hint="name a folder that can be written: `export XDG_CACHE_HOME=/var/tmp`",
            ) from error
        with tempfile.TemporaryFile() as file:  # without a name, so that nothing can be left of it
            file.write(wire.encode(block).encode())
            file.seek(0)
            number = file.fileno()
            argv = [
                sys.executable, "-P", "-m", "whet.trial", "--spec", f"/dev/fd/{number}",
                "--source", str(bundle), "--work", str(self.work), "--repo", str(self.repo),
            ]  # fmt: skip
            async with attended(
                argv, cwd=self.work, env=os.environ, mark=block.trials[0].id, files=(number,)
            ) as process:
                assert process.stdout is not None
                outcomes = await _follow(process.stdout, watch, len(block.trials))
                if outcomes:
                    return outcomes
                code = await process.wait()
                said = b""
                if process.stderr is not None:
                    said = b"".join([chunk async for chunk in process.stderr])
        last = said.decode(errors="replace").strip().splitlines()[-1:] or [f"exit {code}"]
        raise WorkerLost(
            f"the trial on {self.name} ended without a result: {last[0]}",
            hint="free some space (`whet clean`) or memory, then: `whet run`",
        )


async def _follow(stdout: ByteReceiveStream, watch: Watch, wanted: int) -> tuple[TrialOutcome, ...]:
    """As many outcomes as wanted, or none."""
    found: list[TrialOutcome] = []
    async for line in lines(stdout):
        outcome = message(line, watch)
        if outcome is not None:
            found.append(outcome)
            if len(found) == wanted:
                return tuple(found)
    return ()


@dataclass(frozen=True)
class LocalExecutor:
    """Lends workers of this machine; a name is a folder, so two workers never share a tree."""

    cache: Path
    repo: Path
    integrity: Integrity

    @asynccontextmanager
    async def lease(self, name: str) -> AsyncIterator[LocalWorker]:
        """Lend a worker. It is this machine, so there is nothing to give back but its time."""
        yield LocalWorker(name, self.cache / name, self.repo, self.integrity)

    async def release(self, name: str, reason: MachineEnd) -> None:
        """Nothing: this machine is nobody's to give back."""

    async def close(self) -> tuple[str, ...]:
        """Nothing was launched, so nothing is stopped."""
        return ()
