"""State to the steps that may start now. Pure: the clock is an argument."""

from collections.abc import Collection, Sequence

from whet.model.config import READERS, Config
from whet.model.worker import expanded, measuring
from whet.plan import guarding, machines, quarantine
from whet.plan.placing import Fleet, blocks, elsewhere, hopeless, look, undisturbed, waiting
from whet.plan.spending import exhausted, overspent
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
    apart: bool = False,
) -> tuple[Step, ...]:
    """Steps that may start beside those already running.

    Args:
        state: what the ledger says.
        config: limits, workers and the agent; the frozen one, with this run's overrides.
        running: steps under way.
        started: seconds of work already done when this run began; limits count from there on.
        proposes: whether agents are asked for what the open wave still lacks.
        apart: agents on this machine work on cores that nothing is measured on.
    """
    if state.paused is not None or any(isinstance(step, _BY_ITSELF) for step in running):
        return ()
    returned = machines.given_back(state, running)
    if returned:
        return returned
    owed = _owed(state, config)
    if owed is not None:
        # what is measured of the stack is about the stack as it was when that began
        held_up = any(isinstance(step, MeasureStack | Ablate) for step in running)
        return () if held_up else (owed,)
    measured = _measured(state, running)
    if measured:
        return measured
    spent = overspent(state, config)
    if spent is not None:
        return () if running else (spent,)
    wave = state.wave
    proposals = _proposals(state, config, wave, running) if wave is not None and proposes else ()
    return _beside(state, config, running, proposals, started=started, apart=apart)


_BY_ITSELF = Join | Retire | Rebuild | OpenWave | CloseWave | Read | Analyse


def _beside(
    state: State,
    config: Config,
    running: Collection[Step],
    proposals: tuple[Propose, ...],
    *,
    started: float,
    apart: bool,
) -> tuple[Step, ...]:
    agents = any(not state.ideas[step.idea].commit for step in proposals)
    fleet = look(state, config, running, here=apart or not agents, apart=apart)
    if not fleet.lanes:
        return () if running else (Stop("machines", hopeless(state, config)),)
    waits = waiting(state, running)
    wanted = _wanted(state, config, running)
    if not fleet.fit:
        checks = fleet.checks[: max(0, max(1, wanted) - fleet.checking)]
        # agents about to work here keep this machine from its check: then they go first
        return checks if checks or running else proposals
    if proposals and not agents:
        return proposals  # merging takes no time: what is measured next may share a block with it
    steps: list[Step] = list(proposals) if apart or not _measuring_here(config, running) else []
    steps += _judging(state, config, waits, fleet)
    steps += fleet.checks[: max(0, wanted - fleet.fit - fleet.checking)]
    free = not proposals and not any(isinstance(step, _HERE) for step in running)
    guards = guarding.measuring(state, config, running, here=free and not steps)
    if steps or waits or proposals or any(isinstance(step, _HOLDING) for step in running):
        return (*steps, *guards)
    return (*guards, *_at_the_end(state, config, (*running, *guards), fleet, started))


_HERE = Judge | Propose | MeasureStack | Ablate | Calibrate
"""What may be at work on this machine."""

_HOLDING = Judge | Propose | MeasureStack | Ablate
"""What a wave waits for; calibrations and guard machines it does not."""


def _measured(state: State, running: Collection[Step]) -> tuple[Step, ...]:
    """Verdicts that were not given any more when a process ended: nothing is measured for them."""
    given = {name for step in running if isinstance(step, Judge) for name in step.experiments}
    return tuple(
        Judge((one.id,), one.started.worker)
        for one in state.begun.values()
        if one.status == "measured" and one.started is not None and one.id not in given
    )[:1]


def _wanted(state: State, config: Config, running: Collection[Step]) -> int:
    """How many workers have something to do now, or will soon."""
    wave, coming = state.wave, 0
    if wave is not None and config.agent.kind != "none":
        left = sum(1 for name in wave.ideas if not state.given_up(name) and not state.tried(name))
        coming = min(left, config.agent.parallel)
    stack = sum(isinstance(step, MeasureStack | Ablate) for step in running)
    return len(state.open) + coming + stack


def _judging(
    state: State, config: Config, waits: Sequence[ExperimentState], fleet: Fleet
) -> list[Step]:  # fmt: skip
    """A block for every idle worker, after a check where one is due."""
    steps: list[Step] = []
    found = blocks(waits, config, fleet.lanes)
    for worker in fleet.idle:
        if len(steps) >= len(waits):
            break
        if quarantine.due(state, config, worker):
            steps.append(Calibrate(worker))
            continue
        block = next(found, None)
        if block is None:
            break
        steps.append(Judge(block, worker))
    return steps


def _measuring_here(config: Config, running: Collection[Step]) -> bool:
    never = config.agent.beside == "never"
    local = {one.name for one in expanded(config.workers) if never or one.kind == "local"}
    return any(getattr(step, "worker", "") in local for step in running)


def _at_the_end(
    state: State, config: Config, running: Collection[Step], fleet: Fleet, started: float
) -> tuple[Step, ...]:
    """What comes when every change of the wave has its verdict."""
    if state.stack_changed and state.stack:
        if not fleet.idle:
            return fleet.checks[:1] if not fleet.checking else ()
        worker = elsewhere(state, fleet.idle, state.stack)
        return (_checked(state, config, worker, MeasureStack(len(state.waves), worker)),)
    if state.wave is not None:
        return (CloseWave(state.wave.number),)
    step = _next_wave(state, config, started)
    if isinstance(step, OpenWave):
        return (step,)
    if isinstance(step, Stop):
        questions = _last_questions(state, config, step, fleet)
        if not questions and step.code not in ("time", "money"):
            here = not any(isinstance(step, _HERE) for step in running)
            questions = tuple(guarding.measuring(state, config, running, here=here, stack=True))
        if questions:
            return questions
        again = _last_look(state, config, step)
        if again is not None:
            return () if running else (again,)
    return (step,) if _needless(state, config, running) else ()


def _needless(state: State, config: Config, running: Collection[Step]) -> bool:
    """Whether all that runs are checks of machines for which nothing is left to measure."""
    asks = config.judge.leave_one_out and len(state.stack) > 1
    if running and asks and any(_unasked(state, name) for name in state.stack):
        return False
    names = {one.name for one in measuring(config.workers)}
    return all(isinstance(step, Calibrate) and step.worker in names for step in running)


def _checked(state: State, config: Config, worker: str, step: Step) -> Step:
    """Before something is measured, whether the worker is still what it was, if that is due."""
    return Calibrate(worker) if quarantine.due(state, config, worker) else step


def _owed(state: State, config: Config) -> Join | Retire | Rebuild | None:
    """What an event obliges to, whichever process wrote it: the next one may not have come so far.

    Nothing else may start before: it would start from a stack that is not what the verdicts say.
    """
    if state.stale:
        return Rebuild()
    apart = [one for one in state.kept.values() if not one.alone and not one.in_stack]
    if apart:
        return Join(min(apart, key=lambda one: one.number).id)
    objection = guarding.objection(state, config)
    if objection is not None:
        return objection
    for name in state.stack:
        ablated = state.ablated.get(name)
        if ablated is not None and not ablated.holds and ablated.commit == state.incumbent:
            return Retire(name, ablated.detail)
    if state.measured and state.stack and not state.stack_changed and not state.measured[-1].holds:
        return Retire(state.stack[-1], state.measured[-1].detail)
    return None


def _proposals(
    state: State, config: Config, wave: WaveState, running: Collection[Step]
) -> tuple[Propose, ...]:
    asked = {step.idea for step in running if isinstance(step, Propose)}
    # this is asked after every event, and a wave may have thousands of ideas
    untried = [name for name in wave.ideas if name not in state.by_idea]
    open_ideas = [name for name in untried if name not in asked and not state.given_up(name)]
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


_TO_MEND = frozenset({
    "build", "crash", "checks", "output_differs", "no_metric", "does_not_apply",
})  # fmt: skip
"""What an agent that sees the log, or the lines in conflict, can do something about."""


def _broken(state: State, config: Config, wave: WaveState) -> list[ExperimentState]:
    """The wave's experiments whose change an agent may mend: the last one of each idea."""
    if not any(map(state.count, ("failed", "checks_failed", "retired"))):
        return []  # none has such a verdict
    found = (state.experiments[state.by_idea[name][-1]]
             for name in wave.ideas if name in state.by_idea)  # fmt: skip
    return [
        one
        for one in found
        if one.verdict is not None
        and one.verdict.code in _TO_MEND
        and one.candidate.author == "agent"
        and one.candidate.commit
        and one.person is None
        and not state.given_up(one.candidate.idea)
        and len(state.by_idea[one.candidate.idea]) <= config.agent.attempts
    ]


def _taken_over(state: State, config: Config, open_ideas: list[str]) -> list[str]:
    """The next change to take over, if it can be merged now: one of others is there already.

    As many wait together as share an incumbent's invocations. One that changes a file of another
    waits for its verdict, and is merged with what was kept by then.
    """
    lanes = len(undisturbed(measuring(config.workers)))
    if len(state.open) >= config.measure.shared_control * lanes:
        return []
    held = {change.path for e in state.open.values() for change in e.candidate.changes}
    return [name for name in open_ideas if held.isdisjoint(state.ideas[name].files)][:1]


def _next_wave(state: State, config: Config, started: float) -> Step:
    queue = state.queue()
    stop = limit(state, config, started)
    if stop is None and _may_learn(state, config):
        return Analyse(len(state.waves))
    if stop is None and may_read(state, config):
        return _first_look(state, config)
    if not queue:
        stop = Stop("done", "the queue of ideas is empty")
    if stop is not None:
        return stop
    left = config.run.max_experiments - len(state.experiments)
    size = min(config.run.ideas_per_wave, left)
    return OpenWave(len(state.waves) + 1, tuple(idea.id for idea in queue[:size]))


def may_read(state: State, config: Config) -> bool:
    """Whether a run reads before its first wave: it has nothing to try, and an agent that could.

    What a run has begun it goes on with, whatever waits in the queue by then.
    """
    research = config.research
    nothing = not research.sources and research.require_source
    if not research.before_run or nothing or config.agent.kind == "none":
        return False
    begun = any(one.during == "run" for one in state.readings)
    return not state.waves and 0 not in state.analysed and (begun or not state.queue())


def _first_look(state: State, config: Config) -> Step:
    done = {one.reader for one in state.readings}
    wanted = (name for name in READERS if name in config.research.sources and name not in done)
    reader = next(wanted, None)
    return Analyse(0) if reader is None else Read(reader)


def _may_learn(state: State, config: Config) -> bool:
    """Whether the last wave was not yet looked at; only where there is something to learn from.

    That is what was read, or the code alone where ideas need no source.
    """
    last, research = len(state.waves), config.research
    may = state.readings or (not research.require_source and config.agent.kind != "none")
    return research.every == "wave" and bool(may and last and last not in state.analysed)


def _last_questions(
    state: State, config: Config, stop: Stop, fleet: Fleet
) -> tuple[Step, ...]:  # fmt: skip
    """Before the end, ask of every change in the stack what it is worth there."""
    if not config.judge.leave_one_out or len(state.stack) < 2 or stop.code in ("time", "money"):
        return ()
    open_ = [name for name in state.stack if _unasked(state, name)]
    steps: list[Step] = []
    idle = list(fleet.idle)
    for name in open_[: len(idle)]:
        worker = elsewhere(state, idle, (name,))
        idle.remove(worker)
        steps.append(_checked(state, config, worker, Ablate(name, worker)))
    return tuple(steps) or (fleet.checks[:1] if open_ and not fleet.checking else ())


def _unasked(state: State, name: str) -> bool:
    """Whether it is not known what a change is worth in the stack as it is.

    What was dead weight beside a change that has left may be worth all of it now.
    """
    known = state.ablated.get(name)
    return known is None or (not known.holds and known.commit != state.incumbent)


_ENDS_IN_TIME = frozenset({"done", "dry", "experiments", "waves", "target"})
"""Why a run may end with time and money left."""

_MEASURING = ("profile", "roofline")
"""Readers whose evidence is about one commit."""


def _last_look(state: State, config: Config, stop: Stop) -> Read | None:
    """Before the end, profile the stack as the base was: what bounds it now, and how much is left.

    After a wave that is not the last one, looking at what it has shown does it.
    """
    headline = state.headline
    if headline is None or config.research.every != "wave" or stop.code not in _ENDS_IN_TIME:
        return None
    last = {one.reader: one.at for one in state.readings}
    due = (name for name in _MEASURING if name in last and last[name] < headline.at)
    return next(map(Read, due), None)


def limit(state: State, config: Config, started: float) -> Stop | None:
    """Why no further wave may begin, or None."""
    run = config.run
    headline = state.headline
    reached = headline.effect.estimate if headline is not None and headline.effect else None
    if config.goal.target is not None and reached is not None and reached >= config.goal.target:
        return Stop("target", f"the goal of {config.goal.target:+.1%} is reached")
    if len(state.experiments) >= run.max_experiments:
        return Stop("experiments", f"{_were(run.max_experiments, 'experiment')} judged")
    if state.busy_seconds - started >= run.hours * 3600:
        return Stop("time", f"{run.hours:g} h are used up")
    if len(state.waves) >= run.max_waves:
        return Stop("waves", f"{_were(run.max_waves, 'wave')} run")
    spent_out = exhausted(state, config, 0)
    if spent_out is not None:
        return spent_out
    dry = dry_waves(state)
    if dry >= run.stop_after_dry_waves > 0:
        return Stop("dry", f"{dry} waves in a row without a kept change")
    return None


def _were(count: int, noun: str) -> str:
    return f"{count} {noun} was" if count == 1 else f"{count} {noun}s were"


def dry_waves(state: State) -> int:
    """Waves in a row, the last ones, that kept nothing."""
    dry = 0
    for wave in reversed(state.waves.values()):
        if wave.kept:
            break
        dry += 1
    return dry
