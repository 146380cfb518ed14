"""Other projects that solve the same problem: what they say they do, and what made them faster."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from whet.model.idea import Evidence
from whet.model.research import Document, Effort, Errand, Findings
from whet.plan.techniques import about_speed
from whet.ports import Inquiry
from whet.readers import github
from whet.readers.answers import Unread
from whet.readers.asking import fit, hidden, interests
from whet.readers.documents import files
from whet.readers.door import Door, since
from whet.readers.quoting import quoted
from whet.readers.texts import of_file
from whet.readers.tools import Tools

_CITED = 12
_LOCAL = 200
_LONGEST = 60_000


def reader(tools: Tools) -> "Competitors":
    """The reader of competitors."""
    return Competitors(door=tools.door)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Piece:
    """Something a project says: text with where it stands."""

    key: str
    title: str
    locator: str
    text: str
    published: str = ""
    kind: str = "document"


@dataclass(frozen=True, slots=True, kw_only=True)
class Competitors:
    """Reads what other projects say of themselves, of their releases and of their speed."""

    door: Door
    name: str = "competitors"

    def plan(self, inquiry: Inquiry) -> tuple[Errand, ...]:
        """One errand for each project."""
        places = inquiry.config.research.competitors
        if not places:
            return (
                Errand(
                    what="other projects that solve the same problem",
                    problem="none is named",
                    hint="whet config set research.competitors '[\"OWNER/NAME\"]'",
                ),
            )
        return tuple(_errand(inquiry.root, place) for place in places)

    def read(self, inquiry: Inquiry, errand: Errand) -> Findings:
        """What one project says about speed."""
        before = self.door.spent
        words = interests(inquiry)
        local = _local(inquiry.root, errand.subject)
        problems: list[str] = []
        licence = ""
        if local.is_dir():
            pieces = list(_local_pieces(local, errand.subject, problems))
        else:
            repository = github.owned(errand.subject)
            licence, pieces = self._remote(repository, problems)
        seen = [p for p in pieces if p.text.strip()
                and not hidden(inquiry, p.published, p.key, p.locator)]  # fmt: skip
        scored = sorted(((fit(p.text, words), p) for p in seen if about_speed(p.text)),
                        key=lambda one: (-one[0][0], one[1].key))  # fmt: skip
        return Findings(
            evidence=tuple(
                _evidence(piece, licence, score, why, inquiry, words)
                for (score, why), piece in scored[:_CITED]
            ),
            documents=tuple(
                Document(key=p.key, reader="competitors", kind=p.kind, title=p.title,
                         locator=p.locator, text=p.text, published=p.published)
                for p in seen
            ),
            problems=tuple(problems),
            effort=since(before, self.door.spent),
        )  # fmt: skip

    def _remote(self, repository: str, problems: list[str]) -> tuple[str, list[_Piece]]:
        """Licence and texts; what cannot be read is a problem, and the rest counts."""
        pieces: list[_Piece] = []
        licence = ""
        home = f"https://github.com/{repository}"
        try:
            licence = github.licence(self.door, repository)
            text = github.read_me(self.door, repository)[:_LONGEST]
            pieces.append(_Piece(key=f"readme:{repository}", title=f"{repository}: README",
                                 locator=home, text=text))  # fmt: skip
            for one in github.releases(self.door, repository):
                title, _, _ = one.text.partition("\n")
                pieces.append(_Piece(key=f"release:{one.url.removeprefix('https://github.com/')}",
                                     title=f"{repository}: {title}", locator=one.url,
                                     text=one.text[:_LONGEST], published=one.at[:10],
                                     kind="release"))  # fmt: skip
            threads = github.find(self.door, repository, "is:pr is:merged performance")
            pieces += [_merged(thread) for thread in threads]
        except Unread as problem:
            problems.append(str(problem))
        return licence, pieces


def _merged(thread: github.Thread) -> _Piece:
    return _Piece(
        key=thread.key, title=thread.title, locator=thread.url, text=thread.text[:_LONGEST],
        published=thread.created[:10], kind="pull-request",
    )  # fmt: skip


def _errand(root: Path, place: str) -> Errand:
    if _local(root, place).is_dir():
        return Errand(what=f"{place}: its own texts", subject=place, effort=Effort(seconds=1.0))
    if not github.owned(place):
        return Errand(
            what=place,
            problem=f"{place} is neither OWNER/NAME on GitHub nor a folder here",
            hint=f"git clone {place} ../competitor",
        )
    effort = Effort(requests=4, seconds=3.0, megabytes=0.5)
    return Errand(what=f"{place}: README, releases, merged work", subject=place, effort=effort)


def _local(root: Path, place: str) -> Path:
    return (root / Path(place).expanduser()).resolve()


def _local_pieces(folder: Path, name: str, problems: list[str]) -> Iterator[_Piece]:
    """Texts at the top of a clone and in its folders of documents."""
    docs = ("doc", "docs")
    chosen = [
        one for one in files(folder)
        if one.parent == folder or one.relative_to(folder).parts[0] in docs
    ]  # fmt: skip
    for path in chosen[:_LOCAL]:
        where = path.relative_to(folder)
        try:
            text = of_file(path)[:_LONGEST]
        except Unread as problem:
            problems.append(str(problem))
            continue
        yield _Piece(key=f"project:{folder.name}:{where}", title=f"{folder.name}: {where}",
                     locator=f"{name}/{where}", text=text)  # fmt: skip


def _evidence(
    piece: _Piece, licence: str, score: float, why: tuple[str, ...], inquiry: Inquiry,
    words: Sequence[str],
) -> Evidence:  # fmt: skip
    bare = Evidence(
        key=piece.key, reader="competitors", kind=piece.kind, locator=piece.locator, quote="",
        title=piece.title, licence=licence, published=piece.published, score=min(1.0, score),
        why=why,
    )  # fmt: skip
    return quoted(bare, piece.text, inquiry.shelf, tuple(words))
