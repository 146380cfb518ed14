"""Harvesting forks: their commits become candidates, and no model is asked."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path

from whet.api.running import Finished, RunOptions, Watcher, drive, opening
from whet.api.workspace import campaigns, repository
from whet.errors import InfraError, NotReady, UserError
from whet.git.repo import Repo
from whet.ledger import log
from whet.model.event import EvidenceFound, IdeaAdded, IdeaRuledOut
from whet.model.idea import Evidence
from whet.places import campaign_folder
from whet.plan.replay import replay
from whet.plan.state import State
from whet.readers.forks import reader as forks_reader
from whet.readers.forks.survey import Offer, Survey, Wish, survey, taken
from whet.readers.tools import Tools
from whet.steps.world import World
from whet.wiring import Opening, open_readers

LIMIT = 20
"""Commits that are tried when nobody says how many."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HarvestOptions:
    """What a command line may say about a harvest."""

    run: RunOptions = RunOptions()
    limit: int = LIMIT
    """Commits that are tried, the best of all forks."""
    since: str = ""
    """ISO date: what was written before is left out."""
    as_of: str = ""
    """ISO date: what was written later does not exist."""
    exclude: tuple[str, ...] = ()
    licences: tuple[str, ...] = ()
    """SPDX ids that the user may copy, beyond what is known to be fine."""
    offline: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ForkSeen:
    """One fork in numbers."""

    name: str
    licence: str
    """Of the target, against which that of each commit is held."""
    point: str
    how: str
    own: int
    copied: int
    counts: Mapping[str, int]
    """Its own commits by what became of them."""
    profiled: bool
    problems: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Harvest:
    """What would be tried, and why the rest would not."""

    campaign: str
    base: str
    forks: tuple[ForkSeen, ...]
    offers: tuple[Offer, ...]
    """To be tried, in this order."""
    refused: tuple[Offer, ...]
    """As promising, and not to be taken."""
    left: int
    """Promising commits beyond the limit."""
    judged: int
    """Of `offers`, those that have a verdict already."""
    profiled: bool
    pairs_max: int
    seconds_per_pair: float | None
    """Of measurement; None before the first calibration."""
    problems: tuple[str, ...] = ()
    _surveys: tuple[Survey, ...] = field(default=(), repr=False)
    _tools: Tools | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Harvested:
    """What came of it; `finished` is None where there was nothing to try."""

    harvest: Harvest
    finished: Finished | None


def look(
    start: Path,
    forks: Sequence[str],
    options: HarvestOptions,
    told: Callable[[str], None] = lambda _: None,
) -> Harvest:
    """Mine forks and say what would be tried. Nothing is built, measured or recorded.

    Raises:
        UserError: a fork is no repository, or none is named.
        NotReady: a fork has nothing in common with the target.
        InfraError: the only fork cannot be reached.
    """
    return _look(repository(start), _placed(start, forks), options, told)[0]


def harvest(
    start: Path,
    forks: Sequence[str],
    options: HarvestOptions,
    *,
    watcher: Watcher | None = None,
    told: Callable[[str], None] = lambda _: None,
    planned: Callable[[Harvest], None] = lambda _: None,
) -> Harvested:
    """Mine forks, and judge what is promising in waves; what was judged before stays judged.

    Args:
        start: a folder in the repository.
        forks: folders, URLs or OWNER/NAME; those of the configuration where there is none.
        options: how much, and of which campaign.
        watcher: is told what happens.
        told: hears what reading the forks is at.
        planned: is given the plan before anything is tried.

    Raises:
        Interrupted: a signal stopped it; the same command goes on.
    """
    repo = repository(start)
    found, begun = _look(repo, _placed(start, forks), options, told)
    planned(found)
    if not (found.offers or found.refused):
        return Harvested(harvest=found, finished=None)
    offers = _brought(found)

    def prepare(world: World) -> None:
        _record(world, found, offers)

    done = drive(repo, begun, watcher or Watcher(), prepare)
    return Harvested(harvest=replace(found, offers=offers), finished=done)


def _placed(start: Path, forks: Sequence[str]) -> tuple[str, ...]:
    """Folders are meant from where the user stands, and recorded so that anybody finds them."""
    found = []
    for text in forks:
        where, mark, branch = text.partition("#")
        folder = start / Path(where).expanduser()
        found.append(f"{folder.resolve()}{mark}{branch}" if where and folder.is_dir() else text)
    return tuple(found)


def _look(
    repo: Repo, forks: Sequence[str], options: HarvestOptions, told: Callable[[str], None]
) -> tuple[Harvest, Opening]:
    begun = _opening(repo, forks, options)
    forks = begun.config.research.forks
    if not forks:
        raise UserError("no fork is named", hint="whet harvest OWNER/NAME")
    label = str(campaign_folder(repo.root, begun.name).resolve())
    known = _known(repo, begun.name)
    wish = _wish(repo, begun, options)
    with open_readers(repo, begun.config, label) as readers:
        tools = readers.tools
        surveys, problems = _surveys(tools, forks, wish, told)
    ranked = _ranked(surveys, known)
    open_ = [one for one in ranked if not one.refused]
    chosen = open_[: options.limit]
    least = chosen[-1].mined.score if len(open_) > options.limit else 0.0
    refused = [one for one in ranked if one.refused and one.mined.score >= least]
    noise = next((one.noise for one in known.calibrations.values()), None)
    harvest = Harvest(
        campaign=begun.name,
        base=begun.base,
        forks=tuple(_seen(one) for one in surveys),
        offers=tuple(chosen),
        refused=tuple(refused[: options.limit]),
        left=len(open_) - len(chosen),
        judged=len(_judged(known) & {f"take:{one.key}" for one in chosen}),
        profiled=bool(wish.hot),
        pairs_max=begun.config.measure.pairs_max,
        seconds_per_pair=noise.seconds_per_pair if noise is not None else None,
        problems=(*problems, *(said for one in surveys for said in _problems(one))),
        _surveys=tuple(surveys),
        _tools=tools,
    )
    return harvest, begun


def _opening(repo: Repo, forks: Sequence[str], options: HarvestOptions) -> Opening:
    """A campaign of its own for each base, and one that tries everything it was asked for.

    What it tries is known, so nothing else is read between its waves.
    """
    begun = opening(repo, options.run, default_name="harvest")
    name = options.run.campaign or f"harvest-{begun.base[:7]}"
    config = begun.config
    run = replace(config.run, stop_after_dry_waves=0, max_waves=10_000)
    offline = options.offline or config.research.offline
    named = tuple(forks) or config.research.forks
    research = replace(
        config.research, every="once", before_run=False, offline=offline, forks=named
    )
    return replace(begun, name=name, config=replace(config, run=run, research=research))


def _known(repo: Repo, name: str) -> State:
    folder = campaign_folder(repo.root, name)
    return replay(log.read(folder)) if log.exists(folder) else replay(())


def _wish(repo: Repo, begun: Opening, options: HarvestOptions) -> Wish:
    hot = _profile(repo, begun.base)
    return Wish(
        base=begun.base,
        scope=begun.config.scope,
        offline=begun.config.research.offline,
        until=forks_reader.end_of(_date(options.as_of, "--as-of")),
        since=forks_reader.start_of(_date(options.since, "--since")),
        exclude=options.exclude,
        hot={name: one.value or 0.0 for one in hot for name in one.functions},
        hot_files=frozenset(path for one in hot for path in one.files),
        licences=options.licences,
    )


def _date(text: str, flag: str) -> str:
    try:
        return date.fromisoformat(text).isoformat() if text else ""
    except ValueError:
        raise UserError(
            f"`{flag} {text}` is not a date", hint=f"write it like this: `{flag} 2024-01-31`"
        ) from None


def _profile(repo: Repo, base: str) -> tuple[Evidence, ...]:
    """Where the time goes at this base, from whichever campaign has looked last."""
    for name in campaigns(repo):
        found = [
            one
            for one in _known(repo, name).evidence.values()
            if one.kind == "hot-function" and base.startswith(one.commit[:12] or "none")
        ]
        if found:
            return tuple(found)
    return ()


def _surveys(
    tools: Tools, forks: Sequence[str], wish: Wish, told: Callable[[str], None]
) -> tuple[list[Survey], list[str]]:
    """Each fork; one of several that cannot be read does not stop the others."""
    found: list[Survey] = []
    problems: list[str] = []
    for fork in forks:
        try:
            found.append(survey(tools, fork, wish, told))
        except (InfraError, NotReady) as error:
            if len(forks) == 1:
                raise
            problems.append(f"{fork}: {error.message}")
    if not found:
        raise InfraError("none of the forks can be read", hint=f"whet harvest {forks[0]}",
                         details=problems)  # fmt: skip
    return found, problems


def _ranked(surveys: Sequence[Survey], known: State) -> list[Offer]:
    """All offers, the best first; what two forks have in common is tried once.

    What was begun in an earlier run comes before what is new, so that the same command goes on.
    """
    best: dict[object, Offer] = {}
    for one in (offer for found in surveys for offer in found.offers):
        same = one.mined.commit.origin
        if same not in best or (best[same].refused and not one.refused):
            best[same] = one
    keys = {idea.key for idea in known.ideas.values()}
    return sorted(
        best.values(), key=lambda o: (f"take:{o.key}" not in keys, -o.mined.score, o.key)
    )  # fmt: skip


def _judged(state: State) -> set[str]:
    done = {e.candidate.idea for e in state.experiments.values() if e.verdict is not None}
    return {idea.key for idea in state.ideas.values() if idea.id in done}


def _seen(found: Survey) -> ForkSeen:
    line = found.mine.lineage
    return ForkSeen(
        name=found.mirror.where.name,
        licence=found.licence,
        point=line.point,
        how=line.how,
        own=len(line.own),
        copied=line.copied,
        counts=found.mine.counts,
        profiled=found.mine.profiled,
        problems=_problems(found),
    )


def _problems(found: Survey) -> tuple[str, ...]:
    return forks_reader.problems(found, found.mirror.where.name)


def _brought(found: Harvest) -> tuple[Offer, ...]:
    """The offers with their changes in the store."""
    assert found._tools is not None  # noqa: SLF001 (its own)
    done: dict[str, Offer] = {}
    for seen in found._surveys:  # noqa: SLF001
        own = [one for one in found.offers if one.fork == seen.mirror.where]
        done |= {one.key: one for one in taken(found._tools, seen, own)}  # noqa: SLF001
    return tuple(done[one.key] for one in found.offers)


def _record(world: World, found: Harvest, offers: Sequence[Offer]) -> None:
    """Evidence and ideas that the ledger does not have, those that are refused with the reason."""
    now = world.clock.now()
    known = {idea.key for idea in world.state.ideas.values()}
    new = [one for one in (*offers, *found.refused) if f"take:{one.key}" not in known]
    for one in new:
        cited = f"S{len(world.state.evidence) + 1:02d}"
        told = replace(forks_reader.evidence_of(one, world.blobs, found.base), id=cited)
        world.record(EvidenceFound(at=now, evidence=told))
        name = f"I{len(world.state.ideas) + 1:02d}"
        idea = replace(forks_reader.idea_of(one), id=name, evidence=(cited,))
        world.record(IdeaAdded(at=now, idea=idea))
        if one.refused:
            ruling = replace(forks_reader.ruling_of(one), evidence=cited)
            world.record(IdeaRuledOut(at=now, idea=name, ruling=ruling))
