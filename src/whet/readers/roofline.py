"""The reader of the roofline: what bounds the benchmark, and what is idle because of that."""

from collections.abc import Iterator
from dataclasses import dataclass

from whet.model.idea import Evidence, Idea, Ruling
from whet.model.profile import HotFunction, Limit
from whet.model.research import Effort, Errand, Findings, RuledOut
from whet.plan.bounds import Hot, at_the_ceiling, bound
from whet.ports import Inquiry
from whet.readers.measuring import Measured, errand, finding, measured, quoted
from whet.readers.tools import Tools
from whet.report.escape import visible

_OF_DATA = ("bandwidth", "cache")
_SHARE = 0.05
"""Share of the time from which a function is one whose loops are usually rewritten first."""
_FIRST_WAVE = {
    "vectorise": "Vectorise {} by hand",
    "unroll": "Unroll the loops of {}",
    "prefetch": "Prefetch what {} reads",
}
"""What is usually tried first on a hot loop, by technique."""


@dataclass(frozen=True, slots=True)
class RooflineReader:
    """Puts the profile beside the ceilings of this machine; see `whet profile`."""

    tools: Tools
    name: str = "roofline"

    def plan(self, inquiry: Inquiry) -> tuple[Errand, ...]:
        """One errand: the ceilings."""
        return (errand(inquiry, "ceilings of this machine, beside the profile"),)

    def read(self, inquiry: Inquiry, errand: Errand) -> Findings:
        """Evidence for the limit of the benchmark, and of each function whose limit is its own."""
        del errand
        found = measured(self.tools, inquiry)
        whole = _dominant(found)
        limits = [(found.limit, whole), *_own(found, whole)]
        lines = [_line(inquiry, limit, functions) for limit, functions in limits]
        digest, spans = quoted(inquiry, lines)
        evidence = tuple(
            _evidence(inquiry, limit, functions, line, digest, span)
            for (limit, functions), line, span in zip(limits, lines, spans, strict=True)
        )
        ceilings = found.profile.examined.ceilings
        problem = ceilings.problem if ceilings is not None else ""
        return Findings(
            evidence=evidence,
            ruled_out=tuple(_idle(inquiry, found, evidence)),
            problems=(problem,) if problem else (),
            effort=Effort(seconds=ceilings.seconds if ceilings is not None else 0.0),
        )


def reader(tools: Tools) -> RooflineReader:
    """Make it."""
    return RooflineReader(tools)


def _dominant(found: Measured) -> tuple[str, ...]:
    """The functions that the limit of the whole holds for."""
    return tuple(
        one.frame.name
        for one in found.functions
        if one.limit.kind == found.limit.kind != "unknown"
        and one.limit.basis == found.limit.basis == "declared"
    )


def _own(found: Measured, whole: tuple[str, ...]) -> Iterator[tuple[Limit, tuple[str, ...]]]:
    for one in found.functions:
        if one.share >= _SHARE and one.limit.kind != "unknown" and one.frame.name not in whole:
            yield one.limit, (one.frame.name,)


def _line(inquiry: Inquiry, limit: Limit, functions: tuple[str, ...]) -> str:
    what = ", ".join(functions) or inquiry.config.goal.metric
    why = "; ".join(limit.why)
    known = limit.kind != "unknown"
    said = f"{what} is bound by {limit.kind}" if known else f"nobody knows what bounds {what}"
    return visible(f"{said}: {why}" if why else said)


def _evidence(
    inquiry: Inquiry, limit: Limit, functions: tuple[str, ...], line: str, digest: str,
    span: tuple[int, int],
) -> Evidence:  # fmt: skip
    what = functions[0] if functions else inquiry.config.goal.metric
    return finding(
        inquiry, line, digest, span,
        key=f"roofline:{inquiry.incumbent[:12]}:{what}",
        reader="roofline",
        kind="ceiling",
        locator=f"this machine, commit {inquiry.incumbent[:7]}",
        title=f"{what} is bound by {limit.kind}" if limit.kind != "unknown"
        else f"nobody knows what bounds {what}",
        functions=functions,
        value=limit.used if limit.kind in _OF_DATA else None,
        status=limit.kind,
        score=min(1.0, limit.used),
        why=limit.why,
        roof=limit.roof,
    )  # fmt: skip


def _idle(inquiry: Inquiry, found: Measured, evidence: tuple[Evidence, ...]) -> Iterator[RuledOut]:
    """What would be tried first on hot loops that the machine cannot feed any faster."""
    cited = {name: one for one in evidence for name in one.functions}
    for one in found.functions:
        name = one.frame.name
        if one.share < _SHARE or one.limit.kind not in _OF_DATA or name not in cited:
            continue
        hot = Hot(name=name, share=one.share, limit=one.limit.kind, used=one.limit.used)
        most = bound((name,), {name: hot}, moves_less=False)
        if most < inquiry.config.goal.min_effect or at_the_ceiling(hot):
            for technique, title in _FIRST_WAVE.items():
                idea = _micro(one, technique, title, most, cited[name])
                yield RuledOut(idea=idea, ruling=_ruling(inquiry, one, most, cited[name]))


def _micro(one: HotFunction, technique: str, title: str, most: float, cited: Evidence) -> Idea:
    return Idea(
        id="",
        title=visible(title.format(one.frame.name)),
        mechanism="its loop would compute faster; it waits for bytes",
        evidence=(cited.key,),
        source="roofline",
        key=f"{technique}:{one.frame.name}",
        technique=technique,
        functions=(one.frame.name,),
        bound=most,
        bound_from=cited.key,
    )


def _ruling(inquiry: Inquiry, one: HotFunction, most: float, cited: Evidence) -> Ruling:
    least = inquiry.config.goal.min_effect
    little = (
        f"{least:.1%} is worth keeping"
        if most < least
        else "the ceiling is not known better than that"
    )
    return Ruling(
        code="bandwidth-ceiling",
        reason=visible(
            f"{one.frame.name} moves bytes at {min(1.0, one.limit.used):.0%} of what this machine "
            f"can ({one.limit.kind}), so computing in another way brings {most:.1%} at most; "
            f"{little}"
        ),
        reopen_if="it moves fewer bytes, or runs on a machine with more bandwidth",
        evidence=cited.key,
    )
