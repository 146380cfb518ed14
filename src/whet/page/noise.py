"""Can the machines be trusted? The spread of pairs on each worker, over the experiments.

Pairs of the same code say it directly. The pairs of an experiment say it as well: whatever the
change is worth, it is worth the same in each of them, so what they differ by is noise.
"""

import math
import statistics
from collections.abc import Iterator
from dataclasses import dataclass

from whet.judge.ratios import log_ratios
from whet.page.picture import picture
from whet.page.seen import Seen
from whet.plan.state import State
from whet.report.escape import cut
from whet.report.story import config_of
from whet.report.svg import Svg, element, group, short, straight, text

_WIDTH, _LEFT, _RIGHT, _ROW, _TOP = 600.0, 92.0, 62.0, 46.0, 10.0
_ROBUST = 1.4826
_FEW = 4
"""Fewer pairs than this say nothing about their spread."""


@dataclass(frozen=True, slots=True)
class _Seen:
    slot: float
    spread: float
    control: bool


def noise(seen: Seen) -> Svg | None:
    """The chart; None before a worker was calibrated."""
    state = seen.state
    workers = {name: tuple(_found(seen, name)) for name in state.calibrations}
    workers = {name: found for name, found in workers.items() if found}
    if not workers:
        return None
    limit = config_of(state).measure.max_noise
    spreads = [one.spread for found in workers.values() for one in found if one.spread > 0]
    low = min([*spreads, limit / 30]) / 1.3
    high = max([*spreads, limit]) * 1.3
    height = _TOP + _ROW * len(workers) + 22
    rows = (
        group(*_row(state, name, found, number, (low, high), limit))
        for number, (name, found) in enumerate(workers.items())
    )
    return picture(
        "noise",
        "Noise per worker",
        "; ".join(_about(name, found) for name, found in workers.items()),
        _WIDTH,
        height,
        *rows,
        text(_LEFT, height - 6, "same code twice", class_="dim"),
        text(_WIDTH - _RIGHT, height - 6, "experiments", class_="dim", text_anchor="end"),
    )


def spread(pairs_log_ratios: list[float]) -> float:
    """Robust spread of single pairs: 1.4826 times their median absolute deviation."""
    centre = statistics.median(pairs_log_ratios)
    return _ROBUST * statistics.median(abs(one - centre) for one in pairs_log_ratios)


def _found(seen: Seen, worker: str) -> Iterator[_Seen]:
    state, goal = seen.state, config_of(seen.state).goal
    yield _Seen(0, state.calibrations[worker].noise.sd_pair, control=True)
    for slot, experiment in enumerate(state.experiments.values(), 1):
        outcome = experiment.outcome
        if outcome is None or len(outcome.pairs) < _FEW or seen.worker(experiment) != worker:
            continue
        try:
            ratios = list(log_ratios(outcome.pairs, goal.metric, goal.direction))
        except ValueError:
            continue
        yield _Seen(slot, spread(ratios), control=False)


def _about(name: str, found: tuple[_Seen, ...]) -> str:
    control = next(one for one in found if one.control)
    return f"{name}: pairs of the same code differ by {100 * control.spread:.1f}%"


def _row(
    state: State,
    name: str,
    found: tuple[_Seen, ...],
    number: int,
    range_: tuple[float, float],
    limit: float,
) -> Iterator[Svg]:
    top = _TOP + number * _ROW
    low, high = (math.log(end) for end in range_)
    right, plot = _WIDTH - _RIGHT, _ROW - 14
    slots = max(1, len(state.experiments))

    def at(one: _Seen) -> tuple[float, float]:
        share = (math.log(max(one.spread, range_[0])) - low) / (high - low)
        x = _LEFT + 12 + (right - _LEFT - 20) * one.slot / slots
        return x, top + plot * (1 - share)

    line = top + plot * (1 - (math.log(limit) - low) / (high - low))
    yield element(
        "rect", class_="sure", x=_LEFT, y=line, width=right - _LEFT, height=top + plot - line
    )
    yield straight(_LEFT, line, right, line, "lane")
    yield text(_LEFT - 10, top + plot / 2 + 4, cut(name, 13), class_="head", text_anchor="end")
    points = [at(one) for one in found]
    path = "L".join(f"{short(x)} {short(y)}" for x, y in points)
    yield element("path", class_="thread", d=f"M{path}")
    for one, (x, y) in zip(found, points, strict=True):
        bad = " over" if one.spread > limit else ""
        size = 3.6 if one.control else 2.0
        yield element("circle", class_=f"spot{bad}", cx=x, cy=y, r=size)
    yield text(right + 8, points[-1][1] + 4, f"{100 * found[-1].spread:.1f}%", class_="b")
    yield text(right + 8, line + (14 if points[-1][1] < line + 8 else 4), "", class_="dim")
