"""`whet report` and `whet verify`."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from whet.cli.face import Face, common, is_interactive, shown
from whet.errors import GateClosed, NotReady, UserError
from whet.report.escape import visible

if TYPE_CHECKING:
    from whet.api.verifying import Told


@click.command("report")
@click.option("--out", default="", metavar="DIR", help="Where; default: [report] path.")
@click.option("--format", "formats", multiple=True,
              type=click.Choice(["html", "md", "json", "svg", "png"]),
              help="Only this; may be given again.")  # fmt: skip
@click.option("--links", "looked", is_flag=True,
              help="Ask whether what ideas cite is still there, and mark what is not.")  # fmt: skip
@click.option("--open", "opened", is_flag=True, help="Show the page in the browser.")
@common
def report_command(
    face: Face, out: str, formats: tuple[str, ...], *, looked: bool, opened: bool
) -> None:
    """Write the report: a page, Markdown, JSON with every sample, charts.

    \b
    whet report
    whet report --open
    whet report --format md --out /tmp/r
    whet report --links

    The page is one file that loads nothing from anywhere. PNG needs the extra `png`.
    Exit 6 when something in it looks like a secret: nothing is written then.
    """
    from whet.api.reporting import report

    if looked:
        _look_at_links(face)
    written = report(face.start, face.campaign, out=out, formats=formats)
    pages = [item.path for item in written if item.path.suffix == ".html"]
    if opened and pages:
        click.launch(pages[0].resolve().as_uri())
    if face.as_json:
        files = [{"path": str(item.path), "bytes": item.bytes} for item in written]
        face.document({"schema": "whet/1", "kind": "files", "files": files})
        return
    names = [shown(item.path) for item in written]
    width = max(map(len, names))
    for name, item in zip(names, written, strict=True):
        face.say(f"Wrote {name:<{width}}   {item.bytes / 1000:3.0f} KB, {item.what}")


def _look_at_links(face: Face) -> None:
    from whet.api.linking import look_at_links

    found = look_at_links(face.start, face.campaign)
    for one in found.gone:
        face.note(f"{one.id} is gone since {one.gone}: {visible(one.locator)}")
    rest = f"; {found.unknown} more could not be asked for" if found.unknown else ""
    face.note(f"Sources: {found.there} there, {len(found.gone)} gone{rest}")


@click.command("verify")
@click.option("--no-measure", is_flag=True, help="Records and patches only.")
@click.option("--from", "report", type=click.Path(path_type=Path), metavar="REPORT.JSON",
              help="Check this report, in any clone of the project.")  # fmt: skip
@click.option("--experiment", default="", metavar="ID", help="With --from: this one alone.")
@common
def verify_command(
    face: Face, report: Path | None, experiment: str, *, no_measure: bool
) -> None:  # fmt: skip
    """Check the records, rebuild the stack from its patches, and measure it again here.

    \b
    whet verify
    whet verify --no-measure
    whet verify --from report.json     on another machine: the report is enough
    whet verify --from report.json --experiment E20

    A flipped byte is found and named (exit 6). A number that does not come out again is exit 7;
    where this machine cannot tell, exit 3.
    """
    from whet.api.verifying import Verified, verify
    from whet.cli.live import watched
    from whet.report.span import Span, line

    def told(answer: Verified) -> None:
        mark = {True: Span("✓", "good"), False: Span("✗", "bad"), None: Span("-", "dim")}
        if not face.as_json:
            face.say(line("  ", mark[answer.ok], f" {answer.text}"))

    if report is not None:
        _check(face, report, told, experiment.upper(), measure=not no_measure)
        return
    if experiment:
        raise UserError("`--experiment` is for `--from`", hint=f"whet replay {experiment}")
    with watched(face) as watcher:
        answers = verify(
            face.start,
            face.campaign,
            measure=not no_measure,
            told=told,
            moved=lambda progress: watcher.moved("verify", progress),
        )
    measured = all(answer.ok for answer in answers)
    if face.as_json:
        rows = [{"text": answer.text, "ok": answer.ok} for answer in answers]
        face.document({"schema": "whet/1", "kind": "verify", "answers": rows})
    else:
        face.say("Reproduced." if measured else "Records and patches hold.")


def _check(face: Face, path: Path, told: "Told", experiment: str, *, measure: bool) -> None:
    from whet.api.checking_report import check_report
    from whet.cli.live import watched
    from whet.report.document import SCHEMA, effect_document

    def consent(commands: tuple[str, ...]) -> bool:
        if face.yes or not is_interactive():
            return face.yes
        click.echo("The report wants to run these commands here:", err=True)
        for command in commands:
            click.echo(f"  {visible(command)}", err=True)
        return click.confirm("Run them?", default=False, err=True)

    with watched(face) as watcher:
        found = check_report(
            face.start, path, experiment=experiment, measure=measure, consent=consent, told=told,
            moved=lambda progress: watcher.moved("verify", progress),
        )  # fmt: skip
    if face.as_json:
        effects = (("recorded", found.recorded), ("again", found.again))
        face.document({
            "schema": SCHEMA, "kind": "verify", "answer": found.answer, "why": found.why,
            "answers": [{"text": one.text, "ok": one.ok} for one in found.answers],
            **{name: effect_document(seen) if seen else None for name, seen in effects},
        })  # fmt: skip
    if found.answer == "not_reproduced":
        raise GateClosed(f"not reproduced: {found.why}", hint="whet doctor")
    if found.answer == "cannot_tell":
        if measure:
            raise NotReady(f"cannot tell here: {found.why}", hint="whet doctor --quick")
        if not face.as_json:
            face.say("Report, samples and patches hold.")
    elif not face.as_json:
        face.say("Reproduced.")
