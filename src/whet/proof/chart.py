"""The chart of a proof: how often each rule keeps a change that does nothing.

Where no change does nothing, it is how often each rule keeps what is there to be found.
"""

from collections.abc import Iterator

from whet.model.verdict import VerdictKind
from whet.proof.headline import headline
from whet.proof.result import WHET, OnMachine, Proof, Row, Share
from whet.proof.table import about, cells, count, kept
from whet.report.canvas import NOTE, WIDTH, document, written
from whet.report.figures import share, typeset
from whet.report.marks import mark
from whet.report.scale import Scale, ticks
from whet.report.svg import Svg, group, straight, text
from whet.report.theme import Theme

_ROW, _HEAD, _AXIS, _FOOT = 24.0, 34.0, 26.0, 14.0
_LEFT, _RIGHT = 216.0, 396.0
_COLUMNS = (136.0, 196.0, 248.0, 318.0, 380.0)
"""Where the numbers end, counted from the end of the scale: shares, found, runs, claimed, true."""


def chart(proof: Proof, theme: Theme) -> str:
    """The chart as an SVG document: one block for every machine, whet's row first."""
    machines = proof.machines
    tops = [_FOOT + sum(map(_height, machines[:number])) for number in range(len(machines) + 1)]
    notes = (_note(proof),)
    return document(
        "proof",
        "How often changes are kept",
        headline(proof),
        tops[-1] + NOTE + _FOOT,
        theme,
        *(
            group(*_block(proof, machine, top))
            for machine, top in zip(machines, tops, strict=False)
        ),
        *written(notes, 16, tops[-1] + NOTE / 2),
    )


def _height(machine: OnMachine) -> float:
    return _HEAD + _AXIS + _ROW * len(machine.rows) + _FOOT


def _block(proof: Proof, machine: OnMachine, top: float) -> Iterator[Svg]:
    scale = _scale(machine)
    y = top + _HEAD + _AXIS
    bottom = y + _ROW * len(machine.rows)
    yield text(16, top + 16, f"{machine.machine}: {about(proof, machine)}", class_="b")
    yield from _heads(top + _HEAD + 10)
    for number in ticks(scale.low, scale.high, 5):
        x = scale.at(number)
        yield straight(x, y, x, bottom, "grid" if number else "zero")
        yield text(x, y - 8, share(number), class_="dim", text_anchor="middle")
    for number, row in enumerate(machine.rows):
        yield _drawn(row, y + (number + 0.5) * _ROW, scale)


def _heads(y: float) -> Iterator[Svg]:
    names = ("no effect, but kept", "found", "runs", "claimed", "true")
    for name, column in zip(names, _COLUMNS, strict=True):
        yield text(WIDTH - _RIGHT + column, y + 8, name, class_="dim", text_anchor="end")


def _note(proof: Proof) -> str:
    if any(row.null.of for machine in proof.machines for row in machine.rows):
        return "drawn: the share of the changes without effect that is kept, with its 95% interval"
    return "drawn: the share of what ought to be found that is kept, with its 95% interval"


def _asked(row: Row) -> Share:
    return row.null if row.null.of else row.found


def _scale(machine: OnMachine) -> Scale:
    high = max(_asked(row).high for row in machine.rows)
    return Scale(low=0.0, high=min(1.0, 1.05 * high), start=_LEFT, end=WIDTH - _RIGHT - 20)


def _drawn(row: Row, y: float, scale: Scale) -> Svg:
    ours = row.key == WHET
    kind: VerdictKind = "kept" if ours else "discarded"
    parts = [text(16, y + 4, row.title, class_="b" if ours else "head")]
    drawn = _asked(row)
    if drawn.rate is not None:
        low, high = scale.inside(drawn.low), scale.inside(drawn.high)
        line = f"w w-{kind}"
        parts += [straight(low, y, high, y, line), straight(high, y - 3.5, high, y + 3.5, line)]
        parts += [straight(low, y - 3.5, low, y + 3.5, line)]
        parts.append(mark(kind, scale.at(drawn.rate), y, 5.2 if ours else 4.4))
    shown = (kept(row.null), count(row.found), *cells(row)[3:])
    for column, said in zip(_COLUMNS, shown, strict=True):
        x = WIDTH - _RIGHT + column
        parts.append(text(x, y + 4, typeset(said), class_="up" if ours else "", text_anchor="end"))
    return group(*parts)
