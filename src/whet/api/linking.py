"""Whether the sources that ideas cite are still where they were read."""

import os
from dataclasses import dataclass, replace
from pathlib import Path

from whet.api.asking import frozen
from whet.api.branching import as_before
from whet.api.workspace import open_campaign
from whet.clock import SystemClock
from whet.errors import NotReady
from whet.model.event import EvidenceFound
from whet.model.idea import Evidence
from whet.readers import links
from whet.report.figures import moment
from whet.report.story import cited
from whet.wiring import open_readers, open_world


@dataclass(frozen=True, slots=True, kw_only=True)
class Linked:
    """What became of sources; `unknown` are those that nobody could be asked about."""

    there: int
    gone: tuple[Evidence, ...]
    unknown: int


def look_at_links(start: Path, campaign: str = "") -> Linked:
    """Ask for every address that ideas cite, and record which lead nowhere any more.

    Raises:
        NotReady: no network is to be used, or a run is writing the campaign.
    """
    found = open_campaign(start, campaign)
    state = found.state
    assert state.config is not None
    if state.config.research.offline:
        raise NotReady(
            "[research] `offline` is set, so no address can be asked for", hint="whet report"
        )
    label = f"{found.repo.root}:links.{os.getpid()}"
    day = moment(SystemClock().now())[:10]
    changed, count = [], {"there": 0, "gone": 0, "unknown": 0}
    with open_readers(found.repo, state.config, label) as readers:
        for one in cited(state):
            answer, _ = links.look(readers.door, one.locator)
            count[answer] += 1
            gone = (one.gone or day) if answer == "gone" else ""
            if answer != "unknown" and gone != one.gone:
                changed.append(replace(one, gone=gone))
    if changed:
        with open_world(found.repo, replace(frozen(found), asks=False)) as world:
            for one in changed:
                world.record(EvidenceFound(at=world.clock.now(), evidence=one))
            as_before(world, state.stopped)
    known = {one.id: one for one in changed}
    after = (known.get(one.id, one) for one in cited(state))
    return Linked(
        there=count["there"], gone=tuple(one for one in after if one.gone),
        unknown=count["unknown"],
    )  # fmt: skip
