"""The driver's side of the bridge: which interpreter, and calls with their answers."""

import asyncio
import importlib.util
import json
import shutil
import sys
import threading
from collections.abc import Callable, Mapping
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from importlib import resources
from pathlib import Path
from typing import Any

from whet.child import Companion
from whet.errors import InfraError, NotReady
from whet.executors.sky.speech import Raised, meant

PYTHON = "WHET_SKY_PYTHON"
"""Variable that names the interpreter which has SkyPilot."""

Said = Callable[[str], None]


def interpreter(environ: Mapping[str, str]) -> str:
    """An interpreter that has SkyPilot: the one that is named, this one, or that of `sky`.

    Raises:
        NotReady: there is none.
    """
    named = environ.get(PYTHON, "")
    if named:
        found = shutil.which(named)
        if found is None:
            raise NotReady(f"{PYTHON} names {named}, which is no program",
                           hint=f"export {PYTHON}=/path/to/venv/bin/python")  # fmt: skip
        return found
    if importlib.util.find_spec("sky") is not None:
        return sys.executable
    command = shutil.which("sky", path=environ.get("PATH"))
    if command is not None:
        with Path(command).open("rb") as file:
            first = file.readline(300).decode(errors="replace").strip()
        program = first.removeprefix("#!").split()[:1]
        if first.startswith("#!") and program and Path(program[0]).name.startswith("python"):
            return program[0]
    raise NotReady(
        "workers of kind `sky` need SkyPilot, which is not installed",
        hint=f"pip install 'whet[sky]', or name its interpreter: export {PYTHON}=…",
    )


@dataclass(slots=True)
class _Asked:
    """A call that waits for its answer, in the event loop that made it."""

    loop: asyncio.AbstractEventLoop
    told: Said
    ended: asyncio.Event = field(default_factory=asyncio.Event)
    done: Any = None
    raised: Raised | None = None

    def take(self, said: Any) -> None:
        """What the bridge said about this call."""
        if "line" in said:
            self.told(said["line"])
            return
        self.done = said.get("done")
        self.raised = _raised(said["error"]) if "error" in said else None
        self.ended.set()


class Bridge:
    """Calls of SkyPilot from any task, several at a time; ended by `close`."""

    def __init__(self, python: str, label: str, environ: Mapping[str, str]) -> None:
        self._stack = ExitStack()
        script = self._stack.enter_context(
            resources.as_file(resources.files("whet.executors.sky") / "bridge.py")
        )
        self._process = Companion(
            [python, "-u", str(script)], cwd=Path("/"), env=environ, mark=f"sky {label}"
        )
        self._asked: dict[int, _Asked] = {}
        self._count = 0
        self._gone = False
        self._lock = threading.Lock()
        self._listener = threading.Thread(target=self._listen, daemon=True)
        self._listener.start()

    async def call(self, name: str, told: Said = lambda _: None, /, **words: object) -> Any:
        """What SkyPilot answers; `told` is given what it says meanwhile.

        Raises:
            WhetError: what its exception means.
        """
        asked = _Asked(asyncio.get_running_loop(), told)
        with self._lock:
            self._count += 1
            number = self._count
            if not self._gone:
                self._asked[number] = asked
        try:
            if self._gone:
                raise OSError  # noqa: TRY301
            self._process.send(json.dumps({"id": number, "call": name, **words}))
            await asked.ended.wait()
        except OSError as error:
            raise InfraError("the bridge to SkyPilot has ended", hint="whet run") from error
        finally:
            self._asked.pop(number, None)
        if asked.raised is not None:
            raise meant(asked.raised)
        return asked.done

    def close(self) -> None:
        """End the bridge; SkyPilot's own server goes on."""
        self._process.end()
        self._listener.join()
        self._stack.close()

    def _listen(self) -> None:
        for line in self._process.lines():
            said = json.loads(line)
            with self._lock:
                asked = self._asked.get(said["id"])
            if asked is not None:
                _in_loop(asked, said)
        with self._lock:
            self._gone = True
            left = tuple(self._asked.values())
        ended = {"kinds": ["NetworkError"], "message": "the bridge to SkyPilot has ended"}
        for asked in left:
            _in_loop(asked, {"error": ended})


def _in_loop(asked: _Asked, said: Any) -> None:
    with suppress(RuntimeError):  # the loop has ended: nobody waits
        asked.loop.call_soon_threadsafe(asked.take, said)


def _raised(said: Any) -> Raised:
    inner = tuple(_raised(one) for one in said.get("inner", ()))
    return Raised(kinds=tuple(said["kinds"]), message=said["message"], inner=inner)
