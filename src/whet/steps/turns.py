"""Agents and measurements on one machine take turns, unless they are on cores of their own."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import anyio


@dataclass(slots=True)
class Turns:
    """Who is at work on this machine. The plan keeps them apart; this holds where it cannot see.

    A reviewer is asked in the middle of a verdict that came from elsewhere.
    """

    apart: bool = False
    """Agents are on cores that nothing is measured on."""
    _at_work: dict[str, int] = field(default_factory=lambda: {"agent": 0, "measure": 0})
    _ended: anyio.Event = field(default_factory=anyio.Event)

    @asynccontextmanager
    async def agent(self) -> AsyncIterator[None]:
        """Wait until nothing is measured here, and hold off what would be."""
        async with self._turn("agent", "measure"):
            yield

    @asynccontextmanager
    async def measure(self) -> AsyncIterator[None]:
        """Wait until no agent works here, and hold off the next one."""
        async with self._turn("measure", "agent"):
            yield

    @asynccontextmanager
    async def _turn(self, own: str, other: str) -> AsyncIterator[None]:
        while self._at_work[other] and not self.apart:
            await self._ended.wait()
        self._at_work[own] += 1
        try:
            yield
        finally:
            self._at_work[own] -= 1
            self._ended.set()
            self._ended = anyio.Event()
