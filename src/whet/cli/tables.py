"""Tables of a comparison, in the styles people already read."""

from whet.api.comparing import Compared
from whet.judge.comparison import Comparison
from whet.model.trial import Pair
from whet.report import figures
from whet.report.span import Line, Span, line

_WORDS = {
    "faster": "better",
    "slower": "worse",
    "no_difference": "no difference",
    "cannot_tell": "cannot tell",
}


def compared_table(done: Compared, style: str) -> tuple[Line | str, ...]:
    """The lines of a table, the goal first."""
    if style == "md":
        return _markdown(done)
    if style == "benchstat":
        return _benchstat(done)
    if style == "llama-bench":
        return _llama(done)
    return _plain(done)


def spread(pairs: tuple[Pair, ...], metric: str, side: str) -> float:
    """Robust relative spread of one side's values."""
    from whet.judge.summary import mad_sd, median

    values = [(pair.a if side == "a" else pair.b).values[metric] for pair in pairs]
    middle = median(values)
    return mad_sd(values) / middle if middle else 0.0


def _plain(done: Compared) -> tuple[Line | str, ...]:
    width = max(len(row.effect.metric) for row in done.rows)
    shown: list[Line | str] = [
        line(f"{done.b} against {done.a}, {done.goal.effect.pairs} interleaved pairs")
    ]
    for row in done.rows:
        effect = row.effect
        values = f"{figures.value(effect.a)} → {figures.value(effect.b)}"
        style = {"faster": "good", "slower": "bad"}.get(row.answer, "")
        shown.append(
            line(
                f"  {effect.metric:<{width}}  {values:<22} ",
                Span(f"{figures.change(effect):<24}", style),  # type: ignore[arg-type]
                f" {_WORDS[row.answer]}",
            )
        )
    if done.same:
        return (*shown, "  the same program on both sides: what differs is noise")
    shown.extend(f"  {row.effect.metric}: {_advice(row)}" for row in done.rows if _advice(row))
    return tuple(shown)


def _advice(row: Comparison) -> str:
    if row.answer != "cannot_tell":
        return ""
    if row.pairs_needed is None:
        return "cannot tell; the noise is too large for any number of pairs"
    return f"cannot tell; about {row.pairs_needed} pairs would: --pairs {row.pairs_needed}"


def _change(row: Comparison) -> str:
    return figures.change(row.effect) if row.answer in ("faster", "slower") else "~"


def _markdown(done: Compared) -> tuple[Line | str, ...]:
    head = (f"| Metric | {done.a} | {done.b} | Change [95% CI] |", "| :-- | --: | --: | :-- |")
    rows = (
        f"| {row.effect.metric} | {figures.value(row.effect.a)} | {figures.value(row.effect.b)} "
        f"| {figures.change(row.effect)}, {_WORDS[row.answer]} |"
        for row in done.rows
    )
    return (*head, *rows)


def _benchstat(done: Compared) -> tuple[Line | str, ...]:
    name = max(len(row.effect.metric) for row in done.rows)
    out = [f"{'':<{name}} │ {done.a:^18} │ {done.b:^36} │"]
    for row in done.rows:
        e, pairs = row.effect, done.outcome.pairs
        old = f"{figures.value(e.a)} ± {100 * spread(pairs, e.metric, 'a'):.0f}%"
        new = f"{figures.value(e.b)} ± {100 * spread(pairs, e.metric, 'b'):.0f}%"
        change = f"{_change(row)} (n={e.pairs})"
        out.append(f"{e.metric:<{name}} │ {old:^18} │ {new + '  ' + change:^36} │")
    return tuple(out)


def _llama(done: Compared) -> tuple[Line | str, ...]:
    unit = _unit(done)
    head = (f"| Test | {unit}{done.a} | {unit}{done.b} | Speedup |", "| --- | ---: | ---: | ---: |")
    rows = []
    for row in done.rows:
        e, pairs = row.effect, done.outcome.pairs
        a, b = spread(pairs, e.metric, "a") * e.a, spread(pairs, e.metric, "b") * e.b
        rows.append(
            f"| {e.metric} | {e.a:.2f} ± {a:.2f} | {e.b:.2f} ± {b:.2f} "
            f"| {1 + e.estimate:.3f} [{1 + e.low:.3f}, {1 + e.high:.3f}] |"
        )
    return (*head, *rows)


def _unit(done: Compared) -> str:
    """What stands before both names: one unit, where all metrics have the same."""
    goal, guards = done.config.goal, done.config.guard
    units = {goal.unit, *(guard.unit for guard in guards)}
    if done.config.bench.format == "llama-bench":
        return "t/s "
    return f"{goal.unit} " if goal.unit and len(units) == 1 else ""
