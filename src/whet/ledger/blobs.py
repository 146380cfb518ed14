"""Bytes by their SHA-256: patches, transcripts, documents. Written once, never changed."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

from whet import whole
from whet.errors import IntegrityError


@dataclass(frozen=True, slots=True)
class Blobs:
    """The blobs of one campaign; `folder` is made when the first one is written."""

    folder: Path

    def put(self, data: bytes) -> str:
        """Store bytes durably and return their digest."""
        digest = hashlib.sha256(data).hexdigest()
        path = self._path(digest)
        if not path.exists():
            whole.write(path, data, durable=True)
        return digest

    def digests(self) -> frozenset[str]:
        """Of everything that is stored; what a process was killed at is not."""
        found = (path.parent.name + path.name for path in self.folder.glob("??/*")
                 if not path.name.startswith(whole.DRAFT))  # fmt: skip
        return frozenset(found)

    def get(self, digest: str) -> bytes:
        """The bytes of a digest.

        Raises:
            IntegrityError: they are gone, or are not what was stored.
        """
        path = self._path(digest)
        try:
            data = path.read_bytes()
        except OSError as error:
            raise IntegrityError(
                f"{path} is gone",
                hint="bring the file back, or start another campaign: `whet run --campaign NAME`",
            ) from error
        if hashlib.sha256(data).hexdigest() != digest:
            raise IntegrityError(
                f"{path} is not what was stored",
                hint="bring the file back, or start another campaign: `whet run --campaign NAME`",
            )
        return data

    def _path(self, digest: str) -> Path:
        return self.folder / digest[:2] / digest[2:]
