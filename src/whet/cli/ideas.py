"""`whet ideas`: the queue."""

from typing import TYPE_CHECKING

import click

from whet.cli.complete import IDEA
from whet.cli.face import Face, common
from whet.cli.usage import Group
from whet.errors import UserError

if TYPE_CHECKING:
    from whet.model.idea import Idea


@click.group("ideas", cls=Group)
def ideas_command() -> None:
    """List, add and drop ideas.

    \b
    whet ideas
    whet ideas add "fuse scale and mask" --predict 2%..5%
    whet ideas drop I03 --reason "upstream did it"
    """


@ideas_command.command("list")
@common
def list_command(face: Face) -> None:
    """List the ideas that wait.

    \b
    whet ideas list
    """
    from whet.api import ideas
    from whet.report.escape import cut

    waiting = ideas.queue(face.start, face.campaign)
    if face.as_json:
        face.document({"schema": "whet/1", "kind": "ideas", "ideas": [_plain(i) for i in waiting]})
        return
    for idea in waiting:
        cited = f"  cites {', '.join(idea.evidence)}" if idea.evidence else ""
        face.say(f"{idea.id}  {cut(idea.title, 60)}{cited}")
    if not waiting:
        face.say('The queue is empty. Add one: whet ideas add "what to try"')


@ideas_command.command("add")
@click.argument("title")
@click.option("--mechanism", default="", help="Why it should be faster.")
@click.option("--predict", default="", metavar="LOW..HIGH", help="Predicted gain, e.g. 2%..5%.")
@common
def add_command(face: Face, title: str, mechanism: str, predict: str) -> None:
    """Add an idea to the end of the queue.

    \b
    whet ideas add "fuse scale and mask" --mechanism "one pass over the scores"
    """
    from whet.api import ideas
    from whet.api.running import RunOptions

    options = RunOptions(campaign=face.campaign, overrides=face.overrides)
    idea = ideas.add(face.start, title, options, mechanism=mechanism, predicted=_range(predict))
    if face.as_json:
        face.document({"schema": "whet/1", "kind": "idea", **_plain(idea)})
    else:
        face.say(f"{idea.id} is queued. Next: whet run")


@ideas_command.command("drop")
@click.argument("name", metavar="IDEA", shell_complete=IDEA)
@click.option("--reason", default="", help="Why; it is written into the ledger.")
@common
def drop_command(face: Face, name: str, reason: str) -> None:
    """Take an idea out of the queue.

    \b
    whet ideas drop I03 --reason "upstream did it"
    """
    from whet.api import ideas
    from whet.api.running import RunOptions

    options = RunOptions(campaign=face.campaign, overrides=face.overrides)
    idea = ideas.drop(face.start, name, reason, options)
    if face.as_json:
        face.document({"schema": "whet/1", "kind": "idea", **_plain(idea)})
    else:
        face.say(f"{idea.id} is out of the queue")


def _range(text: str) -> tuple[float, float] | None:
    if not text:
        return None
    low, dots, high = text.partition("..")
    try:
        ends = [
            float(part.strip().removesuffix("%")) / 100 for part in (low, high if dots else low)
        ]
    except ValueError:
        raise UserError(
            f"`--predict {text}` is not a range", hint="write `--predict 2%..5%`"
        ) from None
    return min(ends), max(ends)


def _plain(idea: "Idea") -> dict[str, object]:
    return {
        "id": idea.id,
        "title": idea.title,
        "mechanism": idea.mechanism or None,
        "evidence": list(idea.evidence),
        "predicted": list(idea.predicted) if idea.predicted else None,
        "source": idea.source,
    }
