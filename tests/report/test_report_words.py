from typing import get_args

import pytest

from whet.model.verdict import Effect, ReasonCode, Verdict, VerdictKind
from whet.report import figures, words


def effect(estimate: float, low: float, high: float) -> Effect:
    return Effect(
        metric="m", estimate=estimate, low=low, high=high, confidence=0.95, pairs=8, a=1.0, b=1.0
    )


def test_every_verdict_has_words_and_a_shape_of_its_own():
    assert set(words.WORDS) == set(get_args(VerdictKind))
    assert len({word.shape for word in words.WORDS.values()}) == len(words.WORDS)


def test_every_reason_has_words():
    assert set(words.REASONS) == set(get_args(ReasonCode))


@pytest.mark.parametrize("kind", get_args(VerdictKind))
@pytest.mark.parametrize("code", get_args(ReasonCode))
def test_the_short_word_fits_its_column(kind, code):
    verdict = Verdict(kind=kind, code=code, reason="")
    assert 0 < len(words.short(verdict)) <= 7
    assert words.sentence(verdict)


def test_a_verdict_that_waits_for_a_person_is_held():
    verdict = Verdict(kind="inconclusive", code="suspicious", reason="x", held="x")
    assert (words.short(verdict), words.title(verdict)) == ("held", "Held for a person")


def test_a_reason_that_says_no_more_than_its_code_is_not_said_twice():
    assert words.sentence(Verdict(kind="discarded", code="slower", reason="slower")) == "slower"
    failed = Verdict(kind="failed", code="crash", reason="SIGILL")
    assert words.sentence(failed) == "crashed: SIGILL"


@pytest.mark.parametrize(
    ("fraction", "text"),
    [
        (0.064, "+6.4%"),
        (-0.028, "-2.8%"),
        (0.0, "0.0%"),
        (-0.0001, "0.0%"),
        (12.345, "+1234%"),
        (1e9, "+1e+11%"),
        (float("inf"), "?%"),
        (float("nan"), "?%"),
    ],
)
def test_percent(fraction, text):
    assert figures.percent(fraction) == text


def test_an_effect_with_its_interval():
    assert figures.change(effect(0.064, 0.056, 0.072)) == "+6.4% [+5.6, +7.2]"


def test_a_narrow_interval_gets_more_decimals():
    assert figures.change(effect(0.0004, 0.0002, 0.0006)) == "+0.04% [+0.02, +0.06]"
    assert figures.change(effect(0.00004, 0.00003, 0.00005)) == "+0.004% [+0.003, +0.005]"


def test_an_exact_difference_is_not_rounded_away():
    assert figures.estimate(effect(0.0003, 0.0003, 0.0003)) == "+0.03%"
    assert figures.change(effect(0.0, 0.0, 0.0)) == "0.0% [0.0, 0.0]"


def test_an_interval_that_includes_zero_is_not_settled():
    assert figures.settled(effect(0.01, 0.001, 0.02))
    assert figures.settled(effect(-0.01, -0.02, -0.001))
    assert not figures.settled(effect(0.01, -0.001, 0.02))
    assert not figures.settled(effect(0.0, 0.0, 0.0))


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (41.37, "41.37 t/s"),
        (47.6, "47.60 t/s"),
        (742.0, "742 t/s"),
        (0.0123456, "0.01235 t/s"),
        (0.00012345, "1.234e-4 t/s"),
        (412345.0, "412345 t/s"),
        (412345.6, "412346 t/s"),
        (1.5e9, "1.500e9 t/s"),
        (0.0, "0 t/s"),
        (-3.25, "-3.250 t/s"),
        (float("nan"), "? t/s"),
    ],
)
def test_values_have_four_significant_digits(number, text):
    assert figures.value(number, "t/s") == text


def test_a_value_without_a_unit_ends_with_its_digits():
    assert figures.value(9.641) == "9.641"


@pytest.mark.parametrize(
    ("seconds", "watch", "said"),
    [
        (5.2, "0:05", "5 s"),
        (84, "1:24", "84 s"),
        (372, "6:12", "6 min"),
        (3760, "1:02:40", "1 h 3 min"),
        (8100, "2:15:00", "2 h 15 min"),
        (7200, "2:00:00", "2 h"),
        (273600, "76:00:00", "3 d 4 h"),
        (-1, "0:00", "0 s"),
    ],
)
def test_durations(seconds, watch, said):
    assert figures.clock(seconds) == watch
    assert figures.duration(seconds) == said


def test_a_moment_is_iso_8601_in_utc():
    assert figures.moment(1795370400.9) == "2026-11-22T18:00:00Z"


def test_only_numbers_get_a_true_minus_sign():
    assert figures.typeset("-1.5% [-2, +1]") == "\N{MINUS SIGN}1.5% [\N{MINUS SIGN}2, +1]"
    assert figures.typeset("one-pass, x86-64, E-3") == "one-pass, x86-64, E-3"
