"""The conventions of a project on one card: for whoever writes a change, and reviews it."""

from collections.abc import Iterable

from whet.model.idea import Evidence

LINES = 30

_POLICIES = {
    "ai-banned": "This project takes nothing that an AI has written.",
    "ai-facts": "This project wants no text by an AI: no description, message or whole change.",
    "ai-disclose": "This project wants to be told when an AI has helped.",
    "ai-welcome": "This project speaks of AI and asks for nothing.",
}
_REVIEWS = 8
_WIDE = 160


def card(evidence: Iterable[Evidence]) -> tuple[str, ...]:
    """At most `LINES` lines, each with where it stands; empty when nothing is known.

    The lines quote other people. Whoever shows them puts them into a fence.
    """
    found = list(evidence)
    rules = [one for one in found if one.kind == "convention"]
    lines = [
        line
        for one in rules
        if one.status in _POLICIES
        for line in (_POLICIES[one.status], _line(one))
    ]
    lines += [_line(one) for one in rules if one.status == "rule"]
    lines += [f"owner {_line(one)}" for one in rules if one.status == "owner"]
    reviews = sorted((one for one in found if one.kind == "review"), key=lambda one: -one.score)
    lines += [f"asked in review {_line(one)}" for one in reviews[:_REVIEWS]]
    return tuple(lines[:LINES])


def _line(one: Evidence) -> str:
    said = " ".join(one.quote.split())
    return f"{one.locator}: {said if len(said) <= _WIDE else said[: _WIDE - 1] + '…'}"
