"""`whet why E20`: one list of gates answers why a change was kept, or was not."""

from collections.abc import Iterator, Mapping

from whet.model.idea import Idea
from whet.model.verdict import Gate, Verdict
from whet.plan.state import ExperimentState, State
from whet.report import words
from whet.report.escape import cut, visible
from whet.report.figures import change, duration, percent, plural
from whet.report.lines import banner, values
from whet.report.span import Line, Span, Style, line
from whet.report.story import (
    SHORT_COMMIT,
    comparable,
    confirmed_by,
    find,
    parent_of,
    predictions,
    title,
)
from whet.report.words import DENIED, PASSED, UNASKED, WORDS
from whet.report.wrap import labelled, paragraph

_MARKS: Mapping[bool | None, tuple[str, Style]] = {
    True: (PASSED, "good"),
    False: (DENIED, "bad"),
    None: (UNASKED, "dim"),
}
_GATE = 18
"""Column where the details of gates begin."""

_TOLD = 21
"""Column where the reasons begin."""

_QUOTE = 240


def why(state: State, experiment: str, width: int = 80) -> tuple[Line, ...]:
    """Everything known about one experiment: verdict, gates, and why it was tried.

    Raises:
        UnknownId: there is no such experiment.
    """
    found = find(state, experiment)
    said = banner(state)
    return (
        *((said,) if said is not None else ()),
        *_top(state, found, width),
        (),
        *_lines(asked(state, found), width),
        (),
        *_reasons(state, found, width),
    )


def gates(verdict: Verdict, width: int = 80) -> tuple[Line, ...]:
    """The gates of one verdict, a line each."""
    return tuple(_lines((*verdict.gates, *_guards(verdict)), width))


def asked(state: State, experiment: ExperimentState) -> tuple[Gate, ...]:
    """The gates of an experiment's verdict, and whether the change held in the stack."""
    verdict = experiment.verdict
    if verdict is None:
        return ()
    seen = _guards(verdict)
    return (*verdict.gates, *seen, *_confirmation(state, experiment, verdict))


def _top(state: State, experiment: ExperimentState, width: int) -> Iterator[Line]:
    verdict = experiment.verdict
    name = Span(f"{experiment.id:<5}", "id")
    for number, row in enumerate(paragraph(cut(title(state, experiment), 400), width - 5)):
        yield line(name if number == 0 else "     ", Span(row, "strong"))
    if verdict is None:
        yield line("     ", Span(experiment.status, "active"), f", {_where(experiment)}")
        return
    hand = " by hand" if verdict.by == "person" else ""
    yield line(
        "     ",
        Span(f"{WORDS[verdict.kind].shape} {words.title(verdict)}{hand}", verdict.kind),
        f", {_where(experiment)}",
    )
    effect = comparable(experiment)
    if effect is not None:
        told = (
            f"{change(effect)} against {parent_of(state, experiment)}, {_taken(state, experiment)}"
        )
        first, *more = paragraph(told, width - 5)
        strong = change(effect) if first.startswith(change(effect)) else first
        yield line("     ", Span(strong, "strong"), first.removeprefix(strong))
        yield from (line(f"     {row}") for row in more)
        yield line(f"     {values(state, effect)}")
    for row in paragraph(visible(_because(verdict)), width - 5):
        yield line("     ", Span(row, "" if verdict.kind == "kept" else verdict.kind))


def _taken(state: State, experiment: ExperimentState) -> str:
    """How the pairs were taken: "12 pairs on local, in rounds with E02 and E03"."""
    assert experiment.verdict is not None
    assert experiment.verdict.effect is not None
    pairs, started = plural(experiment.verdict.effect.pairs, "pair"), experiment.started
    if started is None:
        return pairs
    known = [state.experiments[name] for name in started.beside if name in state.experiments]
    measured = [one.id for one in known if one.outcome is not None and one.outcome.pairs]
    *others, last = measured or ("",)
    beside = f"{', '.join(others)} and {last}" if others else last
    rounds = f", in rounds with {beside}" if beside else ""
    return f"{pairs} on {visible(started.worker)}{rounds}"


def _because(verdict: Verdict) -> str:
    """What the heading and the numbers have not said."""
    if verdict.code in ("faster", "slower"):
        return ""
    return words.sentence(verdict) if verdict.kind == "failed" else verdict.reason


def _where(experiment: ExperimentState) -> str:
    outside = f"submitted by {cut(experiment.by, 40)}" if experiment.by else "tried by hand"
    wave = f"wave {experiment.wave}" if experiment.wave else outside
    commit = experiment.candidate.commit
    return f"{wave}, commit {commit[:SHORT_COMMIT]}" if commit else wave


def _lines(shown: tuple[Gate, ...], width: int) -> Iterator[Line]:
    if not shown:
        yield line("  ", Span("No gate was asked yet", "dim"))
    for gate in shown:
        mark, style = _MARKS[gate.ok]
        took = duration(gate.seconds) if gate.seconds is not None else ""
        detail = ", ".join(part for part in (took, visible(gate.detail)) if part)
        label = Span(f"{cut(gate.name, _GATE - 6)}")
        rows = labelled(label, detail, column=_GATE - 4, width=width - 4)
        for number, row in enumerate(rows):
            yield line("  ", Span(mark, style) if number == 0 else " ", " ", *row)


def _guards(verdict: Verdict) -> tuple[Gate, ...]:
    if not verdict.guards:
        return ()
    said = ", ".join(f"{visible(e.metric)} {percent(e.estimate)}" for e in verdict.guards)
    passed = {"guard_lost": False, "guard_undecided": None}.get(verdict.code)
    if verdict.kind in ("kept", "retired"):
        passed = True
    return (Gate(name="Guards", ok=passed, detail=said),)


def _confirmation(state: State, experiment: ExperimentState, verdict: Verdict) -> tuple[Gate, ...]:
    if verdict.kind == "retired":
        return (Gate(name="Confirmation", ok=False, detail=verdict.reason),)
    if not experiment.in_stack:
        return ()
    stack = confirmed_by(state, experiment.id)
    if stack is None or stack.effect is None:
        return (Gate(name="Confirmation", ok=None, detail="the stack was not re-measured yet"),)
    together = plural(len(stack.experiments), "change")
    when = f", wave {stack.wave}" if stack.wave else ""
    detail = f"{change(stack.effect)} in the stack of {together}{when}"
    return (
        Gate(name="Confirmation", ok=stack.holds, detail=detail),
        *_left_out(state, experiment),
    )


def _left_out(state: State, experiment: ExperimentState) -> tuple[Gate, ...]:
    ablated = state.ablated.get(experiment.id)
    if ablated is None:
        return ()
    worth = f"{change(ablated.effect)} when left out" if ablated.effect else ablated.detail
    return (Gate(name="Leave one out", ok=ablated.holds, detail=worth),)


def _reasons(state: State, experiment: ExperimentState, width: int) -> Iterator[Line]:
    idea = state.ideas.get(experiment.candidate.idea)
    rows: list[tuple[str, Style, str]] = []
    if idea is not None:
        rows += [("Why it was tried", "", text) for text in _evidence(state, idea)]
        rows.append(("How it works", "", visible(idea.mechanism)))
        rows.append(("They say", "", cut(experiment.hypothesis, _QUOTE)))
        rows += [("They noted", "", cut(one.text, _QUOTE)) for one in experiment.remarks[-3:]]
        rows.append(("Predicted", "", _predicted(state, experiment, idea)))
        rows.append(("Refuted by", "", visible(idea.refuted_by)))
        rows.append(("Idea of", "", f"{visible(idea.source)} ({idea.id})"))
    if experiment.person is not None:
        decision = f"{experiment.person.decision}: {visible(experiment.person.reason)}"
        rows.append(("By hand", "", decision))
    rows += [("Next", "command", text) for text in commands(experiment)]
    previous = ""
    for label, style, text in rows:
        if not text:
            continue
        shown = Span("" if label == previous else label, "dim")
        for row in labelled(shown, text, column=_TOLD - 2, width=width - 2):
            yield line("  ", *row[:-1], Span(row[-1].text, style))
        previous = label


def _evidence(state: State, idea: Idea) -> tuple[str, ...]:
    found = [state.evidence[name] for name in idea.evidence if name in state.evidence]
    if not found:
        return ("no evidence was cited",)
    return tuple(f'{e.id} {visible(e.title or e.locator)}: "{cut(e.quote, _QUOTE)}"' for e in found)


def _predicted(state: State, experiment: ExperimentState, idea: Idea) -> str:
    if idea.predicted is None:
        return ""
    low, high = sorted(idea.predicted)
    said = f"{percent(low)} to {percent(high)}"
    seen = [p for p in predictions(state) if p.experiment == experiment.id]
    return f"{said}, measured: {seen[0].answer}" if seen else said


def commands(experiment: ExperimentState) -> tuple[str, ...]:
    """What can be typed next about an experiment."""
    verdict = experiment.verdict
    if verdict is None or not experiment.candidate.commit:
        return ()
    if verdict.held and experiment.person is None:
        return (
            f"whet diff {experiment.id}",
            f"whet keep {experiment.id} --reason '...'",
            f"whet drop {experiment.id} --reason '...'",
        )
    if verdict.kind == "inconclusive":
        return (f"whet diff {experiment.id}", f"whet retry {experiment.id}")
    return (f"whet diff {experiment.id}", f"whet replay {experiment.id}")
