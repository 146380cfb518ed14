"""Which functions the benchmark runs: elsewhere no change can gain anything, and no bug matters."""

import secrets
from collections.abc import Sequence
from dataclasses import replace

from whet.model.config import Checks
from whet.model.trial import TrialOutcome
from whet.steps.doctor import edited, traced
from whet.steps.doctor.edited import Part
from whet.steps.doctor.mark import marked
from whet.steps.doctor.visit import Visit

_ATTEMPTS = 4
_MOST = 20_000
"""Functions that are marked; their numbers come back as one bit each."""


async def narrowed(visit: Visit, parts: Sequence[Part]) -> tuple[Part, ...]:
    """The functions among these that one run of the benchmark calls.

    It is all of them where none is seen to be called, or where marks do not compile. Functions in
    files that do not compile with marks are left out only where others are seen.
    """
    left = tuple(parts)
    for _ in range(_ATTEMPTS if parts else 0):
        outcome = await _run(visit, left)
        fault = outcome.fault
        if fault is None or fault.name != "build_b":
            called = traced.marks(outcome)
            return _only(left, called) or tuple(parts)
        compiled = tuple(part for part in left if not edited.blamed(fault.log, part.source.path))
        if not compiled or len(compiled) == len(left):
            break
        left = compiled
    return tuple(parts)


async def _run(visit: Visit, parts: Sequence[Part]) -> TrialOutcome:
    lab, bench = visit.lab, visit.config.bench
    # without a jail others can write here too, so nobody may know the name beforehand
    file = f"/tmp/whet-seen-{secrets.token_hex(8)}"  # noqa: S108
    files, number = {}, 0
    for part in parts:
        numbered = [(number + n, function) for n, function in enumerate(part.functions)]
        number += len(numbered)
        if number <= _MOST:
            files[part.source.path] = marked(part.source, numbered, file)
    checks = Checks(command=traced.command(bench, (), seen=file), timeout=2 * bench.timeout + 30)
    spec = replace(
        visit.spec("executed", commit=edited.commit(lab.store, lab.base, files)),
        mode="checks",
        run_checks=True,
        distinct=True,
        checks=checks,
    )
    return await visit.trial(spec, "which functions run")


def _only(parts: Sequence[Part], called: frozenset[int]) -> tuple[Part, ...]:
    found, number = [], 0
    for part in parts:
        inside = tuple(f for n, f in enumerate(part.functions, number) if n in called)
        number += len(part.functions)
        if inside:
            found.append(replace(part, functions=inside))
    return tuple(found)
