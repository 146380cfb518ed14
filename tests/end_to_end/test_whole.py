"""A whole campaign with a real agent: everything that can go wrong on the way does, once."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from end_to_end.target import environment

SCRIPT = Path(__file__).parents[2] / "benchmarks" / "whole.py"

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(shutil.which("goose") is None, reason="goose is not on PATH"),
    pytest.mark.skipif(not SCRIPT.exists(), reason="an sdist has no benchmarks"),
]


def test_goose_goes_through_research_waves_a_fix_a_hold_a_pivot_a_stop_and_a_kill(tmp_path):
    subprocess.run([sys.executable, str(SCRIPT), str(tmp_path)], env=environment(tmp_path),
                   check=True, timeout=1800, stdin=subprocess.DEVNULL)  # fmt: skip
    (ledger,) = (tmp_path / "pebble/.whet/campaigns").glob("*/events.jsonl")
    events = [json.loads(line)["event"] for line in ledger.read_bytes().splitlines()]
    kinds = [event["type"] for event in events]
    roles = {event["run"]["role"] for event in events if event["type"] == "agent.worked"}
    assert {"researcher", "implementer", "fixer", "analyst"} <= roles
    assert {event["run"]["agent"] for event in events if event["type"] == "agent.worked"} == {
        "goose"
    }
    stops = [event["code"] for event in events if event["type"] == "campaign.stopped"]
    assert stops[0] == "tokens"
    assert kinds.count("wave.opened") == 3
    assert sum(e.get("recovered", 0) for e in events if e["type"] == "campaign.resumed") >= 1
    verdicts = [event["verdict"] for event in events if event["type"] == "verdict.given"]
    assert "build" in {verdict["code"] for verdict in verdicts}
    lessons = [remark for e in events if e["type"] == "wave.analysed" for remark in e["remarks"]]
    assert any("the agent says: What waits for memory" in remark for remark in lessons)
    # one change makes it several times as fast, which no noise hides: a person is asked for
    assert "reviewer" in roles
    (held,) = [verdict for verdict in verdicts if verdict["code"] == "review"]
    assert held["kind"] == "inconclusive"
    assert "nobody says why" in held["held"]
