"""What the documents of single commands hold: those that are not about a campaign as a whole."""

from collections.abc import Mapping, Sequence

from whet.model.design import Noise
from whet.model.diagnosis import Finding
from whet.model.idea import Evidence, Idea, Ruling
from whet.plan.ranking import Terms
from whet.report.described import VERDICT, campaign
from whet.report.shapes import (
    ANYTHING,
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

ROWS = listed({"type": "object"})
EVENT: Shape = {**record({"at": NUMBER, "type": TEXT}), "additionalProperties": True}
"""Of the ledger; docs/reference/events.md has the fields of each type."""
POLICY = {
    "kind": TEXT, "quote": maybe(TEXT), "path": maybe(TEXT), "line": maybe(COUNT),
}  # fmt: skip
BRANCH = record({
    "number": maybe(COUNT), "experiment": maybe(TEXT), "title": TEXT, "branch": TEXT,
    "commit": TEXT, "files": COUNT, "lines_added": COUNT, "lines_removed": COUNT,
    "needs": listed(COUNT), "effect": maybe(ref("effect")), "problem": maybe(TEXT),
})  # fmt: skip
RULES = record({
    "allow": listed(TEXT), "protect": listed(TEXT), "not_told": COUNT, "max_files": COUNT,
    "max_lines": COUNT, "build": maybe(TEXT), "checks": maybe(TEXT),
})  # fmt: skip


def documents(defs: dict[str, Shape]) -> dict[str, Shape]:
    """The fields of each kind of document, by kind."""
    return {
        **_judging(defs),
        **_ideas(defs),
        **_handing(),
        **_inside(),
        **_workers(),
        **_house(),
    }


def _judging(defs: dict[str, Shape]) -> dict[str, Shape]:
    proof = {"machine": TEXT, "sd_pair": NUMBER, "rules": ROWS, "stacks": ROWS, "candidates": ROWS}
    return {
        "plan": {
            "campaign": TEXT, "base": TEXT, "judged": COUNT, "waiting": COUNT,
            "ideas_per_wave": COUNT, "max_experiments": COUNT, "hours": NUMBER, "agent": TEXT,
            "reads": listed(TEXT), "foreseen": maybe({"type": "object"}),
            "least_seconds": maybe(NUMBER), "most_seconds": maybe(NUMBER), "writes": listed(TEXT),
        },
        "diagnosis": {
            "agent": TEXT, "ready": YES, "noise": maybe(of(Noise, defs)),
            "findings": listed(of(Finding, defs)),
        },
        "decision": {"id": TEXT, "decision": TEXT},
        "diff": {"id": TEXT, "patch": TEXT},
        "account": {"id": TEXT, "lines": listed(TEXT)},
        "log": {"events": listed(EVENT)},
        "note": {"campaign": TEXT},
        "arms": {"arms": ROWS, "differences": ROWS},
        "proof": {
            "headline": ANYTHING, "whet_version": TEXT, "mix": maybe(TEXT),
            "effect": maybe(NUMBER), "candidates": COUNT, "seeds": listed({"type": "integer"}),
            "min_effect": NUMBER, "sandbox": TEXT, "seconds": NUMBER,
            "machines": listed(record(proof)),
        },
        "profile": {
            "commit": TEXT, "command": TEXT, "limit": {"type": "object"}, "functions": ROWS,
            "functions_in_all": COUNT, "invocations": ROWS, "samplers": ROWS,
            "ceilings": maybe({"type": "object"}), "cached": ROWS, "counted_seconds": NUMBER,
            "problems": listed(TEXT), "fingerprint": {"type": "object"}, "seconds": NUMBER,
        },
        "notification": {
            "event": one_of("kept", "attention", "finished"), "title": TEXT, "text": TEXT,
            "campaign": TEXT, "experiment": maybe(TEXT), "verdict": maybe(VERDICT), "at": TIME,
            "scripted": YES,
        },
    }  # fmt: skip


def _ideas(defs: dict[str, Shape]) -> dict[str, Shape]:
    of(Idea, defs)
    idea = {
        **defs["Idea"]["properties"],
        "mechanism": maybe(TEXT),
        "terms": of(Terms, defs),
        "bound": maybe(NUMBER),
        "ruled_out": maybe(of(Ruling, defs)),
        "dropped": maybe(TEXT),
    }
    harvest = {
        "campaign": TEXT, "base": TEXT, "profiled": YES, "forks": ROWS, "problems": listed(TEXT),
        "left": COUNT, "offers": ROWS, "refused": ROWS,
    }  # fmt: skip
    return {
        "ideas": {"ideas": listed(record(idea))},
        "idea": {**idea, "cited": listed(of(Evidence, defs)), "place": COUNT},
        "research": {
            "readers": ROWS, "evidence": COUNT, "documents_new": COUNT,
            "agent": record({"ideas": COUNT, "refused": listed(TEXT)}),
            "ideas": ROWS, "ruled_out": named(of(Ruling, defs)),
        },
        "research-plan": {"readers": listed(record({"reader": TEXT, "errands": ROWS}))},
        "research-replay": {
            "readings": listed(record({
                "reader": TEXT, "outcome": TEXT, "evidence": COUNT, "differences": listed(TEXT),
            })),
        },
        "search": {
            "hits": listed(record({
                "key": TEXT, "reader": TEXT, "kind": TEXT, "title": TEXT, "locator": TEXT,
                "published": TEXT, "excerpt": TEXT, "score": NUMBER,
            })),
        },
        "harvest-plan": harvest,
        "harvest": {"scripted": maybe(TEXT), **campaign(defs), **harvest, "commits": ROWS},
    }  # fmt: skip


def _handing() -> dict[str, Shape]:
    return {
        "branches": {
            "campaign": TEXT, "base": TEXT,
            "upstream": record({"name": TEXT, "commit": TEXT, "ahead": COUNT}),
            "measured": YES, "branches": listed(BRANCH), "stack": maybe(BRANCH),
            "left_out": listed(record({
                "number": COUNT, "experiment": TEXT, "title": TEXT, "why": TEXT,
                "effect": maybe(ref("effect")),
            })),
            "policy": record(POLICY), "signs_off": YES,
        },
        "pr": {
            "number": COUNT, "experiment": TEXT, "branch": TEXT, "title": TEXT, "text": TEXT,
            "path": TEXT, "policy": record({**POLICY, "also": listed(TEXT)}), "by_agent": YES,
            "others": maybe({"type": "object"}), "url": maybe(TEXT),
        },
        "verify": {
            "answer": one_of("reproduced", "not_reproduced", "cannot_tell"), "why": TEXT,
            "answers": listed(record({"text": TEXT, "ok": maybe(YES)})),
            "recorded": maybe(ref("effect")), "again": maybe(ref("effect")),
        },
        "files": {"files": listed(record({"path": TEXT, "bytes": COUNT}))},
        "export": {"format": TEXT, "path": TEXT},
        "import": {
            "campaign": TEXT, "runs": COUNT, "new": COUNT, "counts": named(COUNT),
            "verified": {"const": 0},
        },
    }  # fmt: skip


def _inside() -> dict[str, Shape]:
    found = {"idea": TEXT, "title": TEXT, "verdict": TEXT, "reason": TEXT}
    return {
        "next": {
            "campaign": TEXT, "you": TEXT, "next": listed(TEXT),
            "goal": {"type": "object"}, "state": {"type": "object"}, "rules": RULES,
            "notes": listed(TEXT), "claims": ROWS, "waiting": ROWS, "free": COUNT, "ideas": ROWS,
            "verdicts": listed({**record(found), "required": ["idea", "verdict"]}),
            "ruled_out": ROWS,
        },
        "claim": {
            "campaign": TEXT, "idea": TEXT, "title": TEXT, "mechanism": maybe(TEXT), "by": TEXT,
            "tree": TEXT, "commit": TEXT, "until": TIME, "known": YES, "rules": RULES,
            "next": TEXT,
        },
        "release": {"idea": TEXT},
        "submitted": {
            "experiment": TEXT, "idea": TEXT, "campaign": TEXT, "known": YES,
            "will_be_rejected": maybe(TEXT), "next": TEXT,
        },
        "cancelled": {"experiment": TEXT},
        "pause": {"campaign": TEXT},
        "continue": {"campaign": TEXT},
        "halt": {"campaign": TEXT},
        "skill": {"name": TEXT, "text": TEXT},
        "skill_install": {"installed": YES, "changed": listed(TEXT)},
        "clients": {"clients": listed(TEXT)},
        "mcp_install": {
            "client": TEXT, "path": TEXT, "changed": YES, "written": YES, "diff": TEXT,
        },
    }  # fmt: skip


def _workers() -> dict[str, Shape]:
    drained = {
        "worker": TEXT, "campaign": TEXT, "machine": TEXT, "waits_for": listed(TEXT), "gone": YES,
    }  # fmt: skip
    return {
        "workers": {
            "campaign": maybe(TEXT), "running": YES, "dollars": maybe(NUMBER), "workers": ROWS,
        },
        "workers-added": {"name": TEXT},
        "workers-test": {"workers": ROWS},
        "workers-drained": drained,
        "workers-replaced": drained,
        "workers-resumed": {"worker": TEXT, "changed": YES},
        "workers-stopped": {"stopped": listed(TEXT)},
    }  # fmt: skip


def _house() -> dict[str, Shape]:
    preset = {"name": TEXT, "title": TEXT, "about": TEXT}
    return {
        "error": {
            "message": TEXT, "hint": maybe(TEXT), "details": listed(TEXT), "exit_code": COUNT,
        },
        "init": {
            "path": TEXT, "written": YES, "preset": maybe(TEXT), "text": TEXT,
            "notes": listed(TEXT), "briefs": listed(TEXT),
        },
        "presets": {"presets": listed(record(preset))},
        "preset": {
            **preset, "signs": listed(TEXT), "needs": listed(TEXT), "first": listed(TEXT),
            "text": TEXT,
        },
        "agents": {"agents": ROWS},
        "agents-path": {"path": TEXT},
        "briefs": {"written": listed(TEXT)},
        "web": {"url": TEXT},
        "clean": {
            "dry_run": YES, "removed": listed(record({"what": TEXT, "bytes": COUNT})),
            "mirrors_bytes": COUNT,
        },
        "version": {
            "whet": TEXT, "python": TEXT, "platform": TEXT, "git": maybe(TEXT), "sandbox": TEXT,
        },
        "config": {
            "values": named(record({"value": TEXT, "origin": TEXT})), "key": TEXT, "value": TEXT,
            "line": TEXT, "ok": YES,
        },
    }  # fmt: skip


_OPTIONAL: Mapping[str, Sequence[str]] = {
    "config": ("values", "key", "value", "line", "ok"),
    "diagnosis": ("agent", "noise"),
    "verify": ("answer", "why", "recorded", "again"),
    "error": ("hint", "details", "exit_code"),
    "report": ("seal", "stack_tree"),
}
_ALWAYS: Mapping[str, Sequence[str]] = {
    "idea": ("id", "title", "mechanism", "evidence", "predicted", "source"),
    "harvest": (
        "campaign", "base", "profiled", "forks", "problems", "left", "offers", "refused",
    ),
}  # fmt: skip
"""Of kinds that have few fields in common."""


def optional(kind: str, fields: Mapping[str, Shape]) -> tuple[str, ...]:
    """Fields that only some documents of a kind have."""
    if kind in _ALWAYS:
        return tuple(name for name in fields if name not in _ALWAYS[kind])
    return tuple(_OPTIONAL.get(kind, ()))
