"""Arms of a comparison on a screen: each beside the control, and what that says."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from whet.model.arms import ArmMeasured, Difference
from whet.plan.state import State
from whet.report.agents import together
from whet.report.escape import cut, visible
from whet.report.figures import change, moment, plural
from whet.report.jsonable import Document, jsonable
from whet.report.span import Style

ONE_RUN = "one run of each: this says how the two results differ, not how the ways of working do"


def table(states: Mapping[str, Sequence[State]], differences: Sequence[Difference]) -> list[str]:
    """One line for each arm, then each arm beside the control."""
    width = max(len("arm"), *map(len, states))
    lines = [f"{'arm':<{width}}  runs  judged  kept  stack"]
    for name, runs in states.items():
        judged = sum(len([e for e in one.experiments.values() if e.verdict]) for one in runs)
        kept = sum(len(one.stack) for one in runs)
        stacks = ", ".join(_stack(one) for one in runs)
        paid = "; ".join(filter(None, map(together, runs)))
        lines.append(f"{visible(name):<{width}}  {len(runs):>4}  {judged:>6}  {kept:>4}  {stacks}"
                     + (f"  {paid}" if paid else ""))  # fmt: skip
    lines += ["", *(sentence(found) for found in differences)]
    if differences and differences[0].repetitions == 1:
        lines.append(f"It is {ONE_RUN}.")
    return lines


def sentence(found: Difference) -> str:
    """One arm beside the control."""
    over = f" over {plural(found.repetitions, 'run')}" if found.repetitions > 1 else ""
    interval = f"[{found.low:+.1%}, {found.high:+.1%}]"
    return (f"{visible(found.arm)} beside {visible(found.against)}: {found.estimate:+.1%} "
            f"{interval}{over}")  # fmt: skip


def sentences(state: State) -> tuple[str, ...]:
    """What a campaign that is an arm says of the others, for its report."""
    return tuple(
        f"Beside the arm {visible(one.against)} ({visible(one.campaign)}), side by side on fresh "
        f"pairs: {change(one.effect) if one.effect else visible(one.detail)}; {ONE_RUN}."
        for one in state.arms
    )


def rows(state: State) -> list[Document]:
    """What a campaign that is an arm has measured beside others, as JSON."""
    return [
        {
            "at": moment(one.at),
            "arm": one.arm,
            "against": one.against,
            "campaign": one.campaign,
            "commit": one.commit,
            "other": one.other,
            "effect": jsonable(one.effect) if one.effect is not None else None,
            "detail": one.detail or None,
        }
        for one in state.arms
    ]


def document(states: Mapping[str, Sequence[State]], differences: Sequence[Difference]) -> Document:
    """The comparison as JSON; effects are fractions."""
    return {
        "schema": "whet/1",
        "kind": "arms",
        "arms": [
            {"arm": name, "campaigns": [_campaign(one) for one in runs]}
            for name, runs in states.items()
        ],
        "differences": [jsonable(one) for one in differences],
    }


def _campaign(state: State) -> Document:
    headline = state.headline
    effect = headline.effect if headline is not None else None
    return {
        "name": state.name,
        "judged": sum(1 for one in state.experiments.values() if one.verdict is not None),
        "kept": len(state.stack),
        "stack": jsonable(effect) if effect is not None else None,
        "stopped": state.stopped.code if state.stopped is not None else None,
    }


def _stack(state: State) -> str:
    headline = state.headline
    if headline is None or headline.effect is None or not headline.holds:
        return "no gain"
    return change(headline.effect)


def _told(_: State, event: ArmMeasured) -> tuple[str, str, Style]:
    said = change(event.effect) if event.effect is not None else visible(event.detail)
    return cut(event.arm, 20), f"beside {visible(event.against)}: {said}", "strong"


def _plain(_: State, event: ArmMeasured) -> tuple[tuple[str, str], ...]:
    gained = f"{event.effect.estimate:+.2%}" if event.effect is not None else "none"
    return ("arm", event.arm), ("against", event.against), ("difference", gained)


TOLD: Mapping[type, Callable[[State, Any], tuple[str, str, Style]]] = {ArmMeasured: _told}
PLAIN: Mapping[type, Callable[[State, Any], tuple[tuple[str, str], ...]]] = {ArmMeasured: _plain}
