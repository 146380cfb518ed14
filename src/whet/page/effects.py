"""Which changes are real? A table with a picture in each row: it can be read, sorted and copied."""

from dataclasses import dataclass

from whet.model.verdict import VerdictKind
from whet.page.cell import axis, cell
from whet.plan.state import State
from whet.report.effects_chart import Row, rows_of, scale_of
from whet.report.figures import estimate, interval, share, typeset
from whet.report.story import config_of, kept
from whet.report.svg import Svg

_KEPT, _MISSED = 25, 8
_WIDTH = 430.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One change."""

    id: str
    title: str
    kind: VerdictKind
    cell: Svg
    effect: str
    interval: str
    pairs: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Effects:
    """The kept changes, and what came closest to them."""

    axis: Svg
    least: str
    kept: tuple[Line, ...]
    more: int
    """Kept changes with smaller effects that are left to the table."""
    missed: tuple[Line, ...]


def effects(state: State) -> Effects | None:
    """The table; None while nothing was measured."""
    rows = rows_of(state)
    if not rows:
        return None
    ours = {experiment.id for experiment in kept(state)}
    held = [row for row in rows if row.id in ours]
    missed = sorted((row for row in rows if row.id not in ours), key=lambda row: -row.effect.high)
    shown, near = held[:_KEPT], missed[:_MISSED]
    scale = scale_of(state, (*shown, *near), 8, _WIDTH - 8)
    least = config_of(state).goal.min_effect

    def line(row: Row) -> Line:
        return Line(
            id=row.id,
            title=row.name,
            kind=row.kind,
            cell=cell(row.effect, row.kind, scale, least, _WIDTH),
            effect=typeset(estimate(row.effect)),
            interval=typeset(interval(row.effect)),
            pairs=row.effect.pairs,
        )

    return Effects(
        axis=axis(scale, _WIDTH),
        least=share(least),
        kept=tuple(map(line, shown)),
        more=len(held) - len(shown),
        missed=tuple(map(line, near)),
    )
