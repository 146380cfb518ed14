"""Is the program that is measured one that a compiler optimised?"""

from collections.abc import Sequence

from whet.steps.doctor import scripts
from whet.steps.doctor.scripts import Script
from whet.steps.doctor.traced import Trace
from whet.steps.doctor.visit import Visit

_HINT = "build what is released: -O2, or `cmake -DCMAKE_BUILD_TYPE=Release`"
_FLAGS = (
    r"(?<!\w)-O[0g]\b",
    r"CMAKE_BUILD_TYPE=[\"']?(?:Debug\b|(?=[\s\"']|$))",
    r"--?buildtype[= ]debug\b",
    r"-gcflags\S*-N\b",
    r"\bset\s*\(\s*CMAKE_BUILD_TYPE\s+\"?Debug",
)
_PLAIN = r"\bC(?:XX)?FLAGS\s*[:+?]?=(?!.*-O)"


def look(visit: Visit, trace: Trace | None, texts: Sequence[Script]) -> None:
    """Tell when a program that ran was not optimised, and the line that says so."""
    slow = [program.inside for program in trace.programs if _debug(program.inside)] if trace else []
    unoptimised = [p.inside for p in trace.programs if p.optimised is False] if trace else []
    said = _said(texts, trace)
    if slow:
        visit.tell("Benchmark", "error", f"runs {slow[0]}, a debug build{_first(texts, slow[0])}",
                   hint="`cargo build --release`, and run what is in target/release")  # fmt: skip
    elif unoptimised:
        line = said or _silent(texts)
        visit.tell(
            "Benchmark",
            "error",
            f"{unoptimised[0]} was compiled without optimisation" + (f": {line}" if line else ""),
            hint=_HINT,
        )
    elif said and (trace is None or not any(program.optimised for program in trace.programs)):
        visit.tell("Benchmark", "warning", f"may be built without optimisation: {said}", hint=_HINT)


def _debug(path: str) -> bool:
    return "/target/debug/" in f"/{path}"


def _first(texts: Sequence[Script], path: str) -> str:
    place = scripts.first(texts, scripts.escape(path))
    return f" ({place.where})" if place is not None else ""


def _said(texts: Sequence[Script], trace: Trace | None) -> str:
    """The flag that turns optimisation off."""
    for pattern in _FLAGS:
        place = scripts.first(texts, pattern)
        if place is not None:
            return f"`{place.found[0].strip()}`, {place.where}"
    for build in trace.builds if trace is not None else ():
        if build.kind in ("", "Debug"):
            return f"CMAKE_BUILD_TYPE is `{build.kind}`, {build.path} line {build.line}"
    return ""


def _silent(texts: Sequence[Script]) -> str:
    """The place where optimisation could be turned on, and is not."""
    place = scripts.first(texts, _PLAIN)
    return f"no -O in `{place.found.string.strip()[:60]}`, {place.where}" if place else ""
