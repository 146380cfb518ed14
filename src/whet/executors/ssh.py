"""Hosts that you can log in to: every trial is a parcel that goes there and a result that returns.

Nothing is installed there. A trial outlives a connection that breaks, and is followed again; what
nobody asks about for two minutes ends itself.
"""

import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from hashlib import sha256
from pathlib import Path

import anyio

from whet.errors import NoMachine, WhetError, WorkerLost
from whet.executors.deadline import longest
from whet.executors.openssh import UNREACHED, Host, Said, finished, send, trouble
from whet.executors.parcels import Parcel, commits_of, packed
from whet.executors.register import Register
from whet.executors.words import Ear, checked, lines, word
from whet.model.machine import MachineEnd
from whet.model.trial import Block, Fingerprint, TrialOutcome
from whet.model.worker import WorkerConfig
from whet.ports import Terms, Watch
from whet.trial.parcel import Here, Result, Slip

LINGER = 120.0
_TRIES = 6
"""How often a broken connection is made again: about a minute."""
_PARTING = 20.0
"""Seconds for the last words to a host."""


@dataclass(slots=True, kw_only=True)
class SshMachine:
    """A host that a worker has; `known` are the commits that need not be sent again."""

    name: str
    config: WorkerConfig
    host: Host
    here: Here
    slip: Slip
    known: set[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class SshWorker:
    """Runs blocks on one host."""

    name: str
    machine: SshMachine
    terms: Terms

    @property
    def fingerprint(self) -> Fingerprint:
        """What that host is."""
        return self.machine.here.fingerprint

    async def run(self, block: Block, bundle: Path, watch: Watch) -> tuple[TrialOutcome, ...]:
        """Send one block, follow it to its end, and bring its result back."""
        machine, base = self.machine, self.machine.slip
        slip = Slip(
            key=base.key, run=secrets.token_hex(8), label=base.label, env=base.env,
            linger=LINGER, deadline=longest(block),
        )  # fmt: skip
        with packed(slip, block, bundle, commits_of(block), machine.known) as sent:
            try:
                told = await self._follow(sent, watch)
                data = await self._fetch(sent)
            except BaseException:
                with anyio.CancelScope(shield=True), anyio.move_on_after(_PARTING):
                    await machine.host.call(sent.again(machine.config.python, "stop"))
                raise
            machine.known |= sent.commits
        return checked(data, told, slip.run, block)

    async def _follow(self, sent: Parcel, watch: Watch) -> Result:
        python, count = self.machine.config.python, 0
        command, stdin = sent.opened(python, "begin"), sent.path
        for attempt in range(_TRIES):
            ear = Ear(watch, count)
            said = await self._heard(command, stdin if attempt == 0 else None, ear)
            if ear.result is not None:
                return ear.result
            if ear.failed:
                raise WorkerLost(
                    f"the trial on {self.name} ended without a result: {ear.failed}",
                    hint=f"whet workers test {self.name}",
                )
            count = ear.count
            if said.code != UNREACHED or not count:
                raise _as_lost(trouble(self.machine.host.address, said, python), ear)
            await self.terms.clock.sleep(min(2.0**attempt, 20.0))
            command = sent.again(python, "follow", str(count))
        raise WorkerLost(f"{self.name} was lost in the middle of a trial", hint="whet workers")

    async def _heard(self, command: str, stdin: Path | None, ear: Ear) -> Said:
        """Run a command that tells of a trial, until it ends or has told the result."""
        async with self.machine.host.running(command) as process:
            if stdin is not None:
                await send(process, stdin)
            assert process.stdout is not None
            async for line in lines(process.stdout):
                ear.take(line)
                if ear.over:
                    return Said(0, b"", "")
            return await finished(process)

    async def _fetch(self, sent: Parcel) -> bytes:
        said = Said(UNREACHED, b"", "")
        for attempt in range(_TRIES):
            said = await self.machine.host.call(sent.again(self.machine.config.python, "fetch"))
            if said.code != UNREACHED:
                break
            await self.terms.clock.sleep(min(2.0**attempt, 20.0))
        return said.out


def _as_lost(error: WhetError, ear: Ear) -> WorkerLost:
    """In the middle of a block every trouble is the loss of the machine."""
    message = f"{error.message} ({ear.noise})" if ear.noise else error.message
    return WorkerLost(message, hint=error.hint)


@dataclass(slots=True)
class SshExecutor:
    """Lends hosts of `[[workers]]` with `kind = "ssh"`."""

    terms: Terms
    options: tuple[str, ...] = ()
    """More words for ssh."""
    _register: Register = field(init=False)
    _machines: dict[str, SshMachine] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        self._register = Register(self.terms)

    @asynccontextmanager
    async def lease(self, name: str) -> AsyncIterator[SshWorker]:
        """Lend a host; the first time it is looked at and made ready."""
        machine = self._machines.get(name)
        if machine is None:
            machine = self._machines[name] = await self._had(name)
        yield SshWorker(name=name, machine=machine, terms=self.terms)

    async def release(self, name: str, reason: MachineEnd) -> None:
        """Forget a host; the next lease looks at it as if it were another."""
        machine, earlier = self._machines.pop(name, None), self._register.earlier(name)
        if earlier is not None:
            self._register.gone(name, earlier.name, reason)
        if machine is None:
            return
        with anyio.CancelScope(shield=True):
            with anyio.move_on_after(_PARTING), packed(machine.slip) as sent:
                await machine.host.call(sent.opened(machine.config.python, "leave"), sent.path)
            await machine.host.close()
        self._register.gone(name, machine.name, reason)

    async def close(self) -> tuple[str, ...]:
        """Forget every host: no tree, no process and no connection stays."""
        stopped = [f"{one.name}: left as it was found" for one in self._machines.values()]
        for name in tuple(self._machines):
            await self.release(name, "ended")
        for machine in self._register.left():
            self._register.gone(machine.worker, machine.name, "ended")
        return tuple(stopped)

    async def _had(self, name: str) -> SshMachine:
        config, earlier = self._register.config(name), self._register.earlier(name)
        machine = earlier.name if earlier else f"{config.host}-{secrets.token_hex(3)}"
        if earlier is None:
            self._register.asked(name, machine, f"ssh {config.host}")
        host = Host(config.host, self.terms.label, self.options)
        try:
            found = await self._looked_at(machine, config, host)
        except BaseException as error:
            with anyio.CancelScope(shield=True), anyio.move_on_after(_PARTING):
                await host.close()
            known = isinstance(error, WhetError)
            said = error.message if isinstance(error, WhetError) else "interrupted"
            self._register.gone(name, machine, "failed" if known else "ended", said)
            raise
        if earlier is None or earlier.ready is None:
            printed = found.here.fingerprint
            self._register.ready(name, machine, f"{printed.host}, {printed.cpu}", 0.0)
        return found

    async def _looked_at(self, name: str, config: WorkerConfig, host: Host) -> SshMachine:
        """Set a host up and ask what it is.

        Raises:
            NoMachine: trials cannot run there.
        """
        key = sha256(f"{self.terms.label}\0{config.name}".encode()).hexdigest()[:16]
        store, commit = self.terms.base() if config.setup and self.terms.base else (None, "")
        slip = Slip(
            key=key, label=self.terms.label, env=config.envs, setup=config.setup, base=commit,
            sandbox=self.terms.integrity.sandbox,
        )  # fmt: skip
        with packed(slip, None, store, {commit} - {""}) as sent:
            said = await host.call(sent.opened(config.python, "here"), sent.path)
        here = next((found.here for line in said.out.decode(errors="replace").splitlines()
                     if (found := word(line)) and found.here), None)  # fmt: skip
        if here is None:
            error = trouble(config.host, said, config.python)
            raise NoMachine(error.message, hint=error.hint)
        _fit(config, here)
        return SshMachine(
            name=name, config=config, host=host, here=here, known=set(here.have),
            slip=replace(slip, setup="", base=""),
        )  # fmt: skip


def executor(terms: Terms) -> SshExecutor:
    """What lends the hosts of these terms."""
    return SshExecutor(terms)


def _fit(config: WorkerConfig, here: Here) -> None:
    if not here.git:
        raise NoMachine(
            f"there is no git on {config.host}, and trials check commits out",
            hint=f"ssh {config.host} sudo apt-get install -y git",
        )
    if here.setup:
        why, *said = here.setup.splitlines()
        raise NoMachine(
            f"the setup of {config.name} failed on {config.host}: {why}",
            hint=f"mend `setup` in [[workers]], then: whet workers test {config.name}",
            details=said,
        )
