"""What other campaigns of this repository have tried: their ledgers are evidence like any other."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from whet.errors import WhetError
from whet.ledger import log
from whet.ledger.blobs import Blobs
from whet.model.idea import Evidence
from whet.places import STATE, campaign_folder
from whet.plan.gates import never_tried
from whet.plan.replay import replay
from whet.plan.state import ExperimentState, State
from whet.ports import Inquiry
from whet.report.escape import visible
from whet.report.figures import change, plural

_MOST = 200
"""Experiments of all campaigns that become evidence, the newest."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """An experiment of another campaign and the line that says what came of it."""

    campaign: State
    experiment: ExperimentState
    decided: float
    line: str


def others(inquiry: Inquiry) -> tuple[str, ...]:
    """Names of the campaigns of this repository that are not the one that asks."""
    folder = inquiry.root / STATE / "campaigns"
    entries = sorted(folder.iterdir()) if folder.is_dir() else []
    return tuple(e.name for e in entries if e.name != inquiry.campaign and log.exists(e))


def read(inquiry: Inquiry) -> tuple[tuple[Evidence, ...], tuple[str, ...]]:
    """What they tried, and what they had imported; and the ledgers that cannot be read."""
    found: list[Tried] = []
    imported: list[Evidence] = []
    problems: list[str] = []
    for name in others(inquiry):
        folder = campaign_folder(inquiry.root, name)
        try:
            state = replay(one for one in log.read(folder) if _counts(inquiry, one.at))
            found += _tried(state)
            imported += _imported(inquiry, state, folder)
        except WhetError as error:
            problems.append(f"campaign {visible(name)}: {error.message}")
    found.sort(key=lambda one: (-one.decided, one.line))
    # one document for each, so that its name and its place do not change with what comes later
    evidence = [_evidence(inquiry, one) for one in found[:_MOST]]
    return tuple(_kept(inquiry, [*evidence, *imported])), tuple(problems)


def _counts(inquiry: Inquiry, at: float) -> bool:
    """Whether something had happened by then: when this is repeated, or as of a date."""
    if inquiry.until and at > inquiry.until:
        return False
    return not inquiry.as_of or _day(at) <= inquiry.as_of


def _kept(inquiry: Inquiry, found: list[Evidence]) -> Iterator[Evidence]:
    gone = set(inquiry.exclude)
    return (one for one in found if not gone & {one.key, one.locator, *one.same_as})


def _tried(state: State) -> Iterator[Tried]:
    for one in state.experiments.values():
        given = one.verdict
        if given is None or one.decided is None or never_tried(given):
            continue
        idea = state.ideas.get(one.candidate.idea)
        title = visible(idea.title) if idea is not None else one.id
        effect, number = "", ""
        if given.effect is not None:
            effect = f" {change(given.effect)} in {visible(given.effect.metric)}"
            number = f", {plural(given.effect.pairs, 'pair')}"
        line = f"{one.id} {title}: {given.kind}{effect}{number}: {visible(given.reason)}"
        yield Tried(campaign=state, experiment=one, decided=one.decided, line=line)


def _evidence(inquiry: Inquiry, one: Tried) -> Evidence:
    idea = one.campaign.ideas.get(one.experiment.candidate.idea)
    verdict = one.experiment.verdict
    assert verdict is not None
    data = one.line.encode()
    name = visible(one.campaign.name)
    return Evidence(
        key=f"whet:{name}/{one.experiment.id}",
        reader="history",
        kind="experiment",
        locator=f"campaign {name}, {one.experiment.id}",
        quote=one.line,
        digest=inquiry.shelf.put(data),
        span=(0, len(data)),
        title=visible(idea.title if idea is not None else one.experiment.id),
        copy_ok="yes",
        published=_day(one.decided),
        commit=one.campaign.base,
        functions=idea.functions if idea is not None else (),
        files=tuple(each.path for each in one.experiment.candidate.changes)[:20],
        techniques=(idea.technique,) if idea is not None and idea.technique else (),
        status=_status(inquiry, one),
        score=0.3,
        why=(verdict.code,),
    )


def _status(inquiry: Inquiry, one: Tried) -> str:
    """The verdict; what was no faster by another measure may well be faster by this one."""
    assert one.experiment.verdict is not None
    kind = one.experiment.verdict.kind
    config = one.campaign.config
    same = config is not None and config.goal.metric == inquiry.config.goal.metric
    return kind if same or kind in ("checks_failed", "failed", "rejected") else "other-metric"


def _imported(inquiry: Inquiry, state: State, folder: Path) -> Iterator[Evidence]:
    """Runs of other loops that this campaign was given, with the log that they stand in."""
    blobs = Blobs(folder / "blobs")
    for one in state.evidence.values():
        if one.kind == "earlier-run" and one.digest:
            yield replace(one, id="", digest=inquiry.shelf.put(blobs.get(one.digest)))


def _day(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).date().isoformat()
