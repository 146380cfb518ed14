"""Arms: the same campaign with one thing changed, by turns, then side by side."""

import json

import pytest

from support.repos import commit
from support.typing_in import whet
from whet.errors import UserError
from whet.judge.repeated import difference
from whet.ledger import log
from whet.model.arms import ArmMeasured
from whet.model.event import CampaignOpened, WaveOpened
from whet.model.verdict import Effect
from whet.plan.arms import arms

NOTE = "# Speed\n\nA raised number makes the benchmark of this project faster: ops follow speed.\n"

AGENT = """\
#!/usr/bin/env python3
# Has ideas of its own, and a better one where it is shown evidence.
import json, os, re
brief = open(os.environ["WHET_BRIEF"]).read()
if "whet-ideas.json" in brief:
    cited = re.findall(r"^S[0-9]+", brief, re.M)[:1]
    title = "raise the speed to 140" if cited else "raise the speed to 120"
    idea = {"title": title, "mechanism": "The number is what is printed.", "evidence": cited,
            "predicted": [0.05, 0.5], "technique": "algorithm", "files": ["speed"]}
    waits = title in brief.partition("Known already")[2]
    json.dump({"ideas": [] if waits else [idea], "lesson": "Numbers are printed."},
              open("whet-ideas.json", "w"))
else:
    open("speed", "w").write(re.search(r"to ([0-9]+)", brief)[1] + "\\n")
"""


def test_arms_take_turns_and_are_measured_side_by_side(root, tmp_path):
    commit(root, {"notes/speed.md": NOTE})
    agent = tmp_path / "agent.py"
    agent.write_text(AGENT)
    agent.chmod(0o755)
    arguments = [
        "run", "--arms", "code-only,research", "--agent", str(agent), "--waves", "1",
        "--set", "research.sources=documents", "--set", "research.documents=notes", "--json",
    ]  # fmt: skip
    said = whet(root, *arguments)
    assert said.code == 0, said.err
    document = said.document
    assert [one["arm"] for one in document["arms"]] == ["code-only", "research"]
    assert [one["campaigns"][0]["kept"] for one in document["arms"]] == [1, 1]
    (found,) = document["differences"]
    assert found["arm"] == "research"
    assert found["low"] <= 140 / 120 - 1 <= found["high"]
    code_only, research = (
        list(log.read(root / ".whet/campaigns" / f"ops-{arm}")) for arm in ("code-only", "research")
    )
    _same_rules(code_only, research)
    assert [type(one) for one in research].count(ArmMeasured) == 1
    again = whet(root, *arguments)
    assert again.document["differences"] == document["differences"]
    after = list(log.read(root / ".whet/campaigns/ops-research"))
    assert [type(one) for one in after].count(ArmMeasured) == 1
    report = json.loads(whet(root, "status", "--campaign", "ops-research", "--json").out)
    assert report["arms"][0]["against"] == "code-only"


def _same_rules(code_only, research):
    """Both arms have one base, one harness and one judge, and nothing was read for the first."""
    (one,), (other,) = (
        [event for event in events if isinstance(event, CampaignOpened)]
        for events in (code_only, research)
    )
    assert one.base == other.base
    for section in ("goal", "guard", "build", "bench", "checks", "scope", "measure", "judge"):
        assert getattr(one.config, section) == getattr(other.config, section)
    assert one.config.research.sources == ()
    kinds = [event.type for event in code_only]
    assert "evidence.found" not in kinds
    assert [type(event) for event in code_only].count(WaveOpened) == 1


def test_arms_without_an_agent_say_what_they_need(root):
    said = whet(root, "run", "--arms", "code-only,research")
    assert said.code == 3
    assert "--agent" in said.line("hint")


@pytest.mark.parametrize("words", ["research", "research,research", "research,reserch", ""])
def test_a_list_that_is_not_two_arms_is_refused(words):
    with pytest.raises(UserError, match="arm"):
        arms(words)


def test_agents_and_models_are_arms_too():
    one, other = arms("agent:goose,model:org/large v2")
    assert (one.name, one.agent) == ("agent-goose", "goose")
    assert other.name == "model-org-large-v2"
    assert other.overrides == {"agent.model": "org/large v2"}


def measured(estimate, number):
    effect = Effect(metric="ms", estimate=estimate, low=estimate - 0.01, high=estimate + 0.01,
                    confidence=0.95, pairs=20, a=1, b=1)  # fmt: skip
    return ArmMeasured(
        at=0, arm="research", against="code-only", campaign=f"ms-code-only-{number}",
        commit=f"a{number}", other=f"b{number}", effect=effect, detail="", outcome=None,
    )  # fmt: skip


def test_one_run_has_the_interval_of_its_measurement():
    found = difference([measured(0.1, 1)])
    assert (found.low, found.high, found.repetitions) == (pytest.approx(0.09), 0.11, 1)


def test_several_runs_are_the_unit_of_what_is_said():
    # scipy.stats.t over log1p of these: centre 0.09462, half width 0.11300
    found = difference([measured(x, n) for n, x in enumerate((0.05, 0.10, 0.15))])
    assert found.estimate == pytest.approx(0.09924, abs=1e-4)
    assert (found.low, found.high) == (
        pytest.approx(-0.01821, abs=1e-4),
        pytest.approx(0.23075, abs=1e-4),
    )


def test_nothing_measured_says_nothing():
    assert difference([]) is None
