"""`whet retry`, `replay`, `keep`, `drop`: a person's decisions."""

import click

from whet.api import deciding
from whet.api.running import RunOptions
from whet.cli.face import Face, common
from whet.cli.live import watched
from whet.report import document, lines
from whet.report.span import line
from whet.report.why import gates


def _options(face: Face) -> RunOptions:
    return RunOptions(campaign=face.campaign, overrides=face.overrides)


@click.command("retry")
@click.argument("name", metavar="EXPERIMENT")
@common
def retry_command(face: Face, name: str) -> None:
    """Judge an experiment again on fresh pairs.

    \b
    whet retry E11
    """
    with watched(face) as watcher:
        done = deciding.retry(face.start, name, _options(face), watcher)
    wanted = (
        name.upper() if name.upper() in done.state.experiments else list(done.state.experiments)[-1]
    )
    if face.as_json:
        face.document(document.experiment(done.state, wanted))
    else:
        face.say(lines.experiment_line(done.state, wanted))


@click.command("replay")
@click.argument("name", metavar="EXPERIMENT")
@common
def replay_command(face: Face, name: str) -> None:
    """Repeat an experiment's trial as it was set up; nothing is recorded.

    \b
    whet replay E07
    """
    with watched(face) as watcher:
        one, outcome, given = deciding.replay(
            face.start, name, face.campaign, lambda p: watcher.moved(name, p)
        )
    if face.as_json:
        face.document(document.replayed(one, outcome, given))
        return
    face.say(line(f"{one.id} again: {given.kind}, {given.reason}"))
    face.say(*gates(given))
    if one.verdict is not None:
        face.say(f"Recorded: {one.verdict.kind}, {one.verdict.reason}")


@click.command("keep")
@click.argument("name", metavar="EXPERIMENT")
@click.option("--reason", default="", help="Why; it is shown beside the verdict.")
@common
def keep_command(face: Face, name: str, reason: str) -> None:
    """Keep a change that the judge holds for a person.

    \b
    whet keep E12 --reason "read the patch: the cache is keyed by content"
    """
    one = deciding.keep(face.start, name, reason, _options(face))
    _decided(face, one.id, "kept by a person")


@click.command("drop")
@click.argument("name", metavar="EXPERIMENT")
@click.option("--reason", default="", help="Why; it is shown beside the verdict.")
@common
def drop_command(face: Face, name: str, reason: str) -> None:
    """Take a change out of the stack.

    \b
    whet drop E07 --reason "needs a licence we cannot use"
    """
    one = deciding.drop(face.start, name, reason, _options(face))
    _decided(face, one.id, "dropped by a person")


def _decided(face: Face, name: str, what: str) -> None:
    if face.as_json:
        face.document({"schema": "whet/1", "kind": "decision", "id": name, "decision": what})
    else:
        face.say(f"{name}: {what}. The stack is measured again at the next: whet run")
