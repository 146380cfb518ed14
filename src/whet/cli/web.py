"""`whet web`: the live page."""

import os
import platform

import click

from whet.cli.face import Face, common


@click.command("web")
@click.option("--host", default="127.0.0.1", show_default=True,
              help="What to listen on; anything but this machine needs --token.")  # fmt: skip
@click.option("--port", type=click.IntRange(0, 65535), default=None,
              help="8700 by default, or another if that is taken.")  # fmt: skip
@click.option("--token", default="", envvar="WHET_WEB_TOKEN", metavar="TEXT",
              help="What a browser must show; also $WHET_WEB_TOKEN.")  # fmt: skip
@click.option("--open", "opened", is_flag=True, help="Show it in the browser.")
@common
def web_command(face: Face, host: str, port: int | None, token: str, *, opened: bool) -> None:
    """Serve the page of a campaign and bring it up to date as things happen.

    \b
    whet web
    whet web --open
    whet web --host 0.0.0.0 --token "$(openssl rand -hex 16)"

    Read-only, and for this machine alone unless there is a token. While pairs are taken it
    shows how many, never what they say. Ctrl-C ends it; a run goes on.
    """
    from whet.api.workspace import open_campaign
    from whet.web.serve import serve

    found = open_campaign(face.start, face.campaign)

    def told(address: str) -> None:
        if face.as_json:
            face.document({"schema": "whet/1", "kind": "web", "url": address})
        else:
            face.say(f"{found.state.name} at {address}")
        if "SSH_CONNECTION" in os.environ and not token:
            number = address.rsplit(":", 1)[1].strip("/")
            there = platform.node()
            face.note(f"From your own machine: ssh -L {number}:127.0.0.1:{number} {there}")
        elif opened:
            click.launch(address)
        face.note("Ctrl-C ends it")

    try:
        serve(found.folder, host=host, port=port, token=token, told=told)
    except KeyboardInterrupt as error:
        if type(error) is not KeyboardInterrupt:
            raise  # SIGTERM
