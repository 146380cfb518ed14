import math
import statistics
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from scipy import stats

from whet.judge.boundaries import boundaries
from whet.judge.calibration import carry_over, detectable_within, floor, noise, resolution
from whet.judge.designing import WARM, design, warm
from whet.model.config import Bench, Config
from whet.model.metric import Goal
from whet.model.trial import Invocation, Pair
from whet.testing.noise import MACHINES, sample_pairs
from whet.testing.pairs import pairs_of, pairs_with
from whet.testing.simulation import calibrated_floors, judge_rows

BOUNDARIES = boundaries(alpha=0.005)


def described(pairs, step=0.0, design=BOUNDARIES):
    return noise(pairs, "seconds", "lower", boundaries=design, resolution=step)


def calibrations(name, count, seed=1, pairs=10):
    rng = np.random.default_rng(seed)
    return [described(sample_pairs(rng, MACHINES[name], pairs=pairs)) for _ in range(count)]


def in_time(log_values, moments=None):
    """Pairs whose invocations, in the order they ran, have these log values: AB BA AB."""
    moments = moments or [10.0 * number for number in range(len(log_values))]
    runs = [
        Invocation(values={"seconds": math.exp(value)}, wall=2.0, at=at)
        for at, value in zip(moments, log_values, strict=True)
    ]
    return tuple(
        Pair(first="a", a=runs[i], b=runs[i + 1])
        if i % 4 == 0
        else Pair(first="b", a=runs[i + 1], b=runs[i])
        for i in range(0, len(runs), 2)
    )


def test_the_deviations_are_the_robust_and_the_plain_one():
    d = [0.01, -0.02, 0.005, 0.03, -0.01, 0.2, 0.0, -0.015]
    found = described(pairs_with(d))
    expected = stats.median_abs_deviation(d, scale="normal")
    assert found.sd_pair == pytest.approx(expected, rel=1e-5)
    assert found.sd_plain == pytest.approx(statistics.stdev(d))
    assert found.pairs == 8


def test_a_side_that_is_always_slower_shows_in_t():
    found = described(pairs_with([0.05, 0.052, 0.049, 0.051, 0.05, 0.048]))
    assert found.mean == pytest.approx(0.05)
    assert found.t > 20


def test_an_infinite_t_is_written_as_a_million():
    assert described(pairs_with([0.05] * 4)).t == 1e6
    assert described(pairs_with([-0.05] * 4)).t == -1e6
    assert described(pairs_with([0.0] * 4)).t == 0.0


def test_a_steady_change_is_told_over_the_whole_calibration():
    found = described(in_time([0.002 * i + 0.0001 * (-1) ** i for i in range(20)]))
    assert found.drift == pytest.approx(0.002 * 19, rel=0.02)
    assert found.autocorrelation > 0.7


def test_one_outlier_is_no_drift():
    values = [0.001 * (-1) ** i for i in range(20)]
    values[-1] = 3.0
    assert abs(described(in_time(values)).drift) < 0.005


def test_drift_needs_no_clock():
    pairs = pairs_of(
        [math.exp(0.02 * i) for i in range(10)], [math.exp(0.02 * i) for i in range(10)]
    )
    assert described(pairs).drift == pytest.approx(0.02 * 9, rel=0.1)


def test_alternating_values_are_negatively_correlated():
    assert described(in_time([0.01, -0.01] * 10)).autocorrelation == pytest.approx(-0.95)


def test_equal_values_are_not_correlated():
    assert described(in_time([0.5] * 10)).autocorrelation == 0.0


def test_the_pair_takes_as_long_as_its_two_invocations():
    assert described(in_time([0.0] * 8)).seconds_per_pair == 4.0


@pytest.mark.parametrize(("cap", "factor"), [(40, 0.73), (20, 1.13), (12, 1.6)])
def test_what_can_be_detected_grows_with_the_noise(cap, factor):
    design = boundaries(alpha=0.005, cap=cap)
    found = described(pairs_with([-0.01, 0.01] * 5), design=design)
    assert found.detectable == pytest.approx(factor * found.sd_pair, rel=0.04)


@pytest.mark.parametrize("cap", [12, 20, 40])
def test_four_of_five_gains_of_the_detectable_size_are_found_where_noise_is_normal(cap):
    design = boundaries(alpha=0.005, cap=cap)
    gain = described(pairs_with([-0.0067, 0.0067] * 5), design=design).detectable
    d = np.random.default_rng(8).normal(math.log1p(gain), 0.01, (4000, cap))
    judged = judge_rows(d, design, min_effect=-9.0, floor=0.005)
    assert 0.78 < judged.accepted.mean() < 0.95


def test_rounding_limits_what_can_be_detected():
    equal = pairs_with([0.0] * 9 + [0.01])
    assert described(equal, step=0.01).detectable > 0.002
    assert described(equal).detectable > 0


def test_two_modes_far_apart_are_seen():
    values = [0.0, 0.04, 0.001, 0.041, 0.0, 0.002, 0.04, 0.001, 0.039, 0.0] * 2
    assert described(in_time(values)).modes == 2


def test_a_few_outliers_are_no_mode():
    values = [0.001 * (i % 5) for i in range(20)]
    values[3] = values[11] = values[12] = 0.4
    assert described(in_time(values)).modes == 1
    assert described(in_time([*values, *values])).modes == 1


def test_few_values_have_one_mode():
    assert described(in_time([0.0, 0.1] * 7)).modes == 1


def test_a_steady_drift_is_one_mode():
    moments = [*range(10), *range(50, 60)]
    assert described(in_time([0.01 * at for at in moments], moments)).modes == 1


def test_a_quiet_machine_has_one_mode_and_a_bimodal_one_mostly_two():
    quiet = [found.modes for found in calibrations("quiet", 300)]
    two = [found.modes for found in calibrations("bimodal", 300)]
    assert quiet.count(2) <= 6
    assert two.count(2) >= 180


def test_heavy_tails_are_called_so():
    assert described(pairs_with([0.01, -0.01] * 5 + [0.4])).heavy_tailed
    assert not described(pairs_with([0.01, -0.01, 0.005, -0.02, 0.0] * 2)).heavy_tailed


def test_normal_noise_is_rarely_called_heavy_tailed():
    rng = np.random.default_rng(6)
    called = [described(pairs_with(rng.normal(0, 0.01, 10))).heavy_tailed for _ in range(400)]
    assert sum(called) < 16


def test_a_long_number_that_repeats_is_a_cached_output():
    assert described(pairs_of([1.23456] * 3, [1.23456] * 3)).constant
    assert not described(pairs_of([1.23456] * 3, [1.23456, 1.23456, 1.23457])).constant


@pytest.mark.parametrize("value", [14.1, 52.0, 12.345, 1_200_000.0, 0.00012])
def test_a_short_number_may_repeat(value):
    assert not described(pairs_of([value] * 3, [value] * 3)).constant


def test_the_floor_is_half_of_the_calibrated_noise():
    found = described(pairs_with([-0.01, 0.01] * 5))
    assert floor(found) == pytest.approx(0.5 * found.sd_pair)


def test_the_floor_is_no_less_than_what_rounding_does():
    found = described(pairs_with([0.0] * 10), step=0.01)
    times = np.random.default_rng(2).uniform(0.9, 1.1, (200_000, 2))
    error = np.log(np.round(times, 2)) - np.log(times)
    assert floor(found) == pytest.approx((error[:, 0] - error[:, 1]).std(), rel=0.02)


def test_the_floor_is_that_of_the_simulation():
    rows = np.random.default_rng(9).normal(0, 0.02, (5, 10))
    expected = calibrated_floors(rows)
    assert [floor(described(pairs_with(row))) for row in rows] == pytest.approx(list(expected))


@pytest.mark.parametrize(
    ("reported", "step"),
    [([9.8, 10.1], 0.1 / 9.95), ([52.0, 53.0], 1 / 52.5), ([1200.0], 1 / 1200), ([0.25], 0.04)],
)
def test_the_resolution_is_the_last_decimal(reported, step):
    assert resolution(reported) == pytest.approx(step)


def test_no_values_have_no_resolution():
    assert resolution([]) == 0.0


def test_one_pair_is_no_calibration():
    with pytest.raises(ValueError, match="at least 2 pairs"):
        described(pairs_with([0.0]))


# Held against scipy and numpy.


@pytest.mark.parametrize("seed", range(5))
def test_drift_and_autocorrelation_are_those_of_scipy_and_numpy(seed):
    rng = np.random.default_rng(seed)
    moments = list(np.cumsum(rng.uniform(1, 5, 24)))
    logs = rng.normal(0, 0.01, 24) + 0.001 * np.arange(24)
    found = described(in_time(list(logs), moments))
    slope = stats.theilslopes(logs, moments).slope
    assert found.drift == pytest.approx(slope * (moments[-1] - moments[0]))
    centred = logs - logs.mean()
    assert found.autocorrelation == pytest.approx(
        (centred[1:] * centred[:-1]).sum() / (centred**2).sum()
    )


@pytest.mark.parametrize("seed", range(5))
def test_spread_mean_and_t_are_those_of_scipy(seed):
    d = np.random.default_rng(seed).standard_t(4, 7) * 0.01
    found = described(pairs_with(list(d)))
    assert found.sd_pair == pytest.approx(1.4826 * stats.median_abs_deviation(d))
    assert found.sd_plain == pytest.approx(d.std(ddof=1))
    assert found.t == pytest.approx(stats.ttest_1samp(d, 0).statistic)


def test_what_a_minute_finds_is_what_its_last_look_finds():
    found = described(pairs_with([-0.01, 0.01] * 5))
    assert found.seconds_per_pair == 2.0
    assert detectable_within(found, BOUNDARIES, 79.9) > found.detectable
    assert detectable_within(found, BOUNDARIES, 80.0) == found.detectable
    assert detectable_within(found, BOUNDARIES, 7.9) is None
    several = [detectable_within(found, BOUNDARIES, s) for s in (8, 16, 24, 48, 80)]
    assert several == sorted(several, reverse=True)


@pytest.mark.parametrize("look", [12, 24])
def test_four_of_five_gains_that_a_time_finds_are_found_in_it(look):
    found = described(pairs_with([-0.0067, 0.0067] * 5))
    gain = detectable_within(found, BOUNDARIES, look * found.seconds_per_pair)
    d = np.random.default_rng(9).normal(math.log1p(gain), 0.01, (4000, 40))
    judged = judge_rows(d, BOUNDARIES, min_effect=-9.0, floor=0.005)
    in_time_ = judged.accepted & (judged.pairs <= look)
    assert 0.78 < in_time_.mean() < 0.95


def test_what_the_other_side_leaves_behind_is_seen_in_who_comes_after_it():
    rng, orders = np.random.default_rng(4), "abbabaabbaababbaabbaba"
    logs = rng.normal(0.0, 0.002, len(orders))
    logs[1:] += [0.05 * (a != b) for a, b in pairwise(orders)]
    runs = [Invocation(values={"seconds": math.exp(value)}, wall=1.0) for value in logs]
    pairs = [
        Pair(first=orders[k], **{orders[k]: runs[k], orders[k + 1]: runs[k + 1]})
        for k in range(0, len(orders), 2)
    ]
    found, error = carry_over(pairs, "seconds", "lower")
    other = np.array([logs[k] for k in range(1, len(logs)) if orders[k] != orders[k - 1]])
    same = np.array([logs[k] for k in range(1, len(logs)) if orders[k] == orders[k - 1]])
    assert found == pytest.approx(other.mean() - same.mean())
    assert found == pytest.approx(0.05, abs=0.003)
    assert found / error == pytest.approx(stats.ttest_ind(other, same, equal_var=False).statistic)
    swapped = [Pair(first=p.first, a=p.a, b=p.b) for p in pairs]
    assert carry_over(swapped, "seconds", "higher")[0] == pytest.approx(-found)


def test_who_never_follows_its_own_side_tells_nothing_of_it():
    with pytest.raises(ValueError, match="too few"):
        carry_over(pairs_with([0.1] * 6), "seconds", "lower")


def first_runs(*log_values):
    return tuple(Invocation(values={"seconds": math.exp(value)}, wall=1.0) for value in log_values)


@pytest.mark.parametrize(("direction", "sign"), [("lower", 1), ("higher", -1)])
def test_first_runs_are_cold_when_both_are_worse_than_those_that_come_next(direction, sign):
    pairs = in_time([0.01 * (-1) ** number for number in range(20)])

    def cold(*worse):
        return noise(
            pairs, "seconds", direction, boundaries=BOUNDARIES, resolution=0.0,
            warmups=first_runs(*(sign * value for value in worse)),
        ).cold  # fmt: skip

    assert cold() is None
    assert cold(0.3, 0.2) == pytest.approx(0.2 / (1.4826 * 0.01))
    assert cold(0.3, -0.01) == pytest.approx(-1 / 1.4826)


def test_first_runs_after_which_a_machine_drifts_are_not_cold():
    pairs = in_time([-0.01 * number + 0.001 * (-1) ** number for number in range(20)])
    found = noise(pairs, "seconds", "lower", boundaries=BOUNDARIES, resolution=0.0,
                  warmups=first_runs(0.02, 0.01))  # fmt: skip
    assert found.cold < WARM


def test_candidates_go_without_first_runs_only_where_these_are_known_to_be_no_slower():
    usual = Config(goal=Goal(metric="seconds"), bench=Bench(command="x"))
    asked = replace(usual, bench=Bench(command="x", warmup=2))
    known = described(sample_pairs(np.random.default_rng(1), MACHINES["quiet"], pairs=10))
    assert warm(usual, None)
    assert warm(usual, known)
    assert warm(usual, replace(known, cold=1.5))
    assert not warm(usual, replace(known, cold=0.5))
    assert warm(asked, replace(known, cold=0.5))


def test_only_a_machine_whose_noise_hides_the_minimum_is_judged_in_haste():
    config = Config(goal=Goal(metric="seconds"), bench=Bench(command="x"))
    known = described(sample_pairs(np.random.default_rng(1), MACHINES["quiet"], pairs=10))
    assert design(config, known, 0.005).impatience is None
    assert design(config, None, 0.005).impatience is None
    noisy = replace(known, sd_pair=0.04)
    assert design(config, noisy, 0.005).impatience.above == pytest.approx(2 * math.log(1.02))
    patient = replace(config, goal=Goal(metric="seconds", min_effect=0.03))
    assert design(patient, noisy, 0.005).impatience is None


def test_where_duds_are_told_at_a_glance_it_is_patient_with_the_others():
    config = Config(goal=Goal(metric="seconds"), bench=Bench(command="x"))
    known = described(sample_pairs(np.random.default_rng(1), MACHINES["quiet"], pairs=10))
    plain, calm = (design(config, known, 0.005, usual=usual) for usual in (0.011, 0.0095))
    assert calm.boundaries.beta == pytest.approx(2 / 3 * plain.boundaries.beta)
    assert all(calm.around_t[n] > plain.around_t[n] for n in range(2, 41))
    assert calm.boundaries.accept_t == plain.boundaries.accept_t


def test_what_pairs_have_spread_by_since_counts_for_more_than_ten_of_a_calibration():
    config = Config(goal=Goal(metric="seconds"), bench=Bench(command="x"))
    known = described(sample_pairs(np.random.default_rng(1), MACHINES["quiet"], pairs=10))
    assert design(config, known, 0.005, usual=0.05).impatience is not None
    assert design(config, replace(known, sd_pair=0.05), 0.005, usual=0.02).impatience is None
    assert design(config, known, 0.005, usual=0.05).floor == design(config, known, 0.005).floor
