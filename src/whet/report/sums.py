"""What the campaign's numbers add up to, in our own words only."""

import math
from collections.abc import Iterable

from whet.model.verdict import Effect
from whet.plan.state import State
from whet.report import story
from whet.report.figures import change, percent, plural


def together(state: State) -> str:
    """The product of the single gains against the stack; empty where there is no such question."""
    found = story.headline(state)
    product, effect = story.product(state), found.effect
    if found.kind != "measured" or effect is None or product is None or len(state.stack) < 2:
        return ""
    said = f"The single gains multiply to {percent(product)}; the stack gained {change(effect)}. "
    if effect.low <= product <= effect.high:
        return said + "The two agree."
    if product > effect.high:
        return said + (
            f"The {100 * (product - effect.estimate):.1f} points between them are luck that was "
            "chosen with the single gains, and what the changes take from each other."
        )
    return said + "Together the changes gain more than each alone."


def handed(alone: Iterable[Effect | None], together: Effect | None) -> str:
    """The product of gains that were measured on branches, against all branches together.

    Empty where fewer than two were measured, or not all of them together.
    """
    gains = [effect.estimate for effect in alone if effect is not None]
    if together is None or len(gains) < 2:
        return ""
    product = math.prod(1 + gain for gain in gains) - 1
    said = f"Alone they multiply to {percent(product)}, together they gain {change(together)}"
    if together.low <= product <= together.high:
        return f"{said}: the two agree."
    between = 100 * abs(product - together.estimate)
    if product > together.high:
        return f"{said}: {between:.1f} points are chance, or what they take from each other."
    return f"{said}: {between:.1f} points more than each by itself."


def false_keeps(state: State) -> str:
    """How many of the kept changes may be no gain at all; empty while nothing was measured."""
    spent = story.spent(state)
    if not spent.candidates:
        return ""
    level = f"{spent.most:.2g}"
    if spent.least != spent.most:
        level = f"{spent.least:.2g} to {level}"
    measured = plural(spent.candidates, "candidate")
    most = f"at most {spent.total:.2g}, with {measured} measured"
    return f"False keeps to expect: {most} at an error level of {level} each."


def uncited(state: State) -> str:
    """How much was read that no idea cites; empty where there is nothing."""
    more = len(state.evidence) - len(story.cited(state))
    if not more:
        return ""
    pieces = (
        "1 more piece, which no idea cites, is"
        if more == 1
        else (f"{more} more pieces, which no idea cites, are")
    )
    return f"{pieces} in `report.json`."


def foreseen(state: State) -> str:
    """How often an idea's prediction came true."""
    found = story.predictions(state)
    if not found:
        return "No idea came with a prediction."
    answers = ("as predicted", "less", "more", "open")
    count = {answer: sum(1 for one in found if one.answer == answer) for answer in answers}
    told = ", ".join(f"{number} {answer}" for answer, number in count.items() if number)
    return f"{plural(len(found), 'prediction')} with a number to hold them against: {told}."
