"""The face of `whet doctor`: findings as they come, by section."""

import dataclasses

from whet.api.doctoring import DoctorOptions, doctor
from whet.cli.face import Face
from whet.errors import NotReady
from whet.model.diagnosis import Diagnosis, Finding
from whet.report.figures import plural
from whet.report.span import Span, line

_MARKS = {
    "ok": Span("✓", "good"),
    "warning": Span("!", "warn"),
    "error": Span("✗", "bad"),
}


def show(face: Face, *, quick: bool, base: str) -> None:
    """Run the controls and print what they find.

    Raises:
        NotReady: a finding is an error.
    """
    section = ""

    def told(finding: Finding) -> None:
        nonlocal section
        if face.as_json:
            return
        if finding.section != section:
            section = finding.section
            face.say(line(Span(section, "strong")))
        _say(face, finding)

    options = DoctorOptions(quick=quick, overrides=face.overrides, base=base)
    diagnosis = doctor(face.start, options, told)
    if face.as_json:
        face.document(_document(diagnosis))
    else:
        face.say("", _end(diagnosis))
    if not diagnosis.ready:
        errors = [f for f in diagnosis.findings if f.level == "error"]
        raise NotReady(errors[0].text, hint=errors[0].hint or "mend it, then: whet doctor")


def _say(face: Face, finding: Finding) -> None:
    face.say(line("  ", _MARKS[finding.level], f" {finding.text}"))
    for detail in finding.detail:
        face.say(f"    {detail}")
    if finding.hint:
        face.say(line("    ", Span("hint:", "command"), f" {finding.hint}"))


def _end(diagnosis: Diagnosis) -> str:
    warnings = sum(1 for f in diagnosis.findings if f.level == "warning")
    errors = sum(1 for f in diagnosis.findings if f.level == "error")
    if errors:
        return f"Not ready: {plural(errors, 'error')}."
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
