"""`whet demo`: a whole campaign on a bundled target. Proposals are scripted, numbers are not."""

import shlex
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from whet.api.running import Finished, Watcher, drive
from whet.api.workspace import configuration, repository
from whet.demo import TARGET
from whet.demo.story import story
from whet.errors import UserError
from whet.git.call import begin
from whet.model.event import EvidenceFound, IdeaAdded
from whet.steps.world import World
from whet.wiring import Opening

SCRIPTED = "the proposals; every build, check, number and verdict is made now"

_MARKER = ".whet"

_AGENT = (
    "import sys; sys.path.insert(0, sys.argv[1]); "
    "from whet.demo.agent import main; sys.exit(main())"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Demonstrated:
    """The finished demo."""

    folder: Path
    finished: Finished


def demonstrate(
    folder: Path, *, again: bool = False, watcher: Watcher | None = None,
    prepared: Callable[[Path], None] = lambda _: None,
) -> Demonstrated:  # fmt: skip
    """Run the demo in a folder of its own.

    Args:
        folder: is made; a finished demo in it is replaced when `again` is set.
        again: replace what an earlier demo left in the folder.
        watcher: is told what happens.
        prepared: is told the folder before the first experiment.

    Raises:
        UserError: the folder holds something else, or an earlier demo.
    """
    _prepare(folder, again=again)
    prepared(folder)
    repo = repository(folder)
    config = configuration(repo).config
    config = replace(
        config, agent=replace(config.agent, kind="command", command=agent(), attempts=0)
    )
    begun = Opening(
        name=config.campaign.name or "demo",
        base=repo.resolve("HEAD"),
        config=config,
        scripted=SCRIPTED,
    )
    finished = drive(repo, begun, watcher or Watcher(), _fill)
    return Demonstrated(folder=folder, finished=finished)


def agent() -> str:
    """The command of the scripted agent.

    It names the folder that whet lies in: a jail lets a command read what it names and hides homes,
    where a checkout usually is.
    """
    return shlex.join([sys.executable, "-P", "-c", _AGENT, str(Path(__file__).parents[2])])


def _fill(world: World) -> None:
    now = world.clock.now()
    for item in story().evidence:
        world.record(EvidenceFound(at=now, evidence=item))
    for act in story().acts:
        world.record(IdeaAdded(at=now, idea=act.idea))


def _prepare(folder: Path, *, again: bool) -> None:
    if folder.exists() and any(folder.iterdir()):
        if not (folder / _MARKER / "campaigns").is_dir():
            raise UserError(f"{folder} is not empty", hint="whet demo --dir ./another-folder")
        if not again:
            raise UserError(
                f"{folder} holds a demo already",
                hint=f"whet demo --again --dir {shlex.quote(str(folder))}",
            )
        shutil.rmtree(folder)
    shutil.copytree(TARGET, folder, dirs_exist_ok=True)
    begin(folder, "pebble, the demo's target")
