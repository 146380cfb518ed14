"""The campaign of whole.py from inside: by plain commands, or by MCP with the SDK's own client.

python benchmarks/inside.py FOLDER [--by commands|mcp] [--target pebble|cmark] [--recipes FOLDER]

Whoever calls is the agent: it reads what was found, proposes, claims, changes, submits and waits.
On the way a change does not build and is mended, a wave keeps nothing and the next one turns
elsewhere, a reviewer with a scripted model asks for a person, what measures is killed, one change
is taken back while it is measured, and the experiments are used up. All of it is shown.
"""

import argparse
import asyncio
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any, Protocol

import mcp
from mcp.client.stdio import StdioServerParameters, stdio_client
from stories import RECIPES, STORIES, Story, Told
from whole import User, commit

Answer = dict[str, Any]


class By(Protocol):
    """How an agent asks something of whet."""

    async def __call__(self, what: str, **given: Any) -> Answer: ...


class Commands:
    """Plain commands with --json."""

    def __init__(self, user: User) -> None:
        self.user = user

    async def __call__(self, what: str, **given: Any) -> Answer:
        words = {
            "next": lambda: ["next"],
            "evidence": lambda: ["ideas"],
            "add_idea": lambda: ["ideas", "add", given["title"], "--evidence",
                                 *given["evidence"], "--mechanism", given["mechanism"]],
            "claim": lambda: ["claim", given["idea"]],
            "submit": lambda: ["submit", given["idea"], "--hypothesis", given["hypothesis"]],
            "wait": lambda: ["wait", given["experiment"], "--timeout", f"{given['seconds']:g}s"],
            "cancel": lambda: ["cancel", given["experiment"]],
            "status": lambda: ["status"],
        }[what]()  # fmt: skip
        print(f"$ whet {' '.join(words)}", flush=True)
        done = self._typed(words)
        found = json.loads(done.stdout)
        if done.returncode:
            print(f"{done.stderr.strip()}\n(exit {done.returncode})", flush=True)
        else:
            _show(found)
        return {**found, "exit": done.returncode}

    def _typed(self, words: list[str]) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [sys.executable, "-m", "whet", *words, "--json"], cwd=self.user.root,
            env=self.user.env, check=False, capture_output=True, text=True,
        )  # fmt: skip


class Tools:
    """The tools of `whet mcp`, over standard input and output."""

    def __init__(self, client: Any) -> None:
        self.client = client

    async def __call__(self, what: str, **given: Any) -> Answer:
        if what == "evidence":
            given = {"evidence": "S01"}
        print(f"> {what}({', '.join(f'{k}={v!r}' for k, v in given.items())})", flush=True)
        answer = await self.client.call_tool(what, given)
        if answer.is_error:
            print(f"{answer.content[0].text}\n(an error of the tool)", flush=True)
            return {"exit": 5}
        found: Answer = answer.structured_content
        _show(found)
        return {**found, "exit": 0}


_SHOWN = (
    *("brief", "next", "said", "idea", "tree", "experiment", "verdict", "status", "reason"),
    *("held", "gain", "in_stack", "text", "doing", "judged", "waiting", "quote", "remark"),
)


def _show(found: Answer) -> None:
    for name, value in found.items():
        if name in _SHOWN and value not in (None, "", [], {}):
            print(f"  {name}: {json.dumps(value, ensure_ascii=False)[:400]}", flush=True)


async def play(story: Story, user: "Inside", ask: By) -> None:
    """What an agent does that was told to use whet."""
    await ask("next")
    user.types("whet", "research", "--offline", "--no-agent", "--sources", "profile,conventions")
    await ask("evidence")
    tried: list[str] = []
    for _, ideas in story.turns:
        for one in ideas:
            await ask("add_idea", title=one.title, mechanism=one.mechanism, evidence=["S01"])
        await ask("next")
        for one in ideas:
            tried += await _try(story, user, ask, one, f"I{len(set(tried)) + 1:02}")
    for held in user.held():
        user.types("whet", "keep", held, "--reason", "looked at it: one program, one document")
    await ask("status")


async def _try(story: Story, user: "Inside", ask: By, one: Told, idea: str) -> list[str]:
    """Claim, change, submit, wait; and mend what did not build."""
    claimed = await ask("claim", idea=idea)
    tree = Path(claimed["tree"])
    _in_tree(tree, one.change)
    if one.title == story.broken:
        _in_tree(tree, story.breaks)
    if one.title == story.held:
        await _taken_back(user, ask, tree, idea)
    said = await ask("submit", idea=idea, hypothesis=one.mechanism)
    if said["exit"]:
        user.more()
        said = await ask("submit", idea=idea, hypothesis=one.mechanism)
    if one.title == story.held:
        user.kills_what_measures()
    verdict = await ask("wait", experiment=said["experiment"], seconds=600)
    if verdict["verdict"] == "failed":
        _in_tree(tree, story.mends)
        said = await ask("submit", idea=idea, hypothesis=f"mended: {one.mechanism}")
        await ask("wait", experiment=said["experiment"], seconds=600)
    return [idea]


async def _taken_back(user: "Inside", ask: By, tree: Path, idea: str) -> None:
    """Something hasty is submitted, and cancelled while it is measured."""
    _in_tree(tree, "for file in src/*.c; do echo '/* hasty */' >>$file; done")
    said = await ask("submit", idea=idea, hypothesis="a hasty one")
    user.waits_for("experiment.started", said["experiment"])
    await ask("cancel", experiment=said["experiment"])
    _in_tree(tree, "sed -i '/hasty/d' src/*.c")


def _in_tree(tree: Path, change: str) -> None:
    subprocess.run(["bash", "-c", change], cwd=tree, check=True)


class Inside(User):
    """A person beside the agent, who may allow more and who kills what measures."""

    extra: "subprocess.Popen[bytes] | None" = None

    def waits_for(self, kind: str, experiment: str) -> None:
        while not any(e["type"] == kind and e.get("experiment") == experiment
                      for e in self.events()):  # fmt: skip
            time.sleep(0.05)

    def kills_what_measures(self) -> None:
        """What measures is ended by SIGKILL, in the middle of it."""
        last = max(str(e["experiment"]) for e in self.events() if e["type"] == "experiment.opened")
        self.waits_for("experiment.started", last)
        (lock,) = self.root.glob(".whet/campaigns/*/run.lock")
        os.kill(json.loads(lock.read_bytes())["pid"], signal.SIGKILL)
        print("(kill -9 of what measures)", flush=True)
        self.extra = None

    def more(self) -> None:
        """In a shell of their own the person allows more experiments."""
        words = ["measure", "--experiments", "20", "--idle", "60s", "--display", "none"]
        print(f"$ whet {' '.join(words)} &", flush=True)
        self.extra = subprocess.Popen([sys.executable, "-m", "whet", *words], cwd=self.root,
                                      env=self.env, stdin=subprocess.DEVNULL)  # fmt: skip
        (lock,) = self.root.glob(".whet/campaigns/*/run.lock")
        while self.extra.poll() is None and f'"pid": {self.extra.pid}' not in lock.read_text():
            time.sleep(0.05)


async def by_tools(user: User, work: Callable[[By], Awaitable[None]]) -> None:
    """Start `whet mcp` as an agent does, and work through it."""
    process = StdioServerParameters(command=sys.executable, args=["-m", "whet", "mcp"],
                                    cwd=user.root, env=user.env)  # fmt: skip
    async with AsyncExitStack() as stack:
        client = await stack.enter_async_context(mcp.Client(stdio_client(process)))
        await work(Tools(client))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--by", default="commands", choices=("commands", "mcp"))
    parser.add_argument("--target", default="pebble", choices=STORIES)
    parser.add_argument("--recipes", type=Path, default=RECIPES, help="of real targets")
    given = parser.parse_args()
    story = STORIES[given.target](given.recipes)
    root = given.folder.resolve() / f"{story.name}-{given.by}"
    shutil.rmtree(root, ignore_errors=True)
    story.make(root)
    commit(root, story.name)
    user = Inside(root)
    user.env |= {"WHET_AGENT": "me"}
    with story.model().serving() as served:
        user.types(
            "whet",
            "init",
            *story.init,
            "--agent",
            "builtin",
            "--set",
            "agent.model=scripted",
            "--no-briefs",
            "--yes",
        )
        limits = {"agent.endpoint": f"{served.url}/v1", "run.max_experiments": "4"}
        for key, value in {**story.settings, **limits}.items():
            user.types("whet", "config", "set", key, value)
        commit(root, "Say what whet measures")
        if given.by == "commands":
            asyncio.run(play(story, user, Commands(user)))
        else:
            asyncio.run(by_tools(user, lambda ask: play(story, user, ask)))
        if user.extra is not None:
            user.extra.send_signal(signal.SIGINT)
            user.extra.wait()
    for words in (("list",), ("ideas", "--all"), ("report",), ("verify",)):
        user.types("whet", *words)


if __name__ == "__main__":
    main()
