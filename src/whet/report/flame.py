"""The flame graph: which calls the time went to. As wide as its share, callers below."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field

from whet.model.sampling import Sampling
from whet.report.canvas import WIDTH, document
from whet.report.escape import cut, visible
from whet.report.figures import plural
from whet.report.svg import Svg, element, group, text
from whet.report.theme import PALETTES, Theme

_ROW, _TOP, _EDGE, _FOOT = 17.0, 58.0, 16.0, 14.0
_LEAST = 0.7
"""Pixels: what is narrower cannot be seen."""
_LETTER = 6.1
_DEEPEST = 48


@dataclass(slots=True)
class _Node:
    weight: int = 0
    own: int = 0
    below: dict[int, "_Node"] = field(default_factory=lambda: defaultdict(_Node))


@dataclass(frozen=True, slots=True)
class _Box:
    frame: int
    depth: int
    start: float
    share: float
    own: float


def flame(sampling: Sampling, name: str, theme: Theme) -> str:
    """The graph as an SVG document; names from programs are text in it, never markup.

    Args:
        sampling: what was seen.
        name: the title, such as the benchmark's command.
        theme: its colours.
    """
    tree = _tree(sampling)
    boxes = tuple(_boxes(tree, 0, 0.0, max(1, tree.weight)))
    depth = max((box.depth for box in boxes), default=0)
    height = _TOP + (depth + 1) * _ROW + _FOOT
    unit = "instructions" if sampling.by == "callgrind" else "samples"
    about = f"{visible(name)}: {tree.weight} {unit} by {sampling.by}"
    return document(
        "flame",
        f"Where the time goes: {visible(name)}",
        about,
        height,
        theme,
        text(_EDGE, 24, cut(name, 110), class_="b"),
        text(_EDGE, 42, f"{_amount(tree.weight)} {unit} in {plural(sampling.runs, 'run')} by "
             f"{sampling.by}; green is code of this project, darker where it spends its own time",
             class_="dim"),
        group(*(_drawn(box, sampling, depth, theme) for box in boxes)),
    )  # fmt: skip


def _tree(sampling: Sampling) -> _Node:
    root = _Node()
    for stack in sampling.stacks:
        root.weight += stack.weight
        node = root
        for frame in stack.frames[-_DEEPEST:]:
            node = node.below[frame]
            node.weight += stack.weight
        node.own += stack.weight
    return root


def _boxes(node: _Node, depth: int, start: float, total: int) -> Iterator[_Box]:
    for frame, inner in sorted(node.below.items(), key=lambda item: (-item[1].weight, item[0])):
        share = inner.weight / total
        if share * (WIDTH - 2 * _EDGE) >= _LEAST:
            yield _Box(frame, depth, start, share, inner.own / inner.weight)
            yield from _boxes(inner, depth + 1, start, total)
        start += share


def _drawn(box: _Box, sampling: Sampling, deepest: int, theme: Theme) -> Svg:
    frame = sampling.frames[box.frame]
    x = _EDGE + box.start * (WIDTH - 2 * _EDGE)
    y = _TOP + (deepest - box.depth) * _ROW
    width = box.share * (WIDTH - 2 * _EDGE)
    colours = PALETTES[theme]
    mine = bool(frame.file)
    where = f" in {visible(frame.file or frame.module)}" if frame.file or frame.module else ""
    room = int((width - 8) / _LETTER)
    return group(
        element("title", f"{visible(frame.name)}{where}: {100 * box.share:.1f}%"),
        element(
            "rect", x=x, y=y, width=max(0.4, width - 0.6), height=_ROW - 1.4, rx=1.5,
            fill=colours.mark if mine else colours.grey,
            fill_opacity=f"{0.16 + 0.44 * box.own:.2f}",
        ),
        text(x + 4, y + 11.5, cut(frame.name, room), class_="head") if room > 3 else Svg(""),
    )  # fmt: skip


def _amount(number: int) -> str:
    return f"{number:,}" if number < 10_000_000 else f"{number / 1e6:,.0f} million"
