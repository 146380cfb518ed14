"""Is what a campaign says still true? Its records, its commits, and its number on this machine."""

import hashlib
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import anyio

from whet.api.reporting import SUMS, read_sums
from whet.api.workspace import Campaign, open_campaign
from whet.errors import GateClosed, IntegrityError, LedgerCorrupt
from whet.git.store import DoesNotApply, Store
from whet.judge.designing import fixed_pairs
from whet.judge.fixed import fixed_effect
from whet.ledger import log
from whet.ledger.blobs import Blobs
from whet.model.trial import TrialOutcome
from whet.model.verdict import Effect
from whet.ports import Progress
from whet.report import seal
from whet.report.figures import change, estimate, plural
from whet.steps import trials
from whet.steps.trials import Lab
from whet.wiring import local_executor, open_objects


@dataclass(frozen=True, slots=True, kw_only=True)
class Verified:
    """One question and its answer; `ok` is None when it could not be asked here."""

    text: str
    ok: bool | None = True


Told = Callable[[Verified], None]


def verify(
    start: Path,
    campaign: str = "",
    *,
    measure: bool = True,
    told: Told = lambda _: None,
    moved: Callable[[Progress], None] = lambda _: None,
) -> tuple[Verified, ...]:
    """Check a campaign from its records up to its headline.

    Raises:
        LedgerCorrupt: a line of the ledger is not what was written.
        IntegrityError: a patch or transcript is not what was stored, or a commit is another.
        GateClosed: the headline was not reproduced.
    """
    found = open_campaign(start, campaign)
    answers: list[Verified] = []

    def answer(text: str, *, ok: bool | None = True) -> None:
        answers.append(Verified(text=text, ok=ok))
        told(answers[-1])

    _ends_whole(found)
    answer(f"{found.state.events:,} ledger lines, hash chain intact")
    blobs = _blobs(found)
    answer(f"{plural(blobs, 'stored file is', 'stored files are')} what was stored")
    if reported := _reported(found):
        answer(f"{plural(reported, 'file')} of the report as written")
    store = open_objects(found.repo)
    _rebuilt(found, store)
    kept = len(found.state.stack)
    if not kept:
        answer("nothing is in the stack: there is nothing to measure again", ok=None)
        return tuple(answers)
    patches = "1 patch" if kept == 1 else f"{kept} patches"
    answer(f"the stack ({found.state.incumbent[:7]}) is {found.state.base[:7]} and {patches}")
    headline = found.state.headline
    if not measure:
        answer("the stack was not measured again: --no-measure", ok=None)
        return tuple(answers)
    if headline is None or headline.effect is None:
        answer("the stack was not re-measured yet, so there is no number to repeat", ok=None)
        return tuple(answers)
    outcome = anyio.run(_measure, found, store, moved)
    answer("the stack builds and passes the checks")
    again = _effect(found, outcome)
    before = headline.effect
    overlap = again.low <= before.high and before.low <= again.high
    taken = plural(again.pairs, "pair")
    text = f"{again.metric} {change(again)}, {taken} on this machine (recorded: {estimate(before)})"
    answer(text, ok=overlap and again.low > 0)
    if not (overlap and again.low > 0):
        raise GateClosed("not reproduced on this machine", hint="whet doctor")
    return tuple(answers)


def _ends_whole(campaign: Campaign) -> None:
    """A last line without its end was never written whole, unless its end was overwritten."""
    path = campaign.folder / log.FILE
    if not campaign.holder and not path.read_bytes().endswith(b"\n"):
        raise LedgerCorrupt(
            f"{path.name} line {campaign.state.events + 1} was not written to its end",
            hint="whet run, which removes it, or keep the file and start another campaign: "
            "`whet run --campaign NAME`",
        )


def _blobs(campaign: Campaign) -> int:
    """How many files were stored and are what they were: those that are used, and all others."""
    blobs = Blobs(campaign.folder / "blobs")
    digests = set(blobs.digests())
    for experiment in campaign.state.experiments.values():
        digests |= {experiment.candidate.patch, experiment.transcript} - {""}
    for digest in sorted(digests):
        blobs.get(digest)
    return len(digests)


def _reported(campaign: Campaign) -> int:
    """How many files of the report are there and are what was written."""
    config = campaign.state.config
    assert config is not None
    folder = campaign.repo.root / config.report.path
    sums = read_sums(folder)
    for name in sums:
        path = folder / name
        if not path.is_file():
            raise IntegrityError(
                f"{config.report.path}/{SUMS} names {name!r}, which is not there",
                hint="whet report",
            )
        if hashlib.sha256(path.read_bytes()).hexdigest() != sums[name]:
            part = seal.complaint(path.read_bytes().decode(errors="replace")) if name.endswith(
                ".json") else ""  # fmt: skip
            raise IntegrityError(
                f"{config.report.path}/{name} is not what was written{part and f': {part}'}",
                hint="whet report",
            )
    return len(sums)


def _rebuilt(campaign: Campaign, store: Store) -> None:
    """Apply the stored patches one after the other and arrive at the very same files."""
    state = campaign.state
    blobs = Blobs(campaign.folder / "blobs")
    commit = state.base
    for name in state.stack:
        patch = blobs.get(state.experiments[name].candidate.patch)
        try:
            commit = store.commit(store.apply(patch, commit), f"{name}\n", (commit,))
        except DoesNotApply as error:
            raise IntegrityError(f"the patch of {name} no longer applies: {error}",
                                 hint=f"whet diff {name}") from error  # fmt: skip
    if store.tree(commit) != store.tree(state.incumbent):
        raise IntegrityError(
            f"the stack is not {state.base[:7]} and its patches", hint="whet diff stack"
        )


async def _measure(
    campaign: Campaign, store: Store, moved: Callable[[Progress], None]
) -> TrialOutcome:
    state = campaign.state
    assert state.config is not None
    lab = Lab(
        config=state.config,
        store=store,
        base=state.base,
        executor=local_executor(campaign.repo, state.config),
        label=f"{campaign.repo.root}:verify.{os.getpid()}",
    )
    spec = trials.spec(
        lab,
        "stack",
        a=state.base,
        b=state.incumbent,
        mode="fixed",
        pairs=fixed_pairs(state.config, state.config.measure.stack_pairs),
        seed=state.events,
    )
    outcome = await trials.run(lab, spec, "verify", moved)
    if outcome.fault is not None:
        raise GateClosed(f"not reproduced: {outcome.fault.detail}", hint="whet doctor")
    return outcome


def _effect(campaign: Campaign, outcome: TrialOutcome) -> Effect:
    config = campaign.state.config
    assert config is not None
    return fixed_effect(
        outcome.pairs,
        config.goal.metric,
        config.goal.direction,
        config.judge.final_confidence,
    )
