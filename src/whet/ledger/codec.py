"""An event as one line, and back.

A line is `{"n":N,"v":V,"hash":"H","event":{…}}` with fields in this order. H is the SHA-256 of the
line before it (its H) and the bytes of this event, so a changed, removed or moved line is found.

Versions: 1, the first.
"""

import functools
import hashlib
import json
import re
from dataclasses import dataclass
from typing import Annotated

from pydantic import ConfigDict, Field, TypeAdapter, ValidationError
from pydantic_core import PydanticSerializationError

from whet.errors import LedgerCorrupt
from whet.model.event import Event

VERSION = 1
START = "0" * 64
"""What the first line is chained to."""

_LINE = re.compile(
    rb'\{"n":(\d+),"v":([1-9]\d*),"hash":"([0-9a-f]{64})","event":(\{.*\})\}', re.DOTALL
)


@dataclass(frozen=True, slots=True)
class Link:
    """Where a chain stands: the number of lines and the hash of the last one."""

    count: int = 0
    hash: str = START


@functools.cache
def _adapter() -> TypeAdapter[Event]:
    # JSON has no word for infinity; left alone it would become null and could not be read again
    numbers = ConfigDict(ser_json_inf_nan="strings")
    return TypeAdapter(Annotated[Event, Field(discriminator="type")], config=numbers)


def encode(event: Event, after: Link) -> tuple[bytes, Link]:
    """The line of an event, without its newline, and where the chain stands then.

    Of text that is no Unicode, such as a file name in another encoding, the odd bytes are lost.
    """
    try:
        body = _adapter().dump_json(event)
    except PydanticSerializationError:
        plain = json.dumps(_adapter().dump_python(event), ensure_ascii=False)
        body = plain.encode(errors="replace")
    digest = _digest(after.hash, body)
    head = f'{{"n":{after.count},"v":{VERSION},"hash":"{digest}","event":'
    return head.encode() + body + b"}", Link(after.count + 1, digest)


def as_line(event: Event) -> str:
    """An event as one line of JSON, without its place in the chain."""
    return _adapter().dump_json(event).decode()


def decode(line: bytes, after: Link, where: str) -> tuple[Event, Link]:
    """The event of a line that continues a chain.

    Raises:
        LedgerCorrupt: it does not; `where` and the line's number are named.
    """
    number = after.count + 1
    parts = _LINE.fullmatch(line)
    if parts is None:
        raise LedgerCorrupt(f"{where} line {number} is not a ledger line", hint=_HINT)
    n, version, digest, body = parts.groups()
    if int(version) > VERSION:
        raise LedgerCorrupt(
            f"{where} was written by a newer whet (format {int(version)}, not {VERSION})",
            hint="read it with a newer one: `pip install --upgrade whet`",
        )
    if int(n) != after.count:
        raise LedgerCorrupt(f"{where} line {number} carries number {int(n)}: a line was removed "
                            "or moved", hint=_HINT)  # fmt: skip
    if _digest(after.hash, body) != digest.decode():
        raise LedgerCorrupt(f"{where} line {number} is not what was written", hint=_HINT)
    try:
        event = _adapter().validate_json(body)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        raise LedgerCorrupt(
            f"{where} line {number} holds no event whet knows: {place}: {first['msg']}", hint=_HINT
        ) from error
    return event, Link(after.count + 1, digest.decode())


_HINT = "keep the file as it is and start another campaign: `whet run --campaign NAME`"


def _digest(previous: str, body: bytes) -> str:
    return hashlib.sha256(previous.encode() + body).hexdigest()
