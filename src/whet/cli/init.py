"""The face of `whet init`: what was found, one file written, what to type next."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

import click

from whet.api.starting import answered, initialise, look, presets, with_agent
from whet.cli.face import Face, is_interactive
from whet.config.presets import Preset, preset
from whet.config.start import Answers, NotEnough, Started
from whet.report.escape import cut, visible
from whet.report.span import Span, line
from whet.report.wrap import fit


def show(
    face: Face,
    flags: Mapping[str, object],
    *,
    preset: str,
    briefs: bool = False,
    dry_run: bool = False,
    more: bool = False,
) -> None:
    """Look, say what was found, and write whet.toml unless it is a dry run.

    With `more` to come after it, it leaves the document and the next command to that.

    Raises:
        NotEnough: it cannot be known what to measure, and nobody is there to be asked.
    """
    answers = _answers(flags, face.overrides)
    seen = look(face.start, answers, named=preset, dry_run=dry_run)
    if not face.as_json:
        face.say(f"Looked at {visible(seen.heading)}", "")
        for row in seen.rows:
            where = Span(f"   {visible(row.where)}" if row.where else "", "dim")
            shown = line(f"  {row.label:<10} {cut(row.value, face.width - 14)}", where)
            face.say(fit(shown, face.width))
        face.say("")
    try:
        begun = initialise(face.start, answers, seen.preset, dry_run=dry_run)
    except NotEnough:
        if face.yes or face.as_json or not is_interactive():
            raise
        begun = initialise(face.start, _asked(answers), dry_run=dry_run)
    if more:
        for note in begun.notes:
            face.note(f"  {visible(note)}")
        return
    _told(face, begun, seen.preset, _copied(face) if briefs else (), dry_run=dry_run)


def _copied(face: Face) -> tuple[Path, ...]:
    from whet.api.agents import own_briefs

    return own_briefs(face.start)


def _answers(flags: Mapping[str, object], overrides: Mapping[str, str]) -> Answers:
    lower, scope = flags.get("lower"), flags.get("scope")
    found = Answers(
        bench=str(flags.get("bench") or ""),
        metric=str(flags.get("metric") or ""),
        unit=str(flags.get("unit") or ""),
        direction=None if lower is None else "lower" if lower else "higher",
        checks=str(flags.get("checks") or ""),
        build=str(flags.get("build") or ""),
        format=str(flags.get("adapter") or ""),
        allow=tuple(str(pattern) for pattern in scope) if isinstance(scope, tuple) else (),
    )
    word = str(flags.get("agent") or "")
    return with_agent(found, word, overrides) if word else found


def _asked(answers: Answers) -> Answers:
    """Ask for the two things that cannot be guessed."""
    bench = answers.bench or click.prompt("Benchmark command", err=True)
    metric = answers.metric or click.prompt("Metric it prints, as METRIC name=value", err=True)
    return answered(answers, bench=bench, metric=metric)


def _told(
    face: Face, begun: Started, preset: Preset | None, briefs: Sequence[Path], *, dry_run: bool
) -> None:
    if face.as_json:
        face.document({
            "schema": "whet/1",
            "kind": "init",
            "path": str(begun.path),
            "written": not dry_run,
            "preset": preset.name if preset else None,
            "text": begun.text,
            "notes": list(begun.notes),
            "briefs": [str(path) for path in briefs],
        })  # fmt: skip
        return
    if dry_run:
        face.say(begun.text.rstrip(), "", "Nothing was written.")
        return
    face.say(f"Wrote {begun.path.name}. Nothing else in the repository changed.")
    if briefs:
        face.say(f"  What agents are told is yours to edit: {len(briefs)} texts in .whet/briefs/")
    for note in begun.notes:
        face.say(f"  {visible(note)}")
    face.say("", "Next: whet doctor   (no agent, no cost)")


def list_presets(face: Face, name: str) -> None:
    """Every preset in a line, or the text of one."""
    known = presets()
    if name:
        found = preset(name)
        if face.as_json:
            face.document({"schema": "whet/1", "kind": "preset", **asdict(found)})
        else:
            face.say(found.text.rstrip())
        return
    if face.as_json:
        rows = [{"name": each.name, "title": each.title, "about": each.about} for each in known]
        face.document({"schema": "whet/1", "kind": "presets", "presets": rows})
        return
    width = max(len(each.name) for each in known)
    for each in known:
        face.say(cut(f"  {each.name:<{width}}  {each.about}", face.width))
    face.say(
        "", "Take one: whet init --preset sqlite   (init finds it by itself in such a repository)"
    )
