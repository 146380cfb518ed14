"""The judge's rule on thousands of experiments at once, to measure its error rates.

It is written apart from `whet.judge.sequential`, with numpy and for the goal alone, so that the
two can be held against each other.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from whet.model.design import Boundaries
from whet.testing.noise import Flags, Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """One entry for each experiment; neither accepted nor futile means the pair limit."""

    accepted: Flags
    futile: Flags
    pairs: NDArray[np.int64]
    mean: Floats
    se: Floats


def judge_rows(
    log_ratios: Floats,
    boundaries: Boundaries,
    *,
    min_effect: float,
    floor: Floats | float = 0.0,
    first_futility: int = 3,
) -> Judged:
    """Judge each row: log ratios in the order they were taken, at least as many as the limit.

    `min_effect` is a log ratio; `floor` is one standard deviation or one for each row.
    """
    rows = len(log_ratios)
    floors = np.broadcast_to(np.asarray(floor, dtype=np.float64), (rows,))
    accepted = np.zeros(rows, dtype=np.bool_)
    futile = np.zeros(rows, dtype=np.bool_)
    pairs = np.full(rows, boundaries.cap)
    mean, se = np.zeros(rows), np.zeros(rows)
    live = np.arange(rows)
    for n in range(2, boundaries.cap + 1):
        mean[live], se[live] = centres(log_ratios[live, :n], floors[live])
        pairs[live] = n
        accept, upper = boundaries.accept_t.get(n), np.full(len(live), np.inf)
        if accept is not None:
            accepted[live] = (mean[live] >= accept * se[live]) & (se[live] > 0)
        if n >= first_futility:
            upper = mean[live] + boundaries.futile_t[n] * se[live]
        futile[live] = (upper < min_effect) & ~accepted[live]
        live = live[~(accepted[live] | futile[live])]
    return Judged(accepted=accepted, futile=futile, pairs=pairs, mean=mean, se=se)


def centres(rows: Floats, floors: Floats) -> tuple[Floats, Floats]:
    """The centre of each row and its standard error, as `whet.judge.summary.centre` has them."""
    n = rows.shape[1]
    cut = n // 5 if n >= 8 else 0
    ordered = np.sort(rows, axis=1)
    mean = ordered[:, cut : n - cut].mean(axis=1)
    moved = np.clip(ordered, ordered[:, [cut]], ordered[:, [n - cut - 1]])
    left = 1 - 2 * cut / n
    return mean, np.maximum(moved.std(axis=1, ddof=1) / left, floors) / np.sqrt(n)


def calibrated_floors(log_ratios: Floats) -> Floats:
    """The floor of each row's machine, from rows of pairs of the same code."""
    middle = np.median(log_ratios, axis=1, keepdims=True)
    return 0.5 * 1.4826 * np.median(np.abs(log_ratios - middle), axis=1)
