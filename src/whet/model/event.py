"""What can happen in a campaign, in the past tense. The ledger is a list of these.

`at` is seconds since the epoch (UTC), given by the driver's clock.
"""

from dataclasses import dataclass
from typing import Literal

from whet.model.agent import AgentRun
from whet.model.arms import ArmMeasured
from whet.model.config import Config
from whet.model.design import Noise
from whet.model.guarding import GuardMeasured
from whet.model.idea import Candidate, Evidence, Idea, Ruling
from whet.model.inside import ExperimentRemarked, IdeaClaimed, IdeaReleased
from whet.model.machine import MachineEvent
from whet.model.reading import IdeaMoved, IdeaRevised, IdeasOrdered, ReaderFinished, WaveAnalysed
from whet.model.trial import Fingerprint, TrialOutcome
from whet.model.verdict import Effect, Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class CampaignOpened:
    """The first event: the configuration is frozen and the base is fixed."""

    at: float
    name: str
    base: str
    config: Config
    version: str
    scripted: str = ""
    """Said on every screen when the proposals are replayed rather than thought of."""
    type: Literal["campaign.opened"] = "campaign.opened"


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceFound:
    at: float
    evidence: Evidence
    type: Literal["evidence.found"] = "evidence.found"


@dataclass(frozen=True, slots=True, kw_only=True)
class IdeaAdded:
    at: float
    idea: Idea
    type: Literal["idea.added"] = "idea.added"


@dataclass(frozen=True, slots=True, kw_only=True)
class IdeaDropped:
    at: float
    idea: str
    reason: str
    type: Literal["idea.dropped"] = "idea.dropped"


@dataclass(frozen=True, slots=True, kw_only=True)
class IdeaRuledOut:
    """A gate said no before anything was spent on an idea."""

    at: float
    idea: str
    ruling: Ruling
    type: Literal["idea.ruled_out"] = "idea.ruled_out"


@dataclass(frozen=True, slots=True, kw_only=True)
class IdeaReopened:
    """An idea that was ruled out or dropped waits again; `reason` says what changed."""

    at: float
    idea: str
    reason: str
    type: Literal["idea.reopened"] = "idea.reopened"


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerCalibrated:
    """Pairs of the same code were taken on a worker."""

    at: float
    worker: str
    fingerprint: Fingerprint
    noise: Noise
    outcome: TrialOutcome
    type: Literal["worker.calibrated"] = "worker.calibrated"


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerQuarantined:
    """A worker is taken out, with all it measured since its last good check.

    Told again by every check that it fails while it is out. `experiments` were undecided in that
    stretch, and wait to be measured again. `noise` and `outcome` are None where an experiment's
    own pairs gave the reason.
    """

    at: float
    worker: str
    reason: str
    since: float
    """When the stretch began."""
    experiments: tuple[str, ...] = ()
    noise: Noise | None = None
    outcome: TrialOutcome | None = None
    type: Literal["worker.quarantined"] = "worker.quarantined"


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerRestored:
    """A worker that was out passed its check; its new calibration was recorded just before."""

    at: float
    worker: str
    type: Literal["worker.restored"] = "worker.restored"


@dataclass(frozen=True, slots=True, kw_only=True)
class WaveOpened:
    at: float
    wave: int
    ideas: tuple[str, ...]
    title: str = ""
    type: Literal["wave.opened"] = "wave.opened"


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentWorked:
    """An agent was given a brief; `idea` is empty where it was about none."""

    at: float
    idea: str
    wave: int
    run: AgentRun
    type: Literal["agent.worked"] = "agent.worked"


@dataclass(frozen=True, slots=True, kw_only=True)
class ExperimentOpened:
    """A candidate exists and waits for its trial; one idea may open several in its life."""

    at: float
    experiment: str
    wave: int
    candidate: Candidate
    alone: bool = False
    """Judged against the base for its own sake: a keep does not move the incumbent."""
    agent_seconds: float = 0.0
    transcript: str = ""
    """Digest of what the agent did, among the campaign's blobs."""
    by: str = ""
    """Who submitted it from inside their own agent; empty where whet asked for it."""
    hypothesis: str = ""
    """What they say it does, in their words."""
    type: Literal["experiment.opened"] = "experiment.opened"


@dataclass(frozen=True, slots=True, kw_only=True)
class ExperimentStarted:
    """`commit` is the candidate on top of `incumbent`; `alpha` was fixed before the first pair."""

    at: float
    experiment: str
    worker: str
    incumbent: str
    commit: str
    alpha: float
    seed: int
    beside: tuple[str, ...] = ()
    """The other experiments of its block, which share the incumbent's invocations with it."""
    usual: float | None = None
    """What pairs spread by on this worker so far, as a log ratio; None where too few were taken."""
    type: Literal["experiment.started"] = "experiment.started"


@dataclass(frozen=True, slots=True, kw_only=True)
class ExperimentRequeued:
    """The trial was interrupted or its machine failed; its samples do not count."""

    at: float
    experiment: str
    reason: str
    type: Literal["experiment.requeued"] = "experiment.requeued"


@dataclass(frozen=True, slots=True, kw_only=True)
class ExperimentMeasured:
    at: float
    experiment: str
    outcome: TrialOutcome
    type: Literal["experiment.measured"] = "experiment.measured"


@dataclass(frozen=True, slots=True, kw_only=True)
class VerdictGiven:
    at: float
    experiment: str
    verdict: Verdict
    type: Literal["verdict.given"] = "verdict.given"


@dataclass(frozen=True, slots=True, kw_only=True)
class IncumbentAdvanced:
    """A kept change joined the stack."""

    at: float
    experiment: str
    commit: str
    previous: str
    type: Literal["incumbent.advanced"] = "incumbent.advanced"


@dataclass(frozen=True, slots=True, kw_only=True)
class StackMeasured:
    """The stack against the base on fresh pairs, never used to choose anything."""

    at: float
    wave: int
    base: str
    commit: str
    experiments: tuple[str, ...]
    effect: Effect | None
    guards: tuple[Effect, ...]
    holds: bool
    detail: str
    outcome: TrialOutcome
    type: Literal["stack.measured"] = "stack.measured"


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeAblated:
    """The stack against the stack without one change: what that change is worth in it.

    `effect` is None where it cannot be taken out, because a later change needs it.
    """

    at: float
    experiment: str
    commit: str
    without: str
    effect: Effect | None
    holds: bool
    detail: str
    outcome: TrialOutcome | None
    type: Literal["change.ablated"] = "change.ablated"


@dataclass(frozen=True, slots=True, kw_only=True)
class BranchMeasured:
    """A kept change, or all of them, on top of the project as it is today.

    `role` says what was measured against what: `alone`, the change against what it stands on;
    `stack`, all changes against the upstream; `without`, all of them against all but this one.
    `experiment` is empty for the stack.
    """

    at: float
    role: Literal["alone", "stack", "without"]
    experiment: str
    upstream: str
    """What the user calls it, such as origin/main."""
    base: str
    """Its commit."""
    against: str
    commit: str
    """Empty where the change does not apply."""
    needs: tuple[str, ...]
    """Experiments whose changes are below this one."""
    holds: bool
    detail: str
    effect: Effect | None
    guards: tuple[Effect, ...]
    outcome: TrialOutcome | None
    """None where nothing was run."""
    type: Literal["branch.measured"] = "branch.measured"


@dataclass(frozen=True, slots=True, kw_only=True)
class BranchMade:
    """A branch of the user's repository was created or moved; `experiment` is empty for all."""

    at: float
    number: int
    experiment: str
    branch: str
    base: str
    commit: str
    measured: bool
    """False where the user asked for branches without numbers."""
    type: Literal["branch.made"] = "branch.made"


@dataclass(frozen=True, slots=True, kw_only=True)
class WaveClosed:
    at: float
    wave: int
    kept: int
    judged: int
    type: Literal["wave.closed"] = "wave.closed"


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonDecided:
    """A decision of a person: shown with a hand mark, never mistaken for the judge's."""

    at: float
    experiment: str
    decision: Literal["keep", "drop", "retry"]
    reason: str
    type: Literal["person.decided"] = "person.decided"


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonPaused:
    """A person wants nothing more to be started; what was under way came to its end."""

    at: float
    type: Literal["person.paused"] = "person.paused"


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonResumed:
    """A person wants the run to go on."""

    at: float
    type: Literal["person.resumed"] = "person.resumed"


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonNoted:
    """A person wants agents to be told something: it is in every brief from now on."""

    at: float
    text: str
    type: Literal["person.noted"] = "person.noted"


@dataclass(frozen=True, slots=True, kw_only=True)
class CampaignStopped:
    at: float
    reason: str
    code: Literal["done", "dry", "experiments", "time", "waves", "target", "money",
                  "tokens", "machines", "turn", "interrupt", "error"]  # fmt: skip
    type: Literal["campaign.stopped"] = "campaign.stopped"


@dataclass(frozen=True, slots=True, kw_only=True)
class CampaignResumed:
    at: float
    recovered: int
    """Experiments that were running when the last process ended."""
    type: Literal["campaign.resumed"] = "campaign.resumed"


Event = (
    CampaignOpened
    | EvidenceFound
    | IdeaAdded
    | IdeaDropped
    | IdeaRuledOut
    | IdeaReopened
    | IdeaRevised
    | IdeaMoved
    | IdeasOrdered
    | IdeaClaimed
    | IdeaReleased
    | ExperimentRemarked
    | ReaderFinished
    | MachineEvent
    | WorkerCalibrated
    | WorkerQuarantined
    | WorkerRestored
    | WaveOpened
    | AgentWorked
    | ExperimentOpened
    | ExperimentStarted
    | ExperimentRequeued
    | ExperimentMeasured
    | VerdictGiven
    | IncumbentAdvanced
    | StackMeasured
    | ChangeAblated
    | GuardMeasured
    | BranchMeasured
    | BranchMade
    | WaveClosed
    | WaveAnalysed
    | PersonDecided
    | PersonNoted
    | PersonPaused
    | PersonResumed
    | ArmMeasured
    | CampaignStopped
    | CampaignResumed
)
