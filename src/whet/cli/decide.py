"""`whet retry`, `replay`, `keep`, `drop`: a person's decisions."""

from typing import TYPE_CHECKING

import click

from whet.cli.complete import EXPERIMENT
from whet.cli.face import Face, common

if TYPE_CHECKING:
    from whet.api.running import RunOptions


def _options(face: Face) -> "RunOptions":
    from whet.api.running import RunOptions

    return RunOptions(campaign=face.campaign, overrides=face.overrides)


@click.command("retry")
@click.argument("name", metavar="EXPERIMENT", shell_complete=EXPERIMENT)
@common
def retry_command(face: Face, name: str) -> None:
    """Judge an experiment again on fresh pairs.

    \b
    whet retry E11

    The old verdict stays in the ledger, and so does the fact that there was a second look.
    """
    from whet.api import deciding
    from whet.cli.live import watched
    from whet.plan.naming import command_to_go_on
    from whet.report import document, lines
    from whet.report.story import find

    with watched(face) as watcher:
        done = deciding.retry(face.start, name, _options(face), watcher)
    one = find(done.state, _id(name))
    if face.as_json:
        face.document(document.experiment(done.state, one.id))
    elif not face.has_shown:
        face.say(lines.experiment_line(done.state, one.id, face.width))
    if not face.as_json and one.in_stack:
        face.say(f"The stack is measured again at the next: {command_to_go_on(done.state)}")


@click.command("replay")
@click.argument("name", metavar="EXPERIMENT", shell_complete=EXPERIMENT)
@common
def replay_command(face: Face, name: str) -> None:
    """Repeat an experiment's trial as it was set up; nothing is recorded.

    \b
    whet replay E07
    """
    from whet.api import deciding
    from whet.cli.live import watched
    from whet.report import document, words
    from whet.report.span import Span, line
    from whet.report.why import gates

    with watched(face) as watcher:
        one, outcome, given = deciding.replay(
            face.start, name, face.campaign, lambda p: watcher.moved(_id(name), p)
        )
    if face.as_json:
        face.document(document.replayed(one, outcome, given))
        return
    for when, verdict in (("now", given), ("recorded", one.verdict)):
        if verdict is not None:
            shape = Span(words.WORDS[verdict.kind].shape, verdict.kind)
            said = f" {words.title(verdict)}: {verdict.reason}"
            face.say(line(f"{one.id} {when:<9}", shape, said))
    face.say("", *gates(given, face.width))


@click.command("keep")
@click.argument("name", metavar="EXPERIMENT", shell_complete=EXPERIMENT)
@click.option("--reason", default="", help="Why; it is shown beside the verdict.")
@common
def keep_command(face: Face, name: str, reason: str) -> None:
    """Keep a change that the judge holds for a person.

    \b
    whet keep E12 --reason "read the patch: the cache is keyed by content"
    """
    from whet.api import deciding

    one = deciding.keep(face.start, name, reason, _options(face))
    _decided(face, one.id, "kept by a person", stack=not one.alone)


@click.command("drop")
@click.argument("name", metavar="EXPERIMENT", shell_complete=EXPERIMENT)
@click.option("--reason", default="", help="Why; it is shown beside the verdict.")
@common
def drop_command(face: Face, name: str, reason: str) -> None:
    """Take a change out of the stack, or set one aside that waits for a person.

    \b
    whet drop E07 --reason "needs a licence we cannot use"
    """
    from whet.api import deciding

    one = deciding.drop(face.start, name, reason, _options(face))
    retired = one.verdict is not None and one.verdict.kind == "retired"
    said = "taken out of the stack" if retired else "set aside"
    _decided(face, one.id, f"{said} by a person", stack=retired)


def _decided(face: Face, name: str, what: str, *, stack: bool) -> None:
    from whet.api.workspace import open_campaign
    from whet.plan.naming import command_to_go_on

    if face.as_json:
        face.document({"schema": "whet/1", "kind": "decision", "id": name, "decision": what})
        return
    face.say(f"{name}: {what}")
    if stack:
        command = command_to_go_on(open_campaign(face.start, face.campaign).state)
        face.say(f"The stack is measured again at the next: {command}")


def _id(name: str) -> str:
    """The id as the ledger writes it, of one that was found there."""
    return f"E{int(name[1:]):02d}"
