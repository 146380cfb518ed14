"""What was read, on a screen: by whom, what it says of the benchmark, and the ideas it became."""

import re
from collections.abc import Iterator, Sequence

from whet.model.event import AgentWorked
from whet.model.idea import Evidence, Idea
from whet.model.reading import ReaderFinished
from whet.plan.gates import bounded, facts
from whet.plan.state import State
from whet.report.escape import columns, cut, pad, visible
from whet.report.figures import duration, plural
from whet.report.paid import ruled_out_lines
from whet.report.span import Line, Span, line
from whet.report.wrap import paragraph

_IDEAS = 5
_RULED_OUT = 3
_QUOTED = 3
"""Lines of a finding."""
_FROM = 20
_PREDICTED = 13
_COST = 6


def summary(
    state: State, read: Sequence[ReaderFinished], width: int, *, ruled_out: int = _RULED_OUT
) -> tuple[Line, ...]:
    """What a reading brought, in a few lines: who found how much, and the best ideas."""
    return tuple(_summary(state, read, width, ruled_out))


def _summary(
    state: State, read: Sequence[ReaderFinished], width: int, ruled_out: int
) -> Iterator[Line]:
    waiting = state.queue()
    took = duration(sum(one.effort.seconds for one in read))
    found = [f"{visible(one.reader)} {one.evidence}" for one in read if one.evidence]
    told = cut(" · ".join(found) or "nothing new", width - 14 - columns(took))
    yield line(Span("Reading   ", "strong"), told, Span(f"  {took}", "dim"))
    gone = f", {len(state.ruled_out)} ruled out" if state.ruled_out else ""
    sources = plural(len(state.evidence), "source")
    queued = plural(len(waiting), "idea")
    yield line(
        Span("Result    ", "strong"), f"{sources} kept, {queued} queued{gone}{_money(state)}"
    )
    yield from _found(state, width)
    yield from _table(state, waiting, width)
    for row in ruled_out_lines(state, ruled_out):
        yield line(Span(cut_right(row, width), "dim"))


def problem_lines(done: ReaderFinished, width: int) -> tuple[Line, ...]:
    """What a reader could not read, a line each."""
    start = f"  ! {visible(done.reader)}: "
    told = [line(Span(start + cut(one, width - len(start)), "warn")) for one in done.problems[:3]]
    if len(done.problems) > 3:
        told.append(line(Span(f"{start}{len(done.problems) - 3} more", "warn")))
    return tuple(told)


def cut_right(text: str, width: int) -> str:
    """The text in at most so many columns, its leading spaces kept."""
    indent = len(text) - len(text.lstrip(" "))
    return text if columns(text) <= width else " " * indent + cut(text, width - indent)


def _money(state: State) -> str:
    """What the agent took to think, where somebody knows it."""
    runs = [one.run.usage.money for one in state.runs if _thought(one)]
    return f", ${sum(m or 0.0 for m in runs):.2f}" if any(m is not None for m in runs) else ""


def _thought(one: AgentWorked) -> bool:
    return one.run.role == "researcher"


def _found(state: State, width: int) -> Iterator[Line]:
    """What bounds the benchmark and where its time goes: the newest of each."""
    evidence = list(state.evidence.values())
    ceilings = [one for one in evidence if one.kind == "ceiling"]
    hot = [one for one in evidence if one.kind == "hot-function" and one.value is not None]
    said = []
    if ceilings:
        newest = [one for one in ceilings if one.commit == ceilings[-1].commit]
        said.append((newest[0].quote, newest[0].id))
    if hot:
        newest = [one for one in hot if one.commit == hot[-1].commit]
        first = max(newest, key=lambda one: one.value or 0.0)
        said.append((first.title or first.quote, first.id))
    if said:
        yield line("")
    for text, name in said:
        room = width - 4 - len(name)
        top, *more = paragraph(visible(text), room, _QUOTED) or [""]
        yield line("  ", pad(cut(top, room), room), "  ", Span(name, "id"))
        for rest in more:
            yield line("  ", cut(rest, room))


def _table(state: State, waiting: Sequence[Idea], width: int) -> Iterator[Line]:
    if not waiting:
        return
    known = facts(state)
    room = max(16, width - _FROM - _PREDICTED - _COST - 12)
    head = f"  {'#':>2}  {'Idea':<{room}}  {'From':<{_FROM}}  {'Predicted':<{_PREDICTED}}  Cost"
    yield line("")
    yield line(Span(cut_right(head, width), "dim"))
    for number, idea in enumerate(waiting[:_IDEAS], start=1):
        bound = idea.bound if idea.bound is not None else bounded(idea, known)
        row = (
            f"  {number:>2}  {pad(cut(idea.title, room), room)}  {pad(_from(state, idea), _FROM)}"
            f"  {pad(_predicted(idea, bound), _PREDICTED)}  {idea.cost or '-'}"
        )
        yield line(cut_right(row, width))
    if len(waiting) > _IDEAS:
        yield line(f"      {len(waiting) - _IDEAS} more: ", Span("whet ideas", "command"))


def _from(state: State, idea: Idea) -> str:
    """Its first source under the name a person knows it by, and how many more there are."""
    cited = [state.evidence[name] for name in idea.evidence if name in state.evidence]
    if not cited:
        return visible(idea.source)
    more = f" +{len(cited) - 1}" if len(cited) > 1 else ""
    return cut(source(cited[0]), _FROM - len(more)) + more


def source(one: Evidence) -> str:
    """What a piece of evidence is called: "ik_llama.cpp PR #172", "arXiv 2205.14135"."""
    kind, _, rest = one.key.partition(":")
    if kind in ("pr", "issue"):
        project, _, number = rest.partition("#")
        what = "PR" if kind == "pr" else "issue"
        return visible(f"{project.rpartition('/')[2]} {what} #{number.partition('/')[0]}")
    if kind == "git" and (match := re.fullmatch(r"(.*)@([0-9a-f]{7,})", rest)):
        return visible(f"{match[1].rpartition('/')[2]} {match[2][:8]}")
    if kind in ("arxiv", "doi"):
        return visible(f"{'arXiv' if kind == 'arxiv' else 'doi'} {rest}")
    if kind == "parity":
        return visible(one.locator.partition(":")[0].rpartition("/")[0] or one.reader)
    return visible(one.reader)


def _predicted(idea: Idea, bound: float | None) -> str:
    if idea.predicted is not None:
        low, high = (100 * gain for gain in sorted(idea.predicted))
        return f"{low:+.3g} to {high:+.3g}%"
    if idea.claims:
        return f"claims {100 * max(one.gain for one in idea.claims):+.3g}%"
    if bound is not None and bound < 1.0:
        return f"at most {100 * bound:+.2g}%"
    return "-"
