"""A campaign of one idea with every agent that is installed: its change is judged, and kept.

They work in the jail, for a scripted model on loopback: there is no key and no other network.
"""

import shutil
import sys

import pytest

from end_to_end.target import experiments
from whet import sandbox
from whet.agents import table
from whet.testing.model.script import Edit, Script, Step
from whet.testing.model.server import ScriptedModel

pytestmark = pytest.mark.slow

KEY = "sk-decoy-90b1aa"
PATHS = {"gemini": "/v1beta"}


@pytest.mark.parametrize("name", ["goose", "codex", "gemini", "mini", "opencode", "pi"])
def test_an_installed_agent_gets_its_change_kept(target, name):
    entry = table.agent(name)
    if shutil.which(entry.program) is None:
        pytest.skip(f"{entry.program} is not on PATH")
    target.ideas("less work")
    last = Step(run=entry.goodbye) if entry.goodbye else Step(say="Done: one pass less.")
    edit = Step(edit=Edit(path="left.c", old="passes = 3", new="passes = 2"))
    with ScriptedModel(Script(steps=(Step(run="cat left.c"), edit, last))).serving() as served:
        said = target.whet(
            "run", "--agent", name, "--set", "agent.key=MODEL_KEY", "--set", "agent.model=default",
            "--set", "agent.timeout=300s",
            "--set", f"agent.endpoint={served.url}{PATHS.get(name, '/v1')}",
            MODEL_KEY=KEY, within=600.0,
        )  # fmt: skip
    why = target.whet("why", "E01")
    sys.stdout.write(f"$ whet run --agent {name}\n{said.err}{said.out}$ whet why E01\n{why.out}\n")
    assert experiments(target.events()) == {"I01": ["kept"]}
    (run,) = [event["run"] for event in target.events() if event["type"] == "agent.worked"]
    assert (run["outcome"], run["jail"]) == ("finished", sandbox.detect())
    assert run["agent"].startswith(name)
    assert run["usage"]["calls"] == len(served.seen) >= 3
    assert run["usage"]["read"] == 1000 * len(served.seen)
    assert KEY not in said.out + said.err
