"""What the documents about a campaign hold; `whet.report.document` writes them."""

from typing import get_args

from whet.model.config import Config
from whet.model.design import Noise
from whet.model.idea import Change, Evidence, Idea, Ruling
from whet.model.metric import Goal
from whet.model.trial import Fingerprint, TrialOutcome
from whet.model.verdict import Effect as ModelEffect
from whet.model.verdict import VerdictKind
from whet.plan.paid import Paid
from whet.report.shapes import (
    COUNT,
    NUMBER,
    TEXT,
    TIME,
    YES,
    Shape,
    listed,
    maybe,
    named,
    of,
    one_of,
    record,
    ref,
)
from whet.report.story import GuardState, HeadlineKind, Prediction

VERDICT = one_of(*get_args(VerdictKind))
RANGE = {"type": "array", "items": NUMBER, "minItems": 2, "maxItems": 2}
HEAD = {"campaign": TEXT, "scripted": maybe(TEXT)}
EFFECT = {
    "metric": TEXT,
    "estimate": maybe(NUMBER),
    "ci": {"type": "array", "items": maybe(NUMBER), "minItems": 2, "maxItems": 2},
    "confidence": NUMBER,
    "n_pairs": COUNT,
    "method": TEXT,
    "a": maybe(NUMBER),
    "b": maybe(NUMBER),
}
GATE = record({"name": TEXT, "ok": maybe(YES), "detail": maybe(TEXT), "seconds": maybe(NUMBER)})
GIVEN = {
    "code": maybe(TEXT),
    "reason": maybe(TEXT),
    "held": maybe(TEXT),
    "decided_by": maybe(TEXT),
    "effect": maybe(ref("effect")),
    "disbelieved_effect": maybe(ref("effect")),
    "guards": listed(ref("effect")),
}


def define(defs: dict[str, Shape]) -> None:
    """Define what several documents are made of."""
    defs["effect"] = record(EFFECT)
    defs["experiment_facts"] = record(_experiment(defs))
    defs["stack"] = record(STACK)


def documents(defs: dict[str, Shape]) -> dict[str, Shape]:
    """The fields of each kind of document, by kind."""
    outcome = of(TrialOutcome, defs)
    return {
        "campaign": {**HEAD, **campaign(defs)},
        "experiment": {**HEAD, **_experiment(defs)},
        "list": {
            **HEAD,
            "filter": record({"verdict": maybe(TEXT), "wave": maybe(COUNT)}),
            "total": COUNT,
            "experiments": listed(ref("experiment_facts")),
        },
        "replay": {
            "id": TEXT,
            "verdict": VERDICT,
            "recorded_verdict": maybe(VERDICT),
            "same": YES,
            **GIVEN,
            "gates": listed(GATE),
            "recorded_effect": maybe(ref("effect")),
            "outcome": outcome,
        },
        "comparison": {
            "a": TEXT,
            "b": TEXT,
            "metrics": listed(
                record(
                    {
                        **EFFECT,
                        "answer": TEXT,
                        "pairs_needed": maybe(COUNT),
                        "text": TEXT,
                    }
                )
            ),
            "doubts": listed(TEXT),
            "outcome": maybe(outcome),
        },
        "report": {**HEAD, **campaign(defs), **_report(defs)},
    }


def campaign(defs: dict[str, Shape]) -> dict[str, Shape]:
    """Where a campaign stands."""
    return {
        "name": TEXT,
        "title": maybe(TEXT),
        "base": TEXT,
        "incumbent": TEXT,
        "whet_version": TEXT,
        "goal": of(Goal, defs),
        "state": one_of("stopped", "running", "idle"),
        "stopped": maybe(record({"code": TEXT, "reason": TEXT, "at": TIME})),
        "headline": maybe(ref("stack")),
        "headline_kind": of(HeadlineKind, defs),
        "message": maybe(TEXT),
        "stack": listed(TEXT),
        "arms": listed(_arm(defs)),
        "product_of_single_effects": maybe(NUMBER),
        "counts": named(COUNT),
        "judged": COUNT,
        "held": listed(TEXT),
        "expected_false_keeps": record({
            "at_most": maybe(NUMBER), "candidates": COUNT, "alpha": maybe(RANGE),
        }),
        "wave": maybe(COUNT),
        "waves": listed(WAVE),
        "queued_ideas": COUNT,
        "research": listed(of(Paid, defs)),
        "attention": listed(TEXT),
        "cost_usd": record({
            "machines": maybe(NUMBER), "agents": maybe(NUMBER), "per_kept_change": maybe(NUMBER),
            "budget": maybe(NUMBER), "machines_per_hour": maybe(NUMBER),
        }),
        "quarantines": listed(QUARANTINE),
        "seconds": NUMBER,
        "opened_at": TIME,
        "last_event_at": TIME,
        "events": COUNT,
    }  # fmt: skip


def _arm(defs: dict[str, Shape]) -> Shape:
    return record({
        "at": TIME, "arm": TEXT, "against": TEXT, "campaign": TEXT, "commit": TEXT, "other": TEXT,
        "effect": maybe(of(ModelEffect, defs)), "detail": maybe(TEXT),
    })  # fmt: skip


WAVE = record({
    "wave": COUNT, "title": maybe(TEXT), "ideas": listed(TEXT), "judged": COUNT, "kept": COUNT,
    "opened_at": TIME, "closed_at": maybe(TIME),
})  # fmt: skip
QUARANTINE = record({
    "worker": TEXT, "at": TIME, "restored": maybe(TIME), "reason": TEXT,
    "measured_again": listed(TEXT),
})  # fmt: skip
STACK = {
    "wave": COUNT,
    "at": TIME,
    "base": TEXT,
    "commit": TEXT,
    "experiments": listed(TEXT),
    "holds": YES,
    "detail": maybe(TEXT),
    "effect": maybe(ref("effect")),
    "guards": listed(
        record({
            "metric": TEXT, "max_loss": NUMBER, "exact": YES,
            "state": of(GuardState, {}), "effect": maybe(ref("effect")),
        })
    ),
}  # fmt: skip


def _experiment(defs: dict[str, Shape]) -> dict[str, Shape]:
    return {
        "id": TEXT,
        "wave": maybe(COUNT),
        "status": one_of("waiting", "running", "measured", "judged"),
        "title": TEXT,
        "idea": maybe(TEXT),
        "verdict": maybe(VERDICT),
        **GIVEN,
        "gates": listed(GATE),
        "confirmation": maybe(record({
            "wave": COUNT, "holds": YES, "experiments": listed(TEXT),
            "effect": maybe(ref("effect")),
        })),
        "left_out": maybe(record({
            "effect": maybe(ref("effect")), "holds": YES, "detail": TEXT, "stack": TEXT,
        })),
        "in_stack": YES,
        "alone": YES,
        "evidence": listed(TEXT),
        "predicted": maybe(RANGE),
        "author": TEXT,
        "parent": maybe(TEXT),
        "commit": maybe(TEXT),
        "problem": maybe(TEXT),
        "patch_sha256": maybe(TEXT),
        "changes": listed(of(Change, defs)),
        "incumbent": maybe(TEXT),
        "measured_commit": maybe(TEXT),
        "worker": maybe(TEXT),
        "alpha": maybe(NUMBER),
        "seed": maybe({"type": "integer"}),
        "opened_at": TIME,
        "started_at": maybe(TIME),
        "decided_at": maybe(TIME),
        "agent_seconds": maybe(NUMBER),
        "trial_seconds": maybe(NUMBER),
        "interruptions": COUNT,
        "transcript_sha256": maybe(TEXT),
        "person": maybe(record({"decision": TEXT, "reason": maybe(TEXT), "at": TIME})),
    }  # fmt: skip


def _report(defs: dict[str, Shape]) -> dict[str, Shape]:
    """What `report.json` has beyond the state of the campaign: every sample of every pair."""
    outcome = {"outcome": maybe(of(TrialOutcome, defs))}
    calibration = {
        "worker": TEXT, "at": TIME, "fingerprint": of(Fingerprint, defs),
        "noise": of(Noise, defs), "outcome": of(TrialOutcome, defs),
    }  # fmt: skip
    return {
        "ledger": record({"events": COUNT, "head": TEXT}),
        "config": of(Config, defs),
        "evidence": listed(of(Evidence, defs)),
        "ideas": listed(of(Idea, defs)),
        "dropped_ideas": named(TEXT),
        "ruled_out_ideas": named(of(Ruling, defs)),
        "calibrations": listed(record(calibration)),
        "experiments": listed(record({**_experiment(defs), **outcome})),
        "stack_measurements": listed(record({**STACK, **outcome})),
        "branches": listed(record({
            "number": maybe(COUNT), "experiment": maybe(TEXT), "branch": TEXT, "base": TEXT,
            "commit": TEXT, "measured": YES, "at": TIME,
        })),
        "branch_measurements": listed(record({
            "role": one_of("alone", "stack", "without"), "experiment": maybe(TEXT),
            "upstream": TEXT, "base": TEXT, "against": TEXT, "commit": TEXT,
            "needs": listed(TEXT), "holds": YES, "detail": maybe(TEXT),
            "effect": maybe(ref("effect")), "guards": listed(ref("effect")), "at": TIME,
            **outcome,
        })),
        **_machines(defs),
        "predictions": listed(of(Prediction, defs)),
        "patches": named(TEXT),
        "stack_tree": TEXT,
        "seal": named(TEXT),
    }  # fmt: skip


def _machines(defs: dict[str, Shape]) -> dict[str, Shape]:
    """What `whet.report.fleet` adds."""
    effect = of(ModelEffect, defs)
    return {
        "machines": listed(record({
            "machine": TEXT, "worker": TEXT, "kind": TEXT, "what": maybe(TEXT),
            "where": maybe(TEXT), "usd_per_hour": maybe(NUMBER), "asked_at": TIME,
            "ready_at": maybe(TIME), "gone_at": maybe(TIME), "reason": maybe(TEXT),
            "detail": maybe(TEXT), "usd": maybe(NUMBER),
        })),
        "guard_measurements": listed(record({
            "worker": TEXT, "experiment": maybe(TEXT), "against": TEXT, "commit": TEXT,
            "effect": maybe(effect), "guards": listed(effect), "holds": YES,
            "detail": maybe(TEXT), "at": TIME, "outcome": maybe(of(TrialOutcome, defs)),
        })),
    }  # fmt: skip
