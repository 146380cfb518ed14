"""Budgets of money and tokens, for a run, an idea, a wave and the campaign; unknown prices."""

import math

import pytest

from support.planned import Campaign, config
from whet.model.agent import AgentRun, Usage
from whet.model.event import AgentWorked
from whet.plan.spending import counted_money, exhausted, forecast, left, spent


def run(idea="I01", wave=1, tokens=1000, money=0.1, calls=2, outcome="finished"):
    usage = Usage(calls=calls, read=tokens, money=money)
    one = AgentRun(agent="goose", outcome=outcome, seconds=10.0, usage=usage)
    return AgentWorked(at=1.0, idea=idea, wave=wave, run=one)


def after(*runs, **sections):
    """A campaign in which these agents have worked, and its configuration."""
    campaign = Campaign({"I01": "kept", "I02": "kept"}, config=config(**sections)).begin()
    campaign.events.extend(runs)
    return campaign.state, campaign.config


@pytest.mark.parametrize(("sections", "wave", "code", "said"), [
    ({"run": {"tokens": 2000}}, 2, "tokens", "2,000 tokens of the agents are used up"),
    ({"run": {"tokens": 2001}}, 2, "", ""),
    ({"run": {"budget": 0.2}}, 2, "money", "$0.2 of the agents' budget are used up"),
    ({"run": {"budget": 0.21}}, 2, "", ""),
    ({"run": {"wave_tokens": 1000}}, 1, "tokens", "the wave's 1,000 tokens"),
    ({"run": {"wave_tokens": 1000}}, 3, "", ""),
    ({"run": {"wave_budget": 0.1}}, 1, "money", "the wave's $0.1"),
    ({"run": {"wave_budget": 0.1}}, 3, "", ""),
    ({}, 1, "", ""),
])  # fmt: skip
def test_a_campaign_and_a_wave_have_budgets(sections, wave, code, said):
    stop = exhausted(*after(run(wave=1), run(wave=2), **sections), wave)
    assert (stop.code if stop is not None else "") == code
    assert said in (stop.reason if stop is not None else "")


@pytest.mark.parametrize(("sections", "tokens", "money"), [
    ({}, 0, 0.0),
    ({"agent": {"tokens": 1500}}, 500, 0.0),
    ({"agent": {"budget": 0.15}}, 0, 0.05),
    ({"run": {"wave_tokens": 2500}}, 500, 0.0),
    ({"run": {"tokens": 3200}}, 200, 0.0),
    ({"run": {"budget": 0.5}}, 0, 0.2),
    ({"run": {"tokens": 9000, "wave_tokens": 9000}, "agent": {"tokens": 1700}}, 700, 0.0),
    # used up leaves a sliver, because 0 is no limit
    ({"run": {"tokens": 3000}}, 1, 0.0),
    ({"agent": {"budget": 0.01}}, 0, 1e-6),
])  # fmt: skip
def test_a_run_may_take_the_least_of_what_is_left(sections, tokens, money):
    runs = (run("I01", 1), run("I02", 1), run("", 0))
    caps = left(*after(*runs, **sections), "I01", 1)
    assert caps.tokens == tokens
    assert caps.money == pytest.approx(money)


def test_an_unknown_price_is_never_nothing():
    dark = run(money=None, outcome="budget")
    assert spent([run(), dark]).money is None
    assert counted_money([run(money=0.1), run(tokens=3000, money=None)]) == pytest.approx(0.4)
    assert counted_money([run(), run(tokens=500, money=0.5), run(money=None)]) == pytest.approx(1.6)
    assert counted_money([dark]) is None
    assert counted_money([]) == 0.0
    # one that asked no model has taken nothing, at whatever price
    assert counted_money([run(calls=0, tokens=0, money=None)]) == 0.0
    for limits in ({"budget": 100.0}, {"wave_budget": 100.0}):
        stop = exhausted(*after(dark, run=limits), 1)
        assert (stop.code, "nobody knows what the agent's runs cost" in stop.reason) == (
            "money", True
        )  # fmt: skip
    assert exhausted(*after(dark, run={"tokens": 100_000}), 1) is None
    assert forecast(after(run(), dark)[0], 2).money is None


def test_a_forecast_is_what_ideas_took_so_far():
    state, _ = after(run("I01"), run("I01", tokens=2000, money=0.3), run("I02"), run("", 0))
    told = forecast(state, 3)
    assert (told.tokens, told.seconds) == (6000, 45.0)
    assert math.isclose(told.money, 0.75)
    assert forecast(after()[0], 3) is None
