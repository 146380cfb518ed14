"""`whet ideas`: the queue."""

from typing import TYPE_CHECKING

import click

from whet.cli.complete import IDEA
from whet.cli.face import Face, common
from whet.cli.usage import Group
from whet.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from whet.api.running import RunOptions
    from whet.model.idea import Idea
    from whet.plan.state import State


@click.group("ideas", cls=Group)
def ideas_command() -> None:
    """List, show, add, move and drop ideas.

    \b
    whet ideas
    whet ideas show I03
    whet ideas add "fuse scale and mask" --predict 2%..5%
    whet ideas move I07 1
    whet ideas drop I03 --reason "upstream did it"
    """


@ideas_command.command("list")
@click.option("--ruled-out", is_flag=True, help="What gates said no to, and what would open it.")
@click.option("--all", "everything", is_flag=True, help="All ideas, whatever became of them.")
@common
def list_command(face: Face, *, ruled_out: bool, everything: bool) -> None:
    """List the ideas that wait, the next one first.

    \b
    whet ideas list
    whet ideas list --ruled-out
    """
    from whet.api import ideas
    from whet.report.paid import ruled_out_lines

    state = ideas.state_of(face.start, face.campaign)
    chosen = state.queue()
    if ruled_out:
        chosen = tuple(idea for name, idea in state.ideas.items() if name in state.ruled_out)
    elif everything:
        chosen = tuple(state.ideas.values())
    if face.as_json:
        from whet.report.paid import idea_document

        shown = [{**_plain(i), **idea_document(state, i)} for i in chosen]
        face.document({"schema": "whet/1", "kind": "ideas", "ideas": shown})
        return
    if ruled_out:
        face.say(*ruled_out_lines(state, len(chosen)) or ("No gate has said no to an idea.",))
        return
    _list(face, state, chosen, fates=everything)


def _list(face: Face, state: "State", chosen: "Sequence[Idea]", *, fates: bool = False) -> None:
    from whet.report.escape import cut
    from whet.report.fate import fate
    from whet.report.figures import plural

    for idea in chosen:
        if fates:
            what = cut(fate(state, idea), max(20, face.width - 52))
            face.say(f"{idea.id}  {cut(idea.title, 44):<44}  {what}")
            continue
        cited = f"  cites {', '.join(idea.evidence[:4])}" if idea.evidence else ""
        more = f" +{len(idea.evidence) - 4}" if len(idea.evidence) > 4 else ""
        face.say(f"{idea.id}  {cut(idea.title, 60)}{cited}{more}")
    if not chosen:
        face.say('The queue is empty. Add one: whet ideas add "what to try"')
    if state.ruled_out:
        face.say(f"{plural(len(state.ruled_out), 'idea')} ruled out: whet ideas list --ruled-out")


@ideas_command.command("show")
@click.argument("name", metavar="IDEA", shell_complete=IDEA)
@common
def show_command(face: Face, name: str) -> None:
    """Show an idea: mechanism, bound, prediction, risk, and the quotes it cites.

    \b
    whet ideas show I03
    """
    from whet.api import ideas
    from whet.report.jsonable import jsonable
    from whet.report.paid import idea_document, idea_lines

    state = ideas.state_of(face.start, face.campaign)
    idea = ideas.find(state, name)
    if face.as_json:
        cited = [jsonable(state.evidence[n]) for n in idea.evidence if n in state.evidence]
        face.document({"schema": "whet/1", "kind": "idea", **idea_document(state, idea),
                       "cited": cited})  # fmt: skip
        return
    face.say(*idea_lines(state, idea))


@ideas_command.command("move")
@click.argument("name", metavar="IDEA", shell_complete=IDEA)
@click.argument("place", metavar="PLACE", type=click.IntRange(min=1))
@common
def move_command(face: Face, name: str, place: int) -> None:
    """Put an idea at a place in the queue; ranking leaves it there.

    \b
    whet ideas move I07 1
    """
    from whet.api import ideas

    idea, to = ideas.move(face.start, name, place, _options(face))
    _told(face, idea, f"{idea.id} is number {to} in the queue", place=to)


@ideas_command.command("open")
@click.argument("name", metavar="IDEA", shell_complete=IDEA)
@click.option("--reason", default="", help="Why; it is written into the ledger.")
@common
def open_command(face: Face, name: str, reason: str) -> None:
    """Put an idea that was ruled out or dropped back into the queue, past every gate.

    \b
    whet ideas open I09 --reason "the profile misses inlined code"
    """
    from whet.api import ideas

    idea = ideas.reopen(face.start, name, reason, _options(face))
    _told(face, idea, f"{idea.id} waits again")


@ideas_command.command("add")
@click.argument("title")
@click.option("--mechanism", default="", help="Why it should be faster.")
@click.option("--predict", default="", metavar="LOW..HIGH", help="Predicted gain, e.g. 2%..5%.")
@click.option("--evidence", multiple=True, metavar="ID", help="What it cites, e.g. S03.")
@common
def add_command(
    face: Face, title: str, mechanism: str, predict: str, evidence: tuple[str, ...]
) -> None:
    """Add an idea to the end of the queue.

    \b
    whet ideas add "fuse scale and mask" --mechanism "one pass over the scores"
    """
    from whet.api import ideas

    idea = ideas.add(
        face.start, title, _options(face),
        mechanism=mechanism, predicted=read_range(predict), evidence=evidence,
    )  # fmt: skip
    _told(face, idea, f"{idea.id} is queued. Next: whet run")


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

    idea = ideas.drop(face.start, name, reason, _options(face))
    _told(face, idea, f"{idea.id} is out of the queue")


def _options(face: Face) -> "RunOptions":
    from whet.api.running import RunOptions

    return RunOptions(campaign=face.campaign, overrides=face.overrides)


def _told(face: Face, idea: "Idea", said: str, **more: object) -> None:
    if face.as_json:
        face.document({"schema": "whet/1", "kind": "idea", **_plain(idea), **more})
    else:
        face.say(said)


def read_range(text: str) -> tuple[float, float] | None:
    """A predicted gain, such as `2%..5%`, as fractions; None for nothing."""
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
