"""The whole campaign from inside, by plain commands and by MCP: everything goes wrong once."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from end_to_end.target import environment

SCRIPT = Path(__file__).parents[2] / "benchmarks" / "inside.py"

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not SCRIPT.exists(), reason="an sdist has no benchmarks"),
]


ASKED = pytest.mark.skipif("WHET_TEST_WHOLE" not in os.environ, reason="WHET_TEST_WHOLE is not set")
"""It takes minutes, and its parts are tested in `tests/inside/test_commands.py`."""


@pytest.mark.parametrize("by", ["mcp", pytest.param("commands", marks=ASKED)])
def test_an_agent_goes_through_a_campaign_from_inside(tmp_path, by):
    if by == "mcp":
        pytest.importorskip("mcp", reason="needs the extra `mcp`")
    said = subprocess.run([sys.executable, str(SCRIPT), str(tmp_path), "--by", by],
                          env=environment(tmp_path), check=True, timeout=1800, text=True,
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE).stdout  # fmt: skip
    (ledger,) = (tmp_path / f"pebble-{by}/.whet/campaigns").glob("*/events.jsonl")
    events = [json.loads(line)["event"] for line in ledger.read_bytes().splitlines()]
    kinds = [event["type"] for event in events]
    assert {"reader.finished", "evidence.found", "idea.claimed"} <= set(kinds)
    opened = [event for event in events if event["type"] == "experiment.opened"]
    assert {event["by"] for event in opened} == {"me"}
    assert all(event["hypothesis"] for event in opened)
    verdicts = {e["experiment"]: e["verdict"] for e in events if e["type"] == "verdict.given"}
    codes = {verdict["code"] for verdict in verdicts.values()}
    # a build that fails and is mended, one that is taken back, one that a reviewer holds
    assert {"build", "withdrawn"} <= codes
    held = [e["verdict"]["held"] for e in events if e["type"] == "verdict.given"]
    assert any("nobody says why" in why for why in held)
    assert "person.decided" in kinds
    # what measured was killed, and the experiments were used up
    assert "experiment.requeued" in kinds
    assert "4 experiments are all this campaign may have" in said
    assert "whet measure --experiments" in said
    assert len(opened) > 4
