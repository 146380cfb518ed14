"""What a run of an agent costs beside the agent's own work, and eight of them at once.

python benchmarks/agents.py [rounds, 10 by default]

The model is scripted and on loopback, so it takes no time; the shell agent asks it once and ends.
goose is measured as well where it is installed.
"""

import shutil
import statistics
import sys
import tempfile
import threading
import time
from pathlib import Path

import anyio

from whet import family
from whet.agents import table
from whet.agents.acp import AcpAgent
from whet.agents.cell import best
from whet.agents.command import CommandAgent
from whet.agents.relay import Service
from whet.agents.running import Setting
from whet.agents.table import Entry
from whet.git.call import begin
from whet.model.agent import Caps
from whet.ports import Agent, Brief
from whet.testing.model.script import Script, Step
from whet.testing.model.server import ScriptedModel

TOGETHER = 8
ASKS = (
    'curl -sS -H "authorization: Bearer $KEY" -H "content-type: application/json" '
    """-d '{"model": "default", "messages": []}' "$BASE/v1/chat/completions" >answer"""
)
SHELL = Entry(name="shell", program="/bin/sh", argv=("/bin/sh", "-c", ASKS), wire="chat",
              served_env={"BASE": "{base}", "KEY": "{key}"})  # fmt: skip


def setting(entry: Entry, url: str, folder: Path) -> Setting:
    jail = best("auto")
    assert jail is not None
    return Setting(entry=entry, root=folder, label=str(folder), jail=jail, model="default",
                   caps=Caps(seconds=60), service=Service(url=f"{url}/v1"))  # fmt: skip


def tree(folder: Path, name: str) -> Path:
    made = folder / "agents" / name
    shutil.rmtree(made, ignore_errors=True)
    made.mkdir(parents=True)
    (made / "slow.py").write_text("x = 1\n")
    begin(made, "incumbent")
    return made


def alone(agent: Agent, folder: Path, rounds: int) -> list[float]:
    taken = []
    for _ in range(rounds + 1):
        place = tree(folder, "I01")
        start = time.perf_counter()
        report = anyio.run(agent.work, Brief(idea="I01", text="Do it."), place)
        taken.append(time.perf_counter() - start)
        assert report.usage.calls, report
    return taken[1:]  # the first one fills caches


def memory() -> int:
    """Bytes of every process below this one that nobody else has."""
    total = 0
    for pid in family.descendants():
        try:
            text = Path(f"/proc/{pid}/smaps_rollup").read_text()
        except OSError:
            continue
        total += sum(int(line.split()[1]) for line in text.splitlines() if line.startswith("Pss:"))
    return 1024 * total


async def together(agent: Agent, places: list[Path]) -> None:
    async with anyio.create_task_group() as group:
        for place in places:
            group.start_soon(agent.work, Brief(idea=place.name, text="Do it."), place)


def eight(agent: Agent, folder: Path) -> tuple[float, int]:
    """Seconds for eight at once, and the most memory that was seen meanwhile."""
    places = [tree(folder, f"I{number:02d}") for number in range(TOGETHER)]
    most, done = [0], threading.Event()

    def watch() -> None:
        while not done.wait(0.02):
            most[0] = max(most[0], memory())

    watcher = threading.Thread(target=watch)
    watcher.start()
    start = time.perf_counter()
    anyio.run(together, agent, places)
    took = time.perf_counter() - start
    done.set()
    watcher.join()
    return took, most[0]


def main(rounds: int) -> None:
    script = Script(steps=(Step(say="Done."),))
    with tempfile.TemporaryDirectory() as name, ScriptedModel(script).serving() as model:
        folder = Path(name)
        agents: dict[str, Agent] = {
            "shell": CommandAgent(setting=setting(SHELL, model.url, folder)),
        }
        if shutil.which("goose"):
            goose = setting(table.agent("goose"), model.url, folder)
            agents["goose"] = AcpAgent(setting=goose)
        for kind, agent in agents.items():
            taken = alone(agent, folder, rounds)
            middle, least = 1000 * statistics.median(taken), 1000 * min(taken)
            print(
                f"{kind}, one run from start to teardown {middle:6.0f} ms   least {least:5.0f} ms"
            )
            took, most = eight(agent, folder)
            print(f"{kind}, {TOGETHER} at once {1000 * took:6.0f} ms   "
                  f"memory {most / 2**20:5.0f} MB in all")  # fmt: skip


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 10)
