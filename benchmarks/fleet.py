"""Do many workers stay busy, does a fault lose anything, and does the driver stay small?

python benchmarks/fleet.py [experiments for each of 64 workers, 80 by default]

Campaigns on 64 and on 512 rented machines that are not there, in virtual time: launches that are
slow or refused, machines that are noisy, are taken away, or lose what they measured. Git, ledger,
driver and judge are real. The plot goes to docs/images/fleet.svg. The share of time used is of
machines that are up, from when most were there until the last experiment was begun for the first
time: later only what lost its machine is waited for, and machines are idle for want of work.
"""

import resource
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path

import anyio

ROOT = Path(__file__).parent.parent
sys.path.append(str(ROOT / "tests" / "campaign"))

from simulated import CONFIG, faster, judgements, opened, propose_all, site  # noqa: E402

from whet.model.event import Event, ExperimentStarted, VerdictGiven  # noqa: E402
from whet.model.worker import WorkerConfig  # noqa: E402
from whet.plan.state import State  # noqa: E402
from whet.report.canvas import NOTE, WIDTH, document, written  # noqa: E402
from whet.report.scale import Scale, ticks  # noqa: E402
from whet.report.svg import Svg, element, group, short, straight, text  # noqa: E402
from whet.steps.drive import Driver  # noqa: E402
from whet.testing.executor import SimulatedExecutor  # noqa: E402
from whet.testing.fleet import Faults, SimulatedFleet, Spell  # noqa: E402
from whet.testing.virtual import VirtualClock, VirtualLoop  # noqa: E402

PLOT = ROOT / "docs" / "images" / "fleet.svg"
TROUBLE = Faults(slow=0.05, refused=0.05, noisy=0.05, preempted=0.02, lost=0.01)
_STEPS = 240


def campaign(
    workers: int, count: int, folder: Path, together: int = 8
) -> tuple[float, list[tuple[float, int]]]:
    """Drive one, print what it was, and tell the share of time used and how many were at work.

    With blocks of one, what the driver does for an experiment is the same from first to last.
    """
    config = replace(
        CONFIG, run=replace(CONFIG.run, max_experiments=10 * count),
        measure=replace(CONFIG.measure, shared_control=together),
    )  # fmt: skip
    place = site(folder, [faster(0.1 if n % 50 == 0 else 0.0) for n in range(count)], config)
    with opened(place, SimulatedExecutor()) as world:
        world.config = replace(
            config, workers=(WorkerConfig(name="vm", kind="sky", count=workers),)
        )  # fmt: skip
        world.clock = VirtualClock()
        fleet = SimulatedFleet(tell=world.record, clock=world.clock, faults=TROUBLE, seed=1)
        world.executor = fleet
        propose_all(place, world, alone=True)
        marks: list[Mark] = []
        begun: dict[str, float] = {}

        def happened(event: Event) -> None:
            if isinstance(event, VerdictGiven):
                marks.append(Mark(time.process_time(), _resident()))
            if isinstance(event, ExperimentStarted):
                begun.setdefault(event.experiment, event.at)

        world.told.append(happened)
        anyio.run(Driver(world).run, backend_options={"loop_factory": VirtualLoop})
        state = world.state
    found = judgements(place.events)
    first, last = _ready(state, workers), max(begun.values())
    used = _inside(fleet.spells, first, last) / (_up(state, first, last) or 1.0)
    twice = sum(number > 1 for number in found.values())
    early, late = _between(marks, 0.1, 0.4), _between(marks, 0.6, 0.9)
    ends = Counter(one.reason for one in state.machines.values())
    print(
        f"{workers} workers, {count} experiments: used {100 * used:.1f} %, "
        f"lost {count - len(found)}, judged twice {twice}, "
        f"machines {len(state.machines)} ({ends['lost']} lost, {ends['noisy']} noisy, "
        f"{ends['failed']} refused), began again {sum(e.requeued for e in _all(state))}"
    )
    print(
        f"{workers} workers, blocks of at most {2 * together if together > 1 else 1}, driver: "
        f"{early.cpu:.2f} ms of processor for an experiment in the first half, {late.cpu:.2f} ms "
        f"in the second; {early.memory:.1f} and {late.memory:.1f} KB of memory, "
        f"{marks[-1].memory / 1024:.0f} MB in all"
    )
    return used, _curve(fleet.spells)


@dataclass(frozen=True)
class Mark:
    """What the driver had used when a verdict was given: seconds, KB."""

    cpu: float
    memory: float


def _between(marks: list[Mark], since: float, until: float) -> Mark:
    """What one experiment took between two shares of all: milliseconds, KB.

    Not at the very beginning, when modules are loaded.
    """
    chosen = marks[round(since * len(marks)) : round(until * len(marks))]
    first, last, count = chosen[0], chosen[-1], len(chosen) - 1
    return Mark(1000 * (last.cpu - first.cpu) / count, (last.memory - first.memory) / count)


def _resident() -> float:
    """KB of memory that this process has now."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * resource.getpagesize() / 1024


def _all(state: State):
    return state.experiments.values()


def _ready(state: State, workers: int) -> float:
    """When nine in ten workers had a machine that was checked; others may never get one."""
    first = sorted(one.ready for one in state.machines.values() if one.ready is not None)
    return first[min(len(first), round(0.9 * workers)) - 1] + 60.0


def _inside(spells: list[Spell], since: float, until: float) -> float:
    return sum(max(0.0, min(one.end, until) - max(one.start, since)) for one in spells)


def _up(state: State, since: float, until: float) -> float:
    """Seconds that machines were up in this time, all together."""
    found = 0.0
    for one in state.machines.values():
        if one.ready is not None:
            end = one.gone if one.gone is not None else until
            found += max(0.0, min(end, until) - max(one.ready, since))
    return found


def _curve(spells: list[Spell]) -> list[tuple[float, int]]:
    """How many machines were at work, at moments since the first of them was."""
    changes = sorted([(one.start, 1) for one in spells] + [(one.end, -1) for one in spells])
    start, end = changes[0][0], changes[-1][0]
    step, busy, number, found = (end - start) / _STEPS, 0, 0, []
    for index in range(_STEPS + 1):
        at = start + index * step
        while number < len(changes) and changes[number][0] <= at:
            busy += changes[number][1]
            number += 1
        found.append((at - start, busy))
    return found


def plot(drawn: dict[int, tuple[float, list[tuple[float, int]]]]) -> str:
    """One panel for each fleet: machines at work over time."""
    height, parts = 190.0, list[Svg]()
    for place, (workers, (used, curve)) in enumerate(drawn.items()):
        top = 14 + place * height
        y = Scale(low=0, high=1.05 * workers, start=top + 150, end=top + 34)
        x = Scale(low=0, high=curve[-1][0], start=60, end=WIDTH - 24)
        said = f"{workers} machines, {100 * used:.1f} % used while work waited"
        parts.append(text(16, top + 16, said, class_="b"))
        for number in (0, workers // 2, workers):
            parts.append(straight(60, y.at(number), WIDTH - 24, y.at(number), "grid"))
            parts.append(text(52, y.at(number) + 4, str(number), class_="dim", text_anchor="end"))
        for seconds in ticks(0, curve[-1][0] / 60, 6):
            parts.append(text(x.at(60 * seconds), top + 168, f"{seconds:g} min", class_="dim",
                              text_anchor="middle"))  # fmt: skip
        line = "L".join(f"{short(x.at(at))} {short(y.at(busy))}" for at, busy in curve)
        parts.append(element("path", class_="w w-kept", fill="none", d=f"M{line}"))
    note = "machines at work over simulated time; launches, losses and noise are injected"
    total = 14 + height * len(drawn) + NOTE
    return document(
        "fleet", "Machines at work", "How many machines were at work over time", total, "light",
        group(*parts), *written((note,), 16, total - NOTE / 2),
    )  # fmt: skip


def main(each: int) -> None:
    drawn = {}
    for workers in (64, 512):
        # a process each, so that none inherits the memory of another
        count = workers * (each if workers == 64 else max(8, each // 5))
        done = subprocess.run(
            [sys.executable, __file__, "one", str(workers), str(count)],
            check=True, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        lines = done.stdout.splitlines()
        print("\n".join(lines[:-1]))
        used, _, points = lines[-1].partition("|")
        curve = [tuple(map(float, one.split(","))) for one in points.split()]
        drawn[workers] = (float(used), [(at, int(busy)) for at, busy in curve])
    # what the driver takes
    done = subprocess.run(
        [sys.executable, __file__, "one", "64", str(64 * each // 2), "1"],
        check=True, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    print(done.stdout.splitlines()[1])
    if each >= 40:
        PLOT.write_text(plot(drawn), encoding="utf-8")


if __name__ == "__main__":
    if sys.argv[1:2] == ["one"]:
        with tempfile.TemporaryDirectory(prefix="whet-bench-") as name:
            numbers = map(int, sys.argv[4:])
            share, points = campaign(int(sys.argv[2]), int(sys.argv[3]), Path(name), *numbers)
            print(f"{share}|" + " ".join(f"{at:.0f},{busy}" for at, busy in points))
    else:
        main(int(sys.argv[1]) if len(sys.argv) > 1 else 80)
