"""The commit message of a kept change: what a maintainer wants to read in the log."""

import re
import textwrap
from collections.abc import Sequence

from whet.model.event import BranchMeasured
from whet.model.idea import Evidence, Idea
from whet.plan.state import ExperimentState, State
from whet.report.escape import visible
from whet.report.handover.policy import Policy
from whet.report.handover.style import Style, subject
from whet.report.handover.tables import benchstat, rows
from whet.report.story import config_of, title

_AGENTS = {
    "claude": "Claude Code", "codex": "Codex", "opencode": "OpenCode", "aider": "Aider",
    "gemini": "Gemini CLI", "pi": "pi", "goose": "Goose", "mini": "mini-swe-agent",
    "openhands": "OpenHands", "copilot": "Copilot CLI", "cursor": "Cursor CLI",
}  # fmt: skip


def commit_message(
    state: State, one: ExperimentState, measured: BranchMeasured | None, style: Style,
    policy: Policy, *, area: str = "",
) -> str:  # fmt: skip
    """Subject, mechanism, table, evidence and trailers.

    Args:
        state: the campaign.
        one: the change.
        measured: what it is worth on top of today's project; None where that was not asked.
        style: how the project writes.
        policy: where prose by an AI is unwelcome, there is none; an agent's title alone stays.
        area: the part of the project its subjects name.
    """
    idea = state.ideas.get(one.candidate.idea)
    parts = [subject(said_title(state, one), style, area)]
    if prose(idea, one, policy):
        parts.append(wrapped(prose(idea, one, policy), style.width))
    if measured is not None and measured.effect is not None:
        parts.append(_numbers(state, measured, style))
    parts += [wrapped(note, style.width) for note in licence_notes(evidence_of(state, idea))]
    parts.append("\n".join(_trailers(state, one, measured, policy)))
    return "\n\n".join(parts) + "\n"


def said_title(state: State, one: ExperimentState) -> str:
    """What a change is called; the name of a patch file is read as words, without its number."""
    found = title(state, one)
    if len(found.split()) > 1 or not re.search(r"[-_]", found):
        return found
    return re.sub(r"[-_]+", " ", re.sub(r"^\d+[-_]+", "", found)).strip() or found


def prose(idea: Idea | None, one: ExperimentState, policy: Policy) -> str:
    """The mechanism, unless an AI wrote it and the project does not want to read that."""
    if idea is None or (policy.kind in ("banned", "facts") and by_agent(one, idea)):
        return ""
    return visible(idea.mechanism)


def by_agent(one: ExperimentState, idea: Idea | None = None) -> bool:
    """Whether an AI wrote the change, or the idea it follows."""
    return one.candidate.author == "agent" or (idea is not None and idea.source == "agent")


def agent_name(state: State, one: ExperimentState) -> str:
    """Which agent wrote a change, with its version and model where the ledger has them."""
    runs = [
        seen.run
        for seen in state.runs
        if seen.idea == one.candidate.idea and seen.run.role in ("implementer", "fixer")
    ]
    run = runs[-1] if runs else None
    command = config_of(state).agent.command.split()
    words = [word.rpartition("/")[2] for word in command if "=" not in word]
    known = (_AGENTS[word] for word in (run.agent if run else "", *words) if word in _AGENTS)
    name = next(known, "") or "a coding agent"
    if run is None:
        return name
    model = f" (model {visible(run.model)})" if run.model not in ("", "default") else ""
    return f"{name} {visible(run.version)}".strip() + model


def evidence_of(state: State, idea: Idea | None) -> tuple[Evidence, ...]:
    """The evidence an idea cites that is there."""
    return tuple(state.evidence[name] for name in (idea.evidence if idea else ())
                 if name in state.evidence)  # fmt: skip


def where(found: Evidence) -> str:
    """An address as it is; of what was measured or read here, what was seen and by whom."""
    if not found.title or re.match(r"https?://", found.locator):
        return visible(found.locator)
    return f"{visible(found.title)} ({visible(found.reader)})"


def licence_notes(found: Sequence[Evidence]) -> tuple[str, ...]:
    """Under which licence a source is that the change may have been taken from."""
    return tuple(
        f"The idea is from {visible(one.title or one.locator)}, licensed {visible(one.licence)}."
        for one in found
        if one.licence
    )


def wrapped(text: str, width: int) -> str:
    """Prose in lines of at most `width` columns; no long word is broken."""
    return textwrap.fill(text, width, break_long_words=False, break_on_hyphens=False)


def _numbers(state: State, measured: BranchMeasured, style: Style) -> str:
    assert measured.effect is not None
    config = config_of(state)
    table = benchstat(
        rows(config, measured.effect, measured.guards, measured.outcome), "base", "this change"
    )
    cpu = measured.outcome.fingerprint.cpu if measured.outcome is not None else ""
    on = f" on {visible(cpu)}" if cpu else ""
    told = (
        f"{measured.effect.pairs} pairs of runs, interleaved in random order{on}. A gain is above "
        "0 where this change is better; intervals are 95%, ± is the spread of single runs. A run:"
    )
    return f"{table}\n\n{wrapped(told, style.width)}\n\n    {visible(config.bench.command)}"


def _trailers(
    state: State, one: ExperimentState, measured: BranchMeasured | None, policy: Policy
) -> list[str]:
    lines = [f"Whet-Experiment: {visible(state.name)}/{one.id}"]
    if measured is not None:
        lines.append(f"Whet-Base: {measured.base}")
    idea = state.ideas.get(one.candidate.idea)
    lines += [f"Evidence: {where(found)}" for found in evidence_of(state, idea)]
    if by_agent(one) and not policy.signs_alone:
        lines.append(f"Assisted-by: {agent_name(state, one)}")
    return lines
