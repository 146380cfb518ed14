"""A campaign without a world: steps to events by a table of what is true."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from whet.model import event as happened
from whet.model.config import Agent, Bench, Config, Run
from whet.model.event import Event
from whet.model.idea import Candidate, Idea
from whet.model.metric import Goal
from whet.model.trial import TrialOutcome
from whet.model.verdict import Effect, Verdict
from whet.plan import step as steps
from whet.plan.ready import ready
from whet.plan.replay import apply, replay
from whet.plan.state import State
from whet.plan.step import Step, Stop
from whet.testing.events import MACHINE, NOISE

CONFIG = Config(
    goal=Goal(metric="seconds"), bench=Bench(command="./bench"), run=Run(ideas_per_wave=3),
    agent=Agent(kind="command", command="./agent"),
)  # fmt: skip
OUTCOME = TrialOutcome(id="x", fingerprint=MACHINE, stages=())


def config(**sections):
    """The configuration with some keys of some sections changed."""
    changed = {name: replace(getattr(CONFIG, name), **keys) for name, keys in sections.items()}
    return replace(CONFIG, **changed)


def gained(estimate):
    """An effect with this estimate."""
    return Effect(
        metric="seconds", estimate=estimate, low=estimate - 0.01, high=estimate + 0.01,
        confidence=0.95, pairs=24, a=1.0, b=1.0 / (1 + estimate),
    )  # fmt: skip


@dataclass
class Campaign:
    """What is true of every idea: kept, discarded … or dropped; `breaks` names stacks that fail.

    A change in `useless` is found to be worth nothing when it is left out of the finished stack.
    """

    truth: dict[str, str]
    config: Config = CONFIG
    breaks: frozenset[str] = frozenset()
    useless: frozenset[str] = frozenset()
    events: list[Event] = field(default_factory=list)
    asked: list[Step] = field(default_factory=list)
    clock: float = 1000.0

    def begin(self):
        """The events before the first step: the campaign and its queue."""
        at = self.clock
        self.events.append(happened.CampaignOpened(
            at=at, name="c", base="base", config=self.config, version="1",
        ))  # fmt: skip
        for name in self.truth:
            self.events.append(happened.IdeaAdded(at=at, idea=Idea(id=name, title=name)))
        return self

    def resume(self):
        """What a driver records when it finds a campaign that was cut off."""
        state = replay(self.events)
        lost = [e.id for e in state.experiments.values() if e.status == "running"]
        self.events.append(happened.CampaignResumed(at=self.clock, recovered=len(lost)))
        for name in lost:
            self.events.append(
                happened.ExperimentRequeued(at=self.clock, experiment=name, reason="cut off")
            )
        return self

    def drive(self, until=10_000, before=()):
        """Start what is ready, one thing at a time: to the end, a number of events or a step."""
        state = replay(self.events)
        while len(self.events) < until:
            found = ready(state, self.config, ())
            assert found, "nothing is ready and nothing runs"
            if isinstance(found[0], before):
                return self
            self.asked += found
            if isinstance(found[0], Stop):
                self.events.append(happened.CampaignStopped(
                    at=self.clock, reason=found[0].reason, code=found[0].code,
                ))  # fmt: skip
                return self
            for event in self.perform(found[0], state):
                self.events.append(event)
                apply(state, event)
                if len(self.events) >= until:
                    return self
        raise AssertionError("the campaign does not end")

    def perform(self, step: Step, state: State) -> Iterator[Event]:  # noqa: C901 (a table)
        """The events of a step, as the ledger of a real campaign has them."""
        self.clock += 60.0
        at = self.clock
        match step:
            case steps.Calibrate():
                yield happened.WorkerCalibrated(
                    at=at, worker=step.worker, fingerprint=MACHINE, noise=NOISE, outcome=OUTCOME
                )
            case steps.OpenWave():
                yield happened.WaveOpened(at=at, wave=step.wave, ideas=step.ideas)
            case steps.Propose() if self.truth[step.idea] == "dropped":
                yield happened.IdeaDropped(at=at, idea=step.idea, reason="none")
            case steps.Propose():
                made = Candidate(idea=step.idea, commit=f"+{step.idea}", parent=state.incumbent)
                yield happened.ExperimentOpened(
                    at=at, experiment=step.idea.replace("I", "E"), wave=step.wave, candidate=made
                )
            case steps.Judge():
                yield from self._judge(step, state)
            case steps.Join():
                yield self._advanced(state, [*state.stack, step.experiment], step.experiment)
            case steps.Retire():
                given = Verdict(kind="retired", code="stack", reason=step.reason)
                yield happened.VerdictGiven(at=at, experiment=step.experiment, verdict=given)
            case steps.Rebuild():
                yield self._advanced(state, state.stack, "")
            case steps.MeasureStack():
                holds = state.incumbent not in self.breaks
                yield happened.StackMeasured(
                    at=at, wave=step.wave, base="base", commit=state.incumbent,
                    experiments=tuple(state.stack), effect=gained(0.1 * len(state.stack)),
                    guards=(), holds=holds, detail="" if holds else "no gain", outcome=OUTCOME,
                )  # fmt: skip
            case steps.Ablate():
                holds = step.experiment not in self.useless
                yield happened.ChangeAblated(
                    at=at, experiment=step.experiment, commit=state.incumbent, without="w",
                    effect=gained(0.05), holds=holds, detail="" if holds else "worth nothing",
                    outcome=OUTCOME,
                )  # fmt: skip
            case steps.CloseWave():
                wave = state.waves[step.wave]
                yield happened.WaveClosed(at=at, wave=step.wave, kept=wave.kept, judged=wave.judged)
            case _:
                raise AssertionError(step)

    def _judge(self, step, state):
        block = [state.experiments[name] for name in step.experiments]
        waiting = [one.id for one in block if one.outcome is None]
        for name in waiting:
            idea = state.experiments[name].candidate.idea
            yield happened.ExperimentStarted(
                at=self.clock, experiment=name, worker=step.worker,
                incumbent=state.incumbent, commit=f"{state.incumbent}+{idea}", alpha=0.005, seed=1,
                beside=tuple(other for other in step.experiments if other != name),
            )  # fmt: skip
        self.clock += 60.0 * bool(waiting)
        for name in waiting:
            yield happened.ExperimentMeasured(at=self.clock, experiment=name, outcome=OUTCOME)
        for one in block:
            kind = self.truth[one.candidate.idea]
            code = "faster" if kind == "kept" else "no_gain"
            given = Verdict(kind=kind, code=code, reason="told")
            yield happened.VerdictGiven(at=self.clock, experiment=one.id, verdict=given)

    def _advanced(self, state, stack, experiment):
        commit = "+".join(["base", *stack])
        return happened.IncumbentAdvanced(
            at=self.clock, experiment=experiment, commit=commit, previous=state.incumbent
        )

    @property
    def state(self):
        """What the events say."""
        return replay(self.events)

    @property
    def result(self):
        """What a resumed campaign must agree on with one that was not cut."""
        state = self.state
        verdicts = {e.id: e.verdict.kind for e in state.experiments.values() if e.verdict}
        waves = [(wave.ideas, wave.kept, wave.judged) for wave in state.waves.values()]
        code = state.stopped.code if state.stopped else ""
        return verdicts, list(state.stack), state.incumbent, waves, code
