"""From evidence to commit: why each kept change was tried, and what came of it."""

from dataclasses import dataclass

from whet.model.idea import Evidence, Idea
from whet.model.verdict import VerdictKind
from whet.plan.state import ExperimentState, State
from whet.report import story
from whet.report.cells import NONE, linked
from whet.report.escape import cut
from whet.report.figures import change, percent, typeset

_MOST = 25


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A piece of evidence; `url` is empty unless it is a plain web address."""

    id: str
    reader: str
    title: str
    url: str
    quote: str
    licence: str
    locator: str
    gone: str
    """Since when its address leads nowhere, or nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """One kept change."""

    id: str
    title: str
    kind: VerdictKind
    sources: tuple[Source, ...]
    by: str
    predicted: str
    change: str
    commit: str
    lines: str


def sources(state: State) -> tuple[Source, ...]:
    """The evidence that ideas cite, in the order it was found."""
    return tuple(map(source, story.cited(state)))


def uncited(state: State) -> tuple[Source, ...]:
    """All other evidence, in the order it was found."""
    names = {one.id for one in story.cited(state)}
    return tuple(source(one) for one in state.evidence.values() if one.id not in names)


def source(one: Evidence) -> Source:
    """A piece of evidence as it is shown."""
    return Source(
        id=one.id,
        reader=one.reader,
        title=cut(one.title or one.locator, 160),
        url=one.locator if linked(one) else "",
        quote=cut(one.quote, 600),
        licence=one.licence,
        locator=cut(one.locator, 200),
        gone=one.gone,
    )


def lineage(state: State) -> tuple[Link, ...]:
    """A row for each kept change, newest last."""
    return tuple(_link(state, one) for one in story.kept(state)[:_MOST])


def _link(state: State, one: ExperimentState) -> Link:
    idea, effect = state.ideas.get(one.candidate.idea), story.comparable(one)
    candidate = one.candidate
    return Link(
        id=one.id,
        title=story.title(state, one),
        kind=one.verdict.kind if one.verdict is not None else "kept",
        sources=_cited(state, idea),
        by=idea.source if idea is not None else "",
        predicted=predicted(idea),
        change=typeset(change(effect)) if effect is not None else NONE,
        commit=candidate.commit[: story.SHORT_COMMIT],
        lines=typeset(f"+{candidate.added} -{candidate.removed}"),
    )


def predicted(idea: Idea | None) -> str:
    """What an idea promised; empty where it promised nothing."""
    if idea is None or idea.predicted is None:
        return ""
    low, high = sorted(idea.predicted)
    return typeset(f"{percent(low)} to {percent(high)}")


def _cited(state: State, idea: Idea | None) -> tuple[Source, ...]:
    names = idea.evidence if idea is not None else ()
    return tuple(source(state.evidence[name]) for name in names if name in state.evidence)
