"""Events as a campaign writes them, without a campaign: for what reads them to be tried on.

The numbers are drawn, not measured, so nothing here may ever be shown as a result.
"""

import random
from collections.abc import Iterator

from whet.model import event as happened
from whet.model.config import Bench, Config
from whet.model.design import Noise
from whet.model.event import Event
from whet.model.idea import Candidate, Change, Evidence, Idea
from whet.model.metric import Goal
from whet.model.trial import Fingerprint, Invocation, Pair, Stage, TrialOutcome
from whet.model.verdict import Effect, Gate, Verdict

MACHINE = Fingerprint(
    host="box", machine="x86_64", cpu="A CPU", cores=8, kernel="6.1", compiler="cc 12",
    python="3.11", sandbox="bubblewrap",
)  # fmt: skip
NOISE = Noise(
    pairs=10, sd_pair=0.01, sd_plain=0.012, mean=0.0005, t=0.2, drift=0.001,
    autocorrelation=0.05, resolution=1e-6, detectable=0.013, seconds_per_pair=2.5,
)  # fmt: skip


def campaign(experiments: int, *, pairs: int = 8, seed: int = 1) -> Iterator[Event]:
    """The events of a campaign with this many experiments, eight to a wave, every fourth kept."""
    chance = random.Random(seed)  # noqa: S311 (numbers to look at, not secrets)
    config = Config(goal=Goal(metric="seconds"), bench=Bench(command="./bench"))
    base = _commit(chance)
    at = 1_700_000_000.0
    yield happened.CampaignOpened(at=at, name="long", base=base, config=config, version="0.1.0")
    yield happened.EvidenceFound(
        at=at, evidence=Evidence(id="S01", reader="profile", locator="src/a.c:12", quote="62 %")
    )
    yield happened.WorkerCalibrated(
        at=at, worker="local", fingerprint=MACHINE, noise=NOISE,
        outcome=outcome("calibration", pairs, chance),
    )  # fmt: skip
    incumbent, stack = base, list[str]()
    for first in range(0, experiments, 8):
        names = [f"{number + 1:02d}" for number in range(first, min(first + 8, experiments))]
        wave = first // 8 + 1
        for name in names:
            idea = Idea(id=f"I{name}", title=f"Idea {name}", evidence=("S01",), source="agent")
            yield happened.IdeaAdded(at=at, idea=idea)
        yield happened.WaveOpened(at=at, wave=wave, ideas=tuple(f"I{name}" for name in names))
        for name in names:
            commit = _commit(chance)
            kept = chance.random() < 0.25
            yield from _experiment(name, wave, incumbent, commit, kept, pairs, at, chance)
            if kept:
                stack.append(f"E{name}")
                incumbent = commit
            at += 60.0
        yield happened.StackMeasured(
            at=at, wave=wave, base=base, commit=incumbent, experiments=tuple(stack[-8:]),
            effect=effect(pairs), guards=(), holds=True, detail="",
            outcome=outcome("stack", pairs, chance),
        )  # fmt: skip
        yield happened.WaveClosed(at=at, wave=wave, kept=2, judged=len(names))


def _experiment(
    name: str, wave: int, incumbent: str, commit: str, kept: bool, pairs: int, at: float,
    chance: random.Random,
) -> Iterator[Event]:  # fmt: skip
    experiment = f"E{name}"
    change = Change(
        path="src/a.c", status="M", old_mode="100644", new_mode="100644", added=9, removed=4
    )
    candidate = Candidate(
        idea=f"I{name}", commit=commit, parent=incumbent, changes=(change,), author="agent"
    )
    yield happened.ExperimentOpened(at=at, experiment=experiment, wave=wave, candidate=candidate)
    yield happened.ExperimentStarted(
        at=at, experiment=experiment, worker="local", incumbent=incumbent, commit=commit,
        alpha=0.005, seed=chance.randrange(2**31),
    )  # fmt: skip
    found = outcome(experiment, pairs, chance)
    yield happened.ExperimentMeasured(at=at + 30, experiment=experiment, outcome=found)
    gates = (Gate(name="Build", ok=True, seconds=3.2), Gate(name="Checks", ok=True, detail="12 ok"))
    given = Verdict(
        kind="kept" if kept else "discarded", code="faster" if kept else "no_gain",
        reason=f"faster, {pairs} pairs" if kept else "likely at most +0.4%, below the 2.0% asked",
        effect=effect(pairs), gates=gates,
    )  # fmt: skip
    yield happened.VerdictGiven(at=at + 30, experiment=experiment, verdict=given)
    if kept:
        yield happened.IncumbentAdvanced(
            at=at + 30, experiment=experiment, commit=commit, previous=incumbent
        )


def outcome(name: str, pairs: int, chance: random.Random) -> TrialOutcome:
    """An outcome with pairs around one second on both sides."""
    stages = tuple(
        Stage(name=stage, ok=True, seconds=chance.random())
        for stage in ("checkout", "build_a", "build_b", "checks", "warmup", "measure")
    )
    taken = tuple(
        Pair(first="a", a=_invocation(chance), b=_invocation(chance)) for _ in range(pairs)
    )
    return TrialOutcome(id=name, fingerprint=MACHINE, stages=stages, pairs=taken, seconds=30.0)


def effect(pairs: int) -> Effect:
    """A gain of 5 % that is well known."""
    return Effect(
        metric="seconds", estimate=0.05, low=0.04, high=0.06, confidence=0.95, pairs=pairs,
        a=1.0, b=0.95,
    )  # fmt: skip


def _invocation(chance: random.Random) -> Invocation:
    value = chance.gauss(1.0, 0.01)
    return Invocation(values={"seconds": value}, wall=value + 0.1, cpu=value, at=chance.random())


def _commit(chance: random.Random) -> str:
    return f"{chance.getrandbits(160):040x}"
