"""What the stack is made of: one step for each kept change, and what the steps do not explain."""

from collections.abc import Iterator
from dataclasses import dataclass

from whet.page.picture import picture
from whet.plan.state import State
from whet.report import story
from whet.report.escape import cut
from whet.report.figures import percent, typeset, value
from whet.report.levels import base_value, value_at
from whet.report.lines import unit
from whet.report.scale import Scale, widened
from whet.report.svg import Svg, element, group, straight, text

_WIDTH, _TOP, _PLOT, _FOOT = 600.0, 26.0, 150.0, 40.0
_MOST = 14
_REST = 0.002
"""A difference smaller than this share of the whole is rounding."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Step:
    name: str
    below: str
    start: float
    """Gains over the base as fractions, before and after the step."""
    end: float
    kind: str
    ids: str = ""


def waterfall(state: State) -> Svg | None:
    """The chart; None unless the stack was measured and has two changes at least."""
    found = story.headline(state)
    if found.kind != "measured" or found.effect is None or len(state.stack) < 2:
        return None
    steps = tuple(_steps(state, found.effect.estimate))
    levels = [0.0, *(level for step in steps for level in (step.start, step.end))]
    low, high = widened(min(levels), max(levels), 0.02, 0.1)
    y = Scale(low=low, high=high, start=_TOP + _PLOT, end=_TOP)
    width = (_WIDTH - 20) / (len(steps) + 1)
    return picture(
        "stack",
        "What the stack is made of",
        "; ".join(f"{step.name} {step.below}" for step in steps),
        _WIDTH,
        _TOP + _PLOT + _FOOT,
        group(*_base(state, y, width)),
        *(_drawn(state, step, 10 + (n + 1) * width, width, y) for n, step in enumerate(steps)),
    )


def _steps(state: State, total: float) -> Iterator[_Step]:
    level, rest = 0.0, 0.0
    effects = {name: story.comparable(state.experiments[name]) for name in state.stack}
    gains = {name: effect.estimate for name, effect in effects.items() if effect is not None}
    largest = set(sorted(gains, key=lambda name: -abs(gains[name]))[:_MOST])
    others = [name for name in gains if name not in largest]
    for name, gain in gains.items():
        if name in largest:
            end = (1 + level) * (1 + gain) - 1
            below = typeset(percent(gain))
            yield _Step(name=name, below=below, start=level, end=end, kind="step", ids=name)
            level = end
    for name in others:
        rest = (1 + rest) * (1 + gains[name]) - 1
    if others:
        end = (1 + level) * (1 + rest) - 1
        told = f"{len(others)} more"
        yield _Step(name=told, below=typeset(percent(rest)), start=level, end=end, kind="step")
        level = end
    if abs(total - level) > _REST * max(abs(total), 0.05):
        missing = typeset(percent((1 + total) / (1 + level) - 1))
        yield _Step(name="not explained", below=missing, start=level, end=total, kind="rest")
    yield _Step(name="stack", below=typeset(percent(total)), start=0.0, end=total, kind="whole")


def _base(state: State, y: Scale, width: float) -> Iterator[Svg]:
    ground, base = y.at(0.0), base_value(state)
    yield straight(10, ground, _WIDTH - 10, ground, "zero")
    middle = 10 + width / 2
    if base is not None:
        shown = value(base, unit(state, story.config_of(state).goal.metric))
        yield text(middle, ground - 6, shown, class_="b", text_anchor="middle")
    yield text(middle, _TOP + _PLOT + 16, "base", class_="dim", text_anchor="middle")


def _drawn(state: State, step: _Step, left: float, width: float, y: Scale) -> Svg:
    top, bottom = sorted((y.at(step.start), y.at(step.end)))
    middle, gap = left + width / 2, min(6.0, 0.12 * width)
    bar = element(
        "rect",
        class_=f"bar-{step.kind}",
        x=left + gap,
        y=top,
        width=width - 2 * gap,
        height=max(1.5, bottom - top),
        rx=1.5,
    )
    base = base_value(state)
    shown = value(value_at(state, base, step.end)) if base is not None else ""
    room = max(3, int(width / 6.5))
    parts = [
        bar,
        text(middle, _TOP + _PLOT + 16, cut(step.name, room), class_="dim", text_anchor="middle"),
        text(middle, _TOP + _PLOT + 31, step.below, text_anchor="middle"),
    ]
    if step.kind == "whole" or width > 44:
        parts.append(text(middle, top - 6, shown, class_="b", text_anchor="middle"))
    left_out = state.ablated.get(step.ids)
    if left_out is not None and left_out.effect is not None:
        worth = typeset(f"{percent(left_out.effect.estimate)} left out")
        parts.append(element("title", f"{step.ids}: {worth}"))
    return group(*parts, data_e=step.ids)
