"""`whet mcp`: the tools of `whet next`, `claim`, `submit` and `wait` for agents that speak MCP."""

import click

from whet.cli.face import Face, common
from whet.cli.usage import Group
from whet.errors import NotReady


class Serving(Group):
    """Serves when no command is named."""

    default = "serve"


@click.group("mcp", cls=Serving)
def mcp_command() -> None:
    """Serve an agent over the Model Context Protocol.

    \b
    whet mcp                    on standard input and output: an agent starts this
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
        from whet.mcp.serving import serve
    except ImportError as error:
        if not (error.name or "").startswith("mcp"):
            raise
        raise NotReady("the MCP server needs the extra `mcp`",
                       hint="pip install 'whet[mcp]'") from error  # fmt: skip
    if sys.stdin.isatty():
        face.note("An agent starts this and speaks MCP to it: end it with Ctrl-D")
    serve(face.start, face.campaign, claimant(who))
