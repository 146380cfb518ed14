"""A folder of the user's own: papers, manuals and notes, as PDF, Markdown, HTML or text."""

import datetime as dt
import hashlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from whet.model.idea import Evidence
from whet.model.research import Document, Effort, Errand, Findings
from whet.plan.techniques import claims_in
from whet.ports import Inquiry
from whet.readers.answers import Unread
from whet.readers.asking import fit, hidden, interests
from whet.readers.quoting import functions_in, quoted
from whet.readers.texts import KINDS, of_file
from whet.readers.tools import Tools

_MOST = 2000
_CITED = 20
_GOOD_ENOUGH = 0.3


def reader(tools: Tools) -> "Documents":
    """The reader of documents."""
    del tools
    return Documents()


@dataclass(frozen=True, slots=True, kw_only=True)
class Documents:
    """Reads what `research.documents` names; nothing leaves this machine."""

    name: str = "documents"

    def plan(self, inquiry: Inquiry) -> tuple[Errand, ...]:
        """One errand for each place."""
        places = inquiry.config.research.documents
        if not places:
            return (
                Errand(
                    what="documents of your own",
                    problem="no folder is named",
                    hint="whet config set research.documents '[\"papers\"]'",
                ),
            )
        return tuple(_errand(inquiry.root, place) for place in places)

    def read(self, inquiry: Inquiry, errand: Errand) -> Findings:
        """Every document of a place; the ones that fit best become evidence."""
        words = interests(inquiry)
        read: list[tuple[float, Evidence]] = []
        documents, problems = [], []
        for path in files(_place(inquiry.root, errand.subject)):
            published = dt.datetime.fromtimestamp(path.stat().st_mtime, dt.UTC)
            try:
                text = of_file(path)
            except Unread as problem:
                problems.append(str(problem))
                continue
            digest = hashlib.sha256(text.encode(errors="replace")).hexdigest()
            key, at = f"file:{digest[:12]}", f"{published:%Y-%m-%d}"
            where = _shown(path, inquiry.root)
            if hidden(inquiry, at if inquiry.as_of else "", key, where, digest):
                continue
            title = _title(text, path)
            documents.append(
                Document(
                    key=key,
                    reader="documents",
                    kind="document",
                    title=title,
                    locator=where,
                    text=text,
                    names=functions_in(text),
                )
            )
            score, why = fit(text, words)
            if score >= _GOOD_ENOUGH or claims_in(text):  # a person put it there: a gain counts
                bare = Evidence(
                    key=key, reader="documents", kind="document", locator=where, quote="",
                    title=title, score=min(1.0, score), why=why,
                )  # fmt: skip
                read.append((score, quoted(bare, text, inquiry.shelf, words)))
        read.sort(key=lambda one: (-one[0], one[1].key))
        return Findings(
            evidence=tuple(evidence for _, evidence in read[:_CITED]),
            documents=tuple(documents),
            problems=tuple(problems),
        )


def files(place: Path) -> Iterator[Path]:
    """Documents in a folder and below, in a stable order; no link is followed out of it."""
    if place.is_file():
        yield place
        return
    count = 0
    for folder, folders, names in os.walk(place):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            path = Path(folder) / name
            if path.suffix.lower() in KINDS and not path.is_symlink() and count < _MOST:
                count += 1
                yield path


def _errand(root: Path, place: str) -> Errand:
    path = _place(root, place)
    if not path.exists():
        return Errand(what=place, problem=f"{place} is not there", hint=f"mkdir -p {place}")
    found = list(files(path))
    size = sum(one.stat().st_size for one in found) / 2**20
    pdfs = sum(one.suffix.lower() == ".pdf" for one in found)
    what = f"{place}: {len(found)} document{'s' * (len(found) != 1)}, {size:.1f} MB"
    if len(found) == _MOST:
        what += f" (the first {_MOST})"
    effort = Effort(seconds=0.2 + 0.5 * pdfs + 0.05 * size)
    return Errand(what=what, subject=place, effort=effort)


def _place(root: Path, place: str) -> Path:
    return (root / Path(place).expanduser()).resolve()


def _shown(path: Path, root: Path) -> str:
    return str(path.relative_to(root)) if path.is_relative_to(root) else path.name


def _title(text: str, path: Path) -> str:
    first = next((line.strip(" #=*\t") for line in text.splitlines() if line.strip(" #=*-\t")), "")
    return first[:120] or path.name
