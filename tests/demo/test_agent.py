"""The scripted agent works where homes and checkouts are hidden."""

import anyio
import pytest

from support.repos import commit, user_git
from whet.agents.cell import best
from whet.agents.command import any_command
from whet.api.demonstrating import agent
from whet.demo import TARGET
from whet.ports import Brief


@pytest.mark.skipif(best("bubblewrap") is None, reason="bubblewrap does not work here")
def test_the_scripted_agent_makes_its_change_in_a_jail(tmp_path):
    tree = tmp_path / "tree"
    tree.mkdir()
    user_git(tree, "init", "--quiet")
    for path in TARGET.rglob("*"):
        if path.is_file():
            copy = tree / path.relative_to(TARGET)
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_bytes(path.read_bytes())
    commit(tree)
    scripted = any_command(
        agent(), root=tmp_path / "repo", label=str(tmp_path), timeout=60.0, jail="bubblewrap"
    )
    report = anyio.run(scripted.work, Brief(idea="I01", text="Do it."), tree)
    assert report.outcome == "finished", report.detail
    assert user_git(tree, "status", "--short").startswith("M")
