"""One run of an agent: its home, its jail, its model, its limits, and what it showed."""

import os
import shutil
import sys
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import anyio
from anyio.abc import ByteReceiveStream, Process

from whet import sandbox
from whet.agents import sign
from whet.agents.cell import Cell
from whet.agents.metering import Meter, refusal
from whet.agents.relay import Relay, Service
from whet.agents.sign import Sign, Timed
from whet.agents.table import Entry, fill
from whet.child import attended
from whet.model.agent import Caps, Jailed, Price, Problem
from whet.ports import Brief

RAW_LIMIT = 4 * 1024 * 1024
"""Bytes kept of what an agent prints: the end of it."""

_LONGEST_LINE = 16 * 1024 * 1024
_WATCHED = 0.1
"""Seconds between two looks at the limits."""

_PASSED = ("PATH", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "VIRTUAL_ENV", "CONDA_PREFIX", "CC", "CXX",
           "JAVA_HOME", "CUDA_HOME", "ROCM_PATH", "LD_LIBRARY_PATH", "SSL_CERT_FILE",
           "NODE_EXTRA_CA_CERTS", "HTTPS_PROXY", "HTTP_PROXY", "NO_PROXY", "https_proxy",
           "http_proxy", "no_proxy")  # fmt: skip
_QUIET = {"TERM": "dumb", "NO_COLOR": "1", "CI": "1", "GIT_TERMINAL_PROMPT": "0", "PAGER": "cat",
          "GIT_PAGER": "cat", "PYTHONDONTWRITEBYTECODE": "1"}  # fmt: skip
_PROXIES = frozenset(name for name in _PASSED if name.upper().endswith("_PROXY"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """What the runs of an agent have in common.

    `root` is the user's repository; `label` begins the mark of everything that is started;
    `service` is where its model is, or None for an agent that signs in by itself.
    """

    entry: Entry
    root: Path
    label: str
    jail: Jailed = "none"
    caps: Caps = Caps()
    model: str = ""
    service: Service | None = None
    key: str = ""
    """The name of the variable that holds the key, for sentences."""
    price: Price | None = None
    direct: bool = False
    """whet itself talks with the model: the agent's tools have no network at all."""
    inherits: bool = False
    """It has the whole environment: a command of the user's, which may need any of it."""
    version: str = ""
    cpus: str = ""
    """Cores it keeps to, because it is measured on the others; empty for all."""
    named: tuple[Path, ...] = ()
    """Programs of the user's that it is started with, wherever they lie."""


@dataclass(slots=True, kw_only=True)
class Run:
    """A run under way."""

    setting: Setting
    brief: Brief
    cell: Cell
    meter: Meter
    token: str
    caps: Caps
    began: float
    signs: list[Timed] = field(default_factory=list)
    raw: bytearray = field(default_factory=bytearray)
    said: bytearray = field(default_factory=bytearray)
    """Standard error."""
    stopped: str = ""
    """`timeout` or `budget`, when it was ended before it was done."""
    code: int | None = None

    @property
    def seconds(self) -> float:
        """Since it began."""
        return anyio.current_time() - self.began

    @property
    def prompt_file(self) -> Path:
        """The brief as a file."""
        return self.cell.state / "brief.md"

    @property
    def values(self) -> Mapping[str, str]:
        """What stands for the names in the table's texts."""
        entry, model = self.setting.entry, self.setting.model
        served = self.setting.service is not None
        return {
            "model": model,
            "served_model": fill(entry.served_model, {"model": model}) if served else model,
            "base": self.cell.base,
            "key": self.token,
            "state": str(self.cell.state),
            "tree": str(self.cell.tree),
            "calls": str(self.caps.calls or 1000),
            "prompt": self.brief.text,
            "prompt_file": str(self.prompt_file),
        }

    def note(self, found: Sign) -> None:
        """Keep a sign; without a relay, the agent's own count is what there is."""
        self.signs.append(Timed(self.seconds, found))
        if found.usage is not None and self.setting.service is None:
            self.meter.add(found.usage)

    def hear(self, line: bytes) -> bytes:
        """Keep a line of output, and give it back without secrets."""
        clean = self._clean(line)
        self.raw += clean
        del self.raw[:-RAW_LIMIT]
        return clean

    def _clean(self, data: bytes) -> bytes:
        for name in self.setting.entry.keys:
            secret = os.environ.get(name, "").encode()
            if len(secret) >= 8:
                data = data.replace(secret, b"[" + name.encode() + b"]")
        return data

    @property
    def over(self) -> str:
        """The limit that is reached, in words, or nothing."""
        calls = sum(1 for timed in self.signs if timed.sign.kind == "tool")
        if self.caps.calls and calls > self.caps.calls:
            return f"{self.caps.calls} calls of the model"
        return self.meter.over

    @property
    def problem(self) -> tuple[Problem, str]:
        """Why the agent could not go on, by its last word or by its model's last answer."""
        for timed in reversed(self.signs):
            found = timed.sign
            if found.kind in ("say", "tool", "tool_end") and not self.meter.refused:
                return "", ""
            if found.kind == "error" and not found.passing:
                return refusal(self.meter.refused) or found.problem or "agent", found.text
        refused = refusal(self.meter.refused)
        return refused, f"the model service answered {self.meter.refused}" if refused else ""

    @property
    def answer(self) -> str:
        """The last thing the agent said."""
        words = [timed.sign.text for timed in self.signs if timed.sign.kind == "say"]
        return words[-1] if words else ""

    @asynccontextmanager
    async def process(
        self, argv: Sequence[str], *, source: int | None = None
    ) -> AsyncIterator[Process]:
        """Start the agent in its jail; it and all it started are gone when the block ends.

        Its input is the open file `source`, which the caller closes, or nothing.
        """
        guard = [sys.executable, "-P", "-m", "whet.guard"]
        guard += ["--cpus", self.setting.cpus] if self.setting.cpus else []
        guard += ["--input", str(source)] if source is not None else []
        mark = f"{self.setting.label}:agent.{uuid.uuid4().hex}"
        files = () if source is None else (source,)
        process: Process | None = None
        started = attended(
            [*guard, *self.cell.wrap(argv)],
            cwd=self.cell.tree, env=self._environment(), mark=mark, files=files,
        )  # fmt: skip
        try:
            async with started as process:
                yield process
        finally:
            if process is not None and not self.stopped:
                self.code = process.returncode

    async def attend(
        self,
        process: Process,
        heard: Callable[[bytes], None],
        work: Callable[[], Awaitable[None]] | None = None,
        stop: Callable[[], Awaitable[None]] | None = None,
    ) -> None:
        """Read what the agent prints until it ends, `work` ends, or a limit is reached.

        Args:
            process: the agent.
            heard: told every line of standard output.
            work: talks with the agent; without it, the agent ends by itself.
            stop: asks it to stop, when a limit is reached.
        """
        out, err = process.stdout, process.stderr
        assert out is not None
        assert err is not None
        async with anyio.create_task_group() as group:

            async def reads() -> None:
                async with anyio.create_task_group() as streams:
                    streams.start_soon(_lines, out, lambda line: heard(self.hear(line)))
                    streams.start_soon(self._stderr, err)
                await process.wait()
                if work is not None:
                    self.note(sign.error(f"it ended before its answer{self._last_words()}"))
                group.cancel_scope.cancel()

            async def works() -> None:
                assert work is not None
                await work()
                group.cancel_scope.cancel()

            group.start_soon(reads)
            if work is not None:
                group.start_soon(works)
            await self.watch()
            if stop is not None:
                await stop()
            group.cancel_scope.cancel()

    def _last_words(self) -> str:
        lines = [line.strip() for line in self.said.decode(errors="replace").splitlines()]
        last = next((line for line in reversed(lines) if line), "")
        return f": {last[:200]}" if last else ""

    async def _stderr(self, stream: ByteReceiveStream) -> None:
        async for chunk in stream:
            clean = self._clean(chunk)
            self.said += clean
            del self.said[:-RAW_LIMIT]
            if self.setting.entry.parser == "text":  # what it prints is all there is of it
                self.hear(clean)

    async def watch(self) -> None:
        """Until a limit is reached."""
        while True:
            if self.caps.seconds and self.seconds >= self.caps.seconds:
                self.stopped = "timeout"
                return
            if self.over:
                self.stopped = "budget"
                return
            left = self.caps.seconds - self.seconds if self.caps.seconds else _WATCHED
            await anyio.sleep(min(_WATCHED, max(0.0, left)))

    def _environment(self) -> dict[str, str]:
        entry, served = self.setting.entry, self.setting.service is not None
        if self.setting.inherits:
            env = dict(os.environ)
            if self.cell.kind != "none":  # the usual one is not there, or cannot be written
                env["TMPDIR"] = str(self.cell.state)
        else:
            env = {name: os.environ[name] for name in _PASSED if name in os.environ} | _QUIET
            env |= _toolchains()
            if served:
                env = {name: value for name, value in env.items() if name not in _PROXIES}
            else:
                env |= {name: os.environ[name] for name in entry.keys if name in os.environ}
            env["HOME"] = str(self.cell.state if served else Path.home())
            if self.cell.kind != "bubblewrap":
                env["TMPDIR"] = str(self.cell.state)
        env |= {name: fill(value, self.values) for name, value in entry.env.items()}
        if served:
            env |= {name: fill(value, self.values) for name, value in entry.served_env.items()}
        return env | {
            "WHET_BRIEF": str(self.prompt_file),
            "WHET_IDEA": self.brief.idea,
            "WHET_ROLE": self.brief.role,
            "WHET_TREE": str(self.cell.tree),
            "WHET_REPO": str(self.setting.root),
        }


@asynccontextmanager
async def running(setting: Setting, brief: Brief, tree: Path) -> AsyncIterator[Run]:
    """Make everything ready for one run, and take it away afterwards."""
    state = tree.with_name(f"{tree.name}.state")
    shutil.rmtree(state, ignore_errors=True)
    state.mkdir(parents=True, mode=0o700)
    caps = _within(setting.caps, brief.caps)
    meter = Meter(caps=replace(caps, seconds=0.0), price=setting.price)
    try:
        with _relayed(setting, meter, state) as (relay, socket, port):
            cell = _cell(setting, brief, tree, state, socket, port)
            run = Run(
                setting=setting, brief=brief, cell=cell, meter=meter, caps=caps,
                token=relay.token if relay is not None else "", began=anyio.current_time(),
            )  # fmt: skip
            _furnish(run)
            yield run
    finally:
        shutil.rmtree(state, ignore_errors=True)


def _within(own: Caps, given: Caps) -> Caps:
    """The stricter of both, limit by limit."""

    def least(a: float, b: float) -> float:
        return min(a, b) if a and b else a or b

    return Caps(
        seconds=least(own.seconds, given.seconds),
        calls=int(least(own.calls, given.calls)),
        tokens=int(least(own.tokens, given.tokens)),
        money=least(own.money, given.money),
    )


@contextmanager
def _relayed(
    setting: Setting, meter: Meter, state: Path
) -> Iterator[tuple[Relay | None, Path | None, int]]:
    if setting.service is None or setting.direct:
        yield None, None, 0
        return
    relay, socket = Relay(setting.service, meter), state / "model.sock"
    with ExitStack() as stack:
        if setting.jail == "bubblewrap":
            stack.enter_context(relay.on_socket(socket))
            yield relay, socket, 0
        else:
            yield relay, socket, stack.enter_context(relay.on_port())


def _cell(
    setting: Setting, brief: Brief, tree: Path, state: Path, socket: Path | None, port: int
) -> Cell:
    entry, home = setting.entry, Path.home()
    served = setting.service is not None
    visible = (setting.root,) if setting.root not in (Path("/"), home) else ()
    return Cell(
        kind=setting.jail,
        tree=tree,
        state=state,
        programs=(entry.program, *map(str, setting.named)),
        protected=tuple(_plain_paths(tree, brief.protected)),
        visible=visible,
        homes=() if served else tuple(home / name for name in entry.homes),
        hidden=(setting.root / ".whet", setting.root / ".git"),
        socket=socket,
        port=port,
        offline=setting.direct,
    )


def _plain_paths(tree: Path, names: Sequence[str]) -> Iterator[Path]:
    """What a read-only mount can lie on: whatever is there and no link."""
    for name in names:
        path = tree / name
        if path.exists() and path.resolve() == tree.resolve() / name:
            yield path


def _furnish(run: Run) -> None:
    """The brief, and the files that the table asks for."""
    entry, state = run.setting.entry, run.cell.state
    run.prompt_file.write_text(run.brief.text, encoding="utf-8")
    for name in entry.folders:
        (state / name).mkdir(parents=True, exist_ok=True)
    if run.setting.service is None:
        return
    for name, text in entry.served_files.items():
        path = state / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(fill(text, run.values), encoding="utf-8")


def _toolchains() -> dict[str, str]:
    home = Path.home()
    found = {name: str(home / folder) for name, folder in sandbox.TOOL_HOMES.items()
             if (home / folder).is_dir()}  # fmt: skip
    return found | {name: os.environ[name] for name in sandbox.TOOL_HOMES if name in os.environ}


async def _lines(stream: ByteReceiveStream, heard: Callable[[bytes], None]) -> None:
    waiting = bytearray()
    async for chunk in stream:
        waiting += chunk
        if b"\n" in chunk:
            *lines, rest = bytes(waiting).split(b"\n")
            waiting = bytearray(rest)
            for line in lines:
                heard(line + b"\n")
        elif len(waiting) > _LONGEST_LINE:
            heard(bytes(waiting))
            waiting.clear()
    if waiting:
        heard(bytes(waiting))
