"""Files that are written whole or not at all: whoever reads one sees all of the old or the new."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

DRAFT = ".draft-"
"""Begins the name of what is not whole yet; such a file is left only by a process that was killed.
"""


def write(path: Path, data: bytes | str, *, durable: bool = False) -> None:
    """Make a file, or replace one, in one step; its folder is made where it is not there.

    Args:
        path: the file. A link is replaced by a file; who wants to keep it resolves it before.
        data: its new content; text is written as UTF-8, with whatever bytes it was read from.
        durable: whether it has to outlast a loss of power from here on.

    Raises:
        OSError: it cannot be written; nothing of it stays.
    """
    with replacing(path, durable=durable) as draft:
        draft.write_bytes(data.encode(errors="surrogateescape") if isinstance(data, str) else data)


@contextmanager
def replacing(path: Path, *, durable: bool = False) -> Iterator[Path]:
    """An empty file that takes the place of `path` when the block ends without an error.

    A file that was there keeps its mode; another has that of any new file.

    Raises:
        OSError: there can be no file; nothing of it stays.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f"{DRAFT}{os.urandom(6).hex()}")
    # not `mkstemp`: its files are for their owner alone, and the mode of others is asked here
    os.close(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o666))
    try:
        if path.exists():
            draft.chmod(path.stat().st_mode & 0o7777)
        yield draft
        if durable:
            _sync(draft)
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
