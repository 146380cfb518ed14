"""What services have answered, on disk: for the next run, for `--offline`, and to repeat a run.

No header of a request is ever stored, and of a response only those named here.
"""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from whet import whole
from whet.errors import IntegrityError
from whet.ledger.blobs import Blobs


class Unread(Exception):
    """Something could not be read, and why; the sentence is for the user."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a service said to one question; `body` is what was read, secrets taken out."""

    key: str
    """The question: method, address and what was accepted, without anything secret."""
    status: int
    body: bytes
    type: str = ""
    etag: str = ""
    modified: str = ""
    at: float = 0.0
    """When it was asked last."""
    failed: str = ""
    """Why there is no answer."""

    def json(self) -> Any:
        """The body as JSON.

        Raises:
            Unread: it is not.
        """
        try:
            return json.loads(self.body)
        except (ValueError, RecursionError):
            raise Unread(f"{self.host} sent something that is no JSON") from None

    @property
    def text(self) -> str:
        """The body as text."""
        return self.body.decode(errors="replace")

    @property
    def host(self) -> str:
        """Who answered."""
        return self.key.split("/")[2]


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One answer in a journal: everything but the body, which is named by its SHA-256."""

    key: str
    status: int
    digest: str
    type: str = ""
    etag: str = ""
    modified: str = ""
    at: float = 0.0
    failed: str = ""


class Answers:
    """The newest answer to each question; bodies are kept by their SHA-256."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._bodies = Blobs(folder / "bodies")

    def find(self, key: str) -> Line | None:
        """The newest answer to a question, without its body."""
        path = self._path(key)
        try:
            found = Line(**json.loads(path.read_bytes()))
        except (OSError, ValueError, TypeError):
            return None  # never asked, or a file that somebody damaged: asked again
        return found if found.key == key else None

    def keep(self, answer: Answer) -> Line:
        """Store an answer, whole or not at all."""
        line = _line(answer, self._bodies.put(answer.body))
        whole.write(self._path(answer.key), json.dumps(asdict(line)))
        return line

    def whole(self, line: Line) -> Answer:
        """An answer with its body.

        Raises:
            Unread: the body is gone, or is not what was stored.
        """
        try:
            body = self._bodies.get(line.digest) if line.digest else b""
        except IntegrityError as error:
            raise Unread(f"a stored answer is not whole: {error.message}") from error
        fields = {name: value for name, value in asdict(line).items() if name != "digest"}
        return Answer(body=body, **fields)

    def _path(self, key: str) -> Path:
        name = hashlib.sha256(key.encode()).hexdigest()
        return self._folder / "newest" / name[:2] / f"{name[2:]}.json"


def _line(answer: Answer, digest: str) -> Line:
    return Line(
        key=answer.key, status=answer.status, digest=digest, type=answer.type, etag=answer.etag,
        modified=answer.modified, at=answer.at, failed=answer.failed,
    )  # fmt: skip


def write(lines: Iterable[Line]) -> bytes:
    """A journal as JSON lines."""
    return "".join(json.dumps(asdict(line), sort_keys=True) + "\n" for line in lines).encode()


def read(data: bytes) -> tuple[Line, ...]:
    """A journal from JSON lines."""
    return tuple(Line(**json.loads(text)) for text in data.decode().splitlines())
