"""`whet init`: look around, write one file."""

from dataclasses import dataclass, replace
from pathlib import Path

from whet.api.workspace import repository
from whet.config.detect import Detected, Row, detect, heading, summary
from whet.config.start import Answers, Started, notes, render, start, unwritten
from whet.places import STATE


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """What is in a repository, as lines for a person."""

    heading: str
    rows: tuple[Row, ...]
    found: Detected


def look(folder: Path, *, dry_run: bool = False) -> Looked:
    """Look at the repository a folder is in; nothing is written.

    Raises:
        NotReady: it is in none.
        UserError: there is a configuration already, and this is no dry run.
    """
    root = repository(folder).root
    if not dry_run:
        unwritten(root)
    found = detect(root)
    return Looked(heading=heading(found), rows=summary(found), found=found)


def initialise(folder: Path, answers: Answers, *, dry_run: bool = False) -> Started:
    """Write whet.toml; with `dry_run` only say what it would hold.

    Raises:
        NotEnough: it cannot be known what to measure.
        UserError: there is one already.
    """
    repo = repository(folder)
    if dry_run:
        found = detect(repo.root)
        path = repo.root / "whet.toml"
        return Started(text=render(found, answers), path=path, notes=notes(found, answers))
    begun = start(repo.root, answers)
    repo.exclude(f"/{STATE}/")
    return begun


def answered(answers: Answers, *, bench: str = "", metric: str = "") -> Answers:
    """The same answers with what a person added when asked."""
    return replace(answers, bench=answers.bench or bench, metric=answers.metric or metric)
