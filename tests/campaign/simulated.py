"""Whole campaigns through the real driver: real git, real ledger, only the machine is simulated."""

import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import anyio

from whet.git.call import begin
from whet.git.repo import Repo, find
from whet.git.store import Store
from whet.ledger import log
from whet.model.config import Agent, Bench, Checks, Config, Judge, Run
from whet.model.event import (
    Event,
    ExperimentOpened,
    IdeaAdded,
    StackMeasured,
    VerdictGiven,
    WaveOpened,
)
from whet.model.idea import Candidate, Change, Idea
from whet.model.metric import Goal
from whet.places import campaign_folder
from whet.plan.replay import replay
from whet.plan.state import State
from whet.ports import Executor
from whet.steps.drive import Driver
from whet.steps.world import World
from whet.testing.agent import ScriptedAgent
from whet.testing.program import described
from whet.wiring import Opening, open_world

METRIC = "seconds"
FILES = {"bench": "simulated\n", "effects/base": "seconds 0.0\n"}

CONFIG = Config(
    goal=Goal(metric=METRIC, unit="s"),
    bench=Bench(command="./bench"),
    checks=Checks(command="./check"),
    judge=Judge(spend="fixed", leave_one_out=False),
    agent=Agent(attempts=0),
    run=Run(
        ideas_per_wave=50, max_waves=10_000, max_experiments=200, hours=10_000,
        stop_after_dry_waves=0,
    ),
)  # fmt: skip
"""Every candidate may be kept wrongly with a chance of 0.005, however many there are."""


def faster(gain: float) -> str:
    """The effect file of a change that is truly this much faster; 0 is a change without effect."""
    return f"{METRIC} {gain!r}\n"


@dataclass(frozen=True, kw_only=True)
class Site:
    """A repository with one campaign, and the change that each of its ideas becomes."""

    repo: Repo
    config: Config
    changes: Sequence[str]
    """An effect file for each idea; an empty one is an idea the agent gives up on."""

    @property
    def folder(self) -> Path:
        return campaign_folder(self.repo.root, "simulated")

    @property
    def events(self) -> tuple[Event, ...]:
        return log.read(self.folder)

    @property
    def state(self) -> State:
        return replay(self.events)

    def agent(self) -> ScriptedAgent:
        """Writes a file of its own for each idea, so that all changes can be stacked."""
        return ScriptedAgent(
            edits={f"I{k}": {f"effects/{k}": text} for k, text in _numbered(self.changes) if text}
        )

    @property
    def ideas(self) -> tuple[Idea, ...]:
        return tuple(Idea(id=f"I{k}", title=f"change {k}") for k, _ in _numbered(self.changes))


def site(
    folder: Path,
    changes: Sequence[str],
    config: Config = CONFIG,
    *,
    files: Mapping[str, str] = FILES,
) -> Site:
    """A new repository for a campaign of these changes."""
    root = folder / "target"
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text, encoding="utf-8")
    begin(root, "start")
    return Site(repo=find(root), config=config, changes=changes)


@contextmanager
def opened(place: Site, executor: Executor) -> Iterator[World]:
    """The campaign, begun or taken up again, with a simulated machine and a scripted agent."""
    base = place.repo.resolve("HEAD")
    opening = Opening(name="simulated", base=base, config=place.config)
    with open_world(place.repo, opening) as world:
        world.executor = executor
        world.agent = place.agent()
        world.cache = place.repo.root.parent / "cache"
        if not world.state.ideas:
            for idea in place.ideas:
                world.record(IdeaAdded(at=world.clock.now(), idea=idea))
        yield world


def run(place: Site, executor: Executor, *, proposed: bool = False, alone: bool = False) -> State:
    """Run the campaign to its end; `proposed` leaves out the agent, which is half of the work.

    With `alone` as well, each change is judged against the base and none joins the stack.
    """
    with opened(place, executor) as world:
        if proposed:
            propose_all(place, world, alone=alone)
        anyio.run(Driver(world).run)
        return world.state


def propose_all(place: Site, world: World, *, alone: bool = False) -> None:
    """Open an experiment for every change in one wave, their commits made by one git process."""
    at, base = world.clock.now(), world.state.base
    ideas = tuple(idea.id for idea in place.ideas)
    commits = _import(world.store, base, {f"effects/{k}": v for k, v in _numbered(place.changes)})
    world.record(WaveOpened(at=at, wave=1, ideas=ideas))
    for number, (path, commit) in enumerate(commits.items(), start=1):
        change = Change(
            path=path, status="A", old_mode="000000", new_mode="100644", added=1, removed=0
        )
        candidate = Candidate(
            idea=ideas[number - 1], commit=commit, parent=base, changes=(change,), author="agent"
        )
        name = f"E{number:02d}"
        world.record(
            ExperimentOpened(at=at, experiment=name, wave=1, candidate=candidate, alone=alone)
        )


def _import(store: Store, base: str, files: Mapping[str, str]) -> dict[str, str]:
    """A commit on top of the base for each file, by its path."""
    lines = []
    for number, (path, text) in enumerate(files.items(), start=1):
        lines += [
            f"commit refs/whet/import/{number}", f"mark :{number}",
            "committer whet <whet@localhost> 946684800 +0000", "data 0", f"from {base}",
            f"M 100644 inline {path}", f"data {len(text)}", text,
        ]  # fmt: skip
    marks = store.path / "marks"
    store.git("fast-import", "--quiet", f"--export-marks={marks}", stdin="\n".join(lines).encode())
    found = dict(line.split() for line in marks.read_text().splitlines())
    return {path: found[f":{number}"] for number, path in enumerate(files, start=1)}


def _numbered(changes: Sequence[str]) -> Iterator[tuple[str, str]]:
    return ((f"{number:04d}", text) for number, text in enumerate(changes, start=1))


def kinds(state: State) -> list[str]:
    """The verdict on each experiment, in order; an experiment without one is `none`."""
    return [e.verdict.kind if e.verdict else "none" for e in state.experiments.values()]


def judgements(events: Sequence[Event]) -> Counter[str]:
    """How often each experiment was judged; to be retired from the stack is not counted."""
    return Counter(
        event.experiment
        for event in events
        if isinstance(event, VerdictGiven) and event.verdict.kind != "retired"
    )


def claims(place: Site, events: Sequence[Event]) -> list[bool]:
    """For every measurement of the stack, whether its interval holds what is true of it."""
    ideas = {
        event.experiment: event.candidate.idea
        for event in events
        if isinstance(event, ExperimentOpened)
    }
    found = []
    for event in events:
        if isinstance(event, StackMeasured) and event.effect is not None:
            lines = [place.changes[int(ideas[name][1:]) - 1] for name in event.experiments]
            true = math.expm1(described(lines).gain(METRIC))
            found.append(event.effect.low <= true <= event.effect.high)
    return found
