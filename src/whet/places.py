"""Where things lie on disk."""

import hashlib
import os
from pathlib import Path

import platformdirs

STATE = ".whet"
"""The folder in the user's repository that holds everything whet writes there."""


INBOX = "inbox"
"""In a campaign's folder: what persons want to say while another process writes the ledger."""


def campaign_folder(root: Path, name: str) -> Path:
    """Where a campaign's ledger is."""
    return root / STATE / "campaigns" / name


def research_folder(root: Path) -> Path:
    """Where the documents are that readers have read, and their index."""
    return root / STATE / "research"


def worker_cache(root: Path) -> Path:
    """Where this repository's trees are built: never inside the repository."""
    key = "".join(c if c.isalnum() else "-" for c in root.name)[:24] or "root"
    digest = hashlib.sha256(os.fsencode(root)).hexdigest()[:12]
    return Path(platformdirs.user_cache_dir("whet")) / f"{key}-{digest}"


def claims_folder(root: Path) -> Path:
    """Where the trees are that somebody who claimed an idea works in."""
    return worker_cache(root) / "claims"


def mirrors() -> Path:
    """Where copies of foreign repositories are: one each, whatever they are read for."""
    return Path(platformdirs.user_cache_dir("whet")) / "mirrors"


def crash_log() -> Path:
    """Where the traceback of a bug is written."""
    return Path(platformdirs.user_state_dir("whet")) / "crash.log"


def hosts_folder() -> Path:
    """Where all processes of a user note when they last asked a host."""
    return Path(platformdirs.user_cache_dir("whet")) / "hosts"
