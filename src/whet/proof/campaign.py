"""One campaign through the whole product, on a target whose speed is known and a made-up machine.

Everything is real but the benchmark's seconds: git, the ledger, the driver, the trial's process,
its build, its jail, and an invocation of the benchmark for every number.
"""

import random
import shutil
import signal
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import anyio

from whet.errors import Interrupted
from whet.model.event import Event, ExperimentOpened, IdeaAdded, VerdictGiven, WaveOpened
from whet.model.idea import Candidate, Idea
from whet.places import worker_cache
from whet.plan.state import State
from whet.proof import target
from whet.proof.pipe import noise_pipe
from whet.steps import candidates
from whet.steps.drive import Driver, Interrupt
from whet.steps.world import World
from whet.testing.noise import MACHINES
from whet.testing.weather import Weather
from whet.wiring import Opening, open_world


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """What a campaign is made of; equal settings come to equal verdicts."""

    machine: str
    """A name of `whet.testing.noise.MACHINES`."""
    seed: int
    truths: tuple[float, ...]
    """The true gain of each candidate, in the order they are judged."""
    compiled: bool
    """Whether the benchmark is a C program; else it is a shell script."""


Judged = Callable[[], None]


def judge_alone(setting: Setting, *, pairs_min: int, judged: Judged) -> State:
    """Judge every candidate against the base, each on `pairs_min` pairs at least.

    Raises:
        Interrupted: a signal came; nothing is left behind.
    """
    return _run(setting, "alone", pairs_min=pairs_min, judged=judged)


def judge_stacked(setting: Setting, *, judged: Judged) -> State:
    """The campaign a user would run: what is kept joins the stack, which is measured at the end.

    Raises:
        Interrupted: a signal came; nothing is left behind.
    """
    return _run(setting, "stacked", pairs_min=0, judged=judged)


def _run(setting: Setting, name: str, *, pairs_min: int, judged: Judged) -> State:
    with _folder() as folder:
        repo = target.make(folder / "target")
        (folder / "pipe").mkdir()
        path = folder / "pipe" / "noise"
        config = target.config(
            path,
            candidates=len(setting.truths),
            seed=setting.seed,
            compiled=setting.compiled,
            pairs_min=pairs_min,
        )
        opening = Opening(name=name, base=repo.resolve("HEAD"), config=config)
        weather = Weather(MACHINES[setting.machine], _seed(setting, name))
        with noise_pipe(path, weather) as pipe, open_world(repo, opening) as world:

            def happened(event: Event) -> None:
                pipe.fill()
                if isinstance(event, VerdictGiven) and event.verdict.kind != "retired":
                    judged()

            world.told.append(happened)
            _propose(world, setting.truths, alone=name == "alone")
            _drive(world)
            return world.state


@contextmanager
def _folder() -> Iterator[Path]:
    """A folder for the target, which goes at the end with all that was built for it elsewhere."""
    with tempfile.TemporaryDirectory(prefix="whet-prove-") as name:
        folder = Path(name).resolve()
        try:
            yield folder
        finally:
            shutil.rmtree(worker_cache(folder / "target"), ignore_errors=True)


def _seed(setting: Setting, name: str) -> int:
    text = f"{setting.machine} {setting.seed} {name}"
    return random.Random(text).randrange(2**31)  # noqa: S311 (noise, not a secret)


def _propose(world: World, truths: Sequence[float], *, alone: bool) -> None:
    """Open an experiment for every candidate: there is no agent, so the proposals cost nothing."""
    at, base = world.clock.now(), world.state.base
    commits = _commits(world, target.changes(truths))
    ideas = tuple(f"I{number:02d}" for number in range(1, len(commits) + 1))
    for idea, gain in zip(ideas, truths, strict=True):
        title = f"truly {gain:+.2%}"
        world.record(IdeaAdded(at=at, idea=Idea(id=idea, title=title, source="proof")))
    world.record(WaveOpened(at=at, wave=1, ideas=ideas))
    for idea, commit in zip(ideas, commits, strict=True):
        made = Candidate(
            idea=idea, commit=commit, parent=base, changes=world.store.changes(base, commit),
            author="proof",
        )  # fmt: skip
        name = f"E{idea[1:]}"
        candidates.publish(world, name, commit)
        world.record(ExperimentOpened(at=at, experiment=name, wave=1, candidate=made, alone=alone))


def _commits(world: World, files: dict[str, str]) -> list[str]:
    """A commit on top of the base for each file, all of them made by one process."""
    lines = []
    for number, (path, text) in enumerate(files.items(), start=1):
        lines += [
            f"commit refs/whet/proof/{number}", f"mark :{number}",
            "committer whet <whet@localhost> 946684800 +0000", "data 0",
            f"from {world.state.base}", f"M 100644 inline {path}", f"data {len(text)}", text,
        ]  # fmt: skip
    marks = world.store.path / "marks"
    world.store.git(
        "fast-import", "--quiet", f"--export-marks={marks}", stdin="\n".join(lines).encode()
    )
    found = dict(line.split() for line in marks.read_text(encoding="utf-8").splitlines())
    return [found[f":{number}"] for number in range(1, len(files) + 1)]


def _drive(world: World) -> None:
    """Drive it to its end. A proof that was stopped in the middle is worth nothing."""

    async def run() -> bool:
        with anyio.CancelScope() as scope:

            def heard(how: Interrupt) -> None:
                if how == "finish":  # the driver would go on to the end of the wave
                    scope.cancel()

            await Driver(world, heard, waves=False).run()
        return scope.cancelled_caught

    try:
        if anyio.run(run):
            raise _stopped("Ctrl-C", signal.SIGINT)
    except Interrupted as error:
        if error.exit_code == 128 + signal.SIGTERM:
            raise _stopped("SIGTERM", signal.SIGTERM) from error
        raise


def _stopped(by: str, number: int) -> Interrupted:
    error = Interrupted(
        f"by {by}: the proof was not finished, and nothing of it is left", hint="whet prove"
    )
    error.exit_code = 128 + number
    return error
