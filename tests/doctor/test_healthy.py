"""A benchmark that tells the truth is called ready, and every control says why."""

import re
from dataclasses import replace

import pytest
from small_targets import PYTHON, errors, examined, git, of, python

from whet.model.config import Agent
from whet.model.diagnosis import Finding


@pytest.mark.slow
def test_a_healthy_program_in_c(make):
    told: list[Finding] = []
    visit = make().visit()
    visit.watch = told.append
    diagnosis = examined(visit)
    assert diagnosis.ready, errors(diagnosis)
    assert told == list(diagnosis.findings)
    said = "\n".join(finding.text for finding in of(diagnosis, "Benchmark"))
    assert re.search(r"^prints METRIC time_ms=\d+(\.\d+)?, exits 0, ", said)
    assert "\nmeasures the program that was just built\n" in said
    assert re.search(r"control, same code: [-+\d.]+% \[.*\], no difference, as it must be", said)
    assert re.search(r"control, slowed \d+%: -\d.*%.*, detected, as it must be", said)
    assert [f.text for f in of(diagnosis, "Repository")][1].endswith("the same program twice")
    assert of(diagnosis, "Checks")[-1].text.startswith("catch ")
    assert diagnosis.noise is not None
    assert re.search(r"^sd .*% per pair", of(diagnosis, "Noise")[0].text)


def test_the_sections_come_in_their_order(make):
    sections = [finding.section for finding in examined(make().visit(quick=True)).findings]
    order = ["Repository", "Benchmark", "Checks", "Machine", "Noise", "Agent"]
    assert sections == sorted(sections, key=order.index)
    assert set(sections) == set(order) - {"Noise"}


def test_quick_plants_nothing_and_takes_no_pairs(make):
    diagnosis = examined(make().visit(quick=True))
    assert diagnosis.ready, errors(diagnosis)
    assert diagnosis.noise is None
    said = " ".join(finding.text for finding in diagnosis.findings)
    assert "control" not in said
    assert "planted" not in said


@pytest.mark.slow
def test_a_healthy_program_in_python(make):
    target = make(PYTHON)
    diagnosis = examined(replace(target, config=python()).visit())
    assert diagnosis.ready, errors(diagnosis)
    said = [finding.text for finding in diagnosis.findings]
    assert "nothing to build" in said
    assert "measures the code of this tree" in said


def test_the_checkout_is_as_it_was(make):
    target = make()
    (target.root / "src" / "work.c").write_text("changed and not committed\n")
    (target.root / "untracked.txt").write_text("mine\n")
    before = (git("status", "--porcelain", cwd=target.root), git("stash", "list", cwd=target.root))
    diagnosis = examined(target.visit(quick=True))
    after = (git("status", "--porcelain", cwd=target.root), git("stash", "list", cwd=target.root))
    assert after == before
    assert not (target.root / "build").exists()
    assert git("for-each-ref", "--format=%(refname)", cwd=target.root) == "refs/heads/main"
    assert "changes that are not measured: src/work.c" in of(diagnosis, "Repository")[0].text
    assert diagnosis.ready


def test_an_agent_that_is_there(make):
    target = make()
    diagnosis = examined(target.visit(quick=True, agent=Agent(kind="command", command="A=1 sh x")))
    assert [(f.level, f.text.split()[0]) for f in of(diagnosis, "Agent")] == [("ok", "sh")]


def test_an_agent_that_is_not_installed(make):
    target = make()
    agent = Agent(kind="command", command="no-such-agent --fast")
    diagnosis = examined(target.visit(quick=True, agent=agent))
    assert not diagnosis.ready
    assert "`no-such-agent` is not a program here" in errors(diagnosis)
