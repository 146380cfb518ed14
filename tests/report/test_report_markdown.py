import re
from dataclasses import replace

import pytest
from markdown_it import MarkdownIt

from report.campaign import (
    CONFIG,
    Story,
    finished,
    goal_effect,
    opened,
    outcome,
    pairs,
    story_with,
    until,
    whole,
)
from report.golden import expected
from whet.model import event as happened
from whet.model.config import Checks, Judge
from whet.model.trial import Invocation, Pair
from whet.model.verdict import Verdict
from whet.plan.replay import replay
from whet.report.markdown import report
from whet.report.story import predictions

MARKDOWN = MarkdownIt("commonmark").enable(["table", "strikethrough"])

NASTY = (
    "</details><script>alert(1)</script> | a | b `x` **b** [c](javascript:x) @who #1\n\n# head\n"
    "\x1b[2J \u202e ```\n" + "x" * 10_000
)


def headline(text: str) -> str:
    return text.split("\n", 1)[0]


def rows_of(text: str) -> list[list[int]]:
    """The number of cells in each row, table by table."""
    tables: list[list[int]] = []
    for token in MARKDOWN.parse(text):
        if token.type == "table_open":
            tables.append([])
        elif token.type == "tr_open":
            tables[-1].append(0)
        elif token.type in ("td_open", "th_open"):
            tables[-1][-1] += 1
    return tables


def html(text: str) -> str:
    return "".join(
        child.content
        for token in MARKDOWN.parse(text)
        for child in (token, *(token.children or ()))
        if child.type in ("html_block", "html_inline")
    )


def test_the_report_of_a_whole_campaign():
    assert report(finished()) == expected("report.md", report(finished()))


def test_the_headline_is_the_measured_stack():
    effect = finished().measured[-1].effect
    assert f"{effect.estimate:+.1%}" == "+12.8%"
    assert headline(report(finished())) == (
        "## +12.8% decode [+12.4, +13.2], 5 changes, checks pass, guards hold"
    )


def test_there_is_no_number_on_top_before_the_stack_is_measured_again():
    text = report(until(happened.IncumbentAdvanced, 4))
    assert headline(text) == "## 4 kept changes, the stack was not re-measured yet"
    assert "| Metric |" not in text
    assert "The campaign is not finished" in text


def test_a_stack_that_does_not_hold_has_no_headline_but_its_table():
    text = report(until(happened.StackMeasured, 2))
    assert headline(text).startswith("## The stack does not hold: re-measured, rss got worse")
    assert "got worse (at most 5% worse)" in text


def test_nothing_kept_is_said_and_explained():
    story = opened()
    story.open_wave(1, 2)
    story.discard(1, 6, 0.003)
    story.discard(2, 6, -0.02)
    text = report(replay(story.events))
    assert re.match(
        r"## Nothing was kept: 2 experiments judged; the largest gain was \+0\.\d% \\\[.*\], "
        r"below the 1% minimum\n",
        text,
    )
    assert "On this machine, gains from +0.7% up are found in 4 of 5 cases." in text
    assert "Kept change" not in text


def test_a_campaign_that_has_only_begun_has_a_report():
    text = report(replay(opened().events))
    assert headline(text) == "## No verdict yet"
    assert "I20 Repack Q4\\_0 at load: still in the queue" not in text, "nothing was tried yet"
    assert "Same code against itself on local:" in text


def test_an_interval_with_zero_is_a_tilde_and_only_others_are_bold():
    text = report(finished())
    for estimate, low, high in re.findall(
        r"\*\*(.\d+\.\d)%\*\* \[(.?\d+\.\d), (.?\d+\.\d)\]", text
    ):
        ends = [float(end.replace("\N{MINUS SIGN}", "-")) for end in (low, high)]
        assert ends[0] > 0 or ends[1] < 0, estimate
    waves = re.findall(r"~ \[(.?\d+\.\d), (.?\d+\.\d)\]", text)
    assert len(waves) >= 8
    for low, high in waves:
        assert float(low.replace("\N{MINUS SIGN}", "-")) <= 0 <= float(high.lstrip("+"))


def test_what_was_not_kept_has_no_bold_number():
    text = report(finished())
    not_kept = text.split("15 experiments not kept")[1].split("</details>")[0]
    assert "+61.6% [+60.4, +62.8]" in not_kept
    assert "**" not in not_kept


def test_a_rejected_number_appears_nowhere():
    assert "+30.9%" not in report(finished())


def test_the_single_gains_are_held_against_the_stack():
    text = report(finished())
    assert "The single gains multiply to +14.1%; the stack gained +12.8% [+12.4, +13.2]." in text


def test_false_keeps_are_counted_by_the_design():
    text = report(finished())
    assert (
        "False keeps to expect: at most 0.07, with 14 candidates measured at an error level of "
        "0.005 each." in text
    )
    assert "The error level of every candidate is 0.005." in text


def test_levels_that_were_spent_by_lond_are_said_to_be():
    story = whole()
    for index, event in enumerate(story.events):
        if isinstance(event, happened.ExperimentStarted):
            story.events[index] = replace(event, alpha=0.0005 * int(event.experiment[1:]))
    text = report(replay(story.events))
    assert "at an error level of 0.0005 to 0.01 each" in text
    assert "LOND, which keeps the expected share of false keeps below 10%" in text


def test_predictions_are_counted():
    text = report(finished())
    assert "12 predictions with a number to hold them against: 6 as predicted, 3 less" in text


def test_a_prediction_is_open_while_the_interval_says_nothing():
    found = {one.experiment: one.answer for one in predictions(finished())}
    assert found["E04"] == "open", "the estimate lies inside, and so does 0 in the interval"
    assert (found["E08"], found["E11"], found["E18"]) == ("as predicted", "less", "more")


def test_everything_that_was_tried_is_listed():
    tried = report(finished()).split("Everything that was tried")[1].split("</details>")[0]
    assert [name for name in finished().experiments if f" {name} " not in tried] == []


def test_ideas_that_were_never_tried_are_listed_with_the_reason():
    story = whole()
    story.events.insert(
        -1, happened.IdeaAdded(at=story.at, idea=replace(IDEA, id="I21", title="Use *magic*"))
    )
    story.events.insert(-1, happened.IdeaAdded(at=story.at, idea=replace(IDEA, id="I22")))
    story.events.insert(-1, happened.IdeaDropped(at=story.at, idea="I21", reason="no evidence"))
    text = report(replay(story.events))
    assert "- I21 Use \\*magic\\*: dropped: no evidence\n" in text
    assert "- I22 Another: still in the queue\n" in text


IDEA = replace(
    next(e.idea for e in whole().events if isinstance(e, happened.IdeaAdded)), title="Another"
)


def test_a_control_that_shows_a_difference_is_a_warning():
    story = opened()
    found = story.events[-1]
    biased = replace(found.outcome, pairs=pairs("biased", 10, 0.05))
    story.events[-1] = replace(found, outcome=biased)
    warning = "This control shows a difference where there is none"
    assert warning in report(replay(story.events))
    assert warning not in report(finished())


def test_missing_checks_are_said():
    story = whole()
    config = replace(CONFIG, checks=Checks())
    story.events[0] = replace(story.events[0], config=config)
    for index, event in enumerate(story.events):
        if isinstance(event, happened.StackMeasured):
            stages = tuple(s for s in event.outcome.stages if s.name != "checks")
            changed = replace(event.outcome, stages=stages)
            story.events[index] = replace(event, outcome=changed)
    text = report(replay(story.events))
    assert "No checks were configured" in text
    assert "checks pass" not in text


def test_an_exact_guard_that_may_be_zero_is_compared_all_the_same():
    def errors(count: float) -> Invocation:
        return Invocation(values={"decode": 41.0, "errors": count}, wall=1.0)

    story = gained()
    guard = replace(CONFIG.guard[2], metric="errors", unit="")
    story.events[0] = replace(story.events[0], config=replace(CONFIG, guard=(guard,)))
    last = story.events[-1]
    for count, said in ((0.0, "| no change | holds"), (3.0, "| changed | got worse")):
        taken = tuple(Pair(first="a", a=errors(0.0), b=errors(count)) for _ in range(4))
        story.events[-1] = replace(last, guards=(), outcome=outcome("stack", taken))
        assert said in report(replay(story.events))


def gained() -> Story:
    story = opened()
    story.open_wave(1, 1)
    story.keep(1, 12, 0.05)
    story.remeasure(0.05)
    return story


def test_one_kept_change_needs_no_sum():
    text = report(replay(gained().events))
    assert headline(text).endswith("1 change, checks pass, guards hold")
    assert "multiply" not in text


def test_a_change_kept_by_a_person_says_so():
    story = whole()
    taken = pairs("E18", 4, 0.61)
    verdict = Verdict(
        kind="kept", code="person", reason="looked", effect=goal_effect(taken), by="person"
    )
    story.give("E18", verdict)
    assert "● E18 Skip attention to padding (by hand) (alone)" in report(replay(story.events))


def test_a_stretch_that_was_taken_out_stands_beside_the_controls():
    story = gained()
    at = story.events[-1].at
    story.events.append(happened.WorkerQuarantined(
        at=at, worker="local", reason="<b>noise</b>", since=at, experiments=("E01",),
    ))  # fmt: skip
    out = report(replay(story.events))
    assert "; it was not back at the end; measured again: E01." in out
    assert "<b>" not in out
    story.events.append(happened.WorkerRestored(at=at + 120, worker="local"))
    assert "; it was back after 2 min; measured again: E01." in report(replay(story.events))


def test_a_scripted_campaign_says_so_before_any_table():
    text = report(finished("a recorded agent"))
    assert text.index("> **Scripted:** a recorded agent") < text.index("| Metric |")


def test_without_pictures_nothing_refers_to_them():
    assert ".svg" in report(finished())
    assert ".svg" not in report(finished(), pictures=False)


def test_every_table_has_as_many_cells_in_each_row():
    tables = rows_of(report(finished()))
    assert len(tables) == 4
    assert all(len(set(table)) == 1 for table in tables)
    assert [len(table) for table in tables] == [5, 6, 16, 21]


@pytest.mark.parametrize("field", ["title", "quote", "reason", "scripted"])
def test_nasty_text_changes_nothing_around_it(field):
    text = report(replay(story_with(**{field: NASTY}).events))
    clean = report(finished("x" if field == "scripted" else ""))
    assert rows_of(text) == rows_of(clean)
    kinds = [token.type for token in MARKDOWN.parse(text) if token.type != "inline"]
    assert kinds == [token.type for token in MARKDOWN.parse(clean) if token.type != "inline"]
    allowed = re.sub(
        r"<(/?)(details|summary|picture|source|img|span)\b[^>]*>|<!-- -->", "", html(text)
    )
    assert "<" not in allowed
    assert "<script" not in html(text)
    assert "\x1b" not in text
    assert "\u202e" not in text
    assert len(text) < 150_000


@pytest.mark.parametrize(
    "locator",
    ["javascript:alert(1)", "https://x.example/a>b", "https://x.example/ \n# h", "file:///x"],
)
def test_only_a_plain_web_address_becomes_a_link(locator):
    text = report(replay(story_with(quote="q", locator=locator).events))
    assert "](<" not in text
    good = report(replay(story_with(quote="q", locator="https://x.example/a?b=(c)#d").events))
    assert "[S01 q](<https://x.example/a?b=(c)#d>)" in good


def test_commands_with_quotes_and_back_ticks_stay_in_their_block():
    story = whole()
    command = "echo '```'\n```\nrm -rf \"$X\" <b>"
    bench = replace(CONFIG.bench, command=command, env={"A": "b c"})
    story.events[0] = replace(story.events[0], config=replace(CONFIG, bench=bench))
    blocks = [t.content for t in MARKDOWN.parse(report(replay(story.events))) if t.type == "fence"]
    assert len(blocks) == 2
    assert "(cd ../base && A='b c' echo '```'\n```\nrm -rf \"$X\" <b>)" in blocks[1]


def test_a_campaigns_name_cannot_leave_the_command():
    story = whole()
    story.events[0] = replace(story.events[0], name="x; rm -rf y")
    blocks = [t.content for t in MARKDOWN.parse(report(replay(story.events))) if t.type == "fence"]
    assert "'refs/whet/x; rm -rf y/stack'" in blocks[0]


def test_the_same_state_makes_the_same_text():
    assert report(finished()) == report(finished())


def test_the_limit_of_pairs_and_the_confidence_come_from_the_configuration():
    story = whole()
    config = replace(
        CONFIG,
        measure=replace(CONFIG.measure, pairs_max=12, confidence=0.9),
        judge=Judge(final_confidence=0.99),
    )
    story.events[0] = replace(story.events[0], config=config)
    text = report(replay(story.events))
    assert "looks after 4, 6, 8, 12 pairs" in text
    assert "Gain when judged [90% CI]" in text
    assert "Change [99% CI]" in text
