"""Can this machine do what the benchmark says it did?"""

from dataclasses import replace

from whet.judge.roofline import best_rate, impossible
from whet.model.sampling import Ceilings, Examination
from whet.model.trial import TrialOutcome
from whet.profiling.hot import NO_RATE, units, work
from whet.report import figures
from whet.steps.doctor.visit import Visit


async def look(visit: Visit, first: TrialOutcome) -> None:
    """Put the goal beside the ceilings, where [roofline] says what a unit of it takes.

    Raises:
        InfraError: the worker failed.
    """
    roofline, goal = visit.config.roofline, visit.config.goal
    if not first.pairs or not (roofline.bytes_per_unit or roofline.flops_per_unit):
        return
    values = [run.values[goal.metric] for pair in first.pairs for run in (pair.a, pair.b)]
    rates = [rate for rate in (units(goal, value) for value in values) if rate is not None]
    if not rates:
        visit.tell("Benchmark", "warning", NO_RATE.format(goal.metric),
                   hint="whet config get goal.unit")  # fmt: skip
        return
    asked = Examination(profile=False, count="never")
    spec = replace(visit.spec("ceilings"), mode="examine", same_code=False, examination=asked)
    outcome = await visit.trial(spec, "what this machine can do")
    examined = outcome.examined
    ceilings = examined.ceilings if examined is not None else None
    if ceilings is None or ceilings.problem:
        why = ceilings.problem if ceilings is not None else "they could not be measured"
        visit.tell("Benchmark", "warning", f"{goal.metric} was not put beside ceilings: {why}",
                   hint="apt install gcc")  # fmt: skip
        return
    _tell(visit, ceilings, max(rates))


def _tell(visit: Visit, ceilings: Ceilings, rate: float) -> None:
    roofline, goal = visit.config.roofline, visit.config.goal
    done = work(roofline, rate)
    wrong = impossible(ceilings, done)
    shown = f"{figures.value(rate)} a second"
    if wrong:
        field = "bytes_per_unit" if done.moved and "GB/s" in wrong[0] else "flops_per_unit"
        visit.tell(
            "Benchmark",
            "error",
            f"{goal.metric} cannot be true: {shown} at [roofline] `{field}` is {wrong[0]}",
            hint=f"whet config get roofline.{field}",
            detail=("either the benchmark does less than it says, or a unit takes less than that",),
        )
    elif done.moved:
        share = done.moved / best_rate(ceilings, done.size)
        visit.tell("Benchmark", "ok", f"{goal.metric} is possible: {figures.share(round(share, 2))}"
                   " of the bytes a second that this machine reads")  # fmt: skip
    else:
        visit.tell("Benchmark", "ok", f"{goal.metric} is possible on this machine")
