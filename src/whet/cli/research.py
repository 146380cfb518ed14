"""`whet research`: read before anything is changed."""

from typing import TYPE_CHECKING, Any

import click

from whet.cli.face import Face, common
from whet.cli.usage import Group
from whet.errors import GateClosed, UserError
from whet.report.escape import cut

if TYPE_CHECKING:
    from collections.abc import Sequence

    from whet.api.researching import Planned, Repeated, Researched
    from whet.model.reading import ReaderFinished
    from whet.model.research import Effort, Errand


class _Reading(Group):
    """Reads by itself; what can be said of a reading is a command below it."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parse the line as it is."""
        return click.Group.parse_args(self, ctx, args)


@click.group("research", cls=_Reading, invoke_without_command=True)
@click.option("--sources", default="", metavar="LIST", help="Readers to ask, with commas.")
@click.option("--plan", "only_plan", is_flag=True, help="Say what would be read, and its cost.")
@click.option("--offline", is_flag=True, help="Open no socket: clones and caches must do.")
@click.option("--as-of", default="", metavar="DATE", help="Nothing published later exists.")
@click.option("--exclude", multiple=True, metavar="KEY", help="A key, URL or commit to leave out.")
@click.option("--no-agent", is_flag=True, help="Do not ask the agent for ideas.")
@common
def research_command(face: Face, **options: Any) -> None:
    """Read papers, forks, issues and more; rank ideas that cite what was found.

    \b
    whet research
    whet research --plan
    whet research --sources profile,issues,papers --as-of 2026-04-07
    whet research --offline
    """
    if click.get_current_context().invoked_subcommand is not None:
        return
    from whet.api import researching
    from whet.api.running import RunOptions
    from whet.steps.gather import Terms

    _dated(options["as_of"])
    run = RunOptions(campaign=face.campaign, overrides=face.overrides)
    asked = researching.ResearchOptions(
        sources=tuple(part.strip() for part in options["sources"].split(",") if part.strip()),
        terms=Terms(as_of=options["as_of"], exclude=options["exclude"], offline=options["offline"]),
        agent=not options["no_agent"],
    )
    if options["only_plan"]:
        _show_plan(face, researching.plan(face.start, run, asked))
        return
    moving = researching.Moving(
        asked=lambda reader, errand: face.note(f"  {reader:<12} {cut(errand.what, 70)}"),
        finished=lambda done, errands: face.note(_read(done, errands)),
        thinking=lambda count: face.note(f"  agent        reads {count} pieces of evidence"),
    )
    _show(face, researching.research(face.start, run, asked, moving))


@research_command.command("replay")
@common
def replay_command(face: Face) -> None:
    """Repeat every recorded reading from what is stored, with no socket, and compare.

    \b
    whet research replay

    Exits with 7 when something differs.
    """
    from whet.api import researching

    found = researching.repeat(face.start, face.campaign)
    if face.as_json:
        face.document({"schema": "whet/1", "kind": "research-replay",
                       "readings": [_repeated(one) for one in found]})  # fmt: skip
    for one in found if not face.as_json else ():
        said = {"same": "the same, byte for byte", "measured": "measured, so not repeated",
                "differs": "differs"}[one.outcome]  # fmt: skip
        face.say(f"{one.reader:<12} evidence {one.evidence:>4}  {said}")
        for text in one.differences[:5]:
            face.say(f"             {cut(text, 120)}")
    if any(one.outcome == "differs" for one in found):
        raise GateClosed("a reading cannot be repeated", hint="whet research replay --json")


def _dated(text: str) -> None:
    import datetime as dt

    try:
        fits = not text or dt.date.fromisoformat(text).isoformat() == text
    except ValueError:
        fits = False
    if not fits:
        raise UserError(f"`--as-of {text}` is no date", hint="whet research --as-of 2026-04-07")


def _show_plan(face: Face, planned: "Sequence[Planned]") -> None:
    from whet.model.research import Effort

    if face.as_json:
        from whet.report.jsonable import jsonable

        face.document({"schema": "whet/1", "kind": "research-plan",
                       "readers": [jsonable(one) for one in planned]})  # fmt: skip
        return
    total = Effort()
    for one in planned:
        for number, errand in enumerate(one.errands):
            name = one.reader if number == 0 else ""
            if errand.problem:
                face.say(f"{name:<12} -  {cut(errand.problem, 60)}: {errand.hint}")
                continue
            total += errand.effort
            face.say(f"{name:<12} {cut(errand.what, 62):<62} {_effort(errand.effort)}")
    face.say(f"{'at most':<12} {'':<62} {_effort(total)}")
    face.say("Nothing was read. Next: whet research")


def _effort(effort: "Effort") -> str:
    from whet.report.figures import plural

    requests = f"{plural(effort.requests, 'request')}, " if effort.requests else ""
    size = f", {effort.megabytes:.1f} MB" if effort.megabytes >= 0.05 else ""
    seconds = effort.seconds
    time = f"{seconds:.0f} s" if seconds < 90 else f"{seconds / 60:.0f} min"
    return f"{requests}{time}{size}"


def _read(done: "ReaderFinished", errands: "Sequence[Errand]") -> str:
    skipped = next((one for one in errands if one.problem), None)
    if skipped is not None and not any(not one.problem for one in errands):
        return f"  {done.reader:<12} skipped: {cut(skipped.problem, 60)}. {skipped.hint}"
    from whet.report.figures import plural

    found = f"{done.evidence} new evidence, {plural(done.ideas, 'new idea')}"
    lines = [f"  {done.reader:<12} {found}; {_effort(done.effort)}"]
    lines += [f"  {'':<12} ! {cut(problem, 100)}" for problem in done.problems[:4]]
    if len(done.problems) > 4:
        lines.append(f"  {'':<12} ! and {len(done.problems) - 4} more")
    return "\n".join(lines)


def _show(face: Face, found: "Researched") -> None:
    from whet.report.readings import summary

    state = found.state
    queue = state.queue()
    if face.as_json:
        from whet.report.jsonable import jsonable
        from whet.report.paid import idea_document

        face.document({
            "schema": "whet/1", "kind": "research",
            "readers": [{name: value for name, value in _fields(done).items()
                         if name not in ("research", "journal")} for done in found.finished],
            "evidence": len(state.evidence), "documents_new": found.documents,
            "agent": {"ideas": found.thought, "refused": list(found.refused)},
            "ideas": [idea_document(state, idea) for idea in queue],
            "ruled_out": {name: jsonable(ruled) for name, ruled in state.ruled_out.items()},
        })  # fmt: skip
        return
    face.say(*summary(state, found.finished, face.width, ruled_out=5))
    for problem in found.refused[:3]:
        face.note(f"The agent's answer: {cut(problem, 100)}")
    if queue:
        face.say(
            "", "Every idea cites at least one source that was opened and quoted. Next: whet run"
        )
    else:
        face.say('No idea waits. Search what was read: whet search "WORDS", '
                 'or add one: whet ideas add "fuse A and B"')  # fmt: skip


def _fields(done: "ReaderFinished") -> dict[str, object]:
    from whet.report.jsonable import jsonable

    found = jsonable(done)
    assert isinstance(found, dict)
    return found


def _repeated(one: "Repeated") -> dict[str, object]:
    return {"reader": one.reader, "outcome": one.outcome, "evidence": one.evidence,
            "differences": list(one.differences)}  # fmt: skip
