import xml.etree.ElementTree as ET
from dataclasses import replace
from typing import get_args

import pytest

from report.campaign import CONFIG, Story, finished, opened, outcome, pairs, until
from whet.model import event as happened
from whet.model.verdict import Verdict, VerdictKind
from whet.plan.replay import replay
from whet.report import charts
from whet.report.labels import Anchor, Box, place
from whet.report.levels import points, stretches
from whet.report.scale import amounts, bounds, percents, ticks

SVG = "{http://www.w3.org/2000/svg}"
THEMES = ("light", "dark")
CHARTS = (charts.progress, charts.effects)


def drawn(chart, state, theme="light") -> ET.Element:
    return ET.fromstring(chart(state, theme))


def words(root: ET.Element) -> list[str]:
    return ["".join(one.itertext()) for one in root.iter(f"{SVG}text")]


def marks(root: ET.Element, kind: str) -> list[ET.Element]:
    return [one for one in root.iter() if one.get("class") == f"m-{kind}"]


def kept_heights(root: ET.Element) -> list[float]:
    return [float(one.get("cy")) for one in marks(root, "kept")]


def axis(root: ET.Element) -> dict[str, float]:
    """Labels of the left axis with their heights."""
    return {
        one.text: float(one.get("y")) - 3.5
        for one in root.iter(f"{SVG}text")
        if one.get("text-anchor") == "end" and one.text and one.text.endswith("%")
    }


def gained(gain: float, scale: float = 1.0) -> Story:
    """One kept change and its re-measured stack; values are multiplied by `scale`."""
    story = opened()
    story.open_wave(1, 1)
    story.level *= scale
    story.keep(1, 12, gain)
    taken = pairs("stack", 24, gain, level=41.37 * scale)
    story.remeasure(gain)
    last = story.events[-1]
    effect = replace(last.effect, a=last.effect.a * scale, b=last.effect.b * scale)
    story.events[-1] = replace(last, effect=effect, outcome=outcome("stack", taken))
    return story


@pytest.mark.parametrize("chart", CHARTS)
@pytest.mark.parametrize("theme", THEMES)
def test_a_chart_is_named_and_described_for_those_who_do_not_see_it(chart, theme):
    root = drawn(chart, finished(), theme)
    ids = {one.get("id"): one.text for one in root.iter() if one.get("id")}
    assert root.get("role") == "img"
    assert all(ids[name] for name in root.get("aria-labelledby").split())


@pytest.mark.parametrize("chart", CHARTS)
@pytest.mark.parametrize("theme", THEMES)
def test_a_chart_loads_nothing_and_runs_nothing(chart, theme):
    text = chart(finished(), theme)
    root = ET.fromstring(text)
    names = {one.tag.removeprefix(SVG) for one in root.iter()}
    assert names <= {
        "svg",
        "title",
        "desc",
        "style",
        "rect",
        "g",
        "path",
        "circle",
        "text",
        "tspan",
    }
    assert not [key for one in root.iter() for key in one.attrib if key.startswith("on")]
    assert text.count("http") == 1, "the name space only"
    assert "url(" not in text
    assert "@import" not in text


@pytest.mark.parametrize("chart", CHARTS)
def test_the_themes_differ_in_colours_only(chart):
    light, dark = (drawn(chart, finished(), theme) for theme in THEMES)
    assert words(light) == words(dark)
    styles = [root.find(f"{SVG}style").text for root in (light, dark)]
    assert styles[0] != styles[1]


@pytest.mark.parametrize("chart", CHARTS)
def test_a_chart_of_20_experiments_is_small(chart):
    assert 4_000 < len(chart(finished(), "light").encode()) < 17_000


def test_every_verdict_has_its_mark_in_the_progress_chart():
    root = drawn(charts.progress, finished())
    found = {kind: len(marks(root, kind)) for kind in get_args(VerdictKind)}
    assert found == {
        "kept": 5, "retired": 1, "discarded": 6, "inconclusive": 2, "checks_failed": 1,
        "failed": 3, "rejected": 2,
    }  # fmt: skip


def test_what_has_no_number_stands_below_the_plot():
    root = drawn(charts.progress, finished())
    lowest = max(axis(root).values())
    square = marks(root, "checks_failed")[0]
    assert float(square.get("y")) > lowest
    crosses = [float(one.get("d").split()[1].split("L")[0]) for one in marks(root, "failed")]
    assert min(crosses) > lowest


def test_a_rejected_gain_is_not_drawn_as_a_gain():
    ids = {point.id for point in points(finished())}
    assert "E09" not in ids
    assert "E14" not in ids
    assert not any("+30.9%" in text for text in words(drawn(charts.effects, finished())))


def test_a_mark_stands_at_its_parents_level_times_its_effect():
    state = finished()
    found = {point.id: point for point in points(state)}
    first = state.experiments["E03"].verdict.effect.estimate
    second = state.experiments["E05"].verdict.effect.estimate
    assert found["E05"].level == pytest.approx((1 + first) * (1 + second) - 1)
    # what ended wave 1 was measured, so wave 2 starts from that number and not from the product
    stack = state.measured[0].effect.estimate
    assert state.measured[0].commit == state.experiments["E08"].started.incumbent
    # E05's commit is the stack's commit: its own mark stays where its own pairs put it
    effect = state.experiments["E08"].verdict.effect.estimate
    assert found["E08"].level == pytest.approx((1 + stack) * (1 + effect) - 1)


def test_an_experiment_on_a_stack_put_together_anew_starts_where_the_stack_last_was():
    story = gained(0.05)
    story.advance("", "f" * 40)
    story.close_wave(1, 1)
    story.open_wave(2, 2)
    story.discard(2, 4, 0.0)
    state = replay(story.events)
    last = points(state)[-1]
    stack = state.measured[-1].effect.estimate
    assert last.level == pytest.approx((1 + stack) * (1 + last.effect.estimate) - 1)


def test_the_axis_and_the_marks_agree():
    root = drawn(charts.progress, finished())
    heights = axis(root)
    per_point = (heights["0%"] - heights["+10%"]) / 0.10
    kept = [point.level for point in points(finished()) if point.kind == "kept"]
    assert kept_heights(root) == pytest.approx(
        [heights["0%"] - per_point * level for level in kept], abs=0.11
    )


def test_the_line_moves_only_where_the_stack_was_measured_and_holds():
    state = finished()
    holding = [measured for measured in state.measured if measured.holds]
    line = stretches(state)
    assert [stretch.measured for stretch in line] == [None, *holding]
    assert [stretch.level for stretch in line] == [
        0.0,
        *(measured.effect.estimate for measured in holding),
    ]
    assert [(stretch.begin, stretch.end) for stretch in line] == [
        (0, 7),
        (7, 14),
        (14, 20),
        (20, 20),
    ]
    root = drawn(charts.progress, state)
    path = next(one.get("d") for one in root.iter() if one.get("class") == "stack")
    assert path.count("L") == 2 * len(line) - 1
    bands = [one for one in root.iter() if one.get("class") == "sure"]
    assert len(bands) == len(holding)
    assert all(float(band.get("width")) > 0 for band in bands)


def test_the_gain_is_written_only_where_it_may_be_a_headline():
    assert "+12.8%" in words(drawn(charts.progress, finished()))
    pending = words(drawn(charts.progress, until(happened.IncumbentAdvanced, 4)))
    assert "4 kept changes, the stack was not re-measured yet" in pending


def test_a_mark_far_outside_is_left_at_the_edge_and_said():
    root = drawn(charts.progress, finished())
    assert "+61.6%" in words(root)
    assert (
        max(float(label.rstrip("%")) for label in axis(root) if "\N{MINUS SIGN}" not in label) < 25
    )


@pytest.mark.parametrize("gain", [0.0005, 0.05, 9.0, 1e4])
@pytest.mark.parametrize("scale", [1e-3, 1.0, 1e9])
def test_any_range_is_drawn_at_full_height(gain, scale):
    root = drawn(charts.progress, replay(gained(gain, scale).events))
    heights = axis(root)
    assert len(heights) >= 4, "no two labels are the same"
    assert max(heights.values()) - min(heights.values()) > 150
    assert all(50 <= y <= 350 for y in kept_heights(root))
    values = [text for text in words(root) if text[:1].isdigit()]
    assert len(values) > 3
    assert not any("nan" in text or "inf" in text for text in values)


@pytest.mark.parametrize("chart", CHARTS)
def test_lower_is_better_too(chart):
    story = gained(0.25)
    goal = replace(CONFIG.goal, direction="lower", unit="ms")
    story.events[0] = replace(story.events[0], config=replace(CONFIG, goal=goal))
    root = drawn(chart, replay(story.events))
    if chart is charts.progress:
        right = [float(t) for t in words(root) if t.replace(".", "", 1).isdigit() and "." in t]
        assert right == sorted(right, reverse=True), "a gain makes the value smaller"


@pytest.mark.parametrize("chart", CHARTS)
@pytest.mark.parametrize("theme", THEMES)
def test_a_campaign_without_experiments_has_charts_that_say_so(chart, theme):
    assert "No verdict yet" in words(drawn(chart, replay(opened().events), theme))


@pytest.mark.parametrize("chart", CHARTS)
def test_a_campaign_in_which_everything_failed_has_charts(chart):
    story = opened()
    story.open_wave(1, 3)
    for number in (1, 2, 3):
        story.refuse(number, Verdict(kind="rejected", code="scope", reason="out"))
    told = words(drawn(chart, replay(story.events)))
    assert "Nothing was kept: 3 experiments judged, none was measured" in told


@pytest.mark.parametrize("chart", CHARTS)
def test_a_scripted_campaign_says_so_on_the_picture_and_in_its_description(chart):
    root = drawn(chart, finished("a recorded agent"))
    assert "Scripted: a recorded agent" in words(root)
    assert "Scripted: a recorded agent" in root.find(f"{SVG}desc").text


@pytest.mark.parametrize("chart", CHARTS)
def test_nasty_titles_are_shown_and_not_obeyed(chart):
    title = '<script>alert(1)</script> "&amp;" \x00\x1b\u202e ' + "x" * 10_000
    story = gained(0.05)
    for index, event in enumerate(story.events):
        if isinstance(event, happened.IdeaAdded) and event.idea.id == "I01":
            story.events[index] = replace(event, idea=replace(event.idea, title=title))
    text = chart(replay(story.events), "light")
    root = ET.fromstring(text)
    assert not list(root.iter(f"{SVG}script"))
    assert any(said.lstrip("E01 ").startswith("<script>alert(1)") for said in words(root))
    assert len(text) < 14_000


@pytest.mark.parametrize("chart", CHARTS)
def test_a_thousand_experiments_stay_readable_and_small(chart):
    story = opened()
    story.open_wave(1, 20)
    gains = (0.004, -0.02, 0.001, -0.003)
    taken = [pairs(f"p{n}", 4, gain) for n, gain in enumerate(gains)]
    given = [finished().experiments[name].verdict for name in ("E01", "E07", "E13", "E20")]
    for number in range(1, 1001):
        name = story.propose(number)
        story.start(name)
        story.measure(name, outcome(name, taken[number % 4]))
        story.give(name, given[number % 4])
    text = chart(replay(story.events), "light")
    assert len(text) < 120_000
    assert ET.fromstring(text) is not None


def test_the_effects_begin_with_what_was_kept_then_come_the_closest_misses():
    rows = [text for text in words(drawn(charts.effects, finished())) if text.startswith("E")]
    ids = [row.split()[0] for row in rows]
    assert set(ids[:5]) == set(finished().stack)
    assert ids[5:8] == ["E18", "E15", "E04"]


def test_more_than_25_rows_are_folded_and_counted():
    story = opened()
    story.open_wave(1, 20)
    for number in range(1, 31):
        story.discard(number, 4, 0.002)
    told = words(drawn(charts.effects, replay(story.events)))
    assert "and 5 more rows with smaller effects" in told


def test_bounds_follow_the_data_and_leave_out_what_would_dwarf_it():
    assert bounds([0.0, 0.001], []) == (0.0, 0.001)
    assert bounds([0.0, 0.1], [0.12, -0.05]) == (-0.05, 0.12)
    assert bounds([0.0, 0.1], [50.0, -0.9]) == (0.0, 0.1)
    assert bounds([0.0], [-0.5, 2.0]) == (-0.5, 2.0)
    low, high = bounds([0.0], [])
    assert low < 0 < high
    low, high = bounds([7e9], [])
    assert low < 7e9 < high


@pytest.mark.parametrize("size", [1e-7, 1e-3, 1.0, 37.0, 1e9])
def test_ticks_are_round_and_inside(size):
    found = ticks(-0.3 * size, size)
    assert 4 <= len(found) <= 9
    assert all(-0.3 * size <= tick <= size for tick in found)
    assert len(set(percents(found))) == len(found)
    assert 0.0 in found


def test_tick_labels_say_what_the_ticks_are():
    assert percents((-0.025, 0.0, 0.025)) == ("\N{MINUS SIGN}2.5%", "0%", "+2.5%")
    assert percents((0.0, 0.00002)) == ("0%", "+0.002%")
    assert percents((0.0, 1e7)) == ("0%", "+1.0e9%")
    assert amounts((41.37, 43.2)) == ("41.4", "43.2")
    assert amounts((0.99791, 0.99812)) == ("0.9979", "0.9981")
    assert amounts((1e9, 1.05e9)) == ("1.00e9", "1.05e9")


def test_labels_never_cover_each_other_and_stay_inside():
    anchors = [Anchor(100.0 + 12 * n, 100.0 - n, 90.0) for n in range(12)]
    inside = Box(0, 0, 400, 200)
    found = [spot for spot in place(anchors, [], inside) if spot is not None]
    assert len(found) >= 5
    boxes = [
        Box(
            s.x - (90 if s.anchor == "end" else 0),
            s.y - 10,
            s.x + (0 if s.anchor == "end" else 90),
            s.y + 3,
        )
        for s in found
    ]
    assert all(box.within(inside) for box in boxes)
    assert not any(a.touches(b) for n, a in enumerate(boxes) for b in boxes[:n])


def test_a_label_moves_away_from_marks():
    box = Box(0, 0, 400, 200)
    free = place([Anchor(200, 100, 80)], [], box)[0]
    crowd = [Box(120, 80, 190, 100)]
    moved = place([Anchor(200, 100, 80)], crowd, box)[0]
    assert free is not None
    assert moved is not None
    assert (free.x, free.y) != (moved.x, moved.y)
    assert place([Anchor(200, 100, 500)], [], box) == (None,)
