"""Numbers that cannot be what they are said to be. Standard library only.

`of_base` is asked of runs of one program, before a campaign and by `whet doctor`; `of_candidate`
of every change that the test would accept, so a number that is wrong keeps nothing.

A complaint that is `sure` needs nobody's opinion; any other waits for a person.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from whet.judge import exact, units
from whet.judge.calibration import resolution
from whet.judge.summary import median
from whet.model.config import Config
from whet.model.trial import Invocation, Pair

Code = Literal[
    "constant", "not_exact", "coarse", "impossible", "unit_jump", "work_differs", "contradiction"
]

_ENOUGH = 6
"""So many equal values are no chance, however few digits they have."""

_STEPS = 3
"""Values of a count of work that falls: two may be one run that was cut short."""

_LONG = 6
"""Nor are two equal values with so many digits."""

_SAME_WORK = 0.005
"""Counts of work may differ by this share; text of the same meaning has not always one length."""

_JUMPS = (1e3, 1e6, 1e9, 1024.0, 2.0**20, 2.0**30, 60.0, 3600.0)
"""Factors between units."""

_NO_NOISE = 1000.0
"""A run that stalls may take 60 times as long, but never so many times."""

_NEAR = 1.35
"""How far from such a factor a ratio may lie: a real gain may come on top of a changed unit."""

_OUTSIDE = 1.05
"""A run may take so much longer inside than outside, for clocks that disagree."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Complaint:
    """What is wrong with a metric, and what its benchmark must do instead."""

    code: Code
    metric: str
    text: str
    fix: str
    sure: bool = False

    def __str__(self) -> str:
        return f"{self.text}; {self.fix}"


def of_base(config: Config, runs: Sequence[Invocation], cores: int = 0) -> Iterator[Complaint]:
    """What is wrong with runs of one program; `cores` of the machine, 0 when it is not known."""
    if constant(config, runs):
        yield _replayed(config, runs)
        return
    yield from unsteady(config, runs)
    yield from unlike(config, runs)
    yield from coarse(config, runs)
    yield from impossible(config, runs, cores)


def of_candidate(
    config: Config, pairs: Sequence[Pair], cores: int = 0, fresh: Sequence[Pair] = ()
) -> Iterator[Complaint]:
    """What is wrong with a candidate's numbers that is right with the incumbent's.

    Args:
        config: the campaign's.
        pairs: on the usual inputs.
        cores: of the machine, 0 when it is not known.
        fresh: pairs on inputs that nobody has seen, each on its own.
    """
    a, b = [pair.a for pair in pairs], [pair.b for pair in pairs]
    yield from _other_work(a, b)
    yield from _other_answers(a, fresh)
    known = {complaint.code for complaint in of_base(config, a, cores)}
    yield from (one for one in of_base(config, b, cores) if one.code not in known)
    yield from _jumps(config, a, b)
    yield from _no_shorter(config, pairs)


def constant(config: Config, runs: Sequence[Invocation]) -> bool:
    """Whether the goal has one value in every run, and that is no chance and no assumption."""
    if config.goal.exact:
        return False
    found = _values(config, runs)
    digits = len(f"{found[0]:.12g}".replace(".", "").replace("-", "").strip("0"))
    equal = len(found) > 1 and len(set(found)) == 1
    return equal and (len(found) >= _ENOUGH or digits >= _LONG)


def _values(config: Config, runs: Sequence[Invocation]) -> list[float]:
    return [run.values[config.goal.metric] for run in runs]


def _replayed(config: Config, runs: Sequence[Invocation]) -> Complaint:
    name = config.goal.metric
    value = runs[0].values[name]
    return Complaint(
        code="constant",
        metric=name,
        text=f"prints the same {name}={value:.12g} in each of {len(runs)} runs",
        fix="print what was measured in this run",
        sure=True,
    )


def unsteady(config: Config, runs: Sequence[Invocation]) -> Iterator[Complaint]:
    """Metrics that are declared exact, and differ between runs of one program."""
    goal = config.goal
    declared = [(goal.metric, "goal.exact", goal.min_effect)] if goal.exact else []
    declared += [
        (guard.metric, f"guard.{place}.exact", guard.max_loss)
        for place, guard in enumerate(config.guard)
        if guard.exact
    ]
    for metric, key, effect in declared:
        found = [run.values[metric] for run in runs]
        why = exact.disagreement(metric, found, math.log1p(effect))
        if why:
            fix = f"it has noise: `whet config set {key} false`"
            yield Complaint(code="not_exact", metric=metric, text=why, fix=fix, sure=True)


def unlike(config: Config, runs: Sequence[Invocation]) -> Iterator[Complaint]:
    """What runs of one program do not have alike, though no machine is that noisy."""
    yield from _two_units(config, runs)
    yield from _less_and_less(runs)


def _two_units(config: Config, runs: Sequence[Invocation]) -> Iterator[Complaint]:
    """A metric that some runs print in another unit."""
    for name in (config.goal.metric, *(guard.metric for guard in config.guard)):
        found = [run.values[name] for run in runs]
        low, high = min(found), max(found)
        near = _jump(high / low) if low > 0 else None
        if near is not None and near >= _NO_NOISE:
            yield Complaint(
                code="unit_jump",
                metric=name,
                text=f"{name} is {low:.4g} in one run of a program and {high:.4g} in another, "
                f"about {near:g} times: that may be its unit",
                fix="print it in one unit",
                sure=True,
            )


def _less_and_less(runs: Sequence[Invocation]) -> Iterator[Complaint]:
    """Work that every run does a little less of: what one run leaves is not done by the next.

    Six runs in a row that never do more and end with less are no chance, whatever varies.
    """
    later = sorted(runs, key=lambda run: run.at)
    for name in later[0].work if len(later) >= _ENOUGH else ():
        done = [_done(run, name) for run in later]
        known = [value for value in done if value is not None]
        falls = all(after <= before for before, after in pairwise(known))
        if len(known) < len(done) or not falls or len(set(known)) < _STEPS:
            continue
        if not _alike(known[0], known[-1], known[0]):
            yield Complaint(
                code="work_differs",
                metric=name,
                text=f"does less from run to run: {name} fell from {known[0]:.12g} to "
                f"{known[-1]:.12g} in {len(known)} runs of one program",
                fix="let every run do the same work, whatever ran before",
                sure=True,
            )


def _jump(factor: float) -> float | None:
    """The factor between two units that this is near, if it is."""
    return next((jump for jump in _JUMPS if jump / _NEAR < factor < jump * _NEAR), None)


def coarse(config: Config, runs: Sequence[Invocation]) -> Iterator[Complaint]:
    """Digits that hide the effect that is looked for."""
    goal = config.goal
    step = 0.0 if goal.exact else resolution(_values(config, runs))
    if step > goal.min_effect / 2:
        yield Complaint(
            code="coarse",
            metric=goal.metric,
            text=f"prints {goal.metric} in steps of {100 * step:.4g}%, "
            f"and {100 * goal.min_effect:.4g}% is looked for",
            fix="print more digits, or let a run take longer",
            sure=step > 5 * goal.min_effect,
        )


def impossible(config: Config, runs: Sequence[Invocation], cores: int = 0) -> Iterator[Complaint]:
    """Numbers that one run alone shows to be wrong."""
    yield from _longer_than_outside(config, runs)
    yield from _too_slow_for_its_work(config, runs)
    yield from _beyond(config, runs, cores)


def _longer_than_outside(config: Config, runs: Sequence[Invocation]) -> Iterator[Complaint]:
    """A time of a run that is longer than the run was."""
    goal, unit = config.goal, units.seconds(config.goal)
    if unit is None or "cpu" in goal.metric.lower() or config.bench.clock == "off":
        return
    inside, outside = median(_values(config, runs)) * unit, median([run.wall for run in runs])
    if inside > _OUTSIDE * outside:
        yield Complaint(
            code="impossible",
            metric=goal.metric,
            text=f"{goal.metric} says {inside:.3g} s, and the whole run took {outside:.3g} s",
            fix="see what is printed, and its unit: `whet config get goal.unit`",
            sure=True,
        )


def _too_slow_for_its_work(config: Config, runs: Sequence[Invocation]) -> Iterator[Complaint]:
    """A rate by which the work that was printed beside it would have taken longer than the run.

    Asked of plain rates only, since a unit with a prefix counts other things than the work does.
    """
    goal = config.goal
    names = [name for name in runs[0].work if not name.startswith("METRIC ")]
    if config.bench.clock == "off" or not units.plain_rate(goal) or len(names) != 1:
        return
    name = names[0]
    took = [_implied(run, goal.metric, name) for run in runs if name in run.work]
    if len(took) == len(runs) and min(took) > _OUTSIDE * max(run.wall for run in runs):
        yield Complaint(
            code="contradiction",
            metric=goal.metric,
            text=f"by {goal.metric} the {runs[0].work[name]:.6g} {name} that were printed took "
            f"{median(took):.3g} s, and the whole run took {median([r.wall for r in runs]):.3g} s",
            fix="print the work of this run over the time it took",
            sure=True,
        )


def _beyond(config: Config, runs: Sequence[Invocation], cores: int) -> Iterator[Complaint]:
    """More than is possible, as far as it is known what that is."""
    goal = config.goal
    value = median(_values(config, runs))
    best, higher = config.judge.best_possible, goal.direction == "higher"
    if best is not None and (value > best if higher else value < best):
        yield Complaint(
            code="impossible",
            metric=goal.metric,
            text=f"{goal.metric} is {value:.6g}, beyond the best possible {best:g}",
            fix="see what is measured, or the limit: `whet config get judge.best_possible`",
        )
    limit = units.most(goal.unit, cores) if higher and cores else None
    if limit is not None and value > limit:
        yield Complaint(
            code="impossible",
            metric=goal.metric,
            text=f"{goal.metric} is {value:.6g} {goal.unit}, more than {cores} cores can do",
            fix="see what is printed, and its unit: `whet config get goal.unit`",
        )


def _other_work(a: Sequence[Invocation], b: Sequence[Invocation]) -> Iterator[Complaint]:
    """Work that the incumbent does alike in every run, and the candidate does not do as much of."""
    for name in dict.fromkeys((*a[0].work, *b[0].work)):
        usual = _steady(a, name)
        if usual is None:
            continue
        found = [_done(run, name) for run in b]
        done = [value for value in found if value is not None]
        if len(done) == len(found) and _alike(usual, min(done), max(done)):
            continue
        said = f"{median(done):.12g}" if done else "nothing"
        yield Complaint(
            code="work_differs",
            metric=name,
            text=f"does other work: {name} was {usual:.12g} and is {said}",
            fix="a change may not make the benchmark do less",
            sure=True,
        )


def _other_answers(a: Sequence[Invocation], fresh: Sequence[Pair]) -> Iterator[Complaint]:
    """Answers to fresh inputs that are not those of the incumbent: the usual ones were known."""
    for name in a[0].work if fresh else ():
        if _steady(a, name) is None:
            continue
        for pair in fresh:
            right, given = _done(pair.a, name), _done(pair.b, name)
            if right is not None and (given is None or not _alike(right, given, given)):
                said = "nothing" if given is None else f"{given:.12g}"
                yield Complaint(
                    code="work_differs",
                    metric=name,
                    text=f"on fresh inputs {name} is {right:.12g}, and the candidate says {said}",
                    fix="an answer is to be computed, not remembered",
                    sure=True,
                )
                break


def _done(run: Invocation, name: str) -> float | None:
    """How much a run did; a metric is printed once where nothing else is counted."""
    return run.work.get(name, 1.0 if name.startswith("METRIC ") else None)


def _steady(runs: Sequence[Invocation], name: str) -> float | None:
    """How much every one of these runs did, if they did alike."""
    found = [_done(run, name) for run in runs]
    done = [value for value in found if value is not None]
    alike = len(done) == len(found) and _alike(done[0], min(done), max(done))
    return done[0] if alike else None


def _alike(usual: float, low: float, high: float) -> bool:
    near = _SAME_WORK * abs(usual)
    return low >= usual - near and high <= usual + near


def _jumps(config: Config, a: Sequence[Invocation], b: Sequence[Invocation]) -> Iterator[Complaint]:
    """A metric that changed by the factor between two units."""
    for name in (config.goal.metric, *(guard.metric for guard in config.guard)):
        old, new = (median([run.values[name] for run in side]) for side in (a, b))
        if old <= 0 or new <= 0:
            continue
        factor = max(old / new, new / old)
        near = _jump(factor)
        if near is not None:
            yield Complaint(
                code="unit_jump",
                metric=name,
                text=f"{name} went from {old:.4g} to {new:.4g}, about {near:g} times: "
                "that may be its unit",
                fix="print it in one unit",
            )


def _no_shorter(config: Config, pairs: Sequence[Pair]) -> Iterator[Complaint]:
    """A rate that rose though the same work took as long.

    Asked where the one count of work over the rate is most of the time that the incumbent's runs
    took: then the rate is that of the whole run, and it has to show outside.
    """
    goal = config.goal
    names = [name for name in pairs[0].a.work if not name.startswith("METRIC ")]
    if config.bench.clock == "off" or goal.direction != "higher" or len(names) != 1:
        return
    if any(names[0] not in run.work for pair in pairs for run in (pair.a, pair.b)):
        return
    took = [(_implied(p.a, goal.metric, names[0]), _implied(p.b, goal.metric, names[0]))
            for p in pairs]  # fmt: skip
    shares = [inside / pair.a.wall for (inside, _), pair in zip(took, pairs, strict=True)]
    if not (min(shares) >= 0.5 and max(shares) <= _OUTSIDE):
        return
    saved = median([old - new for old, new in took])
    outside = median([pair.a.wall - pair.b.wall for pair in pairs])
    if saved > 0 and outside < saved / 4:
        yield Complaint(
            code="contradiction",
            metric=goal.metric,
            text=f"by {goal.metric} the same {names[0]} took {saved:.3g} s less, "
            f"by the wall clock {max(outside, 0.0):.3g} s",
            fix="print the work of this run over the time it took",
        )


def _implied(run: Invocation, rate: str, work: str) -> float:
    value = run.values[rate]
    return run.work[work] / value if value > 0 else math.inf
