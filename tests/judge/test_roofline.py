"""What bounds a program, on a machine whose ceilings are given."""

from dataclasses import replace

import pytest

from whet.judge.roofline import (
    Small,
    Traffic,
    Work,
    bandwidth,
    impossible,
    of_traffic,
    of_work,
    witnessed,
)
from whet.model.sampling import Ceilings, Level

MACHINE = Ceilings(
    clock=3.65e9, scalar=15e9, vector=117.5e9, together=32e9, threads=2,
    caches=(48 << 10, 1 << 20, 32 << 20),
    levels=(
        Level(size=16 << 10, bandwidth=213e9, latency=1.1e-9),
        Level(size=512 << 10, bandwidth=118e9, latency=4e-9),
        Level(size=4 << 20, bandwidth=100e9, latency=13e-9),
        Level(size=16 << 20, bandwidth=60e9, latency=30e-9),
        Level(size=256 << 20, bandwidth=18e9, latency=106e-9),
    ),
)  # fmt: skip
MODEL = 582e6


def test_decode_that_reads_the_model_for_each_token_is_bound_by_bandwidth():
    limit = of_work(MACHINE, Work(moved=MODEL / 0.033, operations=2.2e9 / 0.033, size=MODEL))
    assert (limit.kind, limit.basis) == ("bandwidth", "declared")
    assert 0.9 < limit.used < 1.05
    assert "17.6 GB/s of the 18 GB/s" in limit.why[0]


def test_a_prompt_that_reads_it_once_is_bound_by_arithmetic():
    limit = of_work(MACHINE, Work(moved=MODEL / 256 / 0.0155, operations=137e9, size=MODEL))
    assert limit.kind == "compute"


@pytest.mark.parametrize(
    ("share", "times", "kind"),
    [
        (0.8, 1.0, "compute"),  # at four fifths of the ceiling, and not waiting for it
        (0.8, 1.6, "bandwidth"),
        (0.5, 1.0, "compute"),
        (0.5, 1.6, "unknown"),  # it waits for memory, but not for its bandwidth alone
        (0.95, 1.0, "bandwidth"),  # nobody moves more
    ],
)
def test_code_that_is_as_fast_from_a_cache_does_not_wait_for_memory(share, times, kind):
    moved = share * 18e9
    alone = of_work(MACHINE, Work(moved=moved, size=MODEL))
    small = Small(moved=times * moved, size=13e6)
    limit = witnessed(MACHINE, alone, moved, small)
    assert limit.kind == kind
    assert limit.why[0] == alone.why[0]
    assert "the same code moves" in limit.why[-1]


def test_a_smaller_run_that_no_cache_holds_witnesses_nothing():
    alone = of_work(MACHINE, Work(moved=0.8 * 18e9, size=MODEL))
    limit = witnessed(MACHINE, alone, 0.8 * 18e9, Small(moved=0.8 * 18e9, size=100e6))
    assert limit.kind == "bandwidth"
    assert limit.why[-1] == "no cache holds the 100 MB of `cached_command`"
    assert witnessed(MACHINE, alone, 0.0, Small(moved=0, size=0)) == alone


def test_few_bytes_alone_say_nothing_about_what_is_missing():
    assert of_work(MACHINE, Work(moved=0.02 * 18e9, size=MODEL)).kind == "unknown"
    assert of_work(MACHINE, Work()).kind == "unknown"


def test_half_of_every_ceiling_is_unknown():
    half = Work(moved=0.5 * 18e9, operations=0.5 * 117e9, size=MODEL)
    assert of_work(MACHINE, half).kind == "unknown"


def test_bytes_that_stay_in_a_cache_are_put_beside_that_cache():
    assert of_work(MACHINE, Work(moved=55e9, size=16 << 20)).kind == "cache"


def test_without_ceilings_there_is_no_verdict_but_a_reason():
    missing = Ceilings(problem="no C compiler")
    limit = of_work(missing, Work(moved=1e12, operations=1e12))
    assert (limit.kind, limit.why) == ("unknown", ("no C compiler",))
    assert of_traffic(missing, Traffic(seconds=1, instructions=1, near=1, far=1)).kind == "unknown"
    assert impossible(missing, Work(moved=1e15)) == ()


@pytest.mark.parametrize(
    ("truth", "misses", "near", "per_cycle"),
    [
        ("bandwidth", 1.0 * 18e9 / 64, 1.0 * 18e9 / 64, 0.38),
        ("bandwidth", 0.85 * 18e9 / 64, 0.9 * 18e9 / 64, 0.84),
        ("latency", 1.0 / 106e-9, 1.0 / 106e-9, 0.01),
        ("compute", 0.0, 1e5, 3.0),
        ("compute", 0.0, 1e5, 1.2),
        ("cache", 0.0, 0.9 * 60e9 / 64, 1.5),
        ("unknown", 0.5 * 18e9 / 64, 0.5 * 18e9 / 64, 0.6),
        ("unknown", 0.0, 0.0, 0.2),
    ],
)
def test_what_was_counted_in_a_second_tells_the_limit(truth, misses, near, per_cycle):
    counted = Traffic(
        seconds=1.0, instructions=int(per_cycle * 3.65e9), near=int(near), far=int(misses)
    )
    assert of_traffic(MACHINE, counted).kind == truth


def test_what_hardly_ran_is_not_judged():
    assert (
        of_traffic(MACHINE, Traffic(seconds=0.0, instructions=5, near=1, far=1)).kind == "unknown"
    )


def test_between_measured_sizes_the_ceiling_lies_between():
    assert 60e9 < bandwidth(MACHINE, 8 << 20) < 100e9
    assert bandwidth(MACHINE, 1) == 213e9
    assert bandwidth(MACHINE, 1 << 40) == 18e9
    assert bandwidth(MACHINE, 1 << 40, threads=2) == 16e9


def test_more_bytes_than_the_machine_reads_are_impossible():
    assert impossible(MACHINE, Work(moved=30e9, size=MODEL)) == ()
    said = impossible(MACHINE, Work(moved=80e9, size=MODEL))
    assert "80 GB/s is more than the 32 GB/s" in said[0]


def test_more_arithmetic_than_all_cores_do_is_impossible_even_in_bytes():
    assert impossible(MACHINE, Work(operations=900e9)) == ()
    assert "GFLOP/s is more than" in impossible(MACHINE, Work(operations=1500e9))[0]


def test_small_data_may_move_as_fast_as_all_first_caches():
    assert impossible(MACHINE, Work(moved=400e9, size=8 << 10)) == ()
    assert impossible(replace(MACHINE, threads=1), Work(moved=400e9, size=8 << 10)) != ()


def test_where_it_stands_is_told_where_work_and_bytes_are_known():
    declared = of_work(MACHINE, Work(moved=2e9, operations=8e9, size=MODEL)).roof
    assert (declared.work, declared.moved, declared.intensity) == (8e9, 2e9, 4.0)
    assert declared.compute == MACHINE.vector
    assert not declared.counted
    counted = of_traffic(MACHINE, Traffic(seconds=2, instructions=8e9, near=2e7, far=1e7)).roof
    assert (counted.work, counted.moved) == (4e9, 3.2e8)
    assert (counted.compute, counted.counted) == (MACHINE.clock, True)
    assert of_work(MACHINE, Work(moved=2e9, size=MODEL)).roof is None
    assert of_traffic(MACHINE, Traffic(seconds=2, instructions=8e9, near=0, far=0)).roof is None
