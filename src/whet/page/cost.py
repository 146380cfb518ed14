"""What it took: the agent's time and the machines' time, over the experiments."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import accumulate

from whet.page.picture import picture
from whet.plan.state import State
from whet.report.figures import duration
from whet.report.scale import Scale
from whet.report.story import kept
from whet.report.svg import Svg, element, group, short, straight, text

_WIDTH, _LEFT, _RIGHT, _TOP, _PLOT = 600.0, 66.0, 96.0, 14.0, 120.0
_STEPS = (1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1200, 1800, 3600, 7200, 14400, 36000, 86400)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """The chart and what stands above it."""

    about: str
    chart: Svg


def cost(state: State) -> Cost | None:
    """What the campaign took so far; None before the first experiment has."""
    experiments = tuple(state.experiments.values())
    agent = list(accumulate(one.agent_seconds for one in experiments))
    trials = list(
        accumulate(one.outcome.seconds if one.outcome is not None else 0.0 for one in experiments)
    )
    if not experiments or agent[-1] + trials[-1] <= 0:
        return None
    whole, count = agent[-1] + trials[-1], len(kept(state))
    about = f"Into experiments: {duration(agent[-1])} of agents, {duration(trials[-1])} of machines"
    if count:
        about += f"; {duration(whole / count)} for each kept change"
    x = Scale(low=0, high=len(experiments), start=_LEFT, end=_WIDTH - _RIGHT)
    y = Scale(low=0, high=1.08 * whole, start=_TOP + _PLOT, end=_TOP)
    sums = [a + t for a, t in zip(agent, trials, strict=True)]
    chart = picture(
        "cost",
        "Cost",
        about,
        _WIDTH,
        _TOP + _PLOT + 26,
        group(*_axes(y, whole)),
        _area(x, y, sums, agent, "area-machine"),
        _area(x, y, agent, [0.0] * len(agent), "area-agent"),
        group(*_ends(y, agent[-1], trials[-1])),
        group(*_keeps(state, x, y, sums)),
        text(_WIDTH - _RIGHT, _TOP + _PLOT + 18, "experiments", class_="dim", text_anchor="end"),
    )
    return Cost(about=about, chart=chart)


def _axes(y: Scale, whole: float) -> Iterator[Svg]:
    step = next((one for one in _STEPS if whole / one <= 4), _STEPS[-1] * (1 + whole // 345600))
    for number in range(int(whole / step) + 1):
        at = y.at(number * step)
        yield straight(_LEFT, at, _WIDTH - _RIGHT, at, "grid" if number else "zero")
        said = duration(number * step) if number else "0"
        yield text(_LEFT - 8, at + 4, said, class_="dim", text_anchor="end")


def _area(x: Scale, y: Scale, top: list[float], bottom: list[float], class_: str) -> Svg:
    there = [f"{short(x.at(0))} {short(y.at(0))}"]
    there += [f"{short(x.at(n))} {short(y.at(v))}" for n, v in enumerate(top, 1)]
    back = [f"{short(x.at(n))} {short(y.at(v))}" for n, v in enumerate(bottom, 1)]
    return element("path", class_=class_, d=f"M{'L'.join((*there, *reversed(back)))}Z")


def _ends(y: Scale, agent: float, trials: float) -> Iterator[Svg]:
    whole = agent + trials
    places = [(whole - trials / 2, "machines"), (agent / 2, "agents")]
    heights = [y.at(at) + 4 for at, _ in places]
    heights[1] = max(heights[1], heights[0] + 14)
    for height, (_, name) in zip(heights, places, strict=True):
        if (agent if name == "agents" else trials) > 0:
            yield text(_WIDTH - _RIGHT + 8, height, name)


def _keeps(state: State, x: Scale, y: Scale, sums: list[float]) -> Iterator[Svg]:
    ours = {experiment.id for experiment in kept(state)}
    for slot, (name, whole) in enumerate(zip(state.experiments, sums, strict=True), 1):
        if name in ours:
            dot = element("circle", class_="m-kept", cx=x.at(slot), cy=y.at(whole), r=4.2)
            yield group(dot, data_e=name)
