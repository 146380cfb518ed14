"""What the pairs of a campaign have said about a worker so far."""

from collections.abc import Iterator

from whet.judge.around import usual
from whet.judge.ratios import log_ratios
from whet.model.config import Config
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
    begun = [
        (one.started.at, one.number, one.outcome.pairs)
        for one in state.experiments.values()
        if one.started is not None and one.outcome is not None
        and one.started.worker == worker and one.started.at >= known.at
    ]  # fmt: skip
    begun.sort(key=lambda one: one[:2], reverse=True)
    for _, _, pairs in begun:
        try:
            yield log_ratios(pairs, config.goal.metric, config.goal.direction)
        except ValueError:
            continue  # a value without a logarithm: a fault of its own
