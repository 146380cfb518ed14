"""Paragraphs in a column of a terminal, spans kept whole where they fit."""

from whet.report.escape import columns, cut
from whet.report.span import Line, Span


def labelled(label: Span, text: str, *, column: int, width: int, most: int = 8) -> tuple[Line, ...]:
    """A label and its text beside it; further lines of the text stand below the first.

    Args:
        label: what stands at the left; made as wide as `column`.
        text: visible text.
        column: where the text begins.
        width: columns of the terminal.
        most: lines at most; an ellipsis ends what is cut.
    """
    rows = paragraph(text, max(20, width - column), most)
    gap = " " * max(1, column - columns(label.text))
    first = (label, Span(gap), Span(rows[0])) if rows else (label,)
    return (first, *((Span(" " * column + row),) for row in rows[1:]))


def paragraph(text: str, width: int, most: int = 8) -> list[str]:
    """Visible text in lines of at most so many columns."""
    rows: list[str] = []
    row = ""
    for word in text.split():
        longer = f"{row} {word}" if row else word
        if columns(longer) <= width:
            row = longer
            continue
        if row:
            rows.append(row)
        row = cut(word, width)
    if row:
        rows.append(row)
    if len(rows) > most:
        rows[most - 1] = cut(rows[most - 1] + " …", width)
    return rows[:most]


def fit(line: Line, width: int) -> Line:
    """The line in at most so many columns; an ellipsis stands for what is left out."""
    room = width
    spans: list[Span] = []
    for span in line:
        need = columns(span.text)
        if need > room:
            return (*spans, Span(cut(span.text, room), span.style)) if room else tuple(spans)
        spans.append(span)
        room -= need
    return tuple(spans)
