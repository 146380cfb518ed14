"""Is what is measured more than where functions happen to lie?"""

from dataclasses import replace

import anyio
import pytest
from small_targets import CONFIG, LIBRARY, PYTHON, of, python

from support.typing_in import can_be_typed
from whet.model.config import Measure
from whet.steps.doctor import placed
from whet.steps.doctor.traced import Program, Trace

NATIVE = Trace(programs=(Program(path="/t/build/bench", inside="build/bench", optimised=True),))

PLACED = LIBRARY.replace("i < rounds;", "i < rounds + PLACE * rounds / 10;")
"""A layout that changes a tenth of the work, as far as the build knows which it is."""

MAKEFILE = """
build/bench: src/work.c bench/bench.c bench/tests.c
\tmkdir -p build
\tcc -O2 -DPLACE=$(WHET_LAYOUT) -o build/bench src/work.c bench/bench.c
\tcc -O2 -DPLACE=0 -o build/tests src/work.c bench/tests.c
"""


def said(visit, seen=None):
    """What is said about layouts, as (level, text, hint)."""
    anyio.run(placed.look, visit, seen)
    for finding in visit.findings:
        if finding.hint:
            can_be_typed(finding.hint)
    return [(one.level, one.text, one.hint) for one in of(visit.diagnosis, "Noise")]


def test_builds_that_differ_as_much_as_the_gain_ask_for_several(make):
    target = make({"src/work.c": PLACED, "Makefile": MAKEFILE})
    visit = target.visit()
    visit.layouts = True
    ((level, text, hint),) = said(visit)
    assert (level, hint) == ("warning", "whet config set measure.layouts 8")
    assert "6 builds of one source differ by " in text
    assert "a gain of 2% may be no more than that" in text


def test_builds_that_are_alike_ask_for_nothing(make):
    visit = make().visit(goal=replace(CONFIG.goal, min_effect=1.0))
    visit.layouts = True
    ((level, text, hint),) = said(visit)
    assert (level, hint) == ("ok", "")
    assert text.startswith("6 builds of one source with its functions in other places ")


def test_a_build_that_makes_one_program_is_named(make):
    target = replace(make(PYTHON), config=python())
    visit = target.visit()
    visit.layouts = True
    ((level, text, _),) = said(visit)
    assert (level, text) == ("warning", "the build makes the same program in every layout")


@pytest.mark.parametrize(("changes", "seen", "told"), [
    ({}, NATIVE, True),
    ({}, None, False),
    ({}, Trace(), False),
    ({"measure": Measure(layouts=8)}, NATIVE, False),
    ({"goal": replace(CONFIG.goal, exact=True)}, NATIVE, False),
    ({"goal": replace(CONFIG.goal, min_effect=0.05)}, NATIVE, False),
])  # fmt: skip
def test_only_small_gains_of_native_code_are_told_of_it_unasked(make, changes, seen, told):
    found = said(make().visit(**changes), seen)
    assert [level for level, _, _ in found] == ["ok"] * told
    assert all("whet doctor --layouts" in hint for _, _, hint in found)
