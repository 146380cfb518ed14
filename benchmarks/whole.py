"""A whole campaign with a real agent: init, research, three waves, and everything that goes wrong.

python benchmarks/whole.py FOLDER [--agent goose] [--target pebble|cmark] [--recipes FOLDER]

The target is the demo's or a real one, the agent is one of `whet agents`, and its model is
scripted: it reads the brief it is given and answers for its role (`stories.py`). On the way a
change does not build and is mended, a reviewer asks for a person, a wave keeps nothing and the next
one turns elsewhere, the tokens are used up, and the run is killed in the middle of a measurement.
All that whet prints is shown.
"""

import argparse
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

from stories import RECIPES, STORIES, Story

GIT = ("git", "-c", "user.name=you", "-c", "user.email=you@example.org")


class User:
    """Types commands in a repository, and shows what they print."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.env = {**os.environ, "MODEL_KEY": "sk-none", "COLUMNS": "100"}

    def types(self, *words: str, killed_at: str = "") -> int:
        print(f"$ {' '.join(_quoted(word) for word in words)}", flush=True)
        argv = [sys.executable, "-m", *words] if words[0] == "whet" else list(words)
        process = subprocess.Popen(argv, cwd=self.root, env=self.env, stdin=subprocess.DEVNULL)
        if killed_at:
            self._wait_for(killed_at, process)
            process.send_signal(signal.SIGKILL)
            print("(kill -9)", flush=True)
        code = process.wait()
        print(f"(exit {code})\n" if code else "", flush=True)
        return code

    def _wait_for(self, kind: str, process: "subprocess.Popen[bytes]") -> None:
        before = self.kinds().count(kind)
        while process.poll() is None and self.kinds().count(kind) <= before:
            time.sleep(0.05)

    def events(self) -> list[dict[str, object]]:
        found = self.root.glob(".whet/campaigns/*/events.jsonl")
        lines = [line for path in found for line in path.read_bytes().split(b"\n")[:-1]]
        return [json.loads(line)["event"] for line in lines]

    def kinds(self) -> list[object]:
        return [event["type"] for event in self.events()]

    def held(self) -> list[str]:
        """Experiments that wait for a person."""
        given = [event for event in self.events() if event["type"] == "verdict.given"]
        return [str(e["experiment"]) for e in given if dict(e["verdict"])["code"] == "review"]  # type: ignore[call-overload]


def _quoted(word: str) -> str:
    return f"'{word}'" if any(char in word for char in " *$") else word


def commit(root: Path, subject: str) -> None:
    subprocess.run(["git", "add", "-A"], cwd=root, check=True)
    subprocess.run([*GIT, "commit", "-qm", subject], cwd=root, check=True)


def play(story: Story, user: User, agent: str) -> None:
    """From nothing to what was found."""
    user.types("whet", "init", *story.init, "--agent", agent, "--yes")
    with story.model().serving() as served:
        for key, value in {"agent.endpoint": f"{served.url}/v1", **story.settings}.items():
            user.types("whet", "config", "set", key, value)
        commit(user.root, "Say what whet measures")
        user.types("whet", "run", "--tokens", str(story.tokens))
        user.types("whet", "run", "--tokens", "900000", killed_at="experiment.started")
        user.types("whet", "status")
        user.types("whet", "run", "--tokens", "900000")
        for held in user.held():
            user.types("whet", "why", held)
            user.types("whet", "keep", held, "--reason", "looked at it: one program, one document")
            user.types("whet", "run", "--tokens", "900000")
    for words in (("status",), ("list",), ("ideas", "--all"), ("report",), ("verify",), ("log",)):
        user.types("whet", *words)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--agent", default="goose")
    parser.add_argument("--target", default="pebble", choices=STORIES)
    parser.add_argument("--recipes", type=Path, default=RECIPES, help="of real targets")
    given = parser.parse_args()
    story = STORIES[given.target](given.recipes)
    root = given.folder.resolve() / story.name
    shutil.rmtree(root, ignore_errors=True)
    story.make(root)
    commit(root, story.name)
    play(story, User(root), given.agent)


if __name__ == "__main__":
    main()
