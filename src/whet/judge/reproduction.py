"""Whether a number that was measured elsewhere came out again. Pure."""

from typing import Literal

from whet.model.verdict import Effect

_FAR_WIDER = 3.0
"""Times the width of an interval: one so wide overlaps with nearly anything."""

Answer = Literal["reproduced", "not_reproduced", "cannot_tell"]


def reproduction(recorded: Effect, again: Effect, *, same_kind: bool) -> tuple[Answer, str]:
    """The answer and why.

    Args:
        recorded: the gain that is claimed.
        again: the gain that was measured now.
        same_kind: both machines have the same processor.

    It came out again when there is a gain and both intervals overlap, or it is larger than
    claimed. Where the interval of now says neither gain nor loss, the machine says nothing,
    unless even its upper end is below what is claimed. Another processor may gain another amount:
    a smaller gain there is neither a confirmation nor a refutation. Where no gain is claimed,
    overlapping intervals are all that can come out again, if that of now is not far wider.
    """
    overlap = again.low <= recorded.high and recorded.low <= again.high
    if recorded.low <= 0 and overlap:
        if again.high - again.low > _FAR_WIDER * (recorded.high - recorded.low):
            return "cannot_tell", "this machine is too noisy to tell"
        return "reproduced", "the intervals overlap"
    if again.low > 0:
        if overlap:
            return "reproduced", "the intervals overlap"
        if again.estimate > recorded.estimate:
            return "reproduced", "the gain is larger here"
        if not same_kind:
            return "cannot_tell", "a smaller gain on another kind of machine"
        return "not_reproduced", "the gain is smaller here"
    if again.high < 0:
        return "not_reproduced", "it is slower here"
    if overlap:
        return "cannot_tell", "this machine is too noisy to tell the gain from none"
    if not same_kind:
        return "cannot_tell", "no gain on another kind of machine"
    return "not_reproduced", "there is no such gain here"
