"""The page as text: what it says, what it never says, and what cannot get out of its place."""

import base64
import hashlib
import json
import re
from collections import Counter
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from report.campaign import BASE, START, finished, opened, story_with, until, whole
from whet.model import event as happened
from whet.model.idea import Evidence
from whet.model.machine import MachineAsked, MachineGone, MachineReady
from whet.model.underway import Underway
from whet.page.document import COLUMNS, page
from whet.page.look import css, read
from whet.page.paid import paid_rows
from whet.page.sections import moving, sections
from whet.page.seen import Seen
from whet.plan.paid import paid
from whet.plan.replay import replay
from whet.plan.state import State
from whet.report import document, markdown
from whet.report.cells import NONE
from whet.report.span import plain
from whet.report.status import status
from whet.report.text_chart import text_chart
from whet.testing.events import campaign

NASTY = (
    "</script></template><script>alert(1)</script><img src=x onerror=alert(1)> \" ' & {{ 7*7 }}"
    " \u202e\x1b[2J\u2028" + "x" * 10_000
)


class Reader(HTMLParser):
    """The elements, the addresses and the words of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: Counter[str] = Counter()
        self.names: Counter[str] = Counter()
        self.loads: list[str] = []
        self.links: list[str] = []
        self.words = ""
        self.island = ""
        self._in = ""
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        self.tags[tag] += 1
        self.names.update(name for name, _ in attrs)
        self._in = given.get("id", "") or "" if tag == "script" else tag
        self.loads += [given[key] for key in ("src", "srcset", "data", "action") if given.get(key)]
        if tag == "link":
            self.loads.append(given["href"])
        elif given.get("href"):
            self.links.append(given["href"])

    def handle_endtag(self, tag):
        self._in = ""

    def handle_data(self, data):
        if self._in == "data":
            self.island += data
        elif self._in not in ("style", ""):
            self.words += data


def seen(state: State, **more) -> Seen:
    return Seen(state=state, now=state.last + 60, **more)


def entries(text: str) -> dict[str, dict]:
    return {entry["i"]: entry for entry in json.loads(Reader(text).island)["ex"]}


def told(**changed) -> State:
    """The whole story with other words in the ideas, the evidence or the verdicts."""
    return replay(story_with(**changed).events)


def with_patches() -> State:
    """The whole story where each experiment's patch is known by the experiment's name."""
    return replay(
        replace(event, candidate=replace(event.candidate, patch=event.experiment))
        if isinstance(event, happened.ExperimentOpened)
        else event
        for event in whole().events
    )


def test_the_headline_is_the_stack_that_was_measured_again():
    text = page(seen(finished()))
    assert '<p class="big ">+12.8<small>%</small></p>' in text
    assert "[+12.4, +13.2]%" in text
    assert "24 fresh interleaved pairs" in text
    assert "<title>+12.8% decode-cpu - whet</title>" in text


def test_every_surface_has_the_same_headline():
    state = finished()
    shown = document.campaign(state)["headline"]["effect"]
    assert round(shown["estimate"], 3) == 0.128
    assert [round(end, 3) for end in shown["ci"]] == [0.124, 0.132]
    assert markdown.report(state).startswith("## +12.8% decode [+12.4, +13.2]")
    assert "+12.8% [+12.4, +13.2]" in "".join(map(plain, status(state, state.last)))
    assert "+12.8%" in "".join(map(plain, text_chart(state, 100, 16)))
    assert page(seen(state)).count("[+12.4, +13.2]") > 0


def test_while_it_runs_nothing_is_kept_yet():
    state = until(happened.VerdictGiven, 2)
    assert "Nothing was kept yet: 2 experiments" in sections(seen(state, holder="x"))["hero"]
    assert "Nothing was kept: 2 experiments" in sections(seen(state))["hero"]


def test_a_rejected_gain_is_never_on_top():
    hero = sections(seen(finished()))["hero"]
    assert "+31" not in hero
    assert "+61" not in hero


def test_until_the_stack_is_measured_again_the_last_one_that_was_is_shown_as_such():
    state = until(happened.IncumbentAdvanced, 4)
    assert state.stack_changed
    hero = sections(seen(state))["hero"]
    assert 'class="big old"' in hero
    assert "Confirmed after wave" in hero
    assert "kept since, about +" in hero


def test_before_any_verdict_the_page_says_what_has_to_happen():
    text = page(seen(replay(opened().events)))
    assert "Getting started" in text
    assert "No verdict yet." in text
    assert "First verdict" in text
    assert sections(seen(replay(opened().events)))["effects"] == ""


def test_parts_without_anything_to_show_are_empty():
    parts = sections(seen(replay(opened().events)))
    nothing = {name for name, html in parts.items() if not html}
    assert {"effects", "stack", "foreseen", "cost", "untried"} <= nothing


def test_while_pairs_are_taken_the_count_is_shown_and_nothing_they_say():
    state = until(happened.ExperimentMeasured, 8)
    name = next(e.id for e in state.experiments.values() if e.status == "measured")
    doing = (Underway(what=name, stage="measure", since=START, pairs=7, cap=40),)
    shown = seen(state, holder="process 1 on box", underway=doing)
    assert "7 of 40 pairs" in moving(shown)["now"]
    entry = entries(page(shown))[name]
    assert entry["v"] == "measured"
    assert not {"e", "z", "d", "p", "g"} & set(entry)


def test_what_a_dead_process_was_doing_is_not_shown():
    state = until(happened.ExperimentStarted, 1)
    doing = (Underway(what="E01", stage="measure", since=START, pairs=7, cap=40),)
    assert "7 of 40" not in moving(seen(state, underway=doing))["now"]


def test_every_experiment_is_in_the_table_with_its_gates_and_its_pairs():
    found = entries(page(seen(finished())))
    assert len(found) == 20
    assert [name for name, _, _ in found["E08"]["g"]][:3] == ["Scope", "Build", "Checks"]
    assert len(found["E08"]["d"]) == found["E08"]["p"]
    assert found["E08"]["z"][0].startswith("+6.4")
    assert "z" not in found["E09"], "a rejected number means nothing"


def test_the_page_loads_nothing():
    reader = Reader(page(seen(finished())))
    assert all(address.startswith("data:") for address in reader.loads)
    assert {"iframe", "object", "embed", "audio", "video", "form", "base"} & set(
        reader.tags
    ) == set()
    assert "url(" not in css()
    assert "@import" not in css()


def test_the_policy_names_this_style_and_this_script_and_nothing_else():
    text = page(seen(finished()))
    policy = re.search(r'Content-Security-Policy" content="([^"]+)"', text)
    assert policy is not None
    rules = dict(rule.strip().split(" ", 1) for rule in policy[1].replace("&#39;", "'").split(";"))
    assert rules["default-src"] == "'none'"
    for kind, content in (("style-src", css()), ("script-src", read("app.js"))):
        assert content in text
        digest = base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()
        assert rules[kind] == f"'sha256-{digest}'"
    assert "connect-src" not in rules
    assert "unsafe" not in policy[1]


def test_nothing_needs_an_inline_style_or_handler():
    names = Reader(page(seen(finished()))).names
    assert "style" not in names
    assert [name for name in names if name.startswith("on")] == []


@pytest.mark.parametrize("field", ["title", "quote", "reason", "scripted"])
def test_nasty_text_is_text(field):
    clean, nasty = Reader(page(seen(told()))), Reader(page(seen(told(**{field: NASTY}))))
    assert nasty.tags["script"] == clean.tags["script"] == 2
    assert nasty.tags["img"] == 0
    assert "onerror" not in nasty.names
    assert json.loads(nasty.island)
    whole_page = page(seen(told(**{field: NASTY})))
    assert "\u202e" not in whole_page
    assert "\x1b" not in whole_page
    assert "{{ 7*7 }}" in whole_page
    assert len(whole_page) < 300_000


def test_a_nasty_patch_stays_in_its_place():
    text = page(seen(with_patches(), patches={"E08": "+</script><b>\n-x\x1b\n"}))
    assert Reader(text).tags["script"] == 2
    assert entries(text)["E08"]["pa"].startswith("+</script><b>\n-x<U+001B>")


@pytest.mark.parametrize(
    "locator", ["javascript:alert(1)", "data:text/html,x", "https://x.example/ \n", "file:///x"]
)
def test_only_a_plain_web_address_becomes_a_link(locator):
    text = page(seen(told(quote="q", locator=locator)))
    links = Reader(text).links
    assert [link for link in links if not link.startswith("#")] == []
    assert {found["u"] for found in json.loads(Reader(text).island)["sources"].values()} == {""}


def test_the_page_says_what_was_seen_of_the_sums_and_the_predictions():
    words = Reader(page(seen(finished()))).words
    assert "The single gains multiply to +14.1%; the stack gained +12.8%" in words
    assert "False keeps to expect: at most 0.07" in words
    assert "predictions with a number to hold them against" in words


def test_there_is_a_chart_for_every_question_and_each_is_described():
    text = page(seen(finished()))
    for key in ("progress", "stack", "flow", "noise", "cost", "foreseen"):
        assert f'aria-labelledby="{key}-t {key}-d"' in text
        assert f'id="{key}-t"' in text
    ids = re.findall(r' id="([^"]+)"', text)
    assert [name for name, count in Counter(ids).items() if count > 1] == []


def test_the_page_says_which_research_paid():
    state = finished()
    assert "Which research paid" in Reader(page(seen(state))).words
    rows = {one.reader: one for one in paid_rows(state)}
    assert set(rows) == {one.reader for one in state.evidence.values()}
    for one in paid(state):
        assert (rows[one.reader].evidence, rows[one.reader].kept) == (one.evidence, one.kept)
    assert any(one.kept and one.gain.startswith("+") for one in rows.values())
    assert all(one.gain == NONE for one in rows.values() if not one.kept)


def test_what_a_profile_and_a_ceiling_say_is_drawn_where_somebody_looked():
    assert sections(seen(finished()))["limits"] == ""
    story = whole()
    at = story.events[-1].at
    for number, (kind, part, bound) in enumerate(
        [("hot-function", 0.382, ""), ("ceiling", 0.55, "bandwidth")], 5
    ):
        found = Evidence(
            id=f"S{number:02d}", reader="profile", kind=kind, locator="x", quote="q",
            functions=("attention <tile>",), value=part, status=bound,
        )  # fmt: skip
        story.events.append(happened.EvidenceFound(at=at, evidence=found))
    chart = sections(seen(replay(story.events)))["limits"]
    assert "38.2% of the time" in chart
    assert "55% of the ceiling" in chart
    assert "attention &lt;tile&gt;" in chart


STACK = "c0ffee" + "0" * 34


def profiled(*looks):
    """The whole story where profiles and ceilings were found: commit, kind, share, function."""
    story = whole()
    at = story.events[-1].at
    for number, (commit, kind, part, name) in enumerate(looks, 5):
        found = Evidence(
            id=f"S{number:02d}", reader="profile", kind=kind, locator="x", quote="q", value=part,
            functions=(name,), status="bandwidth" if kind == "ceiling" else "", commit=commit,
        )  # fmt: skip
        story.events.append(happened.EvidenceFound(at=at, evidence=found))
    return replay(story.events)


def test_what_bounds_it_is_drawn_before_and_after():
    state = profiled(
        (BASE, "hot-function", 0.382, "attention"), (BASE, "hot-function", 0.05, "gone"),
        (BASE, "ceiling", 0.55, "attention"), (STACK, "hot-function", 0.21, "attention"),
        (STACK, "hot-function", 0.3, "next"), (STACK, "ceiling", 0.915, "next"),
    )  # fmt: skip
    state.incumbent = STACK
    chart = sections(seen(state))["limits"]
    assert "38.2% → 21% of the time" in chart
    assert "30% of the time, with the stack" in chart
    assert "decode: bandwidth" in chart
    assert "55% → 91.5% of the ceiling" in chart
    assert chart.count('class="bar-before"') == 3
    assert "after is the stack" in chart
    assert "38.2% | 21%" in markdown.report(state)
    state.incumbent = BASE
    assert "the stack as it was at" in sections(seen(state))["limits"]


def test_a_stack_that_nobody_profiled_is_said_to_be_so():
    chart = sections(seen(profiled((BASE, "ceiling", 0.55, "attention"))))["limits"]
    assert "→" not in chart
    assert "The stack was not profiled" in chart
    assert "whet profile --base refs/whet/decode-cpu/stack" in chart


def rented(*events):
    """The whole story with machines in it."""
    return replay([*whole().events, *events])


def test_machines_stand_on_the_page_with_what_they_cost():
    at = whole().events[-1].at
    asked = {"at": at, "kind": "sky"}
    state = rented(
        MachineAsked(worker="x86", machine="x86-1", what="8 cores <b>", **asked),
        MachineAsked(worker="arm", machine="arm-1", **asked),
        MachineReady(at=at, worker="x86", machine="x86-1", where="aws", price=0.34),
        MachineReady(at=at, worker="arm", machine="arm-1"),
        MachineGone(at=at + 7200, worker="x86", machine="x86-1", reason="noisy", detail="A/A 27%"),
    )  # fmt: skip
    cost = sections(seen(state))["cost"]
    for said in ("8 cores &lt;b&gt;, aws", "$0.34 an hour", "2 h", "$0.68", "A/A 27%", "unknown",
                 "Xeon 8375C, 8 cores", "yours"):  # fmt: skip
        assert said in cost, said
    assert "1 machine up, price unknown, more than $0.68 of machines: a price is unknown" in cost
    table = markdown.report(state).partition("Machines and what they cost")[2]
    assert "| x86 | 8 cores &lt;b&gt;, aws | $0.34 an hour | 2 h | $0.68 |" in table


def test_where_nothing_was_rented_the_page_says_so():
    assert "Nothing was rented." in sections(seen(finished()))["cost"]
    assert "Machines and what they cost" not in markdown.report(finished())


def test_the_same_state_makes_the_same_page():
    assert page(seen(finished())) == page(seen(finished()))


def test_every_column_has_a_key_to_sort_by():
    keys = re.search(r"const keys = \[(.*?)\];\n", read("app.js"), re.DOTALL)
    assert keys is not None
    assert keys[1].count("e =>") == len(COLUMNS)


def test_script_and_style_are_small():
    assert len(read("app.js").encode()) <= 15_000
    assert len(css().encode()) <= 15_000


@pytest.mark.parametrize(("experiments", "limit"), [(60, 150_000), (1000, 1_000_000)])
def test_the_file_is_small(experiments, limit):
    text = page(seen(replay(campaign(experiments, pairs=30))))
    assert len(text.encode()) <= limit


def test_a_file_has_room_for_the_patches_of_kept_changes_first():
    state = with_patches()
    patches = dict.fromkeys(state.experiments, "+" + "a line of code\n" * 1000)
    found = entries(page(seen(state, patches=patches)))
    shown = {name for name, entry in found.items() if "pa" in entry}
    assert set(state.stack) <= shown
    assert len(shown) < 20
    assert found[state.stack[0]]["pa"].endswith(f"whet diff {state.stack[0]}")
