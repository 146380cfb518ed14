"""The built-in agent: a small loop over any service that speaks Chat Completions or Messages.

The loop, the key and the transcript are whet's own process; every tool runs in the jail, without a
network.
"""

import contextlib
import http.client
import json
import random
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import anyio
import anyio.to_thread

from whet.agents import hands, talking
from whet.agents.cell import interpreted
from whet.agents.relay import Service
from whet.agents.report import report
from whet.agents.running import Run, Setting, running
from whet.agents.sign import Sign, error, say, tool, tool_end
from whet.agents.talking import Call, Done, NotUnderstood, Said, Told, Tool, Turn, Wire
from whet.ports import AgentReport, Brief

NAME = "builtin"

_TRIES = 5
_AGAIN = frozenset({408, 409, 425, 429, 500, 502, 503, 504, 529})
_LONGEST_WAIT = 60.0

_SYSTEM = (
    "You are a careful software engineer. You work in the folder you are in, a private copy of the"
    " project, and act only through your tools. Make the change that you are asked for, check it,"
    " and end your turn with a short answer without calling a tool."
)
TOOLS = (
    Tool(name="read", about="Lines of a file with their numbers, or the names in a folder.",
         parameters={"path": "file or folder", "start": "first line", "lines": "how many"},
         required=("path",)),
    Tool(name="search", about="Lines that match a regular expression, below a folder.",
         parameters={"pattern": "a Python regular expression", "path": "folder, by default all"},
         required=("pattern",)),
    Tool(name="edit", about="Replace a text that stands exactly once in a file. With an empty"
         " `old`, write a new file.",
         parameters={"path": "file", "old": "what is replaced", "new": "what takes its place"},
         required=("path", "new")),
    Tool(name="run", about="Run a shell command in the project's top folder, without a network.",
         parameters={"command": "for /bin/sh", "timeout": "seconds, by default 300"},
         required=("command",)),
)  # fmt: skip


class _NoAnswer(Exception):
    """The service does not answer, and will not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BuiltinAgent:
    """Talks with a model; `setting.service` says where it is."""

    setting: Setting
    wire: Wire = "chat"

    async def work(self, brief: Brief, tree: Path) -> AgentReport:
        """Work on a brief until the model has nothing more to do."""
        async with running(self.setting, brief, tree) as run:
            async with anyio.create_task_group() as group:

                async def works() -> None:
                    await self._turns(run)
                    group.cancel_scope.cancel()

                group.start_soon(works)
                await run.watch()
                group.cancel_scope.cancel()
            run.code = None
            return report(run)

    async def _turns(self, run: Run) -> None:
        said: list[Said] = [Told(text=run.brief.text)]
        while True:
            try:
                turn = await self._ask(run, said)
            except (_NoAnswer, NotUnderstood) as problem:
                run.note(error(str(problem)))
                return
            run.meter.add(turn.usage)
            run.note(Sign(kind="usage", usage=turn.usage))
            if turn.text:
                run.note(say(turn.text))
            said.append(turn)
            if run.over:
                await anyio.sleep_forever()  # whoever watches the limits ends this
            if not turn.calls and not turn.cut:
                return
            said += [Done(id=call.id, text=await self._do(run, call)) for call in turn.calls]
            if turn.cut and not turn.calls:
                said.append(Told(text="Your answer was cut off at its limit. Go on, more briefly."))

    async def _do(self, run: Run, call: Call) -> str:
        run.note(tool(call.tool, call.arguments))
        if call.wrong:
            run.note(tool_end(call.wrong, ok=False))
            return f"not run: {call.wrong}"
        fine, text = await _by_hand(run, call)
        run.note(tool_end(text, ok=fine))
        return text if fine else f"failed: {text}"

    async def _ask(self, run: Run, said: list[Said]) -> Turn:
        """One turn of the model.

        Raises:
            _NoAnswer: it is refused, or every try failed.
            NotUnderstood: the reply makes no sense.
        """
        service = self.setting.service
        assert service is not None
        body = talking.request(self.wire, self.setting.model, _SYSTEM, said, TOOLS)
        data = json.dumps(body).encode()
        problem = ""
        for number in range(_TRIES):
            status, reply, wait = await _post(service, self.wire, data)
            run.meter.refused = 0 if status == 200 else status
            if status == 200:
                run.hear(reply.rstrip() + b"\n")
                return talking.turn(self.wire, data, reply, TOOLS)
            problem = f"HTTP {status}: {reply[:400].decode(errors='replace')}"
            if status not in _AGAIN:
                raise _NoAnswer(problem)
            if number < _TRIES - 1:
                pause = 2**number * (0.5 + random.random()) if wait is None else wait  # noqa: S311
                await anyio.sleep(min(_LONGEST_WAIT, pause))
        raise _NoAnswer(f"{_TRIES} tries failed, the last one with {problem}")


async def _by_hand(run: Run, call: Call) -> tuple[bool, str]:
    """Let a tool work inside the jail."""
    path = run.cell.state / "request.json"
    asked = {"tool": call.tool, "arguments": dict(call.arguments)}
    path.write_text(json.dumps(asked), encoding="utf-8")
    out = bytearray()
    with path.open("rb") as file:
        async with run.process(interpreted(hands), source=file.fileno()) as process:
            assert process.stdout is not None
            async for chunk in process.stdout:
                out += chunk
                del out[8 * hands.MOST :]
            await process.wait()
    try:
        found = json.loads(out)
        return bool(found["ok"]), str(found["text"])
    except (ValueError, KeyError, TypeError):
        return False, "the tool ended without an answer"


@contextmanager
def _closing(connection: http.client.HTTPConnection) -> Iterator[None]:
    """What waits in a thread for this connection stops waiting when the block ends."""
    try:
        yield
    finally:
        with contextlib.suppress(OSError, AttributeError):
            connection.sock.shutdown(socket.SHUT_RDWR)


async def _post(service: Service, wire: Wire, data: bytes) -> tuple[int, bytes, float | None]:
    """Status, body, and how many seconds the service asks to wait."""
    connection = service.connect()
    with _closing(connection):
        return await anyio.to_thread.run_sync(
            partial(_call, connection, service, wire, data), abandon_on_cancel=True
        )


def _call(
    connection: http.client.HTTPConnection, service: Service, wire: Wire, data: bytes
) -> tuple[int, bytes, float | None]:
    try:
        path = service.path(talking.path(wire))
        connection.request("POST", path, data, talking.headers(wire, service.key))
        reply = connection.getresponse()
        wait = reply.headers.get("retry-after") or ""
        seconds = float(wait) if wait.replace(".", "", 1).isdecimal() else None
        return reply.status, reply.read(), seconds
    except (OSError, http.client.HTTPException) as problem:
        return 503, f"{type(problem).__name__}: {problem}".encode(), None
    finally:
        connection.close()
