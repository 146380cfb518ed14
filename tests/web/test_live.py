"""The live page in a real browser: what `whet web` serves, at every stage, in both themes."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from report.campaign import opened, whole
from support.live import running, serving
from whet.ledger.blobs import Blobs
from whet.model import event as happened
from whet.model.event import Event
from whet.testing.events import campaign

support = pytest.importorskip("support.browser")

THEMES = ("light", "dark")
DRAWER = "#drawer[open]"


def under_way() -> Sequence[Event]:
    """The story up to the eighth verdict, which is still being measured for."""
    events = whole().events
    at = next(
        n for n, e in enumerate(events)
        if isinstance(e, happened.VerdictGiven) and e.experiment == "E08"
    )  # fmt: skip
    return events[:at]


def with_patches(root: Path, events: Iterable[Event]) -> list[Event]:
    """The events where every experiment's patch is one that can be read."""
    digest = Blobs(root / ".whet" / "campaigns" / "c" / "blobs").put(b"+a line\n-another\n")
    return [
        replace(event, candidate=replace(event.candidate, patch=digest))
        if isinstance(event, happened.ExperimentOpened)
        else event
        for event in events
    ]


def read(tab, address: str, experiment: str) -> None:
    """Open the drawer of an experiment, to its patch."""
    tab.goto(f"{address}#{experiment}")
    tab.wait_for_selector(f"{DRAWER} .add")


def wrong_with(tab) -> list[str]:
    """What axe finds in either theme, and what does not fit a phone."""
    found = []
    for theme in THEMES:
        tab.emulate_media(color_scheme=theme)
        paper = tab.evaluate("getComputedStyle(document.body).backgroundColor")
        found += [f"{theme} ({paper}): {one}" for one in support.violations(tab)]
    wide = tab.viewport_size
    tab.set_viewport_size({"width": 390, "height": 800})
    over = tab.evaluate("document.documentElement.scrollWidth - innerWidth")
    if over > 0:
        found.append(f"{over} pixels to the right of a phone")
    tab.set_viewport_size(wide)
    return found


@pytest.mark.slow
def test_a_campaign_that_has_just_begun_is_for_everybody(tab, tmp_path):
    with running(tmp_path / "t", "c", opened().events) as run, serving(run.root) as address:
        tab.goto(address)
        assert "Getting started" in tab.inner_text("#hero")
        assert wrong_with(tab) == []


@pytest.mark.slow
def test_a_campaign_under_way_is_for_everybody(tab, tmp_path):
    root = tmp_path / "t"
    with running(root, "c", with_patches(root, under_way())) as run, serving(root) as address:
        run.taking("E08", 7)
        tab.goto(address)
        tab.wait_for_selector("text=7 of 40 pairs")
        assert "Which research paid" in tab.inner_text("#evidence")
        assert wrong_with(tab) == []
        read(tab, address, "E05")
        assert wrong_with(tab) == []


@pytest.mark.slow
def test_a_finished_campaign_is_for_everybody(tab, tmp_path):
    root = tmp_path / "t"
    with running(root, "c", with_patches(root, whole().events)), serving(root) as address:
        tab.goto(address)
        assert "Which research paid" in tab.inner_text("#evidence")
        assert wrong_with(tab) == []
        for name in ("E08", "E09"):
            read(tab, address, name)
            assert wrong_with(tab) == []


@pytest.mark.slow
def test_a_thousand_experiments_are_for_everybody(tab, tmp_path):
    with running(tmp_path / "t", "c", campaign(1000)) as run, serving(run.root) as address:
        tab.goto(address)
        tab.wait_for_selector("#table tbody tr")
        assert wrong_with(tab) == []
        tab.locator("footer").scroll_into_view_if_needed()
        tab.wait_for_selector("#table tbody tr:nth-child(150)")
        assert wrong_with(tab) == []
