"""What a parcel holds, and what it says: the words both ends of a journey agree on.

A parcel is one file that Python can run: the standard-library half of whet, the block, a git
bundle with the commits that the machine lacks, and a slip about how to run them. It is named by
its SHA-256, which is compared on the machine before anything of it is run.

Whatever a parcel prints is a line that begins with `MARK`, so that it can be told from what other
programs on the way add: {"progress": …} while a trial runs, and last {"result": …} or
{"failed": …}.
"""

import sys
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, TypeVar

from whet.model.trial import Fingerprint, TrialOutcome
from whet.ports import Progress
from whet.trial import wire

MARK: Final = "@whet@ "
"""Begins every line of a parcel's output."""

SLIP, BLOCK, SOURCE = "slip.json", "block.json", "source.bundle"
"""Names in a parcel; without a block it only says what machine it is on."""

OLDEST_PYTHON: Final = (3, 10)
"""Of a machine: what the trial is written for."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Slip:
    """How a parcel is to be run."""

    key: str
    """The folder below `~/.cache/whet/away` with the worker's trees; no other worker has it."""
    run: str = ""
    """Names this run among those of the worker."""
    label: str = ""
    """Begins the marks of this campaign's processes; what is left of an earlier run is ended."""
    deadline: float = 0.0
    """Seconds after which the trial ends itself, whoever still waits for it."""
    linger: float = 0.0
    """Seconds that it goes on while nobody follows it."""
    env: Mapping[str, str] = field(default_factory=dict)
    """Variables of every command of the target."""
    setup: str = ""
    """Shell commands that are run once on a machine."""
    setup_timeout: float = 3600.0
    sandbox: str = "auto"
    base: str = ""
    """The commit that `setup` finds in its folder."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Here:
    """What a machine says of itself."""

    fingerprint: Fingerprint
    python: str
    git: str = ""
    """Empty without git, and then no trial can run."""
    have: tuple[str, ...] = ()
    """Commits that need not be sent again."""
    ended: int = 0
    """Processes of an earlier run that were still there."""
    setup: str = ""
    """The last words of a setup that failed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """Where the result of a run is: one line with a digest, and the bytes it must have."""

    run: str
    sha256: str
    bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcomes:
    """The file that comes back."""

    run: str
    outcomes: tuple[TrialOutcome, ...]
    schema: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Failed:
    """A run that ended without a result."""

    message: str
    code: int = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """One line of a parcel's output: one of these is there."""

    here: Here | None = None
    progress: Progress | None = None
    result: Result | None = None
    failed: Failed | None = None
    part: str = ""
    """A piece of the result in base64, where it comes back on the same line."""


def say(word: Word) -> str:
    """The line of a word."""
    return f"{MARK}{wire.encode(word)}\n"


def heard(line: str) -> Word | None:
    """The word on a line, or None where another program spoke.

    Raises:
        WireError: it begins as a word does and is none.
    """
    _, mark, text = line.partition(MARK)
    return wire.decode(Word, text.strip()) if mark else None


def inside(name: str, kind: type[T]) -> T:
    """A part of the parcel that this process was started with.

    Raises:
        WireError: it is not of that shape.
    """
    with zipfile.ZipFile(sys.argv[0]) as parcel:
        return wire.decode(kind, parcel.read(name))


def holds(name: str) -> bool:
    """Whether the parcel of this process has a part."""
    with zipfile.ZipFile(sys.argv[0]) as parcel:
        return name in parcel.namelist()
