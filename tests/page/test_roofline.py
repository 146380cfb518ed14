"""How much is left: marks below the roofs of a machine, on logarithmic axes."""

import re
from dataclasses import replace
from itertools import pairwise

from report.campaign import BASE, whole
from whet.model import event as happened
from whet.model.idea import Evidence
from whet.model.roof import Roof
from whet.page.roofline import roofline
from whet.page.sections import sections
from whet.page.seen import Seen
from whet.plan.replay import replay
from whet.report.limits import spots

STACK = "c0ffee" + "0" * 34
CORE = Roof(work=1e9, moved=1e9, compute=64e9, bandwidth=16e9)


def looked(*ceilings, shares=()):
    """The whole story with ceilings, each a commit, a name and a place below the roofs."""
    story = whole()
    found = [
        Evidence(reader="profile", kind="hot-function", locator="x", quote="q", value=share,
                 functions=(name,), commit=BASE)
        for name, share in shares
    ]  # fmt: skip
    found += [
        Evidence(reader="roofline", kind="ceiling", locator="x", quote="q", commit=commit,
                 functions=(name,) if name else (), roof=roof, status="bandwidth")
        for commit, name, roof in ceilings
    ]  # fmt: skip
    for number, one in enumerate(found, 5):
        story.events.append(
            happened.EvidenceFound(at=story.at, evidence=replace(one, id=f"S{number:02d}"))
        )
    return replay(story.events)


def circles(state):
    """Class, place and radius of every mark, in their order."""
    pattern = r'<circle class="([\w-]+)" cx="([\d.]+)" cy="([\d.]+)" r="([\d.]+)"'
    return [
        (kind, float(x), float(y), float(r))
        for kind, x, y, r in re.findall(pattern, roofline(state) or "")
    ]


def test_equal_factors_are_equal_distances():
    steps = [(BASE, f"f{n}", replace(CORE, work=n, moved=1e9)) for n in (1e8, 1e9, 1e10)]
    marks = circles(looked((BASE, "", CORE), *steps))[1:]
    for (_, x1, y1, _), (_, x2, y2, _) in pairwise(marks):
        assert x2 > x1
        assert y2 < y1
    (_, xa, ya, _), (_, xb, yb, _), (_, xc, yc, _) = marks
    assert abs((xc - xb) - (xb - xa)) < 0.3
    assert abs((yb - yc) - (ya - yb)) < 0.3


def test_the_base_is_hollow_and_the_stack_is_filled():
    after = replace(CORE, work=2e9, moved=2e9)
    marks = circles(looked((BASE, "", CORE), (STACK, "", after)))
    assert [kind for kind, *_ in marks] == ["bar-before", "node"]
    assert marks[0][1] == marks[1][1], "as much work for each byte"
    assert marks[1][2] < marks[0][2]
    assert "6% → 12% of the bandwidth" in roofline(looked((BASE, "", CORE), (STACK, "", after)))
    assert [kind for kind, *_ in circles(looked((BASE, "", CORE)))] == ["node"]


def test_the_area_of_a_mark_is_its_share_of_the_time():
    state = looked((BASE, "", CORE), (BASE, "f", CORE), shares=[("f", 0.25)])
    (_, _, _, whole_), (_, _, _, part) = circles(state)
    assert abs((part / whole_) ** 2 - 0.25) < 0.02


def test_what_is_at_a_roof_touches_its_line():
    state = looked((BASE, "", replace(CORE, work=1e9, moved=16e9)))
    [(_, x, y, _)] = circles(state)
    lines = re.findall(r'class="zero" d="M([\d.]+) ([\d.]+)L([\d.]+) ([\d.]+)"', roofline(state))
    x1, y1, x2, y2 = map(float, lines[0])
    assert abs(y1 + (x - x1) * (y2 - y1) / (x2 - x1) - y) < 1.0
    assert lines[1][1] == lines[1][3], "arithmetic has a flat roof"


def test_instructions_and_operations_are_not_mixed():
    counted = replace(CORE, counted=True)
    state = looked((BASE, "f", counted), (BASE, "g", CORE), (BASE, "h", counted))
    assert len(spots(state)) == 2
    assert "instructions for each byte" in roofline(state)
    assert "one instruction a cycle" in roofline(state)


def test_where_nobody_knows_both_there_is_no_picture():
    assert roofline(looked((BASE, "", None))) is None
    assert "Roofline chart" not in sections(Seen(state=looked((BASE, "", None)), now=0.0))["limits"]


def test_a_picture_stands_on_the_page_and_names_are_escaped():
    shown = sections(Seen(state=looked((BASE, "", CORE), (BASE, "f<x>", CORE)), now=0.0))["limits"]
    assert "Roofline chart" in shown
    assert "f&lt;x&gt;" in shown
    assert "f<x>" not in shown
