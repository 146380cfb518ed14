"""Signals that come while machines are being given back: none is left up, and then it ends."""

import os
import signal
import sys
from pathlib import Path

import anyio
import pytest

sys.path.append(str(Path(__file__).parent.parent / "campaign"))

from simulated import faster, opened, propose_all, site

from whet.errors import Interrupted
from whet.model.event import CampaignStopped
from whet.steps.drive import Driver
from whet.testing.executor import SimulatedExecutor


class Slow(SimulatedExecutor):
    """Takes many turns of the loop to give a machine back, and is sent a signal in each."""

    given_back = False

    def __init__(self, number):
        super().__init__()
        self.number = number

    async def close(self):
        for _ in range(20):
            os.kill(os.getpid(), self.number)
            await anyio.lowlevel.checkpoint()
        self.given_back = True
        return ()


def driven(place, executor, *, first=0):
    """The campaign, sent a signal by its first experiment; what stopped it."""
    with opened(place, executor) as world:
        propose_all(place, world, alone=True)
        if first:
            world.told.append(
                lambda event: os.kill(os.getpid(), first)
                if event.type == "experiment.started" else None
            )  # fmt: skip
        with pytest.raises(Interrupted) as caught:
            anyio.run(Driver(world).run)
    return caught.value


@pytest.mark.parametrize("second", [signal.SIGTERM, signal.SIGINT])
def test_a_second_signal_does_not_cut_off_the_giving_back_of_machines(tmp_path, second):
    place, executor = site(tmp_path, [faster(0.1)]), Slow(second)
    handlers = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
    error = driven(place, executor, first=signal.SIGTERM)
    assert executor.given_back
    assert (error.exit_code, "by SIGTERM" in error.message) == (143, True)
    assert isinstance(place.events[-1], CampaignStopped)
    assert place.events[-1].code == "interrupt"
    assert handlers == [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]


def test_a_signal_at_the_end_is_heard_when_everything_is_given_back(tmp_path):
    place, executor = site(tmp_path, [faster(0.1)]), Slow(signal.SIGTERM)
    error = driven(place, executor)
    assert executor.given_back
    assert error.exit_code == 143
    assert place.events[-1].code != "interrupt"
    assert [one.status for one in place.state.experiments.values()] == ["judged"]
