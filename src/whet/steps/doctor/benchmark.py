"""Does the benchmark print a number that can be believed?"""

from collections.abc import Iterator, Sequence

from whet.git.call import GitError
from whet.judge import lint
from whet.model.diagnosis import Level
from whet.model.metric import Goal
from whet.model.trial import Invocation, TrialOutcome
from whet.report import figures
from whet.steps.doctor import scripts
from whet.steps.doctor.scripts import Script
from whet.steps.doctor.visit import Visit
from whet.steps.doctor.wording import seconds
from whet.trial import advice


def runs(visit: Visit, outcome: TrialOutcome) -> bool:
    """Tell what one run prints; False when it prints nothing of use."""
    fault = outcome.fault
    if fault is not None:
        visit.tell(
            "Benchmark",
            "error",
            fault.detail,
            hint=fault.hint or advice.by_hand(visit.config.bench.command),
            detail=tuple(fault.log.splitlines()[-12:]),
        )
        return False
    invocation = outcome.pairs[0].a
    goal, others = visit.config.goal, len(invocation.values) - 1
    lines = visit.config.bench.format == "metric-lines"
    prefix, unit = ("METRIC ", "") if lines else ("", goal.unit)
    value = figures.value(invocation.values[goal.metric], unit)
    more = f" and {others} more" if others else ""
    visit.tell(
        "Benchmark",
        "ok",
        f"prints {prefix}{goal.metric}={value}{more}, exits 0, {seconds(invocation.wall)}",
    )
    return _ratios(visit, invocation, outcome.fingerprint.cores)


def _ratios(visit: Visit, invocation: Invocation, cores: int) -> bool:
    """Values that cannot be compared, or cannot be true."""
    goal, exact = visit.config.goal, {g.metric for g in visit.config.guard if g.exact}
    for name, value in invocation.values.items():
        if value <= 0 and name not in exact:
            visit.tell(
                "Benchmark",
                "error" if name == goal.metric else "warning",
                f"{name} is {figures.value(value)}: effects are ratios, so it must be above 0",
                hint=look(visit, "print a time or a rate, not a difference"),
            )
    for complaint in lint.impossible(visit.config, [invocation], cores):
        _complain(visit, complaint)
    return invocation.values[goal.metric] > 0


def look(visit: Visit, advised: str) -> str:
    """Advice about the benchmark, with the command that shows what it prints."""
    return advice.shown(advised, visit.config.bench.command)


def replayed(visit: Visit, texts: Sequence[Script], invocations: Sequence[Invocation]) -> None:
    """Tell that every run printed the same, and where the number is written."""
    goal = visit.config.goal
    value = invocations[0].values[goal.metric]
    where = next(_written(visit, texts, goal, value), "")
    visit.tell(
        "Benchmark",
        "error",
        f"prints the same {goal.metric}={value:.12g} in each of {len(invocations)} runs"
        + (f": {where}" if where else ""),
        hint=look(visit, "print what was measured in this run"),
    )


def _written(visit: Visit, texts: Sequence[Script], goal: Goal, value: float) -> Iterator[str]:
    """Places that a replayed number may come from, the likely ones first."""
    name = scripts.escape(goal.metric)
    for place in scripts.places(texts, rf"{name}\S{{0,3}}[=:]\s*[-+]?[\d.]"):
        yield f"{place.where} says `{place.found.string.strip()[:80]}`"
    patterns = [rf"METRIC +{name}=[-+]?[0-9]"]
    forms = {f"{value:.12g}", *(f"{value:.{decimals}f}" for decimals in range(1, 7))}
    exact = sorted(form for form in forms if float(form) == value and len(form) > 4)
    if exact:  # a shorter number may stand anywhere for any reason
        same = "|".join(scripts.escape(form) for form in exact)
        patterns.append(rf"(^|[^0-9.])({same})([^0-9.]|$)")
    for pattern in patterns:
        yield from _grep(visit, pattern)
    for place in scripts.places(texts, r"(?:^|[;&|\s])(?:cat|tee|cp|<)\s+\S+"):
        yield f"{place.where} is `{place.found.string.strip()[:80]}`"


def _grep(visit: Visit, pattern: str) -> Iterator[str]:
    """Lines of the base commit where a pattern is found, documents left out."""
    try:
        out = visit.lab.store.git(
            "grep", "-n", "-I", "-E", "-e", pattern, visit.lab.base,
            "--", ":(exclude)*.md", ":(exclude)*.rst", ":(exclude)whet.toml",
        )  # fmt: skip
    except GitError:
        return  # nothing was found
    for line in out.decode(errors="replace").splitlines():
        _, path, number, text = line.split(":", 3)
        yield f"{path} line {number} says `{text.strip()[:80]}`"


def steps(visit: Visit, invocations: Sequence[Invocation]) -> None:
    """Tell when digits hide the effect that is looked for, or what is called exact is not."""
    for complaint in lint.unsteady(visit.config, invocations):
        visit.tell("Benchmark", "error", complaint.text, hint=complaint.fix)
    for complaint in lint.unlike(visit.config, invocations):
        _complain(visit, complaint)
    for complaint in lint.coarse(visit.config, invocations):
        _complain(visit, complaint)


def _complain(visit: Visit, complaint: lint.Complaint) -> None:
    level: Level = "error" if complaint.sure or complaint.code == "impossible" else "warning"
    visit.tell("Benchmark", level, complaint.text, hint=look(visit, complaint.fix))
