"""A line of an agent's output to signs: a pure function for each agent, by the name in its table.

A line that is not what a parser expects is noise, never an exception: agents change their output
more often than anybody reads their notes. `memory` is the parser's own, one for each run.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from whet.agents.sign import Sign, error, noise, say, tool, tool_end, used

Json = Mapping[str, Any]
Memory = dict[str, str]
Parser = Callable[[Json, Memory], Iterator[Sign]]

MOST = 4 * 1024 * 1024
"""Bytes of a line that are looked at."""


def signs(parser: str, line: bytes, memory: Memory) -> list[Sign]:
    """What a line of standard output shows.

    Some agents print text before the JSON on one line: what begins with `{` counts.
    """
    text = line[:MOST].decode(errors="replace").strip()
    if not text:
        return []
    read = PARSERS[parser]
    if read is _text:
        return list(_text({"text": text}, memory))
    found = _decoded(text)
    if found is None:
        return [noise(text)]
    try:
        return list(read(found, memory))
    except (KeyError, TypeError, AttributeError, ValueError, IndexError):
        return [noise(text)]


def _decoded(text: str) -> Json | None:
    for start in (0, text.find('{"')):
        if start < 0 or not text.startswith("{", start):
            continue
        try:
            found = json.loads(text[start:])
        except (ValueError, RecursionError):
            continue
        if isinstance(found, dict):
            return found
    return None


def _codex(line: Json, memory: Memory) -> Iterator[Sign]:
    del memory
    item = line.get("item") or {}
    match line.get("type"), item.get("type"):
        case "thread.started", _:
            yield Sign(kind="session", text=line["thread_id"])
        case "item.started", "command_execution":
            yield tool("shell", item.get("command"))
        case "item.started", "mcp_tool_call":
            yield tool(item.get("tool"), item.get("arguments"))
        case "item.completed", "agent_message":
            yield say(item["text"])
        case "item.completed", "command_execution":
            yield tool_end(item.get("aggregated_output"), ok=item.get("exit_code") == 0)
        case "item.completed", "mcp_tool_call":
            yield tool_end(item.get("result"), ok=not item.get("error"))
        case "item.completed", "error":
            yield error(item.get("message"), passing=True)
        case "turn.completed", _:
            spent, cached = line["usage"], line["usage"].get("cached_input_tokens", 0)
            yield used(spent["input_tokens"] - cached, spent["output_tokens"], cached)
        case (("turn.failed" | "error"), _):
            failed = line.get("error")
            yield error(failed.get("message") if isinstance(failed, dict) else line.get("message"))


def _opencode(line: Json, memory: Memory) -> Iterator[Sign]:
    part = line.get("part") or {}
    if line.get("sessionID") and "session" not in memory:
        memory["session"] = line["sessionID"]
        yield Sign(kind="session", text=line["sessionID"])
    match line.get("type"):
        case "tool_use":
            state = part.get("state", {})
            yield tool(part.get("tool"), state.get("input"))
            done = state.get("status") == "completed"
            yield tool_end(state.get("output") or state.get("error"), ok=done)
        case "text":
            yield say(part.get("text"))
        case "step_finish":
            spent = part.get("tokens", {})
            cached = spent.get("cache", {}).get("read", 0)
            # it says 0 for a model whose price it does not know
            yield used(spent.get("input"), spent.get("output"), cached, part.get("cost") or None)
        case "error":
            yield error(line.get("error"))


def _pi(line: Json, memory: Memory) -> Iterator[Sign]:
    del memory
    match line.get("type"):
        case "session":
            yield Sign(kind="session", text=line["id"])
        case "tool_execution_start":
            yield tool(line.get("toolName"), line.get("args"))
        case "tool_execution_end":
            yield tool_end(line.get("result"), ok=not line.get("isError"))
        case "message_end":
            yield from _pi_message(line.get("message") or {})


def _pi_message(message: Json) -> Iterator[Sign]:
    if message.get("role") != "assistant":
        return
    for part in message.get("content", ()):
        if part.get("type") == "text":
            yield say(part["text"])
    spent = message.get("usage", {})
    money = (spent.get("cost") or {}).get("total") or None
    if spent.get("input") or spent.get("output"):
        yield used(spent.get("input"), spent.get("output"), spent.get("cacheRead"), money)
    if message.get("stopReason") == "error":
        yield error(message.get("errorMessage"))


def _goose(line: Json, memory: Memory) -> Iterator[Sign]:
    del memory
    match line.get("type"):
        case "message":
            for part in line["message"].get("content", ()):
                yield from _goose_part(part)
        case "complete":
            if line.get("input_tokens") or line.get("output_tokens"):
                cached = line.get("cache_read_input_tokens")
                yield used(line.get("input_tokens"), line.get("output_tokens"), cached)
        case "error":
            yield error(line.get("error"))


def _goose_part(part: Json) -> Iterator[Sign]:
    match part.get("type"):
        case "text":
            yield say(part["text"])
        case "error":
            yield error(part.get("message"))
        case "toolRequest":
            asked = part["toolCall"].get("value", {})
            yield tool(asked.get("name"), asked.get("arguments"))
        case "toolResponse":
            result = part["toolResult"]
            value = result.get("value") or {}
            fine = result.get("status") == "success" and not value.get("isError")
            yield tool_end(value or result, ok=fine)


def _gemini(line: Json, memory: Memory) -> Iterator[Sign]:
    del memory
    match line.get("type"):
        case "init":
            yield Sign(kind="session", text=line["session_id"])
        case "message" if line.get("role") == "assistant":
            yield say(line["content"])
        case "tool_use":
            yield tool(line["tool_name"], line.get("parameters"))
        case "tool_result":
            fine = line.get("status") == "success"
            yield tool_end(line.get("output") or line.get("error"), ok=fine)
        case "error":
            yield error(line.get("message"), passing=line.get("severity") == "warning")
        case "result":
            spent = line.get("stats") or {}
            if spent:
                cached = spent.get("cached", 0)
                yield used(
                    spent.get("input_tokens", 0) - cached, spent.get("output_tokens"), cached
                )
            if line.get("status") != "success":
                yield error(line.get("error"))


def _claude(line: Json, memory: Memory) -> Iterator[Sign]:
    del memory
    match line.get("type"):
        case "system" if line.get("subtype") == "init":
            yield Sign(kind="session", text=line["session_id"])
        case ("assistant" | "user") as who:
            content = line["message"]["content"]
            for part in content if isinstance(content, list) else ():
                yield from _claude_part(part, who)
        case "result":
            spent = line.get("usage") or {}
            read = spent.get("input_tokens", 0) + spent.get("cache_creation_input_tokens", 0)
            yield used(
                read, spent.get("output_tokens"), spent.get("cache_read_input_tokens"),
                line.get("total_cost_usd"), calls=line.get("num_turns") or 1,
            )  # fmt: skip
            if line.get("is_error"):
                yield error(f"{line.get('subtype')}: {line.get('result') or ''}")


def _claude_part(part: Json, who: str) -> Iterator[Sign]:
    match part.get("type"):
        case "text" if who == "assistant":
            yield say(part["text"])
        case "thinking":
            yield Sign(kind="think", text=str(part.get("thinking")))
        case "tool_use":
            yield tool(part["name"], part.get("input"))
        case "tool_result":
            yield tool_end(part.get("content"), ok=not part.get("is_error"))


def _openhands(line: Json, memory: Memory) -> Iterator[Sign]:
    del memory
    if line.get("action"):
        action = line["action"]
        yield tool(line.get("tool_name") or action.get("kind"), action.get("command"))
    elif line.get("observation"):
        seen = line["observation"]
        yield tool_end(seen.get("content"), ok=not seen.get("is_error"))
    elif line.get("source") == "agent" and line.get("llm_message"):
        yield say("".join(part.get("text", "") for part in line["llm_message"]["content"]))
    elif str(line.get("kind", "")).endswith("ErrorEvent") or line.get("error"):
        yield error(line.get("detail") or line.get("error"))


def _copilot(line: Json, memory: Memory) -> Iterator[Sign]:
    del memory
    data, kind = line.get("data") or {}, str(line.get("type", ""))
    match kind:
        case "assistant.message":
            yield say(data.get("content"))
        case "tool.execution_start":
            yield tool(data.get("toolName"), data.get("arguments"))
        case "tool.execution_complete":
            yield tool_end(data.get("result"), ok=bool(data.get("success", True)))
        case "session.error":
            yield error(data.get("message"))
        case "result":
            yield Sign(kind="session", text=str(line.get("sessionId", "")))


_TOKENS = re.compile(r"Tokens: ([\d.]+)(k?) sent, ([\d.]+)(k?) received")
_COST = re.compile(r"Cost: \$([\d.]+) message")
_ERROR = re.compile(r"^(litellm\.\w+Error|Error:|.*\bException\b)")


def _text(line: Json, memory: Memory) -> Iterator[Sign]:
    """Agents that print no events: words, and what can be told from them."""
    del memory
    text = str(line["text"])
    match = _TOKENS.search(text)
    if match:
        cost = _COST.search(text)
        read, written = (
            float(number) * (1000 if unit else 1)
            for number, unit in ((match[1], match[2]), (match[3], match[4]))
        )
        yield used(read, written, 0, float(cost[1]) if cost else None)
    elif _ERROR.match(text):
        yield error(text, passing=True)
    else:
        yield noise(text)


def of_trajectory(text: str) -> Iterator[Sign]:
    """What the file that mini-swe-agent leaves shows; it prints no events."""
    try:
        found = json.loads(text)
        for message in found["messages"]:
            yield from _mini_message(message)
        if found["info"].get("submission"):
            yield say(found["info"]["submission"])
        status = found["info"].get("exit_status")
        if status != "Submitted":
            yield error(f"exit_status {status}")
    except (KeyError, TypeError, AttributeError, ValueError) as problem:
        yield noise(f"no trajectory: {problem}")


def _mini_message(message: Json) -> Iterator[Sign]:
    extra = message.get("extra") or {}
    if message["role"] == "assistant":
        for action in extra.get("actions", ()):
            yield tool("bash", action.get("command"))
        spent = (extra.get("response") or {}).get("usage") or {}
        if spent:
            yield used(spent.get("prompt_tokens"), spent.get("completion_tokens"))
    elif message["role"] == "tool":
        yield tool_end(message.get("content"), ok=extra.get("returncode") == 0)


PARSERS: Mapping[str, Parser] = {
    "claude": _claude,
    "codex": _codex,
    "copilot": _copilot,
    "gemini": _gemini,
    "goose": _goose,
    "opencode": _opencode,
    "openhands": _openhands,
    "pi": _pi,
    "text": _text,
}
