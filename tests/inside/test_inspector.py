"""The MCP Inspector, a client that others have written, sees what whet offers."""

import json
import shutil
import subprocess
import sys

import pytest

pytest.importorskip("mcp", reason="needs the extra `mcp`")

INSPECTOR = shutil.which("mcp-inspector")

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(INSPECTOR is None, reason="mcp-inspector is not on PATH"),
]


def inspected(root, *words):
    argv = [INSPECTOR, "--cli", sys.executable, "-m", "whet", "mcp", "--method", *words]
    done = subprocess.run(argv, cwd=root, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_the_inspector_lists_tools_resources_and_prompts_and_is_told_of_errors(asked):
    tools = {tool["name"]: tool for tool in inspected(asked, "tools/list")["tools"]}
    assert {"next", "claim", "submit", "wait", "cancel", "profile", "run_experiment"} <= set(tools)
    for tool in tools.values():
        assert tool["inputSchema"]["type"] == "object"
        assert tool["annotations"]["openWorldHint"] is False
    assert [one["uri"] for one in inspected(asked, "resources/list")["resources"]] == [
        "whet://next"
    ]  # fmt: skip
    assert [one["name"] for one in inspected(asked, "prompts/list")["prompts"]] == ["optimise"]
    call = ("tools/call", "--tool-name")
    assert "raise the speed" in inspected(asked, *call, "next")["content"][0]["text"]
    for words in (("claim", "--tool-arg", "hours=x"), ("verdict", "--tool-arg", "experiment=E99")):
        assert inspected(asked, *call, *words)["isError"] is True
