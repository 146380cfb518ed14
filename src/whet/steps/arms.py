"""Two arms of a comparison, side by side: the stack of one against that of the other."""

import random
from dataclasses import replace

from whet.judge.designing import fixed_pairs
from whet.model.arms import ArmMeasured
from whet.model.worker import measuring
from whet.plan.state import State
from whet.steps import trials
from whet.steps.stack import found
from whet.steps.world import World


async def beside(world: World, arm: str, other: State, against: str) -> ArmMeasured:
    """Measure this campaign's stack against another's, interleaved on one worker, on fresh pairs.

    Args:
        world: the campaign of the arm.
        arm: its name.
        other: the campaign of the control, which began at the same commit.
        against: the control's name.

    Raises:
        NotReady: the control's stack does not build or run.
    """
    state, config = world.state, world.config
    event = ArmMeasured(
        at=world.clock.now(), arm=arm, against=against, campaign=other.name,
        commit=state.incumbent, other=other.incumbent, effect=None, detail="", outcome=None,
    )  # fmt: skip
    known = next((one for one in state.arms if one.campaign == other.name), None)
    if known is not None and (known.commit, known.other) == (event.commit, event.other):
        return known
    if event.commit == event.other:
        return replace(event, detail="both arms ended with the same code")
    worker = measuring(config.workers)[0].name
    seed = random.Random(f"{config.measure.seed}:{event.other}:{event.commit}").randrange(1, 2**31)  # noqa: S311
    spec = trials.spec(
        world.lab, f"arm.{state.events}", a=event.other, b=event.commit, mode="fixed",
        pairs=fixed_pairs(config, config.measure.stack_pairs), seed=seed, worker=worker,
    )  # fmt: skip
    outcome = await world.trial(spec, f"{arm} beside {against}", worker, attempts=trials.ATTEMPTS)
    trials.blame_target(outcome, f"the code of the arm {against} failed")
    effect, _, why = found(config, outcome)
    failed = why if effect is None else ""
    return replace(event, at=world.clock.now(), effect=effect, detail=failed, outcome=outcome)
