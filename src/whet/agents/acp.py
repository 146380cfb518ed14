"""An agent that speaks the Agent Client Protocol, version 1, over its standard streams.

No file system and no terminal is offered: it uses its own tools, in its jail.
"""

import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import anyio

from whet.agents.report import report
from whet.agents.running import Run, Setting, running
from whet.agents.sign import Sign, error, noise, say, tool, tool_end, used
from whet.agents.table import filled
from whet.ports import AgentReport, Brief
from whet.version import version

Json = Mapping[str, Any]
Policy = Literal["allow", "deny"]

_VERSION = 1
_NO_METHOD = -32601
_GRACE = 5.0
"""Seconds an agent has to answer when it is asked to stop."""


class _Refused(Exception):
    """The agent answered with an error."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AcpAgent:
    """Starts an ACP server for every brief, and holds one session with one turn."""

    setting: Setting
    policy: Policy = "allow"
    """What it is told when it asks for permission; the jail holds it either way."""

    async def work(self, brief: Brief, tree: Path) -> AgentReport:
        """Give the brief to a new session and wait for the end of the turn."""
        async with running(self.setting, brief, tree) as run:
            entry = self.setting.entry
            lists = {
                "model_argv": filled(entry.model_argv, run.values) if run.values["model"] else []
            }
            source, sink = os.pipe()
            try:
                async with run.process(
                    filled(entry.acp, run.values, lists), source=source
                ) as process:
                    talk = _Talk(run=run, sink=sink, policy=self.policy)
                    await run.attend(process, talk.heard, talk.work, talk.stop)
            finally:
                for descriptor in (source, sink):
                    os.close(descriptor)
            run.code = None  # it serves until it is ended
            return report(run)


@dataclass(slots=True, kw_only=True)
class _Talk:
    """One connection: what was asked and not answered yet, and what the agent asks."""

    run: Run
    sink: int
    policy: Policy
    session: str = ""
    _count: int = 0
    _answers: dict[int, Json] = field(default_factory=dict)
    _waiting: dict[int, anyio.Event] = field(default_factory=dict)
    _words: list[str] = field(default_factory=list)
    _out: bytearray = field(default_factory=bytearray)
    _wake: anyio.Event = field(default_factory=anyio.Event)

    async def work(self) -> None:
        """The whole conversation."""
        async with anyio.create_task_group() as group:
            group.start_soon(self._writes)
            try:
                await self._turn()
            except _Refused as refusal:
                self._say()
                self.run.note(error(str(refusal)))
            except (KeyError, TypeError, AttributeError) as problem:
                self.run.note(error(f"an answer without what it must have: {problem}"))
            group.cancel_scope.cancel()

    async def _turn(self) -> None:
        offered = {"fs": {"readTextFile": False, "writeTextFile": False}, "terminal": False}
        info = {"name": "whet", "title": "whet", "version": version()}
        await self._ask("initialize", {"protocolVersion": _VERSION, "clientCapabilities": offered,
                                       "clientInfo": info})  # fmt: skip
        tree = str(self.run.cell.tree)
        made = await self._ask("session/new", {"cwd": tree, "mcpServers": []})
        self.session = str(made["sessionId"])
        self.run.note(Sign(kind="session", text=self.session))
        prompt = [{"type": "text", "text": self.run.brief.text}]
        done = await self._ask("session/prompt", {"sessionId": self.session, "prompt": prompt})
        self._say()
        self._ended(done)

    def _ended(self, done: Json) -> None:
        spent = done.get("usage")
        if isinstance(spent, dict):
            cached = spent.get("cachedReadTokens")
            self.run.note(used(spent.get("inputTokens"), spent.get("outputTokens"), cached))
        match done.get("stopReason"):
            case "end_turn" | "cancelled":
                return
            case "max_tokens" | "max_turn_requests" as why:
                limit = Sign(kind="error", text=f"it stopped: {why}", problem="limit")
                self.run.note(limit)
            case why:
                self.run.note(error(f"it stopped: {why}"))

    async def stop(self) -> None:
        """Ask for the end of the turn, and wait a little for it."""
        prompt = max(self._waiting, default=0)
        if not self.session or not prompt:
            return
        self._send({"method": "session/cancel", "params": {"sessionId": self.session}})
        with anyio.move_on_after(_GRACE):
            await self._waiting[prompt].wait()
        self._say()

    def heard(self, line: bytes) -> None:
        """A line that the agent wrote."""
        try:
            found = json.loads(line)
        except (ValueError, RecursionError):
            found = None
        if not isinstance(found, dict):
            if line.strip():
                self.run.note(noise(line.decode(errors="replace").rstrip()))
        elif "method" in found:
            self._asked(found)
        elif isinstance(found.get("id"), int) and found["id"] in self._waiting:
            self._answers[found["id"]] = found
            self._waiting[found["id"]].set()

    def _asked(self, found: Json) -> None:
        method, given = found["method"], found.get("params")
        given = given if isinstance(given, dict) else {}
        if "id" not in found:
            update = given.get("update") if method == "session/update" else None
            for seen in self._update(update if isinstance(update, dict) else {}):
                self.run.note(seen)
        elif method == "session/request_permission":
            self._send({"id": found["id"], "result": {"outcome": self._permit(given)}})
        else:
            problem = {"code": _NO_METHOD, "message": f"method not found: {method}"}
            self._send({"id": found["id"], "error": problem})

    def _permit(self, given: Json) -> Json:
        verdict = "allow" if self.policy == "allow" else "reject"
        wanted = (f"{verdict}_once", f"{verdict}_always")
        options = [o for o in given.get("options") or () if isinstance(o, dict)]
        picked = next(
            (o.get("optionId") for w in wanted for o in options if o.get("kind") == w), None
        )
        call = given.get("toolCall")
        call = call if isinstance(call, dict) else {}
        verb = "do" if picked else "do (no answer fits)"
        self.run.note(Sign(kind="asked", name=verb, text=f"{call.get('title')}: {self.policy}"))
        if picked is None:
            return {"outcome": "cancelled"}
        return {"outcome": "selected", "optionId": picked}

    def _update(self, update: Json) -> Iterator[Sign]:
        kind = update.get("sessionUpdate")
        if kind == "agent_message_chunk":
            content = update.get("content")
            if isinstance(content, dict) and isinstance(content.get("text"), str):
                self._words.append(content["text"])
            return
        if kind in ("tool_call", "tool_call_update"):
            self._say()
            yield from _tool(update, new=kind == "tool_call")
        elif kind == "usage_update":
            cost = update.get("cost")
            if isinstance(cost, dict) and cost.get("currency") == "USD" and cost.get("amount"):
                yield noise(f"cost so far: ${cost['amount']}")
        elif kind not in ("agent_thought_chunk", "user_message_chunk", "plan",
                          "available_commands_update", "current_mode_update",
                          "session_info_update", "config_option_update"):  # fmt: skip
            yield noise(f"an update of an unknown kind: {kind}")

    def _say(self) -> None:
        text = "".join(self._words)
        self._words.clear()
        if text.strip():
            self.run.note(say(text))

    async def _ask(self, method: str, given: Json) -> Json:
        self._count += 1
        number, event = self._count, anyio.Event()
        self._waiting[number] = event
        self._send({"id": number, "method": method, "params": given})
        await event.wait()
        del self._waiting[number]
        answer = self._answers.pop(number)
        if "error" in answer:
            raise _Refused(f"{method}: {_reason(answer['error'])}")
        result = answer.get("result")
        return result if isinstance(result, dict) else {}

    def _send(self, message: Json) -> None:
        self._out += json.dumps({"jsonrpc": "2.0", **message}).encode() + b"\n"
        self._wake.set()

    async def _writes(self) -> None:
        """Carry what is to be sent into the pipe, whenever it has room."""
        os.set_blocking(self.sink, False)
        while True:
            while self._out:
                await anyio.wait_writable(self.sink)
                try:
                    written = os.write(self.sink, self._out[:65536])
                except BlockingIOError:
                    continue
                except BrokenPipeError:
                    return  # the end of its output says so too
                del self._out[:written]
            self._wake = anyio.Event()
            await self._wake.wait()


def _tool(update: Json, *, new: bool) -> Iterator[Sign]:
    given = update.get("rawInput")
    if new:
        yield tool(update.get("title") or update.get("kind"), given)
    elif given and update.get("status") == "in_progress":
        yield noise(f"{update.get('title') or ''}: {json.dumps(given)}")  # some say it only now
    if update.get("status") in ("completed", "failed"):
        text = update.get("rawOutput") or update.get("content")
        yield tool_end(text, ok=update["status"] == "completed")


def _reason(problem: Any) -> str:
    if not isinstance(problem, dict):
        return str(problem)[:500]
    more = problem.get("data")
    return f"{problem.get('message')} {json.dumps(more)[:400] if more else ''}".strip()
