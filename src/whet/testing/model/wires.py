"""The four wire formats of model services: a request to an `Ask`, a reply to bytes."""

import json
import re
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from whet.testing.model.script import Ask, Call, Reply, Say, Script

Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """What goes back: one document, or the events of a stream as pairs of name and data."""

    document: Json | None = None
    events: Sequence[tuple[str, str]] = ()


def wire_of(path: str) -> str:
    """The wire format of a path, or nothing."""
    for ending, wire in (("/chat/completions", "chat"), ("/responses", "responses"),
                         ("/messages", "messages")):  # fmt: skip
        if path.endswith(ending):
            return wire
    return "gemini" if re.search(r"/models/[^:/]+:(stream)?[gG]enerateContent$", path) else ""


def ask_of(wire: str, path: str, body: Json) -> Ask:
    """A request as an `Ask`."""
    model, stream = str(body.get("model", "")), bool(body.get("stream"))
    if wire == "gemini":
        match = re.search(r"/models/([^:/]+):(stream)?", path)
        assert match is not None
        model, stream = match[1], bool(match[2])
    tools, turn = _READERS[wire](body)
    said = "\n".join(_strings(body))
    return Ask(wire=wire, model=model, stream=stream, turn=turn, tools=tools, said=said)


def sent(ask: Ask, reply: Reply, script: Script) -> Sent:
    """A reply in the wire format it was asked in."""
    return _WRITERS[ask.wire](ask, reply, script)


def _strings(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    if isinstance(value, Mapping):
        return [text for item in value.values() for text in _strings(item)]
    return [text for item in value for text in _strings(item)] if isinstance(value, list) else []


def _read_chat(body: Json) -> tuple[dict[str, Json], int]:
    offered = [tool.get("function", {}) for tool in body.get("tools") or ()]
    tools = {tool.get("name", ""): tool.get("parameters") or {} for tool in offered}
    return tools, sum(m.get("role") == "assistant" for m in body.get("messages", ()))


def _read_responses(body: Json) -> tuple[dict[str, Json], int]:
    items = body.get("input", ())
    items = () if isinstance(items, str) else items
    tools: dict[str, Json] = {}
    for tool in body.get("tools") or ():
        if tool.get("type") == "function":
            tools[tool["name"]] = tool.get("parameters") or {}
        elif tool.get("type") == "local_shell":
            tools["local_shell"] = {}
        elif tool.get("type") == "namespace":
            for inner in tool.get("tools", ()):
                tools[f"{tool['name']}\0{inner['name']}"] = inner.get("parameters") or {}
    calls = ("function_call", "custom_tool_call", "local_shell_call")
    turn = sum(i.get("type") in calls or i.get("role") == "assistant" for i in items)
    return tools, turn


def _read_messages(body: Json) -> tuple[dict[str, Json], int]:
    offered = body.get("tools") or ()
    tools = {tool.get("name", ""): tool.get("input_schema") or {} for tool in offered}
    return tools, sum(m.get("role") == "assistant" for m in body.get("messages", ()))


def _read_gemini(body: Json) -> tuple[dict[str, Json], int]:
    tools: dict[str, Json] = {}
    for tool in body.get("tools") or ():
        for one in tool.get("functionDeclarations") or ():
            tools[one["name"]] = one.get("parametersJsonSchema") or one.get("parameters") or {}
    return tools, sum(m.get("role") == "model" for m in body.get("contents", ()))


def _id(prefix: str) -> str:
    return prefix + uuid.uuid4().hex[:20]


def _write_chat(ask: Ask, reply: Reply, script: Script) -> Sent:
    usage = {
        "prompt_tokens": script.read,
        "completion_tokens": script.written,
        "total_tokens": script.read + script.written,
    }
    head = {"id": _id("chatcmpl-"), "created": 0, "model": ask.model}
    call = _chat_call(reply) if isinstance(reply, Call) else None
    ending = "stop" if call is None else "tool_calls"
    text = reply.text if isinstance(reply, Say) else ""
    if not ask.stream:
        message: dict[str, Any] = {"role": "assistant", "content": text}
        message |= {"tool_calls": [call]} if call is not None else {}
        choice = {"index": 0, "message": message, "finish_reason": ending}
        return Sent(document={**head, "object": "chat.completion", "usage": usage,
                              "choices": [choice]})  # fmt: skip
    delta: Json = {"content": text} if call is None else {"tool_calls": [{"index": 0, **call}]}
    parts = [({"role": "assistant", "content": ""}, None), (delta, None), ({}, ending)]
    events = [_chunk(head, d, e) for d, e in parts]
    last = {**head, "object": "chat.completion.chunk", "choices": [], "usage": usage}
    return Sent(events=[*events, ("", json.dumps(last)), ("", "[DONE]")])


def _chunk(head: Json, delta: Json, ending: str | None) -> tuple[str, str]:
    choice = {"index": 0, "delta": delta, "finish_reason": ending}
    return "", json.dumps({**head, "object": "chat.completion.chunk", "choices": [choice]})


def _chat_call(call: Call) -> dict[str, Any]:
    function = {"name": call.tool, "arguments": json.dumps(call.arguments)}
    return {"id": _id("call_"), "type": "function", "function": function}


def _write_responses(ask: Ask, reply: Reply, script: Script) -> Sent:
    usage = {
        "input_tokens": script.read,
        "output_tokens": script.written,
        "total_tokens": script.read + script.written,
        "input_tokens_details": {"cached_tokens": 0},
        "output_tokens_details": {"reasoning_tokens": 0},
    }
    item = _responses_item(reply)
    whole = {
        "id": _id("resp_"), "object": "response", "created_at": 0, "model": ask.model,
        "status": "completed", "output": [item], "usage": usage, "error": None, "tools": [],
        "parallel_tool_calls": False, "tool_choice": "auto", "instructions": None, "metadata": {},
        "temperature": 1.0, "top_p": 1.0, "incomplete_details": None,
    }  # fmt: skip
    if not ask.stream:
        return Sent(document=whole)
    begun = {**whole, "status": "in_progress", "output": [], "usage": None}
    opened = {**item, "status": "in_progress"}
    place = {"item_id": item["id"], "output_index": 0}
    if isinstance(reply, Say):
        at = {**place, "content_index": 0}
        middle = [("response.output_text.delta", {**at, "delta": reply.text}),
                  ("response.output_text.done", {**at, "text": reply.text})]  # fmt: skip
    else:
        told, kind = item["arguments"], "response.function_call_arguments"
        middle = [
            (f"{kind}.delta", {**place, "delta": told}),
            (f"{kind}.done", {**place, "arguments": told}),
        ]
    events: list[tuple[str, Json]] = [
        ("response.created", {"response": begun}),
        ("response.output_item.added", {"output_index": 0, "item": opened}),
        *middle,
        ("response.output_item.done", {"output_index": 0, "item": item}),
        ("response.completed", {"response": whole}),
    ]
    return Sent(events=[(name, json.dumps({"type": name, "sequence_number": number, **data}))
                        for number, (name, data) in enumerate(events)])  # fmt: skip


def _responses_item(reply: Reply) -> dict[str, Any]:
    if isinstance(reply, Say):
        content = [{"type": "output_text", "text": reply.text, "annotations": []}]
        return {"id": _id("msg_"), "type": "message", "role": "assistant", "status": "completed",
                "content": content}  # fmt: skip
    space, _, name = reply.tool.rpartition("\0")
    item: dict[str, Any] = {
        "id": _id("fc_"), "type": "function_call", "call_id": _id("call_"), "status": "completed",
        "name": name, "arguments": json.dumps(reply.arguments),
    }  # fmt: skip
    return item | ({"namespace": space} if space else {})


def _write_messages(ask: Ask, reply: Reply, script: Script) -> Sent:
    usage = {"input_tokens": script.read, "output_tokens": script.written,
             "cache_read_input_tokens": 0, "cache_creation_input_tokens": 0}  # fmt: skip
    if isinstance(reply, Say):
        block: dict[str, Any] = {"type": "text", "text": reply.text}
        empty: dict[str, Any] = {"type": "text", "text": ""}
        delta, ending = {"type": "text_delta", "text": reply.text}, "end_turn"
    else:
        block = {"type": "tool_use", "id": _id("toolu_"), "name": reply.tool,
                 "input": dict(reply.arguments)}  # fmt: skip
        empty = {**block, "input": {}}
        told = json.dumps(reply.arguments)
        delta, ending = {"type": "input_json_delta", "partial_json": told}, "tool_use"
    message = {"id": _id("msg_"), "type": "message", "role": "assistant", "model": ask.model,
               "content": [block], "stop_reason": ending, "stop_sequence": None,
               "usage": usage}  # fmt: skip
    if not ask.stream:
        return Sent(document=message)
    begun = {**message, "content": [], "stop_reason": None, "usage": {**usage, "output_tokens": 1}}
    events: list[tuple[str, Json]] = [
        ("message_start", {"message": begun}),
        ("content_block_start", {"index": 0, "content_block": empty}),
        ("content_block_delta", {"index": 0, "delta": delta}),
        ("content_block_stop", {"index": 0}),
        ("message_delta", {"delta": {"stop_reason": ending, "stop_sequence": None},
                           "usage": {"output_tokens": script.written}}),
        ("message_stop", {}),
    ]  # fmt: skip
    return Sent(events=[(name, json.dumps({"type": name, **data})) for name, data in events])


def _write_gemini(ask: Ask, reply: Reply, script: Script) -> Sent:
    part: Json = (
        {"text": reply.text}
        if isinstance(reply, Say)
        else {"functionCall": {"name": reply.tool, "args": dict(reply.arguments)}}
    )
    content = {"role": "model", "parts": [part]}
    whole = {
        "candidates": [{"content": content, "finishReason": "STOP", "index": 0}],
        "usageMetadata": {
            "promptTokenCount": script.read,
            "candidatesTokenCount": script.written,
            "totalTokenCount": script.read + script.written,
        },
        "modelVersion": ask.model,
        "responseId": _id("g"),
    }
    return Sent(events=[("", json.dumps(whole))]) if ask.stream else Sent(document=whole)


_READERS: Mapping[str, Callable[[Json], tuple[dict[str, Json], int]]] = {
    "chat": _read_chat,
    "responses": _read_responses,
    "messages": _read_messages,
    "gemini": _read_gemini,
}
_WRITERS: Mapping[str, Callable[[Ask, Reply, Script], Sent]] = {
    "chat": _write_chat,
    "responses": _write_responses,
    "messages": _write_messages,
    "gemini": _write_gemini,
}
