"""JSON documents: one shape for `--json`, the report and whoever reads either.

Ratios are fractions, times are ISO 8601 in UTC, durations are seconds. What is missing is null,
never 0. Every document names its schema and its kind.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from whet.model.event import BranchMade, BranchMeasured, StackMeasured
from whet.model.trial import TrialOutcome
from whet.model.verdict import Effect, Gate, Verdict
from whet.plan.state import ExperimentState, Quarantine, State
from whet.report import arms, fleet, story, summary
from whet.report.figures import moment
from whet.report.jsonable import Document, jsonable
from whet.report.lines import select
from whet.report.paid import paid_document
from whet.report.status import attention, seconds_of_work
from whet.report.why import asked
from whet.report.words import NO_NUMBER

if TYPE_CHECKING:
    # it brings scipy, which `whet status --json` has no time for
    from whet.judge.comparison import Comparison

SCHEMA = "whet/1"


def experiment(state: State, name: str) -> Document:
    """One experiment.

    `effect` is null where the verdict says that the number means nothing; what was seen then is
    in `disbelieved_effect`.

    Raises:
        UnknownId: there is no such experiment.
    """
    found = story.find(state, name)
    return {**_head("experiment", state), **_experiment(state, found)}


def campaign(state: State, now: float | None = None, holder: str = "") -> Document:
    """Where a campaign stands. `headline` is null unless the stack was re-measured and holds.

    Args:
        state: the campaign.
        now: seconds since the epoch, to count the work under way; None counts what is recorded.
        holder: who works on the campaign at this moment, or empty: nobody.
    """
    return {**_head("campaign", state), **_campaign(state, now, holder)}


def listing(state: State, *, verdict: str = "", wave: int | None = None) -> Document:
    """The experiments with a verdict, "held", "running" or "waiting", in a wave, or all."""
    chosen = select(state, verdict=verdict, wave=wave)
    return {
        **_head("list", state),
        "filter": {"verdict": verdict or None, "wave": wave},
        "total": len(state.experiments),
        "experiments": [_experiment(state, state.experiments[name]) for name in chosen],
    }


def report(state: State, head: str, patches: Mapping[str, str] | None = None) -> Document:
    """Everything, with every sample of every pair.

    Args:
        state: the campaign.
        head: hash of the ledger's last line.
        patches: the text of patches by their digest. With those of the stack, the report alone
            is enough to build the stack from the base somewhere else and measure it.

    `config` and every `outcome` have the field names of the model, so they decode again.
    """
    return {
        **_head("report", state),
        **_campaign(state, None, ""),
        "ledger": {"events": state.events, "head": head},
        "config": jsonable(story.config_of(state)),
        "evidence": [jsonable(found) for found in state.evidence.values()],
        "ideas": [jsonable(idea) for idea in state.ideas.values()],
        "dropped_ideas": dict(state.dropped),
        "ruled_out_ideas": {name: jsonable(one) for name, one in state.ruled_out.items()},
        "calibrations": [
            {
                "worker": worker,
                "at": moment(found.at),
                "fingerprint": jsonable(found.fingerprint),
                "noise": jsonable(found.noise),
                "outcome": jsonable(found.outcome),
            }
            for worker, found in state.calibrations.items()
        ],
        "experiments": [
            {**_experiment(state, found), "outcome": jsonable(found.outcome)}
            for found in state.experiments.values()
        ],
        "stack_measurements": [
            {**_stack(state, measured), "outcome": jsonable(measured.outcome)}
            for measured in state.measured
        ],
        "branches": [_branch(made) for made in state.branches.values()],
        "branch_measurements": [
            {**_on_branch(seen), "outcome": jsonable(seen.outcome)}
            for seen in state.on_branch.values()
        ],
        **fleet.document(state),
        "predictions": [jsonable(prediction) for prediction in story.predictions(state)],
        "patches": dict(patches or {}),
    }


def _branch(made: BranchMade) -> Document:
    return {
        "number": made.number or None,
        "experiment": made.experiment or None,
        "branch": made.branch,
        "base": made.base,
        "commit": made.commit,
        "measured": made.measured,
        "at": moment(made.at),
    }


def _on_branch(seen: BranchMeasured) -> Document:
    """What a change is worth on top of the project as it was on that day."""
    return {
        "role": seen.role,
        "experiment": seen.experiment or None,
        "upstream": seen.upstream,
        "base": seen.base,
        "against": seen.against,
        "commit": seen.commit,
        "needs": list(seen.needs),
        "holds": seen.holds,
        "detail": seen.detail or None,
        "effect": _effect(seen.effect),
        "guards": [effect_document(guard) for guard in seen.guards],
        "at": moment(seen.at),
    }


def replayed(found: ExperimentState, outcome: TrialOutcome, given: Verdict) -> Document:
    """A trial that was repeated beside the verdict that is recorded; nothing of it is recorded."""
    recorded = found.verdict
    return {
        "schema": SCHEMA,
        "kind": "replay",
        "id": found.id,
        "verdict": given.kind,
        "recorded_verdict": recorded.kind if recorded is not None else None,
        "same": recorded is not None and recorded.kind == given.kind,
        **_verdict(given),
        "gates": [_gate(gate) for gate in given.gates],
        "recorded_effect": _effect(recorded.effect if recorded is not None else None),
        "outcome": jsonable(outcome),
    }


def comparison(
    a: str,
    b: str,
    rows: Sequence["Comparison"],
    outcome: TrialOutcome | None = None,
    *,
    doubts: Sequence[str] = (),
) -> Document:
    """Two versions, as the user calls them, the goal first; `doubts` are of the numbers."""
    return {
        "schema": SCHEMA,
        "kind": "comparison",
        "a": a,
        "b": b,
        "metrics": [
            {
                **effect_document(row.effect),
                "answer": row.answer,
                "pairs_needed": row.pairs_needed,
                "text": row.text,
            }
            for row in rows
        ],
        "doubts": list(doubts),
        "outcome": jsonable(outcome),
    }


def effect_document(effect: Effect) -> Document:
    """An effect as every document shows it; `a` and `b` are the medians of both sides."""
    return {
        "metric": effect.metric,
        "estimate": jsonable(effect.estimate),
        "ci": jsonable((effect.low, effect.high)),
        "confidence": effect.confidence,
        "n_pairs": effect.pairs,
        "method": effect.method,
        "a": jsonable(effect.a),
        "b": jsonable(effect.b),
    }


def _head(kind: str, state: State) -> Document:
    return {
        "schema": SCHEMA,
        "kind": kind,
        "campaign": state.name,
        "scripted": state.scripted or None,
    }


def _experiment(state: State, found: ExperimentState) -> Document:
    candidate, idea = found.candidate, state.ideas.get(found.candidate.idea)
    started, outcome, verdict = found.started, found.outcome, found.verdict
    return {
        "id": found.id,
        "wave": found.wave or None,
        "status": found.status,
        "title": story.title(state, found),
        "idea": candidate.idea or None,
        "verdict": verdict.kind if verdict is not None else None,
        **_verdict(verdict),
        "gates": [_gate(gate) for gate in asked(state, found)],
        "confirmation": _confirmation(state, found),
        "left_out": _left_out(state, found),
        "in_stack": found.in_stack,
        "alone": found.alone,
        "evidence": list(idea.evidence) if idea is not None else [],
        "predicted": jsonable(idea.predicted) if idea is not None else None,
        "author": candidate.author,
        "parent": candidate.parent or None,
        "commit": candidate.commit or None,
        "problem": candidate.problem or None,
        "patch_sha256": candidate.patch or None,
        "changes": [jsonable(change) for change in candidate.changes],
        "incumbent": started.incumbent if started is not None else None,
        "measured_commit": started.commit if started is not None else None,
        "worker": started.worker if started is not None else None,
        "alpha": started.alpha if started is not None else None,
        "seed": started.seed if started is not None else None,
        "opened_at": moment(found.opened),
        "started_at": moment(started.at) if started is not None else None,
        "decided_at": moment(found.decided) if found.decided is not None else None,
        "agent_seconds": found.agent_seconds or None,
        "trial_seconds": outcome.seconds if outcome is not None else None,
        "interruptions": found.requeued,
        "transcript_sha256": found.transcript or None,
        "person": _person(found),
    }


def _verdict(verdict: Verdict | None) -> Document:
    believed = verdict is not None and verdict.kind not in NO_NUMBER
    effect = _effect(verdict.effect) if verdict is not None else None
    return {
        "code": verdict.code if verdict is not None else None,
        "reason": verdict.reason if verdict is not None else None,
        "held": verdict.held or None if verdict is not None else None,
        "decided_by": verdict.by if verdict is not None else None,
        "effect": effect if believed else None,
        "disbelieved_effect": None if believed else effect,
        "guards": [effect_document(e) for e in verdict.guards] if verdict is not None else [],
    }


def _effect(effect: Effect | None) -> Document | None:
    return effect_document(effect) if effect is not None else None


def _gate(gate: Gate) -> Document:
    return {
        "name": gate.name,
        "ok": gate.ok,
        "detail": gate.detail or None,
        "seconds": gate.seconds,
    }


def _left_out(state: State, found: ExperimentState) -> Document | None:
    """What the change was worth in the stack when it was left out; null when nobody asked."""
    if (ablated := state.ablated.get(found.id)) is None:
        return None
    return {
        "effect": _effect(ablated.effect),
        "holds": ablated.holds,
        "detail": ablated.detail,
        "stack": ablated.commit,
    }


def _confirmation(state: State, found: ExperimentState) -> Document | None:
    stack = story.confirmed_by(state, found.id)
    if stack is None:
        return None
    return {
        "wave": stack.wave,
        "holds": stack.holds and found.in_stack,
        "experiments": list(stack.experiments),
        "effect": _effect(stack.effect),
    }


def _person(found: ExperimentState) -> Document | None:
    if found.person is None:
        return None
    return {
        "decision": found.person.decision,
        "reason": found.person.reason or None,
        "at": moment(found.person.at),
    }


def _quarantine(one: Quarantine) -> Document:
    return {
        "worker": one.worker,
        "at": moment(one.at),
        "restored": moment(one.restored) if one.restored is not None else None,
        "reason": one.reason,
        "measured_again": list(one.experiments),
    }


def _campaign(state: State, now: float | None, holder: str) -> Document:
    config, headline = story.config_of(state), story.headline(state)
    wave, stopped, spent = state.wave, state.stopped, story.spent(state)
    measured = headline.kind == "measured" and headline.stack is not None
    work = seconds_of_work(state, now if now is not None else state.last, holder)
    return {
        "name": state.name,
        "title": config.campaign.title or None,
        "base": state.base,
        "incumbent": state.incumbent,
        "whet_version": state.version,
        "goal": jsonable(config.goal),
        "state": "stopped" if stopped is not None else ("running" if holder else "idle"),
        "stopped": {"code": stopped.code, "reason": stopped.reason, "at": moment(stopped.at)}
        if stopped is not None
        else None,
        "headline": _stack(state, headline.stack) if measured and headline.stack else None,
        "headline_kind": headline.kind,
        "message": summary.without_number(state) or None,
        "stack": list(state.stack),
        "arms": arms.rows(state),
        "product_of_single_effects": jsonable(story.product(state)),
        "counts": dict(story.counts(state)),
        "judged": len(story.judged(state)),
        "held": [one.id for one in story.held(state)],
        "expected_false_keeps": {
            "at_most": spent.total if spent.candidates else None,
            "candidates": spent.candidates,
            "alpha": [spent.least, spent.most] if spent.candidates else None,
        },
        "wave": wave.number if wave is not None else None,
        "waves": [_wave(state, number) for number in state.waves],
        "queued_ideas": len(state.queue()),
        "research": paid_document(state),
        "attention": list(attention(state)),
        "cost_usd": fleet.money_document(state, now),
        "quarantines": [_quarantine(one) for one in state.quarantines],
        "seconds": work,
        "opened_at": moment(state.opened),
        "last_event_at": moment(state.last),
        "events": state.events,
    }


def _wave(state: State, number: int) -> Document:
    wave = state.waves[number]
    return {
        "wave": number,
        "title": wave.title or None,
        "ideas": list(wave.ideas),
        "judged": wave.judged,
        "kept": wave.kept,
        "opened_at": moment(wave.opened),
        "closed_at": moment(wave.closed) if wave.closed is not None else None,
    }


def _stack(state: State, measured: StackMeasured) -> Document:
    return {
        "wave": measured.wave,
        "at": moment(measured.at),
        "base": measured.base,
        "commit": measured.commit,
        "experiments": list(measured.experiments),
        "holds": measured.holds,
        "detail": measured.detail or None,
        "effect": _effect(measured.effect),
        "guards": [
            {
                "metric": seen.guard.metric,
                "max_loss": seen.guard.max_loss,
                "exact": seen.guard.exact,
                "state": seen.state,
                "effect": _effect(seen.effect),
            }
            for seen in story.guards(state, measured)
        ],
    }
