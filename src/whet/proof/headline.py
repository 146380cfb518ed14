"""The finding of a proof in a few sentences, made from its numbers and from nothing else."""

import statistics
from collections.abc import Sequence

from whet.proof.result import WHET, Proof, Row, Share
from whet.report.figures import plural, share


def headline(proof: Proof) -> str:
    """What whet got right and wrong, and between which bounds the other rules did."""
    ours = [row for row in _rows(proof) if row.key == WHET]
    keys = dict.fromkeys(row.key for row in _rows(proof) if row.key != WHET)
    others = [[row for row in _rows(proof) if row.key == key] for key in keys]
    names = [one.machine for one in proof.machines]
    where = "On " + (" and ".join((", ".join(names[:-1]), names[-1])) if names[1:] else names[0])
    runs = statistics.fmean(row.invocations for row in ours)
    said = (
        _null([row.null for row in ours], [[row.null for row in one] for one in others]),
        _found([row.found for row in ours], [[row.found for row in one] for one in others], proof),
        _claims(ours, others),
    )
    text = " ".join(sentence for sentence in said if sentence)
    return f"{where}, {text} A verdict took whet {runs:.1f} runs of the benchmark."


def off_by(row: Row) -> float | None:
    """How far a claim is from what is true, in points of percent; above 0 where it is too high."""
    if row.claimed is None or row.true is None:
        return None
    return 100 * (row.claimed - row.true)


def _rows(proof: Proof) -> list[Row]:
    return [row for machine in proof.machines for row in machine.rows]


def _null(ours: Sequence[Share], others: Sequence[Sequence[Share]]) -> str:
    of = sum(one.of for one in ours)
    if not of:
        return ""
    return (
        f"whet kept {_kept(ours)} of {plural(of, 'change')} without effect, "
        f"the other rules {_between([_kept(one) for one in others])}."
    )


def _found(ours: Sequence[Share], others: Sequence[Sequence[Share]], proof: Proof) -> str:
    of = sum(one.of for one in ours)
    if not of:
        return ""
    found = _between([_kept(one) for one in others])
    return (
        f"whet found {_kept(ours)} of {of} worth {share(proof.found_from)} or more, "
        f"the others {found}."
    )


def _claims(ours: Sequence[Row], others: Sequence[Sequence[Row]]) -> str:
    own = _off(ours)
    theirs = [off for off in map(_off, others) if off is not None]
    if own is None or not theirs:
        return ""
    return (
        f"whet's claim was off by {own:.1f} points, theirs by {min(theirs):.1f} to "
        f"{max(theirs):.1f}."
    )


def _off(rows: Sequence[Row]) -> float | None:
    """The mean error of the claims on all machines, whichever way they were wrong."""
    known = [abs(off) for row in rows if (off := off_by(row)) is not None]
    return statistics.fmean(known) if known else None


def _kept(shares: Sequence[Share]) -> int:
    return sum(one.kept for one in shares)


def _between(counts: Sequence[int]) -> str:
    low, high = min(counts), max(counts)
    return f"{low}" if low == high else f"{low} to {high}"
