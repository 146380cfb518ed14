import random
from dataclasses import replace

import pytest

from report.campaign import START, Story, finished, ideas, opened, outcome, until, whole
from report.golden import expected
from whet.errors import UnknownId
from whet.model import event as happened
from whet.model.verdict import Verdict
from whet.plan.replay import apply, replay
from whet.report.escape import columns
from whet.report.lines import experiment_line, select, stack_line, table, wave_line
from whet.report.log import log, plain_event
from whet.report.span import Span, plain
from whet.report.status import status
from whet.report.why import why


def text(lines) -> str:
    return "".join(plain(line) + "\n" for line in lines)


def with_title(title: str) -> Story:
    """A campaign whose first idea has this title."""
    story = opened()
    for index, event in enumerate(story.events):
        if isinstance(event, happened.IdeaAdded) and event.idea.id == "I01":
            story.events[index] = replace(event, idea=replace(event.idea, title=title))
    return story


def test_the_list_of_a_whole_campaign():
    assert text(table(finished())) == expected("list.txt", text(table(finished())))


def test_the_status_of_a_whole_campaign():
    said = text(status(finished(), START + 20_000))
    assert said == expected("status.txt", said)


@pytest.mark.parametrize("name", ["E08", "E09", "E12", "E18"])
def test_why_an_experiment_ended_as_it_did(name):
    said = text(why(finished(), name))
    assert said == expected(f"why-{name}.txt", said)


def test_the_log_of_a_whole_campaign():
    events = whole().events
    told = []
    state = replay(events[:1])
    for event in events[1:]:
        apply(state, event)
        told.append(plain_event(state, event))
    said = "".join(line + "\n" for line in told if line is not None)
    assert said == expected("plain.txt", said)


@pytest.mark.parametrize("width", [40, 60, 80, 100])
def test_no_line_of_the_run_view_is_wider_than_the_terminal(width):
    state = finished()
    lines = [*table(state, width=width), *(stack_line(state, m, width) for m in state.measured)]
    assert len(lines) == 24
    assert max(columns(plain(line)) for line in lines) <= width


def test_a_title_of_ten_thousand_letters_does_not_wrap():
    story = with_title("wide 日本語 " * 2000)
    story.open_wave(1, 1)
    story.keep(1, 12, 3.0)
    state = replay(story.events)
    assert columns(plain(experiment_line(state, "E01"))) <= 80
    assert all(columns(plain(line)) <= 80 for line in why(state, "E01"))


def test_a_huge_effect_and_a_long_time_do_not_wrap():
    story = opened()
    story.open_wave(1, 1)
    story.keep(1, 40, 98.7)
    state = replay(story.events)
    experiment = state.experiments["E01"]
    assert experiment.outcome is not None
    experiment.outcome = replace(experiment.outcome, seconds=360_000.0)
    line = plain(experiment_line(state, "E01"))
    assert columns(line) <= 80
    assert "100:00:00" in line


def test_effects_stand_below_each_other():
    lines = [plain(experiment_line(finished(), name)) for name in ("E01", "E03", "E04", "E08")]
    assert len({line.index("%") for line in lines}) == 1


def test_the_line_of_an_experiment_that_failed_says_why():
    line = plain(experiment_line(finished(), "E17"))
    assert line.endswith("crashed: killed by SIGILL in 3 of 3 runs")
    assert "%" not in line


def test_a_rejected_gain_is_never_shown_as_a_number_of_its_own():
    state = finished()
    assert state.experiments["E09"].verdict.effect is not None
    assert "+30.9%" not in text(table(state)) + text(why(state, "E09"))


def test_a_waiting_and_a_running_experiment_have_no_verdict():
    running = until(happened.ExperimentStarted)
    assert plain(experiment_line(running, "E01")).endswith("running on local")
    waiting = until(happened.ExperimentOpened)
    assert plain(experiment_line(waiting, "E01")).endswith("waiting")


def test_the_shape_carries_the_verdict_as_a_style():
    assert Span("●", "kept") in experiment_line(finished(), "E08")
    assert Span("⊘", "retired") in experiment_line(finished(), "E12")


def test_the_list_can_be_asked_for_a_verdict_or_a_wave():
    state = finished()
    assert select(state, verdict="kept", wave=1) == ("E03", "E05")
    assert select(state, verdict="held") == ("E18",)
    assert len(select(state, wave=3)) == 6


def test_an_empty_list_says_of_how_many_nothing_matched():
    said = text(table(finished(), verdict="kept", wave=9))
    assert said == "0 of 20 experiments match verdict=kept wave=9\n"
    assert text(table(replay(opened().events))) == "No experiment yet. Start one: whet run\n"


def test_an_experiment_is_found_by_any_spelling_of_its_number():
    state = finished()
    assert plain(experiment_line(state, "e8")) == plain(experiment_line(state, "E08"))
    assert plain(experiment_line(state, "8")) == plain(experiment_line(state, "E08"))


def test_an_unknown_experiment_says_which_there_are():
    with pytest.raises(UnknownId, match=r"no experiment E99 in decode-cpu \(E01 to E20\)"):
        why(finished(), "E99")
    with pytest.raises(UnknownId, match="none was opened yet"):
        why(replay(opened().events), "E01")


def test_a_stack_that_does_not_hold_shows_no_number():
    line = plain(stack_line(finished(), finished().measured[1]))
    assert line == "  Stack  does not hold: re-measured, rss got worse by more than 5.0%"


def test_a_wave_is_named_by_its_number_and_ideas():
    assert plain(wave_line(finished(), 2)) == "Wave 2  7 ideas  fewer passes"


def test_the_status_has_at_most_ten_lines():
    said = status(finished("a recorded agent"), START)
    assert len(said) <= 10
    assert all(columns(plain(line)) <= 80 for line in said)


def test_the_status_shows_no_gain_before_the_stack_is_measured_again():
    said = text(status(until(happened.IncumbentAdvanced), START))
    assert "decode       1 kept change, the stack was not re-measured yet\n" in said
    assert "%" not in said


def test_the_status_tells_of_a_stack_that_does_not_hold():
    said = text(status(until(happened.StackMeasured, 2), START))
    assert "The stack does not hold: re-measured, rss got worse by more than" in said
    assert "+12.6%" not in said


def test_the_status_says_what_runs_while_somebody_runs_it():
    state = until(happened.ExperimentStarted, 4)
    working = text(status(state, state.last + 77, "pid 4123"))
    assert "running (pid 4123), wave 1, 29 min of 8 h" in working
    assert "E04 on local for 1:17" in working
    assert "next" not in working


def test_the_status_says_that_nobody_works_any_more():
    state = until(happened.ExperimentStarted, 4)
    said = text(status(state, state.last + 77))
    assert "not running, wave 1, 28 min of 8 h" in said
    assert "E04 was interrupted on local" in said
    assert "next         whet run" in said


def taken_out(state, name="E01"):
    """What a check says of a worker that grew wild."""
    event = happened.WorkerQuarantined(
        at=START + 600, worker="local", reason="A/A spread 31.0%",
        since=START, experiments=(name,) if name in state.experiments else (),
    )  # fmt: skip
    apply(state, event)
    return event


def test_a_machine_that_is_out_asks_for_attention():
    state = until(happened.WorkerCalibrated)
    taken_out(state)
    said = text(status(state, START + 700))
    assert "local is out since 18:10: A/A spread 31.0%" in said


def test_a_machine_that_was_out_is_told_of_with_what_was_measured_again():
    state = until(happened.VerdictGiven, 2)
    out = taken_out(state)
    told = [text(log(state, (out,))), plain_event(state, out)]
    back = happened.WorkerRestored(at=START + 720, worker="local")
    apply(state, back)
    told += [text(log(state, (back,))), plain_event(state, back), text(status(state, START + 800))]
    assert "local     taken out: A/A spread 31.0%; E01 measured" in told[0]
    assert told[1] is not None
    assert told[1].endswith('worker=local quarantined=yes reason="A/A spread 31.0%" again=E01')
    assert "local     back after 2 min" in told[2]
    assert told[3] is not None
    assert told[3].endswith("worker=local restored=yes")
    assert "local was out once, 2 min in all; measured again: E01" in told[4]


def nothing_kept(*gains: float) -> Story:
    story = opened()
    story.open_wave(1, len(gains))
    for number, gain in enumerate(gains, 1):
        story.discard(number, 6, gain)
    return story


def test_nothing_kept_names_the_largest_gain():
    said = text(status(replay(nothing_kept(0.003, 0.001).events), START, width=120))
    assert "Nothing was kept: 2 experiments judged; the largest gain was +0.5% [" in said
    assert "], below the 1% minimum\n" in said


def test_nothing_kept_names_what_waits_for_a_person_first():
    story = nothing_kept(0.003)
    events = [
        replace(e, verdict=replace(e.verdict, kind="inconclusive", code="review", held="who asks?"))
        if isinstance(e, happened.VerdictGiven) else e for e in story.events
    ]  # fmt: skip
    said = text(status(replay(events), START, width=120))
    assert "Nothing was kept: 1 experiment judged; E01 waits for you, with +0.5% [" in said


def test_a_long_sentence_in_the_status_takes_a_second_line():
    lines = [plain(line) for line in status(replay(nothing_kept(0.003, 0.001).events), START)]
    assert lines[1].startswith("decode       Nothing was kept: 2 experiments judged; the largest")
    assert lines[2].endswith("below the 1% minimum")


def test_nothing_kept_and_nothing_faster_says_so():
    said = text(status(replay(nothing_kept(-0.03).events), START))
    assert "Nothing was kept: 1 experiment judged, none was faster\n" in said


def test_nothing_measured_at_all_says_so():
    story = opened()
    story.open_wave(1, 1)
    story.refuse(1, Verdict(kind="failed", code="no_change", reason="no file was changed"))
    said = text(status(replay(story.events), START))
    assert "Nothing was kept: 1 experiment judged, none was measured\n" in said


def test_a_change_kept_alone_is_not_in_the_stack():
    story = opened()
    story.keep(1, 12, 0.05)
    events = [
        replace(event, alone=True) if isinstance(event, happened.ExperimentOpened) else event
        for event in story.events
        if not isinstance(event, happened.IncumbentAdvanced)
    ]
    state = replay(events)
    assert "1 kept change, each measured alone, none in the stack" in text(status(state, START))
    assert "Confirmation" not in text(why(state, "E01"))
    assert "tried by hand" in text(why(state, "E01"))


def test_a_scripted_campaign_says_so_everywhere():
    state = finished("a recorded agent")
    banner = "Scripted: a recorded agent\n"
    events = tuple(whole().events)
    for said in (table(state), status(state, START), why(state, "E08"), log(state, events)):
        assert text(said).startswith(banner)
    lines = [plain_event(state, event) for event in events[1:]]
    assert all(line.endswith(" scripted=yes") for line in lines if line is not None)


def test_a_person_who_decides_is_never_mistaken_for_the_judge():
    story = whole()
    story.events.append(
        happened.PersonDecided(
            at=story.at, experiment="E18", decision="keep", reason="padding is masked"
        )
    )
    held = replay(story.events).experiments["E18"].verdict
    by_hand = replace(held, kind="kept", code="person", held="", by="person", reason="by hand")
    story.give("E18", by_hand)
    state = replay(story.events)
    assert plain(experiment_line(state, "E18")).endswith(" hand")
    said = text(why(state, "E18"))
    assert "● Kept by hand, wave 3" in said
    assert "By hand            keep: padding is masked" in said
    assert "waits for you" not in text(status(state, START))


def test_the_plain_log_quotes_what_would_break_it():
    story = with_title('a "b" = c\nd')
    story.open_wave(1, 1)
    story.propose(1)
    state = replay(story.events)
    line = plain_event(state, story.events[-1])
    assert line is not None
    assert line.endswith(' exp=E01 idea=I01 title="a \\"b\\" = c d"')


def test_every_event_has_a_line_in_the_log():
    story = whole()
    story.events += [
        happened.IdeaDropped(at=story.at, idea="I20", reason="a duplicate"),
        happened.PersonDecided(at=story.at, experiment="E18", decision="drop", reason="no"),
        happened.CampaignResumed(at=story.at, recovered=1),
    ]
    state = replay(story.events)
    lines = [plain(line) for line in log(state, tuple(story.events))]
    assert len(lines) == len(story.events)
    assert {type(event).__name__ for event in story.events} >= {"StackMeasured", "VerdictGiven"}
    assert lines[-3:] == [
        "2026-11-22 21:10:02  I20       dropped: a duplicate",
        "2026-11-22 21:10:02  E18       drop, by hand: no",
        "2026-11-22 21:10:02  campaign  resumed, 1 experiment recovered",
    ]


def test_escape_sequences_in_titles_never_reach_the_terminal():
    story = with_title("\x1b[2J\x1b]0;x\x07\u202egone")
    story.open_wave(1, 1)
    story.keep(1, 12, 0.05)
    state = replay(story.events)
    events = tuple(story.events)
    for lines in (table(state), why(state, "E01"), status(state, START), log(state, events)):
        assert all(plain(line).isprintable() for line in lines)


def test_the_words_do_not_depend_on_how_a_thousand_experiments_are_mixed():
    source = random.Random(3)
    story = opened()
    story.open_wave(1, 20)
    for number in range(1, 1001):
        name = story.propose(number)
        story.start(name)
        story.measure(name, outcome(name))
        kind, code = source.choice((("failed", "crash"), ("rejected", "protected")))
        story.give(name, Verdict(kind=kind, code=code, reason="no"))
    state = replay(story.events)
    assert len(table(state)) == 1000
    assert f"{state.count('failed')} failed" in text(status(state, START))
    assert len(ideas()) == 20


def test_who_shared_the_incumbent_is_named_where_it_was_measured():
    state, others = finished(), ("E02", "E17", "E03")
    experiment = state.experiments["E01"]
    experiment.started = replace(experiment.started, beside=others)
    measured = [name for name in others if state.experiments[name].outcome.pairs]
    assert 0 < len(measured) < len(others)
    told = " ".join(text(why(state, "E01", width=200)).split())
    assert f"on local, in rounds with {' and '.join(measured)}" in told
    assert "in rounds with" not in text(why(state, "E02", width=200))
