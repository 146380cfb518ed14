"""The page where it is sent to, printed, seen in grey, and left open for a day."""

import functools
import itertools
import threading
from contextlib import contextmanager
from dataclasses import replace
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import pytest

from report.campaign import whole
from support.live import running, serving
from whet.ledger.blobs import Blobs
from whet.model.event import ExperimentOpened
from whet.page.sections import sections
from whet.page.seen import Seen
from whet.plan.replay import replay
from whet.report.words import WORDS

support = pytest.importorskip("support.browser")

DRAWER = "#drawer[open]"
PAPER = {"width": 718, "height": 1047}
"""A4 without the margins of 1 cm, in CSS pixels."""


@contextmanager
def published(folder):
    """Files behind an address, as a web folder has them; gives it, and what is asked of it."""
    asked = []

    class Handler(SimpleHTTPRequestHandler):
        def log_message(self, *_):
            asked.append(self.path)

    handler = functools.partial(Handler, directory=str(folder))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}", asked
        server.shutdown()
        thread.join()


def test_in_a_folder_of_a_web_site_it_asks_for_itself_alone(tab, pages, tmp_path):
    place = tmp_path / "someone" / "project" / "reports"
    place.mkdir(parents=True)
    (place / "index.html").write_bytes((pages / "finished.html").read_bytes())
    with published(tmp_path) as (address, asked):
        tab.goto(f"{address}/someone/project/reports/#E08")
        tab.wait_for_selector(DRAWER)
        assert tab.locator("svg.chart[role=img]").count() >= 6
        tab.keyboard.press("Escape")
        tab.wait_for_url(f"{address}/someone/project/reports/")
        tab.click("nav a >> text=Evidence")
        assert tab.url.endswith("/reports/#evidence")
    assert asked == ["/someone/project/reports/"]


def test_a_mail_programme_that_runs_no_script_shows_all_but_the_table(browser, pages):
    context = browser.new_context(java_script_enabled=False, offline=True)
    tab = context.new_page()
    tab.goto((pages / "finished.html").as_uri())
    assert "+12.8" in tab.inner_text("#hero")
    assert tab.locator("svg.chart[role=img]").count() == 6
    assert "needs JavaScript" in tab.inner_text("#experiments")
    context.close()


CUT = """height => {
  const name = n => `${n.tagName} in ${n.closest("section")?.id}`;
  const wrong = [];
  for (const n of document.querySelectorAll(".panel, tr, .link, .quote")) {
    if (!n.offsetHeight) continue;
    if (getComputedStyle(n).breakInside === "avoid" && n.offsetHeight > height)
      wrong.push(`${name(n)} is ${n.offsetHeight} high and may not be broken`);
  }
  for (const n of document.querySelectorAll(".panel, .scroll, .chart, table"))
    if (n.getBoundingClientRect().right > innerWidth + 1)
      wrong.push(`${name(n)} is cut on the right`);
  return wrong;
}"""


@pytest.mark.parametrize("name", ["empty", "finished", "thousand"])
def test_no_panel_is_cut_on_paper(tab, pages, name):
    tab.set_viewport_size(PAPER)
    tab.goto((pages / f"{name}.html").as_uri())
    tab.emulate_media(media="print")
    assert tab.evaluate(CUT, PAPER["height"]) == []
    assert tab.locator("#table th", has_text="Verdict").inner_text() == "Verdict"


def test_seven_verdicts_are_told_apart_without_colour(tab, pages):
    tab.goto((pages / "finished.html").as_uri())
    tab.context.new_cdp_session(tab).send(
        "Emulation.setEmulatedVisionDeficiency", {"type": "achromatopsia"}
    )
    shapes = {
        kind: tab.locator(f".legend use[href='#i-{kind}']").first.screenshot() for kind in WORDS
    }
    assert len(shapes) == 7
    assert [pair for pair in itertools.combinations(WORDS, 2)
            if shapes[pair[0]] == shapes[pair[1]]] == []  # fmt: skip


DAY = 24 * 3600 // 5
"""News of a day in which something moves every five seconds."""

SOURCE = "window.EventSource = class { constructor() { window.source = this; } "
SOURCE += "addEventListener() {} close() {} };"

NEWS = """([parts, entries, first, count]) => {
  for (let k = first; k < first + count; k++) {
    const html = {now: parts.now.replace("</h2>", ` ${k}</h2>`)}, rare = k % 100 === 0;
    const news = {v: "x." + k, html: rare ? {...parts, ...html} : html, ex: [], sources: {}};
    if (rare) news.ex = [entries[k / 100 % entries.length]];
    window.source.onmessage({data: JSON.stringify(news)});
  }
}"""


def with_patch(event, digest):
    if not isinstance(event, ExperimentOpened):
        return event
    return replace(event, candidate=replace(event.candidate, patch=digest))


@pytest.mark.slow
def test_a_page_that_is_open_for_a_day_does_not_grow(tab, tmp_path):
    digest = Blobs(tmp_path / "t" / ".whet" / "campaigns" / "c" / "blobs").put(b"+a line\n")
    events = [with_patch(event, digest) for event in whole().events]
    state = replay(events)
    parts = sections(Seen(state=state, now=state.last))
    tab.add_init_script(SOURCE)
    with running(tmp_path / "t", "c", events) as run, serving(run.root) as address:
        tab.goto(f"{address}#E08")
        entries = tab.evaluate("JSON.parse(document.querySelector('#data').textContent).ex")
        session = tab.context.new_cdp_session(tab)
        session.send("Performance.enable")

        def held():
            session.send("HeapProfiler.collectGarbage")
            found = session.send("Performance.getMetrics")["metrics"]
            return {one["name"]: one["value"] for one in found}

        tab.evaluate(NEWS, [parts, entries, 0, 200])
        before = held()
        for first in range(200, DAY, 1000):
            tab.evaluate(NEWS, [parts, entries, first, 1000])
        after = held()
    assert after["JSHeapUsedSize"] - before["JSHeapUsedSize"] < 2_000_000
    assert after["Nodes"] < 1.1 * before["Nodes"]
    assert after["JSEventListeners"] <= before["JSEventListeners"] + 5
