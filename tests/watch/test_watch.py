"""The campaign on a terminal: the chart in letters, and the screen at several sizes."""

import asyncio

import pytest

from report.campaign import finished, opened, until, whole
from support.live import running
from support.typing_in import whet
from whet.model import event as happened
from whet.plan.replay import replay
from whet.report.escape import columns
from whet.report.span import plain
from whet.report.text_chart import text_chart
from whet.testing.events import campaign

textual = pytest.importorskip("textual", reason="needs the extra `tui`")

SIZES = [(150, 44), (80, 24), (60, 20)]


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


def on_screen(root, size, *keys):
    """What a terminal of this size shows after these keys."""
    from whet.api.watching import Watched
    from whet.cli.screen import Screen

    async def shown():
        screen = Screen(Watched(root))
        async with screen.run_test(size=size) as pilot:
            await pilot.press(*keys)
            screen._tick()
            await pilot.pause()
            return [strip.text for strip in screen.screen._compositor.render_strips()]

    return asyncio.run(shown())


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
    rows = on_screen(root, size)
    text = "\n".join(rows)
    assert len(rows) == size[1]
    assert "+11.6% [+11.1, +12.1]" in text
    assert "failed" in text
    assert "E19" in text
    assert "running" in text
    assert "Quit" in rows[-1]
    assert "18/40" in text
    assert "●" in text


def test_enter_says_why(root):
    text = "\n".join(on_screen(root, (120, 40), "j", "enter"))
    assert "Held for a person" in text
    assert "whet keep E18" in text


def test_filter_and_search_leave_what_was_asked_for(root):
    text = "\n".join(on_screen(root, (100, 40), "f"))
    assert "One-pass FMA QK tile" in text
    assert "Memoise logits" not in text
    found = "\n".join(on_screen(root, (100, 40), "slash", *"memo", "enter"))
    assert "Memoise logits" in found
    assert "One-pass FMA QK tile" not in found


def test_into_a_pipe_there_is_no_screen(root):
    done = whet(root, "watch")
    assert done.code == 3
    assert "needs a terminal" in done.err
    assert whet(root, "watch", "--json").code == 2
