"""The only loop: ask what may start, start it, make durable what happened, ask again."""

import signal
from collections import Counter
from collections.abc import AsyncIterator, Callable
from functools import singledispatch
from typing import Any, Literal

import anyio
from anyio.abc import TaskGroup

from whet.errors import InfraError, Interrupted, NoMachine, WhetError, WorkerLost
from whet.model.event import (
    CampaignStopped,
    Event,
    ExperimentRequeued,
    WaveClosed,
    WaveOpened,
)
from whet.plan import machines
from whet.plan.ready import ready
from whet.plan.spending import overspent
from whet.plan.step import (
    Ablate,
    Analyse,
    Calibrate,
    CloseWave,
    GiveBack,
    Join,
    Judge,
    MeasureGuard,
    MeasureStack,
    OpenWave,
    Propose,
    Read,
    Rebuild,
    Retire,
    Step,
    Stop,
)
from whet.steps.ablate import ablate
from whet.steps.analyse import analyse
from whet.steps.calibrate import calibrate
from whet.steps.desk import serve
from whet.steps.draining import give_back
from whet.steps.guarding import measure_guard
from whet.steps.judge import judge
from whet.steps.propose import propose
from whet.steps.reading import read
from whet.steps.signals import told
from whet.steps.stack import join, measure_stack, rebuild, retire
from whet.steps.world import World

Interrupt = Literal["finish", "now"]
Heard = Callable[[Interrupt], None]

_EVERY = 0.2
"""Seconds between two looks into the inbox."""

_ENDS = (OpenWave, Read, Analyse, Stop)
"""Steps that somebody who only judges what is open does not take."""

_WORK = (Calibrate, Judge, Join, MeasureStack, Propose, Rebuild, Retire)
"""Steps that a submitted change asks for."""


@singledispatch
def perform(step: Any, world: World) -> AsyncIterator[Event]:
    """How a step is done, as the events it causes."""
    raise NotImplementedError(f"{step} in {world.state.name}")


perform.register(Calibrate, calibrate)
perform.register(Propose, propose)
perform.register(Judge, judge)
perform.register(Join, join)
perform.register(MeasureStack, measure_stack)
perform.register(Ablate, ablate)
perform.register(MeasureGuard, measure_guard)
perform.register(GiveBack, give_back)
perform.register(Read, read)
perform.register(Analyse, analyse)
perform.register(Retire, retire)
perform.register(Rebuild, rebuild)


@perform.register
async def _open(step: OpenWave, world: World) -> AsyncIterator[Event]:
    themes = {world.state.ideas[idea].theme for idea in step.ideas}
    title = themes.pop() if len(themes) == 1 else ""
    yield WaveOpened(at=world.clock.now(), wave=step.wave, ideas=step.ideas, title=title)


@perform.register
async def _close(step: CloseWave, world: World) -> AsyncIterator[Event]:
    wave = world.state.waves[step.wave]
    yield WaveClosed(at=world.clock.now(), wave=step.wave, kept=wave.kept, judged=wave.judged)


_COUNTED = 5.0
"""Seconds between two looks at what the machines cost."""

_LOST = 8
"""So many steps in a row cannot lose the machines of one worker by bad luck."""


class Driver:
    """Drives one campaign until a limit, the end of the queue, or a person says stop."""

    def __init__(
        self, world: World, heard: Heard = lambda _: None, *, waves: bool = True,
        patience: float = 0.0, turn: bool = False,
    ) -> None:  # fmt: skip
        """With `patience` it judges what is there, asks no agent, and waits for letters.

        Args:
            world: the campaign.
            heard: is told of a signal.
            waves: open further waves.
            turn: open one wave at most, because others take turns on this machine.
            patience: seconds for which it waits when there is nothing to judge; 0 is another mode.
        """
        self.world = world
        self._waves = waves
        self._patience = patience
        self._last_wave = len(world.state.waves) + 1 if turn else None
        self._busy_at = 0.0
        self._heard = heard
        self._running: dict[Step, anyio.CancelScope] = {}
        self._ended: dict[Step, str] = {}
        """Steps that a person ended, and why what was measured beside is measured again."""
        self._changed = anyio.Event()
        self._finish = False
        self._by = "Ctrl-C"
        """What a person did to stop it."""
        self._now = 0
        """The signal that stops everything at once."""
        self._late = 0
        """A signal that came when nothing could be stopped any more."""
        self._scope: anyio.CancelScope | None = None
        """While there are steps that can be stopped."""
        self._failed: WhetError | None = None
        self._started = world.state.busy_seconds
        self._spent: Stop | None = None
        self._lost: Counter[str] = Counter()
        """Steps in a row that lost their machine, by worker."""

    async def run(self) -> Stop:
        """Run until there is nothing more to start.

        Raises:
            Interrupted: stopped by a signal; the state is saved and nothing is left running.
            WhetError: a step could not be done.
        """
        with told(self._signalled):  # the second one must not cut off the giving back of machines
            stop = await self._driven()
        if self._late:
            raise self._interrupted("after its last step", self._late)
        return stop

    async def _driven(self) -> Stop:
        stop: Stop | None = None
        self._busy_at = anyio.current_time()
        async with self.world.lending():
            async with anyio.create_task_group() as group:
                self._scope = group.cancel_scope
                group.start_soon(self._serve, group.cancel_scope)
                group.start_soon(self._count_money, group.cancel_scope)
                stop = await self._loop(group)
                group.cancel_scope.cancel()
            self._scope = None
            dropped = self._abandon()
        if self._failed is not None:
            self._record_stop("error", self._failed.message)
            raise self._failed
        stop = self._spent or stop
        if stop is None or self._now:
            self._record_stop("interrupt", "stopped by a signal")
            raise self._interrupted(_dropped(dropped), self._now or signal.SIGINT)
        self._record_stop(stop.code if not self._finish else "interrupt", stop.reason)
        if stop.code == "machines":
            drained = min(self.world.state.drained, default="")
            resume = f"whet workers resume {drained}"
            raise InfraError(stop.reason, hint=resume if drained else "whet workers")
        if self._finish:
            raise self._interrupted("after the wave", signal.SIGINT)
        return stop

    async def _loop(self, group: TaskGroup) -> Stop | None:
        while self._failed is None:
            self._changed = anyio.Event()
            steps = self._next()
            waits = self._patience > 0 or self.world.state.paused is not None
            assert steps or self._running or waits, "nothing is ready and nothing runs"
            for step in steps:
                if isinstance(step, Stop):
                    return step
                self._running[step] = anyio.CancelScope()
                group.start_soon(self._one, step)
            await self._changed.wait()
        return None

    def _next(self) -> tuple[Step, ...]:
        judges = self._patience > 0
        if self.world.state.paused is not None:
            ends = self._finish and not self._running
            given_back = machines.given_back(self.world.state, self._running)
            return (Stop("done", "stopped while it was paused"),) if ends else given_back
        steps = ready(
            self.world.state, self.world.config, self._running, started=self._started,
            proposes=not judges, apart=self.world.turns.apart,
        )  # fmt: skip
        over = any(isinstance(step, _ENDS) for step in steps)
        over = over or (judges and any(isinstance(step, CloseWave) for step in steps))
        works = any(isinstance(step, _WORK) for step in (*steps, *self._running))
        if self._finish and (over or (judges and not works)):
            return (Stop("done", "stopped after the wave"),)
        if over and len(self.world.state.waves) == self._last_wave:
            return (Stop("turn", "its turn is over"),)
        if judges and works:
            self._busy_at = anyio.current_time()
        elif judges and self._waits():
            return ()
        if not self._waves and over:
            return (Stop("done", "every change is judged"),)
        return steps

    def _waits(self) -> bool:
        return anyio.current_time() - self._busy_at < self._patience

    async def _serve(self, scope: anyio.CancelScope) -> None:
        """Do what letters ask, and wake the loop when one came or patience has run out."""
        waited = self._patience > 0
        while self._failed is None:
            try:
                came = serve(self.world, sweeps=self._waves)
            except WhetError as error:
                self._failed, came = error, 1
            if came:
                self._busy_at = anyio.current_time()
                self._end_withdrawn()
                self._cut()
            if self.world.halted == "now":
                self._by = "whet stop"
                self._stop(signal.SIGINT, scope)
                return
            if self.world.halted and not self._finish:
                self._by = "whet stop"
                self._stop_after_the_wave()
            if came or (waited and not self._waits()):
                self._changed.set()
            waited = self._patience > 0 and self._waits()
            await anyio.sleep(_EVERY)

    async def _one(self, step: Step) -> None:
        try:
            with self._running[step] as scope:
                async for event in perform(step, self.world):
                    self.world.record(event)
            if scope.cancelled_caught and step in self._ended:
                self._requeue(step)
        except (WorkerLost, NoMachine) as error:
            if not await self._another_machine(step, error):
                self._failed = error
        except WhetError as error:
            self._failed = error
        else:
            self._lost.pop(getattr(step, "worker", ""), None)
        # not in `finally`: after a bug nothing more may start before the group has ended
        del self._running[step]
        self._changed.set()

    def _end_withdrawn(self) -> None:
        """End what is measured for nobody: the last one of its block was taken back."""
        for step, scope in self._running.items():
            if not isinstance(step, Judge):
                continue
            block = [self.world.state.experiments[name] for name in step.experiments]
            if any(one.verdict is None for one in block):
                continue  # what is taken for the others goes on
            last = max(block, key=lambda one: one.decided or 0.0)
            if last.verdict is not None and last.verdict.code == "withdrawn":
                scope.cancel()

    def _cut(self) -> None:
        """End what is at work on the workers that somebody wants free."""
        for step, scope in self._running.items():
            why = self.world.cut.get(getattr(step, "worker", ""))
            if why is not None:
                self._ended[step] = why
                scope.cancel()
        self.world.cut.clear()

    def _requeue(self, step: Step) -> None:
        """What was measured beside something that was ended waits again."""
        why = self._ended.pop(step)
        for name in step.experiments if isinstance(step, Judge) else ():
            if self.world.state.experiments[name].status == "running":
                self._again(name, why)

    def _again(self, name: str, reason: str) -> None:
        at = self.world.clock.now()
        self.world.record(ExperimentRequeued(at=at, experiment=name, reason=reason))

    async def _another_machine(self, step: Step, error: InfraError) -> bool:
        """Give a machine back that was lost, so that the next step there is on another one."""
        worker = str(getattr(step, "worker", ""))
        if not self.world.rented(worker):
            return False
        self._lost[worker] += 1
        if isinstance(error, WorkerLost):
            await self.world.executor.release(worker, "lost")
        return self._lost[worker] < _LOST or machines.given_up(self.world.state, worker)

    async def _count_money(self, scope: anyio.CancelScope) -> None:
        """End everything when the money is used up: machines cost by the hour, not by the step."""
        world = self.world
        while world.config.run.budget:
            spent = overspent(world.state, world.config, world.clock.now())
            if spent is not None and machines.up(world.state):
                self._spent = spent
                for one in machines.up(world.state):
                    await world.executor.release(one.worker, "cap")
                scope.cancel()
                return
            await anyio.sleep(_COUNTED)

    def _signalled(self, number: int) -> None:
        if self._scope is None:
            self._late = self._late or number
        elif self._finish or number == signal.SIGTERM:
            self._stop(number, self._scope)
        else:
            self._stop_after_the_wave()

    def _stop(self, number: int, scope: anyio.CancelScope) -> None:
        self._now = self._now or number
        self._heard("now")
        scope.cancel()

    def _stop_after_the_wave(self) -> None:
        self._finish = True
        self._heard("finish")
        self._changed.set()  # it may be waiting for letters, or for the end of a pause

    def _interrupted(self, what: str, number: int) -> Interrupted:
        by = self._by if number == signal.SIGINT else signal.Signals(number).name
        error = Interrupted(f"by {by}: {what}; your checkout was not touched",
                            hint=f"whet run --campaign {self.world.state.name}")  # fmt: skip
        error.exit_code = 128 + number
        return error

    def _abandon(self) -> int:
        """Put experiments that were under way back in the queue; their samples do not count."""
        running = [e.id for e in self.world.state.begun.values() if e.status == "running"]
        for name in running:
            self._again(name, "the run was stopped")
        return len(running)

    def _record_stop(self, code: str, reason: str) -> None:
        at = self.world.clock.now()
        self.world.record(CampaignStopped(at=at, reason=reason, code=code))  # type: ignore[arg-type]


def _dropped(number: int) -> str:
    if number == 0:
        return "nothing was being measured"
    what = "1 experiment was" if number == 1 else f"{number} experiments were"
    return f"{what} running and will be measured again"
