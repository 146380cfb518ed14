"""Putting whet's MCP server into the configuration of an agent, and taking it out again."""

import difflib
import io
import os
import shlex
import shutil
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import tomlkit
from tomlkit.exceptions import TOMLKitError

from whet.api.workspace import repository
from whet.config import jsonc
from whet.errors import NotReady, UserError

Form = Literal["json", "toml", "yaml"]
Style = Literal["plain", "stdio", "local", "opencode", "goose", "copilot", "zed"]

SECONDS = 660
"""How long a client is asked to wait for one answer; `wait` takes 600 s at most."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Client:
    """An agent and where it reads of servers: below a project, below the home, or both."""

    name: str
    title: str
    form: Form = "json"
    keys: tuple[str, ...] = ("mcpServers",)
    project: tuple[str, ...] = ()
    """Files below the repository; the first that exists, else the first."""
    home: tuple[str, ...] = ()
    style: Style = "plain"
    root: tuple[str, str] = ("", "")
    """A variable that names its own folder, and its file in there."""


CLIENTS: Mapping[str, Client] = {
    client.name: client
    for client in (
        Client(name="claude", title="Claude Code", project=(".mcp.json",), home=(".claude.json",),
               style="stdio"),
        Client(name="codex", title="Codex CLI", form="toml", keys=("mcp_servers",),
               project=(".codex/config.toml",), home=(".codex/config.toml",),
               root=("CODEX_HOME", "config.toml")),
        Client(name="gemini", title="Gemini CLI", project=(".gemini/settings.json",),
               home=(".gemini/settings.json",),
               root=("GEMINI_CLI_HOME", ".gemini/settings.json")),
        Client(name="qwen", title="Qwen Code", project=(".qwen/settings.json",),
               home=(".qwen/settings.json",)),
        Client(name="cursor", title="Cursor", project=(".cursor/mcp.json",),
               home=(".cursor/mcp.json",)),
        Client(name="opencode", title="opencode", keys=("mcp",), style="opencode",
               project=("opencode.json", "opencode.jsonc"),
               home=(".config/opencode/opencode.json", ".config/opencode/opencode.jsonc")),
        Client(name="goose", title="goose", form="yaml", keys=("extensions",), style="goose",
               home=(".config/goose/config.yaml",),
               root=("GOOSE_PATH_ROOT", "config/config.yaml")),
        Client(name="vscode", title="VS Code", keys=("servers",), style="stdio",
               project=(".vscode/mcp.json",)),
        Client(name="copilot", title="Copilot CLI", style="copilot",
               home=(".copilot/mcp-config.json",)),
        Client(name="windsurf", title="Windsurf", home=(".codeium/windsurf/mcp_config.json",)),
        Client(name="zed", title="Zed", keys=("context_servers",), style="zed",
               project=(".zed/settings.json",), home=(".config/zed/settings.json",)),
        Client(name="openhands", title="OpenHands", home=(".openhands/mcp.json",)),
    )
}  # fmt: skip

ALIASES = {"claude-code": "claude", "code": "vscode", "vs-code": "vscode", "gemini-cli": "gemini"}
WITHOUT = {"pi": "pi", "aider": "aider", "mini": "mini-swe-agent"}
"""Agents that speak no MCP: they work by plain commands."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """What becomes of a file."""

    client: Client
    path: Path
    before: str
    after: str
    """Empty where the file has nothing left in it and goes."""

    @property
    def diff(self) -> str:
        """The change, as `diff -u` shows it."""
        name = str(self.path)
        lines = difflib.unified_diff(
            self.before.splitlines(keepends=True), self.after.splitlines(keepends=True), name, name
        )
        return "".join(line if line.endswith("\n") else f"{line}\n" for line in lines)


def edit(
    start: Path, name: str, *, user: bool = False, uninstall: bool = False
) -> Edit:  # fmt: skip
    """What a client's configuration would be with whet's server in it, or without.

    Args:
        start: a folder in the repository.
        name: the client.
        user: its file in the home, for every project, not that of the project.
        uninstall: take the server out.

    Raises:
        UserError: there is no such client, or its file is malformed; nothing is written then.
        NotReady: the file cannot be read.
    """
    client = _client(name)
    path = _path(start, client, user=user)
    before = _read(path)
    keys = (*client.keys, "whet")
    entry = None if uninstall else entry_of(client, in_home=_in_home(client, user=user))
    try:
        after = _FORMS[client.form](before, keys, entry)
    except (jsonc.Malformed, TOMLKitError, TypeError, AttributeError) as error:
        said = f"{path} is malformed, so nothing was written: {error}"
        raise UserError(said, hint=f"mend it: `vi {shlex.quote(str(path))}`") from error
    gone = uninstall and after.strip() in ("", "{}")
    return Edit(client=client, path=path, before=before, after="" if gone else after)


def write(change: Edit) -> bool:
    """Write a file in one step, its mode as it was; whether anything changed."""
    if change.before == change.after:
        return False
    path = change.path.resolve()  # a link to where somebody keeps such files stays one
    if not change.after:
        path.unlink(missing_ok=True)
        return True
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="") as file:
            file.write(change.after)
        Path(name).chmod(path.stat().st_mode & 0o7777 if path.exists() else 0o644)
        Path(name).replace(path)
    except OSError:
        Path(name).unlink(missing_ok=True)
        raise
    return True


def entry_of(client: Client, *, in_home: bool) -> dict[str, Any]:
    """The server as a client writes it down."""
    command = _command(in_home=in_home)
    plain = {"command": command[0], "args": command[1:]}
    match client.style:
        case "stdio":
            return {"type": "stdio", **plain}
        case "opencode":
            return {"type": "local", "command": command, "enabled": True,
                    "timeout": SECONDS * 1000}  # fmt: skip
        case "goose":
            return {"enabled": True, "type": "stdio", "name": "whet", "cmd": command[0],
                    "args": command[1:], "envs": {}, "timeout": SECONDS}  # fmt: skip
        case "copilot":
            return {"type": "local", **plain, "tools": ["*"]}
        case "zed":
            return {"source": "custom", **plain, "env": {}}
        case _:
            pass
    if client.form == "toml":
        # codex begins without a server that takes its time, unless it is required
        return {**plain, "required": True, "startup_timeout_sec": 20, "tool_timeout_sec": SECONDS}
    return {**plain, "timeout": SECONDS * 1000} if client.name in ("gemini", "qwen") else plain


def _command(*, in_home: bool) -> list[str]:
    """How whet is called. What is shared with a project names no folder of this machine."""
    found = shutil.which("whet")
    if found is not None and not in_home:
        return ["whet", "mcp"]
    beside = Path(sys.executable).with_name("whet")
    if beside.exists():
        return [str(beside), "mcp"]
    return [found, "mcp"] if found else [sys.executable, "-P", "-m", "whet", "mcp"]


def _client(name: str) -> Client:
    wanted = ALIASES.get(name.lower(), name.lower())
    if wanted in WITHOUT:
        raise UserError(f"{WITHOUT[wanted]} speaks no MCP; it works by plain commands",
                        hint="whet skill install")  # fmt: skip
    if wanted not in CLIENTS:
        near = difflib.get_close_matches(wanted, CLIENTS, 1)
        known = ", ".join(CLIENTS)
        raise UserError(f"no client is called {name}; known are {known}",
                        hint=f"whet mcp install {near[0] if near else 'claude'}")  # fmt: skip
    return CLIENTS[wanted]


def _in_home(client: Client, *, user: bool) -> bool:
    return user or not client.project


def _path(start: Path, client: Client, *, user: bool) -> Path:
    if _in_home(client, user=user):
        if not client.home:
            raise UserError(f"{client.title} has no file for all projects that is known",
                            hint=f"whet mcp install {client.name}")  # fmt: skip
        return _first([_home(client, name) for name in client.home])
    root = repository(start).root
    return _first([root / name for name in client.project])


def _home(client: Client, name: str) -> Path:
    variable, file = client.root
    own = os.environ.get(variable) if variable else None
    if own:
        return Path(own) / file
    config = os.environ.get("XDG_CONFIG_HOME")
    if config and name.startswith(".config/"):
        return Path(config) / name.removeprefix(".config/")
    return Path.home() / name


def _first(paths: Sequence[Path]) -> Path:
    return next((path for path in paths if path.exists()), paths[0])


def _read(path: Path) -> str:
    try:
        return path.read_bytes().decode()
    except FileNotFoundError:
        return ""
    except UnicodeDecodeError as error:
        raise UserError(f"{path} is no text, so nothing was written",
                        hint=f"file {path}") from error  # fmt: skip
    except OSError as error:
        raise NotReady(f"{path} cannot be read: {error.strerror}", hint=f"ls -ld {path}") from error


def _json(text: str, keys: Sequence[str], entry: dict[str, Any] | None) -> str:
    return jsonc.take(text, keys) if entry is None else jsonc.put(text, keys, entry)


def _toml(text: str, keys: Sequence[str], entry: dict[str, Any] | None) -> str:
    document = tomlkit.parse(text)
    table, name = keys
    if entry is None:
        servers = document.get(table)
        if servers is None or name not in servers:
            return text
        del servers[name]
        if not servers:
            del document[table]
        left = tomlkit.dumps(document).rstrip("\n")
        return f"{left}\n" if left else ""
    servers = document.setdefault(table, tomlkit.table(is_super_table=True))
    if servers.get(name) == entry:
        return text
    servers[name] = entry
    return tomlkit.dumps(document)


def _yaml(text: str, keys: Sequence[str], entry: dict[str, Any] | None) -> str:
    from ruamel.yaml import YAML  # noqa: PLC0415 (an extra)
    from ruamel.yaml.error import YAMLError  # noqa: PLC0415

    yaml = YAML()
    yaml.preserve_quotes = True
    yaml.width = 4096
    try:
        document = yaml.load(text) or {}
        table, name = keys
        servers = document.get(table) or {}
        if (servers.get(name) if entry is None else entry) == servers.get(name) and (
            entry is not None or name not in servers
        ):
            return text
        if entry is None:
            del servers[name]
        else:
            servers[name] = entry
        document[table] = servers
        if not servers:
            del document[table]
    except YAMLError as error:
        raise jsonc.Malformed(" ".join(str(error).split())) from error
    out = io.StringIO()
    yaml.dump(document, out)
    return out.getvalue()


_FORMS = {"json": _json, "toml": _toml, "yaml": _yaml}
