"""`whet watch`: a campaign on the whole terminal."""

import importlib.util
import sys

import click

from whet.cli.face import Face, common
from whet.errors import NotReady, UserError


@click.command("watch")
@common
def watch_command(face: Face) -> None:
    """Watch a campaign on the whole terminal: headline, chart, table.

    \b
    whet watch

    Enter says why, d shows the patch, f goes through the verdicts, / finds, q leaves.
    It only looks: a run goes on. Needs the extra `tui`: pip install 'whet[tui]'.
    """
    if face.as_json:
        raise UserError("a screen is no document", hint="whet status --json")
    if importlib.util.find_spec("textual") is None:
        raise NotReady(
            "`whet watch` needs the extra `tui`, which is not installed",
            hint="pip install 'whet[tui]'; without it: whet status, or whet web",
        )
    if not sys.stdout.isatty():
        raise NotReady("`whet watch` needs a terminal", hint="whet status")
    from whet.api.watching import Watched
    from whet.cli.screen import Screen

    Screen(Watched(face.start, face.campaign)).run()
