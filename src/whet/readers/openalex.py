"""OpenAlex: https://developers.openalex.org."""

from collections.abc import Mapping
from typing import Any

from whet.readers.answers import Unread
from whet.readers.door import Door
from whet.readers.paper import Paper, bare_arxiv, bare_doi, one_line

_FIELDS = ("id", "doi", "title", "publication_date", "abstract_inverted_index", "is_retracted",
           "best_oa_location")  # fmt: skip
_RESULTS = 25
_LONGEST = 20_000


def search(door: Door, query: str, as_of: str) -> tuple[Paper, ...]:
    """Works that a query finds.

    Raises:
        Unread: there is no answer, or not one of its documented shape.
    """
    wanted: dict[str, str | int] = {"search": query, "per_page": _RESULTS,
                                    "select": ",".join(_FIELDS)}  # fmt: skip
    if as_of:
        wanted["filter"] = f"to_publication_date:{as_of}"
    return parse(door.get("openalex", "/works", wanted).json())


def parse(data: Any) -> tuple[Paper, ...]:
    """The papers of a page of works.

    Raises:
        Unread: it is none.
    """
    results = data.get("results") if isinstance(data, dict) else None
    if not isinstance(results, list):
        raise Unread("OpenAlex sent no list of works")
    return tuple(
        paper for work in results if isinstance(work, dict) and (paper := _paper(work)) is not None
    )


def _paper(work: Mapping[str, Any]) -> Paper | None:
    title = one_line(work.get("title"))
    if not title:
        return None
    place = work.get("best_oa_location")
    place = place if isinstance(place, dict) else {}
    landing = one_line(place.get("landing_page_url"))
    doi = bare_doi(one_line(work.get("doi")))
    return Paper(
        title=title,
        abstract=_abstract(work.get("abstract_inverted_index")),
        url=f"https://doi.org/{doi}" if doi else one_line(work.get("id")),
        published=one_line(work.get("publication_date")),
        doi=doi,
        arxiv=bare_arxiv(landing) if "arxiv.org" in landing else "",
        licence=one_line(place.get("license")),
        retracted=work.get("is_retracted") is True,
    )


def _abstract(index: object) -> str:
    """The text of an index from words to the places they stand at."""
    if not isinstance(index, dict):
        return ""
    places = [
        (place, word)
        for word, found in index.items()
        if isinstance(word, str) and isinstance(found, list)
        for place in found
        if isinstance(place, int) and 0 <= place < _LONGEST
    ]
    return " ".join(word for _, word in sorted(places)[:_LONGEST])
