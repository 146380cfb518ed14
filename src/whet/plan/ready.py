"""State to the steps that may start now. Pure: the clock is an argument."""

from collections import Counter
from collections.abc import Collection

from whet.model.config import READERS, Config
from whet.plan import quarantine
from whet.plan.spending import exhausted
from whet.plan.state import ExperimentState, State, WaveState
from whet.plan.step import (
    Ablate,
    Analyse,
    Calibrate,
    CloseWave,
    Join,
    Judge,
    MeasureStack,
    OpenWave,
    Propose,
    Read,
    Rebuild,
    Retire,
    Step,
    Stop,
)


def ready(
    state: State,
    config: Config,
    running: Collection[Step],
    *,
    started: float = 0.0,
    proposes: bool = True,
) -> tuple[Step, ...]:
    """Steps that may start beside those already running.

    Args:
        state: what the ledger says.
        config: limits, workers and the agent; the frozen one, with this run's overrides.
        running: steps under way.
        started: seconds of work already done when this run began; limits count from there on.
        proposes: whether agents are asked for what the open wave still lacks.
    """
    worker = quarantine.worker(state, config)
    busy = any(isinstance(step, Ablate | Calibrate | Judge | MeasureStack) for step in running)
    out = state.quarantine(worker)
    if out is not None or worker not in state.calibrations:
        after = quarantine.pause(out.failed, config.measure.max_wait) if out is not None else 0.0
        return () if running else (Calibrate(worker, after or 0.0),)
    owed = _owed(state)
    if owed is not None:
        return () if running else (owed,)
    wave = state.wave
    asks = wave is not None and proposes
    proposals = _proposals(state, config, wave, running) if asks and wave is not None else ()
    if proposals or any(isinstance(step, Propose) for step in running):
        # an agent may compile and test: nothing is measured while one is at work here
        return () if busy else proposals
    if busy or running:
        return ()
    block = _block(state, config)
    if block:
        step: Step = Judge(block, worker)
    elif state.stack_changed and state.stack:
        step = MeasureStack(len(state.waves), worker)
    elif wave is not None:
        step = CloseWave(wave.number)
    else:
        step = _next_wave(state, config, started, worker)
    return (_checked(state, config, worker, step),)


def _checked(state: State, config: Config, worker: str, step: Step) -> Step:
    """Before something is measured, whether the worker is still what it was, if that is due."""
    measures = isinstance(step, Ablate | Judge | MeasureStack)
    return Calibrate(worker) if measures and quarantine.due(state, config, worker) else step


def _owed(state: State) -> Join | Retire | Rebuild | None:
    """What an event obliges to, whichever process wrote it: the next one may not have come so far.

    Nothing else may start before: it would start from a stack that is not what the verdicts say.
    """
    if state.stale:
        return Rebuild()
    for experiment in state.experiments.values():
        verdict, settled = experiment.verdict, experiment.alone or experiment.in_stack
        if not settled and verdict is not None and verdict.kind == "kept":
            return Join(experiment.id)
    for name in state.stack:
        ablated = state.ablated.get(name)
        if ablated is not None and not ablated.holds and ablated.commit == state.incumbent:
            return Retire(name, ablated.detail)
    if state.measured and state.stack and not state.stack_changed and not state.measured[-1].holds:
        return Retire(state.stack[-1], state.measured[-1].detail)
    return None


def _block(state: State, config: Config) -> tuple[str, ...]:
    """The experiments to judge next: those that wait for the same incumbent share its invocations.

    One that was queued again is judged by itself: it may be what broke the block it was in.
    """
    waiting = [e for e in state.experiments.values() if e.status in ("waiting", "measured")]
    if not waiting or not _may_share(waiting[0]):
        return tuple(experiment.id for experiment in waiting[:1])
    fit = [e.id for e in waiting if _may_share(e) and e.alone == waiting[0].alone]
    return tuple(fit[: config.measure.shared_control])


def _may_share(experiment: ExperimentState) -> bool:
    fresh = experiment.status == "waiting" and not experiment.requeued
    return fresh and bool(experiment.candidate.commit)


def _proposals(
    state: State, config: Config, wave: WaveState, running: Collection[Step]
) -> tuple[Step, ...]:
    asked = {step.idea for step in running if isinstance(step, Propose)}
    open_ideas = [
        name
        for name in wave.ideas
        if name not in asked and not state.given_up(name) and not state.tried(name)
    ]
    written = [name for name in open_ideas if not state.ideas[name].commit]
    broken = [found for found in _broken(state, config, wave) if found.candidate.idea not in asked]
    may_ask = exhausted(state, config, wave.number) is None
    if asked or (may_ask and (written or broken)):
        room = max(0, config.agent.parallel - len(asked)) if may_ask else 0
        steps = [Propose(name, wave.number) for name in written]
        steps += [Propose(one.candidate.idea, wave.number, one.id) for one in broken]
        return tuple(steps[:room])
    there = [name for name in open_ideas if state.ideas[name].commit]
    return tuple(Propose(name, wave.number) for name in _taken_over(state, config, there))


_TO_MEND = frozenset({"build", "crash", "checks", "output_differs", "no_metric"})
"""What an agent that sees the log can do something about."""


def _broken(state: State, config: Config, wave: WaveState) -> list[ExperimentState]:
    """The wave's experiments whose change an agent may mend: the last one of each idea."""
    last: dict[str, ExperimentState] = {}
    tries: Counter[str] = Counter()
    for experiment in state.experiments.values():
        last[experiment.candidate.idea] = experiment
        tries[experiment.candidate.idea] += 1
    found = [last[name] for name in wave.ideas if name in last and not state.given_up(name)]
    return [
        one
        for one in found
        if one.verdict is not None
        and one.verdict.code in _TO_MEND
        and one.candidate.author == "agent"
        and one.candidate.commit
        and one.person is None
        and tries[one.candidate.idea] <= config.agent.attempts
    ]


def _taken_over(state: State, config: Config, open_ideas: list[str]) -> list[str]:
    """The next change to take over, if it can be merged now: one of others is there already.

    As many wait together as share an incumbent's invocations. One that changes a file of another
    waits for its verdict, and is merged with what was kept by then.
    """
    waiting = [e for e in state.experiments.values() if e.verdict is None]
    if len(waiting) >= config.measure.shared_control:
        return []
    held = {change.path for e in waiting for change in e.candidate.changes}
    return [name for name in open_ideas if held.isdisjoint(state.ideas[name].files)][:1]


def _next_wave(state: State, config: Config, started: float, worker: str) -> Step:
    queue = state.queue()
    stop = limit(state, config, started)
    if stop is None and _may_learn(state, config):
        return Analyse(len(state.waves))
    if stop is None and may_read(state, config):
        return _first_look(state, config)
    if not queue:
        stop = Stop("done", "the queue of ideas is empty")
    if stop is not None:
        return _last_question(state, config, stop, worker)
    left = config.run.max_experiments - len(state.experiments)
    size = min(config.run.ideas_per_wave, left)
    return OpenWave(len(state.waves) + 1, tuple(idea.id for idea in queue[:size]))


def may_read(state: State, config: Config) -> bool:
    """Whether a run reads before its first wave: it has nothing to try, and an agent that could.

    What a run has begun it goes on with, whatever waits in the queue by then.
    """
    research = config.research
    if not research.before_run or not research.sources or config.agent.kind == "none":
        return False
    begun = any(one.during == "run" for one in state.readings)
    return not state.waves and 0 not in state.analysed and (begun or not state.queue())


def _first_look(state: State, config: Config) -> Step:
    done = {one.reader for one in state.readings}
    wanted = (name for name in READERS if name in config.research.sources and name not in done)
    reader = next(wanted, None)
    return Analyse(0) if reader is None else Read(reader)


def _may_learn(state: State, config: Config) -> bool:
    """Whether the last wave was not yet looked at; only where something was read at all."""
    last = len(state.waves)
    return config.research.every == "wave" and bool(
        state.readings and last and last not in state.analysed
    )


def _last_question(state: State, config: Config, stop: Stop, worker: str) -> Step:
    """Before the end, ask of every change in the stack what it is worth there."""
    if config.judge.leave_one_out and len(state.stack) > 1 and stop.code != "time":
        for name in state.stack:
            if name not in state.ablated:
                return Ablate(name, worker)
    return stop


def limit(state: State, config: Config, started: float) -> Stop | None:
    """Why no further wave may begin, or None."""
    run = config.run
    headline = state.headline
    reached = headline.effect.estimate if headline is not None and headline.effect else None
    if config.goal.target is not None and reached is not None and reached >= config.goal.target:
        return Stop("target", f"the goal of {config.goal.target:+.1%} is reached")
    if len(state.experiments) >= run.max_experiments:
        return Stop("experiments", f"{run.max_experiments} experiments were judged")
    if state.busy_seconds - started >= run.hours * 3600:
        return Stop("time", f"{run.hours:g} h are used up")
    if len(state.waves) >= run.max_waves:
        return Stop("waves", f"{run.max_waves} waves were run")
    spent_out = exhausted(state, config, 0)
    if spent_out is not None:
        return spent_out
    dry = dry_waves(state)
    if dry >= run.stop_after_dry_waves > 0:
        return Stop("dry", f"{dry} waves in a row without a kept change")
    return None


def dry_waves(state: State) -> int:
    """Waves in a row, the last ones, that kept nothing."""
    dry = 0
    for wave in reversed(state.waves.values()):
        if wave.kept:
            break
        dry += 1
    return dry
