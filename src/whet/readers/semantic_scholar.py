"""Semantic Scholar's graph: https://api.semanticscholar.org/api-docs/graph."""

from collections.abc import Mapping
from typing import Any

from whet.readers.answers import Unread
from whet.readers.door import Door
from whet.readers.paper import Paper, bare_arxiv, bare_doi, one_line

_FIELDS = "title,abstract,externalIds,publicationDate,year,url,openAccessPdf"
_RESULTS = 25


def search(door: Door, query: str, as_of: str) -> tuple[Paper, ...]:
    """Papers that a query finds.

    Raises:
        Unread: there is no answer, or not one of its documented shape.
    """
    wanted: dict[str, str | int] = {"query": query, "limit": _RESULTS, "fields": _FIELDS}
    if as_of:
        wanted["publicationDateOrYear"] = f":{as_of}"
    return parse(door.get("semantic_scholar", "/paper/search", wanted).json())


def parse(data: Any) -> tuple[Paper, ...]:
    """The papers of a page of results; one without hits has no list at all.

    Raises:
        Unread: it is none.
    """
    if not isinstance(data, dict) or not isinstance(data.get("data", []), list):
        raise Unread("Semantic Scholar sent no list of papers")
    if "data" not in data and "total" not in data:
        raise Unread("Semantic Scholar sent no list of papers")
    found = [one for one in data.get("data", []) if isinstance(one, dict)]
    return tuple(paper for one in found if (paper := _paper(one)) is not None)


def _paper(one: Mapping[str, Any]) -> Paper | None:
    title = one_line(one.get("title"))
    if not title:
        return None
    ids = one.get("externalIds")
    ids = ids if isinstance(ids, dict) else {}
    open_pdf = one.get("openAccessPdf")
    year = one.get("year")
    return Paper(
        title=title,
        abstract=one_line(one.get("abstract")),  # may be withheld
        url=one_line(one.get("url")),
        published=one_line(one.get("publicationDate")) or (f"{year}-12-31" if year else ""),
        doi=bare_doi(one_line(ids.get("DOI"))),
        arxiv=bare_arxiv(one_line(ids.get("ArXiv"))),
        licence=one_line(open_pdf.get("license")) if isinstance(open_pdf, dict) else "",
    )
