"""What calls of a model took, read from the replies of any service, and the limits on it."""

import json
import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from whet.model.agent import Caps, Price, Problem, Usage

_CHARACTERS_OF_A_TOKEN = 4


@dataclass(slots=True, kw_only=True)
class Meter:
    """What a run has taken so far. Threads may add to it."""

    caps: Caps = field(default_factory=Caps)
    price: Price | None = None
    total: Usage = field(default_factory=Usage)
    refused: int = 0
    """The status of the last reply that was a refusal, 0 after one that was not."""
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, usage: Usage) -> None:
        """Count calls; their price is worked out where they do not say it."""
        if usage.money is None and self.price is not None:
            usage = replace(usage, money=self.price.of(usage))
        with self._lock:
            self.total = self.total.plus(usage)

    @property
    def over(self) -> str:
        """Which limit is reached, in words, or nothing."""
        total, caps = self.total, self.caps
        if caps.calls and total.calls >= caps.calls:
            return f"{caps.calls} calls of the model"
        if caps.tokens and total.tokens >= caps.tokens:
            return f"{caps.tokens:,} tokens"
        if caps.money and total.money is not None and total.money >= caps.money:
            return f"${caps.money:g}"
        return ""


def refusal(status: int) -> Problem:
    """What a model service means by a status."""
    if status in (401, 403):
        return "auth"
    if status == 429:
        return "rate"
    return "service" if status >= 500 else "agent" if status >= 400 else ""


def usage_of(asked: bytes, replied: bytes) -> Usage:
    """What one call took, by its reply: a document, or the events of a stream.

    A reply that does not say is estimated from the lengths.
    """
    found: dict[str, int] = {}
    for document in _documents(replied):
        for told in _told(document):
            found |= told
    if not found:
        read, written = len(asked), len(replied)
        return Usage(
            calls=1,
            read=-(-read // _CHARACTERS_OF_A_TOKEN),
            written=-(-written // _CHARACTERS_OF_A_TOKEN),
            estimated=True,
        )
    return Usage(
        calls=1,
        read=max(0, found.get("read", 0)),
        written=max(0, found.get("written", 0)),
        cached=max(0, found.get("cached", 0)),
    )


def _documents(data: bytes) -> Iterable[Mapping[str, Any]]:
    text = data.decode(errors="replace")
    for part in (text, *(line[5:] for line in text.splitlines() if line.startswith("data:"))):
        if '"usage' not in part:
            continue
        try:
            found = json.loads(part)
        except (ValueError, RecursionError):
            continue
        for item in found if isinstance(found, list) else (found,):
            if isinstance(item, dict):
                yield item


def _told(document: Mapping[str, Any]) -> Iterable[dict[str, int]]:
    """The counts in a document of any of the wire formats; later ones of a stream hold."""
    for place in (document, document.get("message"), document.get("response")):
        if isinstance(place, dict):
            for name in ("usage", "usageMetadata"):
                if isinstance(place.get(name), dict):
                    yield _counts(place[name])


def _counts(usage: Mapping[str, Any]) -> dict[str, int]:
    details = usage.get("prompt_tokens_details") or usage.get("input_tokens_details") or {}
    cached = _first(details, "cached_tokens") or _first(usage, "cachedContentTokenCount")
    inclusive = _first(usage, "prompt_tokens", "promptTokenCount")
    plain = _first(usage, "input_tokens")
    found: dict[str, int] = {}
    if inclusive is not None or (plain is not None and cached is not None):
        found["read"] = (inclusive if inclusive is not None else plain or 0) - (cached or 0)
    elif plain is not None:
        found["read"] = plain + (_first(usage, "cache_creation_input_tokens") or 0)
        cached = _first(usage, "cache_read_input_tokens")
    if cached is not None:
        found["cached"] = cached
    written = _first(usage, "completion_tokens", "output_tokens", "candidatesTokenCount")
    if written is not None:
        found["written"] = written + (_first(usage, "thoughtsTokenCount") or 0)
    return found


def _first(table: Mapping[str, Any], *names: str) -> int | None:
    for name in names:
        value = table.get(name)
        if isinstance(value, int) and not isinstance(value, bool):
            return value
    return None
