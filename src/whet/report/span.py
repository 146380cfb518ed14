"""Text in pieces with a style each, so that a terminal can colour it without parsing."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from whet.model.verdict import VerdictKind

Style = VerdictKind | Literal["", "dim", "strong", "id", "command", "good", "bad", "warn", "active"]
"""A meaning, not a colour: the command line decides how it looks."""


@dataclass(frozen=True, slots=True)
class Span:
    """A piece of a line."""

    text: str
    style: Style = ""


Line = tuple[Span, ...]


def plain(line: Iterable[Span]) -> str:
    """The line without its styles and without spaces at its end."""
    return "".join(span.text for span in line).rstrip()


def line(*pieces: str | Span) -> Line:
    """A line of spans; bare text has no style, empty pieces are left out."""
    spans = (piece if isinstance(piece, Span) else Span(piece) for piece in pieces)
    return tuple(span for span in spans if span.text)
