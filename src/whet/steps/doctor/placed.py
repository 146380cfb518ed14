"""Does the place of the code in memory decide what is measured?"""

from dataclasses import replace

from whet.judge.bias import layout_bias
from whet.report import figures
from whet.steps.doctor.traced import Trace
from whet.steps.doctor.visit import Visit

_BUILDS, _ROUNDS = 6, 4

_LARGE = 0.03
"""A smallest gain that is worth keeping from which on no layout is mistaken for it."""

_SEEN = 0.0005

WANTED = "whet config set measure.layouts 8"


async def look(visit: Visit, seen: Trace | None) -> None:
    """Build the base in several layouts and tell how far they differ, where that is asked for."""
    config = visit.config
    if visit.quick or config.goal.exact or config.measure.layouts > 1:
        return
    if visit.layouts:
        await _measured(visit)
    elif config.goal.min_effect < _LARGE and seen is not None and _native(seen):
        visit.tell(
            "Noise",
            "ok",
            "native code: where functions lie in memory alone can change it by 1 to 3%",
            hint="see by how much here: `whet doctor --layouts`",
        )


def _native(seen: Trace) -> bool:
    return any(one.inside and one.optimised is not None for one in seen.programs)


async def _measured(visit: Visit) -> None:
    spec = visit.spec("layouts", pairs=_BUILDS * _ROUNDS, seed=3)
    outcome = await visit.trial(replace(spec, layouts=_BUILDS), f"one source in {_BUILDS} layouts")
    goal, fault = visit.config.goal, outcome.fault
    if fault is not None:
        visit.tell(
            "Noise",
            "warning",
            f"does not run in {_BUILDS} layouts: {fault.detail}",
            hint="the build must work with `cc -fpatchable-function-entry=16,16`",
        )
        return
    if outcome.layouts == 1:
        visit.tell("Noise", "warning", "the build makes the same program in every layout",
                   hint="let it call the compiler by its name, or read `$WHET_LAYOUT`")  # fmt: skip
        return
    found = layout_bias(outcome.pairs, goal.metric, goal.direction)
    least = figures.share(goal.min_effect)
    if found.matters(goal.min_effect):
        visit.tell(
            "Noise",
            "warning",
            f"{found.builds} builds of one source differ by {100 * found.sd:.2g}% (sd), only in "
            f"where functions lie: a gain of {least} may be no more than that",
            hint=WANTED,
        )
    else:
        apart = f"differ by {100 * found.sd:.1g}% (sd)" if found.sd >= _SEEN else "are alike"
        visit.tell(
            "Noise",
            "ok",
            f"{found.builds} builds of one source with its functions in other places {apart}",
        )
