"""`whet workers`: the machines that measure."""

import click

from whet.cli.complete import WORKER
from whet.cli.face import Face, common
from whet.cli.usage import Group
from whet.report.escape import visible
from whet.report.span import Span, line


class _Workers(Group):
    default = "list"


@click.group("workers", cls=_Workers)
def workers_command() -> None:
    """List, add, test, drain, replace and stop the machines that measure.

    \b
    whet workers
    whet workers add ssh user@box
    whet workers test box
    whet workers drain box
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
        role += "  drained" if row.drained else ""
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


@workers_command.command("drain")
@click.argument("name", shell_complete=WORKER)
@click.option("--reason", default="", help="Why; it is written into the ledger.")
@common
def drain_command(face: Face, name: str, reason: str) -> None:
    """Let a worker measure nothing more, and give its machine back.

    \b
    whet workers drain box
    whet workers drain cloud-2 --reason "slower than the others"

    What is measured there comes to its end first; `whet workers stop box` does not wait for it.
    The others go on. It stays out, also in later runs, until `whet workers resume box`.
    """
    _drained(face, name, reason, replace=False)


@workers_command.command("replace")
@click.argument("name", shell_complete=WORKER)
@click.option("--reason", default="", help="Why; it is written into the ledger.")
@common
def replace_command(face: Face, name: str, reason: str) -> None:
    """Give a worker's machine back, and let it have another one.

    \b
    whet workers replace cloud-2

    What is measured there comes to its end first. The new machine is calibrated before it is
    believed. A host over ssh is looked at as if it were new.
    """
    _drained(face, name, reason, replace=True)


def _drained(face: Face, name: str, reason: str, *, replace: bool) -> None:
    from dataclasses import asdict

    from whet.api.workers_draining import drained

    found = drained(face.start, name, face.campaign, replace=replace, reason=reason)
    if face.as_json:
        kind = "workers-replaced" if replace else "workers-drained"
        face.document({"schema": "whet/1", "kind": kind, **asdict(found)})
        return
    what, machine = visible(found.worker), visible(found.machine)
    first = f"{what} gets another machine" if replace else f"{what} measures nothing more"
    if found.gone:
        face.say(f"{first}; {machine} is given back")
    elif found.waits_for:
        after = ", ".join(map(visible, found.waits_for))
        face.say(f"{first} once {after} has its verdict" + (f"; {machine} goes" if machine else ""))
    else:
        face.say(f"{first}; {machine} is being given back" if machine else first)
    if not replace:
        face.say(f"Let it measure again: whet workers resume {what}")


@workers_command.command("resume")
@click.argument("name", shell_complete=WORKER)
@common
def resume_command(face: Face, name: str) -> None:
    """Let a worker measure again that was drained or stopped.

    \b
    whet workers resume box
    """
    from whet.api.workers_draining import readmitted

    changed = readmitted(face.start, name, face.campaign)
    if face.as_json:
        face.document({"schema": "whet/1", "kind": "workers-resumed", "worker": name,
                       "changed": changed})  # fmt: skip
        return
    face.say(f"{visible(name)} {'measures again' if changed else 'was not taken out'}")


@workers_command.command("stop")
@click.argument("names", nargs=-1, shell_complete=WORKER)
@common
def stop_command(face: Face, names: tuple[str, ...]) -> None:
    """Give machines back now, those of a killed run as well.

    \b
    whet workers stop
    whet workers stop cloud-2 cloud-3
    whet workers stop --campaign tg128-cpu

    What they measure is measured again elsewhere. With names the campaign goes on without these
    workers, until `whet workers resume`; without any, a campaign that runs is ended.
    """
    from whet.api.workers_draining import stopped

    found = stopped(face.start, face.campaign, names, face.note)
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
    rows = [
        {
            **asdict(row.config),
            "machine": asdict(row.machine) if row.machine else None,
            "dollars": row.dollars,
            "machines": row.had,
            "drained": row.drained,
        }
        for row in found.rows
    ]
    return {
        "schema": "whet/1", "kind": "workers", "campaign": found.campaign or None,
        "running": found.running, "dollars": found.dollars, "workers": rows,
    }  # fmt: skip
