"""How a project writes its commit messages, learnt from its log. Pure: messages in, `Style` out."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from whet.judge.summary import median
from whet.report.escape import visible

Prefix = Literal["none", "conventional", "area", "bracket"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Style:
    """The habits of a log; the defaults are for a project without one.

    `prefix` is how a subject begins: nothing, `perf(x): `, `area: ` or `[area] `. `separator` is
    what stands between an area and the rest, as " : ".
    """

    prefix: Prefix = "none"
    separator: str = ": "
    areas: tuple[str, ...] = ()
    """Areas of the log, the commonest first."""
    leading: str = ""
    """The area that most subjects name, if there is one."""
    capital: bool = True
    subject: int = 72
    """Columns that a subject may have."""
    width: int = 72
    """Columns of the text below it."""
    signs_off: bool = False
    messages: int = 0
    """How many messages this was learnt from."""


_CONVENTIONAL = re.compile(
    r"^(?:feat|fix|perf|docs|test|tests|refactor|chore|build|ci|style|revert)(?:\(([^)]*)\))?!?: "
)
_BRACKET = re.compile(r"^\[([^\]]{1,30})\]:? ")
_AREA = re.compile(r"^([\w][\w.+/, -]{0,30}?)(\s?:\s+)(?=\S)")
_NUMBER = re.compile(r"\s*\(#\d+\)$")
_FEWEST = 5
"""Fewer messages than this are no habit."""

_ENOUGH = 0.5
"""Share of a log that must do something for it to be a habit."""


def learn(messages: Sequence[str]) -> Style:
    """The style of some messages, the newest first; merges and reverts are to be left out.

    A handful says nothing: then it is that of a project without a log.
    """
    subjects = [_NUMBER.sub("", message.split("\n", 1)[0].strip()) for message in messages]
    subjects = [subject for subject in subjects if subject]
    if len(subjects) < _FEWEST:
        return Style(messages=len(subjects))
    prefix, separator, areas = _prefix(subjects)
    rest = [_without_prefix(subject, prefix) for subject in subjects]
    letters = [text[0] for text in rest if text[:1].isalpha()]
    return Style(
        prefix=prefix,
        separator=separator,
        areas=areas,
        leading=_leading(subjects, areas),
        capital=not letters or sum(map(str.isupper, letters)) >= _ENOUGH * len(letters),
        subject=_length(subjects),
        width=_width(messages),
        signs_off=_signed(messages),
        messages=len(subjects),
    )


def _prefix(subjects: Sequence[str]) -> tuple[Prefix, str, tuple[str, ...]]:
    many = _ENOUGH * len(subjects)
    found = [match for text in subjects if (match := _CONVENTIONAL.match(text))]
    if len(found) >= many:
        return "conventional", ": ", _commonest(match[1] or "" for match in found)
    found = [match for text in subjects if (match := _BRACKET.match(text))]
    if len(found) >= many:
        return "bracket", " ", _commonest(match[1] for match in found)
    found = [match for text in subjects if (match := _AREA.match(text))]
    if len(found) >= many:
        separator = Counter(match[2] for match in found).most_common(1)[0][0]
        return "area", separator, _commonest(match[1] for match in found)
    return "none", ": ", ()


def _commonest(words: Iterable[str]) -> tuple[str, ...]:
    counted = Counter(word for word in words if word)
    return tuple(word for word, _ in counted.most_common(12))


def _leading(subjects: Sequence[str], areas: Sequence[str]) -> str:
    if not areas:
        return ""
    named = sum(text.startswith((areas[0], f"[{areas[0]}]")) for text in subjects)
    return areas[0] if named > _ENOUGH * len(subjects) else ""


def _without_prefix(subject: str, prefix: Prefix) -> str:
    pattern = {"conventional": _CONVENTIONAL, "bracket": _BRACKET, "area": _AREA}.get(prefix)
    return pattern.sub("", subject, count=1) if pattern else subject


def _length(subjects: Sequence[str]) -> int:
    """What 19 of 20 subjects keep to; never below 60, never above 72."""
    lengths = sorted(map(len, subjects))
    return min(72, max(60, lengths[(19 * (len(lengths) - 1)) // 20]))


def _width(messages: Sequence[str]) -> int:
    """Where bodies are wrapped: the longest line of a usual body, addresses and code left out."""
    longest = [
        max(map(len, prose))
        for message in messages
        if (prose := [line for line in message.split("\n")[1:] if _is_prose(line)])
    ]
    return min(80, max(64, int(median(longest)))) if len(longest) >= 4 else 72


def _is_prose(line: str) -> bool:
    return bool(line.strip()) and "://" not in line and not line.startswith((" ", "\t", ">", "|"))


def _signed(messages: Sequence[str]) -> bool:
    signed = sum("\nSigned-off-by: " in message for message in messages)
    return bool(messages) and signed >= _ENOUGH * len(messages)


_INLINE_CODE = re.compile(r"^\S*[_./(]")


def subject(title: str, style: Style, area: str = "") -> str:
    """A title as this project would write it, cut at a word where it is too long.

    Args:
        title: what the change does.
        style: the habits of the log.
        area: the part of the project, where its subjects name one; else the commonest.
    """
    text = _CONVENTIONAL.sub("", visible(title), count=1).rstrip(".")
    head = _head(style, area)
    first = text.split(" ", 1)[0]
    if text and not _INLINE_CODE.match(first) and not first[1:].isupper():
        text = (text[0].upper() if style.capital else text[0].lower()) + text[1:]
    return head + _cut(text, style.subject - len(head))


def _head(style: Style, area: str) -> str:
    if style.prefix == "conventional":
        return f"perf({area}): " if area else "perf: "
    area = area or (style.areas[0] if style.areas else "")
    if style.prefix == "none" or not area:
        return ""
    return f"[{area}] " if style.prefix == "bracket" else f"{area}{style.separator}"


def _cut(text: str, room: int) -> str:
    if len(text) <= room:
        return text
    words = text[: room + 1].rsplit(" ", 1)[0].split(" ")
    while len(words) > 2 and words[-1].lower() in _SMALL:
        words.pop()
    whole = " ".join(words).rstrip(" ,;:-")
    return whole if room // 2 <= len(whole) <= room else text[:room]


_SMALL = frozenset("a an the of to for over into and or with in on at by from as per".split())  # noqa: SIM905
"""No subject ends with one of these."""


def area_of(messages: Sequence[str], style: Style, files: Sequence[str]) -> str:
    """The area that commits to the same files are said to be in, or nothing.

    Args:
        messages: of commits that changed one of the files, the newest first.
        style: the habits of the whole log.
        files: what the change touches; without such commits one of its folders is the area, or
            the name of the first file.
    """
    if style.prefix == "none":
        return ""
    found = _prefix([message.split("\n", 1)[0] for message in messages]) if messages else None
    if found is not None and found[0] == style.prefix and found[2]:
        return found[2][0]
    if style.prefix == "conventional":
        return ""
    known = {known.lower(): known for known in style.areas}
    parts = files[0].split("/")[:-1] if files else []
    folder = next((known[part.lower()] for part in reversed(parts) if part.lower() in known), "")
    if folder or style.leading:
        return folder or style.leading
    return files[0].rsplit("/", 1)[-1].partition(".")[0] if files else ""
