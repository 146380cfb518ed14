"""What has become of an idea, in a few words."""

from whet.model.idea import Idea
from whet.plan.state import State
from whet.report.escape import cut

_WIDE = 160


def fate(state: State, idea: Idea) -> str:
    """Whether it waits, was taken up, or what the last try of it gave: "E04: kept"."""
    if idea.id in state.ruled_out:
        return f"ruled out: {cut(state.ruled_out[idea.id].reason, _WIDE)}"
    if idea.id in state.dropped:
        return "dropped"
    tried = [e for e in state.experiments.values() if e.candidate.idea == idea.id]
    if tried and tried[-1].verdict is not None and tried[-1].in_stack:
        return f"{tried[-1].id}: kept"
    if idea.id in state.claims:
        return f"claimed by {cut(state.claims[idea.id].by, 60)}"
    if tried:
        given = tried[-1].verdict
        return f"{tried[-1].id}: {given.kind if given is not None else tried[-1].status}"
    return "waiting"
