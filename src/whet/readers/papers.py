"""Papers: arXiv, OpenAlex and Semantic Scholar; abstracts, and the full text of the best.

One paper has many names. Whoever finds it, it has the keys of all of them, so it is one piece of
evidence: DOI first, then its number at arXiv without the version, then its title.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from whet.model.idea import Evidence
from whet.model.research import Document, Effort, Errand, Findings
from whet.ports import Inquiry
from whet.readers import arxiv, openalex, semantic_scholar
from whet.readers.answers import Unread
from whet.readers.asking import fit, hidden, interests, queries
from whet.readers.door import Door, since
from whet.readers.paper import Paper
from whet.readers.quoting import functions_in, quoted
from whet.readers.texts import of_pdf
from whet.readers.tools import Tools

_PLACES: Mapping[str, Callable[[Door, str, str], tuple[Paper, ...]]] = {
    "arxiv": arxiv.search,
    "openalex": openalex.search,
    "semantic_scholar": semantic_scholar.search,
}
_NAMES = {"arxiv": "arXiv", "openalex": "OpenAlex", "semantic_scholar": "Semantic Scholar"}
_GOOD_ENOUGH = 0.35
_WHOLE = 2
"""Papers of one query at arXiv that are read from beginning to end."""
_PDF = 32 << 20


def reader(tools: Tools) -> "Papers":
    """The reader of papers."""
    return Papers(door=tools.door)


@dataclass(frozen=True, slots=True, kw_only=True)
class Papers:
    """Asks three services for papers about what is hot."""

    door: Door
    name: str = "papers"

    def plan(self, inquiry: Inquiry) -> tuple[Errand, ...]:
        """One errand for each service and query."""
        return tuple(
            Errand(
                what=f"{_NAMES[place]}: {query}",
                subject=f"{place} {query}",
                effort=_effort(self.door, place),
            )
            for query in queries(inquiry)
            for place in _PLACES
        )

    def read(self, inquiry: Inquiry, errand: Errand) -> Findings:
        """The papers of one service for one query."""
        place, _, query = errand.subject.partition(" ")
        before = self.door.spent
        try:
            papers = _PLACES[place](self.door, query, inquiry.as_of)
        except Unread as problem:
            return Findings(problems=(str(problem),), effort=since(before, self.door.spent))
        seen = [p for p in papers if not hidden(inquiry, p.published, p.key, p.url, *p.same_as)]
        problems = [f"{p.title} was retracted" for p in seen if p.retracted]
        words = interests(inquiry)
        ranked = sorted((p for p in seen if not p.retracted), key=lambda p: -fit(p.text, words)[0])
        ranked, failed = self._whole(ranked) if place == "arxiv" else (ranked, [])
        return Findings(
            evidence=tuple(
                _evidence(p, inquiry, words)
                for p in ranked
                if fit(p.text, words)[0] >= _GOOD_ENOUGH
            ),
            documents=tuple(_document(p) for p in ranked),
            problems=(*problems, *failed),
            effort=since(before, self.door.spent),
        )

    def _whole(self, papers: list[Paper]) -> tuple[list[Paper], list[str]]:
        """The papers with the full text of the best ones."""
        read: list[Paper] = []
        problems = []
        for number, paper in enumerate(papers):
            if number >= _WHOLE or not paper.pdf:
                read.append(paper)
                continue
            try:
                answer = self.door.get("arxiv", paper.pdf, accept="application/pdf", most=_PDF)
                text = of_pdf(answer.body, paper.pdf.rpartition("/")[2])
                read.append(replace(paper, whole=text))
            except Unread as problem:
                problems.append(str(problem))
                read.append(paper)
        return read, problems


def _evidence(paper: Paper, inquiry: Inquiry, words: tuple[str, ...]) -> Evidence:
    score, why = fit(paper.text, words)
    bare = Evidence(
        key=paper.key, same_as=paper.same_as, reader="papers", kind="paper", locator=paper.url,
        quote="", title=paper.title, licence=paper.licence, published=paper.published,
        score=min(1.0, score), why=why,
    )  # fmt: skip
    return quoted(bare, paper.text, inquiry.shelf, words)


def _document(paper: Paper) -> Document:
    return Document(
        key=paper.key, reader="papers", kind="paper", title=paper.title, locator=paper.url,
        text=paper.text, published=paper.published, names=functions_in(paper.text),
    )  # fmt: skip


def _effort(door: Door, place: str) -> Effort:
    requests = 1 + (_WHOLE if place == "arxiv" else 0)
    gap = door.services[place].gap
    return Effort(
        requests=requests, seconds=requests * (gap + 1.0), megabytes=8.5 if requests > 1 else 0.5
    )
