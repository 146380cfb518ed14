"""What to look for, what must not be seen, and how well something found fits."""

from collections.abc import Iterable, Sequence

from whet.plan.techniques import about_speed
from whet.ports import Inquiry
from whet.readers.quoting import words_of

_FUNCTIONS = 3
_SHORTEST = 7
"""Letters of an abbreviated commit, and of anything else that may be excluded by a part."""


def hot_functions(inquiry: Inquiry) -> tuple[str, ...]:
    """Functions of the newest profile, the hottest first."""
    found = [one for one in inquiry.evidence if one.kind == "hot-function"]
    newest = [one for one in found if one.commit == inquiry.incumbent] or found
    newest.sort(key=lambda one: -(one.value or 0.0))
    return tuple(dict.fromkeys(name for one in newest for name in one.functions))


def queries(inquiry: Inquiry) -> tuple[str, ...]:
    """What papers are searched for: what the user says, or the hot functions, or the project."""
    given = inquiry.config.research.queries
    if given:
        return given
    about = " ".join(words_of([inquiry.root.name])[:2])
    hot = hot_functions(inquiry)[:_FUNCTIONS]
    made = [" ".join([*words_of([name])[:4], "optimization"]) for name in hot]
    return tuple(dict.fromkeys(made)) or (f"{about} {_topic(inquiry)} performance".strip(),)


def _topic(inquiry: Inquiry) -> str:
    return " ".join(words_of([inquiry.config.campaign.title or inquiry.config.goal.metric])[:4])


def interests(inquiry: Inquiry) -> tuple[str, ...]:
    """Words that make a text interesting, in small letters."""
    return words_of([*queries(inquiry), *hot_functions(inquiry)[:8]])


def hidden(inquiry: Inquiry, published: str, *names: str) -> bool:
    """Whether something does not exist for this inquiry: too new, or excluded by one of its names.

    Args:
        inquiry: with its `as_of` and `exclude`.
        published: ISO date or time; what has no date cannot be shown to be old enough.
        names: keys, addresses and commits.
    """
    if inquiry.as_of and (not published or published[:10] > inquiry.as_of):
        return True
    return any(_same(one, name) for one in inquiry.exclude for name in names if one and name)


def _same(excluded: str, name: str) -> bool:
    one, other = excluded.lower().rstrip("/"), name.lower().rstrip("/")
    if one == other:
        return True
    long_enough = len(one) >= _SHORTEST
    return long_enough and (other.endswith(one) or f"@{one}" in other or other.startswith(one))


def fit(text: str, words: Sequence[str]) -> tuple[float, tuple[str, ...]]:
    """How well a text fits, from 0 to 1, and the terms that is made of."""
    said = text.lower()
    named = [word for word in words if word in said]
    speed = min(5, about_speed(text))
    share = len(named) / len(words) if words else 0.0
    why = (f"{len(named)} of {len(words)} words", f"{speed} words about speed")
    return round(0.6 * share + 0.08 * speed, 4), why


def first(items: Iterable[object], count: int) -> str:
    """A few of some things, for a sentence."""
    shown = [str(item) for item in items]
    more = f" and {len(shown) - count} more" if len(shown) > count else ""
    return ", ".join(shown[:count]) + more
