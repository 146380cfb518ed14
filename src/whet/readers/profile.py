"""The reader of the profile: the functions that the benchmark spends its time in."""

from dataclasses import dataclass

from whet.model.idea import Evidence
from whet.model.profile import HotFunction
from whet.model.research import Effort, Errand, Findings
from whet.ports import Inquiry
from whet.readers.measuring import errand, finding, measured, quoted
from whet.readers.tools import Tools
from whet.report.escape import visible

_LEAST = 0.0005
"""Share of the time from which a function is worth a line: fusions absorb small ones."""
_MOST = 60


@dataclass(frozen=True, slots=True)
class ProfileReader:
    """Samples the benchmark of the incumbent; see `whet profile`."""

    tools: Tools
    name: str = "profile"

    def plan(self, inquiry: Inquiry) -> tuple[Errand, ...]:
        """One errand: the profile."""
        return (errand(inquiry, "profile"),)

    def read(self, inquiry: Inquiry, errand: Errand) -> Findings:
        """Evidence for each hot function, the hottest first."""
        del errand
        found = measured(self.tools, inquiry)
        hot = [one for one in found.functions if one.share >= _LEAST][:_MOST]
        lines = [_line(one) for one in hot]
        digest, spans = quoted(inquiry, lines)
        evidence = tuple(
            _evidence(inquiry, one, line, digest, span)
            for one, line, span in zip(hot, lines, spans, strict=True)
        )
        effort = Effort(seconds=found.profile.seconds)
        return Findings(evidence=evidence, problems=found.profile.examined.problems, effort=effort)


def reader(tools: Tools) -> ProfileReader:
    """Make it."""
    return ProfileReader(tools)


def _line(one: HotFunction) -> str:
    where = "".join(f"; {file}:{line} {share:.1%}" for file, line, share in one.lines[:3])
    bound = f"; bound by {one.limit.kind}" if one.limit.kind != "unknown" else ""
    inside = one.frame.file or one.frame.module
    return visible(
        f"{one.frame.name} in {inside}: {one.share:.1%} of the time by itself, "
        f"{one.total:.1%} with what it calls{bound}{where}"
    )


def _evidence(
    inquiry: Inquiry, one: HotFunction, line: str, digest: str, span: tuple[int, int]
) -> Evidence:
    files = [file for file, _, _ in one.lines if not file.startswith("/")]
    place = next(iter(one.lines), None)
    where = f"{place[0]}:{place[1]}" if place is not None else one.frame.file or one.frame.module
    return finding(
        inquiry, line, digest, span,
        key=f"profile:{inquiry.incumbent[:12]}:{one.frame.name}",
        reader="profile",
        kind="hot-function",
        locator=where,
        title=f"{one.frame.name} takes {one.share:.1%} of the time",
        functions=(one.frame.name,),
        files=tuple(dict.fromkeys(files)) or ((one.frame.file,) if one.frame.file else ()),
        value=one.share,
        score=min(1.0, one.share),
    )  # fmt: skip
