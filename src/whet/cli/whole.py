"""`whet start`: from a URL to a campaign in one line."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from whet.cli.face import Face, common, shown
from whet.report.escape import visible


@click.command("start")
@click.argument("repository", metavar="URL")
@click.option("--goal", default="", metavar="WORDS",
              help="What is wanted; a share in it, as in 20 % faster, ends it.")  # fmt: skip
@click.option("--dir", "folder", type=click.Path(path_type=Path), metavar="DIR",
              help="Where the clone goes; by default the project's name.")  # fmt: skip
@click.option("--agent", metavar="NAME|COMMAND", help="Who writes the changes: see whet agents.")
@click.option("--budget", metavar="USD", help="What agents may take in all, e.g. 40usd.")
@click.option("--hours", type=click.FloatRange(0, min_open=True), help="Stop after this time.")
@click.option("--experiments", type=click.IntRange(1), help="Stop after so many experiments.")
@click.option("--preset", default="", metavar="NAME", help="A known project: see whet presets.")
@click.option("--bench", default="", metavar="COMMAND", help="The benchmark, if it is not found.")
@click.option("--metric", default="", metavar="NAME", help="The metric it prints.")
@click.option("--lower/--higher", "lower", default=None, help="Which way is better.")
@click.option("--build", default="", metavar="COMMAND", help="The build, if it is not found.")
@click.option("--checks", default="", metavar="COMMAND", help="The tests, if they are not found.")
@click.option("--quick", is_flag=True, help="Let doctor ask the quick questions only.")
@common
def start_command(
    face: Face, repository: str, goal: str, folder: Path | None, *, quick: bool, **flags: Any
) -> None:
    """Clone a project, find its benchmark, see whether it tells the truth, and begin.

    \b
    whet start https://github.com/owner/project --goal "20 % faster" --agent goose
    whet start owner/project --preset sqlite --dir work

    Each part can be called by itself: git clone, whet init, whet doctor, whet run. Called
    again it goes on where it stopped. Without an agent it ends when all is ready.
    """
    from whet.api.fetching import fetched, wished

    here = fetched(repository, face.start, folder)
    about = f"Cloned {here.name}, branch {here.branch}," if here.fresh else f"Took up {here.name}"
    face.note(visible(f"{about} in {shown(here.folder)}"))
    if here.modules:
        face.note("Its submodules were not fetched; if it needs them: git submodule update --init")
    inside = replace(face, start=here.folder, overrides={**face.overrides, **wished(goal)})
    if not here.configured:
        _initialised(inside, flags, goal)
    _go_on(inside, flags, quick=quick)


def _initialised(face: Face, flags: dict[str, Any], goal: str) -> None:
    from whet.api.fetching import remember
    from whet.cli import init

    face.note("")
    said = {key: flags[key] for key in ("bench", "metric", "lower", "build", "checks")}
    init.show(face, said, preset=flags["preset"], more=True)
    remember(face.start, goal)
    face.note("Wrote whet.toml. Nothing else in the clone changed.\n")


def _go_on(face: Face, flags: dict[str, Any], *, quick: bool) -> None:
    """Doctor, then the campaign; without an agent, what to type for one."""
    from whet.api.starting import agent_is_set
    from whet.cli import doctor

    limits = {key: flags[key] for key in ("agent", "budget", "hours", "experiments")}
    agent = bool(flags["agent"]) or agent_is_set(face.start, face.overrides)
    doctor.show(face, quick=quick, more=agent)
    if agent:
        from whet.cli.judge import campaign

        campaign(face, limits)
        return
    at = shown(face.start)
    face.note(f"No agent is named. Next: whet run -C {at} --agent NAME   (see whet agents)")
