"""The two wire formats of the built-in agent: a conversation to a request, a reply to a turn."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from whet.agents.metering import usage_of
from whet.model.agent import Usage

Json = Mapping[str, Any]
Wire = Literal["chat", "messages"]

_LONGEST = 8192
"""Tokens that one reply may have."""


class NotUnderstood(ValueError):
    """The reply is not what the wire format says."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tool:
    """A tool as the model is told of it; every parameter is a text or a number."""

    name: str
    about: str
    parameters: Mapping[str, str]
    required: tuple[str, ...]

    @property
    def schema(self) -> Json:
        """Its parameters as JSON Schema."""
        numbers = ("start", "lines", "timeout")
        shown = {name: {"type": "integer" if name in numbers else "string", "description": about}
                 for name, about in self.parameters.items()}  # fmt: skip
        return {"type": "object", "properties": shown, "required": list(self.required)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What the agent is told."""

    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A tool the model asks for; `wrong` says why it cannot be run."""

    id: str
    tool: str
    arguments: Json
    wrong: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """What the model said and asks for; `cut` when it ran into the limit of a reply."""

    text: str
    calls: tuple[Call, ...]
    usage: Usage
    cut: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """What a tool answered."""

    id: str
    text: str


Said = Told | Turn | Done


def path(wire: Wire) -> str:
    """The path below the endpoint."""
    return "/chat/completions" if wire == "chat" else "/messages"


def headers(wire: Wire, key: str) -> dict[str, str]:
    """The headers of a request."""
    found = {"Content-Type": "application/json", "Accept-Encoding": "identity"}
    if wire == "messages":
        found |= {"anthropic-version": "2023-06-01"} | ({"x-api-key": key} if key else {})
    elif key:
        found["Authorization"] = f"Bearer {key}"
    return found


def request(
    wire: Wire, model: str, system: str, said: Sequence[Said], tools: Sequence[Tool]
) -> Json:
    """The body of a request."""
    if wire == "chat":
        first = {"role": "system", "content": system}
        offered = [{"type": "function", "function": _function(t)} for t in tools]
        return {"model": model, "messages": [first, *map(_chat, said)], "tools": offered}
    cached = {"cache_control": {"type": "ephemeral"}}
    messages = _alternating(said)
    messages[-1]["content"][-1] |= cached
    return {
        "model": model,
        "max_tokens": _LONGEST,
        "system": [{"type": "text", "text": system, **cached}],
        "messages": messages,
        "tools": [
            {"name": t.name, "description": t.about, "input_schema": t.schema} for t in tools
        ],
    }


def _function(tool: Tool) -> Json:
    return {"name": tool.name, "description": tool.about, "parameters": tool.schema}


def _chat(one: Said) -> Json:
    match one:
        case Told(text=text):
            return {"role": "user", "content": text}
        case Done(id=name, text=text):
            return {"role": "tool", "tool_call_id": name, "content": text}
        case Turn(text=text, calls=calls):
            asked = [{"id": c.id, "type": "function", "function": {
                "name": c.tool, "arguments": json.dumps(c.arguments)}} for c in calls]  # fmt: skip
            return {"role": "assistant", "content": text or None} | (
                {"tool_calls": asked} if asked else {}
            )


def _alternating(said: Sequence[Said]) -> list[dict[str, Any]]:
    """Messages whose roles alternate, as this format wants: neighbours of one role are one."""
    found: list[dict[str, Any]] = []
    for one in said:
        role, blocks = _blocks(one)
        if found and found[-1]["role"] == role:
            found[-1]["content"] += blocks
        elif blocks:
            found.append({"role": role, "content": blocks})
    return found


def _blocks(one: Said) -> tuple[str, list[dict[str, Any]]]:
    match one:
        case Told(text=text):
            return "user", [{"type": "text", "text": text}]
        case Done(id=name, text=text):
            return "user", [{"type": "tool_result", "tool_use_id": name, "content": text}]
        case Turn(text=text, calls=calls):
            words = [{"type": "text", "text": text}] if text else []
            asked = [{"type": "tool_use", "id": c.id, "name": c.tool, "input": dict(c.arguments)}
                     for c in calls]  # fmt: skip
            return "assistant", [*words, *asked]


def turn(wire: Wire, asked: bytes, replied: bytes, tools: Sequence[Tool]) -> Turn:
    """The turn in a reply.

    Raises:
        NotUnderstood: it is not what it must be.
    """
    known = {tool.name: tool for tool in tools}
    try:
        found = json.loads(replied)
        text, calls, cut = (_from_chat if wire == "chat" else _from_messages)(found, known)
    except (KeyError, IndexError, TypeError, AttributeError, ValueError) as problem:
        shown = replied[:200].decode(errors="replace")
        raise NotUnderstood(f"a reply without what it must have ({problem}): {shown}") from problem
    return Turn(text=text, calls=calls, usage=usage_of(asked, replied), cut=cut)


def _from_chat(found: Json, known: Mapping[str, Tool]) -> tuple[str, tuple[Call, ...], bool]:
    choice = found["choices"][0]
    message = choice["message"]
    calls = tuple(
        _call(str(one.get("id") or f"call_{number}"), one["function"]["name"],
              one["function"].get("arguments"), known)
        for number, one in enumerate(message.get("tool_calls") or ())
    )  # fmt: skip
    return str(message.get("content") or ""), calls, choice.get("finish_reason") == "length"


def _from_messages(found: Json, known: Mapping[str, Tool]) -> tuple[str, tuple[Call, ...], bool]:
    blocks = found["content"]
    text = "".join(block["text"] for block in blocks if block["type"] == "text")
    calls = tuple(_call(block["id"], block["name"], block["input"], known)
                  for block in blocks if block["type"] == "tool_use")  # fmt: skip
    return text, calls, found.get("stop_reason") == "max_tokens"


def _call(name: str, tool: str, given: object, known: Mapping[str, Tool]) -> Call:
    if isinstance(given, str):
        try:
            given = json.loads(given or "{}")
        except ValueError:
            given = None
    arguments = given if isinstance(given, dict) else {}
    wrong = ""
    if tool not in known:
        wrong = f"there is no tool {tool}; there is {', '.join(known)}"
    elif not isinstance(given, dict):
        wrong = "the arguments are no JSON object"
    else:
        missing = [key for key in known[tool].required if key not in arguments]
        wrong = f"{', '.join(missing)} missing" if missing else ""
    return Call(id=name, tool=tool, arguments=arguments, wrong=wrong)
