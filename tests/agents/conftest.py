"""A target in a tree, an agent of the table or the built-in one, and a model that is scripted."""

import shutil
from dataclasses import dataclass, replace
from pathlib import Path

import anyio
import pytest

from support.repos import write
from whet.agents import table
from whet.agents.acp import AcpAgent
from whet.agents.builtin import BuiltinAgent
from whet.agents.cell import best
from whet.agents.command import CommandAgent
from whet.agents.relay import Service
from whet.agents.running import Setting
from whet.agents.table import Entry
from whet.api.rehearsing import BRIEF, FAST, JUDGE, SLOW
from whet.git.call import begin
from whet.model.agent import Caps, Price
from whet.ports import Brief
from whet.testing.model.script import Edit, Script, Step
from whet.testing.model.server import ScriptedModel

KEY = "sk-decoy-7f3a91c2"
EDIT = Step(edit=Edit(path="slow.py", old="time.sleep(0.2)", new="pass"))
WORKS = Script(steps=(Step(run="cat slow.py"), EDIT, Step(say="Done: no sleep.")))

__all__ = ["BRIEF", "EDIT", "FAST", "KEY", "WORKS"]


def model(default=WORKS, **scripts):
    """A scripted model, to be entered."""
    return ScriptedModel(default, **scripts).serving()


@dataclass(frozen=True)
class Stage:
    """A tree with something slow in it, below a folder that nobody else uses."""

    tree: Path

    @property
    def root(self):
        return self.tree.parent.parent / "repository"

    def setting(self, entry, served, **changes):
        caps = Caps(seconds=60.0, calls=30)
        service = Service(url=f"{served.url}/v1", key=KEY) if served is not None else None
        usual = Setting(
            entry=entry, root=self.root, label=str(self.tree), jail=best("auto"), caps=caps,
            model="default", service=service, key="MODEL_KEY", price=Price(read=1.0, written=2.0),
        )  # fmt: skip
        return replace(usual, **changes)

    def brief(self, text=BRIEF, **changes):
        return replace(Brief(idea="I01", text=text, protected=("bench.py",)), **changes)

    def work(self, agent, brief=None):
        return anyio.run(agent.work, brief or self.brief(), self.tree)

    def builtin(self, served, wire="chat", **changes):
        entry = Entry(name="builtin", program="/bin/sh", title="the built-in agent")
        setting = self.setting(entry, served, direct=True, **changes)
        return self.work(BuiltinAgent(setting=setting, wire=wire))

    def table(self, name, served, way="command", brief=BRIEF, **changes):
        """The report of an agent of the table; one that is not installed skips the test."""
        entry = table.agent(name, own=self.root / "none.toml")
        if shutil.which(entry.program) is None:
            pytest.skip(f"{entry.program} is not on PATH")
        setting = self.setting(entry, served, **changes)
        if entry.wire == "gemini":
            setting = replace(setting, service=Service(url=f"{served.url}/v1beta", key=KEY))
        kind = AcpAgent if way == "acp" else CommandAgent
        return self.work(kind(setting=setting), self.brief(brief))

    @property
    def changed(self):
        """What the tree has that it did not have, but for what agents never touch."""
        before = {"slow.py": SLOW, "bench.py": JUDGE}
        found = {p.name: p.read_text() for p in self.tree.iterdir() if p.is_file()}
        return {name: text for name, text in found.items() if before.get(name) != text}


@pytest.fixture
def stage(tmp_path):
    tree = tmp_path / "agents" / "I01"
    write(tree, {"slow.py": SLOW, "bench.py": JUDGE})
    begin(tree, "incumbent")
    found = Stage(tree)
    found.root.mkdir()
    return found
