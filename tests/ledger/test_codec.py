"""Every event as a line and back; every kind of damage found."""

import json
import math
from typing import get_args

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from support.built import built
from whet.errors import LedgerCorrupt
from whet.ledger.codec import START, VERSION, Link, decode, encode
from whet.model import event as happened
from whet.model.event import Event
from whet.testing.events import campaign

KINDS = get_args(Event)


def chained(events):
    link, lines = Link(), []
    for event in events:
        line, link = encode(event, link)
        lines.append(line)
    return lines


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_every_event_comes_back_as_it_was(kind):
    @settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
    @given(event=built(kind), count=st.integers(0, 10**6))
    def check(event, count):
        after = Link(count, "f" * 64)
        line, link = encode(event, after)
        assert b"\n" not in line
        assert decode(line, after, "x") == (event, link)

    check()


def test_every_kind_of_event_has_its_own_type():
    names = [kind.__dataclass_fields__["type"].default for kind in KINDS]
    assert len(set(names)) == len(KINDS)


def test_evidence_and_ideas_as_the_first_version_wrote_them_are_still_read():
    bodies = [
        (
            b'{"at":1.0,"evidence":{"id":"S01","reader":"profile","locator":"a.c:1","quote":"62 %",'
            b'"title":"","digest":"","licence":""},"type":"evidence.found"}'
        ),
        (
            b'{"at":1.0,"idea":{"id":"I01","title":"one pass","mechanism":"","evidence":["S01"],'
            b'"predicted":[0.02,0.05],"refuted_by":"","theme":"","source":"user"},"type":"idea.added"}'
        ),
    ]
    found, idea = (decode(signed(body), Link(), "x")[0] for body in bodies)
    assert (found.evidence.id, found.evidence.quote) == ("S01", "62 %")
    assert (idea.idea.predicted, idea.idea.bound) == ((0.02, 0.05), None)


def test_a_campaign_comes_back_as_it_was():
    events = list(campaign(9, pairs=3))
    link = Link()
    for event, line in zip(events, chained(events), strict=True):
        found, link = decode(line, link, "x")
        assert found == event
    assert link.count == len(events)


@pytest.mark.parametrize("value", [math.inf, -math.inf, math.nan])
def test_numbers_that_json_has_no_word_for_come_back(value):
    line, _ = encode(happened.CampaignResumed(at=value, recovered=0), Link())
    json.loads(line, parse_constant=lambda word: pytest.fail(f"{word} is no JSON"))
    (found, _) = decode(line, Link(), "x")
    assert repr(found.at) == repr(value)


def test_text_that_is_no_unicode_is_kept_as_far_as_it_can_be():
    event = happened.IdeaDropped(at=1.0, idea="I01", reason="changes b\udce4 ä")
    line, _ = encode(event, Link())
    found, _ = decode(line, Link(), "x")
    assert found.reason == "changes b? ä"


def test_the_first_line_is_chained_to_nothing():
    line, link = encode(happened.CampaignResumed(at=1.0, recovered=0), Link())
    assert line.startswith(b'{"n":0,"v":1,"hash":"' + link.hash.encode())
    assert Link().hash == START


def test_the_hash_depends_on_all_that_came_before():
    event = happened.CampaignResumed(at=1.0, recovered=0)
    _, one = encode(event, Link(5, "a" * 64))
    _, other = encode(event, Link(5, "b" * 64))
    assert one.hash != other.hash


def test_every_flipped_bit_is_found():
    event = happened.IdeaDropped(at=1.5, idea="I01", reason="no")
    line, _ = encode(event, Link())
    for place in range(len(line)):
        for bit in range(8):
            damaged = bytearray(line)
            damaged[place] ^= 1 << bit
            with pytest.raises(LedgerCorrupt):
                decode(bytes(damaged), Link(), "events.jsonl")


def test_every_shortened_line_is_found():
    line, _ = encode(happened.IdeaDropped(at=1.5, idea="I01", reason="no"), Link())
    for end in range(len(line)):
        with pytest.raises(LedgerCorrupt, match=r"events\.jsonl line 1 is not a ledger line"):
            decode(line[:end], Link(), "events.jsonl")


def test_a_line_of_a_newer_version_says_to_upgrade():
    line, _ = encode(happened.CampaignResumed(at=1.0, recovered=0), Link())
    newer = line.replace(b'"v":1', b'"v":%d' % (VERSION + 1))
    with pytest.raises(LedgerCorrupt, match=r"written by a newer whet \(format 2, not 1\)") as told:
        decode(newer, Link(), "events.jsonl")
    assert "`pip install --upgrade whet`" in told.value.hint


def signed(body):
    """A line that is chained rightly, whatever it says."""
    from whet.ledger.codec import _digest

    return b'{"n":0,"v":1,"hash":"' + _digest(START, body).encode() + b'","event":' + body + b"}"


@pytest.mark.parametrize(("body", "said"), [
    (b'{"type":"no.such","at":1}', "Input tag 'no.such'"),
    (b'{"at":1}', "Unable to extract tag"),
    (b'{"type":"idea.dropped","at":1,"idea":"I1"}', "idea.dropped.reason: Field required"),
    (b'{"type":"idea.dropped","at":"x","idea":"I1","reason":""}', "idea.dropped.at: "),
])  # fmt: skip
def test_a_line_that_holds_no_event_says_which_field(body, said):
    with pytest.raises(LedgerCorrupt, match="line 1 holds no event whet knows") as told:
        decode(signed(body), Link(), "events.jsonl")
    assert said in told.value.message


def test_fields_that_were_added_later_take_their_defaults():
    body = b'{"type":"wave.opened","at":1,"wave":1,"ideas":["I01"]}'
    found, _ = decode(signed(body), Link(), "x")
    assert found == happened.WaveOpened(at=1.0, wave=1, ideas=("I01",), title="")
