"""Pieces of Markdown. `Markup` is finished; plain `str` is foreign and still has to be escaped."""

import re
import statistics
from collections.abc import Sequence

from markupsafe import Markup

from whet.model.idea import Evidence
from whet.model.trial import Invocation, Pair
from whet.model.verdict import Effect
from whet.plan.state import ExperimentState, State
from whet.report import story, words
from whet.report.escape import code, safe
from whet.report.figures import estimate, interval, settled, typeset, value
from whet.report.prose import Piece, Sentence

_ADDRESS = re.compile(r"https?://[A-Za-z0-9._~:/?#@!$&'()*+,;=%-]+")
"""Nothing in such an address can end the link or the cell it stands in."""

NONE = Markup("\N{EN DASH}")


def ours(text: str) -> Markup:
    """Text that was written here, from numbers and fixed words, with true minus signs."""
    return Markup(typeset(text))  # noqa: S704


def inert(text: str, limit: int = 300) -> Markup:
    """Foreign text, escaped."""
    return Markup(safe(text, limit))  # noqa: S704


def coded(text: str, limit: int = 300) -> Markup:
    """Foreign text as a code span."""
    return Markup(code(text, limit))  # noqa: S704


def worded(told: Sentence) -> Markup:
    """A sentence of ours as Markdown."""
    return Markup("").join(_piece(piece) for piece in told)


def joined(*parts: str | Markup, by: str = "") -> Markup:
    """Parts in a row; plain text among them is escaped, empty parts are left out."""
    found = [part if isinstance(part, Markup) else inert(part) for part in parts if part]
    return Markup(by).join(found)  # noqa: S704


def changed(effect: Effect | None, *, strong: bool = True) -> Markup:
    """An effect: bold where its interval leaves 0 out, `~` where it does not.

    What was not kept is not `strong`: bold numbers are for what one may rely on.
    """
    if effect is None:
        return NONE
    if not settled(effect):
        return ours(f"~ {interval(effect)}")
    centre = f"**{estimate(effect)}**" if strong else estimate(effect)
    return ours(f"{centre} {interval(effect)}")


def compared(effect: Effect | None, a: float | None, b: float | None) -> Markup:
    """An exact metric: it has no interval, and 0 to 0 has no ratio."""
    if a is None or b is None:
        return NONE
    if a == b:
        return ours("no change")
    return ours(f"**{estimate(effect)}**, exact") if effect is not None else ours("changed")


def spread(pairs: Sequence[Pair], metric: str, side: str, middle: float) -> Markup:
    """The median of a side and the standard deviation of its single invocations."""
    runs = [pair.a if side == "a" else pair.b for pair in pairs]
    known = [run.values[metric] for run in runs if metric in run.values]
    shown = value(middle)
    if len(known) < 2:
        return ours(shown)
    return ours(f"{shown} ± {_alike(statistics.stdev(known), shown)}")


def middle(runs: Sequence[Invocation], metric: str) -> float | None:
    """The median of a metric over invocations; None where it was never printed."""
    known = [run.values[metric] for run in runs if metric in run.values]
    return statistics.median(known) if known else None


def named(state: State, experiment: ExperimentState) -> Markup:
    """An experiment by shape, id and title."""
    verdict = experiment.verdict
    shape = words.WORDS[verdict.kind].shape if verdict is not None else words.WAITING
    hand = " (by hand)" if verdict is not None and verdict.by == "person" else ""
    title = inert(story.title(state, experiment), 120)
    return joined(ours(f"{shape} {experiment.id} "), title, ours(hand))


def cited(evidence: Evidence) -> Markup:
    """A piece of evidence by id and title, with a link where it has an address."""
    title = inert(f"{evidence.id} {evidence.title or evidence.locator}", 120)
    if not linked(evidence):
        return title
    return Markup(f"[{title}](<{evidence.locator}>)")  # noqa: S704


def gone(evidence: Evidence) -> str:
    """What a reader must know before following an address: ", gone since 2026-11-22"."""
    return f", gone since {evidence.gone}" if evidence.gone else ""


def linked(evidence: Evidence) -> bool:
    """Whether a piece of evidence has an address that can stand in a link as it is."""
    return _ADDRESS.fullmatch(evidence.locator) is not None


def _piece(piece: Piece) -> Markup:
    match piece.kind:
        case "foreign":
            return inert(piece.text)
        case "code":
            return coded(piece.text)
        case "strong":
            return ours(f"**{piece.text}**")
        case "ours":
            return ours(piece.text)


def _alike(number: float, shown: str) -> str:
    """A number with as many decimals as the one it stands beside, or what it takes to see it."""
    if "e" in shown:
        return value(number)
    decimals = len(shown.partition(".")[2])
    text = f"{number:.{decimals}f}"
    return text if float(text) or not number else f"{number:.1g}"
