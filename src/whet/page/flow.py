"""Where ideas came from, and what became of them: which reading pays?"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from whet.model.idea import Idea
from whet.model.verdict import VerdictKind
from whet.page.picture import picture
from whet.plan.state import State
from whet.report.escape import cut
from whet.report.figures import plural
from whet.report.story import judged
from whet.report.svg import Svg, element, group, short, text

_WIDTH, _LEFT, _RIGHT, _BAR, _GAP = 560.0, 190.0, 400.0, 8.0, 10.0
_UNIT, _LEAST, _MOST = 9.0, 2.0, 190.0
_KINDS = 8

_ENDS: tuple[tuple[str, str, frozenset[VerdictKind]], ...] = (
    ("kept", "kept", frozenset({"kept"})),
    ("discarded", "no gain", frozenset({"discarded", "retired"})),
    ("inconclusive", "inconclusive", frozenset({"inconclusive"})),
    ("bad", "failed or rejected", frozenset({"checks_failed", "failed", "rejected"})),
)

_SOURCES: Mapping[str, str] = {
    "user": "a person",
    "agent": "the agent, no evidence",
    "try": "a change that existed",
}


@dataclass(frozen=True, slots=True)
class _Block:
    """A node: where it begins, and how high one experiment is in it."""

    top: float
    height: float
    count: int


def origin(state: State, idea: Idea | None) -> str:
    """The kind of the first evidence an idea cites, or who had it."""
    if idea is None:
        return "unknown"
    cited = (state.evidence[name] for name in idea.evidence if name in state.evidence)
    first = next(cited, None)
    return first.reader if first is not None else _SOURCES.get(idea.source, idea.source)


def flow(state: State) -> Svg | None:
    """The chart; None while nothing was judged. Each experiment is counted once."""
    counts: Counter[tuple[str, str]] = Counter()
    for experiment in judged(state):
        assert experiment.verdict is not None
        kind = experiment.verdict.kind
        end = next(key for key, _, kinds in _ENDS if kind in kinds)
        counts[origin(state, state.ideas.get(experiment.candidate.idea)), end] += 1
    if not counts:
        return None
    folded = _folded(counts)
    kinds = sorted(
        {kind for kind, _ in folded},
        key=lambda kind: (-folded[kind, "kept"], -_of(folded, kind)),
    )
    ends = [(key, name) for key, name, _ in _ENDS if any(folded[kind, key] for kind in kinds)]
    each = min(_UNIT, _MOST / sum(folded.values()))
    left = _stacked({kind: _of(folded, kind) for kind in kinds}, each)
    right = _stacked({key: sum(folded[k, key] for k in kinds) for key, _ in ends}, each)
    bottom = max(block.top + block.height for block in (*left.values(), *right.values()))
    return picture(
        "flow",
        "Where ideas came from",
        "; ".join(f"{kind}: kept {folded[kind, 'kept']} of {_of(folded, kind)}" for kind in kinds),
        _WIDTH,
        bottom + 14,
        group(*_ribbons(folded, left, right)),
        group(*_sources(folded, left)),
        group(*_outcomes(ends, right)),
    )


def _of(counts: Counter[tuple[str, str]], kind: str) -> int:
    return sum(count for (name, _), count in counts.items() if name == kind)


def _folded(counts: Counter[tuple[str, str]]) -> Counter[tuple[str, str]]:
    """At most so many kinds: the smallest ones are one."""
    kinds = sorted({kind for kind, _ in counts}, key=lambda kind: -_of(counts, kind))
    few = set(kinds if len(kinds) <= _KINDS else kinds[: _KINDS - 1])
    folded: Counter[tuple[str, str]] = Counter()
    for (kind, end), count in counts.items():
        folded[kind if kind in few else "other", end] += count
    return folded


def _stacked(counts: Mapping[str, int], each: float) -> dict[str, _Block]:
    blocks, top = dict[str, _Block](), 10.0
    for name, count in counts.items():
        height = max(_LEAST, each * count)
        blocks[name] = _Block(top, height, count)
        top += max(height, 13.0) + _GAP
    return blocks


def _ribbons(
    counts: Counter[tuple[str, str]], left: Mapping[str, _Block], right: Mapping[str, _Block]
) -> Iterator[Svg]:
    begun = {name: block.top for name, block in left.items()}
    ended = {name: block.top for name, block in right.items()}
    for end, target in right.items():
        for kind, source in left.items():
            count = counts[kind, end]
            if not count:
                continue
            a, b = source.height * count / source.count, target.height * count / target.count
            y, z = begun[kind], ended[end]
            begun[kind] += a
            ended[end] += b
            yield element("path", class_=f"flow flow-{end}", d=_ribbon(y, a, z, b))


def _ribbon(y: float, a: float, z: float, b: float) -> str:
    x, u, middle = _LEFT + _BAR, _RIGHT, (_LEFT + _BAR + _RIGHT) / 2
    there = f"M{short(x)} {short(y)}C{short(middle)} {short(y)} {short(middle)} {short(z)}"
    back = f"L{short(u)} {short(z + b)}C{short(middle)} {short(z + b)} {short(middle)}"
    return f"{there} {short(u)} {short(z)}{back} {short(y + a)} {short(x)} {short(y + a)}Z"


def _sources(counts: Counter[tuple[str, str]], left: Mapping[str, _Block]) -> Iterator[Svg]:
    for kind, block in left.items():
        y = block.top + block.height / 2 + 4
        yield element(
            "rect", class_="node", x=_LEFT, y=block.top, width=_BAR, height=block.height, rx=1
        )
        kept = element("tspan", f" {counts[kind, 'kept']} of {block.count}", class_="dim")
        yield text(_LEFT - 10, y, cut(kind, 22), kept, class_="head", text_anchor="end")


def _outcomes(ends: list[tuple[str, str]], right: Mapping[str, _Block]) -> Iterator[Svg]:
    for key, name in ends:
        block = right[key]
        y = block.top + block.height / 2 + 4
        yield element(
            "rect",
            element("title", plural(block.count, "experiment")),
            class_=f"end-{key}",
            x=_RIGHT,
            y=block.top,
            width=_BAR,
            height=block.height,
            rx=1,
        )
        count = element("tspan", str(block.count), class_="b")
        yield text(_RIGHT + _BAR + 8, y, count, f" {name}", class_="head")
