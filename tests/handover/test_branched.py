"""What stands in the report and on the page about branches, and who is named as their author."""

from dataclasses import replace

from report.campaign import BASE, until, whole
from whet.model import event as happened
from whet.model.agent import AgentRun
from whet.model.verdict import Effect
from whet.page.sections import sections
from whet.page.seen import Seen
from whet.plan.replay import replay
from whet.report.figures import change
from whet.report.handover.message import commit_message
from whet.report.handover.policy import read_policy
from whet.report.handover.style import learn
from whet.report.markdown import report
from whet.report.story import kept


def effect_of(ratio):
    return Effect(
        metric="decode", estimate=ratio - 1, low=ratio - 1.01, high=ratio - 0.99, confidence=0.95,
        pairs=8, a=100.0, b=100.0 * ratio, method="",
    )  # fmt: skip


def handed(measured=True, together=1.09):
    """The whole story, with branches for its first two kept changes and for all."""
    story = whole()
    first, second = (one.id for one in kept(replay(story.events))[:2])
    parts = [("alone", first, 1, 1.05), ("alone", second, 2, 1.08), ("stack", "", 0, together)]
    for role, name, number, ratio in parts:
        at = story.at + number
        effect = effect_of(ratio)
        if measured:
            story.events.append(happened.BranchMeasured(
                at=at, role=role, experiment=name, upstream="origin/main", base=BASE, against=BASE,
                commit="c" * 40, needs=(), holds=True, detail="", effect=effect, guards=(),
                outcome=None,
            ))  # fmt: skip
        story.events.append(happened.BranchMade(
            at=at, number=number, experiment=name, branch=f"whet/x/{number}-of `it`", base=BASE,
            commit="c" * 40, measured=measured,
        ))  # fmt: skip
    return replay(story.events)


def test_the_report_and_the_page_have_the_branches_and_what_they_are_worth():
    text = report(handed())
    table = text.split("| Branch |")[1].split("\n\n")[0]
    assert ["+5.0%" in table, "+8.0%" in table, "+9.0%" in table] == [True] * 3
    told = "Alone they multiply to +13.4%, together they gain +9.0% [+8.0, +10.0]: 4.4 points are"
    assert told in text
    shown = sections(Seen(state=handed(), now=0.0))["evidence"]
    assert told in shown
    assert "+8.0% [+7.0, +9.0]" in shown


def test_gains_that_add_up_are_said_to():
    assert ": the two agree." in report(handed(together=1.13))


def test_a_branch_that_nobody_measured_has_no_number():
    text = report(handed(measured=False))
    table = text.split("| Branch |")[1].split("\n\n")[0]
    assert table.count("not measured") == 3
    assert "Alone they multiply" not in text
    assert "not measured" in sections(Seen(state=handed(measured=False), now=0.0))["evidence"]


def test_no_branch_no_table():
    assert "| Branch |" not in report(replay(whole().events))


def test_the_report_quotes_what_ideas_cite_and_counts_the_rest():
    story = whole()
    known = replay(story.events).evidence
    for number in (91, 92):
        one = replace(known["S01"], id=f"S{number}", key=f"k{number}", quote="nobody cites me")
        story.events.append(happened.EvidenceFound(at=story.at, evidence=one))
    state = replay(story.events)
    text = report(state)
    uncited = len(state.evidence) - text.split("<summary>Evidence")[1].split("</details>")[0].count(
        "\n  > "
    )
    assert uncited >= 2
    assert f"{uncited} more pieces, which no idea cites, are in `report.json`." in text
    assert "nobody cites me" not in text
    assert "nobody cites me" in sections(Seen(state=state, now=0.0))["evidence"]


def message(*runs):
    story = whole()
    one = next(one for one in kept(replay(story.events)) if one.candidate.author == "agent")
    for run in runs:
        story.events.append(
            happened.AgentWorked(at=story.at, idea=one.candidate.idea, wave=1, run=run)
        )
    state = replay(story.events)
    return commit_message(state, state.experiments[one.id], None, learn([]), read_policy({}))


def test_the_agent_that_wrote_a_change_is_named_with_version_and_model():
    run = AgentRun(
        agent="goose", version="1.50.0", model="qwen3-32b", outcome="finished", seconds=1.0
    )
    read = replace(run, agent="claude", role="reviewer")
    assert "Assisted-by: Goose 1.50.0 (model qwen3-32b)\n" in message(run, read)
    assert "Assisted-by: Goose\n" in message(replace(run, version="", model="default"))
    assert "Assisted-by: " in message()


def test_evidence_without_an_address_is_named_by_what_was_seen():
    lines = [line for line in message().splitlines() if line.startswith("Evidence: ")]
    assert lines
    assert all("https://" in line or line.endswith(")") for line in lines)


def test_until_the_stack_is_measured_again_the_report_says_what_the_last_one_gained():
    state = until(happened.IncumbentAdvanced, 4)
    last = next(one for one in reversed(state.measured) if one.holds)
    told = f"With 2 changes, the stack gained {change(last.effect)} when it was last measured."
    assert (len(last.experiments), state.headline) == (2, None)
    assert told in report(state)
    assert "when it was last measured" not in report(replay(whole().events))
