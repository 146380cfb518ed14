"""What the table and the drawer are drawn from, as small as it goes: one entry an experiment.

The names are short because a thousand entries repeat them; `app.js` is their only reader.
Every text is made visible here, and the script puts it on the page as text, never as markup.
"""

from collections.abc import Iterator, Mapping, Sequence

from whet.judge.ratios import gain, log_ratios
from whet.model.trial import Pair
from whet.model.verdict import Gate
from whet.page.lineage import Source, predicted
from whet.page.seen import Seen
from whet.plan.state import ExperimentState, State
from whet.report import story, words
from whet.report.escape import cut, verbatim, visible
from whet.report.figures import duration, estimate, interval, typeset
from whet.report.jsonable import Document
from whet.report.lines import values
from whet.report.why import asked, commands

_TITLE, _REASON, _DETAIL, _QUOTE = 300, 400, 300, 240
_PATCH = 6000
"""Characters of one patch in a file."""

_PATCHES = 60_000
"""Characters of all patches in a file; the rest are a command away."""

_MANY = 400
"""From here on a file holds the pairs of those experiments only that could be kept."""

Entry = dict[str, object]


def entries(seen: Seen) -> tuple[Entry, ...]:
    """Every experiment, in the order they were opened."""
    patches = dict(_patches(seen))
    known = story.measured_as(seen.state)
    return tuple(
        {key: value for key, value in _entry(seen, one, patches, known) if value not in _EMPTY}
        for one in seen.state.experiments.values()
    )


_EMPTY: tuple[object, ...] = ("", (), [], None)


def vocabulary(state: State) -> Document:
    """The words for verdicts, and the limits that pictures show."""
    return {
        "words": {kind: word.title for kind, word in words.WORDS.items()},
        "waiting": {"running": "Running", "waiting": "Waiting", "measured": "Measured"},
        "least": round(100 * story.config_of(state).goal.min_effect, 4),
        "campaign": visible(state.name),
    }


def evidence(found: Sequence[Source]) -> Mapping[str, Document]:
    """Evidence by its id, for the drawer."""
    return {
        one.id: {
            "t": one.title,
            "u": one.url,
            "q": cut(one.quote, _QUOTE),
            "r": visible(one.reader) + (f", gone since {one.gone}" if one.gone else ""),
        }
        for one in found
    }


def _entry(
    seen: Seen, one: ExperimentState, patches: Mapping[str, str], known: Mapping[str, str]
) -> Iterator[tuple[str, object]]:
    state, verdict = seen.state, one.verdict
    idea = state.ideas.get(one.candidate.idea)
    yield "i", one.id
    yield "n", cut(story.title(state, one), _TITLE)
    yield "w", one.wave or None
    yield "v", verdict.kind if verdict is not None else one.status
    yield "k", visible(seen.worker(one))
    yield "s", list(idea.evidence) if idea is not None else []
    yield "pr", predicted(idea)
    yield "m", cut(idea.mechanism, _REASON) if idea is not None else ""
    yield "rf", cut(idea.refuted_by, _REASON) if idea is not None else ""
    yield "by", visible(idea.source) if idea is not None else ""
    yield "c", one.candidate.commit[: story.SHORT_COMMIT]
    yield "l", [one.candidate.added, one.candidate.removed] if one.candidate.changes else None
    yield "x", _seconds(one)
    yield "pa", patches.get(one.candidate.patch, "")
    yield "pd", 1 if one.candidate.patch else None
    yield from _judged(seen, one, known)


def _judged(
    seen: Seen, one: ExperimentState, known: Mapping[str, str]
) -> Iterator[tuple[str, object]]:
    state, verdict = seen.state, one.verdict
    if verdict is None:
        return
    title, effect = words.title(verdict), story.comparable(one)
    yield "t", title if title != words.WORDS[verdict.kind].title else ""
    yield "y", typeset(cut(verdict.reason, _REASON))
    yield "a", cut(verdict.held, _REASON) if one.person is None else ""
    yield "h", 1 if verdict.by == "person" else None
    yield "g", [_gate(gate) for gate in asked(state, one)]
    yield "cm", list(commands(one))
    if effect is None:
        return
    yield "e", [round(100 * number, 4) for number in (effect.estimate, effect.low, effect.high)]
    yield "z", [typeset(estimate(effect)), typeset(interval(effect))]
    yield "p", effect.pairs
    yield "vs", typeset(f"{story.parent_of(state, one, known)}, {values(state, effect)}")
    few = bool(seen.live) or len(state.experiments) < _MANY
    if few or verdict.kind != "discarded":
        pairs = one.outcome.pairs if one.outcome is not None else ()
        yield "d", _differences(state, pairs)


def _seconds(one: ExperimentState) -> int | None:
    took = one.agent_seconds + (one.outcome.seconds if one.outcome is not None else 0.0)
    return round(took) or None


def _gate(gate: Gate) -> list[object]:
    took = duration(gate.seconds) if gate.seconds is not None else ""
    detail = typeset(", ".join(part for part in (took, cut(gate.detail, _DETAIL)) if part))
    return [visible(gate.name), None if gate.ok is None else int(gate.ok), detail]


def _differences(state: State, pairs: Sequence[Pair]) -> list[float]:
    """The gain of each pair in percent, in the order they were taken."""
    goal = story.config_of(state).goal
    try:
        ratios = log_ratios(pairs, goal.metric, goal.direction)
    except ValueError:
        return []
    return [round(100 * gain(ratio), 2) for ratio in ratios]


def _patches(seen: Seen) -> Iterator[tuple[str, str]]:
    """Patches that a file has room for: those of kept changes first, then the newest."""
    ours = {one.id for one in story.kept(seen.state)}
    every = list(seen.state.experiments.values())
    order = [e for e in every if e.id in ours] + [e for e in reversed(every) if e.id not in ours]
    room = _PATCHES
    for one in order:
        text = seen.patches.get(one.candidate.patch, "")
        if not text or room <= 0:
            continue
        shown = verbatim(text)
        if len(shown) > _PATCH:
            shown = shown[:_PATCH].rpartition("\n")[0] + f"\n… the rest: whet diff {one.id}"
        room -= len(shown)
        yield one.candidate.patch, shown
