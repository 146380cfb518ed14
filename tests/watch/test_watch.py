"""The campaign on a terminal: the chart in letters, and the screen at several sizes."""

import asyncio

import pytest

from report.campaign import finished, opened, until, whole
from support.live import running
from support.screens import on_screen, settled
from support.typing_in import whet
from whet.model import event as happened
from whet.plan.replay import replay
from whet.report.escape import columns
from whet.report.span import plain
from whet.report.text_chart import text_chart
from whet.testing.events import campaign

textual = pytest.importorskip("textual", reason="needs the extra `tui`")

from whet.api.watching import Watched  # noqa: E402 (only where there is textual)
from whet.cli.screen import Screen  # noqa: E402

SIZES = [(150, 44), (80, 24), (60, 20), (40, 24)]


def chart(state, width=80, height=12):
    return [plain(line) for line in text_chart(state, width, height)]


@pytest.mark.parametrize("size", [(80, 10), (150, 18), (40, 8)])
@pytest.mark.parametrize("state", [finished(), replay(opened().events), replay(campaign(300))])
def test_the_chart_has_the_size_it_is_given(state, size):
    rows = chart(state, *size)
    assert len(rows) == size[1]
    assert max(map(columns, rows)) <= size[0]


def test_the_chart_shows_every_verdict_by_its_shape_and_the_headline_at_its_end():
    text = "\n".join(chart(finished(), 120, 18))
    for shape in "●⊘○◇■✕▲":
        assert shape in text
    assert text.count("+12.8%") == 1


def test_a_failure_is_in_its_row_and_not_at_zero():
    *plot, failed, _ = chart(finished(), 120, 18)
    assert failed.lstrip().startswith("failed")
    assert not set("■✕▲") & set("".join(plot))
    assert sum(map(failed.count, "■✕▲")) == 6


def test_a_stack_that_was_never_measured_has_no_number_at_its_end():
    rows = chart(until(happened.IncumbentAdvanced))
    assert "╭" not in "".join(rows)
    assert "%" not in "".join(row[8:] for row in rows)


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    """A campaign at work on E19."""
    events = whole().events
    at = next(
        n for n, e in enumerate(events)
        if isinstance(e, happened.VerdictGiven) and e.experiment == "E19"
    )  # fmt: skip
    with running(tmp_path_factory.mktemp("watched") / "t", "decode-cpu", events[: at - 1]) as run:
        run.taking("E19", 18)
        yield run.root


@pytest.mark.parametrize("size", SIZES)
def test_every_size_shows_headline_chart_table_and_keys(root, size):
    whole_screen = ("E19", "18/40", "Why")
    rows = on_screen(root, size, fit=lambda text: all(part in text for part in whole_screen))
    text = "\n".join(rows)
    assert len(rows) == size[1]
    assert max(map(columns, rows)) <= size[0]
    assert "+11.6% [+11.1, +12.1]" in text
    assert "failed" in text
    assert "E19" in text
    assert "running" in text
    assert "Quit" in rows[-1] or size[0] < 60
    assert "Why" in rows[-1]
    assert "18/40" in text
    assert "●" in text


@pytest.mark.parametrize("size", [(80, 24), (40, 24)])
def test_a_scripted_campaign_says_so_and_shows_its_headline_all_the_same(tmp_path, size):
    with running(tmp_path / "t", "decode-cpu", whole("a recorded agent").events) as run:
        rows = on_screen(run.root, size, fit=lambda text: "E20" in text)
    assert "Scripted: a recorded agent" in "\n".join(rows)
    assert any("+12.8% [+12.4, +13.2]" in row for row in rows)
    assert "Why" in rows[-1]


def test_enter_says_why(root):
    rows = on_screen(root, (120, 40), "j", "enter", fit=lambda text: "Held for" in text)
    text = "\n".join(rows)
    assert "Held for a person" in text
    assert "whet keep E18" in text


KEPT, NOT_KEPT = "One-pass FMA QK tile", "Memoise logits"


def only(there, gone):
    """Whether one text is there and another is not."""
    return lambda text: there in text and gone not in text


def test_filter_and_search_leave_what_was_asked_for(root):
    filtered = only(KEPT, NOT_KEPT)
    assert filtered("\n".join(on_screen(root, (100, 40), "f", fit=filtered)))
    keys = ("slash", *"memo", "enter")
    found = only(NOT_KEPT, KEPT)
    assert found("\n".join(on_screen(root, (100, 40), *keys, fit=found)))


def test_without_filter_both_are_there(root):
    both = "\n".join(on_screen(root, (100, 40), fit=lambda text: KEPT in text))
    assert KEPT in both
    assert NOT_KEPT in both


def test_a_terminal_that_changes_its_size_keeps_everything_on_it(root):
    async def sizes():
        screen = Screen(Watched(root))
        async with screen.run_test(size=(150, 44)) as pilot:
            await pilot.press("j")
            for size in ((80, 24), (40, 24), (150, 44), (60, 20)):
                await pilot.resize_terminal(*size)
                yield size, await settled(pilot, screen, lambda text, s=size: whole_at(text, s))

    async def collected():
        return [found async for found in sizes()]

    for size, rows in asyncio.run(collected()):
        assert whole_at("\n".join(rows), size), (size, rows)


def whole_at(text, size):
    """Whether a screen of this size has its headline, its chart, its table and its keys."""
    rows = text.split("\n")
    return (
        len(rows) == size[1]
        and max(map(columns, rows)) <= size[0]
        and all(word in text for word in ("+11.6%", "failed", "E19", "18/40", "Why"))
        and ("Noise of pairs" in text) == (size[0] >= 110)
    )


@pytest.mark.slow
@pytest.mark.parametrize("size", [(40, 24), (80, 24)])
def test_a_thousand_experiments_are_read_to_the_first(tmp_path, size):
    with running(tmp_path / "t", "long", campaign(1000)) as run:
        newest = on_screen(run.root, size, fit=lambda text: "E1000" in text)
        assert "E1000" in "\n".join(newest)
        first = on_screen(run.root, size, "ctrl+end", *"k", fit=lambda text: "E01 " in text)
        text = "\n".join(first)
        assert "E01 " in text
        assert "E1000" not in text
        assert max(map(columns, first)) <= size[0]


def test_into_a_pipe_there_is_no_screen(root):
    done = whet(root, "watch")
    assert done.code == 3
    assert "needs a terminal" in done.err
    assert whet(root, "watch", "--json").code == 2
