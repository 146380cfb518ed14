"""`whet workers`: the machines that measure."""

import click

from whet.cli.face import Face, common
from whet.cli.usage import Group
from whet.report.escape import visible
from whet.report.span import Span, line


class _Workers(Group):
    default = "list"


@click.group("workers", cls=_Workers)
def workers_command() -> None:
    """List, add, test and stop the machines that measure.

    \b
    whet workers
    whet workers add ssh user@box
    whet workers test box
    whet workers stop
    """


@workers_command.command("list")
@common
def list_command(face: Face) -> None:
    """List the workers, their machines, and what these cost.

    \b
    whet workers list
    whet workers list --json

    Works while a campaign runs. A price that nobody knows is said to be unknown.
    """
    from whet.api.workers import listed
    from whet.report.machines import price

    found = listed(face.start, face.campaign)
    if face.as_json:
        face.document(_listed(found))
        return
    width = max(len(row.config.name) for row in found.rows)
    for row in found.rows:
        one, config = row.machine, row.config
        if one is not None and one.ready is not None:
            state = f"up  {visible(one.where)}, {price(one.price)}"
        elif one is not None:
            state = "asked for"
        else:
            state = "not up" if config.kind != "local" else "this machine"
        what = visible(config.host or config.experiment or _resources(config.resources))
        paid = f", {_dollars(row.dollars)} so far" if row.had else ""
        role = "  guard" if config.role == "guard" else ""
        text = f"  {config.kind:<5}  {what + '  ' if what else ''}{state}{paid}{role}"
        face.say(line("  ", Span(f"{visible(config.name):<{width}}", "id"), text))
    if found.campaign and any(row.had for row in found.rows):
        face.say(f"Machines of {visible(found.campaign)}: {_dollars(found.dollars)} so far")


@workers_command.command("add")
@click.argument("kind", type=click.Choice(["ssh", "sky"]))
@click.argument("what")
@click.option("--name", default="", help="What it is called; default: from the host.")
@click.option("--count", default=1, show_default=True, help="So many machines; for sky.")
@common
def add_command(face: Face, kind: str, what: str, name: str, count: int) -> None:
    """Add a worker to whet.toml: a host over ssh, or machines that SkyPilot rents.

    \b
    whet workers add ssh user@box
    whet workers add sky aws/us-east-1 --count 4
    whet workers add sky experiment.yaml --name cloud

    With sky, WHAT is an infra in SkyPilot's words, or a task file. Nothing is launched yet.
    """
    from whet.api.workers_adding import added

    made = added(face.start, kind, what, name=name, count=count)
    if face.as_json:
        face.document({"schema": "whet/1", "kind": "workers-added", "name": made})
        return
    face.say(f"Added {visible(made)} to whet.toml", f"Next: whet workers test {visible(made)}")


@workers_command.command("test")
@click.argument("names", nargs=-1)
@common
def test_command(face: Face, names: tuple[str, ...]) -> None:
    """Reach workers, set them up and say what they are. A rented machine is given back.

    \b
    whet workers test
    whet workers test box

    Exit code 4 when one cannot run trials.
    """
    from dataclasses import asdict

    from whet.api.workers import examined
    from whet.report.machines import price

    found = examined(face.start, names)
    if face.as_json:
        rows = [asdict(one) for one in found]
        face.document({"schema": "whet/1", "kind": "workers-test", "workers": rows})
    else:
        for one in found:
            name = Span(visible(one.name), "id")
            if one.fingerprint is None:
                face.say(line("  ", Span("✗", "bad"), " ", name, f"  {visible(one.problem)}"))
                face.say(line(f"    hint: {visible(one.hint)}"))
                continue
            print_ = one.fingerprint
            said = f"{print_.cpu}, {print_.cores} cores, {print_.compiler or 'no C compiler'}"
            face.say(line("  ", Span("✓", "good"), " ", name,
                          f"  {visible(said)}; {price(one.price)}"))  # fmt: skip
    if any(one.fingerprint is None for one in found):
        raise click.exceptions.Exit(4)


@workers_command.command("stop")
@common
def stop_command(face: Face) -> None:
    """Give back the machines that a campaign which was killed has left.

    \b
    whet workers stop
    whet workers stop --campaign tg128-cpu

    A campaign that runs gives its machines back itself when it ends.
    """
    from whet.api.workers import stopped

    found = stopped(face.start, face.campaign)
    if face.as_json:
        face.document({"schema": "whet/1", "kind": "workers-stopped", "stopped": list(found)})
        return
    face.say(*[f"Stopped {visible(one)}" for one in found] or ["Nothing is up"])


def _resources(resources: object) -> str:
    from collections.abc import Mapping

    assert isinstance(resources, Mapping)
    return ", ".join(f"{name} {value}" for name, value in resources.items())


def _dollars(dollars: float | None) -> str:
    return "an unknown price" if dollars is None else f"${dollars:.2f}"


def _listed(found: object) -> dict[str, object]:
    from dataclasses import asdict

    from whet.api.workers import Workers

    assert isinstance(found, Workers)
    rows = [{**asdict(row.config), "machine": asdict(row.machine) if row.machine else None,
             "dollars": row.dollars, "machines": row.had} for row in found.rows]  # fmt: skip
    return {
        "schema": "whet/1", "kind": "workers", "campaign": found.campaign or None,
        "running": found.running, "dollars": found.dollars, "workers": rows,
    }  # fmt: skip
