"""The numbers of one change in the tables people already read."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from whet.judge.summary import mad_sd
from whet.model.config import Config
from whet.model.trial import TrialOutcome
from whet.model.verdict import Effect
from whet.report.escape import pad, safe
from whet.report.figures import change, interval, settled, value

Style = Literal["llama-bench", "benchstat", "plain"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One metric of both sides; the spreads are robust standard deviations of single runs."""

    metric: str
    unit: str
    effect: Effect
    sd_a: float
    sd_b: float
    goal: bool


def style_of(config: Config) -> Style:
    """The table that belongs to the benchmark, unless the configuration names one."""
    if config.pr.table != "auto":
        return config.pr.table
    if config.bench.format == "llama-bench":
        return "llama-bench"
    return "benchstat" if config.bench.format == "gobench" else "plain"


def rows(
    config: Config, goal: Effect | None, guards: Sequence[Effect], outcome: TrialOutcome | None
) -> tuple[Row, ...]:
    """The goal and its guards; nothing where there is no number."""
    if goal is None:
        return ()
    units = {config.goal.metric: config.goal.unit, **{g.metric: g.unit for g in config.guard}}
    return tuple(_row(one, units.get(one.metric, ""), outcome, goal=one is goal)
                 for one in (goal, *guards))  # fmt: skip


def _row(effect: Effect, unit: str, outcome: TrialOutcome | None, *, goal: bool) -> Row:
    pairs = outcome.pairs if outcome is not None else ()
    spreads = [
        mad_sd([side.values[effect.metric] for side in sides if effect.metric in side.values])
        if len(pairs) > 1
        else 0.0
        for sides in ([p.a for p in pairs], [p.b for p in pairs])
    ]
    return Row(
        metric=effect.metric, unit=unit, effect=effect, sd_a=spreads[0], sd_b=spreads[1], goal=goal
    )


def markdown(found: Sequence[Row], style: Style, old: str, new: str) -> str:
    """A table for a pull request; `old` and `new` head the two sides."""
    if style == "benchstat":
        return "```\n" + benchstat(found, old, new) + "\n```"
    unit = "t/s " if style == "llama-bench" else ""
    first = "Test" if style == "llama-bench" else "Metric"
    lines = [
        f"| {first} | {unit}{safe(old)} | {unit}{safe(new)} | Gain [95% CI] | Pairs |",
        "| :-- | --: | --: | :-- | --: |",
    ]
    for row in found:
        e = row.effect
        lines.append(
            f"| {_name(row, style)} | {_side(e.a, row.sd_a)} | {_side(e.b, row.sd_b)} "
            f"| {_change(e)} | {e.pairs} |"
        )
    return "\n".join(lines)


def benchstat(found: Sequence[Row], old: str, new: str) -> str:
    """The same as plain text, as benchstat draws it: for commit messages."""
    names = [f"{row.metric} ({row.unit})" if row.unit else row.metric for row in found]
    a = [_relative(row.effect.a, row.sd_a) for row in found]
    b = [_relative(row.effect.b, row.sd_b) for row in found]
    wide = [max(map(len, column)) for column in (["", *names], [old, *a], [new, *b])]
    lines = [f"{'':<{wide[0]}}   {old:<{wide[1]}}   {new:<{wide[2]}}   gain".rstrip()]
    for name, left, right, row in zip(names, a, b, found, strict=True):
        e = row.effect
        said = change(e) if settled(e) else f"~ {interval(e)}"
        start = f"{pad(name, wide[0])}   {left:<{wide[1]}}   {right:<{wide[2]}}"
        lines.append(f"{start}   {said} n={e.pairs}")
    return "\n".join(lines)


def _name(row: Row, style: Style) -> str:
    name = safe(row.metric)
    return f"{name} ({safe(row.unit)})" if row.unit and style != "llama-bench" else name


def _side(middle: float, sd: float) -> str:
    """A median and the spread of single runs, with the digits that the spread leaves."""
    if sd <= 0:
        return value(middle)
    decimals = 0
    while sd < 9.5 * 10.0**-decimals and decimals < 6:
        decimals += 1
    return f"{middle:.{decimals}f} ± {sd:.{decimals}f}"


def _relative(middle: float, sd: float) -> str:
    return f"{value(middle)} ± {100 * sd / abs(middle):.0f}%" if middle else value(middle)


def _change(effect: Effect) -> str:
    """Bold where the interval leaves out 0, and ~ where it does not, as benchstat has it."""
    if not settled(effect):
        return f"\\~ {interval(effect)}"
    whole = change(effect)
    estimate, _, rest = whole.partition(" ")
    return f"**{estimate}** {rest}"
