"""An outcome to a verdict: the gates in order, and the first that says no decides."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Literal

from whet.judge import lint, units
from whet.judge.layouts import over_layouts
from whet.judge.lint import Complaint
from whet.judge.ratios import effect, gain, log_ratios
from whet.judge.sequential import Decision, decide
from whet.judge.summary import Centre, centre, median
from whet.model.config import Config
from whet.model.design import Design
from whet.model.metric import Direction
from whet.model.trial import Fault, Pair, Stage, TrialOutcome
from whet.model.verdict import Effect, Gate, ReasonCode, Verdict, VerdictKind

_FAULTS: Mapping[tuple[str, Fault], tuple[VerdictKind, ReasonCode]] = {
    ("build_b", "exit"): ("failed", "build"),
    ("build_b", "timeout"): ("failed", "timeout"),
    ("build_b", "protected"): ("rejected", "protected"),
    ("checks", "exit"): ("checks_failed", "checks"),
    ("checks", "timeout"): ("failed", "timeout"),
    ("checks", "protected"): ("rejected", "protected"),
    ("equivalence", "exit"): ("checks_failed", "checks"),
    ("equivalence", "output_differs"): ("checks_failed", "output_differs"),
}
_RUN_FAULTS: Mapping[Fault, tuple[VerdictKind, ReasonCode]] = {
    "crash": ("failed", "crash"),
    "timeout": ("failed", "timeout"),
    "no_metric": ("failed", "no_metric"),
    "checks": ("checks_failed", "checks"),
    "protected": ("rejected", "protected"),
}
_ORDER = (
    "Scope", "Integrity", "Build", "Checks", "Same output", "Screen", "Measurement", "Layout",
    "Decision", "Plausible",
)  # fmt: skip
"""Gates as a person reads them."""

_MOST = 0.75
"""From this share of the wall clock on, a time is that of the whole run."""

NOT_THE_CANDIDATE: frozenset[Fault] = frozenset({"incumbent", "unavailable"})
"""Faults of the machine or of the code the candidate is compared with."""


def refuse(kind: VerdictKind, code: ReasonCode, reason: str, *gates: Gate) -> Verdict:
    """The verdict on a candidate that never came to a trial."""
    return Verdict(kind=kind, code=code, reason=reason, gates=gates)


def verdict(config: Config, design: Design, outcome: TrialOutcome, *before: Gate) -> Verdict:
    """What an outcome says about a candidate.

    Args:
        config: thresholds of the campaign.
        design: the design the trial stopped by.
        outcome: what the trial saw; its fault, if any, must be the candidate's own.
        before: gates the candidate has passed already.
    """
    gates = (*before, *_stage_gates(outcome))
    fault = outcome.fault
    if fault is not None:
        return _faulty(design, outcome, fault, gates)
    if outcome.identical:
        reason = "both builds are equal, byte for byte"
        return Verdict(kind="discarded", code="identical", reason=reason, gates=gates)
    if outcome.screened:
        said = next(gate.detail for gate in gates if gate.name == "Screen")
        reason = f"{said}: dropped by the screen before any pair"
        return Verdict(kind="discarded", code="screened", reason=reason, gates=gates)
    decision = decide(design, outcome.pairs)
    # what was taken beyond the decision decides nothing; an interval needs two pairs, though, and
    # an exact guard can be lost at the first
    used = outcome.pairs[: max(2, decision.pairs)]
    found = goal_effect(design, used) if len(used) > 1 else None
    guards = guard_effects(design, used)
    judged = _judged(config, design, outcome, decision, found)
    all_gates = (*gates, *_measured_gates(design, outcome, decision, judged), *judged.gates)
    return replace(judged, effect=found, guards=guards, gates=_in_order(all_gates))


def goal_effect(design: Design, pairs: tuple[Pair, ...]) -> Effect:
    """The goal's effect with its interval."""
    metric, direction = design.metric, design.direction
    if design.layouts is not None:
        places = [pair.layout for pair in pairs]
        over = over_layouts(log_ratios(pairs, metric, direction), places, design.floor)
        if over is not None and over.df + 1 == design.layouts.count:
            t, confidence = design.layouts.interval_t, design.boundaries.confidence
            return effect(pairs, metric, direction, t=t, confidence=confidence, over=over)
    found = _effect(design, pairs, metric, direction, design.floor)
    return replace(found, method=f"{len(pairs)} exact repeats") if design.exact else found


def guard_effects(design: Design, pairs: tuple[Pair, ...]) -> tuple[Effect, ...]:
    """The effect of every guard that has values with a logarithm."""
    found = []
    for guard in design.guards:
        if len(pairs) < 2:
            break
        try:
            found.append(_effect(design, pairs, guard.metric, guard.direction, 0.0))
        except ValueError:
            continue  # an exact guard may be 0
    return tuple(found)


def _effect(
    design: Design, pairs: tuple[Pair, ...], metric: str, direction: Direction, floor: float
) -> Effect:
    bounds = design.boundaries
    return effect(
        pairs,
        metric,
        direction,
        t=bounds.interval_t[min(len(pairs), bounds.cap)],
        confidence=bounds.confidence,
        floor=floor,
    )


def _faulty(
    design: Design, outcome: TrialOutcome, fault: Stage, gates: tuple[Gate, ...]
) -> Verdict:
    kind, code = _FAULTS.get((fault.name, fault.fault)) or _RUN_FAULTS[fault.fault]
    seen = goal_effect(design, outcome.pairs) if len(outcome.pairs) >= 2 else None
    return Verdict(kind=kind, code=code, reason=fault.detail, effect=seen, gates=gates)


def _judged(
    config: Config, design: Design, outcome: TrialOutcome, decision: Decision, found: Effect | None
) -> Verdict:
    if decision.action == "guard_lost" or found is None:
        return Verdict(kind="discarded", code="guard_lost", reason=decision.text)
    if decision.action == "accept":
        return _accepted(config, design, outcome, found)
    if decision.action == "futile":
        slower = found.high < 0
        code: ReasonCode = "slower" if slower else "no_gain"
        return Verdict(kind="discarded", code=code, reason="slower" if slower else decision.text)
    if decision.action == "unsteady":
        return Verdict(kind="inconclusive", code="not_exact", reason=decision.text)
    code = "guard_undecided" if decision.accepted_at else "pair_limit"
    return Verdict(kind="inconclusive", code=code, reason=decision.text)


def _accepted(config: Config, design: Design, outcome: TrialOutcome, found: Effect) -> Verdict:
    fresh = _fresh_complaint(design, outcome, found) or _used_complaint(config, design, outcome)
    if fresh:
        gate = Gate(name="Integrity", ok=False, detail=fresh)
        return Verdict(kind="rejected", code="fresh_inputs", reason=fresh, gates=(gate,))
    wrong = sorted(
        lint.of_candidate(config, outcome.pairs, outcome.fingerprint.cores, outcome.fresh),
        key=lambda complaint: not complaint.sure,
    )
    if wrong:
        return _wrong(wrong[0])
    held = _held(config, design, outcome, found)
    if held is not None:
        code, why = held
        gate = Gate(name="Plausible", ok=False, detail=why)
        return Verdict(kind="inconclusive", code=code, reason=why, held=why, gates=(gate,))
    return Verdict(
        kind="kept",
        code="faster",
        reason=f"faster, {found.pairs} pairs",
        gates=(_integrity_gate(outcome),),
    )


def _wrong(complaint: Complaint) -> Verdict:
    """What numbers that cannot be true are worth: nothing, or a person's look."""
    why, held = str(complaint), "" if complaint.sure else str(complaint)
    return Verdict(
        kind="rejected" if complaint.sure else "inconclusive",
        code=complaint.code,
        reason=why,
        held=held,
        gates=(Gate(name="Plausible", ok=False, detail=why),),
    )


def _fresh_complaint(design: Design, outcome: TrialOutcome, found: Effect) -> str:
    """A gain that is gone on inputs nobody has seen is a remembered answer."""
    if len(outcome.fresh) < 2:
        return ""
    seen, claimed = _on_fresh(design, outcome)
    upper = seen.mean + design.boundaries.futile_t[seen.n] * seen.se
    if gain(upper) >= claimed / 2:
        return ""
    return (
        f"{found.estimate:+.1%} on the usual inputs, {gain(seen.mean):+.1%} on fresh ones: "
        "an answer is replayed"
    )


def _used_complaint(config: Config, design: Design, outcome: TrialOutcome) -> str:
    """The same asked of CPU time, which says it where others disturb the goal.

    Only where the gain on the usual inputs is one of CPU time: at least half of it. What is common
    to every run, its start, makes both gains smaller, so it blames nobody.
    """
    if len(outcome.fresh) < 2 or config.bench.clock != "auto":
        return ""
    try:
        usual = centre(_used(outcome.pairs)).mean
        seen = centre(_used(outcome.fresh))
    except ValueError:
        return ""  # too short for this clock
    _, claimed = _on_fresh(design, outcome)
    upper = seen.mean + design.boundaries.futile_t[seen.n] * seen.se
    if gain(usual) < claimed / 2 or gain(upper) >= gain(usual) / 2:
        return ""
    return (
        f"{gain(usual):+.1%} of CPU time on the usual inputs, {gain(seen.mean):+.1%} on fresh "
        "ones: an answer is replayed"
    )


def _used(pairs: Sequence[Pair]) -> list[float]:
    """The log ratio of CPU time of each pair; above 0 where side b takes less."""
    return [math.log(pair.a.cpu) - math.log(pair.b.cpu) for pair in pairs]


def _on_fresh(design: Design, outcome: TrialOutcome) -> tuple[Centre, float]:
    """The log ratio on fresh inputs, and the gain on the usual ones."""
    seen = centre(log_ratios(outcome.fresh, design.metric, design.direction), design.floor)
    usual = centre(log_ratios(outcome.pairs, design.metric, design.direction))
    return seen, gain(usual.mean)


def _held(
    config: Config, design: Design, outcome: TrialOutcome, found: Effect
) -> tuple[Literal["suspicious", "clock"], str] | None:
    if found.estimate > config.judge.suspicious_above:
        limit = f"{config.judge.suspicious_above:.0%}"
        return "suspicious", f"{found.estimate:+.1%} is more than {limit}: a person must look"
    if len(outcome.fresh) > 1:
        _, claimed = _on_fresh(design, outcome)
        # the middle, since one pair of few that was disturbed says nothing about an answer
        seen = gain(median(log_ratios(outcome.fresh, design.metric, design.direction)))
        if seen < claimed / 2:  # too noisy to reject it, and no reason to believe it
            only = f"{claimed:+.1%} on the usual inputs, {seen:+.1%} on fresh ones"
            return "suspicious", f"{only}: a person must look"
    if config.bench.clock == "auto":
        clock = _clock_complaint(config, design, outcome)
        if clock:
            return "clock", clock
    return None


def _clock_complaint(config: Config, design: Design, outcome: TrialOutcome) -> str:
    """A time that shrank inside the program must shrink outside it by as much, at least.

    Asked only of times in a known unit. Half the saving is enough, on the wall clock or in CPU
    time: the time of several threads falls faster than the wall clock, and a benchmark that asks
    now and then whether its program has ended rounds the wall clock up. A clock that is too noisy
    to see half of the saving says nothing; on a busy machine that is the wall clock, and then CPU
    time decides alone. Where neither says anything, a time that is most of the run needs a person:
    what is common to both clocks is in no difference, so a real saving would have shown.
    """
    unit = units.seconds(config.goal)
    if unit is None:
        return ""
    pairs = outcome.pairs
    inside = [(p.a.values[design.metric] * unit, p.b.values[design.metric] * unit) for p in pairs]
    saved = median([old - new for old, new in inside])
    wall = [pair.a.wall - pair.b.wall for pair in pairs]
    cpu = [pair.a.cpu - pair.b.cpu for pair in pairs]
    # what waits for a core is longer inside, too, but takes no more of it
    used = min(1.0, median([pair.a.cpu / pair.a.wall for pair in pairs if pair.a.wall > 0] or [0]))
    # as ratios of one pair: what disturbs a run is in both its clocks, and in none of the missing
    claimed = [math.log(old / new) for old, new in inside]
    missing = [said - math.log(old / max(old - out, old / 1000))
               for said, (old, _), out in zip(claimed, inside, wall, strict=True)]  # fmt: skip
    seen = (
        _shows([-one for one in missing], centre(claimed).mean, design),
        _shows([one - saved * used for one in cpu], saved * used, design),
    )
    shares = [p.a.values[design.metric] * unit / p.a.wall for p in pairs if p.a.wall > 0]
    if True in seen or (False not in seen and median(shares or [0]) < _MOST):
        return ""
    return (
        f"the benchmark reports {saved:.3g} s less, the wall clock "
        f"{max(centre(wall).mean, 0.0):.3g} s, CPU time {max(centre(cpu).mean, 0.0):.3g} s"
    )


def _shows(beyond: Sequence[float], claimed: float, design: Design) -> bool | None:
    """Whether a clock shows half of what is claimed; None where it is too noisy to say.

    Args:
        beyond: by how much each pair shows more than all of that; less than 0 where less.
        claimed: in the same unit.
        design: of the trial, for its quantiles.
    """
    found = centre(beyond)
    margin = design.boundaries.futile_t[found.n] * found.se
    if margin >= claimed / 4:
        return None
    return found.mean + margin >= -claimed / 2


def _stage_gates(outcome: TrialOutcome) -> tuple[Gate, ...]:
    names = {
        "build_b": "Build",
        "checks": "Checks",
        "equivalence": "Same output",
        "screen": "Screen",
    }
    gates: dict[str, Gate] = {}
    for stage in outcome.stages:
        if stage.name in names:
            detail = stage.detail or ("built before" if stage.cached else "")
            name = names[stage.name]
        elif not stage.ok:
            detail = stage.detail
            name = "Integrity" if stage.fault == "protected" else "Measurement"
        else:
            continue
        seconds = stage.seconds
        if name in gates:  # the checks run again after a gain
            seconds += gates[name].seconds or 0.0
            detail = f"{detail or 'passed'}, twice" if stage.ok else f"passed once, then: {detail}"
        gates[name] = Gate(name=name, ok=stage.ok, detail=detail, seconds=seconds)
    if "Screen" in gates:  # it decides nothing but when to drop
        gates["Screen"] = replace(gates["Screen"], ok=False if outcome.screened else None)
    return tuple(gates.values())


def _measured_gates(
    design: Design, outcome: TrialOutcome, decision: Decision, judged: Verdict
) -> tuple[Gate, ...]:
    seconds = sum(s.seconds for s in outcome.stages if s.name in ("warmup", "measure"))
    repeated = sum(outcome.failures.values())
    again = f", {repeated} repeated" if repeated else ""
    taken = f"{decision.pairs} pairs in random order{again}"
    return (
        Gate(name="Measurement", ok=True, detail=taken, seconds=seconds),
        *_layout_gate(design, outcome),
        Gate(
            name="Decision", ok=decision.action == "accept", detail=_why(design, decision, judged)
        ),
    )


def _layout_gate(design: Design, outcome: TrialOutcome) -> tuple[Gate, ...]:
    if design.layouts is None:
        return ()
    if outcome.layouts == 1:
        why = "the build makes one program in every layout"
        return (Gate(name="Layout", ok=None, detail=why),)
    detail = f"{outcome.layouts} builds of each side, its functions in other places in each"
    return (Gate(name="Layout", ok=True, detail=detail),)


def _why(design: Design, decision: Decision, judged: Verdict) -> str:
    if decision.action == "accept" and design.exact:
        return "the repeats agree, and gain the minimum effect or more"
    if decision.action == "accept":
        return "interval above 0, not shown to be below the minimum effect"
    return judged.reason


def _in_order(gates: tuple[Gate, ...]) -> tuple[Gate, ...]:
    return tuple(sorted(gates, key=lambda gate: _ORDER.index(gate.name)))


def _integrity_gate(outcome: TrialOutcome) -> Gate:
    fresh = ", the gain holds on fresh inputs" if outcome.fresh else ""
    return Gate(name="Integrity", ok=True, detail=f"protected files unchanged{fresh}")
