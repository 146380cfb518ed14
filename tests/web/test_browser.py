"""The page in a real browser: read, searched, typed at, resized, offline and live."""

import re
import urllib.parse
from dataclasses import replace

import pytest

from report.campaign import opened, story_with, whole
from support.live import running, serving
from whet.ledger.blobs import Blobs
from whet.model import event as happened
from whet.page.document import page
from whet.page.seen import Seen
from whet.plan.replay import replay

support = pytest.importorskip("support.browser")
expect = support.playwright.expect

THEMES = ("light", "dark")
DRAWER = "#drawer[open]"


def open_file(tab, pages, name, mark=""):
    tab.goto((pages / f"{name}.html").as_uri() + mark)


def sideways(tab) -> int:
    """Pixels the whole page can be scrolled sideways."""
    return tab.evaluate("document.documentElement.scrollWidth - innerWidth")


@pytest.mark.parametrize(
    "name", ["empty", "finished", pytest.param("thousand", marks=pytest.mark.slow)]
)
def test_axe_finds_nothing_in_either_theme(tab, pages, name):
    open_file(tab, pages, name)
    for theme in THEMES:
        tab.emulate_media(color_scheme=theme)
        assert support.violations(tab) == []


@pytest.mark.parametrize("name", ["E08", "E09", "E04", "E18"])
def test_axe_finds_nothing_in_the_drawer(tab, pages, name):
    open_file(tab, pages, "finished", f"#{name}")
    tab.wait_for_selector(DRAWER)
    for theme in THEMES:
        tab.emulate_media(color_scheme=theme)
        assert support.violations(tab) == []


def test_a_file_asks_the_network_for_nothing_and_draws_everything(browser, pages):
    context = browser.new_context(offline=True)
    tab, asked = context.new_page(), []
    tab.on("request", lambda request: asked.append(request.url))
    open_file(tab, pages, "finished")
    tab.wait_for_selector("#table tbody tr")
    assert [url for url in asked if not url.startswith(("file:", "data:"))] == []
    assert tab.locator("svg.chart[role=img]").count() == 6
    assert tab.locator("#table tbody tr").count() == 20
    context.close()


def test_an_icon_has_the_colour_of_its_verdict(tab, pages):
    open_file(tab, pages, "finished")
    tab.locator(".legend").scroll_into_view_if_needed()
    kept, waiting = (tab.locator(f".legend use[href='#i-{k}']").first for k in ("kept", "failed"))
    assert kept.screenshot() != waiting.screenshot()


def test_with_the_keyboard_alone_an_experiment_is_found_read_and_closed(tab, pages):
    open_file(tab, pages, "finished")
    tab.keyboard.press("/")
    tab.keyboard.type("QK tile")
    assert tab.locator("#table tbody tr").count() == 1
    assert tab.inner_text("#count") == "1 of 20"
    tab.keyboard.press("Tab")
    tab.locator("#find").blur()
    tab.keyboard.press("j")
    tab.keyboard.press("Enter")
    tab.wait_for_selector(DRAWER)
    assert "Confirmation" in tab.inner_text(DRAWER)
    assert tab.url.endswith("#E08")
    tab.keyboard.press("Escape")
    tab.wait_for_selector(DRAWER, state="detached")
    assert tab.evaluate("document.activeElement.textContent") == "E08"
    assert "#" not in tab.url


def test_a_mark_on_the_chart_opens_its_experiment_and_the_pointer_shows_it(tab, pages):
    open_file(tab, pages, "finished")
    mark = tab.locator("#progress [data-e=E08]").first
    mark.hover()
    assert "One-pass FMA QK tile" in tab.inner_text("#tip")
    mark.click()
    assert "One-pass FMA QK tile" in tab.inner_text(DRAWER)
    tab.mouse.click(20, 400)
    tab.wait_for_selector(DRAWER, state="detached")


def test_the_drawer_tells_gates_pairs_change_evidence_and_what_to_type(tab, pages):
    open_file(tab, pages, "finished", "#E08")
    said = tab.inner_text(DRAWER)
    for part in ("Why this verdict", "Paired differences", "Change", "Why it was tried", "Next"):
        assert part in said
    assert tab.locator(f"{DRAWER} .pair").count() == 8
    assert "whet replay E08" in said
    open_file(tab, pages, "finished", "#E09")
    assert "Paired differences" not in tab.inner_text(DRAWER), "a rejected number means nothing"


def test_a_filter_that_matches_nothing_offers_the_way_back(tab, pages):
    open_file(tab, pages, "finished")
    tab.click("button[data-f=kept]")
    assert tab.locator("#table tbody tr").count() == 5
    tab.fill("#find", "nothing like it")
    assert "No experiment matches" in tab.inner_text("#table")
    tab.click("text=Show all")
    assert tab.locator("#table tbody tr").count() == 20


def test_columns_are_sorted_by_what_they_mean(tab, pages):
    open_file(tab, pages, "finished")
    effects = (
        "[...document.querySelectorAll('#table tbody tr td:nth-child(4)')].map(n => n.innerText)"
    )
    tab.click("[data-sort='3']")
    tab.click("[data-sort='3']")
    shown = [text for text in tab.evaluate(effects) if "%" in text]
    values = [float(text.strip("%").replace("\N{MINUS SIGN}", "-")) for text in shown]
    assert values == sorted(values, reverse=True)
    assert tab.get_attribute("th:has([data-sort='3'])", "aria-sort") == "descending"


def test_a_thousand_rows_come_as_they_are_needed(tab, pages):
    open_file(tab, pages, "thousand")
    assert tab.locator("#table tbody tr").count() == 100
    tab.locator("footer").scroll_into_view_if_needed()
    expect(tab.locator("#table tbody tr").nth(150)).to_be_attached()
    tab.emulate_media(media="print")
    tab.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert tab.locator("#table tbody tr").count() == 1000


@pytest.mark.parametrize("name", ["empty", "finished", "thousand"])
@pytest.mark.parametrize("width", [390, 700, 1020, 1920])
def test_no_width_scrolls_the_page_sideways(tab, pages, name, width):
    tab.set_viewport_size({"width": width, "height": 800})
    open_file(tab, pages, name)
    assert sideways(tab) <= 0


def test_the_drawer_fits_a_phone(tab, pages):
    tab.set_viewport_size({"width": 390, "height": 800})
    open_file(tab, pages, "finished", "#E08")
    assert sideways(tab) <= 0
    assert tab.locator(DRAWER).bounding_box()["width"] <= 390


def test_on_paper_there_is_the_light_theme_and_nothing_to_press(tab, pages):
    open_file(tab, pages, "finished")
    tab.keyboard.press("t")
    tab.keyboard.press("t")
    tab.evaluate("document.documentElement.dataset.theme = 'dark'")
    tab.emulate_media(media="print")
    ink = "getComputedStyle(document.body).color"
    assert tab.evaluate(ink) == "rgb(22, 25, 29)"
    assert not tab.locator("#find").is_visible()
    assert not tab.locator("header").is_visible()


def test_the_theme_is_chosen_and_remembered(tab, pages):
    open_file(tab, pages, "finished")
    tab.keyboard.press("t")
    assert tab.evaluate("document.documentElement.dataset.theme") == "dark"
    tab.reload()
    assert tab.evaluate("document.documentElement.dataset.theme") == "dark"


@pytest.mark.parametrize("field", ["title", "quote", "reason"])
def test_nasty_text_runs_nothing(tab, tmp_path, field):
    nasty = (
        "</script><img src=x onerror=alert(1)><script>alert(1)</script>'\"`\u202e" + "y" * 10_000
    )
    state = replay(story_with(**{field: nasty}).events)
    path = tmp_path / "r.html"
    path.write_text(page(Seen(state=state, now=state.last)), encoding="utf-8")
    alerts = []
    tab.on("dialog", lambda dialog: (alerts.append(dialog.message), dialog.dismiss()))
    tab.goto(path.as_uri() + "#E08")
    tab.wait_for_selector(DRAWER)
    assert tab.locator("img").count() == 0
    assert alerts == []
    tab.set_viewport_size({"width": 390, "height": 800})
    assert sideways(tab) <= 0


def until_verdict(name):
    """The story up to the verdict of an experiment, and the rest."""
    events = whole().events
    at = next(
        n for n, e in enumerate(events)
        if isinstance(e, happened.VerdictGiven) and e.experiment == name
    )  # fmt: skip
    return events[:at], events[at:]


def test_a_live_page_follows_with_focus_and_place_kept(tab, tmp_path):
    before, after = until_verdict("E08")
    with running(tmp_path / "t", "c", before) as run, serving(run.root) as address:
        tab.goto(address)
        run.taking("E08", 7)
        tab.wait_for_selector("text=7 of 40 pairs")
        assert support.violations(tab) == []
        assert "+6.4" not in tab.content(), "what pairs say is not shown while they are taken"
        tab.locator("#table tr[data-e=E05] a").focus()
        tab.evaluate("scrollTo(0, 300)")
        run.record(*after[:1])
        tab.wait_for_selector("#table tr[data-e=E08] .v-kept")
        assert tab.evaluate("document.activeElement.textContent") == "E05"
        assert tab.evaluate("scrollY") == 300
        assert tab.locator("#progress [data-e=E08]").count() == 1
        run.record(*after[1:])
        expect(tab).to_have_title(re.compile(r"^\+12\.8%"))
        assert support.violations(tab) == []


def test_a_page_that_began_empty_grows_its_parts(tab, tmp_path):
    first = opened().events
    rest = whole().events[len(first) :]
    with running(tmp_path / "t", "c", first) as run, serving(run.root) as address:
        tab.goto(address)
        assert "Getting started" in tab.inner_text("#hero")
        assert not tab.locator("#effects").is_visible()
        run.record(*rest)
        expect(tab).to_have_title(re.compile(r"^\+12\.8%"))
        assert tab.locator("#effects").is_visible()
        assert tab.locator("#table tbody tr").count() == 20


@pytest.mark.slow
def test_a_server_that_is_gone_is_told_and_one_that_is_back_is_found(tab, tmp_path):
    before, after = until_verdict("E08")
    with running(tmp_path / "t", "c", before) as run:
        with serving(run.root) as address:
            tab.goto(address)
            tab.wait_for_selector("text=Experiments")
        tab.wait_for_selector("#pill[data-off]")
        assert tab.locator("#table tbody tr").count() > 0
        run.record(*after)
        port = str(urllib.parse.urlsplit(address).port)
        with serving(run.root, "--port", port):
            tab.wait_for_selector("#pill:not([data-off])")
            expect(tab).to_have_title(re.compile(r"^\+12\.8%"))


def test_the_live_drawer_brings_the_patch(tab, tmp_path):
    events = whole().events
    root = tmp_path / "t"
    blobs = Blobs(root / ".whet" / "campaigns" / "c" / "blobs")
    digest = blobs.put(b"+a line </script>\n-another\n")
    with running(root, "c", [patched(event, digest) for event in events]), serving(root) as address:
        tab.goto(f"{address}#E08")
        tab.wait_for_selector(f"{DRAWER} .add")
        assert tab.inner_text(f"{DRAWER} .add") == "+a line </script>"


def patched(event, digest):
    if not isinstance(event, happened.ExperimentOpened):
        return event
    return replace(event, candidate=replace(event.candidate, patch=digest))
