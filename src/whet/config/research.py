"""What must hold of `[research]`: readers that exist, places that can be asked."""

import re
from collections.abc import Callable, Mapping

from whet.config.complaints import short
from whet.config.keys import nearest
from whet.model.config import READERS

Problem = tuple[str, str]

_SERVICES = ("github", "arxiv", "openalex", "semantic_scholar")


def _source(_dotted: str, text: str) -> Problem | None:
    if text in READERS:
        return None
    near = nearest(text, READERS)
    hint = f'write `"{near}"`' if near else f"readers are {', '.join(READERS)}"
    return f"has `{short(text)}`, which is no reader", hint


def _place(dotted: str, text: str) -> Problem | None:
    name = dotted.rpartition(".")[2]
    if text.strip() and not text.startswith("-") and text.isprintable():
        return None
    return (
        f"has `{short(text)}`, which is no place",
        f"write `{name} = []`, or a path or OWNER/NAME",
    )


def _owned(_dotted: str, text: str) -> Problem | None:
    if not text or re.fullmatch(r"[\w.-]+/[\w.-]+", text):
        return None
    return f"is `{short(text)}`, not OWNER/NAME", 'write `repository = "madler/zlib"`'


def _endpoint(dotted: str, text: str) -> Problem | None:
    name = dotted.removeprefix("research.endpoints.")
    if name not in _SERVICES:
        return "is no service", f"services are {', '.join(_SERVICES)}"
    if not re.fullmatch(r"https?://[^\s/@?#]+(?:/[^\s@?#]*)?", text):
        return (
            f"is `{short(text)}`, which is no address",
            f'write `{name} = "https://api.example.org"`',
        )
    return None


RULES: Mapping[str, Callable[[str, str], Problem | None]] = {
    "research.sources": _source,
    "research.repository": _owned,
    "research.endpoints.*": _endpoint,
    "research.forks": _place,
    "research.competitors": _place,
    "research.documents": _place,
}
"""By pattern, as in `whet.config.rules`."""
