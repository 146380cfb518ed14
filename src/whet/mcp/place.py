"""Where a server works, and what all its tools have in common."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import anyio.to_thread
from mcp.server.mcpserver.exceptions import ToolError
from mcp_types import ToolAnnotations

from whet.api import inside
from whet.errors import WhetError
from whet.git.call import GitError
from whet.plan.state import State

T = TypeVar("T")

PAGE = 20
"""Rows of one answer: what is longer is paged."""

LOOKS = ToolAnnotations(
    read_only_hint=True, destructive_hint=False, idempotent_hint=True, open_world_hint=False
)
AGAIN = ToolAnnotations(
    read_only_hint=False, destructive_hint=False, idempotent_hint=True, open_world_hint=False
)
"""It changes something, and asked twice it is the same as once."""
ADDS = ToolAnnotations(
    read_only_hint=False, destructive_hint=False, idempotent_hint=False, open_world_hint=False
)
GIVES_UP = ToolAnnotations(
    read_only_hint=False, destructive_hint=True, idempotent_hint=True, open_world_hint=False
)
"""Something is thrown away."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """One repository and campaign, and who calls when nobody says."""

    start: Path
    campaign: str
    by: str

    def situation(self) -> State:
        """The campaign as it is now."""
        return inside.situation(self.start, self.campaign)

    def who(self, name: str) -> str:
        """Whom a call is made for: helpers inside one agent name themselves."""
        return f"{self.by}/{name}" if name else self.by


async def quietly(work: Callable[[], T]) -> T:
    """Do something that blocks, in a thread; an error becomes one that a model can read.

    Raises:
        ToolError: with the message and the hint.
    """
    try:
        return await anyio.to_thread.run_sync(work)
    except WhetError as error:
        details = "".join(f"\n  {line}" for line in error.details[:12])
        hint = f"\nhint: {error.hint}" if error.hint else ""
        raise ToolError(f"{error.message}{details}{hint}") from error
    except GitError as error:
        raise ToolError(f"{error}\nhint: git fsck") from error
