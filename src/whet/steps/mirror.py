"""The log of pi-autoresearch beside our own, where `[compat] mirror_log` asks for it."""

from pathlib import Path

from whet import whole
from whet.errors import InfraError
from whet.model.event import Event, PersonDecided, VerdictGiven, WorkerCalibrated
from whet.plan.state import State
from whet.report.mirror import merged

CURRENT, LEGACY = ".auto/log.jsonl", "autoresearch.jsonl"


def log_of(root: Path) -> Path:
    """The log that their dashboard reads: the newer kind, unless only the older one is there."""
    if not (root / ".auto").is_dir() and (root / LEGACY).is_file():
        return root / LEGACY
    return root / CURRENT


def mirror(root: Path, state: State, event: Event) -> None:
    """Bring the log up to date when a verdict was given or changed.

    Raises:
        InfraError: it cannot be written.
    """
    if not isinstance(event, VerdictGiven | PersonDecided | WorkerCalibrated):
        return
    path = log_of(root)
    try:
        before = path.read_text(encoding="utf-8", errors="surrogateescape") if path.exists() else ""
        after = merged(before, state)
        if after != before:
            whole.write(path.resolve(), after)
    except OSError as error:
        raise InfraError(f"cannot write {path}: {error.strerror}",
                         hint="whet config set compat.mirror_log false") from error  # fmt: skip
