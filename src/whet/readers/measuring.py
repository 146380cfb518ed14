"""What the readers of the profile and of the roofline share: one profile, and how it is quoted."""

import shutil
from collections.abc import Sequence
from dataclasses import dataclass

from whet.errors import InfraError
from whet.model.idea import Evidence
from whet.model.profile import HotFunction, Limit, Profile
from whet.model.research import Effort, Errand
from whet.model.sampling import Examination
from whet.ports import Inquiry
from whet.profiling import hot
from whet.profiling.kept import load, place
from whet.profiling.take import Bench, profile
from whet.readers.tools import Tools

_SECONDS = 60.0
"""What taking a profile takes at most, once the target is built and where nothing is counted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """The profile of the incumbent, and what follows from it."""

    profile: Profile
    functions: tuple[HotFunction, ...]
    limit: Limit


def errand(inquiry: Inquiry, what: str) -> Errand:
    """What asking the profile takes: nothing where it is kept."""
    kept = load(place(inquiry.root, inquiry.incumbent, inquiry.config))
    if kept is not None and kept.examined.samplings:
        return Errand(what=f"{what} of {inquiry.incumbent[:7]}, which is kept")
    if shutil.which("perf") is None and shutil.which("valgrind") is None:
        return Errand(
            what=what,
            problem="there is nothing to sample with",
            hint="apt install linux-perf, or apt install valgrind",
        )
    limit = inquiry.config.build.timeout if inquiry.config.build.command else 0.0
    return Errand(
        what=f"{what} of {inquiry.incumbent[:7]}: `{inquiry.config.bench.command}`",
        effort=Effort(seconds=_SECONDS + limit),
    )


def measured(tools: Tools, inquiry: Inquiry) -> Measured:
    """The profile of the incumbent: the one that is kept, or a new one.

    Raises:
        InfraError: this machine failed, or nobody lends one.
        NotReady: the target does not build or run.
    """
    if tools.lend is None:
        raise InfraError("there is no machine to profile on", hint="whet profile")
    config = inquiry.config
    bench = Bench(
        root=inquiry.root,
        config=config,
        base=inquiry.base,
        store=tools.store,
        executor=tools.lend(config),
        clock=tools.clock,
        label=f"{tools.label}:research",
    )
    asked = Examination(cached=config.roofline.cached_command)
    taken = profile(bench, inquiry.incumbent, asked)
    return Measured(
        profile=taken,
        functions=hot.functions(taken, config.roofline, config.goal),
        limit=hot.limit(taken, config.roofline, config.goal),
    )


def quoted(inquiry: Inquiry, lines: Sequence[str]) -> tuple[str, tuple[tuple[int, int], ...]]:
    """A document of these lines on the shelf: its digest, and the bytes of each line in it."""
    spans, at = [], 0
    for line in lines:
        length = len(line.encode())
        spans.append((at, at + length))
        at += length + 1
    return inquiry.shelf.put("".join(f"{line}\n" for line in lines).encode()), tuple(spans)


def finding(
    inquiry: Inquiry, line: str, digest: str, span: tuple[int, int], **more: object
) -> Evidence:
    """Evidence that was measured here; it is the user's own, so it may be copied."""
    return Evidence(
        quote=line,
        digest=digest,
        span=span,
        copy_ok="yes",
        commit=inquiry.incumbent,
        **more,  # type: ignore[arg-type]
    )
