"""From kept changes to the ones that hold on top of today's project: alone, and together."""

from collections.abc import AsyncIterator

from whet.model.event import BranchMeasured, Event
from whet.plan.handover import needed_by
from whet.steps.handover.measure import Desk
from whet.steps.handover.rebase import Rebased, fewest

_BROKEN = ("build_b", "checks", "equivalence", "warmup", "measure")
"""Stages at which a change may fail because another one is missing below it."""


async def measure(desk: Desk, rebased: Rebased) -> AsyncIterator[Event]:
    """Measure every change alone, then each among the others, then all of them together.

    What does not hold is left out of `rebased` on the way, with its reason.

    Raises:
        NotReady: the project itself does not build, run or pass its checks.
    """
    for name in tuple(rebased.needs):
        if name not in rebased.needs:
            continue  # it needed one that was left out
        event = await desk.alone(rebased, name)
        if _is_broken(event):
            await desk.sound()
            if more := await _more_needs(desk, rebased, name):
                rebased.needs[name] = more
                event = await desk.alone(rebased, name)
        yield event
        if not event.holds:
            rebased.drop(name, event.detail)
    async for event in _without_dead_weight(desk, rebased):
        yield event
    if len(rebased.needs) > 1:
        yield await desk.stack(rebased, tuple(rebased.needs))


def _is_broken(event: BranchMeasured) -> bool:
    fault = event.outcome.fault if event.outcome is not None else None
    return fault is not None and fault.name in _BROKEN


async def _more_needs(desk: Desk, rebased: Rebased, name: str) -> tuple[str, ...]:
    """The fewest earlier changes with which this one builds and passes; none if none helps."""
    order = tuple(rebased.needs)
    wanted = order[: order.index(name)]
    if wanted == rebased.below(name) or not rebased.fits((*wanted, name)):
        return ()
    if not await desk.passes(rebased, name, wanted):
        return ()
    answers = {wanted: True}
    while True:
        asked: list[tuple[str, ...]] = []

        def enough(fewer: tuple[str, ...], asked: list[tuple[str, ...]] = asked) -> bool:
            if fewer not in answers and rebased.fits((*fewer, name)):
                asked.append(fewer)
            return answers.get(fewer, False)

        smallest = fewest(rebased, wanted, enough)
        if not asked:
            return smallest
        answers[asked[0]] = await desk.passes(rebased, name, asked[0])


async def _without_dead_weight(desk: Desk, rebased: Rebased) -> AsyncIterator[BranchMeasured]:
    """Leave each change out of all, the least one first; what is worth nothing stays out."""
    if not desk.world.config.judge.leave_one_out:
        return
    alone = desk.world.state.on_branch
    gains = {
        name: seen.effect.estimate if (seen := alone["alone", name]).effect is not None else 0.0
        for name in rebased.needs
    }
    for name in sorted(gains, key=lambda one: gains[one]):
        names = tuple(rebased.needs)
        if name not in names or len(names) < 2 or needed_by(name, rebased.needs):
            continue
        event = await desk.without(rebased, names, name)
        yield event
        if not event.holds:
            rebased.drop(name, event.detail)
