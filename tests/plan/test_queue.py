"""Which ideas wait, and in which order."""

from whet.model import event as happened
from whet.model import reading
from whet.model.idea import Idea, Ruling
from whet.plan.replay import replay


def added(*names: str) -> list[happened.Event]:
    return [happened.IdeaAdded(at=1.0, idea=Idea(id=name, title=name)) for name in names]


def queued(*events: happened.Event) -> list[str]:
    return [idea.id for idea in replay(events).queue()]


RULED = happened.IdeaRuledOut(
    at=2.0,
    idea="I01",
    ruling=Ruling(code="off-path", reason="not in the profile", reopen_if="it shows up there"),
)


def test_ideas_wait_in_the_order_they_came():
    assert queued(*added("I02", "I01", "I03")) == ["I02", "I01", "I03"]


def test_an_order_holds_and_new_ideas_come_after_it():
    ordered = reading.IdeasOrdered(at=2.0, ideas=("I03", "I01"), reason="ranked")
    assert queued(*added("I01", "I02", "I03"), ordered) == ["I03", "I01", "I02"]


def test_an_idea_that_is_ruled_out_does_not_wait_and_may_be_opened_again():
    opened = happened.IdeaReopened(at=3.0, idea="I01", reason="the profile changed")
    assert queued(*added("I01", "I02"), RULED) == ["I02"]
    assert queued(*added("I01", "I02"), RULED, opened) == ["I01", "I02"]
    assert replay([*added("I01"), RULED]).given_up("I01")


def test_what_was_dropped_may_be_opened_again():
    dropped = happened.IdeaDropped(at=2.0, idea="I01", reason="no")
    opened = happened.IdeaReopened(at=3.0, idea="I01", reason="a person said so")
    assert queued(*added("I01"), dropped) == []
    assert queued(*added("I01"), dropped, opened) == ["I01"]
