"""Branches that wait for a person to hand them over."""

from dataclasses import dataclass

from whet.plan.state import State
from whet.report.cells import NONE
from whet.report.escape import cut
from whet.report.figures import change, typeset
from whet.report.handover.branched import Branch, branched


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One branch; what nobody has measured is said to be so."""

    name: str
    experiment: str
    change: str
    needs: str
    commit: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Handed:
    """The branches that were made last."""

    base: str
    sum: str
    rows: tuple[Row, ...]


def handed(state: State) -> Handed | None:
    """The branches on the base that was taken last; None while there are none."""
    found = branched(state)
    if found is None:
        return None
    return Handed(base=found.base, sum=typeset(found.sum), rows=tuple(map(_row, found.branches)))


def _row(one: Branch) -> Row:
    return Row(
        name=cut(one.name, 160),
        experiment=one.experiment,
        change=typeset(change(one.effect)) if one.effect is not None else "not measured",
        needs=", ".join(one.needs) or NONE,
        commit=one.commit,
    )
