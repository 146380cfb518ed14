"""What is said about agents: what they took, what held them, and what the next ones will take."""

from whet.model.agent import AgentRun, Usage
from whet.model.event import AgentWorked
from whet.plan.spending import Forecast, spent
from whet.plan.state import State
from whet.report.escape import cut, visible
from whet.report.figures import duration, plural

_NAMED = 24


def unsandboxed(state: State) -> str:
    """Who ran without a jail, or nothing; what is scripted is whet's own."""
    loose = [one.run for one in state.runs if one.run.jail == "none"]
    if not loose or state.scripted:
        return ""
    names = ", ".join(dict.fromkeys(_name(run) for run in loose))
    return f"{names} ran outside a jail, with all your rights"


def usage(taken: Usage) -> str:
    """Tokens and money: "1.2M tokens, $3.12"; money that nobody knows is said to be unknown."""
    if not taken.calls:
        return "tokens not counted"
    about = "about " if taken.estimated else ""
    money = f"${taken.money:.2f}" if taken.money is not None else "price unknown"
    return f"{about}{_tokens(taken.tokens)} tokens, {money}"


def together(state: State) -> str:
    """All runs of agents: "12 runs of goose, 1.2M tokens, $3.12, 41 min"."""
    if not state.runs:
        return ""
    names = ", ".join(dict.fromkeys(_name(one.run) for one in state.runs))
    took = duration(sum(one.run.seconds for one in state.runs))
    return f"{plural(len(state.runs), 'run')} of {names}, {usage(spent(state.runs))}, {took}"


def expected(found: Forecast) -> str:
    """What a wave will probably take: "about 300k tokens, $0.80 and 12 min of agents"."""
    money = "" if found.money is None else f", ${found.money:.2f}"
    rent = f"about ${found.rent:.2f} of machines" if found.rent else ""
    if rent and not found.seconds:
        return rent
    rent = f", {rent}" if rent else ""
    return (
        f"about {_tokens(found.tokens)} tokens{money} and {duration(found.seconds)} of agents{rent}"
    )


def pairs(event: AgentWorked) -> tuple[tuple[str, str], ...]:
    """One run for a log file."""
    run, taken = event.run, event.run.usage
    return (
        ("wave", str(event.wave) if event.wave else ""),
        ("idea", event.idea),
        ("agent", f"{run.agent} {run.version}".strip() or "command"),
        ("role", run.role),
        ("outcome", run.outcome),
        ("tokens", str(taken.tokens) if taken.calls else ""),
        ("usd", "" if taken.money is None else f"{taken.money:.4f}"),
        ("jail", run.jail),
        ("reason", run.detail),
    )


def told(run: AgentRun) -> str:
    """One run for a person."""
    who = f"{run.agent} {run.version}".strip() or "the agent"
    role = "" if run.role == "implementer" else f" as {run.role}"
    jail = ", unsandboxed" if run.jail == "none" else ""
    took = f"{usage(run.usage)}, {duration(run.seconds)}"
    how = took if run.outcome == "finished" else f"{run.outcome}: {visible(run.detail)}"
    return f"{visible(who)}{role}: {how}{jail}"


def _name(run: AgentRun) -> str:
    if run.agent in ("", "command"):
        return "the agent's command"
    return cut(f"{run.agent} {run.version}".strip(), _NAMED)


def _tokens(count: int) -> str:
    for size, letter in ((1_000_000, "M"), (1000, "k")):
        if count >= size:
            return f"{count / size:.3g}{letter}"
    return str(count)
