"""The built-in agent, over both of its wire formats."""

import pytest

from agents.conftest import FAST, KEY, WORKS, model
from whet.agents.cell import best
from whet.model.agent import Caps
from whet.testing.model.script import Script, Step

WIRES = ("chat", "messages")

held = pytest.mark.skipif(best("bubblewrap") is None, reason="bubblewrap does not work here")


def script(*steps, **more):
    return Script(steps=(*steps, Step(say="Done.")), **more)


def ask(name, **arguments):
    return Step(tool=name, arguments=arguments)


@pytest.mark.parametrize("wire", WIRES)
def test_it_makes_the_edit_and_counts_what_that_took(stage, wire):
    with model() as served:
        report = stage.builtin(served, wire)
    assert (report.outcome, report.problem, report.answer) == ("finished", "", "Done: no sleep.")
    assert stage.changed == {"slow.py": FAST}
    assert (report.usage.calls, report.usage.read, report.usage.written) == (3, 3000, 150)
    assert report.usage.money == pytest.approx((3000 * 1 + 150 * 2) / 1e6)
    assert {seen.ask.wire for seen in served.seen} == {wire}


def test_its_tools_read_search_and_edit(stage):
    steps = (
        ask("read", path="slow.py", start=4, lines=2),
        ask("read", path="."),
        ask("search", pattern=r"sl\w+p\("),
        ask("edit", path="slow.py", old="time.sleep(0.2)", new="pass"),
        ask("edit", path="more/new.py", old="", new="x = 1\n"),
    )
    with model(script(*steps)) as served:
        report = stage.builtin(served)
    assert "4  def work(n):\n" in report.transcript
    assert "bench.py" in report.transcript
    assert "slow.py:5:     time.sleep(0.2)" in report.transcript
    assert stage.changed == {"slow.py": FAST}
    assert (stage.tree / "more/new.py").read_text() == "x = 1\n"


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (ask("edit", path="slow.py", old="no such text", new=""), "stands 0 times"),
        (ask("edit", path="slow.py", new="x"), "is there already"),
        (ask("read", path="nowhere"), "No such file"),
        (ask("read"), "path missing"),
        (ask("search", pattern="("), "unterminated"),
        (ask("run", command="exit 3"), "exit 3"),
        (ask("run", command="sleep 600", timeout=1), "longer than 1 s"),
        (ask("run", command="(setsid sleep 600 &); echo here"), "here"),
    ],
)
def test_a_call_that_fails_is_answered_and_the_work_goes_on(stage, call, said):
    with model(script(call)) as served:
        report = stage.builtin(served)
    assert said in report.transcript
    assert (report.outcome, report.answer) == ("finished", "Done.")


@held
def test_a_link_it_made_leads_nowhere_outside_its_jail(stage, tmp_path):
    secret = tmp_path / "secret"
    secret.write_text("hunter2")
    with model(script(Step(run=f"ln -s {secret} here"), ask("read", path="here"))) as served:
        report = stage.builtin(served)
    assert "hunter2" not in report.transcript


@held
def test_its_tools_have_no_network_and_do_not_write_what_is_protected(stage):
    steps = (Step(run="curl -sS -m2 http://127.0.0.1:1; echo x > bench.py"),)
    with model(script(*steps)) as served:
        report = stage.builtin(served)
    assert "Read-only file system" in report.transcript
    assert stage.changed == {}


@pytest.mark.parametrize("wire", WIRES)
def test_a_refused_key_is_said_with_the_name_of_its_variable(stage, wire):
    with model(Script(steps=(Step(fault=401),))) as served:
        report = stage.builtin(served, wire)
    assert (report.outcome, report.problem) == ("failed", "auth")
    assert "$MODEL_KEY" in report.detail
    assert KEY not in report.detail + report.transcript


def test_two_requests_to_slow_down_are_ridden_out(stage):
    first = Step(fault=429, times=2, run="cat slow.py")
    with model(Script(steps=(first, *WORKS.steps[1:]))) as served:
        report = stage.builtin(served)
    assert (report.outcome, stage.changed) == ("finished", {"slow.py": FAST})
    assert report.usage.calls == 3


def test_a_service_that_is_down_is_given_up_on(stage):
    with model(Script(steps=(Step(fault=500),))) as served:
        report = stage.builtin(served)
    assert (report.outcome, report.problem) == ("failed", "service")


def test_one_that_never_answers_is_ended_at_its_time(stage):
    with model(Script(steps=(Step(hangs=True),))) as served:
        report = stage.builtin(served, caps=Caps(seconds=1.0))
    assert report.outcome == "timeout"


@pytest.mark.parametrize(
    ("caps", "calls"),
    [
        (Caps(calls=4), 4),
        (Caps(tokens=2000), 2),
        (Caps(money=0.0030), 3),
    ],
)
def test_a_loop_is_stopped_at_the_first_limit(stage, caps, calls):
    with model(Script(steps=(Step(run="true"),), repeat=True)) as served:
        report = stage.builtin(served, caps=caps)
    assert report.outcome == "budget"
    assert calls == report.usage.calls == len(served.seen)


def test_a_price_that_nobody_knows_is_not_nothing(stage):
    with model() as served:
        report = stage.builtin(served, price=None)
    assert report.usage.money is None
