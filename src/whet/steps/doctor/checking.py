"""Do the checks pass on the base, and do they notice a bug?"""

import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from itertools import islice

from whet.model.trial import TrialOutcome
from whet.report import figures
from whet.steps.doctor import edited
from whet.steps.doctor.edited import Part
from whet.steps.doctor.mutation import Mutant, mutants
from whet.steps.doctor.visit import Visit
from whet.steps.doctor.wording import seconds
from whet.trial import advice

_CANDIDATES = 5
"""For each bug that is wanted, so many are planted at most: some do not build."""

_BUDGET = 600.0
"""Seconds after which no further bug is planted."""

_IDLE = 2
"""So many bugs that the build does not see, and the file is taken to be no part of it."""

_FEW = 5
"""With fewer bugs, none of them caught may be bad luck."""

_SLOWER = 10.0
"""A bug may turn a loop endless: so many times the usual duration is enough to wait."""


async def passes(visit: Visit) -> TrialOutcome | None:
    """Run the checks on the base; None when there are none, or they fail."""
    checks = visit.config.checks
    if not (checks.command or checks.equivalence):
        visit.tell(
            "Checks",
            "warning",
            "none: a change that breaks the program is kept if it is faster",
            hint="whet config set checks.command 'make test'",
        )
        return None
    spec = replace(visit.spec("checks"), mode="checks", run_checks=True, distinct=True)
    outcome = await visit.trial(spec, "the checks")
    fault = outcome.fault
    if fault is None:
        took = sum(stage.seconds for stage in outcome.stages if _checks(stage.name))
        visit.tell("Checks", "ok", f"pass on base, {seconds(took)}")
        return outcome
    if fault.name == "equivalence":
        text, hint = (
            "its output is not equal to itself",
            "take every random number from `$WHET_SEED`",
        )
        if fault.fault == "incumbent":
            text, hint = "the command for `equivalence` fails", advice.by_hand(checks.equivalence)
    else:
        text, hint = "fail on base", fault.hint or advice.by_hand(checks.command)
    visit.tell("Checks", "error", f"{text}: {fault.detail}", hint=hint,
               detail=tuple(fault.log.splitlines()[-12:]))  # fmt: skip
    return None


def _checks(name: str) -> bool:
    return name in ("checks", "equivalence")


async def catch(visit: Visit, base: TrialOutcome, parts: Sequence[Part], build: float) -> None:
    """Plant bugs, each in a build of its own, and tell which of them the checks let through.

    Args:
        visit: `[checks] mutants` says how many.
        base: how the checks did on the base.
        parts: where bugs may be planted.
        build: seconds of a build.
    """
    wanted = visit.config.checks.mutants
    if wanted <= 0:
        return
    pairs = [(part.source, function) for part in parts for function in part.functions]
    chosen = islice(mutants(pairs, visit.config.measure.seed), _CANDIDATES * wanted)
    missed: list[Mutant] = []
    tried = 0
    idle: Counter[str] = Counter()
    started = time.monotonic()
    for number, mutant in enumerate(chosen):
        if tried == wanted or time.monotonic() - started > _BUDGET:
            break
        if idle[mutant.source.path] == _IDLE:
            continue
        outcome = await _planted(visit, base, mutant, f"bug.{number}", build)
        caught = _caught(outcome)
        if caught is None:
            idle[mutant.source.path] += outcome.identical
        else:
            tried += 1
            missed += [] if caught else [mutant]
    _tell(visit, tried, missed)


async def _planted(
    visit: Visit, base: TrialOutcome, mutant: Mutant, name: str, build: float
) -> TrialOutcome:
    lab, config = visit.lab, visit.config
    commit = edited.commit(lab.store, lab.base, {mutant.source.path: mutant.data})
    usual = max((stage.seconds for stage in base.stages if _checks(stage.name)), default=0.0)
    patience = min(config.checks.timeout, 5.0 + _SLOWER * usual)
    spec = replace(
        visit.spec(name, commit=commit),
        mode="checks",
        run_checks=True,
        checks=replace(config.checks, timeout=patience),
        build=replace(config.build, timeout=min(config.build.timeout, 60.0 + _SLOWER * build)),
    )
    return await visit.trial(spec, f"a planted bug: {mutant.where}")


def _caught(outcome: TrialOutcome) -> bool | None:
    """Whether the checks failed; None when there was nothing to check."""
    fault = outcome.fault
    if outcome.identical:
        return None  # the compiler does not see a difference, so nobody can
    if fault is None:
        return False
    return True if _checks(fault.name) else None


def _tell(visit: Visit, tried: int, missed: Sequence[Mutant]) -> None:
    if tried == 0:
        visit.tell(
            "Checks",
            "warning",
            "not tested with planted bugs: none that was tried makes another program",
            hint="see whether that is the code that is measured: `whet config get scope.allow`",
        )
        return
    caught = tried - len(missed)
    text = f"catch {caught} of {figures.plural(tried, 'planted bug')}"
    if not missed:
        visit.tell("Checks", "ok", text)
        return
    shown = tuple(f"not caught: {mutant.where} {mutant.what}" for mutant in missed)
    blind = caught == 0 and tried >= _FEW
    visit.tell(
        "Checks",
        "error" if blind else "warning",
        text,
        hint=advice.shown(
            "check that the result is right, not only that the program runs"
            if blind
            else "add a check for these: a change can break them and still pass",
            visit.config.checks.command or visit.config.checks.equivalence,
        ),
        detail=shown,
    )
