"""What a pull request needs to say, as facts: numbers, how to check them, what else was tried.

Every number is from the ledger. No sentence argues: that is for the person who sends it.
"""

import shlex
from collections.abc import Iterator, Sequence

from whet.judge.boundaries import interval_t
from whet.judge.ratios import effect
from whet.model.config import Config
from whet.model.event import BranchMade, BranchMeasured
from whet.model.idea import Evidence
from whet.plan.state import ExperimentState, State
from whet.report.cells import gone
from whet.report.escape import code, fenced, safe
from whet.report.figures import change, plural
from whet.report.handover.message import (
    agent_name,
    by_agent,
    evidence_of,
    licence_notes,
    prose,
)
from whet.report.handover.policy import Policy
from whet.report.handover.tables import Style, markdown, rows
from whet.report.story import config_of, judged, title
from whet.report.words import NO_NUMBER, sentence

_MOST_TRIED = 12


def facts(
    state: State, one: ExperimentState, made: BranchMade, measured: BranchMeasured | None,
    policy: Policy, table: Style, *, disclose: bool, missing: Sequence[str] = (),
) -> str:  # fmt: skip
    """The Markdown of a pull request.

    Args:
        state: the campaign.
        one: the change.
        made: its branch.
        measured: what it is worth on the branch's base; None where that was not measured.
        policy: what the project says of AI; where prose is unwelcome, there is none.
        table: how the numbers are drawn.
        missing: files of the benchmark and the checks that the project has not.
        disclose: say who wrote the change also where nobody asks.
    """
    parts = list(_opening(state, one, policy, disclose=disclose))
    if measured is None or measured.effect is None:
        parts.append("Not measured on this base.")
    else:
        found = rows(config_of(state), measured.effect, measured.guards, measured.outcome)
        parts.append(markdown(found, table, "base", "this change"))
        parts.append(" ".join(_how(state, measured)))
    parts += [f"{safe(note)}" for note in licence_notes(_evidence(state, one))]
    parts += [_folded("Reproduce", _reproduce(state, made, missing))]
    tried = tuple(_tried(state, one))
    if tried:
        head = "| Idea | Result |\n| :-- | :-- |\n"
        parts.append(_folded("What else was tried on the same files", head + "\n".join(tried)))
    cited = tuple(
        f"- {safe(found.title or found.reader)} ({safe(found.reader)}), "
        f"{code(found.locator)}{gone(found)}"
        for found in _evidence(state, one)
    )
    if cited:
        parts.append(_folded("Where the idea is from", "\n".join(cited)))
    return "\n\n".join(parts) + "\n"


def _evidence(state: State, one: ExperimentState) -> tuple[Evidence, ...]:
    return evidence_of(state, state.ideas.get(one.candidate.idea))


def _opening(
    state: State, one: ExperimentState, policy: Policy, *, disclose: bool
) -> Iterator[str]:  # fmt: skip
    idea = state.ideas.get(one.candidate.idea)
    if text := prose(idea, one, policy):
        yield safe(text, 2000)
    if by_agent(one, idea) and (disclose or policy.kind in ("facts", "banned", "disclose")):
        who = agent_name(state, one)
        yield (
            f"AI: {safe(who)} wrote this change. Builds, checks and numbers are from processes "
            "that whet has started, none from an AI."
        )


def _how(state: State, measured: BranchMeasured) -> Iterator[str]:
    assert measured.effect is not None
    outcome, config = measured.outcome, config_of(state)
    yield "± is the standard deviation of single runs."
    machine = ""
    if outcome is not None:
        seen = outcome.fingerprint
        machine = f" on {safe(seen.cpu)}, {plural(seen.cores, 'core')}, {safe(seen.compiler)}"
    yield (
        f"A gain is a ratio less 1, above 0 where this change is better: the centre of "
        f"{plural(measured.effect.pairs, 'pair')}, in random order{machine}."
    )
    yield from _control(state)
    if outcome is not None and any(s.name == "checks" and s.ok for s in outcome.stages):
        yield f"Passes {code(config.checks.command)}."
    if measured.needs:
        yield f"Measured against the branch it stands on ({', '.join(measured.needs)})."


def _control(state: State) -> Iterator[str]:
    config = config_of(state)
    for found in state.calibrations.values():
        pairs, goal = found.outcome.pairs, config.goal
        try:
            t = interval_t(len(pairs), config.measure.confidence)
            seen = effect(
                pairs, goal.metric, goal.direction, t=t, confidence=config.measure.confidence
            )
        except ValueError:
            continue
        yield f"Same code against itself: {change(seen)}."


def _reproduce(state: State, made: BranchMade, missing: Sequence[str]) -> str:
    config = config_of(state)
    lines = [
        f"git worktree add ../base {made.base}",
        f"git worktree add ../change {made.commit}   # or the head of this pull request",
    ]
    for command in (config.build.setup, config.build.command):
        lines += [f"(cd ../{side} && {command})" for side in ("base", "change") if command]
    lines.append(f"# {config.measure.stack_pairs} times each, in random order:")
    lines += [f"(cd ../{side} && {_run(config)})" for side in ("base", "change")]
    lines.append(_with_whet(state))
    block = fenced("\n".join(lines), "sh")
    return f"{block}\n\n{note}" if (note := _needs(config, missing)) else block


def _needs(config: Config, missing: Sequence[str]) -> str:
    """What the reader of these commands cannot have."""
    words = f"{config.bench.command} {config.checks.command}".split()
    outside = [word for word in words if word.startswith("/") and word.count("/") > 1]
    named = ", ".join(code(path) for path in (*missing, *dict.fromkeys(outside)))
    return f"Not in the project, and needed in both trees: {named}." if named else ""


def _run(config: Config) -> str:
    env = "".join(f"{key}={shlex.quote(given)} " for key, given in config.bench.env.items())
    return f"{env}{config.bench.command}"


def _with_whet(state: State) -> str:
    config = config_of(state)
    setup, build = config.build.setup, config.build.command
    build = f"({setup}) && {build}" if setup and build else setup or build
    words = ["whet", "compare", "../base", "../change", "--bench", _run(config)]
    words += ["--metric", config.goal.metric]
    words += ["--lower" if config.goal.direction == "lower" else "--higher"]
    words += ["--build", build] if build else []
    words += ["--adapter", config.bench.format] if config.bench.format != "metric-lines" else []
    return shlex.join([*words, "--pairs", str(config.measure.stack_pairs)])


def _tried(state: State, one: ExperimentState) -> Iterator[str]:
    """Other changes to the same files that were judged and not kept."""
    files = {change.path for change in one.candidate.changes}
    count = 0
    for other in judged(state):
        verdict = other.verdict
        if other.id == one.id or verdict is None or verdict.kind == "kept":
            continue
        if not files & {change.path for change in other.candidate.changes}:
            continue
        count += 1
        if count > _MOST_TRIED:
            return
        result = safe(sentence(verdict))
        if verdict.effect is not None and verdict.kind not in NO_NUMBER:
            result = f"{change(verdict.effect)}, not kept"
        yield f"| {safe(title(state, other))} | {result} |"


def _folded(summary: str, text: str) -> str:
    return f"<details><summary>{summary}</summary>\n\n{text}\n\n</details>"


def policy_lines(policy: Policy) -> tuple[str, ...]:
    """What a person is told of the policy before anything else."""
    if policy.kind == "silent":
        return ("This project says nothing about AI-written contributions.",)
    first = {
        "banned": "This project takes no AI-written contributions.",
        "facts": "This project restricts AI-written contributions.",
        "disclose": "This project asks for AI to be named.",
        "welcome": "This project speaks of AI and restricts nothing.",
    }[policy.kind]
    return (first, f'  {policy.path}:{policy.line}: "{policy.quote}"')
