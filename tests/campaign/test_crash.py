"""Killed between any two events, a campaign goes on to the same verdicts."""

import math
import shutil
from collections import Counter
from dataclasses import dataclass, field, replace
from pathlib import Path

import anyio
import pytest
from simulated import CONFIG, METRIC, Site, faster, judgements, kinds, opened, run, site

from whet.git.repo import find
from whet.ledger.log import Writer
from whet.steps.drive import Driver
from whet.testing.executor import SimulatedExecutor
from whet.testing.program import described, from_files
from whet.wiring import open_objects

TWELVE = {
    "0001": (faster(0.10), "kept"),
    "0002": (faster(0.0), "discarded"),
    "0003": ("fails build\n", "failed"),
    "0004": (faster(-0.05), "discarded"),
    "0005": (faster(0.08), "kept"),
    "0006": ("", "failed"),
    "0007": ("fails checks\n", "checks_failed"),
    "0008": (faster(0.12), "kept"),
    "0009": (faster(0.0) + " ", "discarded"),
    "0010": ("fails run\n", "failed"),
    "0011": (faster(0.15), "kept"),
    "0012": (faster(-0.20), "discarded"),
}
"""Changes by the number of their idea, with the verdict they deserve; two waves of six."""

KEPT = [number for number, (_, verdict) in TWELVE.items() if verdict == "kept"]


class Killed(BaseException):
    """Not an Exception: nothing may catch it, as nothing can catch SIGKILL."""


@dataclass
class Dying:
    """A ledger whose process dies at its n-th event, before or after that is written."""

    writer: Writer
    left: int
    after: bool

    @property
    def folder(self):
        return self.writer.folder

    def append(self, event):
        assert self.left > 0, f"{event} was written by a dead process"
        self.left -= 1
        if self.left or self.after:
            self.writer.append(event)
        if not self.left:
            raise Killed


@dataclass
class Copying:
    """A ledger that keeps the whole repository as it is on the disk before every event."""

    writer: Writer
    root: Path
    copies: list[Path] = field(default_factory=list)

    @property
    def folder(self):
        return self.writer.folder

    def append(self, event):
        copy = self.root.parent / "copies" / str(len(self.copies)) / "target"
        shutil.copytree(self.root, copy, symlinks=True)
        self.copies.append(copy)
        self.writer.append(event)


def twelve(folder):
    folder.mkdir(exist_ok=True)
    config = replace(CONFIG, run=replace(CONFIG.run, ideas_per_wave=6))
    return site(folder, [text for text, _ in TWELVE.values()], config)


def killed_at(place, number, *, after):
    """One life of the driver; whether it was killed."""
    executor = SimulatedExecutor(seed=number)
    killed = False
    try:
        with opened(place, executor) as world:
            world.ledger = Dying(world.ledger, number, after)
            anyio.run(Driver(world).run)
    except* Killed:
        killed = True
    assert executor.held == []
    return killed


def finished_rightly(place):
    """Go on to the end: every verdict is the one deserved, given once, and the stack is whole."""
    executor = SimulatedExecutor(seed=99)
    state = run(place, executor)
    ideas = {name: e.candidate.idea.removeprefix("I") for name, e in state.experiments.items()}
    assert Counter(ideas.values()) == Counter(TWELVE.keys())
    assert dict(zip(ideas.values(), kinds(state), strict=True)) == {
        number: verdict for number, (_, verdict) in TWELVE.items()
    }
    assert set(judgements(place.events).values()) == {1}
    assert sorted(ideas[name] for name in state.stack) == KEPT
    true = described([TWELVE[number][0] for number in KEPT])
    built = from_files(open_objects(place.repo), state.incumbent)
    assert built.gain(METRIC) == pytest.approx(true.gain(METRIC))
    assert state.headline.effect.estimate == pytest.approx(math.expm1(true.gain(METRIC)), abs=0.01)
    assert executor.held == []


@pytest.mark.parametrize("after", [False, True])
def test_a_killed_driver_lets_go_of_its_worker_and_can_go_on(tmp_path, after):
    for number in range(10 + 8 * after, 64, 24):
        place = twelve(tmp_path / str(number))
        assert killed_at(place, number, after=after)
        finished_rightly(place)


def test_a_campaign_killed_again_and_again_comes_to_its_end(tmp_path):
    place = twelve(tmp_path)
    lives = 1
    while killed_at(place, 9, after=lives % 2 == 0):
        lives += 1
    assert lives >= 6
    finished_rightly(place)


@pytest.mark.slow
def test_from_the_disk_as_it_is_before_any_event_the_campaign_goes_on(tmp_path):
    place = twelve(tmp_path)
    with opened(place, SimulatedExecutor(seed=1)) as world:
        copying = Copying(world.ledger, place.repo.root)
        world.ledger = copying
        anyio.run(Driver(world).run)
    assert len(copying.copies) > 50
    for copy in copying.copies:
        finished_rightly(Site(repo=find(copy), config=place.config, changes=place.changes))
