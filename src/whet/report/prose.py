"""Sentences in pieces, so that Markdown and a page can each write them in their own way."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

Kind = Literal["ours", "foreign", "code", "strong"]
"""What a piece is: our own words, words from elsewhere, something to type, something to heed."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of a sentence; only what is `ours` or `strong` was written here."""

    text: str
    kind: Kind = "ours"


Sentence = tuple[Piece, ...]


def sentence(*pieces: str | Piece) -> Sentence:
    """Pieces in a row; bare text is our own, empty pieces are left out."""
    found = (piece if isinstance(piece, Piece) else Piece(piece) for piece in pieces)
    return tuple(piece for piece in found if piece.text)


def foreign(text: str) -> Piece:
    """Words from a machine, a person or an agent."""
    return Piece(text, "foreign")


def code(text: str) -> Piece:
    """A command, a path or a commit, from wherever."""
    return Piece(text, "code")


def strong(text: str) -> Piece:
    """Our own words that must not be overlooked."""
    return Piece(text, "strong")


def listed(parts: Iterable[Iterable[Piece]], by: str) -> Sentence:
    """Parts with the same text between them; empty parts are left out."""
    whole: list[Piece] = []
    for part in parts:
        shown = [piece for piece in part if piece.text]
        if shown and whole:
            whole.append(Piece(by))
        whole += shown
    return tuple(whole)
