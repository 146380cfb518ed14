"""A ledger that is read while somebody writes it: each line once, in its place in the chain."""

from pathlib import Path

from whet.errors import LedgerCorrupt
from whet.ledger.codec import Link, decode
from whet.ledger.log import FILE
from whet.model.event import Event


class Follower:
    """Reads what is new since the last time; a line that is half written waits."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / FILE
        self._link = Link()
        self._size = 0

    @property
    def head(self) -> str:
        """Hash of the last line that was read."""
        return self._link.hash

    def new(self) -> tuple[Event, ...]:
        """Events that were written since.

        Raises:
            LedgerCorrupt: a line is not what was written, or lines are gone.
        """
        found: list[Event] = []
        try:
            with self._path.open("rb") as file:
                if file.seek(0, 2) < self._size:
                    raise LedgerCorrupt(f"{FILE} became shorter", hint="whet verify --no-measure")
                file.seek(self._size)
                for line in file:
                    if not line.endswith(b"\n"):
                        break
                    event, self._link = decode(line[:-1], self._link, FILE)
                    self._size += len(line)
                    found.append(event)
        except FileNotFoundError as error:
            raise LedgerCorrupt(f"{FILE} is gone", hint="whet status") from error
        return tuple(found)
