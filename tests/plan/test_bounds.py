"""What a change can bring at most."""

import math

import pytest

from whet.plan.bounds import Hot, amdahl, at_the_ceiling, bound, path

DECODE = path([
    Hot(name="gemv", share=0.95, limit="bandwidth", used=0.98),
    Hot(name="norm", share=0.03),
])  # fmt: skip


def test_half_the_time_gone_is_twice_the_speed():
    assert amdahl(0.5) == pytest.approx(1.0)
    assert amdahl(0.5, left=0.5) == pytest.approx(1 / 3)
    assert amdahl(0.0) == 0.0
    assert amdahl(1.0) == math.inf


def test_a_fusion_is_worth_the_absorbed_operation_only():
    assert bound(["norm"], DECODE, moves_less=False) <= 0.031
    assert bound(["norm"], DECODE, moves_less=False) == pytest.approx(0.03 / 0.97)


def test_computing_differently_cannot_beat_the_bytes():
    assert bound(["gemv"], DECODE, moves_less=False) < 0.02
    assert bound(["gemv"], DECODE, moves_less=True) == pytest.approx(19.0)
    assert at_the_ceiling(DECODE["gemv"])


def test_a_limit_nobody_knows_bounds_nothing():
    unknown = path([Hot(name="gemv", share=0.95, limit="unknown", used=0.98)])
    assert bound(["gemv"], unknown, moves_less=False) == pytest.approx(19.0)
    computes = path([Hot(name="gemm", share=0.9, limit="compute", used=0.97)])
    assert bound(["gemm"], computes, moves_less=False) == pytest.approx(9.0)
    assert not at_the_ceiling(computes["gemm"])


def test_what_is_not_on_the_path_brings_nothing():
    assert bound(["load"], DECODE, moves_less=True) == 0.0


def test_a_function_named_twice_counts_once_and_its_parts_together():
    twice = path([Hot(name="f", share=0.2), Hot(name="f", share=0.3)])
    assert twice["f"].share == pytest.approx(0.5)
    assert bound(["f", "f"], twice, moves_less=False) == pytest.approx(1.0)
