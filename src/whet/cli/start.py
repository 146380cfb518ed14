"""`whet demo`, `whet init`, `whet doctor`."""

from pathlib import Path

import click

from whet.cli.face import Face, common


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
    from whet.cli.live import watched
    from whet.report import document, lines

    where = face.start / folder

    def prepared(at: Path) -> None:
        face.note(
            f"A small C program, a scripted agent, no key, no network, about 90 s. Files in {at}\n"
            "Only the proposals are scripted: every build, check, number and verdict is made now."
        )

    with watched(face, waves=True) as watcher:
        done = demonstrate(where, again=again, watcher=watcher, prepared=prepared)
    state = done.finished.state
    written = report(where, state.name, out="", formats=())
    if face.as_json:
        face.document(document.campaign(state))
        return
    face.say("")
    if state.headline is not None:
        face.say(lines.stack_line(state, state.headline))
    face.say(f"Report: {written[0].path}")
    face.say(f"Look around: whet -C {where} why E09   whet -C {where} list")
    face.say("Next, in your own project: whet init")


@click.command("doctor")
@click.option("--quick", is_flag=True, help="No A/A, no planted slowdown, no planted bugs.")
@click.option("--base", default="", metavar="REF", help="Look at this commit, not HEAD.")
@common
def doctor_command(face: Face, base: str, *, quick: bool) -> None:
    """Ask whether the benchmark tells the truth, before anything is spent.

    \b
    whet doctor
    whet doctor --quick

    Exit 3 when it does not; every finding names the file, line or field at fault.
    """
    from whet.cli.doctor import show

    show(face, quick=quick, base=base)


@click.command("init")
@click.option("--bench", default="", metavar="COMMAND", help="The benchmark.")
@click.option("--metric", default="", metavar="NAME", help="The metric it prints.")
@click.option("--lower/--higher", "lower", default=None, help="Which way is better.")
@click.option("--unit", default="", help="Its unit.")
@click.option("--checks", default="", metavar="COMMAND", help="The tests.")
@click.option("--build", default="", metavar="COMMAND", help="The build.")
@click.option("--adapter", default="", metavar="FORMAT", help="Output format of the benchmark.")
@click.option("--scope", multiple=True, metavar="GLOB", help="What may change; repeatable.")
@click.option("--dry-run", is_flag=True, help="Print whet.toml, write nothing.")
@common
def init_command(face: Face, *, dry_run: bool, **answers: object) -> None:
    """Look at this repository and write whet.toml.

    \b
    whet init
    whet init --bench ./bench.sh --metric p50_ms --lower --checks 'make test' --yes

    Writes one file. Reads .auto/ and autoresearch.* of earlier loops where they are.
    """
    from whet.cli.init import show

    show(face, answers, dry_run=dry_run)
