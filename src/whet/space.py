"""Room on a disk: whoever fails where there is none may not be to blame."""

import os
from pathlib import Path

from whet.errors import InfraError

_NONE = 1 << 20
_LITTLE = 64 << 20
_WORDS = ("No space left on device", "Disk quota exceeded")


def blame_the_disk(folder: Path, said: str = "") -> None:
    """Called when a command has failed: raises if it is the disk of a folder that is full.

    A command that fails may have removed what it could not finish. So there is no need for the
    disk to be quite full, if the command itself spoke of it.

    Args:
        folder: where the command wrote.
        said: the end of what it printed.

    Raises:
        InfraError: it is.
    """
    free = _free(folder)
    if free is not None and (free < _NONE or (free < _LITTLE and any(w in said for w in _WORDS))):
        raise InfraError(f"the disk of {folder} is full", hint="free some space: `whet clean`")


def _free(folder: Path) -> int | None:
    """Bytes that can still be written, or None where nothing is written or nobody counts."""
    disk = os.statvfs(folder)
    if disk.f_blocks == 0 or disk.f_flag & os.ST_RDONLY:
        return None
    full = disk.f_files > 0 and disk.f_favail == 0  # some file systems do not count files
    return 0 if full else disk.f_bavail * disk.f_frsize
