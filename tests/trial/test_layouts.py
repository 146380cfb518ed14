"""Builds in several layouts, with a real compiler; speed here is where a function lies."""

import shutil

import pytest

from support.toy import DESIGN, FASTER, FILES, SAME
from whet.judge.boundaries import over_layouts
from whet.judge.sequential import decide
from whet.trial.layouts import variant

pytestmark = pytest.mark.skipif(shutil.which("cc") is None, reason="there is no C compiler")

COUNT = 6

LUCK = """\
static double luck(unsigned long at) { return ((at * 2654435761u) >> 7) & 1 ? 100.0 : 80.0; }
"""
PLACED = """\
double cost(void) { return luck((unsigned long)cost >> 4 & 0xff); }
int twice(int x) { return x + x; }
"""


def placed(before):
    """A program that costs 100 or 80, as the place of a function has it; `before` moves it."""
    return {"src/work.c": LUCK + f"int before{before}(int x) {{ return x + {before}; }}\n" * (
        before > 0) + "".join(f"int more{n}(int x) {{ return x - {n}; }}\n" for n in range(before))
        + PLACED}  # fmt: skip


def laid(toy, **changes):
    """A spec whose sides have several builds."""
    bounds = DESIGN.boundaries
    plan = type(DESIGN)(
        metric="cost", direction="lower", min_effect=DESIGN.min_effect, boundaries=bounds,
        layouts=over_layouts(bounds, COUNT),
    )  # fmt: skip
    return toy.spec(layouts=COUNT, design=plan, **changes)


def programs(toy):
    return {(tree.path / "prog").read_bytes() for tree in toy.placed}


def test_every_build_of_a_side_is_another_program_and_pairs_take_turns(jailed):
    outcome = jailed.run_spec(laid(jailed, b=jailed.candidate(FASTER)))
    assert outcome.layouts == COUNT
    assert [pair.layout for pair in outcome.pairs] == [n % COUNT for n in range(len(outcome.pairs))]
    assert len(programs(jailed)) == 2 * COUNT
    assert decide(DESIGN, outcome.pairs).action == "accept"


def test_the_two_sides_of_a_pair_are_never_in_one_layout_and_each_has_all():
    for count in (6, 8, 12):
        turns = [(variant(0, n, count), variant(1, n, count)) for n in range(count)]
        assert all(a != b for a, b in turns)
        assert {a for a, _ in turns} == {b for _, b in turns} == set(range(count))
    assert variant(0, 0, 1) == variant(1, 0, 1) == 0


def test_builds_of_the_incumbent_are_used_again(toy):
    toy.run_spec(laid(toy, b=toy.candidate(FASTER)))
    outcome = toy.run_spec(laid(toy, b=toy.candidate(SAME)))
    built = {stage.name: stage.cached for stage in outcome.stages}
    assert (built["build_a"], built["build_b"]) == (True, False)


def test_a_build_that_finds_its_compiler_elsewhere_is_measured_in_one_layout(toy):
    make = FILES["Makefile"].replace("\tcc", "\t" + shutil.which("cc"))
    base = toy.candidate({"Makefile": make})
    fast = toy.candidate({"Makefile": make, **FASTER})
    outcome = toy.run_spec(laid(toy, base=base, a=base, b=fast))
    assert outcome.fault is None
    assert outcome.layouts == 1
    assert {pair.layout for pair in outcome.pairs} == {0}
    assert decide(DESIGN, outcome.pairs).action == "accept"


def test_a_build_may_make_its_own_layouts(toy):
    make = "prog: src/work.c bench/main.c\n\t{} -DWHERE=$(WHET_LAYOUT) -o prog $^\n"
    main = FILES["bench/main.c"] + "const int where = WHERE;\n"
    files = {"Makefile": make.format(shutil.which("cc")), "bench/main.c": main}
    base = toy.candidate(files)
    outcome = toy.run_spec(laid(toy, base=base, a=base, b=toy.candidate({**files, **FASTER})))
    assert outcome.layouts == COUNT


def test_a_win_in_one_layout_is_not_a_win(toy):
    base = toy.candidate(placed(0))
    for before in range(1, 12):
        b = toy.candidate(placed(before))
        alone = toy.run_spec(toy.spec(a=base, b=b))
        if decide(DESIGN, alone.pairs).action == "accept":
            break
    else:
        pytest.fail("no candidate was lucky")
    spec = laid(toy, a=base, b=b)
    outcome = toy.run_spec(spec)
    assert outcome.layouts == COUNT
    assert len({pair.a.values["cost"] > 90 for pair in outcome.pairs}) == 2
    assert decide(spec.design, outcome.pairs).action != "accept"
