"""Which worker measures, when it is looked at again, and how long a bad one is waited for."""

from whet.model.config import Config
from whet.model.worker import expanded
from whet.plan import machines
from whet.plan.state import State

FIRST_PAUSE = 30.0
"""Seconds before a worker that failed its check is checked again; each further pause doubles."""

UNDECIDED = ("pair_limit", "guard_undecided")
"""Codes of verdicts that a quieter machine could have made an answer of."""


def usable(state: State, config: Config, name: str) -> bool:
    """Whether a worker can be hoped for: machines of it come to something, or it can be waited for.

    One that was waited for long enough is not, until the next run of the campaign; one that a
    person has drained is not until they say so.
    """
    if machines.given_up(state, name) or name in state.drained:
        return False
    out = state.quarantine(name)
    return out is None or pause(out.failed, config.measure.max_wait) is not None


def replaced(config: Config, name: str) -> bool:
    """Whether a worker that is not fit is another machine the next time: a rented one is."""
    return any(one.name == name and one.kind == "sky" for one in expanded(config.workers))


def due(state: State, config: Config, name: str) -> bool:
    """Whether a worker's last check is older than `[measure] aa_every`.

    The age is that of the clock on the wall: what changed during a break counts as well.
    """
    every = config.measure.aa_every
    return every > 0 and state.last - state.calibrations[name].at >= every


def pause(failed: int, limit: float) -> float | None:
    """Seconds to wait before the next check, or None when all of `limit` was waited.

    `failed` checks were failed so far; before the first of them nothing is waited for.
    """
    if failed == 0:
        return 0.0
    waited = FIRST_PAUSE * (2 ** (failed - 1) - 1)
    left = limit - waited
    return min(FIRST_PAUSE * 2 ** (failed - 1), left) if left > 0 else None


def since(state: State, name: str) -> float:
    """When the stretch began that a check has just found bad: at the last good check."""
    known = state.calibrations.get(name)
    return known.at if known is not None else state.opened


def undecided(state: State, name: str) -> tuple[str, ...]:
    """Experiments that came to no answer on a worker since its last good check.

    Each is measured again once only: a benchmark may be what it is on the quietest machine.
    """
    start = since(state, name)
    return tuple(
        one.id
        for one in state.experiments.values()
        if one.verdict is not None
        and one.verdict.code in UNDECIDED
        and one.verdict.by == "judge"
        and one.started is not None
        and one.started.worker == name
        and one.started.at >= start
        and not one.repeated
    )
