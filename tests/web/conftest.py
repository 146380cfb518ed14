"""Pages as files, and a browser to open them in."""

import pytest

from report.campaign import finished, opened
from whet.page.document import page
from whet.page.seen import Seen
from whet.plan.replay import replay
from whet.testing.events import campaign


@pytest.fixture(scope="module")
def browser():
    """One browser for the tests of a file: while it is there, no other event loop runs here."""
    from support.browser import chromium

    with chromium() as found:
        yield found


@pytest.fixture(scope="session")
def pages(tmp_path_factory):
    """Reports as files, by name."""
    folder = tmp_path_factory.mktemp("pages")
    states = {
        "empty": replay(opened().events),
        "finished": finished(),
        "thousand": replay(campaign(1000)),
    }
    for name, state in states.items():
        text = page(Seen(state=state, now=state.last))
        (folder / f"{name}.html").write_text(text, encoding="utf-8")
    return folder


@pytest.fixture
def tab(browser):
    """An empty tab; whatever goes wrong in it is an error of the test."""
    context = browser.new_context(viewport={"width": 1320, "height": 950})
    found = context.new_page()
    wrong = []
    found.on("pageerror", lambda error: wrong.append(str(error)))
    found.on("console", lambda said: wrong.append(said.text) if said.type == "error" else None)
    yield found
    context.close()
    assert [said for said in wrong if "net::ERR_" not in said] == []
