"""Does the benchmark run on as many cores as somebody said it does?"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from whet.model.config import Config
from whet.model.worker import cores as cores_of
from whet.model.worker import here
from whet.report import figures
from whet.steps.doctor import scripts
from whet.steps.doctor.benchmark import look as advised
from whet.steps.doctor.scripts import Script
from whet.steps.doctor.traced import Trace
from whet.steps.doctor.visit import Visit

_VARIABLE = r"\b(\w*(?:NUM_THREADS|_THREADS|GOMAXPROCS|NPROC|NUM_CPUS))\s*=\s*[\"']?(\d+)\b"
_LONG = r"--(?:num-|n-|n)?(?:threads|jobs|workers|cores)(?:\s+|=)(\d+)\b"
_SHORT = r"(?:^|\s)-[tj]\s*(\d+)\b"
_BUILDS = r"\b(?:make|ninja|cmake|cargo|pytest|ctest|meson)\b"


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """Somebody says how many threads or cores are used. A short flag may mean something else."""

    number: int
    text: str
    sure: bool = True


def look(visit: Visit, trace: Trace, texts: Sequence[Script], cores: int) -> None:
    """Compare what is claimed with what was seen, on a machine with so many cores."""
    config = visit.config
    allowed = len(cores_of(here(config.workers).cpus)) or cores
    claims = [*_configured(config), *_written(texts)]
    seen = max(1, trace.running)
    problem = _contradiction(claims, seen) or _unused(claims, seen, allowed)
    if problem is not None:
        visit.tell(
            "Benchmark",
            "error",
            problem,
            hint=advised(visit, "say one number of threads everywhere"),
        )
        return
    note = _doubt(claims, seen, allowed)
    if note is not None:
        visit.tell(
            "Benchmark",
            "warning",
            note,
            hint=advised(visit, "set the number of threads you care about"),
        )


def _configured(config: Config) -> Iterator[Claim]:
    for name, value in config.bench.env.items():
        if name.endswith(("THREADS", "GOMAXPROCS", "NPROC", "NUM_CPUS")) and value.isdecimal():
            yield Claim(number=int(value), text=f"`{name} = {value}` in [bench] env")
    if here(config.workers).cpus:
        cpus = here(config.workers).cpus
        yield Claim(number=len(cores_of(cpus)), text=f'`cpus = "{cpus}"` in [[workers]]')


def _written(texts: Sequence[Script]) -> Iterator[Claim]:
    for pattern, group, sure in ((_VARIABLE, 2, True), (_LONG, 1, True), (_SHORT, 1, False)):
        for place in scripts.places(texts, pattern):
            if group == 2 or not re.search(_BUILDS, place.found.string):
                said = place.found[0].strip()
                yield Claim(
                    number=int(place.found[group]), text=f"`{said}`, {place.where}", sure=sure
                )


def _contradiction(claims: Sequence[Claim], seen: int) -> str | None:
    """Two different numbers, of which the run can have followed at most one."""
    most = max(claims, key=lambda claim: claim.number, default=None)
    least = min(claims, key=lambda claim: claim.number, default=None)
    if most is None or least is None or least.number == most.number or seen >= most.number:
        return None
    if not most.sure:
        return None
    return f"uses {seen} of {figures.plural(most.number, 'core')}: {least.text}, and {most.text}"


def _unused(claims: Sequence[Claim], seen: int, allowed: int) -> str | None:
    """More threads are asked for than ever ran at once."""
    for claim in claims:
        wanted = min(claim.number, allowed)
        if claim.sure and wanted > 1 and seen <= wanted / 2:
            return f"uses {seen} of {wanted} cores: {claim.text}"
    return None


def _doubt(claims: Sequence[Claim], seen: int, allowed: int) -> str | None:
    for claim in claims:
        if claim.number > allowed and claim.sure:
            return f"asks for {claim.number} threads on {allowed} cores: {claim.text}"
        if seen < claim.number <= allowed:
            threads = figures.plural(seen, "thread")
            return f"never runs more than {threads} at once: {claim.text}"
        if 1 < claim.number < allowed:
            return f"uses {claim.number} of {allowed} cores: {claim.text}"
    return None
