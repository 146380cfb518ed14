"""`whet branches`."""

import click

from whet.api.branching import Branch, Branches
from whet.cli.face import Face, common
from whet.report import figures
from whet.report.escape import visible
from whet.report.jsonable import Document
from whet.report.span import Line, Span, line
from whet.report.sums import handed


@click.command("branches")
@click.option("--base", default="", metavar="REF", help="What they go on; default: [pr] base.")
@click.option("--only", multiple=True, metavar="N|ID", help="This change; may be given again.")
@click.option("--no-measure", is_flag=True, help="Rebase only: nothing is built or measured.")
@click.option("--again", is_flag=True, help="Measure also what has been measured there.")
@common
def branches_command(
    face: Face, base: str, only: tuple[str, ...], *, no_measure: bool, again: bool
) -> None:
    """Make one clean branch for each kept change, on top of the project as it is today.

    \b
    whet branches                       onto what `git fetch` brought
    whet branches --base upstream/main --only 2

    Each is rebased, built, checked and measured again, alone and with the others. What does not
    hold there is left out. Interrupted, it goes on where it stopped. Only branches below whet/
    are written; your checkout, index and other branches are not touched, and nothing is pushed.
    """
    from whet.api.branching import BranchOptions, make_branches
    from whet.cli.live import watched

    options = BranchOptions(
        campaign=face.campaign,
        base=base,
        only=only,
        measured=not no_measure,
        again=again,
        overrides=face.overrides,
    )
    with watched(face) as watcher:
        made = make_branches(face.start, options, watcher)
    if face.as_json:
        face.document(branches_document(made))
        return
    face.say(*_head(made, face.width), *_table(made, face.width), *_foot(made, face.width))


def _head(made: Branches, width: int) -> tuple[Line | str, ...]:
    up, base = made.upstream, made.base[:7]
    where = f"{visible(up.name)} {up.commit[:7]}" if up.name != up.commit[:7] else base
    if up.commit == made.base:
        first = f"The base is {where}, where the campaign began."
    else:
        ahead = f", {figures.plural(up.ahead, 'commit')} ahead of {base}" if up.ahead else ""
        first = f"The base is now {where}{ahead}."
    lines = [first]
    if up.own:
        has = "has" if up.own == 1 else "have"
        lines.append(
            f"{figures.plural(up.own, 'commit')} of {base} {has} not gone there; of these, only "
            "what judges (benchmark, checks) is used, and nothing is in a branch."
        )
    lines.append(
        "Each branch was rebased, built, checked and measured again, alone."
        if made.measured
        else "Each branch was rebased. Nothing was built, checked or measured: --no-measure."
    )
    return (*(text for said in lines for text in _filled(said, width)), "")


def _table(made: Branches, width: int) -> tuple[Line | str, ...]:
    rows = [*made.branches, *([made.stack] if made.stack else [])]
    if not rows:
        return ("No change is left.", "")
    room = max(len(row.name) for row in rows)
    wide = room + _COLUMNS <= width
    alone = "Alone" if made.measured else "Not measured"
    start = f"  {'Branch':<{room}} " if wide else "    "
    shown: list[Line | str] = [line(Span(f"{start}Files  Lines      {alone:<22} Needs", "dim"))]
    for row in rows:
        lines = f"+{row.size.lines_added} -{row.size.lines_removed}"
        needs = ",".join(map(str, row.needs)) if row.experiment else "all"
        gain = figures.change(row.effect) if row.effect is not None else "-"
        numbers = (
            f"{row.size.files:<5}  {lines:<10} ",
            Span(f"{gain:<22}", "good" if row.effect is not None else "dim"),
            f" {needs or '-'}",
        )
        if wide:
            shown.append(line("  ", Span(f"{row.name:<{room}}", "id"), " ", *numbers))
        else:  # a name is there to be typed, so it is never cut
            shown += [line("  ", Span(row.name, "id")), line("    ", *numbers)]
    return (*shown, "")


_COLUMNS = 52
"""What stands beside a branch's name."""


def _foot(made: Branches, width: int) -> tuple[Line | str, ...]:
    said = [f"Left out: {one.number} ({visible(one.title)}): {_why(one.why, one.effect)}"
            for one in made.left_out]  # fmt: skip
    together = made.stack.effect if made.stack is not None else None
    if told := handed((row.effect for row in made.branches), together):
        said.append(told)
    if made.left_out and made.measured:
        said.append("Nothing is measured twice on one base: `whet branches --again` does it.")
    said += [f"Not written: {row.name}: {row.problem}." for row in _all(made) if row.problem]
    if made.style.signs_off and made.branches:
        said.append("This project signs off its commits, and only you can: "
                    "`git rebase --signoff` on a branch.")  # fmt: skip
    if made.policy.kind != "silent":
        said.append(f"{made.policy.path}:{made.policy.line} says of AI: "
                    f'"{visible(made.policy.quote)}"')  # fmt: skip
    said.append("Your checkout was not touched.")
    return tuple(text for one in said for text in _filled(one, width))


def _why(why: str, effect: object) -> str:
    from whet.model.verdict import Effect

    if isinstance(effect, Effect) and "%" not in why:
        return f"{visible(why)}, {figures.change(effect)}."
    return f"{visible(why)}."


def _all(made: Branches) -> tuple[Branch, ...]:
    return (*made.branches, *((made.stack,) if made.stack else ()))


def _filled(text: str, width: int) -> list[str]:
    import textwrap

    return textwrap.wrap(text, width, break_long_words=False, break_on_hyphens=False)


def branches_document(made: Branches) -> Document:
    """The same as one document."""
    from whet.report.document import SCHEMA, effect_document

    def branch(row: Branch) -> Document:
        return {
            "number": row.number or None,
            "experiment": row.experiment or None,
            "title": row.title,
            "branch": row.name,
            "commit": row.commit,
            "files": row.size.files,
            "lines_added": row.size.lines_added,
            "lines_removed": row.size.lines_removed,
            "needs": list(row.needs),
            "effect": effect_document(row.effect) if row.effect is not None else None,
            "problem": row.problem or None,
        }

    return {
        "schema": SCHEMA,
        "kind": "branches",
        "campaign": made.campaign,
        "base": made.base,
        "upstream": {
            "name": made.upstream.name,
            "commit": made.upstream.commit,
            "ahead": made.upstream.ahead,
        },
        "measured": made.measured,
        "branches": [branch(row) for row in made.branches],
        "stack": branch(made.stack) if made.stack is not None else None,
        "left_out": [
            {
                "number": one.number,
                "experiment": one.experiment,
                "title": one.title,
                "why": one.why,
                "effect": effect_document(one.effect) if one.effect is not None else None,
            }
            for one in made.left_out
        ],
        "policy": {
            "kind": made.policy.kind,
            "quote": made.policy.quote or None,
            "path": made.policy.path or None,
            "line": made.policy.line or None,
        },
        "signs_off": made.style.signs_off,
    }
