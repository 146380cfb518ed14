"""`whet agents`: which coding agents are here."""

import dataclasses

import click

from whet.cli.face import Face, common, shown
from whet.report.escape import visible
from whet.report.span import Span, line


@click.command("agents")
@click.option("--path", "where", is_flag=True, help="Print where your own table of agents lies.")
@click.option("--briefs", is_flag=True, help="Copy the texts agents are told into .whet/briefs/.")
@common
def agents_command(face: Face, *, where: bool, briefs: bool) -> None:
    """List the coding agents whet can start, with the versions installed.

    \b
    whet agents
    whet doctor --agent goose
    whet run --agent goose

    Any command can be an agent too. A file of yours, agents.toml, adds to the list.
    """
    from whet.api.agents import known, own_briefs, own_table

    if where:
        if face.as_json:
            face.document({"schema": "whet/1", "kind": "agents-path", "path": str(own_table())})
        else:
            face.say(str(own_table()))
        return
    if briefs:
        written = own_briefs(face.start)
        if face.as_json:
            paths = [str(path) for path in written]
            face.document({"schema": "whet/1", "kind": "briefs", "written": paths})
        else:
            face.say(*[f"Wrote {shown(path)}" for path in written] or ["All are there already"])
        return
    found = known()
    if face.as_json:
        rows = [dataclasses.asdict(one) for one in found]
        face.document({"schema": "whet/1", "kind": "agents", "agents": rows})
        return
    here = [one for one in found if one.path]
    width = max(len(one.name) for one in found)
    for one in here:
        ways = " and ".join({"command": "headless", "acp": "ACP"}[kind] for kind in one.kinds)
        mine = ", from your table" if one.own else ""
        number = visible(one.version) or "version unknown"
        face.say(line("  ", Span("✓", "good"), " ", Span(f"{one.name:<{width}}", "id"),
                      f"  {number:<12} {ways}{mine}"))  # fmt: skip
    face.say(line("  ", Span("✓", "good"), " ", Span(f"{'builtin':<{width}}", "id"),
                  "  with whet     for any model service: set agent.endpoint"))  # fmt: skip
    missing = [one.name for one in found if not one.path]
    if missing:
        face.say(line(Span(f"Not installed: {', '.join(missing)}", "dim")))
    example = here[0].name if here else "builtin"
    face.say(f"Next: whet doctor --agent {example}")
