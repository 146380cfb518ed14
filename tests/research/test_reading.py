"""A run that has an agent and nothing to try reads first."""

import json
from dataclasses import replace

import anyio
import pytest

from campaign.simulated import CONFIG, faster, opened, site
from research.test_researcher import FINE, Told, evidence, hot
from whet.cli.live import told
from whet.errors import InfraError
from whet.model.config import Agent, Research, Run
from whet.model.research import Findings
from whet.plan.paid import paid
from whet.plan.ready import may_read
from whet.report import markdown
from whet.report.document import campaign, report
from whet.report.figures import percent
from whet.report.span import plain
from whet.report.status import status
from whet.steps.drive import Driver
from whet.steps.researcher import ANSWER
from whet.testing.agent import ScriptedAgent
from whet.testing.executor import SimulatedExecutor

READING = replace(
    CONFIG, agent=Agent(kind="command", command="./agent", attempts=0),
    research=Research(sources=("papers", "profile", "documents"), every="once"),
    run=Run(ideas_per_wave=4, max_waves=2, hours=99),
)  # fmt: skip


class Broken(Told):
    def read(self, inquiry, errand):
        raise InfraError("the service is on fire", hint="whet research --offline")


class Full(Told):
    def read(self, inquiry, errand):
        raise OSError("no space left on device")


def librarians(**more):
    return {
        "profile": Told("profile", Findings(evidence=(hot("b", "norm", 0.9),))),
        "papers": Told("papers", Findings(evidence=(replace(evidence(9), id=""),))),
        "documents": Told("documents"),
        **more,
    }


def gone_through(place, readers, edits, *, most=10**6):
    """The state after a run in which these readers were asked, and the lines a person saw."""
    seen = []
    with opened(place, SimulatedExecutor()) as world:
        world.agent = ScriptedAgent(edits=edits)
        world.ask = lambda names, _: tuple(readers[n] for n in names if n in readers)
        world.told.append(lambda event: seen.extend(told(world.state, event, 100)))
        world.told.append(lambda event: most > world.state.events or stop())
        anyio.run(Driver(world).run)
    return world.state, [plain(one) for one in seen], world.agent.briefs


class Killed(Exception):
    pass


def stop():
    raise Killed


EDITS = {"research": {ANSWER: json.dumps({"ideas": [{**FINE, "evidence": ["S01", "S02"]}]})},
         "I01": {"effects/1": faster(0.3)}}  # fmt: skip


def test_it_reads_asks_the_agent_and_tries_what_they_thought_of(tmp_path):
    state, seen, briefs = gone_through(site(tmp_path, [], READING), librarians(), EDITS)
    assert [one.reader for one in state.readings] == ["profile", "papers", "documents"]
    assert {one.during for one in state.readings} == {"run"}
    assert [one.role for one in briefs] == ["researcher", "implementer"]
    assert state.ideas["I01"].evidence == ("S01", "S02")
    assert state.count("kept") == 1
    start = next(n for n, text in enumerate(seen) if text.startswith("Reading"))
    assert seen[start].startswith("Reading   profile 1 · papers 1 ")
    assert seen[start + 1] == "Result    2 sources kept, 1 idea queued"
    assert any("Fuse the two passes" in text and "+1 to +3%" in text for text in seen[start:])


@pytest.mark.parametrize("kind", [Broken, Full])
def test_a_reader_that_fails_is_one_line_and_the_others_count(tmp_path, kind):
    readers = librarians(papers=kind("papers"))
    edits = {**EDITS, "research": {ANSWER: json.dumps({"ideas": [FINE]})}}
    state, seen, _ = gone_through(site(tmp_path, [], READING), readers, edits)
    assert [one.reader for one in state.readings if one.problems] == ["papers"]
    assert any(text.startswith("  ! papers: ") for text in seen)
    assert state.count("kept") == 1


@pytest.mark.parametrize("after", [4, 6, 9])
def test_a_run_that_was_killed_while_it_read_goes_on_with_what_is_missing(tmp_path, after):
    place = site(tmp_path, [], READING)
    with pytest.raises((Killed, ExceptionGroup)):
        gone_through(place, librarians(), EDITS, most=after)
    before = {one.reader for one in place.state.readings}
    readers = librarians()
    state, _, _ = gone_through(place, readers, EDITS)
    asked_again = {name for name, one in readers.items() if name in before and not one.found}
    assert asked_again <= {"documents"}
    assert [one.reader for one in state.readings] == ["profile", "papers", "documents"]
    assert list(state.ideas) == ["I01"]
    assert state.count("kept") == 1
    whole, _, _ = gone_through(site(tmp_path / "whole", [], READING), librarians(), EDITS)
    assert state.evidence == whole.evidence


def test_nothing_is_read_where_an_idea_waits_or_it_is_switched_off(tmp_path):
    with opened(site(tmp_path, [faster(0.1)], READING), SimulatedExecutor()) as world:
        assert not may_read(world.state, READING)
    empty = replace(world.state, ideas={})
    assert may_read(empty, READING)
    off = replace(READING, research=replace(READING.research, before_run=False))
    assert not may_read(empty, off)
    assert not may_read(empty, replace(READING, agent=Agent()))
    assert not may_read(empty, replace(READING, research=Research(sources=())))


def test_when_nobody_has_an_idea_the_run_says_so_and_ends(tmp_path):
    state, _, _ = gone_through(site(tmp_path, [], READING), librarians(), {})
    assert state.stopped.code == "done"
    assert state.analysed[0].remarks[0].startswith("the agent proposed 0")
    assert not state.waves


def test_which_research_paid_is_the_same_in_status_and_in_every_report(tmp_path):
    state, _, _ = gone_through(site(tmp_path, [], READING), librarians(), EDITS)
    rows = {one.reader: one for one in paid(state)}
    effect = state.experiments["E01"].verdict.effect.estimate
    for name in ("profile", "papers"):  # the idea cites both
        one = rows[name]
        assert (one.evidence, one.ideas, one.tried, one.kept) == (1, 1, 1, 1)
        assert one.gain == one.measured == pytest.approx(effect)
        assert (one.predicted, one.compared, one.within) == (pytest.approx(0.02), 1, 0)
    assert (rows["documents"].evidence, rows["documents"].kept) == (0, 0)
    said = "\n".join(plain(one) for one in status(state, state.last, width=100))
    assert "papers 1 of 1 kept" in said
    for document in (campaign(state), report(state, "")):
        told = {one["reader"]: one for one in document["research"]}
        assert (told["papers"]["kept"], told["papers"]["predicted"]) == (1, pytest.approx(0.02))
        assert told["papers"]["measured"] == pytest.approx(effect)
    text = markdown.report(state)
    assert "Which research paid" in text
    (row,) = [line for line in text.splitlines() if line.startswith("| papers |")]
    assert f"| {percent(effect)} | +2.0% | {percent(effect)} |" in row
