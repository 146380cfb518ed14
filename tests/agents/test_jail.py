"""What an agent can touch from inside its jail, and that nothing of it stays."""

import socket
from pathlib import Path

import anyio
import pytest

from agents.conftest import KEY, model
from whet import family, landlock
from whet.agents.cell import best
from whet.agents.command import CommandAgent
from whet.agents.running import Setting
from whet.agents.table import Entry
from whet.child import MARK
from whet.model.agent import Caps
from whet.testing.model.script import Script, Step

JAILS = [
    pytest.param("bubblewrap", marks=pytest.mark.skipif(
        best("bubblewrap") is None, reason="bubblewrap does not work here")),
    pytest.param("landlock", marks=pytest.mark.skipif(
        landlock.version() < landlock.NETWORK, reason="this kernel's Landlock holds no network")),
]  # fmt: skip
bubblewrap = pytest.mark.parametrize("jail", JAILS[:1])
either = pytest.mark.parametrize("jail", JAILS)

ASKS = (
    'curl -sS -m5 -H "authorization: Bearer $KEY" -H "content-type: application/json" '
    """-d '{"model": "default", "messages": []}' "$BASE/v1/chat/completions" """
)


def shell(stage, script, jail, served, **changes):
    """A shell as an agent of a table: what it prints is the transcript."""
    entry = Entry(name="shell", program="/bin/sh", argv=("/bin/sh", "-c", script), wire="chat",
                  served_env={"BASE": "{base}", "KEY": "{key}"}, keys=("DECOY",))  # fmt: skip
    setting = stage.setting(entry, served, jail=jail, **changes)
    return stage.work(CommandAgent(setting=setting))


@either
def test_it_writes_its_tree_and_its_home_and_nothing_else(stage, jail, tmp_path):
    script = f"echo x > slow.py; echo x > ~/mine; echo x > {tmp_path}/out; echo x > /etc/whet-out"
    with model() as served:
        shell(stage, script, jail, served)
    assert stage.changed == {"slow.py": "x\n"}
    assert not (tmp_path / "out").exists()
    assert not Path("/etc/whet-out").exists()


@bubblewrap
def test_protected_files_inside_its_tree_are_read_only(stage, jail):
    script = "echo x > bench.py; rm -f bench.py; mv slow.py bench.py; cat bench.py"
    with model() as served:
        report = shell(stage, script, jail, served)
    assert stage.changed == {}
    assert "slow.work(1000)" in report.transcript


@bubblewrap
def test_homes_other_agents_and_the_repositorys_secrets_are_hidden(stage, jail, monkeypatch):
    home = stage.root.parent / "home"
    for path in (home / ".ssh/id", stage.tree.parent / "I02/slow.py", stage.root / ".git/config",
                 stage.root / ".whet/campaigns/x", home / ".local/share/keys"):  # fmt: skip
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("hunter2")
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("DECOY", KEY)
    monkeypatch.setenv("OTHER_SECRET", KEY)
    script = f"grep -rs hunter2 {stage.root.parent}; env; cat /proc/*/environ | tr '\\0' '\\n'"
    with model() as served:
        report = shell(stage, script, jail, served)
    assert "hunter2" not in report.transcript
    assert KEY not in report.transcript


@either
def test_its_model_is_reached_and_no_other_port_of_this_machine(stage, jail):
    with model() as served, socket.create_server(("127.0.0.1", 0)) as other:
        other.setblocking(False)
        script = f"{ASKS}; curl -sS -m2 telnet://127.0.0.1:{other.getsockname()[1]} </dev/null"
        report = shell(stage, script, jail, served)
        with pytest.raises(BlockingIOError):
            other.accept()
    assert '"chat.completion"' in report.transcript
    assert report.usage.calls == 1
    assert served.seen[0].headers["authorization"] == f"Bearer {KEY}"


@bubblewrap
def test_what_it_leaves_running_ends_with_it(stage, jail):
    with model() as served:
        shell(stage, "(setsid env -i sleep 600 &); echo begun", jail, served)
    assert family.marked(MARK, f"{stage.tree}:", beginning=True) == []
    assert [p for p in family.descendants() if _name(p) == "sleep"] == []


def _name(pid):
    path = Path(f"/proc/{pid}/comm")
    return path.read_text().strip() if path.exists() else ""


def test_nothing_of_it_stays_beside_its_tree(stage):
    with model() as served:
        shell(stage, "true", best("auto"), served)
    assert list(stage.tree.parent.iterdir()) == [stage.tree]


@either
def test_without_a_model_service_a_key_it_is_handed_is_blotted_out(stage, jail, monkeypatch):
    monkeypatch.setenv("DECOY", KEY)
    report = shell(stage, 'echo "$DECOY"', jail, None)
    assert report.transcript == "[DECOY]\n"
    assert KEY.encode() not in report.raw
    assert report.network == "host"


def test_eight_agents_work_side_by_side(stage, tmp_path):
    with model() as served:
        entry = Entry(name="shell", program="/bin/sh", argv=("/bin/sh", "-c", f"{ASKS}; pwd"),
                      wire="chat", served_env={"BASE": "{base}", "KEY": "{key}"})  # fmt: skip
        setting = stage.setting(entry, served)
        reports = anyio.run(_together, setting, stage, 8)
    assert [report.usage.calls for report in reports] == [1] * 8
    assert len({report.transcript.splitlines()[-1] for report in reports}) == 8


async def _together(setting: Setting, stage, count):
    found = []

    async def one(number):
        tree = stage.tree.with_name(f"J{number}")
        tree.mkdir()
        found.append(await CommandAgent(setting=setting).work(stage.brief(), tree))

    async with anyio.create_task_group() as group:
        for number in range(count):
            group.start_soon(one, number)
    return found


@either
def test_an_agent_without_the_relays_token_is_refused(stage, jail):
    with model() as served:
        report = shell(stage, ASKS.replace("$KEY", "another"), jail, served)
    assert "its token is another one" in report.transcript
    assert served.seen == []


def test_beyond_its_budget_the_relay_refuses_and_the_run_is_stopped(stage):
    script = f"for n in 1 2 3 4 5 6; do {ASKS}; done; sleep 600"
    with model(Script(steps=(Step(say="hello"),))) as served:
        report = shell(stage, script, best("auto"), served, caps=Caps(seconds=60, calls=2))
    assert report.outcome == "budget"
    assert len(served.seen) == 2
