"""Which research paid, as rows of a table: what each reader brought and what that was worth."""

from dataclasses import dataclass

from whet.plan.paid import Paid, paid
from whet.plan.state import State
from whet.report.cells import NONE
from whet.report.figures import percent, typeset


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One reader; numbers that nobody has are a dash."""

    reader: str
    evidence: int
    ideas: int
    ruled_out: int
    tried: int
    kept: int
    gain: str
    """Of its kept changes, each as it was judged, multiplied."""
    predicted: str
    measured: str
    """Means over the same ideas: those with a prediction that were measured."""


def paid_rows(state: State) -> tuple[Row, ...]:
    """A row for each reader that brought anything, whoever brought most gain first."""
    found = [one for one in paid(state) if one.evidence or one.ideas]
    return tuple(map(_row, sorted(found, key=lambda one: (-one.kept, -one.gain, one.reader))))


def _row(one: Paid) -> Row:
    return Row(
        reader=one.reader, evidence=one.evidence, ideas=one.ideas, ruled_out=one.ruled_out,
        tried=one.tried, kept=one.kept, gain=_said(one.gain if one.kept else None),
        predicted=_said(one.predicted), measured=_said(one.measured),
    )  # fmt: skip


def _said(part: float | None) -> str:
    return typeset(percent(part)) if part is not None else NONE
