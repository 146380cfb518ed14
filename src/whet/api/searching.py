"""Searching what was read."""

from pathlib import Path

from whet.api.workspace import repository
from whet.errors import NotReady, UserError
from whet.ledger.library import DOCUMENTS, Hit, Library, split
from whet.places import research_folder


def search(start: Path, text: str, most: int = 10) -> tuple[Hit, ...]:
    """Documents that speak of some words, the best first.

    Raises:
        UserError: there is no word among them.
        NotReady: nothing was read here yet.
    """
    folder = research_folder(repository(start).root)
    if not split(text):
        raise UserError("there is no word to search for", hint='whet search "fused norm"')
    if not (folder / DOCUMENTS).exists():
        raise NotReady("nothing was read here yet", hint="whet research")
    return Library(folder).search(text, most)
