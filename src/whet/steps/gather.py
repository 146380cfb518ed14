"""Asking readers, and recording what they bring."""

import hashlib
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from whet.errors import IntegrityError, WhetError
from whet.model.config import Config
from whet.model.event import Event
from whet.model.idea import Evidence
from whet.model.research import Effort, Errand, Findings
from whet.plan.intake import taken
from whet.plan.state import State
from whet.ports import Inquiry, Reader, Shelf


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What holds for one reading: dates, exclusions, and whether there is a network."""

    as_of: str = ""
    exclude: tuple[str, ...] = ()
    offline: bool = False
    until: float = 0.0
    """When the reading that is repeated was done; 0 for a new one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What one reader said."""

    errands: tuple[Errand, ...]
    findings: Findings


@dataclass(slots=True)
class Basket:
    """Documents while nothing may be written: a shelf in memory, above another one."""

    below: Shelf | None = None
    held: dict[str, bytes] = field(default_factory=dict)

    def put(self, data: bytes) -> str:
        """Keep bytes and return their SHA-256."""
        digest = hashlib.sha256(data).hexdigest()
        self.held[digest] = data
        return digest

    def get(self, digest: str) -> bytes:
        """The bytes of a digest."""
        if digest in self.held:
            return self.held[digest]
        if self.below is None:
            raise IntegrityError(f"no document {digest[:12]}", hint="whet research")
        return self.below.get(digest)


def inquiry(state: State, config: Config, shelf: Shelf, root: Path, terms: Terms) -> Inquiry:
    """What a reader is asked now."""
    return Inquiry(
        root=root,
        base=state.base,
        incumbent=state.incumbent or state.base,
        config=config,
        shelf=shelf,
        evidence=tuple(state.evidence.values()),
        as_of=terms.as_of,
        exclude=terms.exclude,
        campaign=state.name,
        until=terms.until,
        offline=terms.offline,
    )


def ask(reader: Reader, about: Inquiry, moving: Callable[[Errand], None] = lambda _: None) -> Asked:
    """Let a reader do all of its errands. Quotes that are not in their document are refused.

    What goes wrong at one errand is a problem to be told; the others are done all the same.
    """
    brought: list[Findings] = []
    started = time.monotonic()
    try:
        errands = reader.plan(about)
    except (WhetError, OSError) as error:
        errands, brought = (), [_failed(error)]
    for errand in errands:
        if errand.problem:
            continue
        moving(errand)
        try:
            brought.append(reader.read(about, errand))
        except (WhetError, OSError) as error:
            brought.append(_failed(error))
    found = _together(brought)
    good, refused = _checked(found.evidence, about.shelf)
    effort = replace(found.effort, seconds=time.monotonic() - started)
    problems = tuple(dict.fromkeys((*found.problems, *refused)))
    return Asked(
        errands=errands,
        findings=replace(found, evidence=good, problems=problems, effort=effort),
    )


def _failed(error: WhetError | OSError) -> Findings:
    if not isinstance(error, WhetError):
        return Findings(problems=(str(error),))
    hint = f" ({error.hint})" if error.hint else ""
    return Findings(problems=(f"{error.message}{hint}",))


def record(state: State, asked: Asked, at: float) -> Iterator[Event]:
    """The events of what a reader said; each must be in the state before the next is asked for."""
    yield from taken(state, asked.findings, at)


def _together(findings: Sequence[Findings]) -> Findings:
    return Findings(
        evidence=tuple(one for found in findings for one in found.evidence),
        ideas=tuple(one for found in findings for one in found.ideas),
        ruled_out=tuple(one for found in findings for one in found.ruled_out),
        documents=tuple(one for found in findings for one in found.documents),
        problems=tuple(one for found in findings for one in found.problems),
        effort=sum((found.effort for found in findings), Effort()),
    )


def _checked(evidence: Sequence[Evidence], shelf: Shelf) -> tuple[tuple[Evidence, ...], list[str]]:
    """Evidence whose quote stands in its document, byte for byte, and what is wrong with others."""
    good = []
    refused = []
    for one in evidence:
        if stands(one, shelf):
            good.append(one)
        else:
            refused.append(f"{one.key} was refused: its quote is not in the document")
    return tuple(good), refused


def stands(one: Evidence, shelf: Shelf) -> bool:
    """Whether the quote is where the evidence says it is; a measurement has no document."""
    if not one.digest:
        return bool(one.quote.strip()) and one.span is None
    if one.span is None or not one.quote.strip():
        return False
    try:
        document = shelf.get(one.digest)
    except IntegrityError:
        return False
    first, end = one.span
    return document[first:end] == one.quote.encode(errors="replace")
