"""`whet demo`, `whet init`, `whet doctor`."""

import shlex
from pathlib import Path

import click

from whet.cli.face import Face, common, shown


@click.command("demo")
@click.option("--dir", "folder", type=click.Path(path_type=Path), default=Path("whet-demo"),
              show_default=True, help="Where the demo's files go.")  # fmt: skip
@click.option("--again", is_flag=True, help="Replace what an earlier demo left there.")
@common
def demo_command(face: Face, folder: Path, *, again: bool) -> None:
    """Run a whole campaign on a bundled C program: no project, no key, no network.

    \b
    whet demo
    whet demo --dir /tmp/demo

    A small transformer decoder, a scripted agent, three waves. Only the proposals are
    scripted: every build, check, measurement and verdict is made now, on this machine.
    """
    from whet.api.demonstrating import demonstrate
    from whet.api.reporting import report
    from whet.cli.ending import say_summary
    from whet.cli.live import watched
    from whet.report import document

    where = face.start / folder

    def prepared(at: Path) -> None:
        face.note("A small C program and a scripted agent: no key, no network, about 2 min")
        face.note(f"Files in {at}")

    with watched(face, waves=True) as watcher:
        done = demonstrate(where, again=again, watcher=watcher, prepared=prepared)
    state = done.finished.state
    written = report(where, state.name, out="", formats=())
    if face.as_json:
        face.document(document.campaign(state))
        return
    face.say("")
    say_summary(face, state, list(state.experiments.values()))
    at = shlex.quote(str(where))
    face.say(
        f"  Report   {shown(written[0].path)}",
        f"  Look     whet -C {at} list",
        f"  Why      whet -C {at} why E09",
        "Next, in your own project: whet init",
    )


@click.command("doctor")
@click.option("--quick", is_flag=True, help="No A/A, no planted slowdown, no planted bugs.")
@click.option("--layouts", is_flag=True, help="Six builds: does the place of code matter?")
@click.option("--base", default="", metavar="REF", help="Look at this commit, not HEAD.")
@click.option("--agent", default="", metavar="NAME", help="Try this agent on a scripted model.")
@common
def doctor_command(face: Face, base: str, agent: str, *, quick: bool, layouts: bool) -> None:
    """Ask whether the benchmark tells the truth, before anything is spent.

    \b
    whet doctor
    whet doctor --quick
    whet doctor --layouts       and is a gain more than where functions happen to lie?
    whet doctor --agent goose   does it still do what whet expects? no key, no cost

    Exit 3 when it does not; every finding names the file, line or field at fault.
    """
    from whet.cli.doctor import show, show_agent

    if agent:
        show_agent(face, agent)
    else:
        show(face, quick=quick, base=base, layouts=layouts)


@click.command("init")
@click.option("--bench", default="", metavar="COMMAND", help="The benchmark.")
@click.option("--metric", default="", metavar="NAME", help="The metric it prints.")
@click.option("--lower/--higher", "lower", default=None, help="Which way is better.")
@click.option("--unit", default="", help="Its unit.")
@click.option("--checks", default="", metavar="COMMAND", help="The tests.")
@click.option("--build", default="", metavar="COMMAND", help="The build.")
@click.option("--adapter", default="", metavar="FORMAT", help="Output format of the benchmark.")
@click.option("--scope", multiple=True, metavar="GLOB", help="What may change; repeatable.")
@click.option("--preset", default="", metavar="NAME", help="A known project: see whet presets.")
@click.option("--agent", default="", metavar="NAME", help="Who writes changes: see whet agents.")
@click.option("--briefs/--no-briefs", default=None, help="Copy what agents are told, to edit it.")
@click.option("--dry-run", is_flag=True, help="Print whet.toml, write nothing.")
@common
def init_command(
    face: Face, preset: str, *, dry_run: bool, briefs: bool | None, **answers: object
) -> None:
    """Look at this repository and write whet.toml.

    \b
    whet init
    whet init --bench ./bench.sh --metric p50_ms --lower --checks 'make test' --yes
    whet init --preset sqlite
    whet init --agent goose

    Writes one file; with --agent also the texts that agents are told, .whet/briefs/,
    which are yours from then on. Reads .auto/ and autoresearch.* of earlier loops where they are.
    """
    from whet.cli.init import show

    wanted = bool(answers["agent"]) if briefs is None else briefs
    show(face, answers, preset=preset, briefs=wanted and not dry_run, dry_run=dry_run)


@click.command("presets")
@click.argument("name", default="", metavar="[NAME]")
@common
def presets_command(face: Face, name: str) -> None:
    """List the projects that are known, or print what is known about one.

    \b
    whet presets
    whet presets sqlite
    """
    from whet.cli.init import list_presets

    list_presets(face, name)
