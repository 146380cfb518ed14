"""Control arms: the same campaign with one thing changed, on the same machine, by turns."""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import anyio

from whet.api.agents import named
from whet.api.running import RunOptions, Watcher, drive, opening
from whet.api.workspace import open_campaign, repository
from whet.errors import NotReady
from whet.judge.repeated import difference
from whet.model.arms import ArmMeasured, Difference
from whet.plan.arms import Arm, arms
from whet.plan.naming import usual_name
from whet.plan.state import State
from whet.steps.arms import beside
from whet.steps.world import World
from whet.wiring import Opening, open_world


@dataclass(frozen=True, slots=True, kw_only=True)
class Runner:
    """One repetition of one arm: a campaign of its own."""

    arm: Arm
    number: int
    begun: Opening


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """What every arm has come to, the control first."""

    states: dict[str, tuple[State, ...]]
    """By arm, its campaigns, one for each repetition."""
    differences: tuple[Difference, ...]
    """Each arm beside the control; missing where nothing could be measured."""


def compare_arms(
    start: Path, words: str, options: RunOptions, watcher: Watcher | None = None, *,
    repeat: int = 1, turn: Callable[[str, int], None] = lambda _, __: None,
) -> Compared:  # fmt: skip
    """Let arms take turns, a wave each, until all are done; then measure their stacks side by side.

    Each arm has the same limits, the same base, benchmark, checks and judge. The order in a round
    is random. Called again it goes on where it stopped.

    Args:
        start: a folder in the repository.
        words: the arms, with commas.
        options: what holds for all of them.
        watcher: is told what happens.
        repeat: how often each arm is run; only several tell the arms' difference from chance.
        turn: is told whose turn it is.

    Raises:
        UserError: an arm is unknown.
        NotReady: there is no agent.
        Interrupted: a signal stopped it; the state is saved.
    """
    chosen = arms(words)
    repo = repository(start)
    runners = [
        Runner(arm=arm, number=number, begun=_opening(start, arm, number, options))
        for number in range(1, repeat + 1)
        for arm in chosen
    ]
    for runner in runners:
        if runner.begun.config.agent.kind == "none":
            raise NotReady("arms need an agent: without one there is nothing to tell them apart",
                           hint=f"whet run --arms {words} --agent NAME")  # fmt: skip
    going = list(runners)
    number = 0
    while going:
        order = random.Random(f"{options.campaign}:{number}").sample(going, len(going))  # noqa: S311
        number += 1
        for runner in order:
            turn(_label(runner, repeat), number)
            done = drive(repo, runner.begun, watcher or Watcher(), lambda _: None, turn=True)
            if done.stop.code != "turn":
                going.remove(runner)
    _measured(start, runners, watcher or Watcher())
    return _compared(start, chosen, runners)


def _label(runner: Runner, repeat: int) -> str:
    return f"{runner.arm.name} {runner.number}" if repeat > 1 else runner.arm.name


def _opening(start: Path, arm: Arm, number: int, options: RunOptions) -> Opening:
    overrides = {**options.overrides, **arm.overrides}
    if arm.agent:
        overrides |= named(arm.agent)
    begun = opening(repository(start), replace(options, overrides=overrides))
    name = options.campaign or usual_name(begun.config)
    return replace(begun, name=f"{name}-{arm.name}" + (f"-{number}" if number > 1 else ""))


def _measured(start: Path, runners: Sequence[Runner], watcher: Watcher) -> None:
    """The stack of every arm beside that of the control, repetition by repetition."""
    control = runners[0].arm.name
    known = {one.number: one.begun.name for one in runners if one.arm.name == control}
    for runner in runners:
        if runner.arm.name == control:
            continue
        other = open_campaign(start, known[runner.number]).state

        def opened(world: World) -> None:
            world.moved.append(watcher.moved)

        with open_world(repository(start), runner.begun, opened=opened) as world:
            found = anyio.run(_beside, world, runner.arm.name, other, control)
            if found not in world.state.arms:
                world.record(found)


async def _beside(world: World, arm: str, other: State, control: str) -> ArmMeasured:
    async with world.lending():
        return await beside(world, arm, other, control)


def _compared(start: Path, chosen: Sequence[Arm], runners: Sequence[Runner]) -> Compared:
    states = {
        arm.name: tuple(
            open_campaign(start, one.begun.name).state for one in runners if one.arm == arm
        )
        for arm in chosen
    }
    control = chosen[0].name
    found = [
        difference([one for state in states[arm.name] for one in state.arms
                    if one.against == control])
        for arm in chosen[1:]
    ]  # fmt: skip
    return Compared(states=states, differences=tuple(one for one in found if one is not None))
