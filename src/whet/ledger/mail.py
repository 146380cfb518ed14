"""Requests to the process that writes a campaign, left by others beside the ledger.

A letter is a file in the inbox; whoever writes the ledger takes it, does what it asks, and leaves
the answer. A letter that was not taken yet can be withdrawn, so nothing is done twice or never.
"""

import contextlib
import functools
import os
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from pydantic import Field, TypeAdapter, ValidationError

from whet.model.request import Answer, Refusal, Request
from whet.places import INBOX

_LARGEST = 256 * 1024
_OLD = 3600.0
"""Seconds after which an answer that nobody fetched is thrown away."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """A request that was taken out of the inbox; `request` is None where it is nonsense."""

    name: str
    request: Request | None
    problem: str = ""


def send(folder: Path, request: Request) -> str:
    """Leave a request; returns its name."""
    inbox = folder / INBOX
    inbox.mkdir(parents=True, exist_ok=True)
    name = f"{time.time_ns():020d}-{os.getpid()}-{uuid.uuid4().hex[:8]}"
    _write(inbox, f"{name}.json", _requests().dump_json(request))
    return name


def withdraw(folder: Path, name: str) -> bool:
    """Take a letter back; False if somebody has it already."""
    try:
        (folder / INBOX / f"{name}.json").unlink()
    except FileNotFoundError:
        return False
    return True


def unanswered(folder: Path, name: str) -> bool:
    """Whether a letter got no answer from a process that has ended; it is taken back then."""
    withdraw(folder, name)
    return not (folder / INBOX / f"{name}.answer").exists()


def fetch(folder: Path, name: str) -> Answer | Refusal | None:
    """The answer to a letter, once it is there; it is there once only."""
    path = folder / INBOX / f"{name}.answer"
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return None
    path.unlink(missing_ok=True)
    return _answers().validate_json(data)


def letters(folder: Path) -> Iterator[Letter]:
    """Take what lies in the inbox, the oldest first. Only for the writer of the ledger."""
    for path in sorted((folder / INBOX).glob("*.json")):
        taken = path.with_suffix(".taken")
        try:
            path.rename(taken)
        except FileNotFoundError:
            continue  # its sender has withdrawn it
        yield _opened(path.stem, taken)
        taken.unlink(missing_ok=True)


def answer(folder: Path, name: str, said: Answer | Refusal) -> None:
    """Leave the answer to a letter."""
    _write(folder / INBOX, f"{name}.answer", _answers().dump_json(said))


def tidy(folder: Path) -> None:
    """Throw away what a process that ended has left: letters it had taken, answers of long ago."""
    for path in (folder / INBOX).glob("*.taken"):
        path.unlink(missing_ok=True)
    for path in (folder / INBOX).glob("*.answer"):
        with contextlib.suppress(OSError):
            if time.time() - path.stat().st_mtime > _OLD:
                path.unlink()


def _opened(name: str, path: Path) -> Letter:
    if path.is_symlink() or path.stat().st_size > _LARGEST:
        return Letter(name=name, request=None, problem="it is too large")
    try:
        return Letter(name=name, request=_requests().validate_json(path.read_bytes()))
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        return Letter(name=name, request=None, problem=f"{where}: {first['msg']}")


def _write(inbox: Path, name: str, data: bytes) -> None:
    draft = inbox / f".{name}.part"
    draft.write_bytes(data)
    draft.rename(inbox / name)


@functools.cache
def _requests() -> TypeAdapter[Request]:
    return TypeAdapter(Annotated[Request, Field(discriminator="type")])


@functools.cache
def _answers() -> TypeAdapter[Answer | Refusal]:
    return TypeAdapter(Answer | Refusal)
