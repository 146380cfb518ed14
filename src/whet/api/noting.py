"""Telling agents something, also while a run is under way."""

import os
import time
from pathlib import Path

from whet.api.workspace import open_campaign
from whet.errors import UserError
from whet.places import INBOX

_LONGEST = 2000


def note(start: Path, text: str, campaign: str = "") -> str:
    """Leave a note that every brief from now on has; returns the campaign's name.

    The run that is under way, or the next one, records it before its next brief.

    Raises:
        NotReady: there is no campaign.
        UserError: the note is empty or very long.
    """
    said = " ".join(text.split())
    if not said:
        raise UserError("a note needs words", hint="whet note 'leave the parser alone'")
    if len(said) > _LONGEST:
        raise UserError(f"a note has at most {_LONGEST} characters; write the rest into a file",
                        hint="whet config set campaign.notes NOTES.md")  # fmt: skip
    found = open_campaign(start, campaign)
    inbox = found.folder / INBOX
    inbox.mkdir(exist_ok=True)
    name = f"{time.time_ns():020d}-{os.getpid()}"
    (inbox / f"{name}.part").write_text(said, encoding="utf-8")
    (inbox / f"{name}.part").rename(inbox / f"{name}.txt")
    return found.state.name
