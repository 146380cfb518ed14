"""`whet mcp`: the tools of `whet next`, `claim`, `submit` and `wait` for agents that speak MCP."""

import click

from whet.cli.face import Face, at_once, common, shown
from whet.cli.usage import Group
from whet.errors import NotReady
from whet.report.escape import verbatim


class Serving(Group):
    """Serves when no command is named."""

    default = "serve"


@click.group("mcp", cls=Serving)
def mcp_command() -> None:
    """Serve an agent over the Model Context Protocol, or put whet into its configuration.

    \b
    whet mcp                    on standard input and output: an agent starts this
    whet mcp install claude
    """


@mcp_command.command("serve")
@click.option("--as", "who", default="", metavar="NAME",
              help="Who claims; by default $WHET_AGENT, or whoever started this.")  # fmt: skip
@common
def serve_command(face: Face, who: str) -> None:
    """Serve on standard input and output until the input ends.

    \b
    whet mcp serve
    whet -C ~/src/project mcp serve
    """
    import sys

    from whet.api.claimant import claimant

    try:
        with at_once():  # agents give a server little time to begin
            from whet.mcp.serving import serve, server

            made = server(face.start, face.campaign, claimant(who))
    except ImportError as error:
        if not (error.name or "").startswith("mcp"):
            raise
        raise NotReady("the MCP server needs the extra `mcp`",
                       hint="pip install 'whet[mcp]'") from error  # fmt: skip
    if sys.stdin.isatty():
        face.note("An agent starts this and speaks MCP to it. Put it there: whet mcp install")
    serve(made)


@mcp_command.command("install")
@click.argument("client", default="", metavar="[CLIENT]")
@click.option("--user", is_flag=True, help="For all your projects, not for this one.")
@click.option("--print", "only_print", is_flag=True, help="Show the change, write nothing.")
@click.option("--uninstall", is_flag=True, help="Take whet out again.")
@common
def install_command(
    face: Face, client: str, *, user: bool, only_print: bool, uninstall: bool
) -> None:  # fmt: skip
    """Put whet into an agent's configuration, and leave all the rest of it as it is.

    \b
    whet mcp install                    the clients that are known
    whet mcp install claude
    whet mcp install codex --user
    whet mcp install cursor --print
    whet mcp install claude --uninstall
    """
    from whet.api.clients import CLIENTS, edit, write

    if not client:
        if face.as_json:
            face.document({"schema": "whet/1", "kind": "clients", "clients": list(CLIENTS)})
            return
        for one in CLIENTS.values():
            where = ", ".join((*one.project[:1], *(f"~/{name}" for name in one.home[:1])))
            face.say(f"{one.name:<10} {one.title:<12} {where}")
        return
    change = edit(face.start, client, user=user, uninstall=uninstall)
    changed = change.before != change.after
    if not only_print:
        write(change)
    if face.as_json:
        face.document({"schema": "whet/1", "kind": "mcp_install", "client": change.client.name,
                       "path": str(change.path), "changed": changed, "written": not only_print,
                       "diff": change.diff})  # fmt: skip
        return
    if not changed:
        there = "is not in" if uninstall else "is already in"
        face.say(f"whet {there} {shown(change.path)}")
        return
    face.say(*verbatim(change.diff.rstrip("\n")).split("\n"))
    if only_print:
        face.note("Nothing was written")
    elif uninstall:
        face.note(f"Taken out of {shown(change.path)}")
    else:
        face.note(f"Written. Start {change.client.title} anew, and ask it for the tools of whet")
