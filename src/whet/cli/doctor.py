"""The face of `whet doctor`: findings as they come, by section."""

import dataclasses
from collections.abc import Callable

from whet.api.doctoring import DoctorOptions, doctor
from whet.cli.face import Face
from whet.cli.live import watched
from whet.errors import NotReady
from whet.model.diagnosis import Diagnosis, Finding
from whet.report.escape import columns, visible
from whet.report.figures import plural
from whet.report.span import Line, Span, line
from whet.report.wrap import paragraph

_MARKS = {
    "ok": Span("✓", "good"),
    "warning": Span("!", "warn"),
    "error": Span("✗", "bad"),
}


def show(
    face: Face, *, quick: bool, base: str = "", layouts: bool = False, more: bool = False
) -> None:
    """Run the controls and print what they find.

    With `more` to come after it, it leaves the document and the next command to that.

    Raises:
        NotReady: a finding is an error.
    """
    with watched(face) as watcher:
        options = DoctorOptions(
            quick=quick, overrides=face.overrides, base=base, layouts=layouts,
            moved=watcher.moved,
        )  # fmt: skip
        diagnosis = doctor(face.start, options, _by_section(face))
    if face.as_json:
        if not more or not diagnosis.ready:
            face.document(_document(diagnosis))
    elif diagnosis.ready and not more:
        face.say("", _ready(diagnosis))
    else:
        face.say("")
    if not diagnosis.ready:
        errors = [f for f in diagnosis.findings if f.level == "error"]
        others = (
            f" (and {plural(len(errors) - 1, 'more error', 'more errors')})" if errors[1:] else ""
        )
        raise NotReady(f"not ready: {errors[0].text}{others}", hint="mend it, then `whet doctor`")


def show_agent(face: Face, name: str) -> None:
    """Try an agent on a scripted model and print what it did.

    Raises:
        NotReady: a finding is an error.
    """
    from whet.api.agents import examine

    face.note(f"A scripted model for {name}: no key, no network, no cost")
    found = examine(face.start, name, _by_section(face))
    errors = [one for one in found if one.level == "error"]
    if face.as_json:
        face.document({
            "schema": "whet/1", "kind": "diagnosis", "agent": name, "ready": not errors,
            "findings": [dataclasses.asdict(one) for one in found],
        })  # fmt: skip
    elif not errors:
        face.say("", f"Ready. Next: whet run --agent {name}")
    if errors:
        raise NotReady(f"{name} is not ready: {errors[0].text}",
                       hint="whet agents --path")  # fmt: skip


def _by_section(face: Face) -> Callable[[Finding], None]:
    """Prints findings as they come, each section below its name."""
    section = ""

    def told(finding: Finding) -> None:
        nonlocal section
        if face.as_json:
            return
        if finding.section != section:
            section = finding.section
            face.say(line(Span(section, "strong")))
        _say(face, finding)

    return told


def _say(face: Face, finding: Finding) -> None:
    _wrapped(face, line("  ", _MARKS[finding.level], " "), finding.text)
    for detail in finding.detail:
        _wrapped(face, line("    "), detail)
    if finding.hint:
        _wrapped(face, line("    ", Span("hint:", "command"), " "), finding.hint)


def _wrapped(face: Face, start: Line, text: str) -> None:
    """Text after a beginning; its further lines stand below its first."""
    indent = sum(columns(span.text) for span in start)
    for number, row in enumerate(paragraph(visible(text), face.width - indent)):
        face.say((*start, Span(row)) if number == 0 else line(" " * indent, row))


def _ready(diagnosis: Diagnosis) -> str:
    warnings = sum(1 for f in diagnosis.findings if f.level == "warning")
    with_warnings = f", with {plural(warnings, 'warning')}" if warnings else ""
    return f"Ready{with_warnings}. Next: whet try my.patch, or whet run"


def _document(diagnosis: Diagnosis) -> dict[str, object]:
    noise = dataclasses.asdict(diagnosis.noise) if diagnosis.noise is not None else None
    return {
        "schema": "whet/1",
        "kind": "diagnosis",
        "ready": diagnosis.ready,
        "noise": noise,
        "findings": [dataclasses.asdict(finding) for finding in diagnosis.findings],
    }
