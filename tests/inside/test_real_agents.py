"""Real agents from inside: they call whet's tools, told what to do by a scripted model.

`whet mcp install` writes their configuration; there is no key and no network but loopback.
"""

import os
import re
import shutil
import subprocess
import sys

import pytest

from inside.conftest import events
from whet.testing.model.script import Script, Step
from whet.testing.model.server import ScriptedModel

pytest.importorskip("mcp", reason="needs the extra `mcp`")
pytestmark = pytest.mark.slow

WHET = f"'{sys.executable}' -m whet"


def script(root):
    """The tools of whet by MCP, the edit by the agent's own shell."""
    tree = f"$({WHET} -C '{root}' claim I01)"
    return Script(
        steps=(
            Step(tool="next", arguments={}),
            Step(tool="claim", arguments={"idea": "I01"}),
            Step(run=f'echo 120 > "{tree}/speed"'),
            Step(tool="submit", arguments={"idea": "I01", "hypothesis": "more speed"}),
            Step(tool="wait", arguments={"experiment": "E01", "seconds": 300}),
            Step(say="Kept."),
        )
    )


def goose(served, home):
    env = {
        "GOOSE_PROVIDER": "openai", "GOOSE_MODEL": "default", "OPENAI_API_KEY": "none",
        "OPENAI_HOST": served.url, "OPENAI_BASE_PATH": "v1/chat/completions",
        "GOOSE_PATH_ROOT": str(home / "goose"), "GOOSE_MODE": "auto",
        "GOOSE_TELEMETRY_ENABLED": "false", "GOOSE_DISABLE_KEYRING": "1",
    }  # fmt: skip
    argv = ["goose", "run", "--with-builtin", "developer", "--max-turns", "12", "--no-session",
            "-t", "make it faster"]  # fmt: skip
    return argv, env


def codex(served, home):
    model = f'{{name="whet",base_url="{served.url}/v1",env_key="WHET_KEY",wire_api="responses"}}'
    argv = [
        "codex", "exec", "--json", "--skip-git-repo-check", "-c",
        'sandbox_mode="danger-full-access"', "-m", "default", "-c", 'model_provider="whet"', "-c",
        f"model_providers.whet={model}", "make it faster",
    ]  # fmt: skip
    return argv, {"CODEX_HOME": str(home / "codex"), "WHET_KEY": "none"}


@pytest.mark.parametrize("start", [goose, codex], ids=["goose", "codex"])
def test_an_agent_gets_a_change_kept_by_the_tools_of_whet(
    say, asked, tmp_path, monkeypatch, start
):  # fmt: skip
    if shutil.which(start.__name__) is None:
        pytest.skip(f"{start.__name__} is not on PATH")
    home = tmp_path / "home"
    home.mkdir()
    with ScriptedModel(script(asked)).serving() as served:
        argv, env = start(served, home)
        for name, value in env.items():
            monkeypatch.setenv(name, value)
        installed = say(asked, "mcp", "install", start.__name__, "--user")
        assert installed.code == 0, installed.err
        done = subprocess.run(
            argv, cwd=asked, env={**os.environ, **env}, capture_output=True, text=True,
            stdin=subprocess.DEVNULL, check=False, timeout=900,
        )  # fmt: skip
    told = done.stdout[-4000:] + done.stderr[-2000:]
    assert [e["by"] for e in events(asked, "experiment.opened")], told
    (verdict,) = events(asked, "verdict.given")
    assert verdict["verdict"]["kind"] == "kept", told
    (claim,) = events(asked, "idea.claimed")
    assert start.__name__ in claim["by"]
    (opened,) = events(asked, "experiment.opened")
    assert (opened["by"], opened["hypothesis"]) == (claim["by"], "more speed")
    answered = max((s.ask.said for s in served.seen), key=len).replace("\\", "")
    assert re.search(r'"verdict":\s*"kept"', answered)


def test_goose_finds_the_skill_that_is_installed(say, root, tmp_path):
    if shutil.which("goose") is None:
        pytest.skip("goose is not on PATH")
    assert say(root, "skill", "install").code == 0
    with ScriptedModel(Script(steps=(Step(say="Nothing to do."),))).serving() as served:
        argv, env = goose(served, tmp_path / "home")
        subprocess.run(argv, cwd=root, env={**os.environ, **env}, capture_output=True,
                       stdin=subprocess.DEVNULL, check=False, timeout=300)  # fmt: skip
    assert any("Make a project that has a benchmark" in seen.ask.said for seen in served.seen)
