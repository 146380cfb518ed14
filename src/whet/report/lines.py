"""One line for each thing that happened, in at most the width of a terminal."""

from whet.model.event import StackMeasured
from whet.model.verdict import Effect, Verdict
from whet.plan.naming import command_to_go_on
from whet.plan.state import ExperimentState, State
from whet.report.agents import unsandboxed
from whet.report.escape import columns, cut, pad, visible
from whet.report.figures import clock, estimate, interval, plural, value
from whet.report.span import Line, Span, Style, line
from whet.report.story import comparable, config_of, find, title
from whet.report.words import RUNNING, WAITING, WORDS, sentence, short
from whet.report.wrap import fit

TITLE = 34
"""Columns a title gets at most."""

_NARROW = 72
"""Below this width a line tells the effect and the verdict, and not how it was measured."""

_TINY = 56
"""Below this width the interval goes as well."""

_LEAST_TITLE = 8


def banner(state: State) -> Line | None:
    """Said on every screen: that proposals are replayed, or that an agent was in no jail."""
    if state.scripted:
        return line(Span(f"Scripted: {visible(state.scripted)}", "warn"))
    loose = unsandboxed(state)
    return line(Span(f"Unsandboxed: {loose}", "warn")) if loose else None


def experiment_line(state: State, experiment: str, width: int = 80) -> Line:
    """An experiment in the run view and in lists; never wider than `width` columns.

    Raises:
        UnknownId: there is no such experiment.
    """
    found = find(state, experiment)
    verdict = found.verdict
    if verdict is None:
        return _open(state, found, width)
    effect = comparable(found)
    if effect is None:
        return _told(state, found, verdict, width)
    tail = _numbers(found, verdict, effect, width)
    head = _head(state, found, verdict.kind, WORDS[verdict.kind].shape, width - _width(tail) - 1)
    return line(*head, " ", *tail)


def stack_line(state: State, measured: StackMeasured, width: int = 80) -> Line:
    """The stack against the base: "Stack  +4.0% [+3.3, +4.7]  41.37 → 43.04 t/s, 24 pairs"."""
    start = ("  ", Span("Stack", "strong"), "  ")
    effect = measured.effect
    if effect is None or not measured.holds:
        why = visible(measured.detail) or "it has no number"
        return fit(line(*start, Span(f"does not hold: {why}", "bad")), width)
    said = f" {interval(effect)}  {values(state, effect)}, re-measured, "
    told = (Span(estimate(effect), "good"), said + plural(effect.pairs, "pair"))
    return fit(line(*start, *told), width)


def values(state: State, effect: Effect) -> str:
    """The two medians behind an effect: "41.37 → 43.04 t/s"."""
    return f"{value(effect.a)} → {value(effect.b, unit(state, effect.metric))}"


def unit(state: State, metric: str) -> str:
    """The unit of a goal or guard, made visible; empty where none was given."""
    config = config_of(state)
    known = {guard.metric: guard.unit for guard in config.guard}
    return visible({**known, config.goal.metric: config.goal.unit}.get(metric, ""))


def wave_line(state: State, number: int) -> Line:
    """The heading of a wave: "Wave 2  7 ideas  fewer passes"."""
    wave = state.waves[number]
    about = f"  {cut(wave.title, 50)}" if wave.title else ""
    return line(Span(f"Wave {number}", "strong"), f"  {plural(len(wave.ideas), 'idea')}", about)


def table(
    state: State, *, verdict: str = "", wave: int | None = None, width: int = 80
) -> tuple[Line, ...]:
    """The lines of `whet list`, oldest first.

    Args:
        state: the campaign.
        verdict: a verdict's name, "held", "running" or "waiting"; empty for all.
        wave: a wave's number, or None for all.
        width: columns of the terminal.

    A list that is empty says of how many experiments none matched.
    """
    chosen = select(state, verdict=verdict, wave=wave)
    said = banner(state)
    lines = [said] if said is not None else []
    if not state.experiments:
        lines.append(
            line("No experiment yet. Start one: ", Span(command_to_go_on(state), "command"))
        )
    elif not chosen:
        asked = [f"verdict={verdict}"] if verdict else []
        asked += [f"wave={wave}"] if wave is not None else []
        total = plural(len(state.experiments), "experiment matches", "experiments match")
        lines.append(line(f"0 of {total} {' '.join(asked)}"))
    lines += [experiment_line(state, name, width) for name in chosen]
    return tuple(lines)


def select(state: State, *, verdict: str = "", wave: int | None = None) -> tuple[str, ...]:
    """The ids that `table` shows."""
    return tuple(
        experiment.id
        for experiment in state.experiments.values()
        if (wave is None or experiment.wave == wave)
        and (not verdict or verdict in names(experiment))
    )


def names(experiment: ExperimentState) -> frozenset[str]:
    """What an experiment can be asked for by: its verdict, and "held" while it waits."""
    if experiment.verdict is None:
        return frozenset({experiment.status})
    waits = {"held"} if experiment.verdict.held and experiment.person is None else set()
    return frozenset({experiment.verdict.kind, *waits})


def _head(
    state: State, experiment: ExperimentState, style: Style, shape: str, width: int
) -> tuple[Span, ...]:
    start = (Span("  "), Span(shape, style), Span(" "), Span(experiment.id, "id"), Span(" "))
    room = min(TITLE, max(_LEAST_TITLE, width - _width(start)))
    return (*start, Span(pad(cut(title(state, experiment), room), room)))


def _numbers(
    experiment: ExperimentState, verdict: Verdict, effect: Effect, width: int
) -> tuple[Span, ...]:
    word = Span(f"{short(verdict):7}", verdict.kind)
    centre = Span(f"{estimate(effect):>6}", "good" if verdict.kind == "kept" else "")
    if width < _TINY:
        return (centre, Span(" "), word)
    shown = (centre, Span(f" {interval(effect):<14}  "), word)
    if width < _NARROW:
        return shown
    pairs = Span(f" {plural(effect.pairs, 'pair'):>8}", "dim")
    return (*shown, pairs, Span(f" {_time(experiment, verdict):>5}", "dim"))


def _time(experiment: ExperimentState, verdict: Verdict) -> str:
    if verdict.by == "person":
        return "hand"
    return clock(experiment.outcome.seconds) if experiment.outcome is not None else ""


def _told(state: State, experiment: ExperimentState, verdict: Verdict, width: int) -> Line:
    """Without a number the reason takes its place, and the title keeps its column."""
    kind = verdict.kind
    column = width - 46 if width >= _NARROW else width - (32 if width >= _TINY else 16)
    head = _head(state, experiment, kind, WORDS[kind].shape, column)
    return line(*head, " ", Span(cut(sentence(verdict), width - _width(head) - 1), kind))


def _open(state: State, experiment: ExperimentState, width: int) -> Line:
    shape = RUNNING if experiment.status == "running" else WAITING
    where = f"on {experiment.started.worker}" if experiment.started and experiment.running else ""
    head = _head(state, experiment, "active", shape, width - 32)
    said = visible(f"{experiment.status} {where}".strip())
    return line(*head, " ", Span(cut(said, width - _width(head) - 1), "dim"))


def _width(spans: tuple[Span, ...]) -> int:
    return sum(columns(span.text) for span in spans)
