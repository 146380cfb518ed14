"""What every rule says, worked out by hand."""

import math
import statistics

import pytest

from whet.proof.rules import (
    PEERS,
    TAKEN,
    Seen,
    deviations,
    median_of_five,
    records,
    single,
    steady_median,
    two_blocks,
    welch,
)

TEN = (10.0,) * TAKEN
NEAR = (9.9, 10.1) * 5
"""Mean 10, standard deviation 0.1054, which is 1.05 %."""
WILD = (9.0, 11.0, 9.0, 11.0, 9.0)
"""Standard deviation 1.095, which is 11 %."""


def seen(candidate, stored=TEN, base=TEN, earlier=()):
    return Seen(stored=stored, base=base, candidate=candidate, earlier=earlier)


def test_all_rules_get_a_candidate_that_is_twice_as_fast():
    known = seen([x / 2 for x in NEAR], stored=NEAR, base=NEAR, earlier=(10.0, 10.1, 9.9, 10.2))
    for peer in PEERS:
        said = peer.rule(known)
        assert said.keep, peer.key
        assert said.claim == pytest.approx(math.log(2), abs=0.03), peer.key
    assert [peer.rule(known).paid for peer in PEERS] == [1, 5, 5, 10, 1, 10]


def test_no_rule_keeps_a_candidate_that_is_slower_every_time():
    known = seen([x * 1.1 for x in NEAR], stored=NEAR, base=NEAR, earlier=(10.0, 10.1))
    assert [peer.key for peer in PEERS if peer.rule(known).keep] == []


def test_a_single_run_is_held_against_the_first_that_was_stored():
    said = single(seen((9.9, *[99.0] * 9), stored=(10.0, *[1.0] * 9)))
    assert (said.keep, said.paid) == (True, 1)
    assert said.claim == pytest.approx(math.log(10.0 / 9.9))
    assert not single(seen(TEN)).keep


def test_the_median_of_five_ignores_two_bad_runs_and_the_second_half():
    candidate = (9.9, 50.0, 9.8, 50.0, 9.7) + (99.0,) * 5
    said = median_of_five(seen(candidate))
    assert (said.keep, said.paid) == (True, 5)
    assert said.claim == pytest.approx(math.log(10.0 / 9.9))


def test_two_blocks_are_the_first_of_the_base_and_the_last_of_the_candidate():
    base = (10.0,) * 5 + (1.0,) * 5
    assert two_blocks(seen((99.0,) * 5 + (9.0,) * 5, base=base)).keep
    assert not two_blocks(seen((9.0,) * 5 + (99.0,) * 5, base=base)).keep


def test_runs_that_are_not_steady_are_repeated_once():
    calm = (9.5,) * 5
    assert steady_median(seen(calm + WILD)).paid == 5
    second = steady_median(seen(WILD + calm))
    assert (second.keep, second.paid) == (True, 10)
    assert second.claim == pytest.approx(math.log(10.0 / 9.5))
    never = steady_median(seen((5.0, 7.0) * 5))
    assert (never.keep, never.paid) == (False, 10)


def test_steady_means_a_deviation_below_two_per_cent():
    """Five values 10 - x, 10 - x, 10, 10 + x, 10 + x deviate by exactly x."""
    for x, paid in ((0.19, 5), (0.21, 10)):
        block = (10 - x, 10 - x, 10.0, 10 + x, 10 + x)
        assert statistics.stdev(block) == pytest.approx(x)
        assert steady_median(seen(block + block)).paid == paid


def test_a_stored_baseline_that_is_not_steady_is_taken_from_its_second_block():
    stored = WILD + (10.0,) * 5
    assert steady_median(seen((9.9,) * 10, stored=stored)).keep
    assert not median_of_five(seen((9.9,) * 10, stored=stored)).keep


def test_two_deviations_are_counted_over_all_runs_of_the_campaign():
    earlier = (10.2, 9.8, 10.1)
    # 9 9.8 10 10.1 10.2: median 10, distances 1 0.2 0 0.1 0.2, so one deviation is 0.2
    assert deviations(seen((9.0,) * 10, earlier=earlier)).keep
    # 9.7: one deviation is 0.2 as before, and it is 1.5 of them away
    assert not deviations(seen((9.7,) * 10, earlier=earlier)).keep
    assert not deviations(seen((9.0,) * 10)).keep  # two values have no deviation to speak of


def test_welch_needs_a_difference_of_two_standard_errors():
    """Both sides deviate by 0.10541, so t = d / 0.047140 with 18 degrees: 2.1009 is p = 0.05."""
    for distance, keep in ((0.0995, True), (0.0985, False), (-0.2, False)):
        said = welch(seen([x - distance for x in NEAR], stored=NEAR))
        assert (said.keep, said.paid) == (keep, 10)


def test_a_loop_that_keeps_records_stands_on_what_it_kept():
    quarter = math.log(1.25)
    said = records(10.0, [9.0, 9.5, 9.2], [quarter, 0.0, quarter])
    # 9 beats 10; on top of that change the others take 9.5 / 1.25 = 7.6 and 9.2 / 1.25 = 7.36
    assert [one.keep for one in said] == [True, True, True]
    assert said[1].claim == pytest.approx(math.log(9.0 / 7.6))
    assert sum(one.claim for one in said) == pytest.approx(math.log(10.0 / 7.36))
    assert [one.keep for one in records(10.0, [9.0, 9.5], [0.0, 0.0])] == [True, False]
