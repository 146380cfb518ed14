"""What a trial says on its way back, whichever way that is: lines, words, a result to check."""

import functools
import hashlib
import json
import re
from collections.abc import AsyncIterator, Callable
from typing import TypeVar

from anyio.abc import ByteReceiveStream
from anyio.streams.text import TextReceiveStream
from pydantic import TypeAdapter, ValidationError

from whet.errors import InfraError, WorkerLost
from whet.model.trial import Block, TrialOutcome
from whet.ports import Progress
from whet.trial import wire
from whet.trial.parcel import Here, Outcomes, Result, Word, heard

T = TypeVar("T")

_PREFIX = re.compile(r"^(\([^()]*\bpid=\d+[^()]*\))?\s*")
"""What SkyPilot puts before each line of a job."""
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
_LAUNCHERS = ("srun: ", "ERROR: Job ")
"""Begin what those that started the job say of its end, which is less than its own last line."""

LINE_LIMIT = 64 * 1024 * 1024


async def lines(stream: ByteReceiveStream) -> AsyncIterator[str]:
    """The complete lines of a stream.

    Raises:
        InfraError: one of them has no end.
    """
    pending = ""
    async for chunk in TextReceiveStream(stream, errors="replace"):
        pending += chunk
        if len(pending) > LINE_LIMIT:
            raise InfraError("the trial sent a line without an end")
        *complete, pending = pending.split("\n")
        for line in complete:
            yield line


def message(line: str, watch: Callable[[Progress], None]) -> TrialOutcome | None:
    """The outcome on a line of a trial on this machine; progress goes to `watch`.

    Raises:
        InfraError: it is neither.
    """
    try:
        data = json.loads(line)
        if "outcome" in data:
            text = json.dumps(data["outcome"])
            outcome: TrialOutcome = _adapter(TrialOutcome).validate_json(text, strict=True)
            return outcome
        progress: Progress = _adapter(Progress).validate_python(data["progress"])
    except (ValueError, KeyError, TypeError, ValidationError) as error:
        raise InfraError(f"the trial sent something unexpected: {line[:120]}") from error
    watch(progress)
    return None


def word(line: str) -> Word | None:
    """The word of a parcel on a line; None where something else spoke.

    Raises:
        WorkerLost: it is damaged.
    """
    try:
        return heard(line)
    except wire.WireError as error:
        raise WorkerLost(f"the machine sent something unexpected: {line[:120]}") from error


class Ear:
    """Takes the lines of a trial and remembers what they come to."""

    def __init__(self, watch: Callable[[Progress], None], count: int = 0, skip: int = 0) -> None:
        self._watch = watch
        self._skip = skip
        """So many words were heard before, on a line that broke."""
        self.count = count
        self.here: Here | None = None
        self.parts: list[str] = []
        self.result: Result | None = None
        self.failed = ""
        self.noise = ""
        """The last line that was no word: a traceback ends with one."""

    @property
    def over(self) -> bool:
        return self.result is not None or bool(self.failed)

    def take(self, line: str) -> None:
        found = word(line)
        if found is None:
            said = _PREFIX.sub("", _COLOUR.sub("", line).strip())
            if said and not (self.noise and said.startswith(_LAUNCHERS)):
                self.noise = said
            return
        self.count += 1
        if found.progress is not None and self.count > self._skip:
            self._watch(found.progress)
        if found.part:
            self.parts.append(found.part)
        self.here = found.here or self.here
        self.result = found.result or self.result
        self.failed = found.failed.message if found.failed is not None else self.failed


def checked(data: bytes, told: Result, run: str, block: Block) -> tuple[TrialOutcome, ...]:
    """The outcomes in a result file, when it is the file that was told of and answers this block.

    Raises:
        WorkerLost: it is another one, or damaged.
    """
    if len(data) != told.bytes or hashlib.sha256(data).hexdigest() != told.sha256:
        raise WorkerLost("the result that came back is not the one that was made: wrong SHA-256")
    try:
        found: Outcomes = _adapter(Outcomes).validate_json(data, strict=True)
    except ValidationError as error:
        raise WorkerLost(f"the result that came back is none: {error.title}") from error
    wanted = [spec.id for spec in block.trials]
    if found.schema != 1 or found.run != run or [one.id for one in found.outcomes] != wanted:
        raise WorkerLost("the result that came back is that of another run")
    return found.outcomes


@functools.cache
def _adapter(kind: type[T]) -> TypeAdapter[T]:
    """Made once: making one costs more than a hundred messages."""
    return TypeAdapter(kind)
