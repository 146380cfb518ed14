"""Events to state. Deterministic, no I/O: resuming after a crash is the same as starting."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

from whet.model import arms, inside, machine, reading
from whet.model import event as happened
from whet.model.event import Event
from whet.model.guarding import GuardMeasured
from whet.model.verdict import Verdict
from whet.plan.state import ExperimentState, Quarantine, State, WaveState

_BREAK = 3600.0 * 24
"""Longer gaps between two events than this are not work, whatever caused them."""

_BEGINNINGS = (happened.CampaignOpened, happened.CampaignResumed)
_WORDS = (happened.PersonNoted, happened.PersonResumed, happened.IdeaAdded, happened.IdeaDropped,
          happened.IdeaReopened, reading.IdeaMoved, happened.CampaignStopped)  # fmt: skip
"""What persons do: while nothing runs, the time before it was no work."""


def replay(events: Iterable[Event]) -> State:
    """The state after these events."""
    state = State()
    for event in events:
        apply(state, event)
    return state


def apply(state: State, event: Event) -> None:
    """Take one more event into the state."""
    idle = state.paused is not None and isinstance(event, _WORDS)
    begins = isinstance(event, _BEGINNINGS) or idle
    if not begins and state.last and event.at - state.last < _BREAK:
        state.busy_seconds += max(0.0, event.at - state.last)
    state.last = event.at
    state.events += 1
    _APPLY[type(event)](state, event)


def _opened(state: State, event: happened.CampaignOpened) -> None:
    state.name, state.base, state.config = event.name, event.base, event.config
    state.version, state.scripted = event.version, event.scripted
    state.opened, state.incumbent = event.at, event.base


def _evidence(state: State, event: happened.EvidenceFound) -> None:
    state.evidence[event.evidence.id] = event.evidence


def _idea(state: State, event: happened.IdeaAdded | reading.IdeaRevised) -> None:
    state.ideas[event.idea.id] = event.idea


def _idea_dropped(state: State, event: happened.IdeaDropped) -> None:
    state.dropped[event.idea] = event.reason


def _ruled_out(state: State, event: happened.IdeaRuledOut) -> None:
    state.ruled_out[event.idea] = event.ruling


def _reopened(state: State, event: happened.IdeaReopened) -> None:
    state.ruled_out.pop(event.idea, None)
    state.dropped.pop(event.idea, None)
    state.reopened[event.idea] = event.reason


def _moved(state: State, event: reading.IdeaMoved) -> None:
    state.pinned[event.idea] = event.place


def _claimed(state: State, event: inside.IdeaClaimed) -> None:
    state.claims[event.idea] = event


def _remarked(state: State, event: inside.ExperimentRemarked) -> None:
    state.experiments[event.experiment].remarks.append(event)


def _released(state: State, event: inside.IdeaReleased) -> None:
    ended = state.claims.pop(event.idea, None)
    if ended is not None:
        state.released[event.idea] = ended


def _analysed(state: State, event: reading.WaveAnalysed) -> None:
    state.analysed[event.wave] = event


def _ordered(state: State, event: reading.IdeasOrdered) -> None:
    state.order = event.ideas


def _read(state: State, event: reading.ReaderFinished) -> None:
    state.readings.append(event)


def _calibrated(state: State, event: happened.WorkerCalibrated) -> None:
    state.calibrations[event.worker] = event
    state.fit.add(event.worker)
    state.misfortunes.pop(event.worker, None)


def _asked(state: State, event: machine.MachineAsked) -> None:
    state.machines[event.machine] = machine.Machine(
        name=event.machine, worker=event.worker, kind=event.kind, what=event.what, asked=event.at
    )
    state.machine_of[event.worker] = event.machine
    state.fit.discard(event.worker)


def _ready(state: State, event: machine.MachineReady) -> None:
    known = state.machines[event.machine]
    state.machines[event.machine] = replace(
        known, ready=event.at, where=event.where, price=event.price
    )


def _gone(state: State, event: machine.MachineGone) -> None:
    """Whatever comes next for this worker is another machine: it is calibrated anew."""
    known = state.machines[event.machine]
    state.machines[event.machine] = replace(
        known, gone=event.at, reason=event.reason, detail=event.detail
    )
    if state.machine_of[event.worker] != event.machine:
        return
    state.fit.discard(event.worker)
    drained = state.drained.get(event.worker)
    if drained is not None and drained.replace:
        del state.drained[event.worker]
    if event.reason in ("failed", "lost", "noisy"):
        state.misfortunes[event.worker] = state.misfortunes.get(event.worker, 0) + 1
    stretch = state.out.pop(event.worker, None)
    if stretch is not None:
        stretch.restored = event.at


def _drained(state: State, event: machine.WorkerDrained) -> None:
    state.drained[event.worker] = event


def _readmitted(state: State, event: machine.WorkerResumed) -> None:
    state.drained.pop(event.worker, None)
    state.misfortunes.pop(event.worker, None)


def _quarantined(state: State, event: happened.WorkerQuarantined) -> None:
    stretch = state.quarantine(event.worker)
    if stretch is None:
        stretch = Quarantine(
            worker=event.worker, since=event.since, at=event.at, reason=event.reason
        )
        state.quarantines.append(stretch)
        state.out[event.worker] = stretch
    stretch.reason = event.reason
    stretch.failed += event.outcome is not None
    stretch.experiments += event.experiments
    for name in event.experiments:
        experiment = state.experiments[name]
        experiment.repeated += 1
        _forget(state, experiment)


def _restored(state: State, event: happened.WorkerRestored) -> None:
    state.out.pop(event.worker).restored = event.at


def _wave_opened(state: State, event: happened.WaveOpened) -> None:
    state.waves[event.wave] = WaveState(
        number=event.wave, title=event.title, ideas=event.ideas, opened=event.at
    )


def _agent_worked(state: State, event: happened.AgentWorked) -> None:
    state.runs.append(event)


def _experiment_opened(state: State, event: happened.ExperimentOpened) -> None:
    opened = ExperimentState(
        id=event.experiment,
        wave=event.wave,
        candidate=event.candidate,
        alone=event.alone,
        opened=event.at,
        agent_seconds=event.agent_seconds,
        transcript=event.transcript,
        by=event.by,
        hypothesis=event.hypothesis,
        number=len(state.experiments),
    )
    state.experiments[event.experiment] = state.open[event.experiment] = opened
    state.by_idea.setdefault(event.candidate.idea, []).append(event.experiment)


def _started(state: State, event: happened.ExperimentStarted) -> None:
    experiment = state.experiments[event.experiment]
    experiment.started, experiment.running = event, True
    state.on_worker.setdefault(event.worker, []).append(event.experiment)
    _place(state, experiment)


def _requeued(state: State, event: happened.ExperimentRequeued) -> None:
    experiment = state.experiments[event.experiment]
    experiment.running = False
    experiment.requeued += 1
    experiment.outcome = None
    _place(state, experiment)


def _measured(state: State, event: happened.ExperimentMeasured) -> None:
    experiment = state.experiments[event.experiment]
    experiment.outcome, experiment.running = event.outcome, False
    _place(state, experiment)


def _verdict(state: State, event: happened.VerdictGiven) -> None:
    experiment = state.experiments[event.experiment]
    experiment.running = False
    _judge(state, experiment, event.verdict)
    experiment.decided = event.at
    if event.verdict.kind == "retired" and experiment.in_stack:
        experiment.in_stack = False
        state.stack.remove(experiment.id)
        state.stack_changed = state.stale = True


def _judge(state: State, experiment: ExperimentState, given: Verdict | None) -> None:
    """Replace an experiment's verdict and keep its wave's counts right."""
    wave = state.waves.get(experiment.wave)
    for verdict, sign in ((experiment.verdict, -1), (given, 1)):
        if wave is not None and verdict is not None:
            wave.judged += sign
            wave.kept += sign * (verdict.kind == "kept")
        if verdict is not None:
            state.verdicts[verdict.kind] += sign
    experiment.verdict = given
    for index, belongs in ((state.open, given is None),
                          (state.kept, given is not None and given.kind == "kept")):  # fmt: skip
        if belongs:
            index[experiment.id] = experiment
        else:
            index.pop(experiment.id, None)
    _place(state, experiment)


def _place(state: State, experiment: ExperimentState) -> None:
    """Keep the index of those that are under way right."""
    if experiment.status in ("running", "measured"):
        state.begun[experiment.id] = experiment
    else:
        state.begun.pop(experiment.id, None)


def _advanced(state: State, event: happened.IncumbentAdvanced) -> None:
    state.incumbent = event.commit
    state.stack_changed, state.stale = True, False
    experiment = state.experiments.get(event.experiment)
    if experiment is not None and not experiment.in_stack:
        experiment.in_stack = True
        state.stack.append(experiment.id)


def _stack(state: State, event: happened.StackMeasured) -> None:
    state.measured.append(event)
    if event.commit == state.incumbent:
        state.stack_changed = False


def _ablated(state: State, event: happened.ChangeAblated) -> None:
    state.ablated[event.experiment] = event


def _guarded(state: State, event: GuardMeasured) -> None:
    state.guarded[event.experiment, event.worker] = event
    state.misfortunes.pop(event.worker, None)


def _branch_measured(state: State, event: happened.BranchMeasured) -> None:
    state.on_branch[event.role, event.experiment] = event


def _branch_made(state: State, event: happened.BranchMade) -> None:
    state.branches[event.branch] = event


def _wave_closed(state: State, event: happened.WaveClosed) -> None:
    wave = state.waves[event.wave]
    wave.closed = event.at


def _person(state: State, event: happened.PersonDecided) -> None:
    experiment = state.experiments[event.experiment]
    experiment.person = event
    if event.decision == "retry":
        _forget(state, experiment)


def _forget(state: State, experiment: ExperimentState) -> None:
    """An experiment as it was before it was measured."""
    experiment.outcome = experiment.started = experiment.decided = None
    experiment.running = False
    _judge(state, experiment, None)


def _noted(state: State, event: happened.PersonNoted) -> None:
    state.notes.append(event)


def _paused(state: State, event: happened.PersonPaused) -> None:
    state.paused = event.at


def _unpaused(state: State, _: happened.PersonResumed) -> None:
    state.paused = None


def _arm(state: State, event: arms.ArmMeasured) -> None:
    state.arms = [one for one in state.arms if one.campaign != event.campaign]
    state.arms.append(event)


def _stopped(state: State, event: happened.CampaignStopped) -> None:
    state.stopped = event


def _resumed(state: State, _: happened.CampaignResumed) -> None:
    state.stopped = state.paused = None
    state.misfortunes.clear()
    for stretch in state.quarantines:
        stretch.failed = 0


_APPLY: dict[type, Callable[[State, Any], None]] = {
    happened.CampaignOpened: _opened,
    happened.EvidenceFound: _evidence,
    happened.IdeaAdded: _idea,
    happened.IdeaDropped: _idea_dropped,
    happened.IdeaRuledOut: _ruled_out,
    happened.IdeaReopened: _reopened,
    reading.IdeaRevised: _idea,
    reading.IdeaMoved: _moved,
    reading.IdeasOrdered: _ordered,
    inside.IdeaClaimed: _claimed,
    inside.IdeaReleased: _released,
    inside.ExperimentRemarked: _remarked,
    reading.ReaderFinished: _read,
    machine.MachineAsked: _asked,
    machine.MachineReady: _ready,
    machine.MachineGone: _gone,
    machine.WorkerDrained: _drained,
    machine.WorkerResumed: _readmitted,
    happened.WorkerCalibrated: _calibrated,
    happened.WorkerQuarantined: _quarantined,
    happened.WorkerRestored: _restored,
    happened.WaveOpened: _wave_opened,
    happened.AgentWorked: _agent_worked,
    happened.ExperimentOpened: _experiment_opened,
    happened.ExperimentStarted: _started,
    happened.ExperimentRequeued: _requeued,
    happened.ExperimentMeasured: _measured,
    happened.VerdictGiven: _verdict,
    happened.IncumbentAdvanced: _advanced,
    happened.StackMeasured: _stack,
    happened.ChangeAblated: _ablated,
    GuardMeasured: _guarded,
    happened.BranchMeasured: _branch_measured,
    happened.BranchMade: _branch_made,
    happened.WaveClosed: _wave_closed,
    reading.WaveAnalysed: _analysed,
    happened.PersonDecided: _person,
    happened.PersonNoted: _noted,
    happened.PersonPaused: _paused,
    happened.PersonResumed: _unpaused,
    arms.ArmMeasured: _arm,
    happened.CampaignStopped: _stopped,
    happened.CampaignResumed: _resumed,
}
