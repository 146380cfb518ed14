"""The OpenSSH client: how a host is reached, and what its complaints mean.

Everything in the user's ssh_config and known_hosts holds. Nobody is asked for anything, no agent
and no port is forwarded, and one connection carries all commands for a host.
"""

import os
import re
import shlex
import tempfile
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import anyio
import anyio.to_thread
from anyio.abc import Process

from whet import proc
from whet.child import attended
from whet.errors import NoMachine, WhetError, WorkerLost

OPTIONS: Mapping[str, str] = {
    "BatchMode": "yes",
    "ForwardAgent": "no",
    "ForwardX11": "no",
    "ClearAllForwardings": "yes",
    "PermitLocalCommand": "no",
    "ConnectTimeout": "20",
    "ServerAliveInterval": "15",
    "ServerAliveCountMax": "4",
    "ControlMaster": "auto",
    "ControlPersist": "60",
    "LogLevel": "ERROR",
}
"""Stronger than the user's ssh_config: what a program that asks nobody needs."""

UNREACHED = 255
"""Exit code of ssh where the connection, not the command, failed."""

_HOST = re.compile(r"(?:[\w.+-]+@)?(?:[\w.-]+|\[[0-9a-fA-F:.%]+\])(?::\d{1,5})?", re.ASCII)
_CHUNK = 1 << 20
_ENDING = 10.0


@dataclass(frozen=True, slots=True)
class Said:
    """How a command on a host ended."""

    code: int
    out: bytes
    err: str

    @property
    def last(self) -> str:
        """The last thing it complained about."""
        found = [line.strip() for line in self.err.splitlines() if line.strip()]
        return found[-1] if found else f"exit {self.code}"


@dataclass(slots=True)
class Host:
    """A host by the name that `ssh` takes; connections are made when they are needed."""

    address: str
    label: str
    options: Sequence[str] = ()
    """More words for ssh, such as another configuration file."""
    _folder: "tempfile.TemporaryDirectory[str] | None" = field(default=None, repr=False)

    @property
    def argv(self) -> list[str]:
        """The client, up to and with the name of the host."""
        if self._folder is None:
            self._folder = tempfile.TemporaryDirectory(prefix="whet-ssh-")
        host, port = split(self.address)
        control = f"ControlPath={self._folder.name}/%C"
        named = [word for name, value in OPTIONS.items() for word in ("-o", f"{name}={value}")]
        at = ["-p", port] if port else []
        return ["ssh", "-T", *self.options, *named, "-o", control, *at, "--", host]

    @asynccontextmanager
    async def running(self, command: str) -> AsyncIterator[Process]:
        """A command on the host; it is told to end by the end of its input.

        Raises:
            NoMachine: there is no ssh on this machine.
        """
        argv = [*self.argv, f"exec /bin/sh -c {shlex.quote(command)}"]
        try:
            async with attended(
                argv, cwd=Path("/"), env=os.environ, mark=f"ssh {self.label}", grace=2.0
            ) as process:
                yield process
        except FileNotFoundError as error:
            raise NoMachine(
                "ssh is not installed here", hint="apt install openssh-client"
            ) from error

    async def call(self, command: str, stdin: Path | None = None) -> Said:
        """Run a command to its end."""
        async with self.running(command) as process:
            return await finished(process, stdin)

    async def close(self) -> None:
        """End the connection that commands share."""
        if self._folder is None:
            return
        at = self.argv.index("--")
        argv = [*self.argv[:at], "-O", "exit", *self.argv[at:]]
        with suppress(OSError):
            await anyio.to_thread.run_sync(partial(proc.run, argv, timeout=_ENDING))
        self._folder.cleanup()
        self._folder = None


async def finished(process: Process, stdin: Path | None = None) -> Said:
    """What a process says until it ends; a file is its input."""
    found: dict[str, bytes] = {}

    async def read(name: str) -> None:
        stream = getattr(process, name)
        found[name] = b"".join([chunk async for chunk in stream])

    async with anyio.create_task_group() as group:
        for name in ("stdout", "stderr"):
            group.start_soon(read, name)
        if stdin is not None:
            await send(process, stdin)
        assert process.stdin is not None
        await process.stdin.aclose()
        code = await process.wait()
    return Said(code, found["stdout"], found["stderr"].decode(errors="replace"))


async def send(process: Process, path: Path) -> None:
    """Give a file to a process; a process that does not want it all says why itself."""
    assert process.stdin is not None
    with suppress(anyio.BrokenResourceError, anyio.ClosedResourceError):
        async with await anyio.open_file(path, "rb") as file:
            while chunk := await file.read(_CHUNK):
                await process.stdin.send(chunk)


def split(address: str) -> tuple[str, str]:
    """Host and port of `user@host:port`; the port may be empty."""
    user, at, rest = address.rpartition("@")
    host, port = rest, ""
    if rest.startswith("["):
        host, _, port = rest[1:].partition("]")
        port = port.removeprefix(":")
    elif rest.count(":") == 1:
        host, _, port = rest.partition(":")
    return f"{user}{at}{host}", port


def is_address(text: str) -> bool:
    """Whether this can be a host: an option of ssh or a command cannot."""
    return not text.startswith("-") and _HOST.fullmatch(text) is not None


def trouble(address: str, said: Said, python: str) -> WhetError:
    """What the end of a command on a host means, in a sentence with something to type."""
    text, host = said.err, split(address)[0]
    typed = f"ssh {shlex.quote(host)}" + (f" -p {split(address)[1]}" if split(address)[1] else "")
    if said.code == UNREACHED:
        for pattern, sentence, hint in _UNREACHED:
            if re.search(pattern, text, re.IGNORECASE):
                return NoMachine(sentence.format(host=address), hint=hint.format(typed=typed))
        return NoMachine(f"{address} cannot be reached: {said.last}", hint=f"{typed} true")
    if "whet-python" in text:
        found = said.last.removeprefix("whet-python ")
        return NoMachine(
            f"{address} has Python {found} as `{python}`, and trials need 3.10 or later",
            hint='install one there, and name it in [[workers]]: python = "python3.12"',
        )
    if said.code in (126, 127):
        return NoMachine(
            f"there is no `{python}` on {address}",
            hint=f"{typed} 'command -v python3'; then name it in [[workers]]: python = …",
        )
    if re.search("no space left|disk quota", text, re.IGNORECASE):
        return NoMachine(f"the disk of {address} is full", hint=f"{typed} df -h .cache")
    return WorkerLost(f"the trial on {address} ended without a result: {said.last}",
                      hint=f"{typed} uptime")  # fmt: skip


_UNREACHED: Sequence[tuple[str, str, str]] = (
    ("permission denied", "{host} does not let you in",
     "ssh-add -l, or name a key with IdentityFile in ~/.ssh/config; then: {typed} true"),
    ("identification has changed", "{host} has another host key than your known_hosts says",
     "find out why; if it is right: ssh-keygen -R HOST, then: {typed}"),
    ("host key verification failed|no .* host key is known",
     "the host key of {host} is not known here", "look at it and accept it once: {typed}"),
    ("could not resolve|name or service not known|nodename nor servname",
     "no host is called {host}", "look at `host` in [[workers]], or at Host in ~/.ssh/config"),
    ("connection refused", "{host} is up, and no ssh server answers there",
     'start sshd there, or name its port: host = "user@host:2222"'),
    ("timed out|no route|unreachable", "{host} does not answer", "ping it, then: {typed} true"),
    ("control ?path|controlsocket", "the shared connection to {host} could not be made",
     "export TMPDIR=/tmp"),
)  # fmt: skip
