"""Whether somebody else has a pull request open for what a change touches."""

import os
from dataclasses import replace

from whet.api.workspace import Campaign
from whet.git.store import Store
from whet.model.config import Config
from whet.model.idea import Evidence
from whet.plan.state import State
from whet.readers.door import Mode
from whet.readers.pulls import Others, Overlap, Touched, others, touched
from whet.steps.handover.gh import Hosted
from whet.wiring import open_readers

_HOST = "github.com"


def open_there(
    campaign: Campaign, config: Config, store: Store, where: Hosted, change: tuple[str, str], *,
    quiet: bool,
) -> Others | None:  # fmt: skip
    """What is open where a change would go; None where nobody can be asked.

    Args:
        campaign: whose research may have seen some.
        config: what it says today.
        store: holds both commits.
        where: the repository.
        change: its base and its commit.
        quiet: open no socket: only what was read before counts.
    """
    if where.host != _HOST:
        return None
    repository = f"{where.owner}/{where.name}"
    ours = touched(store.diff(*change).decode(errors="replace"))
    label = f"{campaign.repo.root}:pr.{os.getpid()}"
    mode: Mode = "offline" if quiet or config.research.offline else "live"
    with open_readers(campaign.repo, config, label, mode=mode) as readers:
        found = others(readers.door, repository, ours)
    if mode == "live":
        return found
    if not found.problem:
        said = "no network was used, so this is what GitHub said before"
        return replace(found, problem=said)
    return Others(
        repository=repository, overlaps=_read_before(campaign.state, repository, ours),
        problem="no network was used, so this is what research has read",
    )  # fmt: skip


def _read_before(state: State, repository: str, ours: Touched) -> tuple[Overlap, ...]:
    known = (_known(one, repository, ours) for one in state.evidence.values())
    return tuple(one for one in known if one is not None)


def _known(one: Evidence, repository: str, ours: Touched) -> Overlap | None:
    start, _, number = one.key.rpartition("#")
    if start != f"pr:{repository}" or one.status != "open" or not number.isdecimal():
        return None
    names = frozenset[str]().union(*ours.values()) & frozenset(one.functions)
    files = tuple(path for path in ours if path in one.files)
    if not names and not files:
        return None
    return Overlap(
        number=int(number), title=one.title, url=one.locator, files=files,
        functions=tuple(sorted(names)),
    )  # fmt: skip
