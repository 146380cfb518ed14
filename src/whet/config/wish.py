"""What a goal in a person's own words says in numbers."""

import re

_SHARE = re.compile(r"(?<![\w.])[+-]?(\d+(?:[.,]\d+)?)\s*(?:%|percent\b|per cent\b)", re.IGNORECASE)
_TIMES = re.compile(r"(?<![\w.])(\d+(?:[.,]\d+)?)\s*(?:x\b|\u00d7|times\b)", re.IGNORECASE)
_MOST = 100.0


def target(words: str) -> float | None:
    """The gain that is asked for, as a fraction of speed, where exactly one is named.

    `20 % faster` is 0.2 and `2x` is 1.0. Words with no number, or with two, name no target: a
    limit that was guessed would end a campaign early.
    """
    shares = [float(found.replace(",", ".")) / 100 for found in _SHARE.findall(words)]
    times = [float(found.replace(",", ".")) - 1 for found in _TIMES.findall(words)]
    asked = [*shares, *times]
    return asked[0] if len(asked) == 1 and 0 < asked[0] <= _MOST else None
