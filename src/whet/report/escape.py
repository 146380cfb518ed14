"""Text from agents, commits and papers, made inert: shown, never obeyed."""

import re
import unicodedata

_MARKS = 3
"""Combining marks that one letter may carry; more would paint over the lines around it."""

_BLANK = frozenset("\u115f\u1160\u2800\u3164\uffa0")
"""Letters and symbols that look like nothing."""

_ISOLATE, _POP = "\u2068", "\u2069"
_RIGHT_TO_LEFT = frozenset({"R", "AL", "AN"})

_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;", "$": "<span>$</span>"}
_BACKSLASHED = frozenset("\\`*_{}[]|~!^")
_BREAK = "<!-- -->"
"""Nothing to see, and no mention, reference or address is found across it."""

_BLOCK_START = re.compile(r"^(?:([-+=:])|(\d{1,9})([.)]))")
_EMOJI = re.compile(r":(?=[\w+-]+:)")
_FENCE = re.compile(r"`{3,}")


def visible(text: str) -> str:
    """The text on one line, with everything invisible shown as `<U+202E>`.

    That holds for control characters, for marks that turn the direction of writing, and for
    letters that look like nothing. White space becomes single spaces. Safe for a terminal.
    """
    flat = " ".join(text.split())
    if flat.isascii() and flat.isprintable():
        return flat
    return _shown(flat)


def verbatim(text: str) -> str:
    """As `visible`, but lines stay lines and indentation stays."""
    lines = text.replace("\r\n", "\n").split("\n")
    return "\n".join(_shown(line.expandtabs(4)).rstrip() for line in lines)


def columns(text: str) -> int:
    """How many columns a terminal needs for visible text."""
    if text.isascii():
        return len(text)
    return sum(_width(letter) for letter in text)


def cut(text: str, width: int) -> str:
    """Visible text in at most so many columns; an ellipsis stands for what is left out."""
    text = visible(text)
    if columns(text) <= width:
        return text
    room, taken = max(0, width - 1), 0
    for index, letter in enumerate(text):
        taken += _width(letter)
        if taken > room:
            return text[:index].rstrip() + "…"
    return text


def pad(text: str, width: int) -> str:
    """Text followed by spaces, up to so many columns."""
    return text + " " * (width - columns(text))


def safe(text: str, limit: int = 300) -> str:
    """Text for Markdown as GitHub reads it, inside a table cell as well.

    It is at most `limit` columns long. No markup, HTML, link, mention, reference, formula or emoji
    comes of it. Text written from right to left cannot reorder what stands beside it.
    """
    shown = cut(text, limit)
    escaped = "".join(_escape(letter) for letter in shown)
    escaped = escaped.replace("://", f":{_BREAK}//").replace("@", f"@{_BREAK}")
    escaped = re.sub(r"#(?=\d)", f"#{_BREAK}", escaped).replace("#", "\\#")
    escaped = re.sub(r"(?i)\b(www|gh)(?=[.-])", rf"\1{_BREAK}", escaped)
    escaped = _EMOJI.sub(f":{_BREAK}", escaped)
    escaped = _BLOCK_START.sub(_not_a_block, escaped)
    return _isolated(escaped)


def code(text: str, limit: int = 300) -> str:
    """Text as a code span, inside a table cell as well: there a bar would end the cell."""
    shown = cut(text, limit)
    if not shown or "|" in shown:
        return safe(text, limit)
    longest = max((len(run) for run in re.findall("`+", shown)), default=0)
    fence = "`" * (longest + 1)
    space = " " if "`" in (shown[0], shown[-1]) else ""
    return f"{fence}{space}{shown}{space}{fence}"


def fenced(text: str, language: str = "") -> str:
    """Text as a block of code that its own backticks cannot end."""
    shown = verbatim(text).strip("\n")
    longest = max((len(run) for run in _FENCE.findall(shown)), default=2)
    fence = "`" * (longest + 1)
    return f"{fence}{language}\n{shown}\n{fence}"


def _shown(text: str) -> str:
    pieces: list[str] = []
    marks = 0
    for letter in text:
        category = unicodedata.category(letter)
        marks = marks + 1 if category in ("Mn", "Me") else 0
        if marks > _MARKS:
            continue
        if category == "Zs":
            pieces.append(" ")
        elif category[0] in "CZ" or letter in _BLANK:
            pieces.append(f"<U+{ord(letter):04X}>")
        else:
            pieces.append(letter)
    return "".join(pieces)


def _width(letter: str) -> int:
    if unicodedata.category(letter) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(letter) in "WF" else 1


def _escape(letter: str) -> str:
    if letter in _BACKSLASHED:
        return "\\" + letter
    return _ENTITIES.get(letter, letter)


def _not_a_block(start: re.Match[str]) -> str:
    mark, number, dot = start.groups()
    return f"\\{mark}" if mark else f"{number}\\{dot}"


def _isolated(text: str) -> str:
    if any(unicodedata.bidirectional(letter) in _RIGHT_TO_LEFT for letter in text):
        return f"{_ISOLATE}{text}{_POP}"
    return text
