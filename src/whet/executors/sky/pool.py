"""Clusters of a campaign: each launched when it is first needed, used again, and given back.

A cluster's name is in the ledger before it is asked for. It stops itself when it has nothing to do
for `autostop` minutes, also when this process and this machine are gone.
"""

import os
import shlex
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace

import anyio

from whet.errors import InfraError, NoMachine, WhetError, WorkerLost
from whet.executors.parcels import packed
from whet.executors.register import Register
from whet.executors.sky import names
from whet.executors.sky.experiment import merged
from whet.executors.sky.talk import Bridge, interpreter
from whet.executors.sky.worker import Cluster, SkyWorker, job, staged
from whet.executors.words import Ear
from whet.git.store import open_store
from whet.model.machine import Machine, MachineEnd
from whet.model.worker import WorkerConfig
from whet.ports import Terms
from whet.trial.parcel import Here, Slip

_TRIES = 3
"""How often a cluster is asked to end."""
_ENDING = 300.0
"""Seconds for a cluster to end."""


@dataclass(slots=True)
class SkyExecutor:
    """Lends clusters of `[[workers]]` with `kind = "sky"`."""

    terms: Terms
    environ: Mapping[str, str] = field(default_factory=lambda: os.environ)
    _register: Register = field(init=False)
    _bridge: Bridge | None = field(init=False, default=None)
    _clusters: dict[str, Cluster] = field(init=False, default_factory=dict)
    _looking: anyio.Lock = field(init=False, default_factory=anyio.Lock)
    _looked: bool = field(init=False, default=False)

    def __post_init__(self) -> None:
        self._register = Register(self.terms)

    @asynccontextmanager
    async def lease(self, name: str) -> AsyncIterator[SkyWorker]:
        """Lend a cluster; the first time, or after its longest life, one is launched."""
        cluster = self._clusters.get(name)
        if cluster is not None and cluster.left(self.terms.clock.now()) <= 0:
            await self.release(name, "ended")
            cluster = None
        if cluster is None:
            cluster = self._clusters[name] = await self._had(name)
        yield SkyWorker(name=name, cluster=cluster, bridge=self._talk(), clock=self.terms.clock)

    async def release(self, name: str, reason: MachineEnd) -> None:
        """Give a cluster back.

        Raises:
            InfraError: SkyPilot could not end it; it is still in the ledger as one that costs.
        """
        cluster = self._clusters.get(name)
        earlier = self._register.earlier(name) if cluster is None else None
        machine = cluster or earlier
        if machine is None:
            return
        try:
            with anyio.CancelScope(shield=True):
                await self._end(machine.name)
        except BaseException:
            if earlier is not None:
                self._register.keep(earlier)
            raise
        self._clusters.pop(name, None)
        self._register.gone(name, machine.name, reason)

    async def close(self) -> tuple[str, ...]:
        """Give every cluster back, those of an earlier process as well.

        Raises:
            InfraError: some of them could not be ended; the message names them.
        """
        left = self._register.left()
        found = {one.name: (one.worker, one.where) for one in left}
        found |= {one.name: (worker, one.where) for worker, one in self._clusters.items()}
        stopped: list[str] = []
        failed: dict[str, str] = {}

        async def end(machine: str, worker: str, where: str) -> None:
            try:
                await self._end(machine)
            except WhetError as error:
                failed[machine] = error.message
                return
            self._clusters.pop(worker, None)
            self._register.gone(worker, machine, "ended")
            stopped.append(f"{worker}: {machine} ({where})" if where else f"{worker}: {machine}")

        with anyio.CancelScope(shield=True):
            async with anyio.create_task_group() as group:
                for machine, (worker, where) in found.items():
                    group.start_soon(end, machine, worker, where)
        if self._bridge is not None:
            self._bridge.close()
            self._bridge = None
        if failed:
            raise InfraError(
                f"still up, and may cost: {', '.join(failed)}",
                hint=f"sky down {' '.join(failed)}", details=tuple(failed.values()),
            )  # fmt: skip
        return tuple(sorted(stopped))

    def _talk(self) -> Bridge:
        if self._bridge is None:
            python = interpreter(self.environ)
            self._bridge = Bridge(python, self.terms.label, self.environ)
        return self._bridge

    async def _had(self, name: str) -> Cluster:
        config = merged(self._register.config(name), self.terms.root)
        self._talk()  # said before anything is asked for
        await self._end_orphans()
        earlier = self._register.earlier(name)
        if earlier is not None:
            try:
                taken = await self._taken_up(config, earlier)
            except BaseException:
                self._register.keep(earlier)  # it may be up: `close` ends it
                raise
            if taken is not None:
                return taken
        machine = names.of_worker(self.terms.root, self.terms.label, name)
        self._register.asked(name, machine, _wanted(config))
        try:
            cluster = await self._launched(config, machine)
        except BaseException as error:
            with anyio.CancelScope(shield=True):
                await self._end(machine)
            known = isinstance(error, WhetError)
            said = error.message if isinstance(error, WhetError) else "interrupted"
            self._register.gone(name, machine, "failed" if known else "ended", said)
            if isinstance(error, WorkerLost):
                raise NoMachine(error.message, hint=error.hint) from error
            raise
        self._register.ready(name, machine, cluster.where, cluster.price)
        return cluster

    async def _end_orphans(self) -> None:
        """Once, end clusters of this campaign that its ledger knows nothing of.

        Whoever writes the ledger is this process alone, so nobody else has them.
        """
        async with self._looking:
            if self._looked:
                return
            beginning = names.of_campaign(self.terms.root, self.terms.label)
            known = {one.name for one in self.terms.up}
            told = await self._talk().call("status")
            for name in told["clusters"]:
                if name.startswith(beginning) and name not in known:
                    await self._end(name)
                    self._register.orphan(name)
            self._looked = True

    async def _launched(self, config: WorkerConfig, machine: str) -> Cluster:
        slip = self._slip(config)
        with packed(slip) as sent, staged(sent) as folder:
            if config.setup and self.terms.base is not None:
                store, commit = self.terms.base()
                open_store(store).checkout(commit, folder)
            run = sent.opened(config.python, "here", lies="~/sky_workdir/.whet.pyz")
            (folder / ".whet.pyz").hardlink_to(sent.path)
            task = {
                **job(machine, folder, run), "name": machine,
                "resources": dict(config.resources), "envs": dict(config.envs),
            }  # fmt: skip
            if config.setup:
                # one that hangs would keep the machine from being idle for ever
                most = f"{config.max_hours * 3600:.0f}"
                task["setup"] = f"timeout -k 30 {most} bash -c {shlex.quote(config.setup)}"
            told = await self._talk().call(
                "launch", cluster=machine, task=task, minutes=config.autostop
            )
            here = await self._here(machine, told["job"], config)
        price = told["price"]
        return Cluster(
            name=machine, config=config, slip=replace(slip, setup=""), here=here,
            ready=self.terms.clock.now(), where=told["where"], price=price,
            known=set(here.have),
        )  # fmt: skip

    async def _here(self, machine: str, number: int, config: WorkerConfig) -> Here:
        """What the machine says of itself, in the job that its launch began."""
        ear = Ear(lambda _: None)
        await self._talk().call("follow", ear.take, cluster=machine, job=number)
        if ear.here is None:
            why = ear.failed or ear.noise or "it said nothing"
            if "whet-python" in why:
                why = f"`{config.python}` there is Python {why.split()[-1]}, and 3.10 is needed"
            raise NoMachine(
                f"{config.name} cannot run trials: {why}",
                hint='name another interpreter in [[workers]]: python = "…", or mend `setup`',
            )
        if not ear.here.git:
            raise NoMachine(
                f"there is no git on {config.name}, and trials check commits out",
                hint='write in [[workers]]: setup = "sudo apt-get install -y git"',
            )
        return ear.here

    async def _taken_up(self, config: WorkerConfig, earlier: Machine) -> Cluster | None:
        """The cluster of an earlier process, without whatever ran on it; None if it is gone."""
        bridge, name = self._talk(), earlier.name
        told = await bridge.call("status", clusters=[name], refresh=True)
        if told["clusters"].get(name) != "UP" or earlier.ready is None:
            with anyio.CancelScope(shield=True):
                await self._end(name)
            self._register.gone(config.name, name, "lost", "found dead when the campaign went on")
            return None
        try:
            await bridge.call("cancel", cluster=name)
            slip = self._slip(config)
            with packed(slip) as sent, staged(sent) as folder:
                run = sent.opened(config.python, "here", lies="~/sky_workdir/.whet.pyz")
                (folder / ".whet.pyz").hardlink_to(sent.path)
                begun = await bridge.call("exec", cluster=name, task=job(name, folder, run))
                here = await self._here(name, begun["job"], config)
        except InfraError as error:
            with anyio.CancelScope(shield=True):
                await self._end(name)
            self._register.gone(config.name, name, "lost", error.message)
            return None
        return Cluster(
            name=name, config=config, slip=slip, here=here, ready=earlier.ready,
            where=earlier.where, price=earlier.price, known=set(here.have),
        )  # fmt: skip

    async def _end(self, machine: str) -> None:
        """End a cluster for sure.

        Raises:
            WhetError: it is still there.
        """
        for attempt in range(_TRIES):
            try:
                with anyio.fail_after(_ENDING):
                    await self._talk().call("down", cluster=machine)
            except (WhetError, TimeoutError) as error:
                if attempt == _TRIES - 1:
                    raise InfraError(f"{machine} could not be ended: {error}",
                                     hint=f"sky down {machine}") from error  # fmt: skip
                await self.terms.clock.sleep(2.0)
            else:
                return

    def _slip(self, config: WorkerConfig) -> Slip:
        return Slip(
            key=names.key(self.terms.label, config.name), label=self.terms.label,
            env=config.envs, sandbox=self.terms.integrity.sandbox,
        )  # fmt: skip


def executor(terms: Terms) -> SkyExecutor:
    """What lends the clusters of these terms."""
    return SkyExecutor(terms)


def _wanted(config: WorkerConfig) -> str:
    """What is asked for, in words."""
    words = [f"{name} {value}" for name, value in config.resources.items()]
    return ", ".join(words) or "the cheapest machine"
