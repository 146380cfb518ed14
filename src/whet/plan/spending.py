"""What agents have taken, what they may still take, and what they will probably take."""

from collections.abc import Iterable
from dataclasses import dataclass

from whet.model.agent import Caps, Usage
from whet.model.config import Config
from whet.model.event import AgentWorked
from whet.plan import machines
from whet.plan.state import State
from whet.plan.step import Stop


def spent(runs: Iterable[AgentWorked]) -> Usage:
    """All runs together. Those that asked no model have taken nothing, at whatever price."""
    total = Usage()
    for one in runs:
        total = total.plus(one.run.usage)
    return total


def counted_money(runs: Iterable[AgentWorked]) -> float | None:
    """USD as a budget counts them: of unknown price is a run as dear a token as the dearest known.

    None where some have a price that nobody knows, and none has one that is known: an agent that
    says itself what it cost says it at its end, and one that was stopped never does.
    """
    used = [one.run.usage for one in runs if one.run.usage.calls]
    dark = [one.tokens for one in used if one.money is None]
    rates = [one.money / max(1, one.tokens) for one in used if one.money is not None]
    if dark and not rates:
        return None
    known = sum(one.money for one in used if one.money is not None)
    return known + sum(dark) * max(rates, default=0.0)


_NOBODY = "there is a budget, and nobody knows what the agent's runs cost"


def _unknown() -> Stop:
    return Stop("money", f"{_NOBODY}: say agent.price_read and agent.price_written")


def overspent(state: State, config: Config, now: float | None = None) -> Stop | None:
    """Why nothing may be done any more that costs: agents and rented machines together."""
    budget = config.run.budget
    if not budget or not state.machines:
        return None
    unknown = next((m.worker for m in machines.up(state) if m.ready and m.price is None), "")
    if unknown:
        return Stop("money", f"there is a budget, and nobody knows what {unknown} costs an hour: "
                             "say its `price` in [[workers]]")  # fmt: skip
    money = counted_money(state.runs)
    if money is None:
        return _unknown()
    if money + machines.known_cost(state, now) >= budget:
        return Stop("money", f"${budget:g} for agents and machines are used up")
    return None


def exhausted(state: State, config: Config, wave: int) -> Stop | None:
    """Why no further agent may be started for a wave, or for any where that is 0."""
    if over := overspent(state, config):
        return over
    run, here = config.run, [one for one in state.runs if one.wave == wave]
    for runs, money, tokens, whose in (
        (state.runs, run.budget, run.tokens, ""),
        (here, run.wave_budget, run.wave_tokens, "the wave's "),
    ):
        taken = counted_money(runs) if money else 0.0
        if taken is None:
            return _unknown()
        if money and taken >= money:
            return Stop("money", f"{whose}${money:g} of the agents' budget are used up")
        if tokens and spent(runs).tokens >= tokens:
            return Stop("tokens", f"{whose}{tokens:,} tokens of the agents are used up")
        if not wave:
            break
    return None


def left(state: State, config: Config, idea: str, wave: int) -> Caps:
    """What the next run for an idea may take: the least of what idea, wave and campaign have left.

    A limit that is used up leaves a sliver, never 0, which would be no limit.
    """
    agent, run = config.agent, config.run
    about = [one for one in state.runs if one.idea == idea]
    here = [one for one in state.runs if one.wave == wave]
    scopes = (
        (about, agent.budget, agent.tokens),
        (here, run.wave_budget, run.wave_tokens),
        (state.runs, run.budget, run.tokens),
    )
    rented = machines.known_cost(state)
    money = [
        max(1e-6, cap - (counted_money(runs) or 0.0) - (rented if runs is state.runs else 0.0))
        for runs, cap, _ in scopes if cap
    ]  # fmt: skip
    tokens = [max(1, cap - spent(runs).tokens) for runs, _, cap in scopes if cap]
    return Caps(money=min(money, default=0.0), tokens=min(tokens, default=0))


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast:
    """What a wave will probably take, by what ideas took so far; `seconds` of agents' work."""

    ideas: int
    tokens: int
    money: float | None
    seconds: float
    rent: float = 0.0
    """USD for machines, by what they took for each verdict so far."""


def forecast(state: State, ideas: int) -> Forecast | None:
    """The forecast of a wave of so many ideas, or None before there is anything to go by."""
    about = {one.idea for one in state.runs if one.idea}
    judged = len(state.experiments) - len(state.open)
    rent = machines.known_cost(state) / judged * ideas if judged else 0.0
    if not ideas or not (about or rent):
        return None
    if not about:
        return Forecast(ideas=ideas, tokens=0, money=0.0, seconds=0.0, rent=rent)
    runs = [one for one in state.runs if one.idea]
    share, total = ideas / len(about), spent(runs)
    return Forecast(
        ideas=ideas,
        tokens=round(total.tokens * share),
        money=None if total.money is None else total.money * share,
        seconds=sum(one.run.seconds for one in runs) * share,
        rent=rent,
    )
