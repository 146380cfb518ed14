"""Arms of a comparison: the same campaign several times, with one thing changed. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from whet.errors import UserError
from whet.plan.naming import slug

_KNOWN: Mapping[str, Mapping[str, str]] = {
    "code-only": {"research.sources": "", "research.require_source": "false"},
    "research": {},
}
"""What an arm changes in the configuration."""

_HINT = "write `--arms code-only,research`, or `--arms agent:goose,agent:codex`"


@dataclass(frozen=True, slots=True, kw_only=True)
class Arm:
    """One arm, and what it changes in the configuration."""

    name: str
    overrides: Mapping[str, str] = field(default_factory=dict)
    agent: str = ""
    """An agent of the table, or a command, instead of the one that is configured."""


def arms(words: str) -> tuple[Arm, ...]:
    """The arms in a list with commas; the first one is the control.

    `agent:NAME` and `model:NAME` are arms as well.

    Raises:
        UserError: an arm is unknown or named twice, or there is one only.
    """
    names = [word.strip() for word in words.split(",") if word.strip()]
    if len(names) < 2 or len(set(names)) != len(names):
        raise UserError(f"`{words}` is not two arms or more", hint=_HINT)
    return tuple(_arm(name) for name in names)


def _arm(name: str) -> Arm:
    kind, _, value = name.partition(":")
    if value and kind == "agent":
        return Arm(name=slug(f"agent-{value}"), agent=value)
    if value and kind == "model":
        return Arm(name=slug(f"model-{value}"), overrides={"agent.model": value})
    if name not in _KNOWN:
        raise UserError(f"there is no arm `{name}`", hint=_HINT)
    return Arm(name=name, overrides=_KNOWN[name])
