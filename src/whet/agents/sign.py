"""What an agent's output shows, in one form for all agents, and the transcript made of it."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from whet.model.agent import Problem, Usage

Kind = Literal["session", "say", "think", "tool", "tool_end", "usage", "error", "noise", "asked"]

_SHOWN = 2000
"""Characters of one text that a transcript keeps: its head and its tail."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sign:
    """One thing an agent said or did."""

    kind: Kind
    text: str = ""
    name: str = ""
    """Of a tool."""
    ok: bool = True
    usage: Usage | None = None
    problem: Problem = ""
    passing: bool = False
    """An error that the agent means to get over."""


@dataclass(frozen=True, slots=True)
class Timed:
    """A sign and when it came, in seconds since the agent was started."""

    at: float
    sign: Sign


def say(text: object) -> Sign:
    """Words of the agent."""
    return Sign(kind="say", text=_text(text))


def tool(name: object, given: object) -> Sign:
    """A call of a tool begins."""
    return Sign(kind="tool", name=_text(name), text=_given(given))


def tool_end(text: object, *, ok: bool) -> Sign:
    """A call of a tool ended."""
    return Sign(kind="tool_end", text=_text(text), ok=ok)


def used(
    read: object, written: object, cached: object = 0, money: object = None, calls: int = 1
) -> Sign:
    """What a call of the model took; whatever is no number counts as none."""
    usage = Usage(
        calls=calls,
        read=_count(read),
        written=_count(written),
        cached=_count(cached),
        money=float(money) if isinstance(money, int | float) else None,
    )
    return Sign(kind="usage", usage=usage)


def error(text: object, *, passing: bool = False) -> Sign:
    """Something went wrong; the kind of problem is read from the words."""
    said = _text(text)
    return Sign(kind="error", text=said, problem=problem_in(said), passing=passing)


def noise(text: str) -> Sign:
    """A line that is no event of the agent's."""
    return Sign(kind="noise", text=text[:500])


_WORDS: tuple[tuple[Problem, tuple[str, ...]], ...] = (
    ("auth", ("401", "403", "unauthorized", "authentication", "invalid api key", "api key",
              "api_key", "permission denied for", "not logged in", "please log in", "sign in",
              "forbidden")),
    ("limit", ("maximum number of turns", "max turns", "max_turns", "limitsexceeded",
               "step limit", "maximum session turns")),
    ("rate", ("429", "rate limit", "rate_limit", "too many requests", "quota", "overloaded")),
    ("service", ("500", "502", "503", "504", "529", "server error", "internal error", "connection",
                 "timed out", "timeout", "stream disconnected", "econnrefused", "fetch failed",
                 "scripted fault")),
)  # fmt: skip


def problem_in(text: str) -> Problem:
    """What kind of problem an error's words speak of."""
    said = text.lower()
    return next((kind for kind, words in _WORDS if any(word in said for word in words)), "agent")


def transcript(signs: Iterable[Timed]) -> str:
    """What was done, for a person: one paragraph for each thing, with the second it came."""
    parts: list[str] = []
    for timed in signs:
        line = _line(timed.sign)
        if line:
            parts.append(f"[{timed.at:7.1f} s] {line}")
    return "\n".join(parts) + ("\n" if parts else "")


def _line(sign: Sign) -> str:
    text = _clipped(sign.text).replace("\n", "\n            ").rstrip()
    match sign.kind:
        case "session":
            return f"session {text}"
        case "say":
            return f"says: {text}"
        case "think":
            return f"thinks: {text}"
        case "tool":
            return f"{sign.name}: {text}"
        case "tool_end":
            return f"{'ends' if sign.ok else 'fails'}: {text}"
        case "usage":
            return _usage(sign.usage)
        case "error":
            return f"error{' (passing)' if sign.passing else ''}: {text}"
        case "asked":
            return f"asks to {sign.name}: {text}"
        case "noise":
            return text


def _usage(usage: Usage | None) -> str:
    if usage is None or not usage.tokens:
        return ""
    money = "" if usage.money is None else f", ${usage.money:.4f}"
    return f"tokens: {usage.read} read, {usage.written} written, {usage.cached} cached{money}"


def _clipped(text: str) -> str:
    if len(text) <= _SHOWN:
        return text
    half = _SHOWN // 2
    return f"{text[:half]}\n… {len(text) - _SHOWN} characters …\n{text[-half:]}"


def _text(value: object) -> str:
    return value if isinstance(value, str) else "" if value is None else json.dumps(value)


def _given(value: object) -> str:
    found: Any = value
    if isinstance(value, Mapping):
        for name in ("command", "cmd", "script"):
            if isinstance(value.get(name), str):
                return str(value[name])
        found = dict(value)
    return _text(found)


def _count(value: object) -> int:
    return int(value) if isinstance(value, int | float) and value == value else 0  # noqa: PLR0124
