"""Profiles on disk: one file for each commit and way to measure, in the repository's .whet."""

import hashlib
from dataclasses import asdict
from pathlib import Path

from whet import whole
from whet.model.config import Config
from whet.model.profile import Profile
from whet.model.worker import here
from whet.places import STATE
from whet.trial import wire

_FOLDER = "profiles"
_FORMAT = "1"


def place(root: Path, commit: str, config: Config) -> Path:
    """Where the profile of a commit under a configuration is."""
    said = repr((_FORMAT, asdict(config.bench), asdict(config.build), here(config.workers).cpus))
    # only the metrics that were asked for are in it, and roofs are held against the goal
    said += config.goal.metric + config.roofline.cached_command
    digest = hashlib.sha256(said.encode()).hexdigest()[:8]
    return root / STATE / _FOLDER / f"{commit[:12]}-{digest}.json"


def load(path: Path) -> Profile | None:
    """A profile; None when there is none, or only one that another version wrote."""
    try:
        return wire.decode(Profile, path.read_bytes())
    except (OSError, wire.WireError):
        return None


def save(path: Path, profile: Profile) -> None:
    """Keep a profile; nothing half-written stays."""
    whole.write(path, wire.encode(profile))
