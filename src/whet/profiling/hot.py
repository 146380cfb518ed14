"""From a profile to the functions on the measured path, and what bounds each of them."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence

from whet.formats.number import NANOSECONDS, unit_of
from whet.judge.roofline import Small, Traffic, Work, of_traffic, of_work, witnessed
from whet.model.config import Roofline
from whet.model.metric import Goal
from whet.model.profile import HotFunction, Limit, Profile
from whet.model.sampling import Ceilings, Counted, Sampling, SmallRun
from whet.model.trial import Invocation

DOMINANT = 0.5
"""Share of the time from which what is said of the whole program holds for one function."""
_LINES = 5
_NOT_MEASURED = Ceilings(problem="the machine's ceilings were not measured")
_UNKNOWN = Limit(kind="unknown")
_INTERPRETER = Limit(kind="unknown", why=("bytes of interpreted code are not counted",))


def functions(profile: Profile, roofline: Roofline, goal: Goal) -> tuple[HotFunction, ...]:
    """Functions with a share of the time, the largest first."""
    if not profile.examined.samplings:
        return ()
    sampling = profile.examined.samplings[0]
    own, below, total = _weights(sampling)
    limits = _limits(profile, own, total, declared(profile, roofline, goal))
    lines = _lines(sampling, total)
    return tuple(
        HotFunction(
            frame=sampling.frames[frame],
            share=weight / total,
            total=below[frame] / total,
            limit=limits.get(frame, _UNKNOWN),
            lines=tuple(lines.get(frame, ())[:_LINES]),
        )
        for frame, weight in own.most_common()
    )


def limit(profile: Profile, roofline: Roofline, goal: Goal) -> Limit:
    """What bounds the whole benchmark: as declared, else what bounds most of its time."""
    said = declared(profile, roofline, goal)
    if said.kind != "unknown":
        return said
    found = functions(profile, roofline, goal)
    shares: Counter[str] = Counter()
    for one in found:
        if one.limit.basis == "counted":
            shares[one.limit.kind] += round(1e6 * one.share)
    for kind, weight in shares.most_common(1):
        if weight >= DOMINANT * 1e6 and kind != "unknown":
            first = next(one for one in found if one.limit.kind == kind)
            where = f"{round(weight / 1e4)}% of the time, most of it in {first.frame.name}"
            return Limit(
                kind=first.limit.kind,
                used=first.limit.used,
                why=(*first.limit.why, where),
                basis="counted",
            )
    if shares and said.basis == "":
        why = "no one ceiling bounds half of the time"
        largest = next((one.limit.why for one in found if one.limit.basis == "counted"), ())
        return Limit(kind="unknown", why=(why, *largest), basis="counted")
    return said


def declared(profile: Profile, roofline: Roofline, goal: Goal) -> Limit:
    """What bounds the benchmark by what whet.toml says one unit of its goal takes."""
    ceilings = profile.examined.ceilings or _NOT_MEASURED
    if not roofline.bytes_per_unit and not roofline.flops_per_unit:
        return of_work(ceilings, Work())
    rate = _fastest(profile.invocations, goal)
    if rate is None:
        return Limit(kind="unknown", why=(NO_RATE.format(goal.metric),))
    whole = work(roofline, rate, threads(profile))
    small = roofline.cached_bytes_per_unit * (_fastest(profile.examined.cached, goal) or 0.0)
    return witnessed(ceilings, of_work(ceilings, whole), whole.moved,
                     Small(moved=small, size=roofline.cached_bytes_per_unit))  # fmt: skip


def _fastest(runs: Sequence[Invocation | SmallRun], goal: Goal) -> float | None:
    """Units that a core does in a CPU second of the best run."""
    rates = [
        rate / cores(run)
        for run in runs
        if (rate := units(goal, run.values.get(goal.metric, 0.0))) is not None
    ]
    return max(rates, default=None)


NO_RATE = "{} is neither a rate a second nor a time, so [roofline] cannot be applied to it"


def work(roofline: Roofline, rate: float, threads: int = 1) -> Work:
    """What so many units a second take."""
    return Work(
        moved=roofline.bytes_per_unit * rate,
        operations=roofline.flops_per_unit * rate,
        size=roofline.working_set or roofline.bytes_per_unit,
        threads=threads,
    )


def units(goal: Goal, value: float) -> float | None:
    """Units a second of the clock; None when the goal is neither a rate nor a time.

    What is better when it is higher is taken for a rate a second.
    """
    if value <= 0:
        return None
    if goal.direction == "higher":
        return value
    unit = NANOSECONDS.get(goal.unit or unit_of(goal.metric))
    return 1e9 / (value * unit) if unit is not None else None


def cores(invocation: Invocation | SmallRun) -> float:
    """Cores that an invocation kept busy on average; 1 where nobody says.

    Below 1 it waited, for other programs above all: then its speed was not that of the machine.
    """
    if invocation.cpu <= 0 or invocation.wall <= 0:
        return 1.0
    return max(0.01, invocation.cpu / invocation.wall)


def threads(profile: Profile) -> int:
    """How many threads work at the same time."""
    seen = [s.threads for s in profile.examined.samplings if s.by == "perf" and s.runs == 1]
    busy = max((cores(invocation) for invocation in profile.invocations), default=1.0)
    return max(1, round(busy), *seen[:1])


def _weights(sampling: Sampling) -> tuple[Counter[int], Counter[int], int]:
    """Weight of each frame by itself, with its callees, and of everything."""
    own: Counter[int] = Counter()
    below: Counter[int] = Counter()
    for stack in sampling.stacks:
        own[stack.frames[-1]] += stack.weight
        for frame in set(stack.frames):
            below[frame] += stack.weight
    return own, below, max(1, own.total())


def _lines(sampling: Sampling, total: int) -> Mapping[int, list[tuple[str, int, float]]]:
    found: dict[int, list[tuple[str, int, float]]] = defaultdict(list)
    for line in sampling.lines:
        found[line.frame].append((line.file, line.line, line.weight / total))
    return found


def _limits(profile: Profile, own: Counter[int], total: int, said: Limit) -> Mapping[int, Limit]:
    """What bounds each frame: as counted in it, else as declared where it has most of the time."""
    examined = profile.examined
    sampling = examined.samplings[0]
    if sampling.by == "py-spy":
        whole = _INTERPRETER if said.kind == "unknown" else said
        return {f: whole for f, n in own.items() if n >= DOMINANT * total}
    found: dict[int, Limit] = {}
    seconds = min((i.cpu for i in profile.invocations), default=0.0)
    counted = {(one.name, one.module): one for one in examined.counted}
    for frame, weight in own.items():
        place = sampling.frames[frame]
        one = counted.get((place.name, place.module))
        if one is not None and sampling.by == "perf" and examined.ceilings is not None:
            taken = weight * sampling.period / sampling.runs
            found[frame] = _of_function(examined.ceilings, one, taken or seconds * weight / total)
        elif said.kind != "unknown" and weight >= DOMINANT * total:
            found[frame] = said
    return found


def _of_function(ceilings: Ceilings, counted: Counted, seconds: float) -> Limit:
    traffic = Traffic(
        seconds=seconds, instructions=counted.instructions, near=counted.near, far=counted.far
    )
    return of_traffic(ceilings, traffic)
