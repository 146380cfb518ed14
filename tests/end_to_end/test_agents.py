"""Campaigns whose agent asks a model: a scripted one on loopback, through the command line."""

import pytest

from end_to_end.target import experiments
from whet import sandbox
from whet.testing.model.script import Edit, Script, Step
from whet.testing.model.server import ScriptedModel

KEY = "sk-decoy-51c0e2"
FASTER = Step(edit=Edit(path="left.c", old="passes = 3", new="passes = 2"))
BROKEN = Step(edit=Edit(path="left.c", old="passes = 3;", new="passes = 2"))
MENDED = Step(edit=Edit(path="left.c", old="passes = 2", new="passes = 2;"))
DONE = Step(say="Done.")


def run(target, served, *words, model="default", code=0):
    settings = {"agent.endpoint": f"{served.url}/v1", "agent.model": model,
                "agent.key": "MODEL_KEY", "agent.attempts": "2"}  # fmt: skip
    flags = [word for key, value in settings.items() for word in ("--set", f"{key}={value}")]
    return target.whet("run", "--agent", "builtin", *flags, *words, code=code, MODEL_KEY=KEY)


def runs(target):
    return [event["run"] for event in target.events() if event["type"] == "agent.worked"]


def test_an_agent_that_asks_a_model_gets_a_change_kept(target):
    target.ideas("less work")
    with ScriptedModel(Script(steps=(Step(run="make -s && ./check"), FASTER, DONE))).serving() as m:
        said = run(target, m, "--set", "agent.price_read=3", "--set", "agent.price_written=15")
    assert experiments(target.events()) == {"I01": ["kept"]}
    (one,) = runs(target)
    assert (one["agent"], one["role"], one["outcome"]) == ("builtin", "implementer", "finished")
    assert one["usage"]["calls"] == 3
    assert one["usage"]["money"] == pytest.approx((3000 * 3 + 150 * 15) / 1e6)
    assert one["jail"] == sandbox.detect().replace("none", one["jail"])
    assert "3.15k tokens, $0.01" in target.whet("status").out
    assert ("Unsandboxed" in said.out + said.err) == (one["jail"] == "none")


def test_an_agent_without_a_jail_is_said_on_every_screen_and_in_the_record(target, tmp_path):
    target.ideas("less work")
    with ScriptedModel(Script(steps=(FASTER, DONE))).serving() as served:
        said = run(target, served, "--set", "agent.sandbox=none")
    assert [one["jail"] for one in runs(target)] == ["none"]
    assert "Unsandboxed" in said.out + said.err
    assert "Unsandboxed" in target.whet("status").out
    target.whet("report", "--out", str(tmp_path / "report"))
    assert "unsandboxed" in (tmp_path / "report/report.md").read_text()


def test_a_change_that_does_not_build_is_mended_with_the_log_before_the_agent(target):
    target.ideas("less work")

    class Model(ScriptedModel):
        def answer(self, path, body, headers):
            mending = "did not get through" in str(body)
            return super().answer(path, {**body, "model": "fix" if mending else "write"}, headers)

    with Model(
        Script(steps=(DONE,)),
        write=Script(steps=(BROKEN, DONE)),
        fix=Script(steps=(MENDED, DONE)),
    ).serving() as served:
        run(target, served)
    assert experiments(target.events()) == {"I01": ["failed", "kept"]}
    assert [one["role"] for one in runs(target)] == ["implementer", "fixer"]
    assert "left.c" in next(s.ask.said for s in served.seen if s.ask.model == "fix")
    assert "error:" in next(s.ask.said for s in served.seen if s.ask.model == "fix")


def test_mending_ends_after_so_many_attempts(target):
    target.ideas("less work")
    worse = Step(run="echo 'int x = ;' >> left.c")
    with ScriptedModel(Script(steps=(worse, DONE))).serving() as served:
        run(target, served)
    assert experiments(target.events()) == {"I01": ["failed", "failed", "failed"]}


def test_a_refused_key_stops_the_run_and_costs_no_idea(target):
    target.ideas("less work")
    with ScriptedModel(Script(steps=(Step(fault=401),))).serving() as served:
        said = run(target, served, code=4)
    assert "$MODEL_KEY" in said.err
    assert experiments(target.events()) == {}
    assert [one["problem"] for one in runs(target)] == ["auth"]
    assert "1 idea left in the wave" in target.whet("status").out


def test_tokens_that_are_used_up_stop_the_campaign_and_a_larger_budget_goes_on(target):
    target.ideas("less work", "more work", "no work")
    with ScriptedModel(Script(steps=(FASTER, DONE))).serving() as served:
        said = run(target, served, "--tokens", "3000", code=5)
        assert "3,000 tokens" in said.err
        assert "--tokens 6000" in said.err
        assert "Stopped:" not in said.out
        spent = sum(one["usage"]["read"] + one["usage"]["written"] for one in runs(target))
        assert spent <= 3000 + 1050
        left = target.whet("ideas", "--json").document["ideas"]
        assert left
        run(target, served, "--tokens", "100000")
    assert set(experiments(target.events())) == {"I01", "I02", "I03"}
    # one that was cut short by what others had spent is written anew, and not blamed
    assert "budget" in [one["outcome"] for one in runs(target)]
    given = [e["verdict"] for e in target.events() if e["type"] == "verdict.given"]
    assert not [one["reason"] for one in given if "budget" in one["reason"]]


def test_a_note_is_in_the_next_brief_and_in_the_log(target):
    target.ideas("less work")
    target.whet("note", "leave", "right.c", "alone")
    with ScriptedModel(Script(steps=(FASTER, DONE))).serving() as served:
        run(target, served)
    assert "A person says: leave right.c alone" in served.seen[0].ask.said
    assert "leave right.c alone" in target.whet("log").out


def test_the_key_is_in_nothing_that_whet_keeps(target):
    target.ideas("less work")
    show = Step(run="env; cat /proc/*/environ /proc/*/cmdline 2>/dev/null | tr '\\0' '\\n'")
    with ScriptedModel(Script(steps=(show, FASTER, DONE))).serving() as served:
        said = run(target, served)
    assert served.seen[0].headers["authorization"] == f"Bearer {KEY}"
    kept = [path for path in target.store.rglob("*") if path.is_file()]
    if runs(target)[0]["jail"] == "bubblewrap":  # nothing else hides other processes
        assert [path for path in kept if KEY.encode() in path.read_bytes()] == []
    assert KEY not in said.out + said.err


@pytest.mark.parametrize(
    ("answer", "verdict", "gate"),
    [
        ('{"hold": true, "reason": "left.c line 7 drops a pass"}', "inconclusive",
         "left.c line 7 drops a pass"),
        ('{"hold": false, "reason": ""}', "kept", "nothing that a person must look at"),
        ('{"keep": true}', "kept", "the reviewer gave no answer"),
        ("[", "kept", "the reviewer gave no answer"),
    ],
)  # fmt: skip
def test_a_reviewer_can_hold_a_change_for_a_person_and_nothing_else(target, answer, verdict, gate):
    target.ideas("less work")

    class Model(ScriptedModel):
        def answer(self, path, body, headers):
            role = "review" if "# Review of I01" in str(body) else "write"
            return super().answer(path, {**body, "model": role}, headers)

    looks = Step(run=f"echo '{answer}' > whet-review.json; git diff --stat")
    with Model(Script(steps=(DONE,)), write=Script(steps=(FASTER, DONE)),
               review=Script(steps=(looks, DONE))).serving() as served:  # fmt: skip
        run(target, served, "--set", "agent.review=true")
    assert experiments(target.events()) == {"I01": [verdict]}
    assert [one["role"] for one in runs(target)] == ["implementer", "reviewer"]
    assert gate in target.whet("why", "E01").out
    if verdict == "inconclusive":
        assert "a reviewer asks: left.c line 7" in target.whet("status").out
        target.whet("keep", "E01", "--reason", "it is fine")


def test_why_says_that_a_review_which_was_wanted_could_not_be_paid(target):
    target.ideas("less work", "even less")
    with ScriptedModel(Script(steps=(FASTER, DONE))).serving() as served:
        run(target, served, "--set", "agent.review=true", "--set", "run.tokens=3200", code=5)
    assert experiments(target.events())["I01"] == ["kept"]
    assert {one["role"] for one in runs(target)} == {"implementer"}
    assert "nobody was asked: 3,200 tokens" in target.whet("why", "E01").out
