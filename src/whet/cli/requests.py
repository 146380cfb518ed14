"""`whet pr`."""

import shutil
import sys
from typing import TYPE_CHECKING

import click

from whet.cli.face import Face, common, is_interactive, shown
from whet.errors import UserError
from whet.report.escape import verbatim, visible
from whet.report.figures import plural

if TYPE_CHECKING:
    from whet.readers.pulls import Others


@click.command("pr")
@click.argument("number", default="", metavar="[N|ID]")
@click.option("--create", "creates", is_flag=True, help="Open a draft with gh.")
@click.option("--reviewed", is_flag=True, help="You have reviewed the diff, and answer for it.")
@click.option("--table", type=click.Choice(["llama-bench", "benchstat", "plain"]),
              help="How numbers are drawn; default: [pr] table.")  # fmt: skip
@click.option("--offline", is_flag=True, help="Ask nobody what else is open there.")
@common
def pr_command(
    face: Face, number: str, table: str | None, *, creates: bool, reviewed: bool, offline: bool
) -> None:  # fmt: skip
    """Print the facts for a pull request of one branch, or open a draft of it.

    \b
    whet pr 1
    whet pr 1 --table benchstat
    whet pr 1 --create --reviewed

    What the project says about AI is looked up and quoted. Without --create nothing is sent: open
    pull requests that touch the same files are asked for, and in a project that restricts AI, or
    with --offline, no network is used. A draft is opened through gh, after the diff was shown page
    by page; it is refused (exit 7) where the project restricts AI, the branch was not measured on
    today's base, or enough of yours are open there already.
    """
    if not creates:
        if reviewed:
            raise UserError("`--reviewed` is for `--create`",
                            hint=f"whet pr {number} --create --reviewed")  # fmt: skip
        _print(face, number, table, offline=offline)
        return
    if not reviewed:
        raise UserError(
            "a draft needs a person who has reviewed the diff and answers for it",
            hint=f"whet pr {number} --create --reviewed".replace("  ", " "),
        )
    _open(face, number, table)


def _print(face: Face, number: str, table: str | None, *, offline: bool) -> None:
    from whet.api.requesting import request
    from whet.report.handover.facts import policy_lines

    found = request(face.start, number, face.campaign, table=table, offline=offline)  # type: ignore[arg-type]
    if face.as_json:
        face.document(_document(found, ""))
        return
    for text in policy_lines(found.policy):
        face.note(verbatim(text))
    if found.policy.kind in ("facts", "banned") and found.by_agent:
        face.note("So this prints measurements and commands only. You review, write and open "
                  "the pull request.")  # fmt: skip
    face.note("")
    face.say(*found.text.rstrip("\n").split("\n"))
    face.note("")
    _others(face, found.others)
    if found.missing:
        face.note(visible(f"The project does not have {', '.join(found.missing)}: attach what "
                          "judges, or nobody can repeat the numbers."))  # fmt: skip
    face.note(f"Written to {shown(found.path)}")


def _others(face: Face, found: "Others | None") -> None:
    """What else is open for the same files: for the person, it is in no text that is sent."""
    if found is None:
        return
    for one in found.overlaps:
        what = f"the same function: {', '.join(one.functions)}" if one.functions else (
            f"the same file: {', '.join(one.files)}")  # fmt: skip
        face.note(visible(f"Open{' as a draft' * one.draft}, {what}"))
        face.note(f"  #{one.number} {visible(one.title)}  {visible(one.url)}")
    if found.problem:
        face.note(visible(f"Not all open pull requests were looked at: {found.problem}"))
    elif found.looked < found.open:
        face.note(f"Of {found.open} open pull requests, the {found.looked} that moved last "
                  "were looked at.")  # fmt: skip
    elif not found.overlaps:
        face.note(f"None of {plural(found.open, 'open pull request')} touches the same files.")


def _open(face: Face, number: str, table: str | None) -> None:
    from whet.api.requesting import Asking, create

    asking = Asking(
        page=_paged, silent=_may_speak, others=lambda found: _others(face, found)
    )  # fmt: skip
    found, url = create(face.start, number, face.campaign, asking, table=table)  # type: ignore[arg-type]
    if face.as_json:
        face.document(_document(found, url))
        return
    face.say(f"Draft opened: {url}")


def _paged(patch: bytes) -> bool:
    """Show a diff on the terminal, a page at a time; True when its end was seen."""
    if not is_interactive():
        return False
    lines = verbatim(patch.decode(errors="replace")).rstrip("\n").split("\n")
    room = max(5, shutil.get_terminal_size((80, 24)).lines - 2)
    for start in range(0, len(lines), room):
        click.echo("\n".join(lines[start : start + room]), err=True)
        end = min(start + room, len(lines))
        question = f"-- {end} of {len(lines)} lines, Enter goes on, q stops: "
        if (
            click.prompt(question, default="", show_default=False, prompt_suffix="", err=True)
            == "q"
        ):
            return False
    return True


def _may_speak(sentence: str) -> bool:
    if not sys.stdin.isatty():
        return False
    question = f"{sentence} The draft says who wrote the change. Open it?"
    return click.confirm(question, default=False, err=True)


def _document(found: object, url: str) -> dict[str, object]:
    from whet.api.requesting import Request
    from whet.report.document import SCHEMA

    assert isinstance(found, Request)
    policy = found.policy
    return {
        "schema": SCHEMA,
        "kind": "pr",
        "number": found.number,
        "experiment": found.experiment,
        "branch": found.branch,
        "title": found.title,
        "text": found.text,
        "path": str(found.path),
        "policy": {
            "kind": policy.kind,
            "quote": policy.quote or None,
            "path": policy.path or None,
            "line": policy.line or None,
            "also": list(policy.also),
        },
        "by_agent": found.by_agent,
        "others": _other_document(found.others),
        "url": url or None,
    }


def _other_document(found: "Others | None") -> object:
    from whet.report.jsonable import jsonable

    return None if found is None else jsonable(found)
