"""What is wrong with a configuration: all of it, each with its place and what to write instead."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from whet.errors import ConfigError

LONGEST = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Complaint:
    """One mistake. `where` is a file, a variable or the command line; `line` is 0 when unknown.

    `meant` is the key or the table that the user probably had in mind.
    """

    where: str
    text: str
    hint: str
    key: str = ""
    line: int = 0
    meant: str = ""

    def __str__(self) -> str:
        """The whole complaint on one line."""
        at = f":{self.line}" if self.line else ""
        return printable(f"{self.where}{at}: {self.text} ({self.hint})")


@dataclass(slots=True)
class Complaints:
    """Complaints in the order in which they were found, one for a key at most."""

    found: list[Complaint] = field(default_factory=list)

    def add(self, complaint: Complaint) -> None:
        """Note one, unless its key has one already: one mistake is told once."""
        if not (complaint.key and complaint.key in self.keys()):
            self.found.append(complaint)

    def meant(self, name: str) -> bool:
        """Whether a complaint is about this key or table, perhaps under a wrong name."""
        return any(name in (complaint.key, complaint.meant) for complaint in self.found)

    def keys(self) -> frozenset[str]:
        """Keys that need no second look."""
        return frozenset(complaint.key for complaint in self.found)

    def raise_if_any(self) -> None:
        """Tell all of them at once.

        Raises:
            ConfigError: there is one.
        """
        if self.found:
            raise error(self.found)


def error(complaints: Iterable[Complaint]) -> ConfigError:
    """One error for all: the first complaint is its message, the details are every one."""
    ordered = sorted(complaints, key=_order)
    first, more = ordered[0], len(ordered) - 1
    at = f":{first.line}" if first.line else ""
    return ConfigError(
        printable(f"{first.where}{at}: {first.text}") + (f" (and {more} more)" if more else ""),
        hint=printable(first.hint),
        details=[str(complaint) for complaint in ordered],
    )


def short(value: object) -> str:
    """A value on one line, shortened."""
    text = printable(str(value))
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"


def printable(text: str) -> str:
    """A text on one line, without control characters: safe to put on a screen."""
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text)


def _order(complaint: Complaint) -> tuple[bool, int]:
    # by line within a file; sorting is stable, so files stay in the order they were looked at
    return (complaint.line == 0, complaint.line)
