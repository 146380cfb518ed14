"""What a scripted model says, step by step, and how a step becomes a reply to one request."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

SHELL_TOOLS = (
    "run", "bash", "Bash", "run_shell_command", "shell_command", "exec_command", "shell",
    "local_shell", "terminal", "execute_bash", "execute_command", "run_command",
)  # fmt: skip
"""Names under which agents offer a shell, in the order of preference."""

_FILLERS: Mapping[str, object] = {
    "number": 30, "integer": 30, "boolean": False, "array": (), "object": {}, "string": "scripted",
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """Replace a text that stands in a file once."""

    path: str
    old: str
    new: str

    def as_shell(self) -> str:
        """A command that makes the edit and fails when the text is not there."""
        return (
            "python3 - <<'END_OF_EDIT'\n"
            "import pathlib\n"
            f"path, old, new = pathlib.Path({self.path!r}), {self.old!r}, {self.new!r}\n"
            "text = path.read_text()\n"
            "assert old in text\n"
            "path.write_text(text.replace(old, new, 1))\n"
            "END_OF_EDIT"
        )

    def as_block(self) -> str:
        """The same for agents without tools, which read edits from the text."""
        return (
            f"{self.path}\n```\n<<<<<<< SEARCH\n{self.old}\n=======\n{self.new}\n"
            ">>>>>>> REPLACE\n```\n"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One turn of the model: a command, an edit, a call of a named tool, or a last word.

    Before it, `fault` is answered `times` times, or for ever where that is 0; `hangs` gives no
    answer until the server is closed.
    """

    run: str = ""
    edit: Edit | None = None
    tool: str = ""
    arguments: Mapping[str, Any] | None = None
    say: str = ""
    fault: int = 0
    times: int = 0
    hangs: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Script:
    """The turns of one model; after the last one it has nothing more to do.

    `read` and `written` are the tokens that every reply claims. `blocks` is for agents without
    tools. `repeat` says the last step over and over.
    """

    steps: tuple[Step, ...]
    read: int = 1000
    written: int = 50
    blocks: bool = False
    repeat: bool = False
    after: str = "Nothing more to do."


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """A request in any wire format: the tools it offers, and how often the model has spoken."""

    wire: str
    model: str
    stream: bool
    turn: int
    tools: Mapping[str, Mapping[str, Any]]
    said: str = ""
    """Everything in the request as text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Say:
    """A reply in words."""

    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A reply that calls a tool."""

    tool: str
    arguments: Mapping[str, Any]


Reply = Say | Call


def step_for(script: Script, ask: Ask) -> Step | None:
    """The step a request is at, or None for a request beside the work: a title, a summary."""
    if script.blocks:
        waiting = [s for s in script.steps if s.edit is None or s.edit.as_block() not in ask.said]
        return waiting[0] if waiting else Step(say=script.after)
    if not ask.tools:
        faulty = next((s for s in script.steps if s.fault or s.hangs), None)
        return faulty if faulty is not None and faulty is script.steps[0] else None
    if ask.turn < len(script.steps):
        return script.steps[ask.turn]
    return script.steps[-1] if script.repeat else Step(say=script.after)


def reply_to(script: Script, step: Step | None, ask: Ask) -> Reply:
    """What is said to a request at a step."""
    if step is None:
        return Say(text="Scripted title")
    if script.blocks and step.edit is not None:
        return Say(text=step.edit.as_block())
    if step.tool:
        name = _named(step.tool, ask.tools)
        if name is None:
            return Say(text=f"there is no tool {step.tool} among {', '.join(ask.tools)}")
        return Call(tool=name, arguments=step.arguments or {})
    command = step.edit.as_shell() if step.edit is not None else step.run
    if not command:
        return Say(text=step.say or "Done.")
    return _shell(command, ask.tools)


def _named(wanted: str, tools: Mapping[str, Mapping[str, Any]]) -> str | None:
    if wanted in tools:
        return wanted
    return next((name for name in tools if re.split(r"\0|__|[-./]", name)[-1] == wanted), None)


def _shell(command: str, tools: Mapping[str, Mapping[str, Any]]) -> Reply:
    for wanted in SHELL_TOOLS:
        name = _named(wanted, tools)
        if name is not None:
            return Call(tool=name, arguments=_arguments(command, tools[name]))
    return Say(text=f"there is no shell among {', '.join(tools)}")


def _arguments(command: str, schema: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, about in (schema.get("properties") or {}).items():
        kind = str(about.get("type", "string")).lower()
        if name in ("command", "cmd", "script"):
            found[name] = ["bash", "-lc", command] if kind == "array" else command
        elif name in (schema.get("required") or ()):
            found[name] = about["enum"][0] if about.get("enum") else _FILLERS.get(kind, "scripted")
    return found or {"command": command}
