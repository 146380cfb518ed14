"""`whet status`, `list`, `why`, `diff`, `log`, and what `whet` alone says."""

import json
import sys
import time
from pathlib import Path

import click

from whet.cli.complete import EXPERIMENT, EXPERIMENT_OR_STACK, VERDICTS
from whet.cli.face import Face, at_once, common
from whet.errors import NotReady

_FIRST = """\
No campaign here yet. In a repository with a benchmark and tests:

  whet init              look around and write whet.toml
"""
_AFTER_INIT = """\
No campaign here yet, but a whet.toml. Next:

"""
_NEXT = """\
  whet doctor            is the benchmark telling the truth?
  whet try my.patch      judge a change you have
  whet run               the campaign, with your agent

Or try it without a project, an agent or a key: whet demo (about 90 s)"""


def where_you_stand(directory: str) -> None:
    """The status where there is a campaign, else the first steps."""
    from whet.api.workspace import campaigns, open_campaign, repository
    from whet.report.span import plain
    from whet.report.status import status

    try:
        repo = repository(Path(directory))
    except NotReady:
        click.echo(_FIRST + _NEXT)
        return
    if not campaigns(repo):
        click.echo((_AFTER_INIT if (repo.root / "whet.toml").exists() else _FIRST) + _NEXT)
        return
    found = open_campaign(Path(directory))
    for shown in status(found.state, time.time(), found.holder, underway=found.underway):
        click.echo(plain(shown))


@click.command("status")
@common
@at_once()
def status_command(face: Face) -> None:
    """Say where the campaign stands, in ten lines.

    \b
    whet status
    whet status --json | jq .headline
    """
    from whet.api.workspace import open_campaign
    from whet.report.status import status

    found = open_campaign(face.start, face.campaign)
    if face.as_json:
        from whet.report import document

        face.document(document.campaign(found.state, time.time(), found.holder))
    else:
        now = time.time()
        face.say(*status(found.state, now, found.holder, face.width, found.underway))


@click.command("list")
@click.option("--verdict", metavar="VERDICT", type=click.Choice(VERDICTS),
              help="Only these: kept, discarded, inconclusive, checks_failed, held …")  # fmt: skip
@click.option("--wave", type=click.IntRange(1), help="Only this wave.")
@common
@at_once()
def list_command(face: Face, verdict: str | None, wave: int | None) -> None:
    """List experiments with their verdicts.

    \b
    whet list
    whet list --verdict kept
    """
    from whet.api.workspace import open_campaign
    from whet.report import document, lines

    found, only = open_campaign(face.start, face.campaign), verdict or ""
    if face.as_json:
        face.document(document.listing(found.state, verdict=only, wave=wave))
        return
    face.say(*lines.table(found.state, verdict=only, wave=wave, width=face.width))


@click.command("why")
@click.argument("name", metavar="EXPERIMENT", shell_complete=EXPERIMENT)
@common
@at_once()
def why_command(face: Face, name: str) -> None:
    """Say why an experiment was kept or not, gate by gate.

    \b
    whet why E07
    whet why E07 --json
    """
    from whet.api.workspace import experiment, open_campaign
    from whet.report import document
    from whet.report.why import why

    found = open_campaign(face.start, face.campaign)
    one = experiment(found, name)
    if face.as_json:
        face.document(document.experiment(found.state, one.id))
    else:
        face.say(*why(found.state, one.id, face.width))


@click.command("diff")
@click.argument("name", metavar="EXPERIMENT|stack", shell_complete=EXPERIMENT_OR_STACK)
@common
def diff_command(face: Face, name: str) -> None:
    """Print the patch of an experiment, or of everything that was kept.

    \b
    whet diff E07
    whet diff stack | git apply
    """
    from whet.api.looking import diff

    patch = diff(face.start, name, face.campaign)
    if face.as_json:
        text = patch.decode(errors="replace")
        face.document({"schema": "whet/1", "kind": "diff", "id": name, "patch": text})
    else:
        sys.stdout.buffer.write(patch)


@click.command("log")
@click.argument("name", metavar="[EXPERIMENT]", required=False, shell_complete=EXPERIMENT)
@click.option("-f", "--follow", is_flag=True, help="Go on as things happen.")
@common
def log_command(face: Face, name: str | None, *, follow: bool) -> None:
    """Print what happened, one line an event; or what one experiment printed.

    \b
    whet log
    whet log -f
    whet log E07     output of its agent, build, checks and benchmark
    """
    from whet.api.looking import account, events
    from whet.ledger.codec import as_line
    from whet.report.log import log_line, plain_event
    from whet.report.wrap import fit

    if name:
        lines = account(face.start, name, face.campaign)
        if face.as_json:
            face.document({"schema": "whet/1", "kind": "account", "id": name, "lines": lines})
        else:
            face.say(*lines)
        return
    happened = events(face.start, face.campaign, follow=follow)
    if face.as_json and not follow:
        rows = [json.loads(as_line(event)) for _, event in happened]
        face.document({"schema": "whet/1", "kind": "log", "events": rows})
        return
    for state, event in happened:
        if face.as_json:  # a stream has no end, so it is a document a line
            face.say(as_line(event))
        elif sys.stdout.isatty():
            face.say(fit(log_line(state, event), face.width))
        elif text := plain_event(state, event):
            face.say(text)
