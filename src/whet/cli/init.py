"""The face of `whet init`: what was found, one file written, what to type next."""

from collections.abc import Mapping

import click

from whet.api.starting import answered, initialise, look
from whet.cli.face import Face, is_interactive
from whet.config.start import Answers, NotEnough, Started
from whet.report.escape import cut, visible
from whet.report.span import Span, line
from whet.report.wrap import fit


def show(face: Face, flags: Mapping[str, object], *, dry_run: bool) -> None:
    """Look, say what was found, and write whet.toml unless it is a dry run.

    Raises:
        NotEnough: it cannot be known what to measure, and nobody is there to be asked.
    """
    seen = look(face.start, dry_run=dry_run)
    if not face.as_json:
        face.say(f"Looked at {visible(seen.heading)}", "")
        for row in seen.rows:
            where = Span(f"   {visible(row.where)}" if row.where else "", "dim")
            shown = line(f"  {row.label:<10} {cut(row.value, face.width - 14)}", where)
            face.say(fit(shown, face.width))
        face.say("")
    answers = _answers(flags)
    try:
        begun = initialise(face.start, answers, dry_run=dry_run)
    except NotEnough:
        if face.yes or face.as_json or not is_interactive():
            raise
        begun = initialise(face.start, _asked(answers), dry_run=dry_run)
    _told(face, begun, dry_run=dry_run)


def _answers(flags: Mapping[str, object]) -> Answers:
    lower, scope = flags.get("lower"), flags.get("scope")
    return Answers(
        bench=str(flags.get("bench") or ""),
        metric=str(flags.get("metric") or ""),
        unit=str(flags.get("unit") or ""),
        direction=None if lower is None else "lower" if lower else "higher",
        checks=str(flags.get("checks") or ""),
        build=str(flags.get("build") or ""),
        format=str(flags.get("adapter") or ""),
        allow=tuple(str(pattern) for pattern in scope) if isinstance(scope, tuple) else (),
    )


def _asked(answers: Answers) -> Answers:
    """Ask for the two things that cannot be guessed."""
    bench = answers.bench or click.prompt("Benchmark command", err=True)
    metric = answers.metric or click.prompt("Metric it prints, as METRIC name=value", err=True)
    return answered(answers, bench=bench, metric=metric)


def _told(face: Face, begun: Started, *, dry_run: bool) -> None:
    if face.as_json:
        face.document({
            "schema": "whet/1",
            "kind": "init",
            "path": str(begun.path),
            "written": not dry_run,
            "text": begun.text,
            "notes": list(begun.notes),
        })  # fmt: skip
        return
    if dry_run:
        face.say(begun.text.rstrip(), "", "Nothing was written.")
        return
    face.say(f"Wrote {begun.path.name}. Nothing else in the repository changed.")
    for note in begun.notes:
        face.say(f"  {visible(note)}")
    face.say("", "Next: whet doctor   (no agent, no cost)")
