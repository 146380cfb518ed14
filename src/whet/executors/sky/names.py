"""What clusters are called: whoever finds one knows whose it is, and that it may be ended."""

import re
import secrets
from hashlib import sha256
from pathlib import Path

_LONGEST = 12


def of_repository(root: Path) -> str:
    """How the names of all clusters of a repository begin."""
    return f"whet-{_digest(str(root))[:6]}-"


def of_campaign(root: Path, label: str) -> str:
    """How the names of all clusters of one campaign begin."""
    return f"{of_repository(root)}{_digest(label)[:4]}-"


def of_worker(root: Path, label: str, worker: str) -> str:
    """A new name for a machine of a worker, which no other cluster has."""
    plain = re.sub(r"[^a-z0-9]+", "-", worker.lower()).strip("-")[:_LONGEST] or "w"
    return f"{of_campaign(root, label)}{plain}-{secrets.token_hex(2)}"


def key(label: str, worker: str) -> str:
    """The folder on a machine that no other worker of any campaign has."""
    return _digest(f"{label}\0{worker}")[:16]


def _digest(text: str) -> str:
    return sha256(text.encode(errors="surrogateescape")).hexdigest()
