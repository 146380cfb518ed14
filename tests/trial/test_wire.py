import json
import math
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from support.built import built
from whet.model.trial import Block, Fingerprint, Invocation, Pair, TrialOutcome, TrialSpec
from whet.ports import Progress
from whet.testing.events import MACHINE
from whet.trial.wire import WireError, decode, encode

QUICK = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))


@pytest.mark.parametrize(
    "kind", [TrialSpec, Block, TrialOutcome, Progress], ids=lambda k: k.__name__
)
def test_every_message_comes_back_as_it_was(kind):
    @QUICK
    @given(built(kind))
    def check(value):
        line = encode(value)
        assert "\n" not in line
        assert decode(kind, line) == decode(kind, line.encode()) == value

    check()


def changed(**fields: Any) -> str:
    data = json.loads(encode(TrialOutcome(id="x", fingerprint=MACHINE, stages=())))
    return json.dumps({**data, **fields})


@pytest.mark.parametrize(("text", "said"), [
    ("", "not JSON"),
    ("[]", r"TrialOutcome cannot be \[\]"),
    (changed(colour="red"), "TrialOutcome has no field colour"),
    (changed(id=5), r"TrialOutcome\.id cannot be 5"),
    (changed(identical=1), r"TrialOutcome\.identical cannot be 1"),
    (changed(seconds="1"), r"TrialOutcome\.seconds cannot be '1'"),
    (changed(seconds=True), r"TrialOutcome\.seconds cannot be True"),
    (changed(stages={}), r"TrialOutcome\.stages cannot be \{\}"),
    (changed(stages=[{"name": "lunch"}]), r"TrialOutcome\.stages\[0\]\.name cannot be 'lunch'"),
    (changed(failures={"c": 1}), "TrialOutcome.failures cannot be 'c'"),
    (changed(failures={"a": True}), r"TrialOutcome\.failures\.a cannot be True"),
    (changed(failures={"a": 1.5}), r"TrialOutcome\.failures\.a cannot be 1\.5"),
    ('{"id": "x"}', "TrialOutcome: .*missing"),
    (changed().replace("0.0", "NaN", 1), "NaN is no number"),
    (changed().replace("0.0", "1" + "0" * 400, 1), "TrialOutcome.seconds cannot be 1000"),
])  # fmt: skip
def test_a_message_of_another_shape_names_the_field(text, said):
    with pytest.raises(WireError, match=said):
        decode(TrialOutcome, text)


def test_whole_numbers_may_stand_for_fractions():
    assert decode(TrialOutcome, changed(seconds=3)).seconds == 3.0


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_a_number_that_json_does_not_have_is_not_sent(value):
    run = Invocation(values={"x": value}, wall=1.0)
    with pytest.raises(ValueError, match="not JSON compliant"):
        encode(Pair(first="a", a=run, b=run))


def test_text_that_is_no_unicode_is_sent_as_far_as_it_can_be():
    line = encode(Fingerprint(**{**json.loads(encode(MACHINE)), "host": "b\udce4x ä"}))
    assert decode(Fingerprint, line).host == "b?x ä"
