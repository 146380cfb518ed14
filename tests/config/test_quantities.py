import typing

import pytest
from hypothesis import given
from hypothesis import strategies as st

from whet.config.keys import known
from whet.config.quantities import KINDS, NotAQuantity, read, read_cpus, show
from whet.config.rules import RANGES


@pytest.mark.parametrize(
    ("kind", "value", "expected"),
    [
        ("duration", 5, 5.0),
        ("duration", 0.5, 0.5),
        ("duration", "30s", 30.0),
        ("duration", "15m", 900.0),
        ("duration", "15 min", 900.0),
        ("duration", "2h", 7200.0),
        ("duration", "1h30m", 5400.0),
        ("duration", "250ms", 0.25),
        ("duration", "1d", 86400.0),
        ("share", 0.02, 0.02),
        ("share", "2%", 0.02),
        ("share", "0.5 %", 0.005),
        ("share", "+20%", 0.2),
        ("hours", 8, 8.0),
        ("hours", "8h", 8.0),
        ("hours", "90m", 1.5),
        ("size", 17, 17.0),
        ("size", "17.2MB", 17.2e6),
        ("size", "590 MiB", 590.0 * 2**20),
    ],
)
def test_quantities_are_read_as_people_write_them(kind, value, expected):
    assert read(kind, value) == expected


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("duration", "30"),
        ("duration", ""),
        ("duration", "-5s"),
        ("duration", "5 parsecs"),
        ("duration", "s"),
        ("duration", "5s!"),
        ("duration", True),
        ("duration", None),
        ("duration", [5]),
        ("duration", float("nan")),
        ("duration", 10**400),
        ("share", "2"),
        ("share", "-2%"),
        ("share", "2%%"),
        ("share", "two percent"),
        ("share", float("inf")),
        ("hours", "8"),
        ("size", "590"),
        ("size", "590 Mb"),
        ("size", "large"),
    ],
)
def test_what_is_no_quantity_is_refused(kind, value):
    with pytest.raises(NotAQuantity):
        read(kind, value)


@given(
    st.sampled_from(["duration", "share", "hours", "size", "money"]),
    st.floats(min_value=0, max_value=1e6),
)
def test_a_shown_quantity_is_read_as_the_same(kind, value):
    text = show(kind, value)
    assert read(kind, float(text) if text == repr(value) else text) == value


@pytest.mark.parametrize(
    ("kind", "value", "text"),
    [
        ("duration", 900.0, "15m"),
        ("duration", 90.0, "90s"),
        ("duration", 0.25, "0.25"),
        ("share", 0.02, "2%"),
        ("share", 0.005, "0.5%"),
        ("hours", 8.0, "8h"),
        ("hours", 0.5, "30m"),
        ("size", 590.0 * 2**20, "590MiB"),
        ("size", 17.2e6, "17200kB"),
        ("money", 0.5, "0.5usd"),
    ],
)
def test_quantities_are_shown_short(kind, value, text):
    assert show(kind, value) == text


def test_every_number_of_the_model_has_a_range_and_every_fraction_a_kind():
    numbers = {
        pattern
        for pattern, key in known().items()
        if {int, float} & {key.hint, *typing.get_args(key.hint)}
    }
    floats = {
        pattern
        for pattern, key in known().items()
        if float in {key.hint, *typing.get_args(key.hint)}
    }
    assert numbers == RANGES.keys()
    assert floats - KINDS.keys() == {"judge.best_possible", "roofline.flops_per_unit"}
    assert KINDS.keys() <= floats


@pytest.mark.parametrize(
    ("text", "cores"),
    [("", set()), ("0", {0}), ("0-3,6", {0, 1, 2, 3, 6}), (" 1 , 2 - 3 ", {1, 2, 3})],
)
def test_a_cpu_list_is_read_as_linux_writes_it(text, cores):
    assert read_cpus(text) == cores


@pytest.mark.parametrize("text", ["all", "0-", "3-1", "0,,1", "-1", "0-99999", "1.5", ","])
def test_what_is_no_cpu_list_is_refused(text):
    with pytest.raises(NotAQuantity):
        read_cpus(text)
