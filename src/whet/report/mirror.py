"""Verdicts as lines of pi-autoresearch's log, so that its dashboard goes on. Pure.

Their reader takes an unknown status for a keep and their page takes the best of all metrics above
0, so every verdict becomes one of their four, and what was not measured or is not right gets 0.
"""

import json
from collections.abc import Iterator, Mapping

from whet.model.verdict import VerdictKind
from whet.plan.state import ExperimentState, State
from whet.report.story import config_of, title

_STATUS: Mapping[VerdictKind, str] = {
    "kept": "keep",
    "discarded": "discard",
    "inconclusive": "discard",
    "retired": "discard",
    "checks_failed": "checks_failed",
    "failed": "crash",
    "rejected": "crash",
}
_RIGHT: frozenset[VerdictKind] = frozenset({"kept", "discarded", "inconclusive", "retired"})


def merged(text: str, state: State) -> str:
    """A log with this campaign's lines brought up to date; all other lines stay as they are."""
    ours = dict(_rows(state))
    lines: list[str] = []
    runs = 0
    for line in text.splitlines():
        entry = _entry(line)
        runs = max(runs, _whole(entry.get("run")))
        name = _name(entry)
        if name in ours:
            line = _line(entry.get("run"), ours.pop(name))  # noqa: PLW2901 (the line as it is now)
        lines.append(line)
    if ours and not any(_entry(line).get("type") == "config" for line in lines):
        lines.insert(0, json.dumps(_config(state), ensure_ascii=False))
    for number, fields in enumerate(ours.values(), runs + 1):
        lines.append(_line(number, fields))
    return "\n".join(lines) + "\n" if lines else ""


def _config(state: State) -> Mapping[str, object]:
    goal = config_of(state).goal
    return {
        "type": "config", "name": state.name, "metricName": goal.metric, "metricUnit": goal.unit,
        "bestDirection": goal.direction,
    }  # fmt: skip


def _rows(state: State) -> Iterator[tuple[str, Mapping[str, object]]]:
    """The base first, which their page compares with, then every experiment with a verdict."""
    goal = config_of(state).goal.metric
    for found in state.calibrations.values():
        values = sorted(side.values[goal] for p in found.outcome.pairs for side in (p.a, p.b))
        if values:
            middle = values[len(values) // 2]
            yield f"{state.name}/base", _fields(
                state, "base", state.base, middle, {}, "discard", "the base, nothing changed",
                found.at,
            )  # fmt: skip
        break
    for one in state.experiments.values():
        if one.verdict is not None:
            yield f"{state.name}/{one.id}", _of(state, one)


def _of(state: State, one: ExperimentState) -> Mapping[str, object]:
    verdict = one.verdict
    assert verdict is not None
    # what waits for a person is believed by nobody yet, and would be their headline
    right = verdict.kind in _RIGHT and verdict.effect is not None and not verdict.held
    metric = verdict.effect.b if right and verdict.effect is not None else 0
    guards = {guard.metric: guard.b for guard in verdict.guards} if right else {}
    status = "crash" if verdict.held else _STATUS[verdict.kind]
    commit = one.candidate.commit or state.base
    return _fields(state, one.id, commit, metric, guards, status, title(state, one),
                   one.decided or 0.0)  # fmt: skip


def _fields(
    state: State, name: str, commit: str, metric: float, guards: Mapping[str, float], status: str,
    description: str, at: float,
) -> Mapping[str, object]:  # fmt: skip
    return {
        "commit": commit[:7], "metric": metric, "metrics": guards, "status": status,
        "description": description, "timestamp": round(at * 1000), "segment": 0,
        "confidence": None, "asi": {"whet": f"{state.name}/{name}"},
    }  # fmt: skip


def _line(run: object, fields: Mapping[str, object]) -> str:
    return json.dumps({"run": run, **fields}, ensure_ascii=False)


def _entry(line: str) -> Mapping[str, object]:
    try:
        found = json.loads(line)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _name(entry: Mapping[str, object]) -> str:
    asi = entry.get("asi")
    return str(asi.get("whet", "")) if isinstance(asi, dict) else ""


def _whole(value: object) -> int:
    return value if isinstance(value, int) else 0
