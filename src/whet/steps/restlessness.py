"""What the pairs of a campaign have said about a worker so far."""

import contextlib
from collections.abc import Iterator, Sequence

from whet.judge.around import usual
from whet.judge.ratios import log_ratios
from whet.model.config import Config
from whet.model.trial import Pair
from whet.plan.state import State


def usual_on(state: State, config: Config, worker: str) -> float | None:
    """What a pair on this worker usually spreads by, as a log ratio.

    None without noise to speak of, and where too few pairs were taken since its calibration.
    """
    return None if config.goal.exact else usual(_latest(state, config, worker))


def _latest(state: State, config: Config, worker: str) -> Iterator[tuple[float, ...]]:
    """The log ratios of its experiments since it was calibrated, the latest first."""
    known = state.calibrations.get(worker)
    if known is None:
        return
    seen: set[str] = set()
    for name in reversed(state.on_worker.get(worker, ())):
        one = state.experiments[name]
        if name in seen or one.started is None or one.started.worker != worker:
            continue  # what was begun again counts where it was last
        if one.started.at < known.at:
            return
        seen.add(name)
        if one.outcome is not None:
            yield from _ratios(one.outcome.pairs, config)


def _ratios(pairs: Sequence[Pair], config: Config) -> Iterator[tuple[float, ...]]:
    with contextlib.suppress(ValueError):  # a value without a logarithm: a fault of its own
        yield log_ratios(pairs, config.goal.metric, config.goal.direction)
