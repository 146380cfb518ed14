"""A proof as tables: for a terminal, and as Markdown."""

from collections.abc import Sequence

from whet.proof.headline import headline
from whet.proof.result import WHET, OnMachine, Proof, Row, Share
from whet.proof.score import SESSION
from whet.report.figures import duration, percent, plural, share, typeset
from whet.report.span import Line, Span, line

NOTES = (
    "found: of the changes worth the minimum effect or more, those that are kept.",
    "runs: of the benchmark for a verdict, with warm-ups, calibration and stored baselines.",
    "Here whet judges each candidate by itself; those that wait together share runs and cost less.",
    "claimed: whet measures its stack again; the others multiply what they claimed.",
    (
        "Intervals are exact at 95% for independent candidates. Those that are held against one "
        f"stored baseline, a new one for every {SESSION}, share its luck: theirs are too narrow."
    ),
)

_HEAD = ("", "no effect, but kept", "found", "runs", "claimed", "true")
_WIDTHS = (29, 20, 7, 6, 9, 8)
_NONE = "-"


def lines(proof: Proof) -> tuple[Line | str, ...]:
    """A table for every machine, within 80 columns."""
    shown: list[Line | str] = []
    for machine in proof.machines:
        shown += ["", _title(proof, machine), _aligned(_HEAD, "dim")]
        shown += [_aligned(cells(row), "good" if row.key == WHET else "") for row in machine.rows]
    return tuple(shown)


def markdown(proof: Proof, level: int = 2) -> str:
    """The same as a page, with headings of some level."""
    parts = [headline(proof)]
    for machine in proof.machines:
        rows = [_HEAD, (":--", *("--:" for _ in _HEAD[1:])), *map(cells, machine.rows)]
        table = "\n".join(f"| {' | '.join(row)} |" for row in rows)
        parts += [
            f"{'#' * level} {machine.machine}",
            f"{about(proof, machine)}.",
            table,
        ]
    parts.append("\n".join(f"- {note}" for note in NOTES))
    parts.append(_made(proof))
    return typeset("\n\n".join(parts)) + "\n"


def about(proof: Proof, machine: OnMachine) -> str:
    """What was tried on a machine, in one line."""
    ours = machine.rows[0]
    said = (
        plural(len(machine.tried), "candidate"),
        f"{ours.null.of} without effect",
        f"{ours.found.of} worth {share(proof.found_from)} or more",
        f"noise {100 * machine.noise:.1f}%",
    )
    return ", ".join(said)


def cells(row: Row) -> tuple[str, ...]:
    """A row of either table."""
    claims = [_NONE if value is None else percent(value) for value in (row.claimed, row.true)]
    return (row.title, kept(row.null), count(row.found), f"{row.invocations:.1f}", *claims)


def kept(found: Share) -> str:
    """A share with its interval: "53.3% [34.3, 71.7]"."""
    if found.rate is None:
        return _NONE
    low, high = 100 * found.low, 100 * found.high
    return f"{100 * found.rate:.1f}% [{low:.1f}, {high:.1f}]"


def count(found: Share) -> str:
    """A share as a fraction: "3/4"."""
    return f"{found.kept}/{found.of}" if found.of else _NONE


def _title(proof: Proof, machine: OnMachine) -> Line:
    return line(Span(machine.machine, "strong"), f": {about(proof, machine)}")


def _aligned(texts: Sequence[str], style: str) -> Line:
    first = f"{texts[0]:<{_WIDTHS[0]}}"
    rest = "".join(f"{text:>{width}}" for text, width in zip(texts[1:], _WIDTHS[1:], strict=True))
    return line(Span(first + rest, style))  # type: ignore[arg-type]


def _made(proof: Proof) -> str:
    asked = f"effect {percent(proof.effect)}" if proof.effect is not None else f"mix {proof.mix}"
    seeds = ", ".join(map(str, proof.seeds))
    return (
        f"whet {proof.version}, {asked}, seeds {seeds}, sandbox {proof.sandbox}, "
        f"{duration(proof.seconds)}."
    )
