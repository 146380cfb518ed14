"""What a live page shows, kept up to date: parts and experiments with the version they changed in.

Nothing is kept for a reader who is away, so a page that is open for days costs no more than one
that was just opened.
"""

import secrets
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Generic, TypeVar

from whet.errors import LedgerCorrupt
from whet.ledger import log, underway
from whet.ledger.follow import Follower
from whet.page import data
from whet.page.document import page, title
from whet.page.lineage import sources
from whet.page.sections import moving, sections
from whet.page.seen import Seen
from whet.plan.replay import apply
from whet.plan.state import State
from whet.report.jsonable import Document

_REFRESH = 30.0
"""Seconds after which the time that is used up is told, though nothing else happened."""

Thing = TypeVar("Thing")


@dataclass(slots=True)
class _Shown(Generic[Thing]):
    """Things by name, each with the version it last changed in."""

    of: dict[str, tuple[int, Thing]] = field(default_factory=dict)

    def take(self, name: str, thing: Thing, version: int) -> bool:
        """Remember it; whether it is another one than before."""
        before = self.of.get(name)
        if before is not None and before[1] == thing:
            return False
        self.of[name] = (version, thing)
        return True

    def since(self, version: int) -> dict[str, Thing]:
        """What changed after a version."""
        return {name: thing for name, (changed, thing) in self.of.items() if changed > version}


class Board:
    """A campaign on a page. Threads may share it."""

    def __init__(self, folder: Path, clock: Callable[[], float] = time.time) -> None:
        self._folder, self._clock = folder, clock
        self._follower, self._state = Follower(folder), State()
        self._lock = threading.Lock()
        self._boot, self._version = secrets.token_hex(4), 0
        self._parts, self._entries = _Shown[str](), _Shown[data.Entry]()
        self._seen: Seen | None = None
        self._events = 0
        self.look()

    def look(self) -> bool:
        """Read what is new; whether the page has changed."""
        with self._lock:
            seen, before = self._look(), self._seen
            recorded = self._state.events != self._events
            if before is not None and not recorded and not _moved(before, seen):
                return False
            return self._show(seen, recorded=recorded or before is None)

    def page(self) -> str:
        """The whole page as it is now."""
        with self._lock:
            assert self._seen is not None
            seen = replace(self._seen, live=self._name())
            return page(seen, self._parts.since(-1), tuple(self._entries.since(-1).values()))

    def news(self, since: str) -> Document | None:
        """What changed after a version that a page names; all of it for a page of another server.

        None where nothing did.
        """
        boot, _, number = since.partition("-")
        known = int(number) if boot == self._boot and number.isdecimal() else -1
        with self._lock:
            assert self._seen is not None
            if known >= self._version:
                return None
            return {
                "v": self._name(),
                "title": title(self._seen),
                "html": self._parts.since(known),
                "ex": list(self._entries.since(known).values()),
                "sources": dict(data.evidence(sources(self._state))),
            }

    @contextmanager
    def reading(self) -> Iterator[Seen]:
        """The campaign while nobody changes it."""
        with self._lock:
            assert self._seen is not None
            yield self._seen

    def _look(self) -> Seen:
        fault = ""
        try:
            for event in self._follower.new():
                apply(self._state, event)
        except LedgerCorrupt as error:
            fault = error.message
        holder = log.holder(self._folder)
        return Seen(
            state=self._state,
            now=self._clock(),
            head=self._follower.head,
            holder=holder,
            underway=underway.read(self._folder) if holder else (),
            live=self._name(),
            fault=fault,
        )

    def _show(self, seen: Seen, *, recorded: bool) -> bool:
        version = self._version + 1
        whole = recorded or self._seen is None or seen.fault != self._seen.fault
        parts = sections(seen) if whole else moving(seen)
        changed = [self._parts.take(name, html, version) for name, html in parts.items()]
        entries = data.entries(seen) if whole else ()
        changed += [self._entries.take(str(entry["i"]), entry, version) for entry in entries]
        self._seen, self._events = seen, self._state.events
        if any(changed):
            self._version = version
        return any(changed)

    def _name(self) -> str:
        return f"{self._boot}-{self._version}"


def _moved(before: Seen, seen: Seen) -> bool:
    """Whether something is to be shown that is not in the ledger."""
    same = (before.holder, before.underway, before.fault) == (
        seen.holder, seen.underway, seen.fault,
    )  # fmt: skip
    return not same or (bool(seen.holder) and seen.now - before.now >= _REFRESH)
