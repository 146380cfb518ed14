"""From a text to evidence: the sentence that matters, where it stands, and what it speaks of."""

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace

from whet.model.idea import Evidence
from whet.plan.techniques import SPEED, claims_in, techniques_in
from whet.ports import Shelf

LONGEST = 400
"""Characters of a quote: enough to judge it, short enough to cite it."""

_SENTENCE = re.compile(r"[^\n.!?]*(?:[.!?](?!\s)[^\n.!?]*)*[.!?]?(?:\s|$)|[^\n]+")
_NAME = re.compile(
    r"(?<![\w/.])[A-Za-z_]\w*(?:::\w+)+|(?<![\w/.])[A-Za-z_]*[a-z0-9]_[A-Za-z0-9_]+|\b\w+(?=\(\))"
)
_PATH = re.compile(
    r"(?<![\w/])(?:[\w.-]+/)+[\w.-]+\.\w{1,5}"
    r"|(?<![\w/])\w+\.(?:c|cc|cpp|h|hpp|rs|go|py|cu|metal|java|js|ts|zig)\b"
)
_NUMBER = re.compile(r"\d(?:[\d.]*\d)?\s?(?:%|x\b|\u00d7|ms|us|\u00b5s|ns|s\b|GB/s)")
_MOST_NAMES = 24


def quoted(evidence: Evidence, text: str, shelf: Shelf, words: Collection[str] = ()) -> Evidence:
    """The evidence with its quote, claims, names and techniques, and the text on the shelf.

    Args:
        evidence: what is known of it; its `quote` is replaced.
        text: the document as it was read.
        shelf: keeps the document that is quoted.
        words: what was looked for, in small letters.
    """
    data = text.encode(errors="replace")
    whole = data.decode()
    start, end = best(whole, words)
    first = len(whole[:start].encode())
    quote = whole[start:end]
    return replace(
        evidence,
        quote=quote,
        digest=shelf.put(data),
        span=(first, first + len(quote.encode())),
        functions=evidence.functions or functions_in(whole),
        files=evidence.files or files_in(whole),
        techniques=evidence.techniques or techniques_in(f"{evidence.title}\n{whole}"),
        claims=evidence.claims or claims_in(quote) or claims_in(whole),
    )


def stands(evidence: Evidence, shelf: Shelf) -> bool:
    """Whether the quote is, byte for byte, where the evidence says it is.

    Raises:
        IntegrityError: the document is gone, or is not what was stored.
    """
    if not evidence.digest or evidence.span is None:
        return False
    first, end = evidence.span
    return bool(evidence.quote) and shelf.get(evidence.digest)[first:end] == evidence.quote.encode()


def best(text: str, words: Collection[str] = ()) -> tuple[int, int]:
    """Where the sentence is that says most about speed and about these words."""
    spans = [(m.start(), m.end()) for m in _SENTENCE.finditer(text) if m.group().strip()]
    if not spans:
        return 0, 0
    number = max(range(len(spans)), key=lambda i: (_worth(text[slice(*spans[i])], words), -i))
    start, end = spans[number]
    # a short sentence alone says little: the next ones of its paragraph come along
    for first, last in spans[number + 1 :]:
        if (
            end - start > LONGEST // 2
            or last - start > LONGEST
            or "\n\n" in text[end - 1 : first + 1]
        ):
            break
        end = last
    piece = text[start : min(end, start + LONGEST)]
    start += len(piece) - len(piece.lstrip())
    return start, start + len(piece.strip())


def _worth(sentence: str, words: Collection[str]) -> float:
    said = sentence.lower()
    worth = 2.0 * len(SPEED.findall(sentence)[:3]) + 3.0 * len(_NUMBER.findall(sentence)[:2])
    worth += sum(1.0 for word in words if word in said)
    worth += 0.5 * len(_NAME.findall(sentence)[:3])
    return worth if len(sentence.strip()) > 20 else worth / 4


def functions_in(text: str) -> tuple[str, ...]:
    """Identifiers a text names, the most often named first."""
    return _often(_NAME.findall(text[:100_000]))


def files_in(text: str) -> tuple[str, ...]:
    """Files a text names, the most often named first."""
    return _often(_PATH.findall(text[:100_000]))


def _often(names: Iterable[str]) -> tuple[str, ...]:
    counts: dict[str, int] = {}
    for name in names:
        counts[name] = counts.get(name, 0) + 1
    return tuple(sorted(counts, key=lambda name: -counts[name])[:_MOST_NAMES])


def words_of(texts: Sequence[str]) -> tuple[str, ...]:
    """Words of a few texts, in small letters, identifiers split, the meaningless left out."""
    found: dict[str, None] = {}
    for text in texts:
        for part in re.split(r"[^A-Za-z0-9]+", re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", text)):
            if len(part) > 2 and not part.isdecimal() and part.lower() not in _EMPTY:
                found[part.lower()] = None
    return tuple(found)


_EMPTY = frozenset({
    "the", "and", "for", "with", "from", "that", "this", "not", "are", "was", "has", "have", "its",
    "can", "more", "less", "than", "into", "one", "all", "any", "use", "using", "seconds", "time",
    "wall", "cpu",
})  # fmt: skip
