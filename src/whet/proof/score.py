"""Campaigns to rows: what whet decided, and what every other rule says to the same invocations."""

import math
import statistics
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from whet.errors import InfraError
from whet.judge.designing import warm
from whet.model.event import WorkerCalibrated
from whet.model.trial import Pair
from whet.plan.state import ExperimentState, State
from whet.proof.result import WHET, OnMachine, Row, Share, Stack, Tried
from whet.proof.rules import PEERS, TAKEN, Said, Seen, records
from whet.proof.target import METRIC
from whet.report import story

SESSION = 8
"""Candidates after which a stored baseline is measured anew, as many as one wave has.

That is kind to the rules that use one: a baseline for the whole campaign would be older.
"""

CONFIDENCE = 0.95

RECORDS = "records"
_TITLES = {
    WHET: "whet",
    **{peer.key: peer.title for peer in PEERS},
    RECORDS: "one run, best so far",
}
_STORED = {**{peer.key: peer.stored / SESSION for peer in PEERS}, RECORDS: 0.0}


@dataclass(frozen=True, slots=True, kw_only=True)
class Campaigns:
    """The campaigns of one seed on one machine, over the same candidates."""

    seed: int
    truths: tuple[float, ...]
    alone: State
    stacked: State | None = None


@dataclass(frozen=True, slots=True)
class _Case:
    """One candidate with what every rule said about it, by key."""

    tried: Tried
    said: dict[str, Said]


def score(machine: str, campaigns: Sequence[Campaigns], found_from: float) -> OnMachine:
    """Every rule's errors on one machine; gains of `found_from` and more ought to be found.

    Raises:
        InfraError: a candidate was not measured, which no candidate of a proof can deserve.
    """
    cases = [_cases(one) for one in campaigns]
    stacks = tuple(_stack(one, one.stacked) for one in campaigns if one.stacked is not None)
    spreads = [_calibration(one.alone).noise.sd_pair for one in campaigns]
    rows = [_row(key, cases, found_from, claims=bool(stacks)) for key in _TITLES]
    rows[0] = _with_stacks(_with_calibration(rows[0], campaigns), stacks)
    return OnMachine(
        machine=machine,
        noise=statistics.median(spreads),
        rows=tuple(rows),
        stacks=stacks,
        tried=tuple(case.tried for found in cases for case in found),
    )


def share(kept: int, of: int) -> Share:
    """A share with its interval after C. J. Clopper and E. S. Pearson (Biometrika 26, 1934)."""
    from scipy.stats import beta  # noqa: PLC0415 (costs more than all else here)

    tail = (1 - CONFIDENCE) / 2
    low = float(beta.ppf(tail, kept, of - kept + 1)) if kept else 0.0
    high = float(beta.isf(tail, kept + 1, of - kept)) if kept < of else 1.0
    return Share(kept=kept, of=of, low=low, high=high)


def _cases(campaign: Campaigns) -> list[_Case]:
    state = campaign.alone
    seen = list(_seen(state))
    best = records(
        seen[0].stored[0],
        [one.candidate[0] for one in seen],
        [math.log1p(gain) for gain in campaign.truths],
    )
    found = []
    for experiment, gain, known, record in zip(
        state.experiments.values(), campaign.truths, seen, best, strict=True
    ):
        said = {peer.key: peer.rule(known) for peer in PEERS} | {RECORDS: record}
        said = {WHET: _of_whet(state, experiment), **said}
        found.append(_Case(_tried(campaign.seed, experiment, gain, said), said))
    return found


def _seen(state: State) -> Iterator[Seen]:
    stored = _sides(_calibration(state).outcome.pairs)[0]
    earlier: list[float] = []
    for number, experiment in enumerate(state.experiments.values()):
        outcome, verdict = experiment.outcome, experiment.verdict
        if outcome is None or verdict is None or len(outcome.pairs) < TAKEN:
            why = verdict.reason if verdict is not None else "it has no verdict"
            raise InfraError(f"{experiment.id} of a proof was not measured: {why}",
                             hint="whet prove --display plain")  # fmt: skip
        base, candidate = _sides(outcome.pairs)
        yield Seen(stored=stored, base=base, candidate=candidate, earlier=tuple(earlier))
        earlier.append(candidate[0])
        if (number + 1) % SESSION == 0:
            stored = base


def _sides(pairs: Sequence[Pair]) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Seconds of both sides; pairs are in the order of time."""
    taken = pairs[:TAKEN]
    return (
        tuple(pair.a.values[METRIC] for pair in taken),
        tuple(pair.b.values[METRIC] for pair in taken),
    )


def _of_whet(state: State, experiment: ExperimentState) -> Said:
    """The verdict, with the invocations it took: pairs beyond the decision were for the others."""
    verdict, outcome = experiment.verdict, experiment.outcome
    assert verdict is not None
    assert verdict.effect is not None
    assert outcome is not None
    taken = verdict.effect.pairs
    noise = _calibration(state).noise
    config = story.config_of(state)
    first = max(1, config.bench.warmup)
    return Said(
        keep=verdict.kind == "kept",
        claim=math.log1p(verdict.effect.estimate),
        paid=2 * taken - min(outcome.shared, taken) + first * (1 + warm(config, noise)),
    )


def _tried(seed: int, experiment: ExperimentState, gain: float, said: dict[str, Said]) -> Tried:
    verdict = experiment.verdict
    assert verdict is not None
    assert verdict.effect is not None
    return Tried(
        seed=seed,
        id=experiment.id,
        gain=gain,
        verdict=verdict.kind,
        pairs=verdict.effect.pairs,
        claim=verdict.effect.estimate,
        kept_by=tuple(key for key, answer in said.items() if answer.keep),
    )


def _row(key: str, cases: Sequence[Sequence[_Case]], found_from: float, *, claims: bool) -> Row:
    every = [case for found in cases for case in found]
    paid = statistics.fmean(case.said[key].paid for case in every)
    totals = [_totals(key, found) for found in cases]
    return Row(
        key=key,
        title=_TITLES[key],
        null=_kept(key, [case for case in every if case.tried.gain == 0]),
        harmful=_kept(key, [case for case in every if case.tried.gain < 0]),
        found=_kept(key, [case for case in every if case.tried.gain >= found_from]),
        invocations=paid + _STORED.get(key, 0.0),
        claimed=math.expm1(statistics.fmean(claim for claim, _ in totals)) if claims else None,
        true=math.expm1(statistics.fmean(true for _, true in totals)) if claims else None,
    )


def _kept(key: str, cases: Sequence[_Case]) -> Share:
    return share(sum(case.said[key].keep for case in cases), len(cases))


def _totals(key: str, cases: Sequence[_Case]) -> tuple[float, float]:
    """The sum of the claims of what a rule kept in one campaign, and of their true log gains."""
    kept = [case for case in cases if case.said[key].keep]
    claimed = math.fsum(case.said[key].claim for case in kept)
    return claimed, math.fsum(math.log1p(case.tried.gain) for case in kept)


def _with_calibration(row: Row, campaigns: Sequence[Campaigns]) -> Row:
    """What whet measures once for a campaign is paid for by its candidates."""
    paid = sum(
        2 * len(_calibration(one.alone).outcome.pairs)
        + 2 * max(1, story.config_of(one.alone).bench.warmup)
        for one in campaigns
    )
    candidates = sum(len(one.truths) for one in campaigns)
    return replace(row, invocations=row.invocations + paid / candidates)


def _with_stacks(row: Row, stacks: Sequence[Stack]) -> Row:
    """What whet claims is what the stack is measured at, never a product of single effects."""
    if not stacks:
        return row
    claims = [math.log1p(one.measured.estimate) if one.measured else 0.0 for one in stacks]
    true = [math.log1p(one.true) for one in stacks]
    return replace(
        row,
        claimed=math.expm1(statistics.fmean(claims)),
        true=math.expm1(statistics.fmean(true)),
    )


def _stack(campaign: Campaigns, state: State) -> Stack:
    names = list(state.experiments)
    gains = dict(zip(names, campaign.truths, strict=True))
    headline = state.headline if state.stack else None
    return Stack(
        seed=campaign.seed,
        kept=tuple(state.stack),
        measured=headline.effect if headline is not None else None,
        product=(story.product(state) or 0.0) if state.stack else 0.0,
        true=math.expm1(math.fsum(math.log1p(gains[name]) for name in state.stack)),
    )


def _calibration(state: State) -> WorkerCalibrated:
    return next(iter(state.calibrations.values()))
