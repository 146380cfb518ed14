"""A campaign of 20 experiments, told by events: every verdict, one retired, one held."""

import random
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from whet.judge.ratios import effect
from whet.model import event as happened
from whet.model.config import Bench, Build, Campaign, Checks, Config, Measure, Run, Scope
from whet.model.design import Noise
from whet.model.event import Event
from whet.model.idea import Candidate, Change, Evidence, Idea
from whet.model.metric import Goal, Guard
from whet.model.trial import Fingerprint, Invocation, Pair, Stage, TrialOutcome
from whet.model.verdict import Effect, Gate, Verdict
from whet.plan.replay import replay
from whet.plan.state import State

START = 1795370400.0
"""2026-11-22T18:00:00Z."""

BASE = "b4c1f02a" + "0" * 32

CONFIG = Config(
    campaign=Campaign(name="decode-cpu", title="Faster decoding on CPUs"),
    goal=Goal(metric="decode", unit="t/s", direction="higher", min_effect=0.01),
    guard=(
        Guard(metric="prefill", unit="t/s", direction="higher", max_loss=0.03),
        Guard(metric="rss", unit="MiB", direction="lower", max_loss=0.05),
        Guard(metric="size", unit="KiB", direction="lower", max_loss=0.10, exact=True),
    ),
    build=Build(command="make -j2 bench"),
    bench=Bench(command="./build/bench prompt.txt", env={"OMP_NUM_THREADS": "2"}),
    checks=Checks(command="make check"),
    scope=Scope(allow=("src/**",), protect=("bench/**", "tests/**")),
    measure=Measure(seed=11),
    run=Run(max_experiments=20),
)

FINGERPRINT = Fingerprint(
    host="build7.lab.example",
    machine="x86_64",
    cpu="Xeon 8375C",
    cores=8,
    kernel="6.1.0-25-amd64",
    compiler="gcc 12.2.0",
    python="3.11.7",
    sandbox="bubblewrap",
)

EVIDENCE = (
    Evidence(
        id="S01",
        reader="forks",
        locator="https://git.example/fork/commit/4be1d27",
        title="A fork's attention kernel",
        quote="Scale, mask and the running maximum now share one pass over the tile.",
        licence="MIT",
    ),
    Evidence(
        id="S02",
        reader="profile",
        locator="perf.txt lines 12-31",
        title="perf record, 3 runs",
        quote="38.21%  bench  attention_tile",
    ),
    Evidence(
        id="S03",
        reader="papers",
        locator="https://papers.example/online-softmax",
        title="Online normaliser calculation for softmax",
        quote="The two passes can be merged by keeping a running maximum.",
        licence="CC-BY-4.0",
    ),
    Evidence(
        id="S04",
        reader="backends",
        locator="src/gpu/norm.cu lines 40-77",
        title="The GPU backend",
        quote="rms_norm_mul: normalise and scale in one kernel",
    ),
)


def ideas() -> tuple[Idea, ...]:
    """I01 to I20, in the order they are tried."""
    told: tuple[tuple[str, tuple[str, ...], tuple[float, float] | None], ...] = (
        ("Unroll the dot product by 4", ("S02",), (0.01, 0.03)),
        ("Vectorise the sampler", (), None),
        ("Fuse the soft_max passes", ("S03", "S02"), (0.01, 0.04)),
        ("Huge pages for the KV cache", (), (0.0, 0.05)),
        ("Fuse RMS_NORM + MUL", ("S04",), (0.01, 0.04)),
        ("Skip the last tile", (), (0.02, 0.04)),
        ("Sort tokens before sampling", (), None),
        ("One-pass FMA QK tile", ("S01", "S03", "S02"), (0.05, 0.106)),
        ("Memoise logits", (), (0.2, 0.4)),
        ("Shorten the benchmark prompt", (), None),
        ("Adaptive row split", ("S02",), (0.03, 0.05)),
        ("Prefetch the next K tile", ("S02",), (0.01, 0.02)),
        ("Cache rope sin and cos", (), (0.01, 0.02)),
        ("Mark the error paths cold", (), None),
        ("Keep both cache layouts", ("S04",), (0.02, 0.05)),
        ("Repack the fused weights at load", (), (0.02, 0.06)),
        ("Accumulate QK in fp16", ("S01",), (0.03, 0.08)),
        ("Skip attention to padding", (), (0.05, 0.1)),
        ("Fuse ADD + RMS_NORM", ("S04",), (0.01, 0.02)),
        ("Repack Q4_0 at load", (), (0.01, 0.02)),
    )
    return tuple(
        Idea(
            id=f"I{number:02d}",
            title=title,
            mechanism="Fewer passes over the same memory." if cited else "",
            evidence=cited,
            predicted=predicted,
            refuted_by="no change in cache misses" if cited else "",
            source="agent",
        )
        for number, (title, cited, predicted) in enumerate(told, 1)
    )


def commit_of(name: str) -> str:
    """A commit id that belongs to a name."""
    return f"{random.Random(name).getrandbits(160):040x}"


def pairs(
    name: str,
    count: int,
    gain: float,
    *,
    level: float = 41.37,
    sd: float = 0.008,
    rss: float = 0.0,
    wall: float = 9.8,
) -> tuple[Pair, ...]:
    """Pairs whose side b is faster by `gain` in truth, with log-normal noise."""
    source = random.Random(name)

    def invocation(factor: float, memory: float, at: float) -> Invocation:
        noise = source.gauss(0.0, sd / 2**0.5)
        values = {
            "decode": round(level * factor * (1 + noise), 3),
            "prefill": round(212.4 * (1 + source.gauss(0.0, 0.008)), 2),
            "rss": round(742.0 * (1 + memory + source.gauss(0.0, 0.001)), 1),
            "size": 1204.0,
        }
        return Invocation(values=values, wall=round(wall / factor, 3), cpu=2 * wall, at=at)

    taken = []
    for number in range(count):
        a = invocation(1.0, 0.0, 2 * number * wall)
        b = invocation(1.0 + gain, rss, (2 * number + 1) * wall)
        taken.append(Pair(first=source.choice(("a", "b")), a=a, b=b))
    return tuple(taken)


def goal_effect(taken: Sequence[Pair]) -> Effect:
    return effect(taken, "decode", "higher", t=2.2, confidence=0.95)


def guard_effects(taken: Sequence[Pair]) -> tuple[Effect, ...]:
    return tuple(
        effect(taken, guard.metric, guard.direction, t=2.2, confidence=0.95)
        for guard in CONFIG.guard
    )


def outcome(name: str, taken: tuple[Pair, ...] = (), fault: Stage | None = None) -> TrialOutcome:
    """What a trial saw; a fault is its last stage."""
    good = [
        Stage(name="checkout", ok=True, seconds=0.4),
        Stage(name="build_b", ok=True, seconds=84.0),
        Stage(name="checks", ok=True, seconds=79.0, detail="1248 tests"),
        Stage(name="measure", ok=True, seconds=20.0 * len(taken)),
    ]
    names = [stage.name for stage in good]
    stages = (
        (*good,)
        if fault is None
        else (*good[: names.index(fault.name) if fault.name in names else 3], fault)
    )
    return TrialOutcome(
        id=name,
        fingerprint=FINGERPRINT,
        stages=stages,
        pairs=taken,
        seconds=sum(stage.seconds for stage in stages),
        overhead=0.3,
    )


SCOPE = Gate(name="Scope", ok=True, detail="2 files, +53 -14, no protected file")
BUILD = Gate(name="Build", ok=True, seconds=84.0)
CHECKS = Gate(name="Checks", ok=True, detail="1248 tests", seconds=79.0)


def measured_gates(count: int, decision: Gate, *more: Gate) -> tuple[Gate, ...]:
    taken = Gate(
        name="Measurement", ok=True, detail=f"{count} pairs in random order", seconds=20.0 * count
    )
    return (SCOPE, BUILD, CHECKS, taken, decision, *more)


@dataclass
class Story:
    """Events in the order they happen; the clock moves by what they take."""

    events: list[Event] = field(default_factory=list)
    at: float = START
    incumbent: str = BASE
    level: float = 41.37
    stack: list[str] = field(default_factory=list)
    wave: int = 0

    def later(self, seconds: float) -> float:
        self.at += seconds
        return self.at

    def open(self, scripted: str = "", config: Config = CONFIG) -> None:
        self.events.append(
            happened.CampaignOpened(
                at=self.at,
                name=config.campaign.name,
                base=BASE,
                config=config,
                version="0.1.0",
                scripted=scripted,
            )
        )

    def research(self) -> None:
        for evidence in EVIDENCE:
            self.events.append(happened.EvidenceFound(at=self.later(20), evidence=evidence))
        for idea in ideas():
            self.events.append(happened.IdeaAdded(at=self.later(2), idea=idea))

    def calibrate(self) -> None:
        taken = pairs("aa", 10, 0.0)
        self.events.append(
            happened.WorkerCalibrated(
                at=self.later(240),
                worker="local",
                fingerprint=FINGERPRINT,
                noise=Noise(
                    pairs=10, sd_pair=0.0079, sd_plain=0.0083, mean=0.0004, t=0.16, drift=0.001,
                    autocorrelation=0.02, resolution=0.0000242, detectable=0.0071,
                    seconds_per_pair=19.6,
                ),
                outcome=outcome("calibrate.1", taken),
            )
        )  # fmt: skip

    def open_wave(self, first: int, last: int, title: str = "") -> None:
        self.wave += 1
        names = tuple(f"I{number:02d}" for number in range(first, last + 1))
        self.events.append(
            happened.WaveOpened(at=self.later(1), wave=self.wave, ideas=names, title=title)
        )

    def propose(self, number: int, problem: str = "", files: Sequence[str] = ()) -> str:
        name = f"E{number:02d}"
        changed = files or ("src/attention.c", "src/ops.h")
        changes = tuple(
            Change(
                path=path, status="M", old_mode="100644", new_mode="100644",
                added=53 // len(changed), removed=7,
            )
            for path in changed
        )  # fmt: skip
        candidate = Candidate(
            idea=f"I{number:02d}",
            commit="" if problem else commit_of(name),
            parent=self.incumbent,
            changes=() if problem else changes,
            author="agent",
            problem=problem,
            patch=commit_of(name + "p") + "0" * 24,
        )
        self.events.append(
            happened.ExperimentOpened(
                at=self.later(150),
                experiment=name,
                wave=self.wave,
                candidate=candidate,
                agent_seconds=148.0,
                transcript=commit_of(name + "t") + "0" * 24,
            )
        )
        return name

    def start(self, name: str) -> None:
        self.events.append(
            happened.ExperimentStarted(
                at=self.later(1),
                experiment=name,
                worker="local",
                incumbent=self.incumbent,
                commit=commit_of(name),
                alpha=0.005,
                seed=17,
            )
        )

    def measure(self, name: str, seen: TrialOutcome) -> None:
        self.events.append(
            happened.ExperimentMeasured(at=self.later(seen.seconds), experiment=name, outcome=seen)
        )

    def give(self, name: str, verdict: Verdict) -> None:
        self.events.append(
            happened.VerdictGiven(at=self.later(1), experiment=name, verdict=verdict)
        )

    def measured(
        self, number: int, count: int, gain: float, verdict: Verdict, *, sd: float = 0.008,
        rss: float = 0.0,
    ) -> None:  # fmt: skip
        """An experiment that came as far as its pairs."""
        name = self.propose(number)
        self.start(name)
        taken = pairs(name, count, gain, level=self.level, sd=sd, rss=rss)
        self.measure(name, outcome(name, taken))
        decision = Gate(name="Decision", ok=verdict.kind == "kept", detail=verdict.reason)
        gates = measured_gates(count, decision, *verdict.gates)
        full = replace(verdict, effect=goal_effect(taken), guards=guard_effects(taken), gates=gates)
        self.give(name, full)
        if verdict.kind == "kept":
            self.advance(name, commit_of(name))
            self.level *= 1 + gain

    def keep(self, number: int, count: int, gain: float) -> None:
        integrity = Gate(name="Integrity", ok=True, detail="protected files unchanged")
        verdict = Verdict(
            kind="kept", code="faster", reason=f"faster, {count} pairs", gates=(integrity,)
        )
        self.measured(number, count, gain, verdict)

    def discard(self, number: int, count: int, gain: float) -> None:
        slower = gain < -0.01
        text = (
            "slower"
            if slower
            else f"likely at most +0.8% after {count} pairs, less than the 1.0% asked"
        )
        code = "slower" if slower else "no_gain"
        self.measured(number, count, gain, Verdict(kind="discarded", code=code, reason=text))

    def fault(self, number: int, verdict: Verdict, stage: Stage) -> None:
        """An experiment that ended before its first pair."""
        name = self.propose(number)
        self.start(name)
        self.measure(name, outcome(name, fault=stage))
        gates: dict[str, tuple[Gate, ...]] = {
            "build_b": (SCOPE, Gate(name="Build", ok=False, detail=stage.detail, seconds=12.0)),
            "checks": (
                SCOPE, BUILD, Gate(name="Checks", ok=False, detail=stage.detail, seconds=31.0),
            ),
        }  # fmt: skip
        last = Gate(name="Measurement", ok=False, detail=stage.detail, seconds=stage.seconds)
        self.give(name, replace(verdict, gates=gates.get(stage.name, (SCOPE, BUILD, CHECKS, last))))

    def refuse(self, number: int, verdict: Verdict, **candidate: object) -> None:
        """An experiment that never came to a trial."""
        name = self.propose(number, **candidate)
        self.give(
            name, replace(verdict, gates=(Gate(name="Scope", ok=False, detail=verdict.reason),))
        )

    def advance(self, name: str, commit: str) -> None:
        self.events.append(
            happened.IncumbentAdvanced(
                at=self.at, experiment=name, commit=commit, previous=self.incumbent
            )
        )
        self.incumbent = commit
        if name:
            self.stack.append(name)

    def remeasure(self, gain: float, *, lost: str = "", rss: float = 0.0) -> None:
        taken = pairs(f"stack {self.wave} {lost}", 24, gain, rss=rss)
        self.events.append(
            happened.StackMeasured(
                at=self.later(480),
                wave=self.wave,
                base=BASE,
                commit=self.incumbent,
                experiments=tuple(self.stack),
                effect=goal_effect(taken),
                guards=guard_effects(taken),
                holds=not lost,
                detail=lost,
                outcome=outcome(f"stack.{self.wave}", taken),
            )
        )

    def retire(self, name: str, why: str) -> None:
        given = next(
            e.verdict for e in self.events
            if isinstance(e, happened.VerdictGiven) and e.experiment == name
        )  # fmt: skip
        self.stack.remove(name)
        self.give(name, replace(given, kind="retired", code="stack", reason=why))
        self.advance("", commit_of("without " + name))

    def close_wave(self, kept: int, judged: int) -> None:
        self.events.append(
            happened.WaveClosed(at=self.later(1), wave=self.wave, kept=kept, judged=judged)
        )

    def stop(self) -> None:
        self.events.append(
            happened.CampaignStopped(
                at=self.later(1), reason="20 experiments were judged", code="experiments"
            )
        )


def first_wave(story: Story) -> None:
    story.open_wave(1, 7, "what the profile shows")
    story.discard(1, 6, 0.003)
    story.fault(
        2,
        Verdict(kind="failed", code="build", reason="sampler.c:88: unknown type name '__m512'"),
        Stage(
            name="build_b", ok=False, seconds=12.0, fault="exit",
            detail="sampler.c:88: unknown type name '__m512'",
        ),
    )  # fmt: skip
    story.keep(3, 12, 0.021)
    story.measured(
        4,
        40,
        0.012,
        Verdict(
            kind="inconclusive",
            code="pair_limit",
            reason="between -0.9% and +3.6% after 40 pairs",
        ),
        sd=0.06,
    )
    story.keep(5, 12, 0.019)
    story.fault(
        6,
        Verdict(kind="checks_failed", code="checks", reason="perplexity 9.641 -> 11.207"),
        Stage(
            name="checks", ok=False, seconds=31.0, fault="exit", detail="perplexity 9.641 -> 11.207"
        ),
    )
    story.discard(7, 3, -0.028)
    story.remeasure(0.038)
    story.close_wave(2, 7)


def second_wave(story: Story) -> None:
    story.open_wave(8, 14, "fewer passes")
    story.keep(8, 8, 0.064)
    fresh = "+31.0% on the usual inputs, +0.1% on fresh ones: an answer is replayed"
    story.measured(
        9,
        4,
        0.31,
        Verdict(
            kind="rejected",
            code="fresh_inputs",
            reason=fresh,
            gates=(Gate(name="Integrity", ok=False, detail=fresh),),
        ),
    )
    story.refuse(
        10,
        Verdict(
            kind="rejected", code="scope", reason="changes bench/prompt.txt, which is protected"
        ),
        files=("bench/prompt.txt",),
    )
    story.keep(11, 16, 0.016)
    story.keep(12, 24, 0.011)
    story.discard(13, 4, 0.004)
    name = story.propose(14)
    story.start(name)
    story.measure(name, replace(outcome(name), identical=True))
    same = "the build makes the same program: nothing to measure"
    story.give(
        name,
        Verdict(kind="discarded", code="identical", reason=same, gates=(SCOPE, BUILD, CHECKS)),
    )
    lost = "re-measured, rss got worse by more than 5.0%"
    story.remeasure(0.127, lost=lost, rss=0.071)
    story.retire("E12", lost)
    story.level /= 1.011
    story.remeasure(0.118)
    story.close_wave(2, 7)


def third_wave(story: Story) -> None:
    story.open_wave(15, 20, "what is left")
    story.measured(
        15,
        8,
        0.024,
        Verdict(
            kind="discarded",
            code="guard_lost",
            reason="rss lost 9.1% after 8 pairs, more than the 5.0% allowed",
        ),
        rss=0.091,
    )
    story.refuse(
        16,
        Verdict(
            kind="failed",
            code="does_not_apply",
            reason="src/weights.c: hunk 3 does not match",
        ),
        problem="src/weights.c: hunk 3 does not match",
    )
    story.fault(
        17,
        Verdict(kind="failed", code="crash", reason="killed by SIGILL in 3 of 3 runs"),
        Stage(
            name="warmup", ok=False, seconds=3.0, fault="crash",
            detail="killed by SIGILL in 3 of 3 runs",
        ),
    )  # fmt: skip
    why = "+61.4% is more than 50%: a person must look"
    story.measured(
        18,
        4,
        0.61,
        Verdict(
            kind="inconclusive",
            code="suspicious",
            reason=why,
            held=why,
            gates=(Gate(name="Plausible", ok=False, detail=why),),
        ),
    )
    story.keep(19, 16, 0.012)
    name = story.propose(20)
    story.start(name)
    story.events.append(
        happened.ExperimentRequeued(
            at=story.later(30), experiment=name, reason="the machine was suspended"
        )
    )
    story.start(name)
    taken = pairs(name, 8, 0.002, level=story.level)
    story.measure(name, outcome(name, taken))
    text = "likely at most +0.9% after 8 pairs, less than the 1.0% asked"
    story.give(
        name,
        Verdict(
            kind="discarded",
            code="no_gain",
            reason=text,
            effect=goal_effect(taken),
            guards=guard_effects(taken),
            gates=measured_gates(8, Gate(name="Decision", ok=False, detail=text)),
        ),
    )
    story.remeasure(0.129)
    story.close_wave(1, 6)


def opened(scripted: str = "") -> Story:
    """A story with research and a calibration, and no experiment yet."""
    story = Story()
    story.open(scripted)
    story.research()
    story.calibrate()
    return story


def whole(scripted: str = "") -> Story:
    """The story from its beginning to its end."""
    story = opened(scripted)
    first_wave(story)
    second_wave(story)
    third_wave(story)
    story.stop()
    return story


def finished(scripted: str = "") -> State:
    """The state at the end of the whole story."""
    return replay(whole(scripted).events)


def until(last: type, number: int = 1) -> State:
    """The state just after the `number`-th event of a kind."""
    seen = 0
    for index, event in enumerate(whole().events):
        seen += isinstance(event, last)
        if seen == number:
            return replay(whole().events[: index + 1])
    raise AssertionError(f"there are fewer than {number} events of {last.__name__}")


def story_with(**changed) -> Story:
    """The whole story, with some fields of every idea or its evidence replaced."""
    story = whole(changed.pop("scripted", ""))
    for index, event in enumerate(story.events):
        if isinstance(event, happened.IdeaAdded) and "title" in changed:
            idea = replace(event.idea, title=changed["title"], mechanism=changed["title"])
            story.events[index] = replace(event, idea=idea)
        if isinstance(event, happened.EvidenceFound) and "quote" in changed:
            evidence = Evidence(
                id=event.evidence.id,
                reader="papers",
                locator=changed.get("locator", changed["quote"]),
                quote=changed["quote"],
                title=changed["quote"],
                licence=changed["quote"],
            )
            story.events[index] = replace(event, evidence=evidence)
        if isinstance(event, happened.VerdictGiven) and "reason" in changed:
            verdict = replace(event.verdict, reason=changed["reason"])
            story.events[index] = replace(event, verdict=verdict)
    return story
