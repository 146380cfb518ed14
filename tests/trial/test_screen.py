"""Counting instructions before the first pair: it drops, it never keeps, and it can be wrong."""

import shutil

import pytest

from support.toy import DESIGN, SAME, WORK
from whet.judge.sequential import decide
from whet.trial.screen import SAME as EQUAL
from whet.trial.screen import counted, screened, unusable

real = pytest.mark.skipif(
    not (shutil.which("cc") and (shutil.which("valgrind") or shutil.which("perf"))),
    reason="there is nothing that counts instructions",
)


def working(steps, cost):
    """A program that runs so many steps and says that it costs so much."""
    loop = f"for (volatile int i = 0; i < {steps}; i++);"
    body = f"double cost(void) {{ {loop} return {cost}; }}"
    return {"src/work.c": WORK.replace("double cost(void) { return 100.0; }", body)}


def tried(toy, *files, **changes):
    base = toy.candidate(working(400_000, 100.0))
    specs = [
        toy.spec(b=toy.candidate(one), a=base, screen="instructions", id=f"E{n}", **changes)
        for n, one in enumerate(files)
    ]
    return toy.run_block(*specs)


def screen(outcome):
    return next(stage for stage in outcome.stages if stage.name == "screen")


@real
def test_who_saves_no_instruction_is_dropped_and_who_does_is_measured(toy):
    fewer, equal, more = tried(
        toy, working(300_000, 80.0), working(400_000, 99.99), working(500_000, 80.0)
    )
    assert (fewer.screened, equal.screened, more.screened) == (False, True, True)
    assert (equal.pairs, more.pairs) == ((), ())
    assert screen(more).detail.startswith("+")
    # what passes is judged as everything is: on its pairs
    assert screen(fewer).detail.startswith("-")
    assert decide(DESIGN, fewer.pairs).action == "accept"


@real
def test_fewer_instructions_keep_nothing_that_is_no_faster(toy):
    (outcome,) = tried(toy, working(300_000, 100.0))
    assert not outcome.screened
    assert decide(DESIGN, outcome.pairs).action == "futile"


@real
def test_a_jail_does_not_keep_counts_away(jailed):
    (outcome,) = tried(jailed, working(500_000, 100.0))
    assert outcome.screened


def test_a_screen_is_off_unless_asked_for(toy):
    outcome = toy.run(SAME)
    assert "screen" not in [stage.name for stage in outcome.stages]


@pytest.mark.parametrize(("text", "total"), [
    ("1234,,instructions:u,100,100.00,,\n", 1234),
    ("<not supported>,,instructions:u,0,100.00,,\n", None),
    ("==7== I   refs:      1,234,567\n==8== I refs: 3\n", 1234570),
    ("", None),
    ("nothing of the kind", None),
])  # fmt: skip
def test_counts_are_read_as_the_tools_print_them(text, total):
    assert counted(text) == total


def test_counts_that_differ_from_run_to_run_screen_nothing():
    assert unusable((1_000_000, 1_000_011)) == ""
    assert "differ by" in unusable((1_000_000, 1_010_000))
    assert "cannot be counted" in unusable((1_000_000, None))


def test_equal_counts_drop_and_no_count_does_not():
    assert screened(1_000_000, 1_000_000).dropped
    assert screened(1_000_000, int(1_000_000 * (1 - EQUAL / 2))).dropped
    assert not screened(1_000_000, 990_000).dropped
    assert not screened(1_000_000, None).dropped
