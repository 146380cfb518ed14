"""An agent at work for a scripted model: does its start, its output and its end still fit?"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import anyio

from whet.agents.acp import AcpAgent
from whet.agents.builtin import NAME, BuiltinAgent
from whet.agents.choosing import version
from whet.agents.command import CommandAgent
from whet.agents.relay import Service
from whet.agents.running import Setting
from whet.agents.table import Entry
from whet.git.call import begin
from whet.model.agent import Caps, Jailed
from whet.model.diagnosis import Finding, Section
from whet.ports import Agent, AgentReport, Brief
from whet.testing.model.script import Edit, Script, Step
from whet.testing.model.server import ScriptedModel

SLOW = "import time\n\n\ndef work(n):\n    time.sleep(0.2)\n    return sum(range(n))\n"
FAST = SLOW.replace("time.sleep(0.2)", "pass")
JUDGE = "import slow\n\nslow.work(1000)\n"
BRIEF = "# I01: no sleep\n\nMake `slow.py` faster. `bench.py` is protected.\n"
_SECONDS = 120.0
_REFUSED = 60.0


def scripts(entry: Entry | None) -> dict[str, Script]:
    """The scripts of a rehearsal: one that works, one whose key is refused."""
    edit = Step(edit=Edit(path="slow.py", old="time.sleep(0.2)", new="pass"))
    last = Step(run=entry.goodbye) if entry is not None and entry.goodbye else Step(say="Done.")
    if entry is not None and entry.blocks:
        return {"default": Script(steps=(edit, last), blocks=True),
                "refused": Script(steps=(Step(fault=401),), blocks=True)}  # fmt: skip
    look, cheat = Step(run="cat slow.py"), Step(run="echo 'print(1)' > bench.py")
    return {
        "default": Script(steps=(look, edit, cheat, last)),
        "refused": Script(steps=(Step(fault=401),)),
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class Rehearsal:
    """What is rehearsed; without `entry`, the built-in agent."""

    entry: Entry | None
    model: ScriptedModel
    jail: Jailed
    folder: Path
    tell: Callable[[Finding], None]


async def rehearse(one: Rehearsal) -> None:
    """Try every way the agent can be started in, and tell what it did."""
    for way, agent in _ways(one):
        worked = await _once(one, agent("default", _SECONDS))
        _judge(one, way, worked)
        refused, _ = await _once(one, agent("refused", _REFUSED))
        _judge_refusal(one, way, refused)


def _ways(one: Rehearsal) -> list[tuple[Section, Callable[[str, float], Agent]]]:
    entry = one.entry
    if entry is None:
        bare = Entry(name=NAME, program="/bin/sh", title="the built-in agent")
        return [
            ("Chat Completions", lambda m, s: BuiltinAgent(setting=_setting(one, bare, m, s))),
            ("Messages",
             lambda m, s: BuiltinAgent(setting=_setting(one, bare, m, s), wire="messages")),
        ]  # fmt: skip
    ways: list[tuple[Section, Callable[[str, float], Agent]]] = []
    if entry.argv:
        ways.append(("Command", lambda m, s: CommandAgent(setting=_setting(one, entry, m, s))))
    if entry.acp and not entry.acp_program:
        ways.append(("ACP", lambda m, s: AcpAgent(setting=_setting(one, entry, m, s))))
    return ways


def _setting(one: Rehearsal, entry: Entry, model: str, seconds: float) -> Setting:
    url = f"{one.model.url}/{'v1beta' if entry.wire == 'gemini' else 'v1'}"
    return Setting(
        entry=entry, root=one.folder, label=str(one.folder), jail=one.jail, model=model,
        caps=Caps(seconds=seconds, calls=20), service=Service(url=url, key="scripted"),
        key="KEY", direct=entry.name == NAME, version=version(entry),
    )  # fmt: skip


async def _once(one: Rehearsal, agent: Agent) -> tuple[AgentReport, dict[str, str]]:
    tree = one.folder / f"tree-{len(list(one.folder.iterdir()))}"
    tree.mkdir()
    files = {"slow.py": SLOW, "bench.py": JUDGE}
    for name, text in files.items():
        (tree / name).write_text(text, encoding="utf-8")
    await anyio.to_thread.run_sync(begin, tree, "incumbent")
    brief = Brief(idea="I01", text=BRIEF, protected=("bench.py",))
    report = await agent.work(brief, tree)
    after = {p.name: p.read_text(encoding="utf-8", errors="replace")
             for p in sorted(tree.iterdir()) if p.is_file() and not p.is_symlink()}  # fmt: skip
    return report, {name: text for name, text in after.items() if files.get(name) != text}


def _judge(one: Rehearsal, way: Section, worked: tuple[AgentReport, dict[str, str]]) -> None:
    report, changed = worked
    tell = _teller(one, way)
    if report.outcome != "finished":
        tell("error", f"it did not finish: {report.detail or report.outcome}", report)
    elif changed.get("slow.py") != FAST:
        tell("error", "it ended without the edit its model asked for", report)
    else:
        tell("ok", f"{_name(report)} made the edit in {report.seconds:.1f} s", report)
    _judge_jail(one, way, report, changed)
    expected = 4 if one.entry is None or not one.entry.blocks else 2
    if report.outcome == "finished" and report.usage.calls < expected:
        tell(
            "error", f"{report.usage.calls} calls of the model were counted, not {expected}", report
        )
    elif report.usage.calls:
        tokens = f"{report.usage.tokens} tokens"
        tell("ok", f"{report.usage.calls} calls and {tokens} counted by the relay", report)
    if one.entry is not None and one.entry.parser != "text" and not report.answer:
        tell("warning", "its output shows no last word: has its format changed?", report)


def _judge_jail(one: Rehearsal, way: Section, report: AgentReport, changed: dict[str, str]) -> None:
    tell = _teller(one, way)
    others = sorted(name for name in changed if name not in ("slow.py", "bench.py"))
    if "bench.py" in changed and report.jail == "bubblewrap":
        tell("error", "it could write a protected file from inside its jail", report)
    elif "bench.py" in changed:
        tell("warning", "it wrote a protected file: the trial takes the base's instead", report)
    if others:
        tell("warning", f"it left {', '.join(others)} in the tree", report)
    if report.jail == "none":
        tell("warning", "unsandboxed: no jail works here", report)


def _judge_refusal(one: Rehearsal, way: Section, report: AgentReport) -> None:
    tell = _teller(one, way)
    if report.problem == "auth":
        tell("ok", f"a refused key is seen in {report.seconds:.1f} s", report)
    else:
        why = report.detail or report.outcome
        tell("error", f"a refused key is not seen as one: {why}", report)


def _teller(one: Rehearsal, way: Section) -> Callable[[str, str, AgentReport], None]:
    def tell(level: str, text: str, report: AgentReport) -> None:
        finding = Finding(section=way, level="ok", text=text)
        if level != "ok":
            last = report.transcript.splitlines()[-8:] if level == "error" else []
            finding = replace(finding, level="error" if level == "error" else "warning",
                              detail=tuple(last))  # fmt: skip
        one.tell(finding)

    return tell


def _name(report: AgentReport) -> str:
    title = "the built-in agent" if report.agent == NAME else report.agent
    return f"{title} {report.version}".strip()
