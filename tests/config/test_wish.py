"""What a goal in words says in numbers."""

import pytest

from whet.config.wish import target


@pytest.mark.parametrize(
    ("words", "share"),
    [
        ("20 % faster", 0.2),
        ("+12.5% tokens per second", 0.125),
        ("2x the throughput", 1.0),
        ("three things, 1,5 times as fast", 0.5),
        ("make parsing fast", None),
        ("10 % faster and 5 % smaller", None),
        ("0 % slower", None),
        ("p99 of utf8 under AVX512x", None),
        ("1x", None),
    ],
)
def test_one_share_in_the_words_is_the_target(words, share):
    assert target(words) == (pytest.approx(share) if share is not None else None)
